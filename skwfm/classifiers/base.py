"""The scikit-learn contract of every committee-machine classifier."""

from abc import ABCMeta, abstractmethod
from numbers import Integral, Real
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from skwfm._sklearn import AUTO, Interval, StrOptions, fit_context
from skwfm._warn import warn
from skwfm.architectures.layout import unit_norm
from skwfm.architectures.optional import offers
from skwfm.classifiers.answers.answers import AnswersMixin
from skwfm.classifiers.answers.calibration import fit_noise
from skwfm.classifiers.epochs.overflow import check_scaling
from skwfm.classifiers.machines import MachinesMixin
from skwfm.classifiers.parameters import DEFAULT_UNITS, ParametersMixin
from skwfm.classifiers.solution import (
    ADVICE,
    check_solution,
    checked_weights,
    filled_in,
)
from skwfm.classifiers.targets import (
    find_classes,
    find_weights,
    without_zero_weights,
)
from skwfm.persistence import Versioned
from skwfm.problem.inputs import validated
from skwfm.problem.intercepts import resolve_scaling, split_intercept
from skwfm.problem.problem import Problem
from skwfm.problem.ties import exactly_summed
from skwfm.problem.validation import check_squares, without_integers


class BaseCommitteeClassifier(
    Versioned,
    AnswersMixin,
    MachinesMixin,
    ParametersMixin,
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
    methods of the machine that it calls, such as ``"unit_to_fix"``. Callbacks are told
    when the training begins and ends. Ctrl-C ends `fit` with `KeyboardInterrupt`; a
    `_solve` that catches it may return what it has, with the status "interrupted".

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
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, by which those of samples are multiplied. "balanced"
        gives all classes the same total.
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
            AUTO,
        ],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "n_jobs": [Integral, None],
    }
    _needs = ()

    # Whether `_solve` reads +-1 inputs as bits only, so that integers need no copy; an
    # algorithm that computes with `problem.inputs` would overflow them.
    _reads_bits = False

    # Whether `_solve` takes a problem with inputs in a csr_array, which it multiplies
    # by `problem.fields` and `skwfm.problem.passes` alone.
    _takes_sparse = False

    def __init__(
        self,
        *,
        architecture: object = "full",
        n_hidden: int = DEFAULT_UNITS,
        fit_intercept: bool = True,
        intercept_scaling: float | Literal["auto"] = "auto",
        class_weight: dict | Literal["balanced"] | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        n_jobs: int | None = None,
    ):
        self.architecture = architecture
        self.n_hidden = n_hidden
        self.fit_intercept = fit_intercept
        self.intercept_scaling = intercept_scaling
        self.class_weight = class_weight
        self.random_state = random_state
        self.verbose = verbose
        self.n_jobs = n_jobs

    @abstractmethod
    def _solve(self, problem, rng):
        """Train on a Problem and return a Solution."""

    # What a plugin has written, for errors that blame it.
    _trains_by = "_solve"

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn the patterns.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Inputs. Weights are float32 for float32, else float64. Inputs that all are
            +-1 are stored as bits; as integers or as `PackedSigns` they are never
            copied as floats. Sparse matrices, for LAL, eLAL and ceSGD only, stay
            sparse.
        y : array-like of shape (n_samples,)
            Labels. For more than two classes one machine is trained for each, to tell
            it from all others.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the samples, multiplied by those of `class_weight`. Samples of
            weight zero are left out.

        Returns
        -------
        self : object
            Fitted classifier. If training was interrupted from the keyboard it holds
            the best weights so far, and ``status_`` says so.

        Raises
        ------
        ValueError
            If the inputs, labels or weights cannot be used, there are fewer inputs than
            the architecture needs, or a plugin's `_solve` returns weights that are not
            those of the machine.
        TypeError
            If `X` is sparse and the algorithm takes dense inputs only, or a plugin's
            `_solve` does not return a proper `Solution`.

        Warns
        -----
        ConvergenceWarning
            If the stopping rule was not met; the message says what to change.
        """
        known = dict(vars(self))
        try:
            self._fit_validated(*validated(self, X, y), sample_weight)
        except BaseException:
            # What was fitted before goes with its own classes and constants only.
            vars(self).clear()
            vars(self).update(known)
            raise
        if self._advice:
            warn(self._advice, ConvergenceWarning)
        return self

    def _fit_validated(self, X, y, sample_weight):
        X = without_integers(X, self._reads_bits)
        self._learn_classes(y)
        weight = find_weights(X, y, sample_weight, self.class_weight)
        X, y, weight = without_zero_weights(X, y, weight)
        self._settle_machine(X)
        problem = self._problem(X, y, weight)
        rng = generator(self.random_state)
        self._forget_last_fit()
        if len(self.classes_) == 2:
            self._learn(problem, rng)
        else:
            self._fit_machines(problem, y, rng)

    def _forget_last_fit(self):
        """Drop what a fit with other classes or parameters may not set again."""
        names = self._of_one_fit
        if len(self.classes_) == 2:
            names = (*names, "_machines")
        for name in names:
            vars(self).pop(name, None)

    @with_callbacks
    def _learn(self, problem, rng):
        """Train the machine of two classes, and tell callbacks when."""
        context = self._init_callback_context(max_subtasks=self._n_tasks())
        told = {
            "estimator": self,
            "X": lambda: self._with_names(problem.inputs),
            "y": lambda: self._named(problem.labels),
        }
        context.call_on_fit_task_begin(**told)
        self._store(self._solve(problem, rng), problem, rng)
        context.call_on_fit_task_end(**told)

    def _n_tasks(self):
        """Most tasks of a training that callbacks are told of; None if not known."""
        return 0

    def _store(self, solution, problem, rng):
        origin = f"{type(self).__name__}.{self._trains_by}"
        check_solution(solution, origin)
        self._store_weights(solution.weights, problem, origin)
        # A child: the generator goes on as it would without.
        self.answer_noise_ = self._find_noise(problem, rng.spawn(1)[0])
        self._store_outcome(solution)

    def _learn_classes(self, y):
        self.classes_ = find_classes(y)

    def _settle_machine(self, X):
        """Fix the machine that is trained, whatever `set_params` changes later."""
        self.architecture_ = self._resolve_architecture()
        self._fitted_intercept = bool(self.fit_intercept)
        self._given_scaling = self.intercept_scaling
        self.intercept_scaling_ = self._resolve_scaling(X)

    def _resolve_scaling(self, X):
        if not self.fit_intercept:
            return 1.0
        check_scaling(self.intercept_scaling, X)
        return resolve_scaling(self.intercept_scaling, X, self.architecture_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._takes_sparse
        return tags

    def _problem(self, X, y, weight=None):
        """The patterns of two classes; for more, the first against all others."""
        dtype = X.dtype if X.dtype.kind == "f" else np.dtype(float)
        check_squares(X, dtype)
        labels = np.where(y == self.classes_[1], 1, -1).astype(dtype)
        machine = self.architecture_, self._has_intercept, self.intercept_scaling_
        problem = Problem(X, labels, *machine, weight)
        _ = problem.layout  # fails here, before any work, if there are too few inputs
        return problem

    def _store_weights(self, weights, problem, origin):
        weights = unit_norm(checked_weights(weights, problem.layout, origin))
        weights = exactly_summed(weights)
        self.coef_, self.intercept_ = split_intercept(
            weights, problem.inputs.shape[1], self.intercept_scaling_
        )
        # Of the machine `coef_`, even if something else predicts.
        answers = self._answers(problem.inputs) > 0
        self.n_errors_ = int(np.sum(answers != (problem.labels > 0)))

    def _find_noise(self, problem, rng):
        """Noise that makes the answers probabilities, if the machine can."""
        if not offers(self.architecture_, "channel"):
            return None
        return fit_noise(problem, self._dense_weights(), rng)

    def _store_outcome(self, solution):
        self.n_iter_ = solution.n_iter
        self.loss_curve_ = list(solution.history)
        self.status_ = solution.status
        if self.status_ == "converged" and self.n_errors_:
            self.status_ = "errors_left"
        may_err = self.status_ == "noisy"
        self.converged_ = bool(solution.converged) and (may_err or not self.n_errors_)
        advice = solution.advice or ADVICE.get(self.status_, self.status_)
        facts = {"n_errors": self.n_errors_, "n_iter": self.n_iter_}
        facts = {**self.get_params(deep=False), **facts}
        if not isinstance(facts.get("max_iter"), Integral):  # "auto", or no such limit
            facts["max_iter"] = self.n_iter_
        self._advice = "" if self.converged_ else filled_in(advice, facts)


def generator(random_state):
    """Make one numpy Generator, whose children are the replicas' generators.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        Seed.

    Returns
    -------
    rng : numpy.random.Generator
        The generator.
    """
    seed = check_random_state(random_state).randint(2**32, size=4, dtype=np.uint64)
    return np.random.default_rng(np.random.SeedSequence([int(s) for s in seed]))
