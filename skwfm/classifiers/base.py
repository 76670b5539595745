"""The scikit-learn contract of every committee-machine classifier."""

import copy
import warnings
from abc import ABCMeta, abstractmethod
from numbers import Integral, Real
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets, unique_labels

from skwfm import plugins
from skwfm._shown import shown
from skwfm._sklearn import Interval, StrOptions, fit_context
from skwfm.architectures.layout import unit_norm
from skwfm.architectures.optional import check_offers
from skwfm.classifiers.answers import AnswersMixin
from skwfm.classifiers.epochs.overflow import check_scaling
from skwfm.classifiers.solution import ADVICE, check_solution, checked_weights
from skwfm.problem.inputs import validated
from skwfm.problem.intercepts import resolve_scaling, split_intercept
from skwfm.problem.problem import Problem
from skwfm.problem.validation import check_squares, without_integers

_N_HIDDEN = 9  # a default, which beside an instance is taken as not set
_MACHINE = "architecture__"


class BaseCommitteeClassifier(
    AnswersMixin,
    CallbackSupportMixin,
    ClassifierMixin,
    BaseEstimator,
    metaclass=ABCMeta,
):
    """Validation, labels, prediction and fitted attributes; a subclass trains.

    A subclass adds its parameters to ``__init__`` (which only stores) and to
    ``_parameter_constraints``, and writes ``_solve(problem, rng)``, which gets a
    :class:`~skwfm.classifiers.Problem` and a :class:`numpy.random.Generator` and
    returns a :class:`~skwfm.classifiers.Solution`. It names in ``_needs`` the optional
    methods of the machine that it calls, such as ``"unit_to_fix"``.

    Parameters
    ----------
    architecture : str, class or instance, default="full"
        What the machine is: "full", "tree", "parity" or the name of a plugin, a class
        or an instance. An instance brings its own number of hidden units.
    n_hidden : int, default=9
        Number of hidden units K, odd for a committee.
    fit_intercept : bool, default=True
        Whether each unit has a bias, counted in its norm. The literature has none.
    intercept_scaling : float or "auto", default="auto"
        The constant input on which the bias is a weight. "auto" is the square root of
        the unit's number of inputs, so that biases reach as far as the data do, but 1
        if all inputs are +-1.
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights and batches.
    verbose : int, default=0
        Print a line every `verbose` epochs; 0 prints nothing.
    n_jobs : int or None, default=None
        Threads for algorithms that train several replicas.
    """

    _parameter_constraints = {  # noqa: RUF012
        "architecture": "no_validation",
        "n_hidden": [Interval(Integral, 1, None, closed="left")],
        "fit_intercept": ["boolean"],
        "intercept_scaling": [
            Interval(Real, 0, None, closed="neither"),
            StrOptions({"auto"}),
        ],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "n_jobs": [Integral, None],
    }
    _needs = ()

    # Whether `_solve` reads +-1 inputs as bits only, so that integers need no copy; an
    # algorithm that computes with `problem.inputs` would overflow them.
    _reads_bits = False

    def __init__(
        self,
        *,
        architecture: object = "full",
        n_hidden: int = _N_HIDDEN,
        fit_intercept: bool = True,
        intercept_scaling: float | Literal["auto"] = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        n_jobs: int | None = None,
    ):
        self.architecture = architecture
        self.n_hidden = n_hidden
        self.fit_intercept = fit_intercept
        self.intercept_scaling = intercept_scaling
        self.random_state = random_state
        self.verbose = verbose
        self.n_jobs = n_jobs

    @abstractmethod
    def _solve(self, problem, rng):
        """Train on a Problem and return a Solution."""

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn the patterns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Inputs. Weights are float32 for float32, else float64. Inputs that all are
            +-1 are stored as bits; as integers or as `PackedSigns` they are never
            copied as floats.
        y : array-like of shape (n_samples,)
            Labels of two classes.

        Returns
        -------
        self : object
            Fitted classifier. If training was interrupted from the keyboard it holds
            the best weights so far, and ``status_`` says so.

        Raises
        ------
        ValueError
            If the inputs or labels cannot be used, there are fewer inputs than the
            architecture needs, or a plugin's `_solve` returns weights that are not
            those of the machine.
        TypeError
            If a plugin's `_solve` does not return a proper `Solution`.

        Warns
        -----
        ConvergenceWarning
            If the stopping rule was not met; the message says what to change.
        """
        X, y = validated(self, X, y)
        X = without_integers(X, self._reads_bits)
        self._learn_classes(y)
        self.architecture_ = self._resolve_architecture()
        self.intercept_scaling_ = self._resolve_scaling(X)
        problem = self._problem(X, y)
        solution = self._solve(problem, _generator(self.random_state))
        origin = f"{type(self).__name__}._solve"
        check_solution(solution, origin)
        self._store_weights(solution.weights, problem.layout, origin)
        self._store_outcome(solution, X, y)
        return self

    def set_params(self, **params: object) -> Self:
        """Set parameters of the classifier and of its machine.

        Parameters
        ----------
        **params : dict
            Parameters by name. Those of the machine are called ``architecture__name``;
            where `architecture` is a name or a class they make an instance of it.

        Returns
        -------
        self : object
            The classifier.

        Raises
        ------
        ValueError
            If a parameter is unknown, or `n_hidden` contradicts the machine.
        """
        super().set_params(**self._with_instance(params))
        if "n_hidden" in params:
            _check_n_hidden(self.architecture, self.n_hidden)
        return self

    def _with_instance(self, params):
        """Replace parameters of a machine given by name or class by an instance."""
        machine = params.get("architecture", self.architecture)
        own = {k: v for k, v in params.items() if not k.startswith(_MACHINE)}
        if len(own) == len(params) or not isinstance(machine, (str, type)):
            return params
        nested = {k.removeprefix(_MACHINE): params[k] for k in params.keys() - own}
        units = {"n_hidden": params.get("n_hidden", self.n_hidden)}
        machine = plugins.resolve("architectures", machine)
        return {**own, "architecture": machine(**{**units, **nested})}

    def _resolve_architecture(self):
        architecture = plugins.resolve("architectures", self.architecture)
        if isinstance(architecture, type):
            architecture = architecture(n_hidden=self.n_hidden)
        elif self.n_hidden != _N_HIDDEN:
            _check_n_hidden(architecture, self.n_hidden)
        check_offers(architecture, self._needs, type(self).__name__)
        # A copy: set_params may change the machine, but not what has been fitted.
        return copy.copy(architecture)

    def _learn_classes(self, y):
        self.classes_ = _two_classes(y)

    def _resolve_scaling(self, X):
        if not self.fit_intercept:
            return 1.0
        check_scaling(self.intercept_scaling, X)
        return resolve_scaling(self.intercept_scaling, X, self.architecture_)

    def _problem(self, X, y):
        dtype = X.dtype if X.dtype.kind == "f" else np.dtype(float)
        check_squares(X, dtype)
        labels = np.where(y == self.classes_[1], 1, -1).astype(dtype)
        problem = Problem(
            X,
            labels,
            self.architecture_,
            self.fit_intercept,
            self.intercept_scaling_,
        )
        _ = problem.layout  # fails here, before any work, if there are too few inputs
        return problem

    def _store_weights(self, weights, layout, origin):
        weights = unit_norm(checked_weights(weights, layout, origin))
        self.coef_, self.intercept_ = split_intercept(
            weights, self.n_features_in_, self.intercept_scaling_
        )

    def _count_errors(self, X, y):
        """Training errors of the machine `coef_`, even if something else predicts."""
        decision = BaseCommitteeClassifier._decision(self, X)
        return int(np.sum(self._named(decision) != y))

    def _store_outcome(self, solution, X, y):
        self.n_iter_ = solution.n_iter
        self.loss_curve_ = list(solution.history)
        self.n_errors_ = self._count_errors(X, y)
        self.status_ = solution.status
        if self.status_ == "converged" and self.n_errors_:
            self.status_ = "errors_left"
        may_err = self.status_ == "noisy"
        self.converged_ = bool(solution.converged) and (may_err or not self.n_errors_)
        advice = solution.advice or ADVICE.get(self.status_, self.status_)
        if advice and not self.converged_:
            facts = {"n_errors": self.n_errors_, "n_iter": self.n_iter_}
            facts = {"max_iter": self.n_iter_, **self.get_params(deep=False), **facts}
            warnings.warn(
                advice.format(**facts),
                ConvergenceWarning,
                stacklevel=5,
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


def _check_n_hidden(architecture, n_hidden):
    """Raise ValueError if an instance has another number of units than asked for."""
    # Names, classes and what is no machine at all have no number of their own.
    is_named = isinstance(architecture, (str, type))
    units = None if is_named else getattr(architecture, "n_hidden", None)
    if units not in (None, n_hidden):
        raise ValueError(
            f"n_hidden={shown(n_hidden)} has no effect beside "
            f"architecture={architecture!r}, which has n_hidden={units}: set "
            "architecture__n_hidden, or pass the class or its name instead."
        )


def _generator(random_state):
    """One numpy Generator, whose children are the replicas' generators."""
    seed = check_random_state(random_state).randint(2**32, size=4, dtype=np.uint64)
    return np.random.default_rng(np.random.SeedSequence([int(s) for s in seed]))


def _two_classes(y):
    kinds = {type(label) for label in y} if y.dtype == object else set()
    if type(None) in kinds or (str in kinds and len(kinds - {str, np.str_}) > 0):
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise ValueError(
            f"y mixes labels of the types {names}: pass labels of one type, and fill "
            "in or remove what is missing."
        )
    check_classification_targets(y)
    classes = unique_labels(y)
    if len(classes) > 2:
        raise ValueError(
            "Only binary classification is supported. The type of the target is "
            f"multiclass: y has {len(classes)} classes. Wrap the classifier in "
            "sklearn.multiclass.OneVsRestClassifier."
        )
    if len(classes) < 2:
        raise ValueError(
            f"y has only one class, {classes.tolist()[0]!r}: the classifier needs "
            "samples of two classes."
        )
    return classes
