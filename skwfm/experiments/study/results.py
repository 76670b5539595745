"""The results of a study: rows, averages and files."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from skwfm.experiments.study.provenance import cpu, versions
from skwfm.experiments.study.records import Run
from skwfm.experiments.study.storage import write_rows

if TYPE_CHECKING:
    from pandas import DataFrame

# Columns that name a run, in place of telling what came out.
_NAMES = {"algorithm", "family", "seed", "status", "reason", "warnings"}


@dataclass(frozen=True)
class StudyResult:
    """All runs of a `Study`.

    Parameters
    ----------
    runs : list of Run
        By seed, then by data, algorithm and setting.
    keys : list of dict
        Of each run, name of the data ("data") and varied parameters.
    n_reused : int
        Runs taken from an earlier, interrupted or identical, study.
    versions, cpu : dict
        Versions of the packages, and the processor. Every run has its own in
        ``run.provenance``.
    """

    runs: list[Run]
    keys: list[dict]
    n_reused: int = 0
    versions: dict[str, str] = field(default_factory=versions)
    cpu: dict = field(default_factory=cpu)

    @property
    def failed(self) -> list[Run]:
        """The runs that failed.

        Returns
        -------
        runs : list of Run
            Those whose status is "failed".
        """
        return [run for run in self.runs if run.status == "failed"]

    def rows(self) -> list[dict]:
        """Return one record per run, with the same columns in all.

        Returns
        -------
        rows : list of dict
            Data, varied parameters, the columns of `Run` and those of the measures;
            None where there is nothing.
        """
        pairs = zip(self.keys, self.runs, strict=True)
        rows = [{**key, **run.row()} for key, run in pairs]
        columns = dict.fromkeys(column for row in rows for column in row)
        return [{**columns, **row} for row in rows]

    def to_frame(self) -> DataFrame:
        """Return the rows as a data frame (needs pandas).

        Returns
        -------
        frame : DataFrame
            One row per run.
        """
        from pandas import DataFrame

        return DataFrame(self.rows())

    def to_csv(self, path: str | PathLike) -> None:
        """Write one line per run.

        Parameters
        ----------
        path : path-like
            Target file.
        """
        write_rows(path, self.rows())

    def groups(self) -> dict[tuple, list[Run]]:
        """Return the successful runs of each cell.

        Returns
        -------
        groups : dict of tuple to list of Run
            By (data, algorithm, values of the varied parameters...), seeds in order.
        """
        found = defaultdict(list)
        for key, run in zip(self.keys, self.runs, strict=True):
            data, *values = key.values()
            cell = found[data, run.algorithm, *map(_hashable, values)]
            cell.extend([run] if run.status == "ok" else [])
        return dict(found)

    def summary(self) -> list[dict]:
        """Return averages over seeds.

        Returns
        -------
        summary : list of dict
            For each cell "data", "algorithm", varied parameters, number of runs and of
            failed ones, and ``mean`` and ``standard_error`` of every number.
        """
        cells = defaultdict(list)
        for row, key in zip(self.rows(), self.keys, strict=True):
            cells[row["algorithm"], *map(_hashable, key.values())].append((key, row))
        return [_average(members) for members in cells.values()]

    def curves(self, measure: str) -> dict[tuple, np.ndarray]:
        """Return the curves of a measure.

        Parameters
        ----------
        measure : str
            Name of a measure that has a curve.

        Returns
        -------
        curves : dict of tuple to ndarray of shape (n_runs, 2, n_points)
            By cell, as of `groups`; positions and values, NaN where there is none.
        """
        return {
            cell: np.array([_points(run.measures[measure].curve) for run in having])
            for cell, runs in self.groups().items()
            if (having := [run for run in runs if _has_curve(run, measure)])
        }


def _hashable(value):
    return value if isinstance(value, (str, int, float, type(None))) else repr(value)


def _has_curve(run, measure):
    return measure in run.measures and run.measures[measure].curve is not None


def _points(curve):
    return np.array([curve.x, curve.y], dtype=float)


def _average(members):
    key, first = members[0]
    rows = [row for _, row in members]
    good = [row for row in rows if row["status"] == "ok"]
    numbers = [c for c in first if c not in _NAMES and c not in key]
    return {
        **key,
        "algorithm": first["algorithm"],
        "n_runs": len(rows),
        "n_failed": len(rows) - len(good),
        **{c: mean_and_error([row[c] for row in good]) for c in numbers},
    }


def mean_and_error(values):
    """Return the mean and its standard error.

    Parameters
    ----------
    values : sequence of float or None
        One value per run; None (not applicable) is left out.

    Returns
    -------
    estimate : dict
        ``mean`` and ``standard_error``; None where undefined (no value, or, for the
        error, a single one).
    """
    values = np.array([v for v in values if v is not None], dtype=float)
    if values.size == 0:
        return {"mean": None, "standard_error": None}
    if values.size == 1:
        return {"mean": float(values[0]), "standard_error": None}
    error = values.std(ddof=1) / np.sqrt(values.size)
    return {"mean": float(values.mean()), "standard_error": float(error)}
