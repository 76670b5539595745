"""Approximate message passing: one mean and one variance per weight.

A sweep is two products with the inputs (``fields`` and ``outer``), the machine's
channel on (M, K) numbers and the prior on N_w numbers. Inputs are taken as
uncorrelated.
"""

from dataclasses import dataclass

import numpy as np

from skwfm.inference.engines.base import START_NOISE, Engine
from skwfm.inference.ties import tie_thresholds


@dataclass
class AMPState:
    """Messages of an amp run.

    Parameters
    ----------
    mean, variance : ndarray of shape (n_weights,)
        Marginals of the weights.
    g : ndarray of shape (n_samples, n_hidden)
        First derivatives that the channel gave in the last sweep.
    """

    mean: np.ndarray
    variance: np.ndarray
    g: np.ndarray


class AMPEngine(Engine):
    """AMP on one problem.

    Parameters
    ----------
    factors, prior, state, rng : object
        See `Engine`.
    """

    name = "amp"

    def __init__(self, factors, prior, state=None, rng=None):
        super().__init__(factors, prior)
        self._thresholds = tie_thresholds(factors, prior)
        self._linear = np.zeros(factors.n_weights)
        self._precision = np.zeros(factors.n_weights)
        if state is None:
            state = self._fresh_state(rng)
        self.mean, self.variance, self._g = state.mean, state.variance, state.g

    def _fresh_state(self, rng):
        linear = np.zeros(self.factors.n_weights)
        if rng is not None:
            linear += START_NOISE * rng.normal(size=linear.size)
        mean, variance = self.prior.moments(linear, np.zeros_like(linear))
        g = np.zeros((self.factors.n_samples, self.factors.n_hidden))
        return AMPState(mean, variance, g)

    @property
    def state(self):
        return AMPState(self.mean.copy(), self.variance.copy(), self._g.copy())

    def weights(self):
        return self.mean, self.variance

    def cavity(self):
        variances = self.factors.variances(self.variance)
        fields = self.factors.fields(self.mean)
        # In place: arrays over patterns keep the order in memory of the products.
        fields -= variances * self._g
        fields -= self._thresholds
        return fields, variances

    def _channel(self):
        """Run the channel on the fields that the marginals and the last g give."""
        fields, variances = self.cavity()
        return variances, self.factors.channel(fields, variances)

    def sweep(self, damping):
        _, (_, g, gamma) = self._channel()
        g = (1 - damping) * g
        g += damping * self._g
        self._g = g
        self._precision = self.factors.precisions(gamma)
        self._linear = self.factors.outer(self._g) + self.mean * self._precision
        mean, variance = self.prior.moments(self._linear, self._precision)
        residual = np.abs(mean - self.mean).max()
        self.mean = damping * self.mean + (1 - damping) * mean
        self.variance = damping * self.variance + (1 - damping) * variance
        return residual

    def log_evidence(self):
        variances, (log_z, *_) = self._channel()
        patterns = np.sum(log_z) + np.sum(variances * self._g**2) / 2
        second = self.mean**2 + self.variance
        weights = self.prior.log_partition(self._linear, self._precision)
        weights += np.vdot(self._precision, second) / 2
        weights -= np.vdot(self._linear, self.mean)
        return patterns + weights
