"""Averages over the Gaussian fields of the hidden units.

One class per way of integrating, all with the same methods. ``slope`` is cheap and
drives root finding; ``envelope`` and ``volume`` are refined and come with an error.
"""

import math

import numpy as np

from skwfm.theory.numerics.field_extremum import average_envelope
from skwfm.theory.numerics.gaussian import (
    gaussian_rule,
    graded_edges,
    lattice_rule,
    ordered_triple_rule,
)
from skwfm.theory.numerics.majority import average_log_majority
from skwfm.theory.numerics.three_units import average_ordered_envelope

N_SHIFTS = 8
"""Independent randomisations of the lattice, for the error bar."""

N_SLOPE = 2
"""Randomisations used to find A, whose error enters the entropy squared."""

LOG2_POINTS = 11
"""Base-2 logarithm of the lattice points per randomisation."""

LATTICE_SEED = 20191223


RARE_ERRORS = 1e4
"""Multiplier above which the triple rule takes one more node per panel."""


def margin(A):
    """Margin beyond which errors cost less than moving, for multiplier A."""
    return math.sqrt(2.0 * math.log1p(max(A, 0.0)))


class SingleField:
    """One hidden unit: composite Gauss-Legendre, narrow where the integrand bends."""

    orders = (8, 12)

    def _rule(self, scale, A, order):
        width = min(1.0, 0.5 / scale)
        edges = graded_edges([0.0, -margin(A) / scale], width)
        nodes, weights = gaussian_rule(edges, order)
        return nodes[:, None], weights

    def slope(self, scale, A):
        """``(1 + A)^2 E|grad log Phi|^2`` at the inner extremum."""
        return average_envelope(*self._rule(scale, A, self.orders[0]), scale, A)[1]

    def envelope(self, scale, A):
        """Average of the inner extremum, its error and the mass that failed."""
        coarse, fine = (
            average_envelope(*self._rule(scale, A, order), scale, A)
            for order in self.orders
        )
        return fine[0], abs(fine[0] - coarse[0]), fine[2]

    def volume(self, scale):
        """``E[log Phi]`` with error, slope, and mean squares of the Hessian."""
        coarse, fine = (
            average_log_majority(*self._rule(scale, 0.0, order), scale)
            for order in self.orders
        )
        return fine[0], abs(fine[0] - coarse[0]), *fine[1:]

    def volume_slope(self, scale):
        """``E|grad log Phi|^2``, quickly."""
        rule = self._rule(scale, 0.0, self.orders[0])
        return average_log_majority(*rule, scale)[1]


class TripleField:
    """Three hidden units: nested rules on the ordered fields."""

    orders = (4, 5, 6)
    volume_orders = (5, 7)
    reach = 7.0

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
        return fine[0], abs(fine[0] - coarse[0]), fine[2]

    def volume(self, scale):
        """``E[log Phi]`` with error, slope, and mean squares of the Hessian."""
        coarse, fine = (self._volume(scale, order) for order in self.volume_orders)
        return fine[0], abs(fine[0] - coarse[0]), *fine[1:]

    def _volume(self, scale, order):
        edges = self._edges(scale, 0.0)
        if scale > 1.5:
            near = np.array([1.0, 4.0]) / scale
            edges = np.unique(np.concatenate([edges, near, -near]))
        return average_log_majority(*ordered_triple_rule(edges, order), scale)

    def volume_slope(self, scale):
        """``E|grad log Phi|^2``, quickly."""
        return self._volume(scale, self.volume_orders[0])[1]


class SampledField:
    """Five or more hidden units: randomised low-discrepancy points, error bars."""

    def __init__(self, n_hidden):
        seeds = np.random.SeedSequence(LATTICE_SEED).spawn(N_SHIFTS)
        self._rules = [lattice_rule(n_hidden, LOG2_POINTS, seed) for seed in seeds]

    def _mean(self, samples):
        samples = np.array(samples, dtype=float)
        error = samples[:, 0].std(ddof=1) / math.sqrt(len(samples))
        return samples.mean(axis=0), error

    def slope(self, scale, A):
        """``(1 + A)^2 E|grad log Phi|^2`` at the inner extremum."""
        rules = self._rules[:N_SLOPE]
        samples = [average_envelope(*rule, scale, A) for rule in rules]
        return self._mean(samples)[0][1]

    def envelope(self, scale, A):
        """Average of the inner extremum, its standard error, mass that failed."""
        samples = [average_envelope(*rule, scale, A) for rule in self._rules]
        mean, error = self._mean(samples)
        return mean[0], error, mean[2]

    def volume(self, scale):
        """``E[log Phi]`` with standard error, slope, mean squares of the Hessian."""
        samples = [average_log_majority(*rule, scale) for rule in self._rules]
        mean, error = self._mean(samples)
        return mean[0], error, *mean[1:]

    def volume_slope(self, scale):
        """``E|grad log Phi|^2``, on all points."""
        return self.volume(scale)[2]


def gaussian_fields(n_hidden):
    """Averages over the fields of ``n_hidden`` units (one field if infinite)."""
    if n_hidden in (1, math.inf):
        return SingleField()
    return TripleField() if n_hidden == 3 else SampledField(n_hidden)
