"""Averages over the Gaussian fields of a parity machine of two units.

It answers right if both units are, or neither. So the squared distance of a field to
the right answers is zero where the two fields have the same sign, and the smaller
square where they have not. Quadratures run over the smaller size m and the rest
``r = M - m``: every bend is then an edge.
"""

import math

import numpy as np
from scipy.special import log_ndtr

from skwfm.theory.numerics.field_averages import break_even_field, refined_volume
from skwfm.theory.numerics.gaussian import (
    GAUSS_RANGE,
    LOG_SQRT_2PI,
    composite_rule,
    graded_edges,
)

ORDERS = (6, 9)
"""Gauss-Legendre nodes per panel of the quick rule and of the fine one."""

FINEST, WIDEST = 0.5, 1.0
"""Smallest panel in units of the scale on which an integrand varies; largest."""

LAST_BEND = GAUSS_RANGE - 1
"""Beyond it a bend has no mass, and `graded_edges` no room for panels around it."""


def log_parity(first, second):
    """Log of the probability ``H(a) H(b) + H(-a) H(-b)`` of a right answer.

    Parameters
    ----------
    first, second : ndarray
        Thresholds a and b of the two units.

    Returns
    -------
    log_phi : ndarray
    """
    return np.logaddexp(
        log_ndtr(-first) + log_ndtr(-second), log_ndtr(first) + log_ndtr(second)
    )


def _doubling_edges(finest):
    """Panels from zero to the end of the Gaussian that double in width."""
    widths = [min(finest, WIDEST)]
    while sum(widths) < GAUSS_RANGE:
        widths.append(min(2 * widths[-1], WIDEST))
    return np.append(0.0, np.cumsum(widths))


def pair_rule(inner_edges, finest, order):
    """Quadrature for a function of the sizes of two Gaussian fields, symmetric.

    Parameters
    ----------
    inner_edges : ndarray
        Increasing panel edges of the smaller size, from zero.
    finest : float
        First panel of the difference of the two.
    order : int
        Nodes per panel and variable.

    Returns
    -------
    small, large, weights : ndarray of shape (n_nodes,)
        ``sum(weights) == 1``.
    """
    m, dm = composite_rule(inner_edges, order)
    r, dr = composite_rule(_doubling_edges(finest), order)
    small, large = np.repeat(m, r.size), np.add.outer(m, r).ravel()
    weights = np.outer(dm, dr).ravel() * np.exp(-0.5 * (small**2 + large**2))
    keep = weights > 1e-20
    weights = weights[keep]
    return small[keep], large[keep], weights / weights.sum()


def _log_derivatives(first, second, log_phi):
    """Gradient, curvatures and mixed derivative of `log_parity`."""
    slopes = []
    for own, other in ((first, second), (second, first)):
        vote = np.exp(log_ndtr(other)) - np.exp(log_ndtr(-other))
        slopes.append(vote * np.exp(-0.5 * own**2 - LOG_SQRT_2PI - log_phi))
    both = -0.5 * (first**2 + second**2) - 2 * LOG_SQRT_2PI - log_phi
    curvatures = [-a * g - g * g for a, g in zip((first, second), slopes, strict=True)]
    return slopes, curvatures, 2 * np.exp(both) - slopes[0] * slopes[1]


class ParityPair:
    """Two units whose product is the answer: nested rules on the ordered sizes.

    Parameters
    ----------
    beta_ne : float, default=inf
        Inverse temperature of the patterns.
    """

    def __init__(self, beta_ne=math.inf):
        self.beta_ne = beta_ne

    def _rule(self, scale, order):
        # The scale of log H, and of the difference of two fields where the unit to
        # mend changes: the inverse of the field, hence the square.
        bends, width = [0.0], FINEST / max(scale, FINEST)
        finest = FINEST / max(scale**2, FINEST)
        if self.beta_ne < math.inf:
            bend = break_even_field(self.beta_ne)
            if bend / scale < LAST_BEND:
                bends.append(bend / scale)
            width /= max(bend, 1.0)
            finest = min(finest, width)
        edges = graded_edges(bends, width, coarse=WIDEST)
        edges = edges[edges >= 0]
        return pair_rule(edges, finest, order)

    def _volume(self, scale, order):
        """Averages as `average_log_majority` gives them."""
        small, large, weights = self._rule(scale, order)
        small, large = scale * small, scale * large
        total = np.zeros(5)
        for sign in (1, -1):
            parts = self._pattern(large, sign * small)
            total += 0.5 * np.array([weights @ part for part in parts])
        return tuple(total)

    def _pattern(self, first, second):
        """Log weight of one pattern, squared derivatives and errors, field by field."""
        log_phi = log_parity(first, second)
        slopes, curvatures, mixed = _log_derivatives(first, second, log_phi)
        wrong = np.zeros_like(log_phi)
        if self.beta_ne < math.inf:
            log_right = math.log(-math.expm1(-self.beta_ne)) + log_phi
            log_phi = np.logaddexp(-self.beta_ne, log_right)
            right = np.exp(log_right - log_phi)
            wrong = np.exp(log_parity(first, -second) - self.beta_ne - log_phi)
            spread = right * (1 - right)
            mixed = right * mixed + spread * slopes[0] * slopes[1]
            curvatures = [
                right * c + spread * g * g
                for c, g in zip(curvatures, slopes, strict=True)
            ]
            slopes = [right * g for g in slopes]
        square = slopes[0] ** 2 + slopes[1] ** 2
        diagonal = 0.5 * (curvatures[0] ** 2 + curvatures[1] ** 2)
        return log_phi, square, diagonal, mixed**2, wrong

    def volume(self, scale):
        """``E[log Phi]`` and its companions, with errors; see `refined_volume`.

        Parameters
        ----------
        scale : float
            ``sqrt(q / (1 - q))``, of the thresholds.

        Returns
        -------
        averages : tuple of float
        """
        return refined_volume(*(self._volume(scale, order) for order in ORDERS))

    def volume_slope(self, scale):
        """``E|grad log Phi|^2``, quickly.

        Parameters
        ----------
        scale : float
            ``sqrt(q / (1 - q))``, of the thresholds.

        Returns
        -------
        slope : float
        """
        return self._volume(scale, ORDERS[0])[1]
