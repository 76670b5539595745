"""Averages of ``q^n+ (1 - q)^n-`` over a Gaussian, where there is no closed form.

Gauss-Legendre panels end where the factor or the Gaussian bends: the factor near f = 0,
on the scale of the noise, and where it is largest, on a scale that shrinks with the
number of copies.
"""

import numpy as np
from scipy.special import log_ndtr, logsumexp, ndtri

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
# Ends of panels: in standard deviations of the Gaussian, in those of the noise, and in
# widths of the factor's peak.
_REACH = 9.0
_OF_GAUSSIAN = np.array([-_REACH, -5, -2.5, 0, 2.5, 5, _REACH])
_OF_NOISE = np.array([-6.0, -3, -1, 1, 3, 6])
_OF_PEAK = np.array([-40.0, -15, -6, -3, -1, 1, 3, 6, 15, 40])
# A peak further out than this, in standard deviations of the noise, is a plateau.
_FAR = 6.0
# Rows that are averaged at once: a few megabytes.
_ROWS = 256


def average_copies(mean, variance, positive, negative, label_noise, output_noise):
    """Average the factors of copies.

    Parameters
    ----------
    mean, variance : ndarray of shape (n_samples,)
        Of the Gaussians.
    positive, negative : ndarray of shape (n_samples,)
        Total weights n+ and n- of the labels.
    label_noise : float
        Probability of a flipped label.
    output_noise : float
        Standard deviation of the noise before the sign, > 0.

    Returns
    -------
    averages : ndarray of shape (5, n_samples)
        In the order of `Averages`.
    """
    noise = label_noise, output_noise
    blocks = [slice(i, i + _ROWS) for i in range(0, len(mean), _ROWS)]
    columns = mean[:, None], variance[:, None], positive[:, None], negative[:, None]
    return np.hstack([_average(*(c[b] for c in columns), *noise) for b in blocks])


def _average(mean, variance, positive, negative, label_noise, output_noise):
    peak = _peak(positive, negative, label_noise, output_noise)
    votes, log_weights = _panels(mean, np.sqrt(variance), peak, output_noise)
    scaled = votes / output_noise
    answer = log_ndtr(scaled), log_ndtr(-scaled)
    keep, flip = _logs(label_noise)
    log_q = np.logaddexp(keep + answer[0], flip + answer[1])
    log_not_q = np.logaddexp(keep + answer[1], flip + answer[0])
    shifted = votes - mean
    density = -(shifted**2) / (2 * variance) - np.log(2 * np.pi * variance) / 2
    density += positive * log_q + negative * log_not_q + log_weights
    log_z = logsumexp(density, axis=1)
    weights = np.exp(density - log_z[:, None])
    # Derivatives by the mean are moments of the tilted distribution.
    pull = shifted / variance
    g = np.sum(weights * pull, axis=1)
    gamma = 1 / variance[:, 0] - np.sum(weights * (pull - g[:, None]) ** 2, axis=1)
    flips = positive * np.exp(flip + answer[1] - log_q)
    flips += negative * np.exp(flip + answer[0] - log_not_q)
    log_normal = -(scaled**2) / 2 - np.log(2 * np.pi) / 2
    by_log_noise = negative * np.exp(log_normal - log_not_q)
    by_log_noise -= positive * np.exp(log_normal - log_q)
    by_log_noise *= (1 - 2 * label_noise) * scaled
    expected = np.sum(weights * flips, axis=1), np.sum(weights * by_log_noise, axis=1)
    return np.array([log_z, g, gamma, *expected])


def _logs(label_noise):
    """Log-probabilities of a label that is kept, and flipped."""
    return np.log1p(-label_noise), np.log(label_noise) if label_noise else -np.inf


def _peak(positive, negative, label_noise, output_noise):
    """Where the factor is largest, and how wide it is there."""
    total = positive + negative
    share = np.clip((positive / total - label_noise) / (1 - 2 * label_noise), 0, 1)
    place = output_noise * np.clip(ndtri(share), -_FAR, _FAR)
    return place, output_noise / np.sqrt(np.maximum(total, 1.0))


def _panels(mean, deviation, peak, output_noise):
    """Nodes (n_samples, n_nodes) and the logs of their weights."""
    place, width = peak
    ends = np.hstack([
        mean + deviation * _OF_GAUSSIAN,
        place + width * _OF_PEAK,
        np.broadcast_to(output_noise * _OF_NOISE, (len(mean), len(_OF_NOISE))),
    ])  # fmt: skip
    # What is averaged is largest between the Gaussian's mean and the factor's peak.
    lowest = np.minimum(mean - _REACH * deviation, place - _REACH * width)
    highest = np.maximum(mean + _REACH * deviation, place + _REACH * width)
    ends = np.sort(np.clip(ends, lowest, highest), axis=1)
    half = np.diff(ends, axis=1)[:, :, None] / 2
    votes = (ends[:, :-1] + ends[:, 1:])[:, :, None] / 2 + half * _NODES
    with np.errstate(divide="ignore"):  # panels outside the Gaussian have no width
        log_weights = np.log(half * _WEIGHTS)
    return votes.reshape(len(mean), -1), log_weights.reshape(len(mean), -1)
