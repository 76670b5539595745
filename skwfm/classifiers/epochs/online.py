"""`partial_fit`: training in parts, one epoch a call."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn.exceptions import NotFittedError
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skwfm._sklearn import fit_context
from skwfm.classifiers.answers.calibration import AnswerNoise
from skwfm.classifiers.answers.seen import LateNoise, SeenPatterns
from skwfm.classifiers.base import generator
from skwfm.classifiers.epochs.unchanged import check_same_machine
from skwfm.classifiers.machines import against_others
from skwfm.classifiers.solution import Solution
from skwfm.classifiers.targets import find_classes, find_weights
from skwfm.problem.inputs import validated
from skwfm.problem.validation import without_integers


def _trains_in_parts(model):
    if getattr(model, "early_stopping", False):
        raise AttributeError(
            "early_stopping=True needs all samples at once, but partial_fit has only "
            "some: set early_stopping=False, or call fit."
        )
    return True


class OnlineMixin:
    """`partial_fit` for algorithms whose epochs need nothing but the weights.

    Put it before :class:`~skwfm.classifiers.IterativeClassifier` among the bases.
    """

    @available_if(_trains_in_parts)
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch over the given samples.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Inputs.
        y : array-like of shape (n_samples,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All classes, needed in the first call unless `y` holds each of them. Later
            calls may repeat them.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the samples, relative to those of the same call.

        Returns
        -------
        self : object
            The classifier. ``n_iter_`` counts the calls, and with them the steps of
            the schedules; ``n_errors_`` counts the errors on these samples.

        Raises
        ------
        ValueError
            If the inputs, labels or weights cannot be used, or a parameter of the
            machine is not what it was in the first call.
        AttributeError
            With ``early_stopping=True``, which needs all samples at once.
        """
        first = not self._is_started()
        if not first:
            check_same_machine(self)
        X, y = validated(self, X, y, reset=first)
        X = without_integers(X, self._reads_bits)
        weight = find_weights(X, y, sample_weight, self._known_class_weight())
        if first:
            self._start_online(X, y, classes)
        self._check_classes(y, classes)
        if weight is not None:
            X, y, weight = X[weight > 0], y[weight > 0], weight[weight > 0]
        problem = self._problem(X, y, weight)
        seen = self.machines_[0]._patterns_seen(first, X)
        seen.add(X, y, weight)
        if len(self.classes_) == 2:
            self._advance(problem, first, LateNoise(seen))
            return self
        for machine, name in zip(self._machines, self.classes_, strict=True):
            self._hand_parameters(machine)
            labelled = against_others(problem, y == name)
            machine._advance(labelled, first, LateNoise(seen, name))
        self._gather()
        self._not_counted = X, y
        return self

    @property
    def answer_noise_(self) -> AnswerNoise | None:
        """The noise behind probabilities, for two classes.

        After `partial_fit` it is fitted when it is asked for, to at most 2000 of all
        the patterns that `partial_fit` was given.
        """
        noise = self._answer_noise
        return noise.fitted(self) if isinstance(noise, LateNoise) else noise

    @answer_noise_.setter
    def answer_noise_(self, noise: AnswerNoise | LateNoise | None):
        self._answer_noise = noise

    @property
    def n_errors_(self) -> int:
        """Training errors; after `partial_fit` those on its last samples.

        For more than two classes answers depend on the noise: it is fitted, and they
        are counted, when they are asked for.
        """
        if self._not_counted is not None:
            X, y = self._not_counted
            self.n_errors_ = int(np.sum(self._predicted(X) != y))
        return self._n_errors

    @n_errors_.setter
    def n_errors_(self, n_errors: int):
        self._n_errors, self._not_counted = n_errors, None

    def _patterns_seen(self, first, X):
        noise = None if first else self._answer_noise
        if isinstance(noise, LateNoise):
            return noise.seen
        stored = -(-X.nnz // X.shape[0]) if issparse(X) else X.shape[1]
        return SeenPatterns(max(stored, 1))

    def _known_class_weight(self):
        if self.class_weight != "balanced":
            return self.class_weight
        raise ValueError(
            "class_weight='balanced' needs all samples at once, but partial_fit has "
            "only some: pass a dict of weights."
        )

    def _is_started(self):
        try:
            check_is_fitted(self)
        except NotFittedError:
            return False
        return True

    def _start_online(self, X, y, classes):
        self.classes_ = find_classes(y if classes is None else np.asarray(classes))
        self._settle_machine(X)
        self._rng = generator(self.random_state)
        self.loss_curve_, self.n_iter_ = [], 0
        if len(self.classes_) > 2:
            children = self._rng.spawn(len(self.classes_))
            self._machines = [self._machine_of(k) for k in range(len(self.classes_))]
            for machine, rng in zip(self._machines, children, strict=True):
                machine.loss_curve_, machine.n_iter_, machine._rng = [], 0, rng

    def _check_classes(self, y, classes):
        unknown = np.setdiff1d(y if classes is None else classes, self.classes_)
        unknown = np.union1d(unknown, np.setdiff1d(y, self.classes_))
        if len(unknown):
            raise ValueError(
                f"y or classes has {unknown.tolist()[0]!r}, which is not one of the "
                f"classes {self.classes_.tolist()} of the first call to "
                "partial_fit: pass all classes in the first call."
            )

    def _hand_parameters(self, machine):
        """Let the machine of a class follow what `set_params` has changed."""
        for name, value in self.get_params(deep=False).items():
            # It has a copy of the machine, its own generator and no threads.
            if name not in ("architecture", "random_state", "n_jobs"):
                setattr(machine, name, value)

    def _advance(self, problem, first, noise):
        if not hasattr(self, "_rng"):  # after fit, which keeps no generator
            self._rng = generator(self.random_state)
        weights = None
        if not first:
            dense = self._dense_weights()
            weights = problem.layout.pack_weights(dense, problem.dtype)
        states = self._states(problem, self._rng, weights, self.n_iter_)
        next(states)
        try:
            state = next(states)
        except StopIteration as end:
            reason = end.value or f"{type(self).__name__}._epochs ended by itself."
            raise ValueError(f"no further epoch is possible: {reason}") from None
        solution = Solution(
            problem.layout.unpack_weights(state.weights),
            self.n_iter_ + 1,
            True,
            "online",
            [*self.loss_curve_, state.loss],
        )
        self._store_weights(solution.weights, problem, type(self).__name__)
        self.answer_noise_ = noise
        self._store_outcome(solution)
