"""Numbers of runs, and how they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from skwfm.experiments.paper.claims import Estimate
from skwfm.experiments.study.records import Run


@dataclass(frozen=True)
class Quantity:
    """A number of a run, and how it is written.

    Parameters
    ----------
    name : str
        In words, as in "the test error".
    read : callable
        Takes a run; returns a number, or None or NaN where there is none.
    better : {-1, 1}
        Whether small or large numbers are better, or wider.
    unit : str, default=""
        Unit of the scaled numbers.
    scale : float, default=1.0
        Factor for text and figures, such as 100 for per cent.
    digits : int, default=2
        Digits after the point of the scaled numbers.
    """

    name: str
    read: Callable[[Run], float | None]
    better: int
    unit: str = ""
    scale: float = 1.0
    digits: int = 2

    @property
    def label(self) -> str:
        """Label of an axis.

        Returns
        -------
        label : str
            Name and unit.
        """
        return f"{self.name} ({self.unit})" if self.unit else self.name

    def text(self, estimate: Estimate) -> str:
        """Write an estimate in the unit.

        Parameters
        ----------
        estimate : Estimate
            Not scaled.

        Returns
        -------
        text : str
            Value, interval and unit.
        """
        return estimate.text(self.digits, self.scale, self.unit)

    def by_seed(self, runs: Iterable[Run]) -> dict[int, float]:
        """Read runs.

        Parameters
        ----------
        runs : iterable of Run
            Of one algorithm.

        Returns
        -------
        numbers : dict of int to float
            By seed, not scaled; seeds without a finite number are missing.
        """
        numbers = {run.seed: self.read(run) for run in runs}
        known = {seed: x for seed, x in numbers.items() if x is not None}
        return {seed: float(x) for seed, x in known.items() if np.isfinite(x)}


def column(name: str) -> Callable[[Run], float | None]:
    """Return a reader of a column of measures.

    Parameters
    ----------
    name : str
        Of the column.

    Returns
    -------
    read : callable
        Takes a run; None where it was not measured.
    """
    return lambda run: run.row().get(name)


def log10_column(name: str) -> Callable[[Run], float | None]:
    """Return a reader of the decimal logarithm of a column.

    Parameters
    ----------
    name : str
        Of the column.

    Returns
    -------
    read : callable
        Takes a run; None where there is no positive number.
    """

    def read(run):
        number = run.row().get(name)
        return np.log10(number) if number is not None and number > 0 else None

    return read


TEST_ERROR = Quantity("test error", lambda run: 1 - run.test_accuracy, -1, "%", 100)
BALANCED_ERROR = Quantity(
    "balanced test error", lambda run: 1 - run.balanced_accuracy, -1, "%", 100
)
EPOCHS = Quantity("epochs", lambda run: run.n_epochs, -1, "", 1.0, 0)
