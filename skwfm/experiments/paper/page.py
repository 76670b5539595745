"""What an experiment leaves: a page of figures, tables and claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from skwfm.experiments.paper.claims import Claim
from skwfm.experiments.report.canvas import drawn
from skwfm.experiments.study.storage import write_atomically, write_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """One figure.

    Parameters
    ----------
    name : str
        Name of its files.
    figure : Figure
        Drawn on a canvas of its own, see `skwfm.experiments.report.canvas`.
    caption : str
        What is shown, error bars included.
    alt : str
        What it tells those who cannot see it.
    """

    name: str
    figure: Figure
    caption: str
    alt: str


@dataclass(frozen=True)
class Table:
    """Numbers, written as CSV and shown on the page.

    Parameters
    ----------
    name : str
        Name of the file.
    rows : sequence of mapping
        The same columns in all.
    caption : str, default=""
        What the columns are. Without one, the table is only written.
    """

    name: str
    rows: Sequence[Mapping]
    caption: str = ""


@dataclass(frozen=True)
class Page:
    """The outcome of one experiment.

    Parameters
    ----------
    name : str
        As on the command line.
    title : str
        What was done, in a line.
    paragraphs : sequence of str
        What was run, how, and what follows.
    pictures : sequence of Picture
        Figures.
    tables : sequence of Table
        Numbers.
    claims : sequence of Claim
        Verdicts.
    """

    name: str
    title: str
    paragraphs: Sequence[str]
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    claims: Sequence[Claim] = field(default_factory=list)

    def write(self, folder: Path) -> list[Path]:
        """Write every table as CSV and every figure as PNG and SVG.

        Parameters
        ----------
        folder : Path
            Where; created if missing.

        Returns
        -------
        paths : list of Path
            The files.
        """
        paths = []
        for table in (*self.tables, claims_table(self)):
            paths.append(folder / f"{table.name}.csv")
            write_rows(paths[-1], table.rows)
        for picture in self.pictures:
            for kind in ("png", "svg"):
                paths.append(folder / f"{picture.name}.{kind}")
                write_atomically(paths[-1], drawn(picture.figure, kind))
        return paths


def claims_table(page: Page) -> Table:
    """Return the claims of a page as a table.

    Parameters
    ----------
    page : Page
        The page.

    Returns
    -------
    table : Table
        One row per claim.
    """
    rows = [{"page": page.name, **vars(claim)} for claim in page.claims]
    return Table(f"{page.name}_claims", rows)
