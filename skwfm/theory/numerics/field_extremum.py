"""Inner extremum of the wide-minima formula, averaged over the Gaussian field.

For each field b the formula asks for ``max_a [-|a - b|^2 / (2 A) + log Phi(a)]``,
a minimum where A < 0. Both are the minimum over a of

    m(a) = |a - b|^2 / 2 - A log Phi(a),

convex for A <= 0 (log Phi has no curvature below -1, and A > -1) and for one unit.
With more units and A > 0 several minima may exist because any of several units can
be the one that is mended. Phi is symmetric, so by the rearrangement inequality the
best a is ordered like b; starting there selects the global minimum.

At inverse temperature beta, Phi is ``e^-beta + (1 - e^-beta) Phi``, and a pattern may
also be given up: the field stays where it is and an error costs ``A beta``. The
curvature bound still holds, so A <= 0 remains convex.
"""

import math

import numpy as np

from skwfm._jit import jit
from skwfm.theory.numerics.majority import majority, mean_error, soft_majority

STEP_TOLERANCE = 1e-7
"""Newton stops at this relative step; the value is then exact to its square."""

ROUNDING = 1e-14
"""Relative change of the merit that counts as none."""

MAX_NEWTON = 100
MAX_HALVINGS = 40
SMALL_A = 4.0
"""Up to this A there is one minimum, which is reached from the field itself."""

MAX_COST_RATIO = 2.0
"""A set of mended units is skipped if it costs more times the best merit than this."""

TINY_A = 1e-5
"""For smaller |A|, (a - b) / A is lost to rounding and is replaced by its limit."""


@jit
def _cholesky_solve(matrix, rhs, out, lower):
    """Solve a small positive definite system; False if it is not one."""
    K = rhs.size
    for i in range(K):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            if i == j:
                if total <= 1e-12:
                    return False
                lower[i, i] = math.sqrt(total)
            else:
                lower[i, j] = total / lower[j, j]
    for i in range(K):
        total = rhs[i]
        for k in range(i):
            total -= lower[i, k] * out[k]
        out[i] = total / lower[i, i]
    for i in range(K - 1, -1, -1):
        total = out[i]
        for k in range(i + 1, K):
            total -= lower[k, i] * out[k]
        out[i] = total / lower[i, i]
    return True


@jit
def mended_start(b, A, n_mended, a):
    """Where a minimum lies for large A if ``n_mended`` units are mended.

    ``b`` is in decreasing order, so the easiest to mend are the last. They go to the
    margin beyond which errors are too rare to matter: an error needs one more failure
    for every unit mended beyond the necessary (K + 1) / 2.

    Returns
    -------
    cost : float
        ``|a - b|^2 / 2``, about the merit of that minimum.
    """
    K = b.size
    spare = n_mended - K // 2
    margin = math.sqrt(2.0 * math.log(max(1.0, A / 4.0)) / spare)
    cost = 0.0
    a[:] = b
    for l in range(K - n_mended, K):
        a[l] = min(b[l], -margin)
        cost += 0.5 * (a[l] - b[l]) ** 2
    return cost


@jit
def field_start(b, A, a):
    """The field itself; for A < 0 pushed to where its wrong units end up.

    Far on the wrong side the gradient of log Phi is ``-a``, hence ``a = b / (1 + A)``
    for the units that the majority lacks.
    """
    a[:] = b
    if A < 0:
        for l in range(b.size // 2, b.size):
            if b[l] > 0:
                a[l] = b[l] / (1 + A)


@jit
def _merit(a, b, A, beta_ne, grad, hess, work, order):
    log_weight, _ = soft_majority(a, beta_ne, grad, hess, work, order)
    return 0.5 * ((a - b) ** 2).sum() - A * log_weight, log_weight


@jit
def _newton_step(a, b, A, grad, hess, shift, step, lower):
    """Newton direction, the Hessian shifted until it is positive definite."""
    K = a.size
    matrix = -A * hess
    residual = A * grad - (a - b)
    for l in range(K):
        matrix[l, l] += 1.0 + shift
    while not _cholesky_solve(matrix, residual, step, lower):
        for l in range(K):
            matrix[l, l] += max(shift, 0.5)
        shift = 2 * max(shift, 0.5)
    return -(residual * step).sum()


@jit
def minimise(b, A, beta_ne, a, grad, hess, work, step, trial, lower):
    """Safeguarded Newton from ``a`` (in place); log weight there, and success."""
    value, log_weight = _merit(a, b, A, beta_ne, grad, hess, work, 2)
    for _ in range(MAX_NEWTON):
        slope = _newton_step(a, b, A, grad, hess, 0.0, step, lower)
        size = np.abs(step).max() / (1.0 + np.abs(a).max())
        if size < STEP_TOLERANCE:
            return log_weight, True
        length = 1.0
        for _ in range(MAX_HALVINGS):
            trial[:] = a + length * step
            new, log_weight = _merit(trial, b, A, beta_ne, grad, hess, work, 2)
            if new <= value + 1e-4 * length * slope + ROUNDING * abs(value):
                break
            length *= 0.5
        else:
            # No decrease along a descent direction: rounding has been reached.
            log_weight, _ = soft_majority(a, beta_ne, grad, hess, work, 2)
            return log_weight, size < math.sqrt(STEP_TOLERANCE)
        a[:] = trial
        value = new
    return log_weight, False


@jit
def best_minimum(b, A, beta_ne, a, grad, hess, work, step, trial, lower, other):
    """Global minimum over the possible sets of mended units; ``a`` receives it."""
    K, fewest = b.size, b.size // 2 + 1
    if A <= 0 or (A <= SMALL_A and beta_ne == math.inf):
        field_start(b, A, a)
        return minimise(b, A, beta_ne, a, grad, hess, work, step, trial, lower)
    mended_start(b, A, fewest, a)
    best, done = minimise(b, A, beta_ne, a, grad, hess, work, step, trial, lower)
    merit = 0.5 * ((a - b) ** 2).sum() - A * best
    # A pattern that is given up is wrong more often than not: its merit is at least
    # that, so that where all are mended such a start, which ends slowly, is no rival.
    given_up = A * math.log(2 / (1 + math.exp(-beta_ne)))
    # Starts that remain: more units mended and, where errors are allowed, none.
    first = fewest + 1 if beta_ne == math.inf else fewest
    for n_mended in range(first, K + 1):
        if n_mended == fewest:
            if merit < given_up:
                continue
            other[:] = b
        elif mended_start(b, A, n_mended, other) > MAX_COST_RATIO * merit + 1.0:
            continue
        log_weight, ok = minimise(
            b, A, beta_ne, other, grad, hess, work, step, trial, lower
        )
        rival = 0.5 * ((other - b) ** 2).sum() - A * log_weight
        done = done and ok
        if rival < merit:
            a[:] = other
            best, merit = log_weight, rival
    soft_majority(a, beta_ne, grad, hess, work, 1)
    return best, done


@jit
def average_envelope(nodes, weights, scale, A, beta_ne=math.inf):
    """Gaussian averages of the inner extremum and of its saddle condition.

    Parameters
    ----------
    nodes : ndarray of shape (n_nodes, K)
        Quadrature nodes, rows in decreasing order; the field is ``scale * nodes``.
    weights : ndarray of shape (n_nodes,)
    scale : float
        ``sqrt(B)``.
    A : float
        Greater than -1.
    beta_ne : float, default=inf
        Inverse temperature, positive.

    Returns
    -------
    value : float
        ``E[-|a - b|^2 / (2 A) + log Phi(a)]``.
    slope : float
        ``(1 + A)^2 E|grad log Phi(a)|^2``, which is ``B / alpha`` at the saddle.
    failed : float
        Gaussian mass of the nodes whose extremum did not converge.
    wrong : float
        Errors per pattern at the extremum; zero at ``beta_ne=inf``.
    """
    K = nodes.shape[1]
    grad, hess, work = np.empty(K), np.empty((K, K)), np.empty((6, K + 1))
    step, trial, lower = np.empty(K), np.empty(K), np.empty((K, K))
    other, a = np.empty(K), np.empty(K)
    ratio = (1 + A) / A if abs(A) >= TINY_A else 0.0
    value = slope = wrong = 0.0
    failed = 0.0
    for n in range(nodes.shape[0]):
        b = scale * nodes[n]
        log_weight, done = best_minimum(
            b, A, beta_ne, a, grad, hess, work, step, trial, lower, other
        )
        failed += 0.0 if done else weights[n]
        square = 0.0
        for l in range(K):
            moved = (1 + A) * grad[l] if abs(A) < TINY_A else (a[l] - b[l]) * ratio
            square += moved * moved
        value += weights[n] * (log_weight - 0.5 * A * square / (1 + A) / (1 + A))
        slope += weights[n] * square
        if beta_ne < math.inf:
            wrong += weights[n] * mean_error(majority(a, grad, hess, work, 0), beta_ne)
    return value, slope, failed, wrong
