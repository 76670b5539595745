"""Typical volumes: log-volume of the solutions of random patterns, replica symmetric.

Spherical weights, per weight:

    ln V = min_q { ln(1-q)/2 + q/(2(1-q)) + alpha E log Phi(sqrt(q/(1-q)) v) }.

Binary weights:

    S = extr { -qh(1-q)/2 + E ln 2cosh(sqrt(qh) z) + alpha E log Phi }.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from skwfm.theory.numerics.field_averages import gaussian_fields
from skwfm.theory.numerics.gaussian import gaussian_rule, graded_edges
from skwfm.theory.wide_minima import effective_scales, monotone_root

LOG_B_RANGE = (-40.0, 12.0)
"""Range of log q/(1-q) searched; the upper end is 6e-6 from overlap one."""

Z_NODES, Z_WEIGHTS = gaussian_rule(graded_edges([0.0], 0.03), 10)
"""Rule for the weights' own field: a tanh as steep as sqrt(qh) about 30 is resolved."""


@dataclass(frozen=True)
class SolutionEntropy:
    """Log-volume (or log-number) of the solutions, per weight.

    Parameters
    ----------
    entropy : float
        Nats per weight, relative to all weights on the sphere (spherical) or the
        plain entropy, ``log 2`` at ``alpha=0`` (binary).
    overlap : float
        Overlap q of two typical solutions.
    error : float
        Estimated absolute error of ``entropy``.
    stability : float
        Replicon number; the replica-symmetric solution is stable below 1.
    conjugate : float
        Conjugate of q (binary weights), NaN otherwise.
    """

    entropy: float
    overlap: float
    error: float
    stability: float
    conjugate: float = math.nan

    @property
    def rs_stable(self):
        """Whether the replica-symmetric solution is locally stable.

        Returns
        -------
        rs_stable : bool
            False where replica symmetry is broken.
        """
        return self.stability < 1


class TypicalFields:
    """Energetic term of the typical volume as a function of the overlap."""

    def __init__(self, n_hidden, alpha):
        self.n_hidden = n_hidden
        self.alpha = alpha
        self.fields = gaussian_fields(n_hidden)

    def slope(self, overlap):
        """``alpha E|grad log Phi|^2``, which is ``q / (1 - q)`` at the saddle."""
        B, factor = effective_scales(self.n_hidden, overlap)
        return self.alpha * factor * float(self.fields.volume_slope(math.sqrt(B)))

    def energy(self, overlap):
        """``alpha E log Phi``, its error, and the replicon number."""
        B, _ = effective_scales(self.n_hidden, overlap)
        numbers = map(float, self.fields.volume(math.sqrt(B)))
        log_phi, error, slope, diagonal, cross = numbers
        if self.n_hidden == math.inf:
            replicon = _infinite_replicon(overlap, slope, diagonal)
        else:
            K = self.n_hidden
            replicon = K * (diagonal + (K - 1) * cross)
        alpha = self.alpha
        return alpha * log_phi, alpha * error, alpha * replicon


def _infinite_replicon(overlap, slope, curvature):
    """Replicon of infinitely many units, from the majority's own field.

    With t = 2 H(a) - 1 the mean vote of a unit: a unit's own second derivative has
    mean square ``E[t''^2] E[L'^2] / K``, a pair's ``E[t'^2]^2 E[L''^2] / K^2``.
    """
    a = math.sqrt(overlap / (1 - overlap)) * Z_NODES
    density = np.exp(-(a**2)) / (2 * math.pi)
    first = float(Z_WEIGHTS @ (4 * density))
    second = float(Z_WEIGHTS @ (4 * a**2 * density))
    rest = 2 / math.pi * math.acos(overlap)
    return second * slope / rest + first**2 * curvature / rest**2


def spherical_volume(n_hidden, alpha):
    """Typical log-volume of spherical solutions; see :func:`solution_entropy`."""
    if alpha == 0:
        return SolutionEntropy(0.0, 0.0, 0.0, 0.0)
    fields = TypicalFields(n_hidden, alpha)

    def condition(log_b):
        B = math.exp(log_b)
        return log_b - math.log(fields.slope(B / (1 + B)))

    log_b = monotone_root(condition, math.log(alpha), *LOG_B_RANGE, 1.0, 1e-9)
    if log_b in LOG_B_RANGE:
        raise ValueError(
            f"alpha={alpha:g} is beyond the replica-symmetric capacity: the overlap "
            "of typical solutions has reached one."
        )
    B = math.exp(log_b)
    energy, error, replicon = fields.energy(B / (1 + B))
    entropy = -0.5 * math.log1p(B) + 0.5 * B + energy
    return SolutionEntropy(entropy, B / (1 + B), error, replicon)


def mean_square_tanh(conjugate):
    """``E tanh(sqrt(qh) z)^2``: overlap of binary weights under the field qh."""
    return float(Z_WEIGHTS @ np.tanh(math.sqrt(conjugate) * Z_NODES) ** 2)


def mean_log_cosh(conjugate):
    """``E ln 2cosh(sqrt(qh) z)``."""
    field = math.sqrt(conjugate) * Z_NODES
    return float(Z_WEIGHTS @ np.logaddexp(field, -field))


def spin_replicon(conjugate):
    """``E (1 - tanh^2)^2``: response of binary weights, the replicon's other half."""
    tanh = np.tanh(math.sqrt(conjugate) * Z_NODES)
    return float(Z_WEIGHTS @ (1 - tanh**2) ** 2)


def first_crossing(function, start, stop, step):
    """First root of a function that starts positive; None if there is none."""
    low = start
    while low < stop:
        high = min(low + step, stop)
        if function(high) < 0:
            return brentq(function, low, high, xtol=1e-11)
        low = high
    return None


def binary_entropy(n_hidden, alpha):
    """Entropy of binary solutions; see :func:`solution_entropy`."""
    if alpha == 0:
        return SolutionEntropy(math.log(2), 0.0, 0.0, 0.0, 0.0)
    fields = TypicalFields(n_hidden, alpha)

    def conjugate(overlap):
        return fields.slope(overlap) / (1 - overlap)

    def excess(overlap):
        return mean_square_tanh(conjugate(overlap)) - overlap

    overlap = first_crossing(excess, 1e-9, 0.95, 0.05)
    if overlap is None:
        raise ValueError(f"No replica-symmetric saddle at alpha={alpha:g}.")
    field = conjugate(overlap)
    energy, error, replicon = fields.energy(overlap)
    entropy = -0.5 * field * (1 - overlap) + mean_log_cosh(field) + energy
    stability = replicon * spin_replicon(field) / (1 - overlap) ** 2
    return SolutionEntropy(entropy, overlap, error, stability, field)
