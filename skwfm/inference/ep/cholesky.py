"""Gaussian units by Cholesky factors, multipliers by Newton's method.

The fast route of `ep` for spherical and reference priors, focused or not: a few LAPACK
and BLAS calls per unit and sweep, none of them an eigendecomposition.
"""

import numpy as np

from skwfm.inference.ep.light import SiteSpread
from skwfm.inference.ep.unit import UnitPosterior
from skwfm.inference.ep.units import Units

# Newton's iteration stops once the variance that the overlap leaves is this near to its
# target, relatively; one more step is taken with the next sweep. While sites are far
# from their fixed point it need not be nearer than this share of their own mismatch.
_NEWTON_TOL, _MOST_NEWTON_TOL, _SHARE_OF_RESIDUAL = 1e-3, 0.1, 0.1
# A step leaves less than this share of the violation, or its slope is computed anew.
_FAR_ENOUGH = 0.25
# Most factorisations of each unit in one sweep; seldom more than two are needed.
_MAX_TRIALS = 60


class CholeskyUnits(Units):
    """Units whose multipliers are followed from sweep to sweep.

    Parameters
    ----------
    spans : list of n_hidden Span
        Inputs of each unit.
    prior : BoundGaussian
        Spherical or with a reference, without a fixed field or precision. Its
        multipliers are updated.
    unit_slices : list of n_hidden slice
        Where each unit's weights are in a flat vector.
    """

    def __init__(self, spans, prior, unit_slices):
        self._prior = prior
        reference = [None] * len(spans)
        if prior.reference is not None:
            reference = [prior.reference[where] for where in unit_slices]
        modes = _modes(prior.replicas)
        self.units = [
            UnitPosterior(span, r, modes)
            for span, r in zip(spans, reference, strict=True)
        ]
        self._groups = [
            [self.units[l] for l, s in enumerate(unit_slices) if _holds(block, s)]
            for block in prior.blocks
        ]
        self._starts = prior.multipliers["norm"].copy()
        self._violations = np.zeros(len(self._groups))
        # Of the variance that the overlap leaves by Lambda, over its square.
        self._slopes = np.full(len(self._groups), np.nan)

    @staticmethod
    def can_hold(prior):
        """Tell whether a prior has no terms that these units do not know.

        Parameters
        ----------
        prior : BoundGaussian
            Any.

        Returns
        -------
        can_hold : bool
            False for a fixed field or precision.
        """
        return prior.fixed_norm is None and not prior.field.any()

    @property
    def violation(self):
        """Largest relative error of the variance that the constraints leave free."""
        return np.abs(self._violations).max()

    def solve(self, precision, linear, residual=0.0):
        near = min(max(_NEWTON_TOL, _SHARE_OF_RESIDUAL * residual), _MOST_NEWTON_TOL)
        for unit, p, b in zip(self.units, precision.T, linear.T, strict=True):
            unit.set_sites(p, b)
        for index, group in enumerate(self._groups):
            self._solve_group(index, group, near)
        fields = [unit.fields() for unit in self.units]
        mean, variance = np.transpose(fields, (1, 2, 0))
        return mean, variance

    def _solve_group(self, index, group, near):
        trial, proper, before = self._starts[index], None, np.inf
        for _ in range(_MAX_TRIALS):
            if all(unit.factorise(trial) for unit in group):
                proper = self._prior.multipliers["norm"][index] = trial
                trial = self._newton_step(index, group, before)
                before = abs(self._violations[index])
                if before < near:
                    self._starts[index] = trial
                    return
            else:  # too small a Lambda for the negative sites
                trial = 2 * trial if proper is None else (trial + proper) / 2
        raise FloatingPointError("no multiplier makes the posterior proper")

    def _newton_step(self, index, group, before):
        """Solve for lambda exactly and give Lambda after one step.

        The step is taken on the inverse of the variance that the overlap leaves, which
        without patterns is linear in Lambda. Its slope costs more than a trial: one of
        an earlier trial or sweep serves as long as steps with it reach far enough.
        """
        n_weights = sum(unit.span.n_inputs for unit in group)
        overlap = self._prior.overlap or 0.0
        response = self._solve_pull(index, group, n_weights * overlap)
        size = sum(unit.squared_norm() for unit in group)
        excess = size / n_weights - overlap**2
        violation = excess / (1 - overlap**2) - 1
        is_stale = not abs(violation) < _FAR_ENOUGH * before
        self._violations[index] = violation
        norm = self._prior.multipliers["norm"][index]
        if is_stale or np.isnan(self._slopes[index]):
            by_norm, mixed = np.sum([unit.slopes() for unit in group], axis=0)
            slope = (by_norm + 2 * mixed**2 / response) / n_weights
            self._slopes[index] = slope / excess**2
        return max(norm - violation / (excess * self._slopes[index]), norm / 4)

    def _solve_pull(self, index, group, target):
        pull, response = 0.0, np.inf
        if self._prior.reference is not None:
            lines = [unit.overlap_line() for unit in group]
            free, response = np.sum(lines, axis=0)
            pull = (target - free) / response
            self._prior.multipliers["overlap"][index] = pull
        for unit in group:
            unit.set_pull(pull)
        return response

    def field_roots(self):
        """Give square roots of the covariances of each unit's fields.

        Returns
        -------
        roots : list of n_hidden ndarrays of shape (n_samples, rank)
            Each covariance is ``root root^T``.
        """
        return [unit.field_root() for unit in self.units]

    def spreads(self):
        matrices = sum(unit.span.rank**2 for unit in self.units)
        spans = {id(unit.span): unit.span for unit in self.units}.values()
        if matrices < sum(span.size for span in spans):
            return [unit.spread() for unit in self.units]
        return [SiteSpread(unit.span, *unit.sites()) for unit in self.units]

    def log_partition(self):
        return sum(unit.log_partition() for unit in self.units)

    def weights(self):
        mean, variance = zip(*(unit.weights() for unit in self.units), strict=True)
        return np.concatenate(mean), np.concatenate(variance)


def _modes(replicas):
    """Weights and extra precisions of the fluctuations of centre and replica."""
    if replicas.n_replicas == 1 or replicas.gamma == 0:
        return ((1.0, 0.0),)
    share = 1 / replicas.n_replicas
    return ((share, 0.0), (1 - share, replicas.gamma))


def _holds(block, where):
    return block.start <= where.start and where.stop <= block.stop
