"""Expectation propagation: units with a full Gaussian posterior, one site a pattern.

Nothing is assumed of the inputs: their correlations enter exactly, through each unit's
covariance. Approximated are the dependence between units and the posterior's shape.
"""

from dataclasses import dataclass

import numpy as np

from skwfm.inference.ep.cholesky import CholeskyUnits
from skwfm.inference.ep.correction import Fields, loop_correction
from skwfm.inference.ep.eigen import EigenUnits
from skwfm.inference.ep.geometry import span_inputs
from skwfm.inference.ep.signs import SignUnits

# A cavity needs a positive precision; this share of the posterior's counts as zero.
_LEAST_CAVITY = 1e-10
# The residual of a sweep with improper cavities is at least this.
_NO_CAVITY = 1.0
# Size of the random linear terms of the sites at a noisy start.
_NOISE = 0.02


@dataclass(frozen=True, eq=False)
class EPState:
    """Sites and multipliers, from which another run may start.

    Parameters
    ----------
    precision, linear : ndarray of shape (n_samples, n_hidden)
        Natural parameters of the sites ``exp(-precision x^2 / 2 + linear x)``.
    free_norm : ndarray of shape (1,) or (n_hidden,) or None
        Lambda times 1 - p^2, which changes little with the overlap p; None for +-1
        weights.
    signs : tuple of two ndarrays of shape (n_weights,) or None, default=None
        Sites of +-1 weights.
    """

    precision: np.ndarray
    linear: np.ndarray
    free_norm: np.ndarray | None
    signs: tuple | None = None


class EPEngine:
    """EP on one problem: holds the sites, sweeps, and gives the free entropy.

    Parameters
    ----------
    factors : Factors
        The patterns.
    sites : GaussianSites or SignSites
        The bound prior.
    state : EPState or None, default=None
        Where to start; by default at the prior.
    rng : numpy.random.Generator, default=None
        If given, a fresh start is noisy, which breaks symmetries.
    spans : list of Span or None, default=None
        What `span_inputs` returns, to compute it once for several runs.

    Attributes
    ----------
    field_variance : ndarray of shape (n_samples, n_hidden) or None
        Posterior variance of every unit's field at the last sweep.

    Raises
    ------
    ValueError
        If the state does not fit, or a unit sees nothing of a pattern.
    """

    method = "ep"
    field_variance = None

    def __init__(self, factors, sites, state=None, rng=None, spans=None):
        self.factors, self.sites = factors, sites
        self._precision, self._linear = np.zeros(
            (2, factors.n_samples, factors.n_hidden)
        )
        if state is not None:
            self._start_from(state)
        elif rng is not None:
            self._linear += _NOISE * rng.normal(size=self._linear.shape)
        self._answer = None
        if sites.is_binary:
            self._units = SignUnits(factors, sites, state and state.signs)
            return
        self._spans = span_inputs(factors) if spans is None else spans
        self._units = self._new_units(_units_for(sites))

    def _new_units(self, kind):
        return kind(self._spans, self.sites, self.factors.unit_slices)

    def _start_from(self, state):
        if state.precision.shape != self._precision.shape:
            raise ValueError(
                f"state has sites of shape {state.precision.shape}, the problem needs "
                f"{self._precision.shape}: warm starts need the same patterns and "
                "units."
            )
        if self.sites.is_binary != (state.signs is not None):
            raise ValueError(
                "state and prior must both have +-1 weights or both real ones: start "
                "from a posterior of the same kind."
            )
        self._precision, self._linear = state.precision.copy(), state.linear.copy()
        if self.sites.is_binary:
            return
        norm = self.sites.multipliers["norm"]
        if self.sites.fixed_norm is None and norm.shape == state.free_norm.shape:
            norm[:] = state.free_norm / self._free

    @property
    def _free(self):
        """Variance that the overlap leaves."""
        return 1 - (self.sites.overlap or 0.0) ** 2

    @property
    def state(self):
        """Sites and multipliers for a warm start."""
        sites = self._precision.copy(), self._linear.copy()
        if self.sites.is_binary:
            return EPState(*sites, free_norm=None, signs=self._units.state)
        return EPState(*sites, self.sites.multipliers["norm"] * self._free)

    @property
    def mean(self):
        """Flat means of the weights at the last sweep."""
        return self._units.weights()[0]

    def weights(self):
        """Give the marginals at the last sweep, NaN if the posterior is improper.

        Returns
        -------
        mean, variance : ndarray of shape (n_weights,)
            Flat.
        """
        try:
            if self._answer is None:  # interrupted or diverged within a sweep
                self._solve()
            return self._units.weights()
        except FloatingPointError:
            return np.full((2, self.factors.n_weights), np.nan)

    def spreads(self):
        """Give the covariance of each unit's weights at the last sweep.

        Returns
        -------
        spreads : list of n_hidden Spread or None
            None for +-1 weights, or if the posterior is improper.
        """
        if self.sites.is_binary:
            return None
        try:
            return self._units.spreads()
        except FloatingPointError:
            return None

    def sweep(self, damping):
        """Update every site as the last sweep told, then look at the patterns again.

        Parameters
        ----------
        damping : float
            Fraction of the old sites to keep.

        Returns
        -------
        residual : float
            Largest mismatch between the moments of the posterior's fields and those
            that the patterns demand: means in standard deviations, variances and the
            norm's constraint relatively; moments of +-1 weights as they are. Zero at a
            fixed point, whatever the damping.

        Raises
        ------
        FloatingPointError
            If the posterior is improper.
        """
        if self._answer is not None:
            self._move(damping)
        self._answer = None
        mean, variance = self._solve()
        self.field_variance = variance
        self._remove_sites(mean, variance)
        answer = self.factors.channel(*self._cavity)
        residual = max(self._mismatch(mean, variance, *answer[1:]), self._violation())
        self._answer = answer
        return residual

    def _solve(self):
        try:
            return self._units.solve(self._precision, self._linear)
        except FloatingPointError:
            if not isinstance(self._units, CholeskyUnits):
                raise
            self._units = self._new_units(EigenUnits)
            return self._units.solve(self._precision, self._linear)

    def _remove_sites(self, mean, variance):
        left = 1 - self._precision * variance
        self._has_cavity = left > _LEAST_CAVITY
        left = np.where(self._has_cavity, left, 1.0)
        self._cavity = (mean - variance * self._linear) / left, variance / left

    def _mismatch(self, mean, variance, g, gamma):
        cavity_mean, cavity_variance = self._cavity
        tilted_mean = cavity_mean + cavity_variance * g
        tilted_variance = cavity_variance * (1 - cavity_variance * gamma)
        by_mean = np.abs(tilted_mean - mean) / np.sqrt(variance)
        by_variance = np.abs(tilted_variance / variance - 1)
        return max(by_mean.max(), by_variance.max())

    def _violation(self):
        return self._units.violation if self._has_cavity.all() else _NO_CAVITY

    def _move(self, damping):
        mean, variance = self._cavity
        _, g, gamma = self._answer
        # Tilted precision minus cavity precision, and the same of the linear terms,
        # written so that nothing cancels.
        shrink = 1 - variance * gamma
        step = np.where(self._has_cavity, 1 - damping, 0.0)
        self._precision += step * (gamma / shrink - self._precision)
        self._linear += step * ((g + mean * gamma) / shrink - self._linear)
        if self.sites.is_binary:
            self._units.move(damping)
            # Weights' sites may be negative, and a cavity lost to them does not come
            # back unless the pattern's own site gives way.
            self._precision[~self._has_cavity] *= damping
            self._linear[~self._has_cavity] *= damping

    def log_evidence(self):
        """Give log Z of the expectation-propagation free entropy.

        Returns
        -------
        log_evidence : float
            At the last sweep; exact up to the square of the residual.
        """
        mean, variance = self._cavity
        stiffness = 1 + variance * self._precision
        exponent = 2 * mean * self._linear + variance * self._linear**2
        exponent -= mean**2 * self._precision
        counted = (exponent / stiffness - np.log(stiffness)) / 2
        return self._units.log_partition() + self._answer[0].sum() - counted.sum()

    def correction(self):
        """Estimate what `log_evidence` leaves out, to lowest orders.

        Returns
        -------
        correction, error : float
            In nats; NaN if the expansion has no meaning. See `loop_correction`.
        """
        mean, variance = self._cavity
        mean = self.field_variance * (mean / variance + self._linear)
        roots = self._units.field_roots()
        fields = Fields(mean, roots, self._precision, self._linear)
        return loop_correction(self.factors, fields)


def _units_for(sites):
    """The fast units, unless the prior has terms that they do not know."""
    has_constraints_only = sites.fixed_norm is None and not sites.field.any()
    return CholeskyUnits if has_constraints_only else EigenUnits
