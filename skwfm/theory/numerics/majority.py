"""Probability that a majority of hidden units is right, with its derivatives.

Unit l votes for the right answer with probability ``H(a_l)``, ``H(x) = P[z > x]``.
``Phi(a)`` is the probability that at least (K + 1) / 2 of the K units do. All in
logs: the arguments reach hundreds.

At inverse temperature beta a wrong answer keeps the weight ``e^-beta``, so patterns
enter through the mean weight ``e^-beta + (1 - e^-beta) Phi`` in place of Phi. That is
done here and nowhere else; beta infinite leaves Phi untouched, bit for bit.
"""

import math

import numpy as np

from skwfm._jit import jit
from skwfm.theory.numerics.gaussian import LOG_SQRT_2PI, log_tails

MOSTLY_RIGHT = -0.5
"""Above this log Phi the mean weight is written as one minus what errors cost, which
keeps the relative precision of its small logarithm; below, as a sum of both parts."""


@jit
def _exactly(success, skip_1, skip_2, law):
    """Law of the number of successes among the units not skipped (in place)."""
    law[:] = 0.0
    law[0] = 1.0
    count = 0
    for l in range(success.size):
        if l in (skip_1, skip_2):
            continue
        count += 1
        for j in range(count, 0, -1):
            law[j] = law[j] * (1 - success[l]) + law[j - 1] * success[l]
        law[0] *= 1 - success[l]


@jit
def _median(values, scratch):
    for i in range(values.size):
        j = i
        while j > 0 and scratch[j - 1] > values[i]:
            scratch[j] = scratch[j - 1]
            j -= 1
        scratch[j] = values[i]
    return scratch[values.size // 2]


@jit
def _tilt(log_yes, log_no, theta, success, log_mix):
    """Success probabilities and log normalisations after tilting by e^theta."""
    for l in range(success.size):
        odds = log_yes[l] + theta - log_no[l]
        if odds > 0:
            rest = math.exp(-odds)
            success[l] = 1.0 / (1.0 + rest)
            log_mix[l] = log_no[l] + odds + math.log1p(rest)
        else:
            rest = math.exp(odds)
            success[l] = rest / (1.0 + rest)
            log_mix[l] = log_no[l] + math.log1p(rest)


@jit
def majority(a, grad, hess, work, order):
    """Log of Phi, its gradient and its Hessian at one point.

    The Poisson-binomial recursion runs on exponentially tilted probabilities, chosen
    so that needing (K + 1) / 2 successes is typical: nothing underflows, however
    improbable the majority. When the majority is likely the complement is computed
    instead, so that ``1 - Phi`` keeps its relative precision.

    Parameters
    ----------
    a : ndarray of shape (K,)
        Thresholds, K odd.
    grad : ndarray of shape (K,)
        Receives d log Phi / d a (all entries <= 0). Filled if ``order >= 1``.
    hess : ndarray of shape (K, K)
        Receives the second derivatives. Filled if ``order >= 2``.
    work : ndarray of shape (6, K + 1)
        Scratch.
    order : int
        Highest derivative wanted, 0 to 2.

    Returns
    -------
    log_phi : float
    """
    K = a.size
    need = (K + 1) // 2
    log_yes, log_no = work[0, :K], work[1, :K]
    success, log_mix, law = work[2, :K], work[3, :K], work[4]
    side = 1.0 if _median(a, work[5, :K]) > 0 else -1.0
    for l in range(K):
        log_yes[l], log_no[l] = log_tails(side * a[l])
    for l in range(K):
        work[5, l] = log_yes[l] - log_no[l]
    theta = -_median(work[5, :K], work[4, :K])
    _tilt(log_yes, log_no, theta, success, log_mix)
    _exactly(success, -1, -1, law)
    tail = 0.0
    for j in range(K, need - 1, -1):
        tail = tail * math.exp(-theta) + law[j]
    log_rare = math.log(tail) - theta * need + log_mix.sum()
    log_phi = log_rare if side > 0 else math.log1p(-math.exp(log_rare))
    if order > 0:
        _derivatives(a, grad, hess, work, order, theta, tail, side, log_rare, log_phi)
    return log_phi


@jit
def _derivatives(a, grad, hess, work, order, theta, tail, side, log_rare, log_phi):
    """Gradient and Hessian from leave-one-out and leave-two-out laws."""
    K = a.size
    need = (K + 1) // 2
    success, log_mix, law, factor = work[2, :K], work[3, :K], work[4], work[5, :K]
    ratio = 1.0 if side > 0 else math.exp(log_rare - log_phi)
    for l in range(K):
        factor[l] = math.exp(-0.5 * a[l] ** 2 - LOG_SQRT_2PI + theta - log_mix[l])
        _exactly(success, l, -1, law)
        grad[l] = -factor[l] * law[need - 1] / tail * ratio
    if order < 2:
        return
    fewer = math.exp(-theta)
    for l in range(K):
        hess[l, l] = -grad[l] * (a[l] + grad[l])
        for m in range(l):
            _exactly(success, l, m, law)
            mixed = factor[l] * factor[m] * (law[need - 2] - fewer * law[need - 1])
            hess[l, m] = side * mixed / tail * ratio - grad[l] * grad[m]
            hess[m, l] = hess[l, m]


@jit
def log_mean_weight(log_phi, beta_ne):
    """``log(e^-beta + (1 - e^-beta) Phi)``: mean of ``exp(-beta error)``, one pattern.

    Parameters
    ----------
    log_phi : float
        Log-probability of the right answer.
    beta_ne : float
        Positive and finite.

    Returns
    -------
    log_weight : float
        Between ``-beta_ne`` and zero.
    """
    log_share = math.log(-math.expm1(-beta_ne))
    if log_phi > MOSTLY_RIGHT:
        return math.log1p(math.exp(log_share) * math.expm1(log_phi))
    low, high = min(-beta_ne, log_share + log_phi), max(-beta_ne, log_share + log_phi)
    return high + math.log1p(math.exp(low - high))


@jit
def mean_error(log_phi, beta_ne):
    """``e^-beta (1 - Phi) / (e^-beta + (1 - e^-beta) Phi)``: how often it errs.

    Parameters
    ----------
    log_phi : float
        Log-probability of the right answer.
    beta_ne : float
        Positive; nothing errs where it is infinite.

    Returns
    -------
    error : float
        Minus the derivative of `log_mean_weight` with respect to ``beta_ne``.
    """
    if beta_ne == math.inf:
        return 0.0
    log_weight = log_mean_weight(log_phi, beta_ne)
    return -math.expm1(log_phi) * math.exp(-beta_ne - log_weight)


@jit
def soft_majority(a, beta_ne, grad, hess, work, order):
    """Log of the mean weight of a pattern, its gradient and Hessian at one point.

    Parameters
    ----------
    a : ndarray of shape (K,)
        Thresholds, K odd.
    beta_ne : float
        Inverse temperature, positive; infinite is `majority`.
    grad, hess, work : ndarray
        As in `majority`.
    order : int
        Highest derivative wanted, 0 to 2.

    Returns
    -------
    log_weight, log_phi : float
        Of ``e^-beta + (1 - e^-beta) Phi`` and of Phi.
    """
    log_phi = majority(a, grad, hess, work, order)
    if beta_ne == math.inf:
        return log_phi, log_phi
    log_weight = log_mean_weight(log_phi, beta_ne)
    # Share of the weight that does not depend on a, and the rest.
    floor = math.exp(-beta_ne - log_weight)
    rest = -math.expm1(-beta_ne) * math.exp(log_phi - log_weight)
    _soften(floor, rest, grad, hess, order)
    return log_weight, log_phi


@jit
def _soften(floor, rest, grad, hess, order):
    """Derivatives of the log mean weight from those of log Phi, in place."""
    K = grad.size
    if rest == 0.0:
        # Derivatives of log Phi may have overflowed there.
        grad[:] = 0.0
        hess[:] = 0.0
        return
    if order > 1:
        for l in range(K):
            for m in range(K):
                hess[l, m] = rest * (hess[l, m] + floor * grad[l] * grad[m])
    if order > 0:
        for l in range(K):
            grad[l] *= rest


@jit
def average_log_majority(nodes, weights, scale, beta_ne=math.inf):
    """Averages of the log mean weight and its derivatives at ``a = scale * nodes``.

    Parameters
    ----------
    nodes : ndarray of shape (n_nodes, K)
    weights : ndarray of shape (n_nodes,)
    scale : float
    beta_ne : float, default=inf
        Inverse temperature; infinite averages log Phi.

    Returns
    -------
    log_weight : float
        ``E log(e^-beta + (1 - e^-beta) Phi)``.
    slope : float
        Mean square of its gradient.
    diagonal, off_diagonal : float
        Mean square of a diagonal and of an off-diagonal second derivative.
    wrong : float
        Mean number of errors per pattern; zero at ``beta_ne=inf``.
    """
    K = nodes.shape[1]
    grad, hess, work = np.empty(K), np.empty((K, K)), np.empty((6, K + 1))
    total = slope = diagonal = off_diagonal = wrong = 0.0
    for n in range(nodes.shape[0]):
        log_weight, log_phi = soft_majority(
            scale * nodes[n], beta_ne, grad, hess, work, 2
        )
        total += weights[n] * log_weight
        slope += weights[n] * (grad**2).sum()
        squares = hess**2
        on = np.trace(squares)
        diagonal += weights[n] * on / K
        off_diagonal += weights[n] * (squares.sum() - on) / max(K * (K - 1), 1)
        wrong += weights[n] * mean_error(log_phi, beta_ne)
    return total, slope, diagonal, off_diagonal, wrong
