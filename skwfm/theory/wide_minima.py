"""Wide minima: local entropy of many replicas at fixed mutual overlap.

The saddle point of section "Wide minima" of the user guide,

    V1(q1) = min_A { B / (2 (1 + A)) + alpha E[inner extremum](A, B) },

is found from its stationarity condition. Since the value is stationary in A, the
error of A enters squared.

A finite inverse temperature changes the inner extremum only: patterns may be given up
where mending them costs more than an error. Their number is minus the derivative of
V1 with respect to beta, taken at fixed A for the same reason.
"""

import math

import numpy as np
from scipy.optimize import brentq

from skwfm.theory.numerics.field_averages import gaussian_extrema

MAX_LOG_A = 300.0
"""Beyond this the entropy is zero to 130 digits and A is not sought further."""

MIN_LOG_A = -30.0
ROOT_TOLERANCE = 1e-5

MAX_SECANT = 12
LARGEST_STEP = 3.0
"""Longest secant step near zero; half the size of log(1 + A) is added to it."""

LAST_STEP = 3e-3
"""Secant steps below this are taken without another evaluation."""

MAX_FAILED_MASS = 1e-4
"""Gaussian mass of unconverged inner extrema that a point may have."""


def effective_overlap(overlap):
    """Overlap of the majority's argument for infinitely many hidden units."""
    return 2.0 / math.pi * math.asin(overlap)


def effective_scales(n_hidden, overlap):
    """B of the field, and the factor from A to the A of the energetic term."""
    if n_hidden != math.inf:
        return overlap / (1 - overlap), 1.0
    q_eff = effective_overlap(overlap)
    rest = 2.0 / math.pi * math.acos(overlap)
    slope = 2.0 / math.pi / math.sqrt(1 - overlap**2)
    return q_eff / rest, slope * (1 - overlap) / rest


def monotone_root(function, guess, low, high, step=0.5, tolerance=ROOT_TOLERANCE):
    """Root of an increasing function, walking out from a guess to bracket it.

    Returns ``low`` or ``high`` if there is no change of sign on that side.
    """
    value, x = function(guess), guess
    if value == 0:
        return guess
    direction = -1.0 if value > 0 else 1.0
    while True:
        previous, x = x, min(max(x + direction * step, low), high)
        if direction * function(x) >= 0:
            return brentq(function, previous, x, xtol=tolerance, rtol=1e-12)
        if x in (low, high):
            return x
        step *= 2


def smooth_root(function, guess, slope, low, high):
    """Root of a smooth increasing function by the secant method.

    Parameters
    ----------
    function : callable
    guess, slope : float
        Starting point and approximate derivative there.
    low, high : float
        Range; :func:`monotone_root` takes over if the iteration leaves it or stalls.

    Returns
    -------
    root, slope : float
        The root, to the square of the last step, and the derivative near it.
    """
    x, value = guess, function(guess)
    for _ in range(MAX_SECANT):
        step, limit = -value / slope, LARGEST_STEP + 0.5 * abs(x)
        moved = max(-limit, min(limit, step))
        x += moved
        if abs(step) < LAST_STEP and low < x < high:
            return x, slope
        if not low < x < high:
            break
        previous, value = value, function(x)
        change = (value - previous) / moved
        slope = change if change > 0 else slope
    return monotone_root(function, min(max(x, low), high), low, high), slope


class WideMinima:
    """Saddle point at each overlap, extrapolated from those found before.

    Parameters
    ----------
    n_hidden : int or inf
    alpha : float
    beta_ne : float, default=inf
        Inverse temperature, positive.
    """

    def __init__(self, n_hidden, alpha, beta_ne=math.inf):
        self.n_hidden = n_hidden
        self.alpha = alpha
        self.fields = gaussian_extrema(n_hidden, beta_ne)
        self._found = []
        self._slope = 1.0

    def _condition(self, overlap):
        """Log of the saddle condition as an increasing function of log(1 + A)."""
        B, factor = effective_scales(self.n_hidden, overlap)
        bare = overlap / (1 - overlap)

        def condition(log_a):
            A = math.expm1(log_a)
            slope = self.fields.slope(math.sqrt(B), A * factor)
            # d/dA of B0/(2(1+A)) and of the energy -alpha factor |g|^2 / 2.
            slope *= factor * ((1 + A) / (1 + A * factor)) ** 2
            return math.log(self.alpha * slope / bare)

        return condition

    def _extrapolate(self, overlap):
        """Polynomial through the last points, in the variable -log(1 - q1)."""
        if not self._found:
            return 0.0
        x, values = np.array(self._found).T
        x = -np.log1p(-x) + math.log1p(-overlap)
        if np.unique(x).size < x.size or np.abs(x).max() > 1.0:
            return values[-1]
        return float(np.polyval(np.polyfit(x, values, x.size - 1), 0.0))

    def solve(self, overlap):
        """Entropy, its error, A, convergence and errors per pattern at one overlap."""
        B, factor = effective_scales(self.n_hidden, overlap)
        low = MIN_LOG_A if factor <= 1 else math.log1p(-1 / factor) + 1e-12
        guess = max(self._extrapolate(overlap), low + 1e-6)
        condition = self._condition(overlap)
        log_a, self._slope = smooth_root(condition, guess, self._slope, low, MAX_LOG_A)
        self._found = [*self._found[-2:], (overlap, log_a)]
        A = math.expm1(log_a)
        energy, error, failed, wrong = self.fields.envelope(math.sqrt(B), A * factor)
        entropy = overlap / (1 - overlap) / (2 * (1 + A)) + self.alpha * energy
        found = log_a > low and failed < MAX_FAILED_MASS
        return min(entropy, 0.0), self.alpha * error, A, found, wrong
