"""The robust ensemble: replicas that descend a loss, tied to a common centre."""

import numpy as np
from scipy.special import expit

from skwfm.classifiers import Epoch, IterativeClassifier, OnlineMixin

# A step changes a unit's field by about this much, whatever the number of inputs.
_REACH, _HIGHEST_RATE = 0.5, 0.1


class RobustEnsembleClassifier(OnlineMixin, IterativeClassifier):
    """Replicated descent of the cross-entropy with an elastic centre.

    Each replica takes gradient steps on batches of its own; after each step it is
    pulled towards a centre, which is pulled towards the replicas. The pull grows until
    all are one machine, the centre, which lies where solutions are dense.

    Parameters
    ----------
    eta : float or "auto", default="auto"
        Learning rate, for weights of norm one.
    n_replicas : int, default=5
        Number of replicas.
    pull0, pull1 : float, default=0.001, 0.02
        In epoch t replicas go ``pull0 * (1 + pull1)**t`` of the way to the centre after
        each step. Training ends when this is the whole way.
    beta0, beta1 : float, default=1.0, 0.01
        Steepness of the units, ``beta0 * (1 + beta1)**t``.
    gamma : float, default=3.0
        Norm of the second layer in the cross-entropy.
    batch_size : int, default=100
        Patterns per step.
    architecture, n_hidden, fit_intercept, intercept_scaling, max_iter, \
early_stopping, validation_fraction, n_iter_no_change, warm_start, class_weight, \
random_state, verbose, n_jobs : object
        As in `skwfm.classifiers.IterativeClassifier`.
    """

    _needs = ("smooth",)

    def __init__(
        self,
        *,
        eta="auto",
        n_replicas=5,
        pull0=1e-3,
        pull1=0.02,
        beta0=1.0,
        beta1=0.01,
        gamma=3.0,
        batch_size=100,
        architecture="full",
        n_hidden=9,
        fit_intercept=True,
        intercept_scaling="auto",
        max_iter=1000,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=50,
        warm_start=False,
        class_weight=None,
        random_state=None,
        verbose=0,
        n_jobs=None,
    ):
        super().__init__(
            architecture=architecture,
            n_hidden=n_hidden,
            fit_intercept=fit_intercept,
            intercept_scaling=intercept_scaling,
            max_iter=max_iter,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            warm_start=warm_start,
            class_weight=class_weight,
            random_state=random_state,
            verbose=verbose,
            n_jobs=n_jobs,
        )
        self.eta = eta
        self.n_replicas = n_replicas
        self.pull0 = pull0
        self.pull1 = pull1
        self.beta0 = beta0
        self.beta1 = beta1
        self.gamma = gamma
        self.batch_size = batch_size

    def _epochs(self, problem, rng, weights=None, n_done=0):
        self._check_parameters()
        layout, units = problem.layout, _Units(problem)
        rngs = rng.spawn(self.n_replicas)
        starts = [weights] * self.n_replicas
        if weights is None:
            starts = [layout.random_weights(r, problem.dtype) for r in rngs]
        replicas = np.stack([layout.unpack_weights(start) for start in starts])
        centre = _normalised(replicas.mean(axis=0))
        # All epochs share this array.
        packed = layout.pack_weights(centre, problem.dtype)
        eta = problem.learning_rate(self.eta, _REACH, _HIGHEST_RATE)
        yield Epoch(packed)
        while True:
            pull = min(1.0, self.pull0 * (1 + self.pull1) ** n_done)
            beta = self.beta0 * (1 + self.beta1) ** n_done
            if not np.isfinite(np.square(beta, dtype=problem.dtype)):
                return (
                    f"Units of steepness {beta:.3g} would overflow after {n_done} "
                    "epochs: lower beta0 or beta1, or raise pull0 or pull1."
                )
            orders = [r.permutation(problem.n_samples) for r in rngs]
            loss = self._epoch(units, replicas, centre, orders, (eta, beta, pull))
            n_done += 1
            packed[:] = layout.pack_weights(centre, problem.dtype)
            yield Epoch(packed, loss, finished=pull >= 1.0)

    def _epoch(self, units, replicas, centre, orders, rates):
        """Take one epoch in place; return the cross-entropy met by a replica."""
        eta, beta, pull = rates
        total = 0.0
        for start in range(0, len(orders[0]), self.batch_size):
            for replica, order in zip(replicas, orders, strict=True):
                rows = order[start : start + self.batch_size]
                loss, slope = units.loss(replica, rows, beta, self.gamma)
                replica[:] = _normalised(replica - eta * slope)
                total += float(loss)
            _pull_together(replicas, centre, pull)
        return total / self.n_replicas

    def _check_parameters(self):
        for name in ("n_replicas", "batch_size"):
            value = getattr(self, name)
            if not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(f"{name}={value!r}: pass an integer >= 1.")
        for name in ("pull0", "beta0", "gamma"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}={getattr(self, name)!r}: pass a number > 0.")
        for name in ("pull1", "beta1"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name}={getattr(self, name)!r}: pass a number >= 0.")


class _Units:
    """The units of a machine on its training patterns, with dense weights."""

    def __init__(self, problem):
        self._problem, layout = problem, problem.layout
        dtype = problem.dtype
        self._inputs = np.asarray(problem.inputs, dtype=dtype)
        # What a weight is multiplied with besides the input: zero outside the
        # receptive field.
        self._factors = layout.dense(np.ones(layout.n_weights, dtype=dtype))
        if layout.intercept:
            ones = np.ones(len(self._inputs), dtype=dtype)
            self._inputs = np.column_stack([self._inputs, ones])
            self._factors[:, -1] = layout.constants[layout.group_of_unit]

    def loss(self, weights, rows, beta, gamma):
        """Give the summed cross-entropy of some patterns and its gradient."""
        problem, inputs = self._problem, self._inputs[rows]
        fields = inputs @ (self._factors * weights).T
        value, slopes = problem.architecture.smooth(fields, beta)
        labels = problem.labels[rows]
        exponent = -2 * gamma * labels * value
        losses, pull = np.logaddexp(0, exponent) / (2 * gamma), expit(exponent)
        if problem.relative_weight is not None:
            losses, pull = (
                problem.relative_weight[rows] * part for part in (losses, pull)
            )
        towards = (labels * pull)[:, np.newaxis] * slopes
        return losses.sum(), -(towards.T @ inputs) * self._factors


def _pull_together(replicas, centre, pull):
    """Move replicas towards the centre, and the centre towards their old mean."""
    mean = replicas.mean(axis=0)
    replicas += pull * (centre - replicas)
    centre += min(1.0, len(replicas) * pull) * (mean - centre)
    centre[:] = _normalised(centre)
    for replica in replicas:
        replica[:] = _normalised(replica)


def _normalised(weights):
    """Divide each unit by its norm, unless this is zero."""
    norms = np.linalg.norm(weights, axis=1, keepdims=True)
    return weights / np.where(norms > 0, norms, 1)
