"""Approximate message passing: one mean and one variance per weight.

A sweep is two products with the inputs (``fields`` and ``outer``), the machine's
channel on (M, K) numbers and the prior on N_w numbers. Inputs are taken as
uncorrelated.
"""

from dataclasses import dataclass

import numpy as np

from skwfm.inference.engines.message_runs import run_messages


@dataclass
class AmpState:
    """Messages of an amp run.

    Parameters
    ----------
    mean, variance : ndarray of shape (n_weights,)
        Marginals of the weights.
    g : ndarray of shape (n_samples, n_hidden)
        Answers of the channel at the last sweep.
    """

    mean: np.ndarray
    variance: np.ndarray
    g: np.ndarray


class AmpEngine:
    """AMP on one problem: holds the messages, sweeps, and gives the free entropy.

    Parameters
    ----------
    factors : Factors
        The patterns.
    sites : GaussianSites or SignSites
        The bound prior.
    state : AmpState, default=None
        Messages to start from.
    rng : numpy.random.Generator, default=None
        If given, the means start from small noise, which breaks symmetries.
    noise : float, default=0.0
        Size of that noise.
    """

    method = "amp"

    def __init__(self, factors, sites, state=None, rng=None, noise=0.0):
        self.factors, self.sites = factors, sites
        self._linear = np.zeros(factors.n_weights)
        self._precision = np.zeros(factors.n_weights)
        if state is None:
            state = self._fresh_state(rng, noise)
        self.mean, self.variance, self._g = state.mean, state.variance, state.g

    def _fresh_state(self, rng, noise):
        linear = np.zeros(self.factors.n_weights)
        if rng is not None:
            linear += noise * rng.normal(size=linear.size)
        mean, variance = self.sites.moments(linear, np.zeros_like(linear))
        g = np.zeros((self.factors.n_samples, self.factors.n_hidden))
        return AmpState(mean, variance, g)

    @property
    def state(self):
        """Messages for a warm start."""
        return AmpState(self.mean.copy(), self.variance.copy(), self._g.copy())

    def _channel(self):
        """Run the channel on the fields that the marginals and the last g give."""
        variances = self.factors.variances(self.variance)
        fields = self.factors.fields(self.mean)
        # In place: arrays over patterns keep the order in memory of the products.
        fields -= variances * self._g
        return variances, self.factors.channel(fields, variances)

    def sweep(self, damping):
        """Update every message once.

        Parameters
        ----------
        damping : float
            Fraction of the old messages to keep.

        Returns
        -------
        residual : float
            Largest undamped change of a mean.
        """
        _, (_, g, gamma) = self._channel()
        g = (1 - damping) * g
        g += damping * self._g
        self._g = g
        self._precision = self.factors.precisions(gamma)
        self._linear = self.factors.outer(self._g) + self.mean * self._precision
        mean, variance = self.sites.moments(self._linear, self._precision)
        residual = np.abs(mean - self.mean).max()
        self.mean = damping * self.mean + (1 - damping) * mean
        self.variance = damping * self.variance + (1 - damping) * variance
        return residual

    def log_evidence(self):
        """Give the Bethe free entropy, constants included.

        Returns
        -------
        log_evidence : float
            log Z; exact up to the square of the residual.
        """
        variances, (log_z, *_) = self._channel()
        patterns = np.sum(log_z) + np.sum(variances * self._g**2) / 2
        second = self.mean**2 + self.variance
        weights = self.sites.log_partition(self._linear, self._precision)
        weights += np.vdot(self._precision, second) / 2
        weights -= np.vdot(self._linear, self.mean)
        return patterns + weights


def run(
    factors, prior, state=None, *, damping, tol, max_sweeps, callback=None, rng=None
):
    """Run approximate message passing.

    Parameters
    ----------
    factors : Factors
        The patterns.
    prior : object
        Any prior.
    state : AmpState, default=None
        Messages to start from.
    damping : float or None
        Fraction of the old messages to keep; None adapts it.
    tol : float
        Largest change of a mean at convergence.
    max_sweeps : int
        Most sweeps.
    callback : callable, default=None
        Called with a `Sweep` after each; a true answer stops the run.
    rng : numpy.random.Generator, default=None
        If given, a fresh start is noisy.

    Returns
    -------
    posterior : Posterior
        The result.
    """
    sites = prior.bind(factors)
    engine = AmpEngine(factors, sites, state, rng, noise=0.02)
    return run_messages(
        engine, damping=damping, tol=tol, max_sweeps=max_sweeps, callback=callback
    )
