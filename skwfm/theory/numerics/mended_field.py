"""Where the inner extremum of one unit jumps from mending a pattern to giving it up.

The extremum of a field b solves ``b = a - A L'(a)``, L the log weight of a pattern.
Where ``A L'' > 1`` that has three solutions, and the best of them jumps at one field;
just below, it is steep there. Quadratures need an edge at either.
"""

import math

from skwfm._jit import jit
from skwfm.theory.numerics.gaussian import LOG_SQRT_2PI, log_tails
from skwfm.theory.numerics.majority import log_mean_weight

BISECTIONS = 60
MOSTLY_RIGHT = 2.0
"""Log odds of right answers from which on no threshold is the steepest."""


@jit
def one_unit(a, beta_ne):
    """Log weight of a pattern of one unit, and its first two derivatives.

    Parameters
    ----------
    a : float
        Threshold.
    beta_ne : float
        Positive and finite.

    Returns
    -------
    log_weight, slope, curvature : float
    """
    log_phi, _ = log_tails(a)
    log_weight = log_mean_weight(log_phi, beta_ne)
    share = -math.expm1(-beta_ne) * math.exp(log_phi - log_weight)
    mills = share * math.exp(-0.5 * a * a - LOG_SQRT_2PI - log_phi)
    return log_weight, -mills, mills * (a - mills)


@jit
def steepest_threshold(beta_ne):
    """Threshold at which the log weight of one unit bends upwards most.

    Parameters
    ----------
    beta_ne : float
        Positive and finite.

    Returns
    -------
    a : float
        Positive, since the curvature is negative up to zero.
    """
    # Left of where right answers have most of the weight it may rise towards zero.
    low, high = 0.0, math.sqrt(2 * beta_ne) + 6.0
    if _odds(low, beta_ne) > MOSTLY_RIGHT:
        left, right = low, high
        for _ in range(BISECTIONS):
            middle = 0.5 * (left + right)
            if _odds(middle, beta_ne) > MOSTLY_RIGHT:
                left = middle
            else:
                right = middle
        low = left
    for _ in range(2 * BISECTIONS):
        third = (high - low) / 3
        first = one_unit(low + third, beta_ne)[2]
        if first < one_unit(high - third, beta_ne)[2]:
            low += third
        else:
            high -= third
    return 0.5 * (low + high)


@jit
def _odds(a, beta_ne):
    """Log odds of the share of right answers in the weight of a pattern."""
    log_excess = beta_ne + math.log(-math.expm1(-beta_ne))
    return log_excess + log_tails(a)[0]


@jit
def _crossing(kind, low, high, target, A, beta_ne):
    """Where ``A L''(a)`` (kind 2) or the field ``a - A L'(a)`` (1) passes a target.

    ``low`` is on the side below the target, whichever end of the interval that is.
    """
    for _ in range(BISECTIONS):
        a = 0.5 * (low + high)
        _, slope, curvature = one_unit(a, beta_ne)
        value = A * curvature if kind == 2 else a - A * slope
        if value < target:
            low = a
        else:
            high = a
    return 0.5 * (low + high)


@jit
def last_mended_field(A, beta_ne):
    """Field of one unit beyond which giving a pattern up is cheaper than mending it.

    Where ``A L'' > 1`` the field falls with the threshold, and two minima exist between
    the ends of that interval. The better of them changes once.

    Parameters
    ----------
    A, beta_ne : float
        Positive, ``beta_ne`` finite.

    Returns
    -------
    field : float
        Where the inner extremum jumps; zero if it changes over smoothly.
    """
    middle = steepest_threshold(beta_ne)
    if A * one_unit(middle, beta_ne)[2] <= 1:
        return 0.0
    far = middle + math.sqrt(2 * (math.log1p(A) + beta_ne)) + 10.0
    first = _crossing(2, 0.0, middle, 1.0, A, beta_ne)
    second = _crossing(2, far, middle, 1.0, A, beta_ne)
    low = second - A * one_unit(second, beta_ne)[1]
    high = first - A * one_unit(first, beta_ne)[1]
    # Mending costs at least the way to the first, an error at most A beta.
    high = min(high, first + math.sqrt(2 * A * beta_ne))
    deepest = -math.sqrt(2 * math.log1p(A)) - 1.0
    for _ in range(BISECTIONS):
        field = 0.5 * (low + high)
        mended = _crossing(1, deepest, first, field, A, beta_ne)
        given_up = _crossing(1, second, field, field, A, beta_ne)
        excess = 0.5 * (mended - given_up) * (mended + given_up - 2 * field)
        excess -= A * (one_unit(mended, beta_ne)[0] - one_unit(given_up, beta_ne)[0])
        if excess < 0:
            low = field
        else:
            high = field
    return 0.5 * (low + high)


@jit
def steepest_field(A, beta_ne):
    """Field of one unit at which the inner extremum jumps, or else is steepest.

    Parameters
    ----------
    A, beta_ne : float
        Positive, ``beta_ne`` finite.

    Returns
    -------
    field : float
    """
    jump = last_mended_field(A, beta_ne)
    if jump > 0:
        return jump
    a = steepest_threshold(beta_ne)
    return a - A * one_unit(a, beta_ne)[1]
