"""Expectation propagation: units with a full Gaussian posterior, one site a pattern.

Nothing is assumed of the inputs: their correlations enter exactly, through each unit's
covariance. Approximated are the dependence between units and the posterior's shape.
"""

from dataclasses import dataclass

import numpy as np

from skwfm.inference.adaptive_damping import AdaptiveDamping
from skwfm.inference.cholesky_units import CholeskyUnits
from skwfm.inference.eigen_units import EigenUnits
from skwfm.inference.posterior import make_posterior
from skwfm.inference.spans import span_inputs

# Weight of a site's old parameters at the start: narrow minima on correlated inputs
# need this much, wide ones could do with less.
DAMPING = 0.7
# A cavity needs a positive precision; this share of the posterior's counts as zero.
_LEAST_CAVITY = 1e-10


@dataclass(frozen=True, eq=False)
class EPState:
    """Sites and multipliers, from which another run may start.

    Parameters
    ----------
    precision, linear : ndarray of shape (n_samples, n_hidden)
        Natural parameters of the sites ``exp(-precision x^2 / 2 + linear x)``.
    free_norm : ndarray of shape (1,) or (n_hidden,)
        Lambda times 1 - p^2, which changes little with the overlap p.
    """

    precision: np.ndarray
    linear: np.ndarray
    free_norm: np.ndarray


class ExpectationPropagation:
    """The messages of one run, a sweep at a time.

    Parameters
    ----------
    factors : Factors
        Patterns and machine.
    prior : SphericalPrior, ReferencePrior, GaussianPrior or Focusing of one of them
        What is known of the weights.
    state : EPState or None, default=None
        Where to start; by default at the prior.
    spans : list of Span or None, default=None
        What `span_inputs` returns, to compute it once for several runs.

    Attributes
    ----------
    precision, linear : ndarray of shape (n_samples, n_hidden)
        Natural parameters of the sites.
    n_improper : int
        Cavities of the last sweep that were no probability; their sites stayed.
    """

    def __init__(self, factors, prior, state=None, spans=None):
        self.factors = factors
        self.sites = prior.bind(factors)
        if self.sites.is_binary:
            raise ValueError(
                f"prior={prior!r} has +-1 weights, method='ep' needs real ones: use "
                "method='amp' or 'bp'."
            )
        shape = (factors.n_samples, factors.n_hidden)
        self.precision, self.linear = np.zeros(shape), np.zeros(shape)
        if state is not None:
            self._start_from(state)
        self._spans = span_inputs(factors) if spans is None else spans
        self.units = self._new_units(_units_for(self.sites))

    def _new_units(self, kind):
        return kind(self._spans, self.sites, self.factors.unit_slices)

    def _start_from(self, state):
        if state.precision.shape != self.precision.shape:
            raise ValueError(
                f"state has sites of shape {state.precision.shape}, the problem needs "
                f"{self.precision.shape}: warm starts need the same patterns and units."
            )
        self.precision, self.linear = state.precision.copy(), state.linear.copy()
        norm = state.free_norm / (1 - (self.sites.overlap or 0.0) ** 2)
        here = self.sites.multipliers["norm"]
        if self.sites.fixed_norm is None and norm.shape == here.shape:
            here[:] = norm

    @property
    def state(self):
        """The messages, for a warm start."""
        free_norm = self.sites.multipliers["norm"] * (
            1 - (self.sites.overlap or 0.0) ** 2
        )
        return EPState(self.precision.copy(), self.linear.copy(), free_norm)

    def sweep(self):
        """Update the posterior and what the patterns say of it.

        Returns
        -------
        residual : float
            Largest mismatch between the moments of the posterior's fields and those
            that the patterns demand: means in standard deviations, variances and the
            norm's constraint relatively. Zero at a fixed point, whatever the damping.

        Raises
        ------
        FloatingPointError
            If the posterior is improper.
        """
        self._mean, self._variance = self._solve()
        self._remove_sites()
        channel = self.factors.channel(self._cavity_mean, self._cavity_variance)
        self._log_z, self._g, self._gamma = channel
        self._shrink = 1 - self._cavity_variance * self._gamma
        if self.n_improper:
            return np.inf
        return max(self._mismatch(), self.units.violation)

    def _solve(self):
        try:
            return self.units.solve(self.precision, self.linear)
        except FloatingPointError:
            if isinstance(self.units, EigenUnits):
                raise
            self.units = self._new_units(EigenUnits)
            return self.units.solve(self.precision, self.linear)

    def _remove_sites(self):
        left = 1 - self.precision * self._variance
        self._has_cavity = left > _LEAST_CAVITY
        self.n_improper = int(np.sum(~self._has_cavity))
        left = np.where(self._has_cavity, left, 1.0)
        self._cavity_variance = self._variance / left
        self._cavity_mean = (self._mean - self._variance * self.linear) / left

    def _mismatch(self):
        tilted_mean = self._cavity_mean + self._cavity_variance * self._g
        tilted_variance = self._cavity_variance * self._shrink
        by_mean = np.abs(tilted_mean - self._mean) / np.sqrt(self._variance)
        by_variance = np.abs(tilted_variance / self._variance - 1)
        return max(by_mean.max(), by_variance.max())

    def move(self, damping):
        """Update the sites.

        Parameters
        ----------
        damping : float
            Weight of the old parameters, in [0, 1).
        """
        # Tilted precision minus cavity precision, and the same of the linear terms,
        # written so that nothing cancels.
        precision = self._gamma / self._shrink
        linear = (self._g + self._cavity_mean * self._gamma) / self._shrink
        step = np.where(self._has_cavity, 1 - damping, 0.0)
        self.precision += step * (precision - self.precision)
        self.linear += step * (linear - self.linear)

    def log_evidence(self):
        """Give log Z of the expectation-propagation free entropy.

        Returns
        -------
        log_evidence : float
            At the sites of the last sweep; exact where the posterior is Gaussian.
        """
        mean, variance, linear = self._cavity_mean, self._cavity_variance, self.linear
        stiffness = 1 + variance * self.precision
        exponent = 2 * mean * linear + variance * linear**2 - mean**2 * self.precision
        counted = (exponent / stiffness - np.log(stiffness)) / 2
        return self.units.log_partition() + self._log_z.sum() - counted.sum()


def _units_for(sites):
    """The fast units, unless the prior has terms that they do not know."""
    has_constraints_only = sites.fixed_norm is None and not sites.field.any()
    return CholeskyUnits if has_constraints_only else EigenUnits


def run(
    factors,
    prior,
    state=None,
    *,
    damping=DAMPING,
    tol=1e-6,
    max_sweeps=300,
    callback=None,
    spans=None,
):
    """Run expectation propagation to a fixed point.

    Parameters
    ----------
    factors : Factors
        Patterns and machine.
    prior : SphericalPrior, ReferencePrior, GaussianPrior or Focusing of one of them
        What is known of the weights.
    state : EPState or None, default=None
        Where to start; by default at the prior.
    damping : float, default=0.7
        Weight of the old sites at the start, in [0, 1); it adapts.
    tol : float, default=1e-6
        Largest residual of a fixed point, see `ExpectationPropagation.sweep`.
    max_sweeps : int, default=300
        Most sweeps.
    callback : callable or None, default=None
        Called as ``callback(sweep, residual)`` after every sweep; stops the run by
        returning True.
    spans : list of Span or None, default=None
        What `span_inputs` returns, to compute it once for several runs.

    Returns
    -------
    posterior : Posterior
        Marginals and log-evidence. A keyboard interrupt ends the run, too, and leaves
        what was reached.

    Raises
    ------
    ValueError
        If the prior has +-1 weights or the state does not fit the patterns.
    """
    engine = ExpectationPropagation(factors, prior, state, spans)
    residuals = []
    status = _iterate(
        engine, AdaptiveDamping(damping), residuals, tol, max_sweeps, callback
    )
    mean, variance = _weights(engine, status)
    return make_posterior(
        factors, engine.sites, mean, variance,
        log_evidence=engine.log_evidence, method="ep", status=status,
        n_iter=len(residuals), residuals=residuals, state=engine.state,
    )  # fmt: skip


def _iterate(engine, damping, residuals, tol, max_sweeps, callback):
    try:
        while len(residuals) < max_sweeps:
            residuals.append(engine.sweep())
            if callback is not None and callback(len(residuals), residuals[-1]):
                return "converged" if residuals[-1] < tol else "stopped"
            if residuals[-1] < tol:
                return "converged"
            if np.isnan(residuals[-1]):
                return "diverged"
            engine.move(damping.after(residuals[-1]))
    except FloatingPointError:
        return "diverged"
    except KeyboardInterrupt:
        return "interrupted"
    return "max_sweeps"


def _weights(engine, status):
    """Marginals of the weights, NaN if there are none."""
    try:
        if status in ("interrupted", "max_sweeps"):  # the units may lag the sites
            engine.sweep()
        return engine.units.weights()
    except (FloatingPointError, AttributeError):
        return np.full((2, engine.factors.n_weights), np.nan)
