"""The results of a comparison, and how they are written to files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

from skwfm.experiments.report.summary import summarise
from skwfm.experiments.study.provenance import cpu, versions
from skwfm.experiments.study.records import COLUMNS, Run
from skwfm.experiments.study.storage import write_atomically, write_rows


@dataclass(frozen=True)
class Comparison:
    """Result of `compare`.

    Parameters
    ----------
    runs : list of Run
        One record per algorithm and seed, ordered by seed.
    settings : dict
        What was run: data, sizes, seeds, and the parameters of each algorithm.
    reference : str
        Algorithm from which the others' paired differences are taken.
    n_reused : int
        Runs taken from an earlier, interrupted or identical, comparison.
    image_shape : tuple of int or None
        Shape of a pattern when it is an image.
    versions, cpu : dict
        Versions of the packages, and the processor.
    """

    runs: list[Run]
    settings: dict
    reference: str
    n_reused: int = 0
    image_shape: tuple[int, ...] | None = None
    versions: dict[str, str] = field(default_factory=versions)
    cpu: dict = field(default_factory=cpu)

    @property
    def names(self) -> list[str]:
        """The algorithms compared.

        Returns
        -------
        names : list of str
            In the order given.
        """
        return list(self.settings["algorithms"])

    @property
    def failed(self) -> list[Run]:
        """The runs that failed.

        Returns
        -------
        runs : list of Run
            Those whose status is "failed".
        """
        return [run for run in self.runs if run.status == "failed"]

    def summary(self) -> list[dict]:
        """Return averages over seeds, best balanced accuracy first.

        Returns
        -------
        summary : list of dict
            For each algorithm ``mean`` and ``standard_error`` of every score, of the
            paired difference to the reference (``test_accuracy_gain``,
            ``balanced_accuracy_gain``, as fractions) and, in ``measures``, of every
            column of the measures.
        """
        return summarise(self.runs, self.names, self.reference)

    def to_dict(self, runs: bool = True) -> dict:
        """Return all results as JSON-serialisable objects.

        Parameters
        ----------
        runs : bool, default=True
            Whether to include each run.

        Returns
        -------
        document : dict
            Summary, settings, versions, processor and, if asked, runs.
        """
        document = {
            "summary": self.summary(),
            "reference": self.reference,
            "settings": self.settings,
            "versions": self.versions,
            "cpu": self.cpu,
        }
        return document | ({"runs": self._rows()} if runs else {})

    def _rows(self):
        """Every run by column, None where a measure was not asked for."""
        measures = self.settings["measures"].values()
        columns = [*COLUMNS, *(c for m in measures for c in m["columns"])]
        return [dict.fromkeys(columns) | run.row() for run in self.runs]

    def to_csv(self, path: str | PathLike) -> None:
        """Write one line per run.

        Parameters
        ----------
        path : path-like
            Target file.
        """
        write_rows(path, self._rows())

    def to_json(self, path: str | PathLike) -> None:
        """Write summary, settings, versions and runs.

        Parameters
        ----------
        path : path-like
            Target file.
        """
        write_atomically(path, json.dumps(self.to_dict(), indent=1) + "\n")

    def figures(self) -> dict[str, bytes]:
        """Draw the figures (needs matplotlib).

        Returns
        -------
        figures : dict of str to bytes
            PNG images by name.

        Warns
        -----
        UserWarning
            If a figure cannot be drawn; it is left out.
        """
        from skwfm.experiments.report.plots import draw_all

        return draw_all(self)

    def to_html(
        self, path: str | PathLike, figures: dict[str, bytes] | None = None
    ) -> None:
        """Write one self-contained page.

        Parameters
        ----------
        path : path-like
            Target file.
        figures : dict of str to bytes, default=None
            PNG images as returned by `figures`; None draws them.

        Warns
        -----
        UserWarning
            As `figures`.
        """
        from skwfm.experiments.report.page import render

        figures = self.figures() if figures is None else figures
        write_atomically(path, render(self, figures))

    def write(self, folder: str | PathLike) -> list[Path]:
        """Write CSV, JSON, PNG figures and the HTML page into one folder.

        The numbers come first: they are there even if a figure or the page fails.

        Parameters
        ----------
        folder : path-like
            Created if missing.

        Returns
        -------
        paths : list of Path
            The files written, with the page in front.

        Warns
        -----
        UserWarning
            As `figures`.
        """
        folder = Path(folder)
        paths = [folder / "index.html", folder / "runs.csv", folder / "summary.json"]
        self.to_csv(paths[1])
        self.to_json(paths[2])
        figures = self.figures()
        self.to_html(paths[0], figures)
        for name, png in figures.items():
            paths.append(folder / f"{name}.png")
            write_atomically(paths[-1], png)
        return paths
