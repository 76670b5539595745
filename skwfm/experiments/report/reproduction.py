"""The report over all experiments: one page that refers to nothing outside itself."""

from __future__ import annotations

import base64
from collections import Counter
from typing import TYPE_CHECKING

from skwfm.experiments.report.canvas import drawn
from skwfm.experiments.report.templates import template

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


def _inline(picture):
    return base64.b64encode(drawn(picture.figure, "png")).decode()
