"""Progress, tables and messages in the terminal."""

import ctypes
import os
import sys
import warnings
from contextlib import contextmanager, redirect_stdout, suppress

from sklearn.exceptions import FitFailedWarning

from skwfm.experiments.report.wording import constant_balanced, duration, written

WORKER_DIED = (
    "A worker process was killed, often because memory ran out. {} of {} runs are kept "
    "in {}.\nStart the same command with --n-jobs 1 to go on with less memory."
)
NO_ROOM = (
    "skwfm: error: {}\n{} of {} runs are kept in {}. Make room or mend the folder, "
    "then start the same command again: it goes on from there."
)
INTERRUPTED = (
    "Interrupted. {} of {} runs are finished and kept in {}.\nTo go on, run:  {}"
)


class ProgressBar:
    """Context manager that shows on standard error how many runs are finished."""

    def __init__(self):
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self.n_kept, self.n_runs, self._n_failed = 0, 0, 0
        self._filters = warnings.catch_warnings()
        self._progress = Progress(
            MofNCompleteColumn(),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=_console(stderr=True),
        )
        self._task = self._progress.add_task("", total=None)

    def __enter__(self):
        self._filters.__enter__()
        self._progress.start()
        return self

    def __exit__(self, *exception):
        self._progress.stop()
        self._filters.__exit__(*exception)

    def update(self, n_done, n_runs, run):
        """Show the numbers of finished and of all runs, and the last run or None."""
        if run is None:  # before the first
            # `print_outcome` says what failed, and why.
            warnings.simplefilter("ignore", FitFailedWarning)
        self._n_failed += run is not None and run.status == "failed"
        self.n_kept, self.n_runs = n_done - self._n_failed, n_runs
        text = "" if run is None else f"{run.algorithm}, seed {run.seed}"
        self._draw(text, n_done, n_runs)

    def show(self, what, n_done, n_runs):
        """Show the numbers of finished and of all runs, and what is run."""
        self.n_kept, self.n_runs = n_done, n_runs
        self._draw(what, n_done, n_runs)

    def _draw(self, text, n_done, n_runs):
        self._progress.update(
            self._task, completed=n_done, total=n_runs, description=text
        )


@contextmanager
def nothing_on_stdout():
    """Send to standard error what is printed: standard output is for the results.

    Also what C code prints here and in processes started meanwhile: it knows nothing of
    `sys.stdout` and writes to the descriptor.
    """
    print(end="", flush=True)
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        with redirect_stdout(sys.stderr):
            yield
    finally:
        # C keeps lines in a buffer of its own, which would come out after the results.
        with suppress(OSError, TypeError, AttributeError):  # no such library on Windows
            ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)


def _console(stderr=False):
    from rich.console import Console

    piped = not (sys.stderr if stderr else sys.stdout).isatty()
    # A pipe has no width: do not fold the table.
    return Console(stderr=stderr, highlight=False, width=120 if piped else None)


def print_table(comparison):
    """Print the summary on standard output."""
    gain = f"gain on\n{comparison.reference}"
    headings = ("accuracy\n%", "balanced\n%", gain, "train\nerrors", "epochs", "s")
    table = _table(headings)
    for row in comparison.summary():
        table.add_row(*_cells(row))
    constant = f"{100 * comparison.settings['constant_accuracy']:.1f}"
    chance = f"{100 * constant_balanced(comparison.settings):.1f}"
    table.add_row("constant answer", constant, chance, *4 * ("–",))
    _console().print(table)


def print_landscapes(comparison):
    """Print the measures on standard output."""
    from rich.text import Text

    from skwfm.experiments.report import landscape_wording

    table = _table(map("\n".join, landscape_wording.headings(comparison)))
    for row in comparison.summary():
        cells = landscape_wording.cells(comparison, row)
        table.add_row(Text(row["algorithm"]), *cells)
    _console().print(table)


def _table(headings):
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=0, show_edge=False)
    table.add_column("algorithm", overflow="fold")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _cells(row):
    from rich.text import Text

    if row["n_failed"] == row["n_runs"]:
        return (Text(row["algorithm"]), "failed", *5 * ("–",))
    name = row["algorithm"]
    if row["n_failed"]:
        name += f" ({row['n_failed']} failed)"
    return (
        Text(name),
        written(row["test_accuracy"], 1, 100),
        written(row["balanced_accuracy"], 1, 100),
        written(row["test_accuracy_gain"], 1, 100, sign=True),
        written({**row["n_train_errors"], "standard_error": None}, 1),
        written(row["n_epochs"], 0),
        duration(row["seconds"], error=False),
    )


def print_outcome(comparison, paths, cache):
    """Say on standard error what failed, what was reused and where the files are.

    `paths` are the files written, the page first; `cache` is the folder of the runs.
    """
    for row in comparison.summary():
        for reason in row["reasons"]:
            _say(f"{row['algorithm']} failed ({row['n_failed']} runs): {reason}")
    if comparison.n_reused:
        _say(
            f"{comparison.n_reused} of {len(comparison.runs)} runs were finished "
            f"before and taken from {cache}; --fresh repeats them."
        )
    _say(f"Open {paths[0].resolve().as_uri()}")
    _say("Also written: " + ", ".join(str(path) for path in paths[1:]))


def _say(text):
    print(text, file=sys.stderr)


def print_plugins(entries):
    """Print installed plugins on standard output, and on standard error what they lack.

    `entries` are tuples (group, Plugin, failure); the failure is None for a plugin that
    can be used, and otherwise an exception that says why not.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("kind", "name", "distribution", "version", "class", "state"):
        table.add_column(heading, overflow="fold")
    for group, entry, failure in entries:
        # The plain name stands for the built-in.
        name = f"{entry.qualified_name} (shadowed)" if entry.shadowed else entry.name
        state = "fails" if failure else "loads"
        origin = entry.distribution, entry.version, entry.reference.partition(":")[2]
        cells = (group, name, *origin, state)
        table.add_row(*(Text(str(cell)) for cell in cells))
    _console().print(table)
    for _, _, failure in entries:
        if failure:
            _say(f"\n{failure}")


def print_checks(checked):
    """Print outcomes of conformance checks; return the number of those that failed.

    `checked` are tuples (group, name, list of CheckResult).
    """
    n_failed = 0
    for group, name, results in checked:
        passed = sum(result.status == "passed" for result in results)
        print(f"{group} {name}: {passed} of {len(results)} checks passed")
        for result in results:
            if result.status != "passed":
                print(f"  {result.status}: {result.name}\n    {result.message}")
        n_failed += sum(result.status == "failed" for result in results)
    return n_failed


def print_info(plugins):
    """Print versions, processor, BLAS and plugins of others on standard output.

    `plugins` are the entries of the registry, of all groups.
    """
    from skwfm.experiments.study.provenance import blas, cpu, instruction_set, versions

    lines = [*versions().items(), ("processor", cpu()["model"])]
    lines += [("cores", cpu()["cores"]), ("system", cpu()["system"])]
    lines += [("loops", f"{instruction_set()} instructions")]
    lines += [("blas", library) for library in blas()]
    others = [entry for entry in plugins if not entry.builtin]
    lines += [("plugin", f"{entry.group}, {entry}") for entry in others]
    if not others:
        lines += [("plugins", "none but the built-in ones")]
    for name, value in lines:
        print(f"{name:14} {value}")


def print_claims(pages, folder):
    """Print the verdict on every claim, and where the report is."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("experiment", "claim", "found", "verdict"):
        table.add_column(heading, overflow="fold")
    for page in pages:
        for claim in page.claims:
            cells = page.name, claim.text, claim.found, claim.verdict
            table.add_row(*map(Text, cells))
    _console().print(table)
    _say(f"Open {(folder / 'index.html').resolve().as_uri()}")
