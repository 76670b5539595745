"""Integrals over one preactivation, weighted by the cross-entropy loss.

For a field omega the preactivation is Gaussian around it with variance ``1 - q`` and
is reweighted by ``exp(-beta f_gamma(x))``, a log-concave law. Its support is located
first, so the same few nodes hold from beta = 0 to e^100 and for a hard wall.
"""

import math

import numpy as np

from skwfm._jit import jit
from skwfm.theory.numerics.gaussian import LOG_SQRT_2PI, log_tails

LOG_DROP = 34.0
"""The weight is dropped where it is this many nats below its maximum."""

ORDER = 20
N_PANELS = 6
N_NODES = N_PANELS * ORDER
BEND = 4.0
"""How far from zero or from its wall the loss bends, in units of 1/gamma (to e^-8)."""

X_NODES, X_WEIGHTS = np.polynomial.legendre.leggauss(ORDER)
MAX_STEPS = 200
NEGLIGIBLE_WEIGHT = 1e-18
"""Nodes of a smaller weight are skipped."""


@jit
def cross_entropy(x, gamma):
    """``f_gamma(x) = -x/2 + log(2 cosh(gamma x)) / (2 gamma)``; max(-x, 0) at inf."""
    hinge = max(-x, 0.0)
    if gamma == math.inf:
        return hinge
    return hinge + math.log1p(math.exp(-2 * gamma * abs(x))) / (2 * gamma)


@jit
def _minus_slope(x, gamma):
    """``-f_gamma'(x) = 1 / (1 + exp(2 gamma x))``."""
    if gamma == math.inf:
        return 1.0 if x < 0 else 0.0
    if x > 0:
        rest = math.exp(-2 * gamma * x)
        return rest / (1 + rest)
    return 1 / (1 + math.exp(2 * gamma * x))


@jit
def _log_weight(x, omega, variance, beta, gamma):
    """Log of the weight; beta infinite is a wall at zero."""
    gauss = -((x - omega) ** 2) / (2 * variance)
    if beta == math.inf:
        return gauss if x >= 0 else -math.inf
    return gauss - beta * cross_entropy(x, gamma)


@jit
def _mode(omega, variance, beta, gamma):
    """Maximum of the weight by bisection on its decreasing log slope."""
    if beta == math.inf:
        return max(omega, 0.0)
    low, step = omega, math.sqrt(variance)
    high = omega + step
    while beta * variance * _minus_slope(high, gamma) > high - omega:
        low, step = high, 2 * step
        high = low + step
    for _ in range(MAX_STEPS):
        middle = 0.5 * (low + high)
        if beta * variance * _minus_slope(middle, gamma) > middle - omega:
            low = middle
        else:
            high = middle
        if high - low < 1e-9 * math.sqrt(variance):
            break
    return 0.5 * (low + high)


@jit
def _edge(mode, sign, omega, variance, beta, gamma):
    """Where the log weight has dropped by about LOG_DROP on one side of the mode."""
    if sign < 0 and beta == math.inf and mode == 0.0:
        return mode
    floor = _log_weight(mode, omega, variance, beta, gamma) - LOG_DROP
    # The Gaussian factor alone gives the drop within this width.
    low, high = 0.0, math.sqrt(2 * LOG_DROP * variance)
    if sign < 0 and beta == math.inf:
        high = min(high, mode)
        if _log_weight(mode - high, omega, variance, beta, gamma) > floor:
            return mode - high
    for _ in range(MAX_STEPS):
        position = mode + sign * high
        # Beyond zero the scale is the distance from zero, where the loss may kink.
        scale = high if position * mode > 0 else abs(position)
        if high - low <= 0.05 * scale:
            break
        middle = 0.5 * (low + high)
        if _log_weight(mode + sign * middle, omega, variance, beta, gamma) > floor:
            low = middle
        else:
            high = middle
    return mode + sign * high


@jit
def _panels(low, mode, high, beta, gamma):
    """Edges of the panels: few nodes hold only where the loss bends at their ends.

    The loss bends within 1/gamma of zero. At large beta its exponential tail is a
    wall instead, as steep as that, where ``beta f`` falls below one.
    """
    wall, bend = 0.0, BEND / gamma
    if 2 * gamma < beta and gamma < math.inf:
        wall = math.log(beta / (2 * gamma)) / (2 * gamma)
    edges = np.sort(np.array([low, -bend, 0.0, mode, wall, wall + bend, high]))
    return np.minimum(np.maximum(edges, low), high)


@jit
def tilted_rule(omega, variance, beta, gamma, x_gl, w_gl, x, p):
    """Nodes and normalised weights of the tilted law of one preactivation.

    Parameters
    ----------
    omega, variance : float
        Gaussian factor.
    beta, gamma : float
        Loss factor; ``beta=inf`` keeps ``x >= 0`` only.
    x_gl, w_gl : ndarray of shape (order,)
        Gauss-Legendre rule on [-1, 1].
    x, p : ndarray of shape (6 * order,)
        Receive nodes and weights, ``sum(p) == 1``.

    Returns
    -------
    log_z : float
        Log of ``int Dz exp(-beta f(omega + sqrt(variance) z))``.
    """
    mode = _mode(omega, variance, beta, gamma)
    low = _edge(mode, -1.0, omega, variance, beta, gamma)
    high = _edge(mode, 1.0, omega, variance, beta, gamma)
    edges = _panels(low, mode, high, beta, gamma)
    top = _log_weight(mode, omega, variance, beta, gamma)
    total, n = 0.0, 0
    for panel in range(N_PANELS):
        half = 0.5 * (edges[panel + 1] - edges[panel])
        if half == 0.0:
            x[n : n + x_gl.size], p[n : n + x_gl.size] = edges[panel], 0.0
            n += x_gl.size
            continue
        for r in range(x_gl.size):
            x[n] = edges[panel] + half * (1 + x_gl[r])
            weight = math.exp(_log_weight(x[n], omega, variance, beta, gamma) - top)
            p[n] = half * w_gl[r] * weight
            total += p[n]
            n += 1
    for n in range(x.size):
        p[n] /= total
    return math.log(total) + top - 0.5 * math.log(2 * math.pi * variance)


@jit
def loss_averages(z, weights, rest, beta, gamma, x_gl, w_gl):
    """Averages over the field of the tilted law of one preactivation.

    Parameters
    ----------
    z, weights : ndarray of shape (n_nodes,)
        Gaussian rule.
    rest : float
        ``1 - q``, which keeps its relative precision as q -> 1.
    beta, gamma : float
    x_gl, w_gl : ndarray of shape (order,)
        Gauss-Legendre rule on [-1, 1].

    Returns
    -------
    averages : ndarray of shape (6,)
        ``E log Z0``, mean loss, ``E (d log Z0 / d omega)^2``,
        ``E (d2 log Z0 / d omega2)^2``, fraction of negative preactivations, and
        ``E [log Z0 + beta loss + (mean - omega)^2 / (2 (1 - q))]``, the patterns'
        share of the entropy. The parts of the latter grow like beta and cancel in
        every law, so their sum is averaged and not their averages summed.
    """
    x, p = np.empty(N_PANELS * x_gl.size), np.empty(N_PANELS * x_gl.size)
    out = np.zeros(6)
    for i in range(z.size):
        omega = math.sqrt(1 - rest) * z[i]
        log_z = tilted_rule(omega, rest, beta, gamma, x_gl, w_gl, x, p)
        mean = (p * x).sum()
        spread = (p * (x - mean) ** 2).sum()
        loss = wrong = 0.0
        for n in range(x.size):
            loss += p[n] * cross_entropy(x[n], gamma)
            wrong += p[n] if x[n] < 0 else 0.0
        out[0] += weights[i] * log_z
        out[1] += weights[i] * loss
        out[2] += weights[i] * ((mean - omega) / rest) ** 2
        out[3] += weights[i] * ((spread / rest - 1) / rest) ** 2
        out[4] += weights[i] * wrong
        out[5] += weights[i] * (log_z + beta * loss + 0.5 * (mean - omega) ** 2 / rest)
    return out


@jit
def constrained_averages(z, wz, y, wy, reference, overlaps, beta, gamma, x_gl, w_gl):
    """Averages of the solutions' log-probability around a reference.

    Parameters
    ----------
    z, wz, y, wy : ndarray
        Gaussian rules for the field and for the constrained replicas' own variable.
    reference : float
        Overlap Q of two references.
    overlaps : tuple (p, t, q)
        With the reference, with the other references, between constrained replicas.
    beta, gamma : float
        Law of the reference.
    x_gl, w_gl : ndarray of shape (order,)

    Returns
    -------
    averages : ndarray of shape (5,)
        Mean of ``l = log H(-u / sqrt(1 - q))``; of ``l'^2``; of ``l''``; of
        ``l' (z / sqrt(Q) - w / sqrt(1 - Q))``; of ``l' w``.
    """
    p, t, q = overlaps
    x, law = np.empty(N_PANELS * x_gl.size), np.empty(N_PANELS * x_gl.size)
    out = np.zeros(5)
    root, rest = math.sqrt(reference), math.sqrt(1 - reference)
    c = (p - t) / rest
    sigma = math.sqrt(max(q - t * t / reference - c * c, 0.0))
    width = math.sqrt(1 - q)
    for i in range(z.size):
        tilted_rule(root * z[i], 1 - reference, beta, gamma, x_gl, w_gl, x, law)
        for n in range(x.size):
            weight = wz[i] * law[n]
            if weight < NEGLIGIBLE_WEIGHT:
                continue
            w = (x[n] - root * z[i]) / rest
            centre = t * z[i] / root + c * w
            mean = square = slope = curve = 0.0
            for k in range(y.size):
                u = (centre + sigma * y[k]) / width
                log_p = log_tails(-u)[0]
                mills = math.exp(-0.5 * u * u - LOG_SQRT_2PI - log_p)
                mean += wy[k] * log_p
                slope += wy[k] * mills
                square += wy[k] * mills * mills
                curve -= wy[k] * mills * (u + mills)
            out[0] += weight * mean
            out[1] += weight * square / (1 - q)
            out[2] += weight * curve / (1 - q)
            out[3] += weight * slope / width * (z[i] / root - w / rest)
            out[4] += weight * slope / width * w
    return out
