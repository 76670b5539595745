"""Why runs and measures failed: in a line, and where in the code."""

import sys
import traceback
from collections import Counter, defaultdict
from os.path import basename

from sklearn.exceptions import FitFailedWarning

from skwfm._warn import warn

# Packages whose lines do not tell an author of plugins what is wrong.
_LIBRARIES = {"joblib", "numpy", "scipy", "skwfm", "sklearn", *sys.stdlib_module_names}
# Calls kept of an error, the innermost.
_N_CALLS = 20


def reason_of(error):
    """Say in a line what went wrong and, in code of others, where.

    Parameters
    ----------
    error : BaseException
        As caught.

    Returns
    -------
    reason : str
        As Python ends a traceback, such as "ValueError: no", followed by "(mine.py:12
        in fit)" if the error passed through code that is neither of this package nor of
        those it is built on.
    """
    said = "".join(traceback.format_exception_only(error)).strip()
    place = _place(error)
    return f"{said} ({place})" if place else said


def _place(error):
    """Name the innermost line of other code that an error passed through, if any."""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        module = frame.f_globals.get("__name__") or ""
        if module.partition(".")[0] not in _LIBRARIES:
            code = frame.f_code
            return f"{basename(code.co_filename)}:{line} in {code.co_name}"
    return ""


def traceback_of(error):
    """Return the innermost calls of an error.

    Parameters
    ----------
    error : BaseException
        As caught.

    Returns
    -------
    text : str
        As Python prints it, with at most `_N_CALLS` calls of each error of a chain.
    """
    return "".join(traceback.format_exception(error, limit=-_N_CALLS))


def warn_of_failed(runs):
    """Warn of failed runs and of failed measures, at the place that called the study.

    Parameters
    ----------
    runs : list of Run
        All runs.

    Warns
    -----
    FitFailedWarning
        Once, if runs failed.
    UserWarning
        Once for each measure and reason, if measures raised errors.
    """
    _warn_of_failed_runs(runs)
    _warn_of_failed_measures(runs)


def _warn_of_failed_runs(runs):
    failed = [run for run in runs if run.status == "failed"]
    if not failed:
        return
    counts = Counter(run.algorithm for run in failed)
    whom = ", ".join(f"{n} of {name}" for name, n in counts.items())
    warn(
        f"{len(failed)} of {len(runs)} runs failed ({whom}). The first, on seed "
        f"{failed[0].seed}: {failed[0].reason}\nAll of them are in result.failed, with "
        "their reasons; print(result.failed[0].traceback) shows the calls.",
        FitFailedWarning,
    )


def _warn_of_failed_measures(runs):
    """Warn once for each measure and reason, at the place that called the study."""
    failed = defaultdict(lambda: defaultdict(list))
    for run in runs:
        for name, found in run.measures.items():
            if found.failed:
                failed[name, found.reason][run.algorithm].append(run.seed)
    for (name, reason), seeds in failed.items():
        whom = "; ".join(f"{who}, {_seeds(of)}" for who, of in seeds.items())
        warn(
            f"the measure {name} raised an error, so that its numbers are missing, for "
            f"{whom}: {reason}",
        )


def _seeds(seeds, n_named=10):
    named = list(dict.fromkeys(seeds))
    more = f" and {len(named) - n_named} more" if len(named) > n_named else ""
    plural = "s" if len(named) > 1 else ""
    return f"seed{plural} {', '.join(map(str, named[:n_named]))}{more}"
