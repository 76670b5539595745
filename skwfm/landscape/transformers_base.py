"""Transformers of measures: rows are solutions, columns are named numbers."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted, check_X_y, validate_data
from threadpoolctl import threadpool_limits

from skwfm import plugins
from skwfm._checks import check_count, check_positive
from skwfm.landscape.measure import resolve_measure
from skwfm.landscape.sign_machine import SignMachine
from skwfm.persistence import Versioned
from skwfm.problem.fitted import unit_norms
from skwfm.problem.intercepts import join_intercept, resolve_scaling, split_intercept


def flatten_solutions(models: Sequence[object]) -> np.ndarray:
    """Arrange the weights of fitted models as rows for the landscape transformers.

    Parameters
    ----------
    models : list of fitted classifiers of skwfm
        With the same machine, inputs, `fit_intercept` and `intercept_scaling`. A model
        without `fit_intercept` has intercepts if any of them is not zero.

    Returns
    -------
    rows : ndarray of shape (n_models, n_hidden * (n_features + fit_intercept))
        Weights unit by unit, that on the constant input last. Inputs that a unit does
        not see have weight 0.

    Raises
    ------
    ValueError
        If there is no model, or they differ in shape or in their constant inputs.

    Examples
    --------
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import flatten_solutions
    >>> X, y = make_random_patterns(20, 30, random_state=0)
    >>> models = [LALClassifier(n_hidden=3, random_state=i).fit(X, y) for i in (0, 1)]
    >>> flatten_solutions(models).shape
    (2, 93)
    """
    rows = [_flatten(model) for model in models]
    if len({len(row) for row in rows}) != 1:
        raise ValueError(
            f"models have {[len(row) for row in rows]} weights: pass one or more with "
            "the same number."
        )
    scalings = [np.unique(getattr(m, "intercept_scaling_", 1.0)) for m in models]
    if not all(np.array_equal(scalings[0], scaling) for scaling in scalings):
        raise ValueError(
            f"models have intercept_scaling_ {[s.tolist() for s in scalings]}: pass "
            "models with the same, which is that of the transformer."
        )
    return np.array(rows)


def _flatten(model):
    if not hasattr(model, "coef_"):
        check_is_fitted(model, "coef_")
    intercept = getattr(model, "intercept_", np.zeros(len(model.coef_)))
    told = getattr(model, "fit_intercept", np.any(intercept))
    # The parameter may have been changed since.
    if not getattr(model, "_has_intercept", told):
        return np.ravel(model.coef_)
    scaling = getattr(model, "intercept_scaling_", 1.0)
    return join_intercept(model.coef_, intercept, scaling).ravel()


class SolutionTransformer(
    Versioned, TransformerMixin, BaseEstimator, metaclass=ABCMeta
):
    """Transformer from flattened solutions, one per row, to the columns of a measure.

    A subclass adds the measure's parameters and makes the measure from them.

    Parameters
    ----------
    patterns, labels, architecture, n_hidden, fit_intercept, n_jobs : object
        As in `MeasureTransformer`.
    intercept_scaling : float or "auto", default="auto"
        As in `MeasureTransformer`.
    """

    # Seed of every measurement, where a subclass has no such parameter.
    random_state = 0

    def __init__(
        self,
        patterns: ArrayLike,
        labels: ArrayLike,
        architecture: object,
        n_hidden: int,
        fit_intercept: bool,
        n_jobs: int | None,
        intercept_scaling: float | Literal["auto"] = "auto",
    ):
        self.patterns = patterns
        self.labels = labels
        self.architecture = architecture
        self.n_hidden = n_hidden
        self.fit_intercept = fit_intercept
        self.intercept_scaling = intercept_scaling
        self.n_jobs = n_jobs

    @abstractmethod
    def _make_measure(self):
        """Make the measure, which checks its parameters."""

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Check the parameters and the length of the rows; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_solutions, n_hidden * (n_features + fit_intercept))
            Flattened solutions, see `flatten_solutions`.
        y : object, default=None
            Ignored, for pipelines.

        Returns
        -------
        self : object
            Fitted transformer.

        Raises
        ------
        ValueError
            If a parameter is wrong or the rows do not fit the machine.
        """
        X = validate_data(self, X, dtype=np.float64)
        self._measure = self._make_measure()
        # None would draw different numbers for each solution.
        check_count("random_state", self.random_state, 0)
        self.feature_names_out_ = np.asarray(self._measure.columns, dtype=object)
        self.architecture_ = plugins.resolve("architectures", self.architecture)
        if isinstance(self.architecture_, type):
            self.architecture_ = self.architecture_(n_hidden=self.n_hidden)
        self._patterns, self._labels = self._check_patterns()
        self._scaling = self._resolve_scaling()
        n_inputs = self._patterns.shape[1] + bool(self.fit_intercept)
        expected = self.architecture_.n_hidden * n_inputs
        if X.shape[1] != expected:
            raise ValueError(
                f"X has rows of {X.shape[1]} weights, but {self.architecture_!r} with "
                f"{n_inputs} inputs a unit, intercept included, has {expected}: change "
                "architecture, n_hidden or fit_intercept, or see flatten_solutions."
            )
        return self

    def _check_patterns(self):
        patterns, labels = check_X_y(self.patterns, self.labels, dtype=np.float64)
        classes = unique_labels(labels)
        if len(classes) != 2:
            raise ValueError(
                f"labels has the classes {list(classes)}: pass labels of two classes."
            )
        return patterns, np.where(labels == classes[1], 1.0, -1.0)

    def _resolve_scaling(self):
        if not self.fit_intercept:
            return 1.0
        if self.intercept_scaling != "auto":
            check_positive("intercept_scaling", self.intercept_scaling, "or 'auto'")
        return resolve_scaling(
            self.intercept_scaling, self._patterns, self.architecture_
        )

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Measure every solution.

        Parameters
        ----------
        X : array-like of shape (n_solutions, n_hidden * (n_features + fit_intercept))
            Flattened solutions.

        Returns
        -------
        measures : ndarray of shape (n_solutions, n_measures)
            One column per measure; NaN where it did not converge.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        rows = Parallel(n_jobs=self.n_jobs)(
            delayed(self._measure_row)(row) for row in X
        )
        return np.array(rows, dtype=float)

    def _measure_row(self, row):
        # One BLAS thread, as worker processes have: more threads round differently.
        with threadpool_limits(limits=1, user_api="blas"):
            result = self._measure(
                self._machine(row), self._patterns, self._labels,
                random_state=self.random_state,
            )  # fmt: skip
            return list(self._measure.values(result))

    def _machine(self, row):
        weights = row.reshape(self.architecture_.n_hidden, -1)
        weights = weights / unit_norms(weights)[:, None]
        n_features = self._patterns.shape[1]
        coef, intercept = split_intercept(weights, n_features, self._scaling)
        has_intercept = bool(self.fit_intercept)
        return SignMachine(
            self.architecture_, coef, intercept, has_intercept, self._scaling
        )

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Name the columns.

        Parameters
        ----------
        input_features : object, default=None
            Ignored: the columns do not belong to single weights.

        Returns
        -------
        names : ndarray of shape (n_measures,) of str
            Names of the measures.
        """
        check_is_fitted(self)
        return self.feature_names_out_.copy()


class MeasureTransformer(SolutionTransformer):
    """Transformer to the numbers of any measure.

    Parameters
    ----------
    measure : str, class or instance
        Name of an installed measure, or a `Measure`.
    patterns : array-like of shape (n_samples, n_features)
        Patterns on which solutions are measured, usually those of the training.
    labels : array-like of shape (n_samples,)
        Their labels, of two classes; the larger one is +1.
    architecture : str, class or instance, default="full"
        The machine.
    n_hidden : int, default=9
        Number of hidden units, unless the architecture is an instance.
    fit_intercept : bool, default=True
        Whether the rows contain intercepts.
    intercept_scaling : float or "auto", default="auto"
        As in the classifiers: the constant input on which the entries of intercepts are
        weights.
    random_state : int, default=0
        Seed of the measure, the same for all solutions.
    n_jobs : int or None, default=None
        Workers over solutions.

    Attributes
    ----------
    feature_names_out_ : ndarray of str
        Names of the columns, those of the measure.
    architecture_ : Architecture
        The machine.

    Notes
    -----
    Each unit's weights are scaled to norm one.

    Examples
    --------
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import MeasureTransformer, flatten_solutions
    >>> X, y = make_random_patterns(20, 30, random_state=0)
    >>> models = [LALClassifier(n_hidden=3, random_state=i).fit(X, y) for i in (0, 1)]
    >>> transformer = MeasureTransformer("manifold", X, y, n_hidden=3)
    >>> transformer.fit_transform(flatten_solutions(models))
    array([[73.],
           [73.]])
    """

    def __init__(
        self,
        measure: object,
        patterns: ArrayLike,
        labels: ArrayLike,
        *,
        architecture: object = "full",
        n_hidden: int = 9,
        fit_intercept: bool = True,
        intercept_scaling: float | Literal["auto"] = "auto",
        random_state: int = 0,
        n_jobs: int | None = None,
    ):
        super().__init__(
            patterns,
            labels,
            architecture,
            n_hidden,
            fit_intercept,
            n_jobs,
            intercept_scaling,
        )
        self.measure = measure
        self.random_state = random_state

    def _make_measure(self):
        return resolve_measure(self.measure)
