"""The interface of a measure, and the scorer made from any measure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.pipeline import Pipeline

from skwfm import plugins
from skwfm._checks import check_count
from skwfm._shown import shown

NEEDS = ("classifier", "committee", "smooth", "channel")


class Curve(NamedTuple):
    """The curve of one measurement, to be drawn.

    Parameters
    ----------
    x : array-like of shape (n_points,)
        Positions, the same for every model that is measured.
    y : array-like of shape (n_points,)
        Values; NaN where there is none.
    error : array-like of shape (n_points,) or None, default=None
        Errors of the values, if known.
    xlabel, ylabel : str, default=""
        Names of the axes, with units.
    yscale : {"linear", "log"}, default="linear"
        Scale of the vertical axis.
    """

    x: object
    y: object
    error: object = None
    xlabel: str = ""
    ylabel: str = ""
    yscale: str = "linear"


class Measure(ABC):
    """A measurement on a fitted classifier, which gives named numbers.

    To write your own, subclass this, set `name` and `columns` and implement `__call__`
    and `values`; a class that has all of these without inheriting works as well. A
    measure is an immutable value, such as a frozen dataclass: it checks its parameters
    when it is made, every parameter has a default, and it can be pickled. Check it with
    :func:`skwfm.testing.check_measure`.

    Attributes
    ----------
    name : str
        An identifier, such as ``"local_entropy"``.
    columns : tuple of str
        Names of the numbers, used by no other measure; may be a property.
    unit : str
        Unit of the numbers. Reports write a "fraction" in per cent.
    greater_is_better : bool
        Whether a scorer prefers large numbers.
    needs : {"classifier", "committee", "smooth", "channel"}
        What a model must be: any classifier, a committee machine (``coef_``,
        ``architecture_``), or one whose architecture has the optional method `smooth`,
        with ``order=2``, or `channel`.

    Notes
    -----
    The docstring of the class, down to its first section, explains the numbers on the
    page that ``skwfm compare`` writes.
    """

    name: str
    unit = ""
    greater_is_better = True
    needs = "classifier"

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """Name the numbers.

        Returns
        -------
        columns : tuple of str
            One name for each number.
        """

    @abstractmethod
    def __call__(self, model, X, y, random_state=None):
        """Measure one model, without changing it.

        Parameters
        ----------
        model : fitted classifier or Pipeline
            A model that meets `needs`.
        X : array-like of shape (n_samples, n_features)
            Patterns, usually those of the training.
        y : array-like of shape (n_samples,)
            Labels.
        random_state : int or None, default=None
            Seed; equal seeds give equal numbers.

        Returns
        -------
        result : object
            Whatever `values` and `curve` take.
        """

    @abstractmethod
    def values(self, result: object) -> Sequence[float]:
        """Return the numbers of a result.

        Parameters
        ----------
        result : object
            As returned by the measure.

        Returns
        -------
        values : sequence of float
            One for each of `columns`; NaN, with a warning, where there is none.
        """

    def curve(self, result: object) -> Curve | None:
        """Return the curve of a result.

        Parameters
        ----------
        result : object
            As returned by the measure.

        Returns
        -------
        curve : Curve or None
            None, the default, for no figure.
        """
        return None


def resolve_measure(measure):
    """Return a measure given by name, as a class or as an instance.

    Parameters
    ----------
    measure : str, class or instance
        Name of an installed measure, a class to be instantiated without arguments, or
        an instance.

    Returns
    -------
    measure : Measure
        The instance.

    Raises
    ------
    PluginError, TypeError, ValueError
        As `skwfm.plugins.resolve`.
    """
    found = plugins.resolve("measures", measure)
    return plugins.resolve("measures", found()) if isinstance(found, type) else found


def unmet_need(measure, model):
    """Return why a measure does not apply to a model.

    Parameters
    ----------
    measure : Measure
        The measure.
    model : fitted classifier or Pipeline
        The model.

    Returns
    -------
    reason : str
        Empty if the measure applies.
    """
    if measure.needs == "classifier":
        return ""
    last = model[-1] if isinstance(model, Pipeline) else model
    missing = [name for name in ("coef_", "architecture_") if not hasattr(last, name)]
    if missing:
        return (
            f"needs a fitted committee machine, but {type(last).__name__} has no "
            f"{', '.join(missing)}"
        )
    machine = last.architecture_
    if measure.needs != "committee" and not _offers(machine, measure.needs):
        return (
            f"needs an architecture with the method {measure.needs}, but "
            f"{type(machine).__name__} has none"
        )
    return ""


def _offers(architecture, method):
    """Whether an optional method works, tried on one pattern of zero fields."""
    fields = np.zeros((1, architecture.n_hidden))
    try:
        if method == "smooth":
            architecture.smooth(fields, 1.0, order=2)
        else:
            architecture.channel(fields, np.ones_like(fields), np.ones(1))
    except (NotImplementedError, AttributeError):
        return False
    return True


@dataclass(frozen=True)
class _MeasureScorer:
    """One column of a measure, negated unless greater is better."""

    measure: object
    column: str
    random_state: int | None

    def __call__(self, estimator, X, y):
        result = self.measure(estimator, X, y, random_state=self.random_state)
        place = list(self.measure.columns).index(self.column)
        value = float(self.measure.values(result)[place])
        return value if self.measure.greater_is_better else -value


def measure_scorer(
    measure: object, *, column: str | None = None, random_state: int | None = 0
) -> Callable[[object, ArrayLike, ArrayLike], float]:
    """Make a scorer from any measure.

    Parameters
    ----------
    measure : str, class or instance
        Name of an installed measure, or a `Measure`.
    column : str or None, default=None
        Name of the column to score; None takes the only one.
    random_state : int or None, default=0
        Seed; an int gives every estimator the same random numbers.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y)`` returns the number, negated if less is better. NaN
        stays NaN, which model selection reports as a missing score.

    Raises
    ------
    TypeError
        If `measure` is not a measure.
    ValueError
        If the name, the column or the seed is wrong.

    Notes
    -----
    Cross-validation calls a scorer with the patterns left out. To measure the minimum
    that training found, pass ``return_train_score=True`` and take the ``train_``
    columns.

    Examples
    --------
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import measure_scorer
    >>> X, y = make_random_patterns(20, 30, random_state=0)
    >>> model = LALClassifier(n_hidden=3, random_state=0).fit(X, y)
    >>> scorer = measure_scorer("manifold")
    >>> scorer(model, X, y)
    73.0
    """
    measure = resolve_measure(measure)
    columns = list(measure.columns)
    if column is None and len(columns) == 1:
        column = columns[0]
    if column not in columns:
        raise ValueError(
            f"column={shown(column)} is no column of {measure.name}: pass one of"
            f" {columns}."
        )
    if random_state is not None:
        check_count("random_state", random_state, 0)
    return _MeasureScorer(measure, column, random_state)
