"""Expectation propagation: one site per pattern and unit, a full covariance per unit.

Nothing is assumed of the inputs: their correlations enter exactly, through each unit's
covariance. The dependence between units and the posterior's shape are approximated.
"""

import numpy as np

from skwfm.inference.engines import damping as rules
from skwfm.inference.engines.base import Engine
from skwfm.inference.ep.acceleration import Anderson
from skwfm.inference.ep.cholesky import CholeskyUnits
from skwfm.inference.ep.correction import Fields, loop_correction
from skwfm.inference.ep.eigen import EigenUnits
from skwfm.inference.ep.geometry import span_inputs
from skwfm.inference.ep.state import EPState, start_noise
from skwfm.inference.ep.weight_sites import WeightSiteUnits
from skwfm.inference.priors.gaussian import BoundGaussian
from skwfm.inference.ties import tie_thresholds

# A cavity needs a positive precision; below this share of the posterior's it has none.
_MIN_CAVITY_SHARE = 1e-10
# The residual of a sweep with improper cavities is at least this.
_IMPROPER_RESIDUAL = 1.0
# A step that leaves no proper posterior is undone and shortened to this fraction, so
# many times before the run counts as diverged.
_SHORTER, _MOST_RETRIES = 0.25, 6
_UNDONE = ("_precision", "_linear", "_is_new", "_cavity", "_has_cavity",
    "_channel_output")  # fmt: skip
# Steps are accelerated below this residual: nearer to the fixed point they follow each
# other regularly.
_NEAR = 0.3


class EPEngine(Engine):
    """EP on one problem.

    Parameters
    ----------
    factors, prior, state, rng : object
        See `Engine`.
    spans : list of Span or None, default=None
        What `span_inputs` returns, to compute it once for several runs.
    corrected : bool, default=False
        Whether to add to log Z what patterns have in common that sites do not see, see
        `loop_correction`. Marginals stay those of expectation propagation, and are then
        no longer exact derivatives of log Z.
    keep_covariance : bool, default=False
        Whether the result holds the covariance of each unit's real weights: some
        megabytes a unit.
    starts_near : bool, default=False
        Whether `state` is near the fixed point, so that damping may fall with the
        residual at finite temperature, too. Coupled replicas keep theirs.

    Attributes
    ----------
    field_variance : ndarray of shape (n_samples, n_hidden) or None
        Posterior variance of every unit's field at the last sweep.

    Raises
    ------
    ValueError
        If the state does not fit, a unit sees nothing of a pattern, or the correction
        is asked for a prior that is not Gaussian.
    """

    name = "ep"
    options = ("spans", "corrected", "keep_covariance", "starts_near")
    # Narrow minima on correlated inputs need this much damping.
    first_damping, first_damping_focused = 0.7, 0.8
    field_variance = None

    def __init__(
        self,
        factors,
        prior,
        state=None,
        rng=None,
        *,
        spans=None,
        corrected=False,
        keep_covariance=False,
        starts_near=False,
    ):
        super().__init__(factors, prior)
        self._thresholds = tie_thresholds(factors, prior)
        self._acceleration = Anderson()
        self._is_gaussian = isinstance(prior, BoundGaussian)
        if corrected and not self._is_gaussian:
            raise ValueError(
                "corrected=True needs a Gaussian prior, it is not available for +-1 "
                "weights: pass corrected=False."
            )
        self.corrected, self._keep_covariance = corrected, keep_covariance
        self._starts_near = starts_near and prior.has_evidence
        shape = 2, factors.n_samples, factors.n_hidden
        self._precision, self._linear = np.zeros(shape)
        self._is_new = factors.is_soft and state is None
        if state is not None:
            self._start_from(state)
        elif rng is not None:
            is_spread = self._is_new and not prior.has_evidence
            self._linear += start_noise(rng, factors, is_spread)
        self._channel_output = self._cavity = None
        self._is_solved, self._residual = False, 0.0
        n_alike = factors.n_hidden if factors.is_soft else 1
        self._joint_damping = rules.joint_damping(n_alike)
        if self._is_gaussian:
            self._spans = span_inputs(factors) if spans is None else spans
            kind = CholeskyUnits if CholeskyUnits.can_hold(prior) else EigenUnits
            self._units = self._new_units(kind)
        else:
            weight_sites = None if state is None else state.weight_sites
            self._units = WeightSiteUnits(factors, prior, weight_sites)

    @property
    def adaptive_damping(self):
        return rules.rule_of_sites(self.factors.is_soft, self._starts_near)

    @property
    def has_combined_steps(self):
        """Whether the last step was accelerated: it says nothing of the damping."""
        return self._acceleration.has_combined

    def _start_damping(self):
        return max(super()._start_damping(), self._joint_damping)

    def _new_units(self, kind):
        return kind(self._spans, self.prior, self.factors.unit_slices)

    def _start_from(self, state):
        if state.precision.shape != self._precision.shape:
            raise ValueError(
                f"state has sites of shape {state.precision.shape}, the problem needs "
                f"{self._precision.shape}: warm starts need the same patterns and "
                "units."
            )
        if self._is_gaussian != (state.weight_sites is None):
            raise ValueError(
                "state and prior must both have +-1 weights or both real ones: start "
                "from a posterior of the same kind."
            )
        self._precision, self._linear = state.precision.copy(), state.linear.copy()
        if not self._is_gaussian:
            return
        norm = self.prior.multipliers["norm"]
        if self.prior.fixed_norm is None and norm.shape == state.free_norm.shape:
            norm[:] = state.free_norm / self._free_variance

    @property
    def _free_variance(self):
        """Variance that the overlap leaves."""
        return 1 - (self.prior.overlap or 0.0) ** 2

    @property
    def state(self):
        sites = self._precision.copy(), self._linear.copy()
        if not self._is_gaussian:
            return EPState(*sites, None, self._units.weight_sites)
        return EPState(*sites, self.prior.multipliers["norm"] * self._free_variance)

    def weights(self):
        # NaN if the posterior is improper.
        try:
            if self._channel_output is None:  # interrupted or diverged within a sweep
                self._solve()
            return self._units.weights()
        except FloatingPointError:
            return np.full((2, self.factors.n_weights), np.nan)

    def spreads(self):
        if not (self._keep_covariance and self._is_solved):
            return None
        return self._units.spreads()

    def sweep(self, damping):
        """Damp the sites towards the tilted moments, then recompute these.

        Parameters
        ----------
        damping : float
            Fraction of the old sites to keep.

        Returns
        -------
        residual : float
            Largest mismatch between the moments of the posterior's fields and those
            that the patterns demand: means in standard deviations, variances and the
            norm's constraint relatively; moments of weights with own sites as they are.
            Zero at a fixed point, whatever the damping.

        Raises
        ------
        FloatingPointError
            If the posterior is improper.
        """
        if self._channel_output is None:
            return self._evaluate()
        if not self._is_gaussian:
            self._move(damping)
            return self._evaluate()
        return self._step(damping)

    def _step(self, damping):
        """Move and evaluate; undo and shorten a step that leaves no posterior."""
        before = {name: getattr(self, name) for name in _UNDONE}
        multipliers = {k: v.copy() for k, v in self.prior.multipliers.items()}
        for _ in range(_MOST_RETRIES):
            try:
                self._precision = self._precision.copy()
                self._linear = self._linear.copy()
                self._move(damping)
                return self._evaluate()
            except FloatingPointError as error:
                failure = error
                self._acceleration.forget()
                vars(self).update(before)
                for name, values in multipliers.items():
                    self.prior.multipliers[name][:] = values
                damping = 1 - _SHORTER * (1 - damping)
        self._channel_output = None  # the units are those of the failed step
        raise failure

    def _evaluate(self):
        """Solve and compare with what the patterns demand; give the residual."""
        self._channel_output = None
        mean, variance = self._solve()
        self.field_variance = variance
        self._remove_sites(mean, variance)
        output = self.factors.channel(*self.cavity())
        if not all(np.isfinite(part).all() for part in output):
            raise FloatingPointError("the channel has no finite moments")
        residual = max(self._mismatch(mean, variance, *output[1:]), self._violation())
        self._channel_output, self._residual = output, residual
        return residual

    def _solve(self):
        self._is_solved, sites = False, (self._precision, self._linear)
        try:
            solution = self._units.solve(*sites, self._residual)
        except FloatingPointError:
            if not isinstance(self._units, CholeskyUnits):
                raise
            self._units = self._new_units(EigenUnits)
            solution = self._units.solve(*sites)
        self._is_solved = True
        return solution

    def _remove_sites(self, mean, variance):
        left = 1 - self._precision * variance
        self._has_cavity = left > _MIN_CAVITY_SHARE
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
        return self._units.violation if self._has_cavity.all() else _IMPROPER_RESIDUAL

    def _move(self, damping):
        (mean, variance), (_, g, gamma) = self._cavity, self._channel_output
        # Tilted precision minus cavity precision, and the same of the linear terms,
        # written so that nothing cancels.
        shrink = 1 - variance * gamma
        step = np.where(self._has_cavity, 1 - damping, 0.0)
        by_precision = step * (gamma / shrink - self._precision)
        by_linear = step * ((g + mean * gamma) / shrink - self._linear)
        if self._is_new:
            # Where patterns fix a mean, it is the ratio of both sums: damped alike,
            # the first step would be as long as an undamped one.
            share = min(1, (1 - damping) / (1 - self._joint_damping))
            by_precision, self._is_new = share * np.maximum(gamma, 0) / shrink, False
        if self._is_gaussian:
            by_precision, by_linear = self._faster(by_precision, by_linear, damping)
        self._precision += by_precision
        self._linear += by_linear
        if not self._is_gaussian:
            self._units.move(damping)
            # Weights' sites may be negative. A cavity that they made improper stays so
            # unless the pattern's own site shrinks.
            self._precision[~self._has_cavity] *= damping
            self._linear[~self._has_cavity] *= damping

    def _faster(self, by_precision, by_linear, damping):
        """Lengthen a damped step where earlier ones show that it can be."""
        if self._residual > _NEAR or damping == 1:  # sites that are held make no step
            self._acceleration.forget()
            return by_precision, by_linear
        sites, steps = (self._precision, self._linear), (by_precision, by_linear)
        deviation = np.sqrt(self.field_variance)
        return self._acceleration.site_steps(sites, steps, deviation, 1 - damping)

    def log_evidence(self):
        mean, variance = self._cavity
        stiffness = 1 + variance * self._precision
        exponent = 2 * mean * self._linear + variance * self._linear**2
        exponent -= mean**2 * self._precision
        counted = (exponent / stiffness - np.log(stiffness)) / 2
        log_z = self._units.log_partition() + self._channel_output[0].sum()
        return log_z - counted.sum()

    def cavity(self):
        if self._cavity is None:  # interrupted within the first sweep
            return None
        mean, variance = self._cavity
        return mean - self._thresholds, variance

    def correction(self):
        mean, variance = self._cavity
        mean = self.field_variance * (mean / variance + self._linear)
        roots = self._units.field_roots()
        fields = Fields(mean, roots, self._precision, self._linear)
        return loop_correction(self.factors, fields)
