"""The record of one run, and of one measure taken in it."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, field, fields
from typing import Self

from skwfm.landscape.measure import Curve


@dataclass(frozen=True)
class Measured:
    """The result of one measure on one trained classifier.

    Parameters
    ----------
    values : dict of str to float or None
        By column; None where there is no finite number.
    curve : Curve or None
        Curve of the measure, made of tuples.
    reason : str
        Why numbers are missing, and other warnings of the measure.
    failed : bool
        Whether the measure raised an error, which is the reason.
    traceback : str
        The innermost calls of that error, as Python prints them.
    """

    values: dict
    curve: Curve | None = None
    reason: str = ""
    failed: bool = False
    traceback: str = field(default="", repr=False, compare=False)

    @property
    def is_complete(self) -> bool:
        """Whether every number and every point of the curve is there.

        Returns
        -------
        is_complete : bool
            False as well if there is nothing at all.
        """
        points = self.curve.y if self.curve else ()
        return None not in (*self.values.values(), *points)

    @classmethod
    def of(cls, record: dict) -> Self:
        """Restore a result from its JSON record.

        Parameters
        ----------
        record : dict
            Attributes by name, with lists instead of tuples.

        Returns
        -------
        measured : Measured
            Equal to the stored one.
        """
        curve = record["curve"]
        if curve is not None:
            curve = Curve(*(tuple(v) if isinstance(v, list) else v for v in curve))
        # Records of development versions before 0.1.0 do not tell of errors, and
        # older ones of this version not of their calls.
        of_error = record.get("failed", False), record.get("traceback", "")
        return cls(record["values"], curve, record["reason"], *of_error)


@dataclass(frozen=True)
class Run:
    """Outcome of one run.

    Parameters
    ----------
    algorithm : str
        Name of the contestant.
    family : {"committee", "standard"}
        Kind of algorithm.
    seed : int
        Seed of the split and of the algorithm.
    status : {"ok", "failed"}
        Whether training and testing succeeded.
    reason : str
        Why it failed and, in code of others, where. The row of a successful run has
        here why numbers of measures are missing.
    n_epochs : int or None
        Passes over the training patterns, for algorithms that make such passes.
    n_train, n_test : int or None
        Number of training and of test patterns.
    n_train_errors : int or None
        Training patterns that the trained classifier gets wrong.
    test_accuracy : float or None
        Share of the test patterns answered correctly.
    balanced_accuracy : float or None
        Mean over the two classes of the share answered correctly.
    seconds : float or None
        Wall-clock time of ``fit``, on one BLAS thread.
    warnings : tuple of str
        Warnings raised while training.
    curve : tuple of (epoch, loss) pairs
        Learning curve, thinned evenly in the logarithm of the epoch.
    first_unit : tuple of float
        Weights of the first hidden unit.
    measures : dict of str to Measured
        Results of the measures that were asked for, by name of the measure.
    provenance : dict
        Versions, processor, plugins, hashes of the data and of the source code of other
        packages that the run was made with.
    traceback : str
        The innermost calls of the error of a failed run, as Python prints them.
    """

    algorithm: str
    family: str
    seed: int
    status: str
    reason: str = ""
    n_epochs: int | None = None
    n_train: int | None = None
    n_train_errors: int | None = None
    n_test: int | None = None
    test_accuracy: float | None = None
    balanced_accuracy: float | None = None
    seconds: float | None = None
    warnings: tuple = ()
    curve: tuple = field(default=(), repr=False)
    first_unit: tuple = field(default=(), repr=False)
    measures: dict = field(default_factory=dict, repr=False)
    # What a run was made with does not make it another one.
    provenance: dict = field(default_factory=dict, repr=False, compare=False)
    traceback: str = field(default="", repr=False, compare=False)

    def row(self) -> dict[str, object]:
        """Return the scalar attributes and the numbers of the measures, by name.

        Returns
        -------
        record : dict
            Value of every column.
        """
        record = {column: getattr(self, column) for column in COLUMNS}
        record["warnings"] = " | ".join(self.warnings)
        record["reason"] = self.reason or " | ".join(
            f"{name}: {found.reason}"
            for name, found in self.measures.items()
            if found.reason and not found.is_complete
        )
        for found in self.measures.values():
            record |= found.values
        return record

    def record(self) -> dict:
        """Return what is stored of a successful run.

        Returns
        -------
        record : dict
            For JSON; `of` restores the run.
        """
        record = asdict(self)
        return {name: record[name] for name in record if name not in _NOT_STORED}

    @classmethod
    def of(cls, record: dict) -> Self:
        """Restore a run from what `record` returned.

        Parameters
        ----------
        record : dict
            As read from a JSON file.

        Returns
        -------
        run : Run
            Equal to the stored one.

        Raises
        ------
        ValueError
            If the record is not that of a successful run.
        """
        _check_record(record)
        values = {name: _frozen(value) for name, value in record.items()}
        measures = values.pop("measures").items()
        return cls(**values, measures={name: Measured.of(m) for name, m in measures})


# Columns of the CSV file and keys of the runs in the JSON file, before the measures'.
_NO_COLUMNS = {"curve", "first_unit", "measures", "provenance", "traceback"}
COLUMNS = tuple(f.name for f in fields(Run) if f.name not in _NO_COLUMNS)


# Failed runs are not stored.
_NOT_STORED = {"traceback"}
_COUNTS = ("seed", "n_train", "n_train_errors", "n_test")
_RANGES = {
    "test_accuracy": 1,
    "balanced_accuracy": 1,
    "seconds": sys.float_info.max,
}


def _check_record(record):
    """Raise ValueError unless it is a successful run with all its numbers."""
    names = {f.name for f in fields(Run)} - _NOT_STORED
    if not isinstance(record, dict) or set(record) != names:
        raise ValueError("it is not the record of a run")
    if record["status"] != "ok":
        raise ValueError(f"status is {record['status']!r}, not 'ok'")
    for name in _COUNTS:
        if not isinstance(record[name], int) or record[name] < 0:
            raise ValueError(f"{name} is {record[name]!r}")
    for name, top in _RANGES.items():
        value = record[name]
        # NaN and infinity fail as well.
        if not (isinstance(value, (int, float)) and 0 <= value <= top):
            raise ValueError(f"{name} is {value!r}")
    kinds = {"measures": dict, "provenance": dict, "warnings": list, "curve": list}
    for name, kind in kinds.items():
        if not isinstance(record[name], kind):
            raise ValueError(f"{name} is {record[name]!r}")


def _frozen(value):
    """Turn the lists of JSON into tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
