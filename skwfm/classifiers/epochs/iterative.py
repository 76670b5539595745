"""The loop over epochs: stopping, history, best weights, callbacks, interruption."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import closing
from functools import partial
from numbers import Integral, Real
from typing import Literal

import numpy as np

from skwfm._shown import shown
from skwfm._sklearn import Interval
from skwfm.architectures.layout import unit_norm
from skwfm.classifiers.base import BaseCommitteeClassifier
from skwfm.classifiers.epochs.best_weights import HeldOut, Pocket, split
from skwfm.classifiers.epochs.online import OnlineMixin
from skwfm.classifiers.epochs.states import States
from skwfm.classifiers.solution import NO_PROGRESS, Solution
from skwfm.problem.intercepts import split_intercept

# Epochs that max_iter="auto" allows at least.
_FEWEST_EPOCHS = 100
# Why the loop ended, if the generator did without a word.
_ENDED = "ended"
_ENDED_ADVICE = (
    "{name}._epochs ended by itself after {{n_iter}} epochs, with {{n_errors}} "
    "training errors: start again with another random_state, or add hidden units if "
    "the patterns cannot be separated. Its author can let it yield more epochs, or "
    "return a sentence that says what helps."
)

__all__ = ["IterativeClassifier", "OnlineMixin"]


class IterativeClassifier(BaseCommitteeClassifier):
    """A committee classifier trained by epochs.

    A subclass writes the generator ``_epochs(problem, rng, weights=None, n_done=0)``,
    which yields an :class:`~skwfm.classifiers.Epoch` before the first epoch and after
    each one, starting from the given packed weights as if `n_done` epochs had passed.
    All states share one array of weights, updated in place. A generator that cannot go
    on returns a sentence with advice, which becomes the status; one that returns
    nothing has come to its end, as if its stopping rule held. The class adds the end
    at `max_iter`, early stopping, the choice of the weights with the fewest errors, the
    history of the loss, warm starts (weights without `n_done`), callbacks, lines for
    `verbose`, and Ctrl-C, which keeps the best weights so far.

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
    early_stopping : bool, default=False
        Whether to keep `validation_fraction` of the samples aside, stratified, and stop
        when neither the accuracy on them nor the number of training errors has had a
        new best for `n_iter_no_change` epochs. Of the weights whose accuracy is within
        two standard errors of the highest, those with fewest training errors are kept.
    validation_fraction : float, default=0.1
        Part of the samples kept aside; used with early stopping only.
    n_iter_no_change : int, default=20
        Epochs without a new best after which early stopping stops.
    warm_start : bool, default=False
        Whether `fit` starts from the weights of the last fit. Schedules begin anew.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, by which those of samples are multiplied. "balanced"
        gives all classes the same total.
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

    _ends_on_ctrl_c = True

    # What max_iter="auto" stands for, where a subclass allows it: so many epochs, but
    # no more than see so many patterns in all.
    _auto_epochs = (1000, 5_000_000)

    _parameter_constraints = {  # noqa: RUF012
        **BaseCommitteeClassifier._parameter_constraints,
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "warm_start": ["boolean"],
    }

    def __init__(
        self,
        *,
        architecture: object = "full",
        n_hidden: int = 9,
        fit_intercept: bool = True,
        intercept_scaling: float | Literal["auto"] = "auto",
        max_iter: int = 1000,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 20,
        warm_start: bool = False,
        class_weight: dict | Literal["balanced"] | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        n_jobs: int | None = None,
    ):
        super().__init__(
            architecture=architecture,
            n_hidden=n_hidden,
            fit_intercept=fit_intercept,
            intercept_scaling=intercept_scaling,
            class_weight=class_weight,
            random_state=random_state,
            verbose=verbose,
            n_jobs=n_jobs,
        )
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start

    _trains_by = "_epochs"

    @abstractmethod
    def _epochs(self, problem, rng, weights=None, n_done=0):
        """Yield the state before the first epoch and after each one."""

    def _solve(self, problem, rng):
        training, kept = self._part(problem, rng)
        most = self._most_epochs(training.n_samples)
        history = []
        with closing(self._states(training, rng, self._first_weights(problem))) as run:
            next(run)
            try:
                status = self._run(run, most, training, kept, history)
            except KeyboardInterrupt:
                status = "interrupted"
            # The epochs update these weights in place: they are the latest.
            weights = kept.choose(run.weights)
        self.validation_scores_ = kept.scores
        self.best_validation_score_ = max(kept.scores) if kept.scores else None
        if (
            self.early_stopping
            and status == "converged"
            and problem.has_errors(weights)
        ):
            status = "early_stopped"
        advice = self._advice_on(status, kept, len(history))
        status = "converged" if status == _ENDED else status
        return Solution(
            problem.layout.unpack_weights(weights),
            len(history),
            status == "converged",
            status,
            history,
            advice,
        )

    def _states(self, problem, *start):
        origin = f"{type(self).__name__}._epochs"
        return States(self._epochs(problem, *start), problem.layout, origin)

    def _advice_on(self, status, kept, n_iter):
        """Advice where the status alone does not tell what helps."""
        if status == _ENDED:
            return _ENDED_ADVICE.format(name=type(self).__name__)
        may_be_stuck = status == "max_iter" and kept.scores is None
        is_stuck = may_be_stuck and 2 * kept.epoch <= n_iter
        return NO_PROGRESS.format(epoch=kept.epoch) if is_stuck else ""

    def _most_epochs(self, n_samples):
        if self.max_iter != "auto":
            return self.max_iter
        most, n_patterns = self._auto_epochs
        return int(np.clip(n_patterns // n_samples, _FEWEST_EPOCHS, most))

    def _part(self, problem, rng):
        """The patterns to train on, and what keeps the best weights."""
        if not self.early_stopping:
            return problem, Pocket(problem)
        seed = int(rng.integers(2**31))
        training, held_out = split(problem, self.validation_fraction, seed)
        return training, HeldOut(held_out, training, self.n_iter_no_change)

    _by_class = ("validation_scores_", "best_validation_score_")

    def _learn_classes(self, y):
        before = None
        if self._starts_warm():
            self._check_warm_intercept()
            before = self.classes_
        super()._learn_classes(y)
        if before is None or np.array_equal(before, self.classes_):
            return
        found, self.classes_ = self.classes_, before
        raise ValueError(
            f"y has the classes {found.tolist()}, but with warm_start=True training "
            f"goes on for {before.tolist()}: set warm_start=False."
        )

    def _check_warm_intercept(self):
        if self._has_intercept != self.fit_intercept:
            raise ValueError(
                f"fit_intercept={shown(self.fit_intercept)} is not that of the last "
                "fit, from whose weights warm_start=True starts: set fit_intercept="
                f"{self._has_intercept} or warm_start=False."
            )

    def _starts_warm(self):
        return self.warm_start and hasattr(self, "coef_")

    def _machine_of(self, k):
        machine = super()._machine_of(k)
        if self._starts_warm():
            for name in ("coef_", "intercept_"):
                setattr(machine, name, getattr(self.machines_[k], name))
        return machine

    def _first_weights(self, problem):
        """The weights of the last fit, packed, if training starts from them."""
        if not self._starts_warm():
            return None
        weights, layout = self._dense_weights(), problem.layout
        fits = weights.shape == layout.dense_shape
        if not (fits and np.array_equal(weights, layout.dense(layout.flat(weights)))):
            raise ValueError(
                f"warm_start=True starts from weights of shape {weights.shape}, which "
                f"are not those of {self.architecture_!r} on {self.n_features_in_} "
                "inputs: set warm_start=False."
            )
        return layout.pack_weights(unit_norm(weights), problem.dtype)

    def _run(self, epochs, most, problem, kept, history):
        """Go through the epochs until one of the reasons to stop holds: name it."""
        for n_iter in range(1, most + 1):
            if self._is_interrupted():
                return "interrupted"
            try:
                state = next(epochs)
            except StopIteration as end:
                return end.value or _ENDED
            history.append(state.loss)
            if self.verbose and n_iter % int(self.verbose) == 0:
                print(f"[{type(self).__name__}] epoch {n_iter}: loss {state.loss:.6g}")
            no_better = kept.look(state, n_iter)
            stop = self._callback_stops(problem, state)
            if state.finished:
                return "converged"
            if no_better or stop:
                return "early_stopped" if no_better else "stopped"
        return "max_iter"

    def _n_tasks(self):
        return None if self.max_iter == "auto" else self.max_iter

    def _callback_stops(self, problem, state):
        """Tell callbacks, if there are any, that an epoch is over."""
        if not getattr(self, "_skl_callbacks", None):
            return False
        task = self._callback_fit_ctx.subcontext(task_name="epoch")
        inputs = partial(self._with_names, problem.inputs)
        task.call_on_fit_task_begin(estimator=self, X=inputs)

        def fitted_attributes():
            weights = unit_norm(problem.layout.unpack_weights(state.weights))
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
            X=inputs,
            y=lambda: self._named(problem.labels),
            reconstruction_attributes=fitted_attributes,
        )
