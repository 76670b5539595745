"""Approximate message passing of a tree committee in vectorised NumPy.

Two batched matrix products with BLAS, the fields' variances as means of the weights'
variances (the inputs are +-1), the channel by a recursion over the units on all
patterns together, and Newton steps for the multiplier in which precisions are one
number per unit.
"""

import numpy as np
from scipy.special import log_ndtr, ndtr


def log_channel(mean, variance, labels):
    """Give the channel of a committee by logarithms of probabilities.

    Parameters
    ----------
    mean, variance : ndarray of shape (n_hidden, n_samples)
        Of the fields.
    labels : ndarray of shape (n_samples,)
        +-1.

    Returns
    -------
    g, gamma : ndarray of shape (n_hidden, n_samples)
        First and minus second derivative of the log-probability of the label.
    """
    root = np.sqrt(variance)
    u = labels * mean / root
    right, wrong = log_ndtr(u), log_ndtr(-u)
    n_hidden, half = len(u), len(u) // 2
    before = np.empty((n_hidden, half + 1, u.shape[1]))
    counts = np.full((half + 1, u.shape[1]), -np.inf)
    counts[0], log_z = 0, -np.inf
    for l in range(n_hidden):
        before[l] = counts
        log_z = np.logaddexp(log_z, right[l] + counts[half])
        counts = wrong[l] + counts
        counts[1:] = np.logaddexp(counts[1:], right[l] + before[l, :-1])
    after = np.full_like(counts, -np.inf)
    after[0] = 0
    log_h = -(u**2) / 2 - np.log(2 * np.pi) / 2 - log_z
    for l in range(n_hidden - 1, -1, -1):
        log_h[l] += np.logaddexp.reduce(before[l] + after[::-1], axis=0)
        moved = right[l] + after[:-1]
        after += wrong[l]
        after[1:] = np.logaddexp(after[1:], moved)
    g = labels * np.exp(log_h) / root
    return g, g * (mean / variance + g)


def plain_channel(mean, variance, labels):
    """Give the channel of a committee by probabilities as they are.

    Parameters
    ----------
    mean, variance : ndarray of shape (n_hidden, n_samples)
        Of the fields.
    labels : ndarray of shape (n_samples,)
        +-1.

    Returns
    -------
    g, gamma : ndarray of shape (n_hidden, n_samples)
        First and minus second derivative of the log-probability of the label.
    """
    root = np.sqrt(variance)
    u = labels * mean / root
    right, wrong = ndtr(u), ndtr(-u)
    n_hidden, half = len(u), len(u) // 2
    before = np.zeros((n_hidden, half + 1, u.shape[1]))
    counts = np.zeros((half + 1, u.shape[1]))
    counts[0], z = 1, 0
    for l in range(n_hidden):
        before[l] = counts
        z = z + right[l] * counts[half]
        counts = wrong[l] * counts
        counts[1:] += right[l] * before[l, :-1]
    after = np.zeros_like(counts)
    after[0] = 1
    g = labels * np.exp(-(u**2) / 2) / (np.sqrt(2 * np.pi) * root * z)
    for l in range(n_hidden - 1, -1, -1):
        g[l] *= np.einsum("js,js->s", before[l], after[::-1])
        moved = right[l] * after[:-1]
        after *= wrong[l]
        after[1:] += moved
    return g, g * (mean / variance + g)


def solve_norm(linear, precision, norm, n_replicas=1, gamma=0.0):
    """Solve the multiplier by Newton's method.

    Parameters
    ----------
    linear : ndarray of shape (n_hidden, n_inputs)
        A of every weight.
    precision : ndarray of shape (n_hidden, 1)
        B of every unit.
    norm : float
        First guess.
    n_replicas : int, default=1
        Number of coupled replicas.
    gamma : float, default=0.0
        Their coupling.

    Returns
    -------
    norm : float
        Lambda.
    mean : ndarray of shape (n_hidden, n_inputs)
        Means of the weights.
    variance : ndarray of shape (n_hidden, 1)
        Their variances.
    """
    squares = np.mean(linear**2, axis=1, keepdims=True)
    for _ in range(100):
        alone = 1 / (norm + precision)
        rho = (n_replicas - 1) * gamma / (gamma * alone + n_replicas)
        variance = alone / (1 + rho * alone)
        stiffening = (rho * alone) ** 2 / max(n_replicas - 1, 1)
        length = squares * alone**2
        size = np.mean(length + variance)
        slope = -np.mean(2 * length * alone + variance**2 * (1 + stiffening))
        step = size * (1 - size) / slope
        if abs(step) <= 1e-13 * (abs(norm) + norm + precision.min()):
            return norm, linear * alone, variance
        norm += step
    raise RuntimeError("Newton's method did not converge")


class NumpyAmp:
    """Messages of a run from the prior.

    Parameters
    ----------
    factors : Factors
        Patterns of a tree whose units have equally many inputs.
    channel : callable
        `log_channel` or `plain_channel`.
    """

    def __init__(self, factors, channel):
        n_hidden = factors.n_hidden
        self.x = np.array([factors.unit_inputs(l) for l in range(n_hidden)])
        self.labels, self._channel = factors.labels, channel
        self._transposed = self.x.transpose(0, 2, 1)
        self.mean = np.zeros((n_hidden, self.x.shape[2]))
        self.variance = np.ones((n_hidden, 1))
        self._g, self.norm = np.zeros((n_hidden, factors.n_samples)), 1.0

    def restart(self):
        """Go back to the prior."""
        self.mean[:], self.variance[:], self._g[:], self.norm = 0, 1, 0, 1.0

    def sweep(self, damping, n_replicas=1, gamma=0.0):
        """Update every message once.

        Parameters
        ----------
        damping : float
            Fraction of the old messages to keep.
        n_replicas : int, default=1
            Number of coupled replicas.
        gamma : float, default=0.0
            Their coupling.

        Returns
        -------
        residual : float
            Largest undamped change of a mean.
        """
        fields = (self.x @ self.mean[:, :, None])[:, :, 0] - self.variance * self._g
        g, gamma_channel = self._channel(fields, self.variance, self.labels)
        self._g = damping * self._g + (1 - damping) * g
        precision = gamma_channel.mean(axis=1, keepdims=True)
        precision *= gamma_channel.shape[1] / self.x.shape[2]
        linear = (self._transposed @ self._g[:, :, None])[:, :, 0]
        linear += self.mean * precision
        self.norm, mean, variance = solve_norm(
            linear, precision, self.norm, n_replicas, gamma
        )
        residual = np.abs(mean - self.mean).max()
        self.mean = damping * self.mean + (1 - damping) * mean
        self.variance = damping * self.variance + (1 - damping) * variance
        return residual
