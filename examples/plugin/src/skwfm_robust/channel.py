"""The channel of a weighted vote: probabilities of sums of votes, in logarithms.

With p_l the probability that unit l votes for the label, the probability Z that the
label wins is linear in each p_l: its slope is the probability that the votes of unit l
decide. All derivatives of log Z follow from these slopes.
"""

import numpy as np
from numba import njit
from scipy.special import log_ndtr

_LOG_ROOT_2PI = np.log(2 * np.pi) / 2


def weighted_channel(mean, var, labels, votes):
    """Give log-probability of the label, its derivatives, and minus the second ones.

    Parameters
    ----------
    mean, var : ndarray of shape (n_samples, n_hidden)
        Moments of the fields.
    labels : ndarray of shape (n_samples,)
        Labels, +-1.
    votes : ndarray of shape (n_hidden,) of int
        Votes of the units, an odd number in all.

    Returns
    -------
    log_z : ndarray of shape (n_samples,)
    g, gamma : ndarray of shape (n_samples, n_hidden)
    """
    mean, var = np.asarray(mean, dtype=float), np.asarray(var, dtype=float)
    signs = np.asarray(labels, dtype=float)[:, np.newaxis]
    scaled = signs * mean / np.sqrt(var)
    votes = np.ascontiguousarray(votes, dtype=np.int64)
    log_z, log_slopes = _win(log_ndtr(scaled), log_ndtr(-scaled), votes)
    log_density = -(scaled**2) / 2 - _LOG_ROOT_2PI
    g = signs * np.exp(log_density + log_slopes - log_z[:, np.newaxis]) / np.sqrt(var)
    return log_z, g, g * (mean / var + g)


@njit(cache=True)
def _add(a, b):
    """Log of exp(a) + exp(b)."""
    high, low = max(a, b), min(a, b)
    return high if low == -np.inf else high + np.log1p(np.exp(low - high))


@njit(cache=True)
def _count(log_for, log_against, votes, counts):
    """Log-probabilities of the number of votes for the label of the first l units."""
    counts[:] = -np.inf
    counts[0, 0] = 0.0
    for l in range(len(votes)):
        for n in range(counts.shape[1]):
            value = counts[l, n] + log_against[l]
            if n >= votes[l]:
                value = _add(value, counts[l, n - votes[l]] + log_for[l])
            counts[l + 1, n] = value


@njit(cache=True)
def _decides(votes, needed, before, after):
    """Log-probability that the others fall short by at most the votes of a unit."""
    total = -np.inf
    for n in range(needed):
        for rest in range(max(needed - n - votes, 0), needed - n):
            total = _add(total, before[n] + after[rest])
    return total


@njit(cache=True)
def _win(log_for, log_against, votes):
    """Log-probability that the label wins, and those that each unit decides."""
    n_samples, n_hidden = log_for.shape
    needed = votes.sum() // 2 + 1
    log_z = np.empty(n_samples)
    log_slopes = np.empty((n_samples, n_hidden))
    before, after = np.empty((2, n_hidden + 1, votes.sum() + 1))
    for m in range(n_samples):
        _count(log_for[m], log_against[m], votes, before)
        _count(log_for[m, ::-1], log_against[m, ::-1], votes[::-1], after)
        log_z[m] = -np.inf
        for count in before[n_hidden, needed:]:
            log_z[m] = _add(log_z[m], count)
        for l in range(n_hidden):
            others = before[l], after[n_hidden - 1 - l]
            log_slopes[m, l] = _decides(votes[l], needed, others[0], others[1])
    return log_z, log_slopes
