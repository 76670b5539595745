"""The report over all experiments: one page that refers to nothing outside itself."""

from __future__ import annotations

import base64
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from skwfm.experiments.report.canvas import drawn

if TYPE_CHECKING:
    from skwfm.experiments.paper.page import Page

VERDICTS = ("holds", "differs", "does not hold", "open")


def render(
    pages: list[Page],
    quick: bool,
    timings: dict[str, float],
    versions: dict[str, str],
    cpu: dict,
) -> str:
    """Render the report.

    Parameters
    ----------
    pages : list of Page
        What is in it.
    quick : bool
        Whether few samples were taken.
    timings : dict of str to float
        Seconds of each experiment.
    versions, cpu : dict
        What it was run with.

    Returns
    -------
    html : str
        The page.

    Raises
    ------
    ImportError
        If Jinja2 is missing.
    """
    counts = Counter(claim.verdict for page in pages for claim in page.claims)
    return template("reproduction.html").render(
        pages=pages,
        quick=quick,
        counts={verdict: counts[verdict] for verdict in VERDICTS},
        images={p.name: _inline(p) for page in pages for p in page.pictures},
        timings={page.name: timings.get(page.name, 0.0) for page in pages},
        versions=versions,
        cpu=cpu,
    )


@cache
def template(name):
    """Load a template of this folder; everything it is given is escaped.

    Parameters
    ----------
    name : str
        Name of its file.

    Returns
    -------
    template : jinja2.Template
        Ready to render.
    """
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise ImportError("Reports need Jinja2: pip install 'skwfm[plot]'.") from error
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["duration"] = _duration
    environment.filters["cell"] = _cell
    return environment.get_template(name)


def _inline(picture):
    return base64.b64encode(drawn(picture.figure, "png")).decode()


def _duration(seconds):
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _cell(value):
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
