"""Run experiments of the paper, write what they leave, and one report over all."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from os import PathLike
from pathlib import Path

from skwfm._shown import shown
from skwfm._warn import warn
from skwfm.experiments.paper.claims import Claim
from skwfm.experiments.paper.page import Page
from skwfm.experiments.paper.pages import EXPERIMENTS
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.report.reproduction import VERDICTS, render, render_section
from skwfm.experiments.study.provenance import cpu, versions
from skwfm.experiments.study.storage import read_rows, write_atomically, write_rows

REPORT = "index.html"


def reproduce(
    names: str | Iterable[str] = "all",
    out: str | PathLike = "skwfm-reproduce",
    *,
    quick: bool = False,
    n_jobs: int = -1,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Page]:
    """Repeat experiments of the paper, with a verdict on each of its claims.

    Parameters
    ----------
    names : str or iterable of str, default="all"
        Names of experiments, keys of `EXPERIMENTS`; "all" takes every one.
    out : path-like, default="skwfm-reproduce"
        Folder for CSV files, figures (PNG and SVG) and the report, ``index.html``, over
        all experiments that were written there.
        Finished runs are kept in its folder ``runs``: an experiment that was stopped
        goes on where it was.
    quick : bool, default=False
        Whether to take few samples: all pages in minutes, many claims left open.
    n_jobs : int, default=-1
        Runs at a time; -1 uses every core. Results do not depend on it.
    seed : int, default=0
        First seed.
    progress : callable, default=None
        Called with the name of what is run, the number of finished runs and of all.

    Returns
    -------
    pages : list of Page
        In the order of `EXPERIMENTS`.

    Raises
    ------
    ValueError
        If there is no such experiment, or `n_jobs` is 0.
    KeyboardInterrupt
        On Ctrl-C; finished runs and pages are kept.

    References
    ----------
    C. Baldassi, F. Pittorino, R. Zecchina, "Shaping the learning landscape in neural
    networks around wide flat minima", PNAS 117, 161 (2020).
    """
    if n_jobs == 0:
        raise ValueError("n_jobs must not be 0; use 1, or -1 for every core.")
    out, pages = Path(out), []
    plan = Plan(out / "runs", quick, n_jobs, seed)
    for name in find_experiments(names):
        pages.append(_one(name, plan, out, progress))
        # After each page: what is finished can be read while the rest is running.
        write_report(out)
    return pages


def find_experiments(names: str | Iterable[str]) -> list[str]:
    """Check names of experiments.

    Parameters
    ----------
    names : str or iterable of str
        Names, or "all".

    Returns
    -------
    names : list of str
        Without repetitions, in the order of `EXPERIMENTS`.

    Raises
    ------
    ValueError
        If there is none of a name.
    """
    given = {names} if isinstance(names, str) else set(names)
    unknown = sorted(map(str, given - {"all", *EXPERIMENTS}))
    if unknown or not given:
        raise ValueError(
            f"names={shown(unknown)} are no experiments: choose from "
            f"{', '.join(EXPERIMENTS)} or all."
        )
    return [name for name in EXPERIMENTS if "all" in given or name in given]


def _one(name, plan, out, progress):
    """Run one experiment, write its files, and note how long it took."""
    start = time.monotonic()
    tell = progress and (lambda what, *told: progress(f"{name}: {what}", *told))
    page = EXPERIMENTS[name](replace(plan, progress=tell))
    page.write(out)
    write_atomically(
        out / "sections" / f"{name}.html", render_section(page, plan.quick)
    )
    _note_time(out / "seconds.json", name, time.monotonic() - start)
    return page


def _note_time(path, name, seconds):
    """Add to the time of an experiment, which may have been stopped and gone on."""
    known = _read_times(path)
    known[name] = round(known.get(name, 0.0) + seconds, 1)
    write_atomically(path, json.dumps(known, indent=1) + "\n")


def _read_times(path):
    """Return seconds by experiment; what of them cannot be read is counted anew."""
    try:
        times = json.loads(path.read_text(encoding="utf-8"))
        return {name: float(seconds) for name, seconds in times.items()}
    except FileNotFoundError:
        return {}
    except (*_DAMAGES, TypeError, AttributeError) as error:
        warn(f"{path} cannot be read ({error}); times are counted anew.")
        return {}


# OSError: cannot be read. RecursionError: JSON such as [[[[ to no end.
_DAMAGES = (OSError, ValueError, RecursionError)


def write_report(out: Path) -> Path:
    """Write the report and the table of verdicts, over all experiments in a folder.

    Parameters
    ----------
    out : Path
        Folder in which `reproduce` has written experiments, now or earlier.

    Returns
    -------
    path : Path
        The report, which needs no other file.

    Warns
    -----
    UserWarning
        If files of an experiment are damaged; the report leaves it out.
    """
    written = {name: _read_section(out, name) for name in EXPERIMENTS}
    sections = {name: found[0] for name, found in written.items() if found}
    rows = [row for name in sections for row in written[name][1]]
    write_rows(out / "claims.csv", rows)
    timings = _read_times(out / "seconds.json")
    verdicts = [row["verdict"] for row in rows]
    page = render(sections, verdicts, timings, versions(), cpu())
    write_atomically(out / REPORT, page)
    return out / REPORT


def _read_section(out, name):
    """Return the HTML of an experiment and the rows of its claims, or None."""
    path = out / "sections" / f"{name}.html"
    if not path.exists():
        return None
    try:
        html = path.read_text(encoding="utf-8").strip()
        if not (html.startswith("<section>") and html.endswith("</section>")):
            raise ValueError("it is not a whole section")
        path = out / f"{name}_claims.csv"
        claims = _checked(read_rows(path))
        if len(claims) != (n_claims := html.count('class="verdict ')):
            raise ValueError(f"{len(claims)} claims, {n_claims} in its {name}.html")
        return html, claims
    except _DAMAGES as error:
        warn(
            f"{path} cannot be read ({error}); the report leaves the experiment out "
            f"until it is run again: skwfm reproduce {name}",
        )
        return None


def _checked(claims):
    """Raise ValueError unless rows are those of claims."""
    columns = {"page", *(f.name for f in fields(Claim))}
    for row in claims:
        if set(row) != columns or row["verdict"] not in VERDICTS:
            raise ValueError("it is not a table of claims")
    return claims
