"""Wide-minima averages for three hidden units, to spectral accuracy.

The inner extremum jumps where mending all three units becomes dearer than mending
the necessary two. With the fields in decreasing order that happens, for given second
and third field, at one value of the first. Cutting the innermost integral there
leaves smooth pieces, and a few Gauss-Legendre nodes on each are enough.
"""

import math

import numpy as np

from skwfm._jit import jit
from skwfm.theory.numerics.field_extremum import (
    SMALL_A,
    TINY_A,
    field_start,
    mended_start,
    minimise,
)

SPLIT_STEPS = 8
"""Steps to locate the jump; misplacing it by h costs an error of order h squared."""

SPLIT_TOLERANCE = 1e-3
"""The two merits count as equal within this, relative to their size."""

DISTINCT = 1e-3
"""Minima nearer than this in the first unit are one and the same."""

NEGLIGIBLE_PAIR = 1e-10
"""Pairs of outer nodes below this weight are skipped."""


@jit
def _mend(b, A, n_mended, a, work):
    """Minimum reached with ``n_mended`` units mended: merit, log Phi, converged.

    With ``n_mended`` zero the search starts from ``a`` as it is.
    """
    grad, hess, scratch, step, trial, lower = work
    if n_mended and A > SMALL_A:
        mended_start(b, A, n_mended, a)
    elif n_mended:
        field_start(b, A, a)
    log_phi, done = minimise(b, A, math.inf, a, grad, hess, scratch, step, trial, lower)
    return 0.5 * ((a - b) ** 2).sum() - A * log_phi, log_phi, done


@jit
def _excess(b, A, a, other, work):
    """Merit of mending three units minus that of mending two, and which is best.

    The second value says whether the first unit is mended at the best minimum; the
    third whether the two minima are distinct.
    """
    two, _, _ = _mend(b, A, 2, a, work)
    three, _, _ = _mend(b, A, 3, other, work)
    best = other[0] if three < two else a[0]
    margin = math.sqrt(math.log(A / 4.0))
    mended = b[0] - best > 0.5 * (b[0] + margin)
    return three - two, mended, abs(a[0] - other[0]) > DISTINCT


@jit
def _jump(b, A, a, other, work):
    """First field beyond which only two units are mended; ``b[1]`` if at once."""
    if A <= SMALL_A:
        return b[1]
    low = max(b[1], -math.sqrt(math.log(A / 4.0)))
    b[0] = low
    at_low, mended, smooth = _excess(b, A, a, other, work)
    if not mended:
        return b[1]
    b[0] = 10.0 * (1.0 + abs(b[1]))
    high = max(low, math.sqrt(2.0 * max(_mend(b, A, 2, a, work)[0], 0.0)) + 1.0)
    b[0] = high
    at_high, _, distinct = _excess(b, A, a, other, work)
    smooth = smooth and distinct
    for _ in range(SPLIT_STEPS):
        middle = 0.5 * (low + high)
        if smooth and at_low < 0 < at_high:
            middle = low - at_low * (high - low) / (at_high - at_low)
        b[0] = middle
        excess, mended, smooth = _excess(b, A, a, other, work)
        if smooth and abs(excess) < SPLIT_TOLERANCE * (1.0 + middle * middle):
            return middle
        if mended:
            low, at_low = middle, excess
        else:
            high, at_high = middle, excess
    return 0.5 * (low + high)


@jit
def _add_node(weight, b, A, n_mended, a, work, totals):
    """Add one node: mass, log Phi, ``(1 + A)^2 |grad log Phi|^2``, failures."""
    _, log_phi, done = _mend(b, A, n_mended, a, work)
    square = 0.0
    for l in range(3):
        if abs(A) < TINY_A:
            moved = (1 + A) * work[0][l]
        else:
            moved = (a[l] - b[l]) * ((1 + A) / A)
        square += moved * moved
    totals[0] += weight
    totals[1] += weight * log_phi
    totals[2] += weight * square
    totals[3] += 0.0 if done else weight


@jit
def _inner(edges, x, w, scale, A, b, a, other, work, outer, totals):
    """Add the integral over the first field, given the other two, to ``totals``."""
    jump = _jump(b, A, a, other, work) / scale
    position = b[1] / scale
    for i in range(edges.size - 1):
        for part in range(2):
            stop = min(edges[i + 1], jump) if part == 0 else edges[i + 1]
            if stop <= position:
                continue
            half = 0.5 * (stop - position)
            for r in range(x.size):
                v = position + half * (1 + x[r])
                weight = outer * half * w[r] * math.exp(-0.5 * v * v)
                a[0] += scale * v - b[0] if v > jump else 0.0
                b[0] = scale * v
                n_mended = 0 if r > 0 else (3 if v < jump else 2)
                _add_node(weight, b, A, n_mended, a, work, totals)
            position = stop


@jit
def average_ordered_envelope(edges, x, w, scale, A):
    """Gaussian averages over three fields of the inner extremum.

    Parameters
    ----------
    edges : ndarray of shape (n_panels + 1,)
        Panel edges, in units of the Gaussian variables.
    x, w : ndarray of shape (order,)
        Gauss-Legendre nodes and weights on [-1, 1].
    scale : float
        ``sqrt(B)``.
    A : float
        Greater than -1.

    Returns
    -------
    value : float
        ``E[-|a - b|^2 / (2 A) + log Phi(a)]``.
    slope : float
        ``(1 + A)^2 E|grad log Phi(a)|^2``, which is ``B / alpha`` at the saddle.
    failed : float
        Gaussian mass of the nodes whose extremum did not converge.
    """
    b, a, other, totals = np.empty(3), np.empty(3), np.empty(3), np.zeros(4)
    work = (
        np.empty(3),
        np.empty((3, 3)),
        np.empty((6, 4)),
        np.empty(3),
        np.empty(3),
        np.empty((3, 3)),
    )
    for j in range(edges.size - 1):
        half_2 = 0.5 * (edges[j + 1] - edges[j])
        for s in range(x.size):
            v2 = edges[j] + half_2 * (1 + x[s])
            for k in range(j + 1):
                half_3 = 0.5 * (min(edges[k + 1], v2) - edges[k])
                for t in range(x.size):
                    v3 = edges[k] + half_3 * (1 + x[t])
                    outer = half_2 * w[s] * half_3 * w[t]
                    outer *= math.exp(-0.5 * (v2 * v2 + v3 * v3))
                    if outer > NEGLIGIBLE_PAIR:
                        b[1], b[2] = scale * v2, scale * v3
                        _inner(edges, x, w, scale, A, b, a, other, work, outer, totals)
    value = totals[1] / totals[0]
    slope = totals[2] / totals[0]
    return value - 0.5 * A * slope / (1 + A) / (1 + A), slope, totals[3] / totals[0]
