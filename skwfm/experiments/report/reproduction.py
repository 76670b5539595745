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


def render_section(page: Page, quick: bool) -> str:
    """Render the part of one experiment.

    Parameters
    ----------
    page : Page
        The experiment.
    quick : bool
        Whether few samples were taken.

    Returns
    -------
    html : str
        A section.

    Raises
    ------
    ImportError
        If Jinja2 is missing.
    """
    images = {
        picture.name: base64.b64encode(drawn(picture.figure, "png")).decode()
        for picture in page.pictures
    }
    return template("section.html").render(page=page, quick=quick, images=images)


def render(
    sections: dict[str, str],
    verdicts: list[str],
    timings: dict[str, float],
    versions: dict[str, str],
    cpu: dict,
) -> str:
    """Render the report.

    Parameters
    ----------
    sections : dict of str to str
        Of each experiment, as of `render_section`, in order.
    verdicts : list of str
        On all claims.
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
    from markupsafe import Markup

    counts = Counter(verdicts)
    return template("reproduction.html").render(
        # They come from a template that has escaped all it was given.
        sections={name: Markup(section) for name, section in sections.items()},
        counts={verdict: counts[verdict] for verdict in VERDICTS},
        timings={name: timings.get(name, 0.0) for name in sections},
        versions=versions,
        cpu=cpu,
    )
