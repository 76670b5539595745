"""Averages over the Gaussian fields of the hidden units.

One class per way of integrating, all with the same methods. ``slope`` is cheap and
drives root finding; ``envelope`` and ``volume`` are refined and come with an error.

``beta_ne`` is the inverse temperature of the patterns. A finite one bends the
integrands at one more place, where an error costs as much as mending it.
"""

import math

import numpy as np

from skwfm.theory.numerics.field_extremum import average_envelope
from skwfm.theory.numerics.gaussian import (
    gaussian_rule,
    graded_edges,
    lattice_rule,
    ordered_triple_rule,
    with_edge,
)
from skwfm.theory.numerics.majority import average_log_majority
from skwfm.theory.numerics.mended_field import steepest_field
from skwfm.theory.numerics.three_units import average_ordered_envelope

N_SHIFTS = 8
"""Independent randomisations of the lattice, for the error bar."""

N_SLOPE = 2
"""Randomisations used to find A, whose error enters the entropy squared."""

LOG2_POINTS = 11
"""Base-2 logarithm of the lattice points per randomisation."""

LATTICE_SEED = 20191223

MAX_RAMP_PANEL = 0.5
"""Widest panel of the triple rule where the log weight falls towards ``-beta_ne``."""

STEEP_OFFSETS = np.concatenate([-(0.5 ** np.arange(1, 8)), [0], 0.5 ** np.arange(1, 8)])
"""Edges around the field where the extremum jumps, in units of the narrowest panel."""

RARE_ERRORS = 1e4
"""Multiplier above which the triple rule takes one more node per panel."""


def margin(A):
    """Margin beyond which errors cost less than moving, for multiplier A."""
    return math.sqrt(2.0 * math.log1p(max(A, 0.0)))


def break_even_field(beta_ne):
    """Field at which a right answer is as improbable as an error is costly.

    ``log H(x)`` is about ``-x^2 / 2``; beyond the field x where it passes
    ``-beta_ne`` the weight of a pattern is that of an error, and constant.
    """
    return math.sqrt(2.0 * beta_ne)


def refined_volume(coarse, fine):
    """Averages of the finer rule, with the change under refinement as their error.

    Parameters
    ----------
    coarse, fine : tuple of float
        Results of `average_log_majority`.

    Returns
    -------
    log_weight, log_weight_error, slope, diagonal, off_diagonal, wrong, wrong_error
    """
    log_weight_error, wrong_error = abs(fine[0] - coarse[0]), abs(fine[4] - coarse[4])
    return fine[0], log_weight_error, *fine[1:], wrong_error


class SingleField:
    """One hidden unit: composite Gauss-Legendre, narrow where the integrand bends."""

    orders = (8, 12)
    soft_orders = (16, 24)

    def __init__(self, beta_ne=math.inf):
        self.beta_ne = beta_ne
        if beta_ne < math.inf:
            # The extremum is steep where it is about to jump: near a critical A.
            self.orders = self.soft_orders

    def _rule(self, scale, A, order):
        width = min(1.0, 0.5 / scale)
        bends = [0.0, -margin(A) / scale]
        if self.beta_ne < math.inf:
            # The weight goes over into the constant within the inverse of that field.
            width = min(width, 2.0 / scale / max(break_even_field(self.beta_ne), 1.0))
            bends.append(break_even_field(self.beta_ne * (1 + max(A, 0.0))) / scale)
        edges = graded_edges(bends, width)
        if A > 0 and self.beta_ne < math.inf:
            # It jumps there, and is the steeper the nearer A is to the first jump.
            steepest = steepest_field(A, self.beta_ne) / scale
            for offset in STEEP_OFFSETS * min(width, 1.0):
                edges = with_edge(edges, steepest + offset)
        nodes, weights = gaussian_rule(edges, order)
        return nodes[:, None], weights

    def _envelope(self, scale, A, order):
        rule = self._rule(scale, A, order)
        return average_envelope(*rule, scale, A, self.beta_ne)

    def slope(self, scale, A):
        """``(1 + A)^2 E|grad log Phi|^2`` at the inner extremum."""
        return self._envelope(scale, A, self.orders[0])[1]

    def envelope(self, scale, A):
        """Average of the inner extremum, its error, the mass that failed, errors."""
        coarse, fine = (self._envelope(scale, A, order) for order in self.orders)
        return fine[0], abs(fine[0] - coarse[0]), *fine[2:]

    def _volume(self, scale, order):
        rule = self._rule(scale, 0.0, order)
        return average_log_majority(*rule, scale, self.beta_ne)

    def volume(self, scale):
        """``E[log Phi]`` and its companions, with errors; see `refined_volume`."""
        return refined_volume(*(self._volume(scale, order) for order in self.orders))

    def volume_slope(self, scale):
        """``E|grad log Phi|^2``, quickly."""
        return self._volume(scale, self.orders[0])[1]


class TripleField:
    """Three hidden units: nested rules on the ordered fields."""

    orders = (4, 5, 6)
    volume_orders = (5, 7)
    reach = 7.0

    def __init__(self, beta_ne=math.inf):
        self.beta_ne = beta_ne

    def _edges(self, scale, A):
        outer = [1.7, 3.5, self.reach]
        edges = [-x for x in outer] + [0.0] + outer
        bend = margin(A) / scale
        if A > 1.0 and bend < self.reach:
            edges.append(-bend)
        return np.array(sorted(edges))

    def _average(self, scale, A, order):
        x, w = np.polynomial.legendre.leggauss(order)
        return average_ordered_envelope(self._edges(scale, A), x, w, scale, A)

    def slope(self, scale, A):
        """``(1 + A)^2 E|grad log Phi|^2`` at the inner extremum."""
        return self._average(scale, A, self.orders[0])[1]

    def envelope(self, scale, A):
        """Average of the inner extremum, its error and the mass that failed."""
        # Where errors are rare the value is a sharp function of the quadrature.
        raised = int(A > RARE_ERRORS)
        coarse = self._average(scale, A, self.orders[1] + raised)
        fine = self._average(scale, A, self.orders[2] + raised)
        return fine[0], abs(fine[0] - coarse[0]), fine[2], 0.0

    def volume(self, scale):
        """``E[log Phi]`` and its companions, with errors; see `refined_volume`."""
        return refined_volume(
            *(self._volume(scale, order) for order in self.volume_orders)
        )

    def _volume(self, scale, order):
        edges = self._edges(scale, 0.0)
        if scale > 1.5:
            near = np.array([1.0, 4.0]) / scale
            edges = np.unique(np.concatenate([edges, near, -near]))
        if self.beta_ne < math.inf:
            edges = self._edges_to_break_even(edges, scale)
        rule = ordered_triple_rule(edges, order)
        return average_log_majority(*rule, scale, self.beta_ne)

    def _edges_to_break_even(self, edges, scale):
        """More edges between zero and where errors are accepted.

        Units mended together meet that limit on a circle, which no edges follow: panels
        on its radius must be narrow.
        """
        bend = break_even_field(self.beta_ne) / scale
        n_panels = math.ceil(bend / MAX_RAMP_PANEL) + 1
        for position in np.linspace(0, 1.5 * bend, n_panels + n_panels // 2 + 1):
            edges = with_edge(edges, position)
        return edges

    def volume_slope(self, scale):
        """``E|grad log Phi|^2``, quickly."""
        return self._volume(scale, self.volume_orders[0])[1]


class SampledField:
    """Five or more hidden units: randomised low-discrepancy points, error bars."""

    def __init__(self, n_hidden, beta_ne=math.inf):
        self.beta_ne = beta_ne
        seeds = np.random.SeedSequence(LATTICE_SEED).spawn(N_SHIFTS)
        self._rules = [lattice_rule(n_hidden, LOG2_POINTS, seed) for seed in seeds]

    def _mean(self, samples):
        """Means over the randomisations, and their standard errors."""
        samples = np.array(samples, dtype=float)
        errors = [column.std(ddof=1) / math.sqrt(len(samples)) for column in samples.T]
        return samples.mean(axis=0), errors

    def slope(self, scale, A):
        """``(1 + A)^2 E|grad log Phi|^2`` at the inner extremum."""
        rules = self._rules[:N_SLOPE]
        samples = [average_envelope(*rule, scale, A, self.beta_ne) for rule in rules]
        return self._mean(samples)[0][1]

    def envelope(self, scale, A):
        """Average of the inner extremum, standard error, mass that failed, errors."""
        samples = [
            average_envelope(*rule, scale, A, self.beta_ne) for rule in self._rules
        ]
        mean, error = self._mean(samples)
        return mean[0], error[0], *mean[2:]

    def volume(self, scale):
        """``E[log Phi]`` and its companions, with standard errors."""
        samples = [
            average_log_majority(*rule, scale, self.beta_ne) for rule in self._rules
        ]
        mean, error = self._mean(samples)
        return mean[0], error[0], *mean[1:], error[4]

    def volume_slope(self, scale):
        """``E|grad log Phi|^2``, on all points."""
        return self.volume(scale)[2]


def gaussian_fields(n_hidden, beta_ne=math.inf):
    """Averages over the fields of ``n_hidden`` units (one field if infinite)."""
    if n_hidden in (1, math.inf):
        return SingleField(beta_ne)
    if n_hidden == 3:
        return TripleField(beta_ne)
    return SampledField(n_hidden, beta_ne)


def gaussian_extrema(n_hidden, beta_ne=math.inf):
    """Averages of the inner extremum over the fields of ``n_hidden`` units.

    Three units whose patterns may be given up are sampled: the extremum jumps where
    the two easiest fields meet a circle, which the nested rule has no edge for.
    """
    if n_hidden == 3 and beta_ne < math.inf:
        return SampledField(n_hidden, beta_ne)
    return gaussian_fields(n_hidden, beta_ne)
