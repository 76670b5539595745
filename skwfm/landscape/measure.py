"""What a measure of a solution is, and the scorer that any of them makes."""

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

NEEDS = ("classifier", "committee", "smooth", "channel")


class Curve(NamedTuple):
    """What a figure shows of one measurement.

    Parameters
    ----------
    x : array-like of shape (n_points,)
        Positions, the same for every model.
    y : array-like of shape (n_points,)
        Numbers; NaN where there is none.
    error : array-like of shape (n_points,) or None, default=None
        Their errors, if known.
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
    """Something to measure of a fitted classifier: numbers with names.

    To write your own, subclass this, set `name` and `columns` and implement `__call__`
    and `values`; a class that has all of these without inheriting works as well. A
    measure is a value, as a frozen dataclass is: it checks its parameters when it is
    made, every parameter has a default, and it can be pickled. Check it with
    :func:`skwfm.testing.check_measure`.

    Attributes
    ----------
    name : str
        An identifier, such as ``"local_entropy"``.
    columns : tuple of str
        Names of the numbers, which no other measure uses; may be a property.
    unit : str
        Unit of the numbers. Fractions are written in per cent.
    greater_is_better : bool
        Whether a scorer prefers large numbers.
    needs : {"classifier", "committee", "smooth", "channel"}
        What a model must be: any classifier, a committee machine (``coef_``,
        ``architecture_``), or one whose architecture has the optional method `smooth`,
        with ``order=2``, or `channel`.

    Notes
    -----
    What the docstring of the class says above its sections explains the numbers on the
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
        """Measure one model, which is never changed.

        Parameters
        ----------
        model : fitted classifier or Pipeline
            What `needs` asks for.
        X : array-like of shape (n_samples, n_features)
            Patterns, those of the training as a rule.
        y : array-like of shape (n_samples,)
            Labels.
        random_state : int or None, default=None
            Seed; equal seeds give equal numbers.

        Returns
        -------
        result : object
            Whatever `values` and `curve` read.
        """

    @abstractmethod
    def values(self, result: object) -> Sequence[float]:
        """Take the numbers from a result.

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
        """Take what a figure shows from a result.

        Parameters
        ----------
        result : object
            As returned by the measure.

        Returns
        -------
        curve : Curve or None
            By default None, for no figure.
        """
        return None


def resolve_measure(measure):
    """Make an instance of what stands for a measure.

    Parameters
    ----------
    measure : str, class or instance
        Name of an installed measure, a class to be made without arguments, or an
        instance.

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
    """Say why a measure does not apply to a model.

    Parameters
    ----------
    measure : Measure
        The measure.
    model : fitted classifier or Pipeline
        The model.

    Returns
    -------
    reason : str
        Empty if the model is what the measure needs.
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
    """Whether an optional method answers for one pattern of zero fields."""
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
    """One column of a measure, with the sign that makes more better."""

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
    """Make a scorer of any measure.

    Parameters
    ----------
    measure : str, class or instance
        Name of an installed measure, or a `Measure`.
    column : str or None, default=None
        Which of its numbers to take, by name; None takes the only one.
    random_state : int or None, default=0
        Seed; an int gives every estimator the same random numbers.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y)`` gives the number, or minus the number if less is
        better. NaN stays NaN, which model selection reports as a missing score.

    Raises
    ------
    TypeError
        If `measure` is no measure.
    ValueError
        If the name, the column or the seed is wrong.

    Notes
    -----
    Cross-validation calls a scorer with the patterns left out. For the minimum that
    training found pass ``return_train_score=True`` and take the ``train_`` columns.

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
            f"column={column!r} is no column of {measure.name}: pass one of {columns}."
        )
    if random_state is not None:
        check_count("random_state", random_state, 0)
    return _MeasureScorer(measure, column, random_state)
