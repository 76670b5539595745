"""Typical volumes: log-volume of the solutions of random patterns, replica symmetric.

Spherical weights, per weight:

    ln V = min_q { ln(1-q)/2 + q/(2(1-q)) + alpha E log Phi(sqrt(q/(1-q)) v) }.

Binary weights:

    S = extr { -qh(1-q)/2 + E ln 2cosh(sqrt(qh) z) + alpha E log Phi }.

At inverse temperature beta, Phi becomes ``e^-beta + (1 - e^-beta) Phi``; the extremum
is then the free entropy ``log Z / N``, and S follows by ``S = log Z / N + beta E / N``
with E the expected number of errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from skwfm.theory.numerics.field_averages import gaussian_fields
from skwfm.theory.numerics.gaussian import GAUSS_RANGE, composite_rule
from skwfm.theory.numerics.parity_pair import ParityPair
from skwfm.theory.wide_minima import effective_scales, monotone_root

LOG_B_RANGE = (-40.0, 12.0)
"""Range of log q/(1-q) searched; the upper end is 6e-6 from overlap one."""

MAX_EXPONENT = 700.0
"""Beyond it ``exp`` overflows; an error at that inverse temperature never happens."""

SMALLEST_OVERLAP, LARGEST_OVERLAP = 1e-9, 1 - 1e-5
"""Overlaps of binary weights between which the saddle is looked for."""

SPIN_RANGE = 20.0
"""Beyond this field a binary weight is frozen: ``1 - tanh`` is below 1e-17."""

UNIT_NODES, UNIT_WEIGHTS = composite_rule(np.linspace(0.0, 1.0, 25), 10)
"""Rule on [0, 1] that is stretched over the fields at which a weight is not frozen."""


@dataclass(frozen=True)
class SolutionEntropy:
    """Log-volume (or log-number) of the solutions, per weight.

    At a finite inverse temperature: of the weights that typically contribute, which
    make ``expected_error_rate`` errors per pattern.

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
    log_volume : float
        Log of the mean of ``exp(-beta_ne * errors)`` over all weights, per weight:
        ``entropy - beta_ne * alpha * expected_error_rate``, less the prior's
        ``log 2`` if weights are binary. At ``beta_ne=inf`` the log of the fraction of
        weights that are solutions.
    expected_error_rate : float
        Errors per pattern; zero for solutions (``beta_ne=inf``).
    """

    entropy: float
    overlap: float
    error: float
    stability: float
    conjugate: float = math.nan
    log_volume: float = math.nan
    expected_error_rate: float = 0.0

    @property
    def rs_stable(self) -> bool:
        """Whether the replica-symmetric solution is locally stable.

        Returns
        -------
        rs_stable : bool
            False where replica symmetry is broken.
        """
        return self.stability < 1


@dataclass(frozen=True)
class _Energy:
    """What the patterns contribute at the saddle."""

    log_weight: float
    entropy: float
    error: float
    replicon: float
    error_rate: float


class TypicalFields:
    """Energetic term of the typical volume as a function of the overlap."""

    def __init__(self, n_hidden, alpha, beta_ne=math.inf, parity=False):
        self.n_hidden = n_hidden
        self.alpha = alpha
        self.beta_ne = beta_ne
        # Parity machines of more units have no other overlap than zero.
        self.fields = (
            ParityPair(beta_ne)
            if parity and n_hidden == 2
            else gaussian_fields(n_hidden, beta_ne)
        )

    def slope(self, overlap):
        """``alpha E|grad log Phi|^2``, which is ``q / (1 - q)`` at the saddle."""
        B, factor = effective_scales(self.n_hidden, overlap)
        return self.alpha * factor * float(self.fields.volume_slope(math.sqrt(B)))

    def energy(self, overlap):
        """``alpha E log Phi``, with its error, the replicon number and error rate."""
        B, _ = effective_scales(self.n_hidden, overlap)
        numbers = map(float, self.fields.volume(math.sqrt(B)))
        log_phi, error, slope, diagonal, cross, wrong, wrong_error = numbers
        if self.n_hidden == math.inf:
            replicon = _infinite_replicon(overlap, slope, diagonal)
        else:
            K = self.n_hidden
            replicon = K * (diagonal + (K - 1) * cross)
        alpha, entropy = self.alpha, self.alpha * log_phi
        if self.beta_ne < math.inf:
            entropy += alpha * self.beta_ne * wrong
            error += self.beta_ne * wrong_error
        return _Energy(alpha * log_phi, entropy, alpha * error, alpha * replicon, wrong)


def _infinite_replicon(overlap, slope, curvature):
    """Replicon of infinitely many units, from the majority's own field.

    With t = 2 H(a) - 1 the mean vote of a unit: a unit's own second derivative has
    mean square ``E[t''^2] E[L'^2] / K``, a pair's ``E[t'^2]^2 E[L''^2] / K^2``.
    """
    B = overlap / (1 - overlap)
    first = 2 / math.pi / math.sqrt(1 + 2 * B)
    second = first * B / (1 + 2 * B)
    rest = 2 / math.pi * math.acos(overlap)
    return second * slope / rest + first**2 * curvature / rest**2


def coin_flip_error(beta_ne):
    """Error rate where half of the weights are right on a pattern, ``1/(1+e^beta)``."""
    return 1 / (1 + math.exp(beta_ne)) if beta_ne < MAX_EXPONENT else 0.0


def uninformed_volume(beta_ne, prior=math.nan):
    """Result where there are no patterns, or errors cost nothing.

    All weights count, and half of them are right on any one pattern.
    """
    spherical = math.isnan(prior)
    return SolutionEntropy(
        entropy=0.0 if spherical else prior,
        overlap=0.0,
        error=0.0,
        stability=0.0,
        conjugate=math.nan if spherical else 0.0,
        log_volume=0.0,
        expected_error_rate=coin_flip_error(beta_ne),
    )


def spherical_volume(n_hidden, alpha, beta_ne=math.inf, parity=False):
    """Typical log-volume of spherical solutions; see :func:`solution_entropy`."""
    if alpha == 0 or beta_ne == 0:
        return uninformed_volume(beta_ne)
    fields = TypicalFields(n_hidden, alpha, beta_ne, parity)

    def condition(log_b):
        B = math.exp(log_b)
        return log_b - math.log(fields.slope(B / (1 + B)))

    log_b = monotone_root(condition, math.log(alpha), *LOG_B_RANGE, 1.0, 1e-9)
    if log_b == LOG_B_RANGE[1]:
        raise ValueError(_at_overlap_one(alpha, beta_ne))
    B = math.exp(log_b)
    energy = fields.energy(B / (1 + B))
    prior = -0.5 * math.log1p(B) + 0.5 * B
    return SolutionEntropy(
        entropy=prior + energy.entropy,
        overlap=B / (1 + B),
        error=energy.error,
        stability=energy.replicon,
        log_volume=prior + energy.log_weight,
        expected_error_rate=energy.error_rate,
    )


def _at_overlap_one(alpha, beta_ne):
    """Message for a saddle that has run into overlap one."""
    if beta_ne == math.inf:
        return (
            f"alpha={alpha:g} is beyond the replica-symmetric capacity: the overlap "
            "of typical solutions has reached one."
        )
    return (
        f"The overlap of typical weights is one within {math.exp(-LOG_B_RANGE[1]):.0e} "
        f"at alpha={alpha:g}, beta_ne={beta_ne:g}: too cold to resolve. Lower beta_ne."
    )


def _unfrozen(conjugate):
    """Rule over the field ``u = sqrt(qh) |z|`` of functions that vanish for large u.

    As q -> 1 the few weights that are not frozen have fields of order one among
    fields of order sqrt(qh). The nodes follow them, so that ``1 - q`` keeps its
    relative precision where a fixed rule in z steps over them.
    """
    spread = math.sqrt(conjugate)
    limit = min(GAUSS_RANGE, SPIN_RANGE / max(spread, 1.0))
    z = limit * UNIT_NODES
    density = np.exp(-0.5 * z**2) * math.sqrt(2 / math.pi)
    return spread * z, limit * UNIT_WEIGHTS * density


def mean_square_sech(conjugate):
    """``1 - q = E sech(sqrt(qh) z)^2`` of binary weights under the field qh."""
    u, weights = _unfrozen(conjugate)
    return float(weights @ np.cosh(u) ** -2)


def mean_log_cosh(conjugate):
    """``E ln 2cosh(sqrt(qh) z)``, the mean of ``|field|`` in closed form."""
    u, weights = _unfrozen(conjugate)
    return math.sqrt(2 * conjugate / math.pi) + float(
        weights @ np.log1p(np.exp(-2 * u))
    )


def spin_entropy(conjugate):
    """Entropy of binary weights in the field qh, ``E[ln 2cosh u - u tanh u]``."""
    u, weights = _unfrozen(conjugate)
    rare = np.exp(-2 * u)
    return float(weights @ (np.log1p(rare) + 2 * u * rare / (1 + rare)))


def spin_replicon(conjugate):
    """``E (1 - tanh^2)^2``: response of binary weights, the replicon's other half."""
    u, weights = _unfrozen(conjugate)
    return float(weights @ np.cosh(u) ** -4)


def first_crossing(function, start, stop, step):
    """First root of a function that starts positive; None if there is none."""
    low = start
    while low < stop:
        high = min(low + step, stop)
        if function(high) < 0:
            return brentq(function, low, high, xtol=1e-11)
        low = high
    return None


def binary_entropy(n_hidden, alpha, beta_ne=math.inf, parity=False):
    """Entropy of binary solutions; see :func:`solution_entropy`."""
    if alpha == 0 or beta_ne == 0:
        return uninformed_volume(beta_ne, prior=math.log(2))
    fields = TypicalFields(n_hidden, alpha, beta_ne, parity)

    def conjugate(overlap):
        return fields.slope(overlap) / (1 - overlap)

    def excess(overlap):
        return 1 - overlap - mean_square_sech(conjugate(overlap))

    overlap = _binary_overlap(excess, beta_ne)
    if overlap is None:
        remedy = "" if beta_ne == math.inf else f", beta_ne={beta_ne:g}: lower beta_ne"
        raise ValueError(f"No replica-symmetric saddle at alpha={alpha:g}{remedy}.")
    field = conjugate(overlap)
    energy = fields.energy(overlap)
    prior = -0.5 * field * (1 - overlap) + mean_log_cosh(field)
    return SolutionEntropy(
        entropy=prior + energy.entropy,
        overlap=overlap,
        error=energy.error,
        stability=energy.replicon * spin_replicon(field) / (1 - overlap) ** 2,
        conjugate=field,
        log_volume=prior + energy.log_weight - math.log(2),
        expected_error_rate=energy.error_rate,
    )


def _binary_overlap(excess, beta_ne):
    """First overlap that reproduces itself; None if there is none."""
    if excess(SMALLEST_OVERLAP) < 0:
        # High temperature. The free entropy is stationary: the overlap enters squared.
        return SMALLEST_OVERLAP
    stop = 0.95 if beta_ne == math.inf else LARGEST_OVERLAP
    return first_crossing(excess, SMALLEST_OVERLAP, stop, 0.05)
