"""How the number of errors of weights is distributed, by its mean and its variance.

Numbers of errors are whole, between none and all, and where patterns resemble each
other or weights are few their distribution is broad and skewed. Four families with
these bounds join at equal parameters: a binomial of fewer patterns where the variance
is below that of independent ones with equal rates, as with unequal rates; the binomial
itself; and a beta-binomial above, which ends as "none or all". Rare errors of unrelated
patterns are Poisson's. See H. E. Daniels, "Tail probability approximations", Int. Stat.
Rev. 55, 37 (1987), for sums over such a tail.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import betaln, gammaln, logsumexp, xlog1py, xlogy

# Below this excess of the variance a beta-binomial is the binomial, within rounding.
_NO_EXCESS = 1e-6
_MEAN_TOL, _STEEPEST = 1e-9, 50.0
# A number of errors that is certain has a variance of zero.
_SMALLEST_VARIANCE = 1e-9


def log_probabilities(mean: float, variance: float, most: int) -> np.ndarray:
    """Give the log-probabilities of all numbers of errors.

    Parameters
    ----------
    mean, variance : float
        Of the number of errors; the mean between 0 and `most`.
    most : int
        Number of the patterns, at least one.

    Returns
    -------
    logs : ndarray of shape (most + 1,)
        Minus infinity where a number cannot be.
    """
    if mean > most / 2:
        return log_probabilities(most - mean, variance, most)[::-1]
    k, variance = np.arange(most + 1.0), max(variance, _SMALLEST_VARIANCE)
    if mean <= 0:
        return np.where(k == 0, 0.0, -np.inf)
    rate = mean / most
    excess = variance / (mean * (1 - rate)) - 1
    if excess > _NO_EXCESS and most > 1:
        # Correlation of any two patterns, the largest being that of equal ones.
        correlation = min(excess / (most - 1), 1 - _NO_EXCESS)
        a, b = (each * (1 / correlation - 1) for each in (rate, 1 - rate))
        logs = _log_choose(most, k) + betaln(k + a, most - k + b) - betaln(a, b)
    else:
        size = most if excess > -_NO_EXCESS else mean**2 / (mean - variance)
        logs = np.full(len(k), -np.inf)
        some = k <= np.ceil(size)
        logs[some] = _log_choose(size, k[some]) + xlogy(k[some], mean / size)
        logs[some] += xlog1py(size - k[some], -mean / size)
    return _with_mean(mean, logs - logsumexp(logs))


def _with_mean(mean, logs):
    """Tilt probabilities: a size that is no whole number shifts the mean a little."""
    k = np.arange(len(logs))

    def tilted(slope):
        return logs + slope * k - logsumexp(logs + slope * k)

    def excess(slope):
        return np.exp(tilted(slope)) @ k - mean

    if abs(excess(0.0)) < _MEAN_TOL * mean:
        return logs
    # The ends are "none" and "as many as can be".
    return tilted(brentq(excess, -_STEEPEST, _STEEPEST))


def _log_choose(n, k):
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def log_share(
    allowed: float, mean: float, variance: float, n_patterns: int, beta: float
) -> float:
    """Undo the weights ``exp(-beta errors)`` for those with few errors.

    Parameters
    ----------
    allowed : float
        Errors allowed.
    mean, variance : float
        Of the number of errors, where weights count ``exp(-beta errors)``.
    n_patterns : int
        Number of the patterns.
    beta : float
        Inverse temperature.

    Returns
    -------
    log_share : float
        To be added to the log of the mean of ``exp(-beta errors)``: then it is the log
        of the share of weights with at most that many. About ``beta allowed``.
    """
    k = np.arange(min(int(allowed), n_patterns) + 1)
    logs = log_probabilities(mean, variance, n_patterns)[k]
    return float(logsumexp(logs + beta * k))
