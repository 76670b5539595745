"""The loop over epochs: stopping, history, callbacks, interruption, partial_fit."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import closing
from numbers import Integral
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted, validate_data

from skwfm._sklearn import Interval, fit_context
from skwfm.classifiers.base import BaseCommitteeClassifier, _generator, _two_classes
from skwfm.classifiers.solution import Solution
from skwfm.problem.intercepts import join_intercept, split_intercept


class IterativeClassifier(BaseCommitteeClassifier):
    """A committee classifier trained by epochs.

    A subclass writes the generator ``_epochs(problem, rng, weights=None, n_done=0)``,
    which yields an :class:`~skwfm.classifiers.Epoch` before the first epoch and after
    each one, starting from the given packed weights as if `n_done` epochs had passed.
    All states share one array of weights, updated in place. A generator that cannot go
    on returns a sentence with advice, which becomes the status. The class adds the
    stopping at `max_iter`, the history of the loss, callbacks, lines for `verbose`, and
    Ctrl-C, which keeps the weights reached so far.

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
    max_iter : int, default=1000
        Most epochs over the patterns.
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights and batches.
    verbose : int, default=0
        Print a line every `verbose` epochs; 0 prints nothing.
    n_jobs : int or None, default=None
        Threads for algorithms that train several replicas.

    See Also
    --------
    OnlineMixin : Adds `partial_fit`.
    """

    _parameter_constraints = {  # noqa: RUF012
        **BaseCommitteeClassifier._parameter_constraints,
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        architecture: object = "full",
        n_hidden: int = 9,
        fit_intercept: bool = True,
        intercept_scaling: float | Literal["auto"] = "auto",
        max_iter: int = 1000,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        n_jobs: int | None = None,
    ):
        super().__init__(
            architecture=architecture,
            n_hidden=n_hidden,
            fit_intercept=fit_intercept,
            intercept_scaling=intercept_scaling,
            random_state=random_state,
            verbose=verbose,
            n_jobs=n_jobs,
        )
        self.max_iter = max_iter

    @abstractmethod
    def _epochs(self, problem, rng, weights=None, n_done=0):
        """Yield the state before the first epoch and after each one."""

    def _solve(self, problem, rng):
        context = self._init_callback_context(max_subtasks=self.max_iter)
        context.call_on_fit_task_begin(estimator=self, X=problem.inputs)
        history = []
        with closing(self._epochs(problem, rng)) as epochs:
            state = next(epochs)
            try:
                status = self._run(epochs, problem, context, history)
            except KeyboardInterrupt:
                status = "interrupted"
            # The epochs update these weights in place: they are the latest.
            weights = problem.layout.unpack_weights(state.weights)
        context.call_on_fit_task_end(estimator=self, X=problem.inputs)
        return Solution(weights, len(history), status == "converged", status, history)

    def _run(self, epochs, problem, context, history):
        """Go through the epochs until one of the reasons to stop holds: name it."""
        for n_iter in range(1, self.max_iter + 1):
            try:
                state = next(epochs)
            except StopIteration as end:
                return end.value or "stopped"
            history.append(state.loss)
            if self.verbose and n_iter % int(self.verbose) == 0:
                print(f"[{type(self).__name__}] epoch {n_iter}: loss {state.loss:.6g}")
            stop = self._callback_stops(context, problem, state)
            if state.finished:
                return "converged"
            if stop:
                return "stopped"
        return "max_iter"

    def _callback_stops(self, context, problem, state):
        """Tell callbacks, if there are any, that an epoch is over."""
        if not getattr(self, "_skl_callbacks", None):
            return False
        task = context.subcontext(task_name="epoch")
        task.call_on_fit_task_begin(estimator=self, X=problem.inputs)

        def fitted_attributes():
            weights = problem.layout.unpack_weights(state.weights)
            coef, intercept = split_intercept(
                weights, problem.inputs.shape[1], self.intercept_scaling_
            )
            return {
                "coef_": coef,
                "intercept_": intercept,
                "intercept_scaling_": self.intercept_scaling_,
                "architecture_": self.architecture_,
                "classes_": self.classes_,
            }

        return task.call_on_fit_task_end(
            estimator=self,
            X=problem.inputs,
            y=lambda: self.classes_[(problem.labels > 0).astype(int)],
            reconstruction_attributes=fitted_attributes,
        )


class OnlineMixin:
    """`partial_fit` for algorithms whose epochs need nothing but the weights.

    Put it before :class:`~skwfm.classifiers.IterativeClassifier` among the bases.
    """

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None
    ) -> Self:
        """Train for one epoch over the given samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Inputs.
        y : array-like of shape (n_samples,)
            Labels, among the two classes.
        classes : array-like of shape (2,), default=None
            The two classes, needed in the first call unless `y` holds both. Later
            calls may repeat them.

        Returns
        -------
        self : object
            The classifier. ``n_iter_`` counts the calls, and with them the steps of
            the schedules; ``n_errors_`` counts the errors on these samples.

        Raises
        ------
        ValueError
            If the inputs or labels cannot be used.
        """
        first = not self._is_started()
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32], reset=first)
        if first:
            self._start_online(X, y, classes)
        self._check_classes(y, classes)
        self._advance(self._problem(X, y), X, y, first)
        return self

    def _is_started(self):
        try:
            check_is_fitted(self)
        except NotFittedError:
            return False
        return True

    def _start_online(self, X, y, classes):
        self.classes_ = _two_classes(y if classes is None else np.asarray(classes))
        self.architecture_ = self._resolve_architecture()
        self.intercept_scaling_ = self._resolve_scaling(X)
        self._rng = _generator(self.random_state)
        self.loss_curve_, self.n_iter_ = [], 0

    def _check_classes(self, y, classes):
        unknown = np.setdiff1d(y if classes is None else classes, self.classes_)
        unknown = np.union1d(unknown, np.setdiff1d(y, self.classes_))
        if len(unknown):
            raise ValueError(
                f"y or classes has {unknown.tolist()[0]!r}, which is not one of the "
                f"two classes {self.classes_.tolist()} of the first call to "
                "partial_fit: pass all classes in the first call."
            )

    def _advance(self, problem, X, y, first):
        if not hasattr(self, "_rng"):  # after fit, which keeps no generator
            self._rng = _generator(self.random_state)
        weights = None if first else self._packed_weights(problem)
        epochs = self._epochs(problem, self._rng, weights, self.n_iter_)
        next(epochs)
        try:
            state = next(epochs)
        except StopIteration as end:
            raise ValueError(f"no further epoch is possible: {end.value}") from None
        weights = problem.layout.unpack_weights(state.weights)
        self._store_weights(weights, problem.layout, f"{type(self).__name__}._epochs")
        self.n_iter_ += 1
        self.loss_curve_ = [*self.loss_curve_, state.loss]
        self.n_errors_ = self._count_errors(X, y)
        self.converged_, self.status_ = self.n_errors_ == 0, "online"

    def _packed_weights(self, problem):
        weights = self.coef_
        if self.fit_intercept:
            weights = join_intercept(weights, self.intercept_, self.intercept_scaling_)
        return problem.layout.pack_weights(weights, problem.dtype)
