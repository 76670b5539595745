"""Priors of real weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from dataclasses import field as default

import numpy as np

from skwfm.inference.factors import Factors
from skwfm.inference.priors.arrays import (
    bind_dense,
    bind_reference,
    check_overlap,
)
from skwfm.inference.priors.interface import BoundPrior, Prior
from skwfm.inference.priors.multipliers import Replicas, solve_norm

# If the variances of all weights on the sphere are below this, no volume is left: that
# happens when no weights satisfy the patterns.
_MIN_VARIANCE = 1e-10


@dataclass
class BoundGaussian(BoundPrior):
    """Gaussian prior ``exp(-Lambda w^2 / 2 + (lambda r + field) w)``.

    Parameters
    ----------
    blocks : tuple of slice
        Weights that share their multipliers.
    reference : ndarray of shape (n_weights,), default=None
        Reference weights r.
    overlap : float, default=None
        Overlap p that lambda holds, with a reference.
    field : ndarray of shape (n_weights,), default=None
        Linear term.
    fixed_norm : float, default=None
        Lambda, if it is fixed.
    replicas : Replicas, default=Replicas()
        Other replicas.
    multipliers : dict, default={}
        "norm" and "overlap": one entry per block. Copies share it.
    """

    blocks: tuple
    reference: np.ndarray | None = None
    overlap: float | None = None
    field: np.ndarray | None = None
    fixed_norm: float | None = None
    replicas: Replicas = default(default_factory=Replicas)
    multipliers: dict = default(default_factory=dict)

    def __post_init__(self):
        n_weights = self.blocks[-1].stop
        # Without patterns: Lambda = 1 / (1 - p^2), lambda = p Lambda.
        overlap = self.overlap or 0.0
        start = 1 / (1 - overlap**2) if self.fixed_norm is None else self.fixed_norm
        norms = np.full(len(self.blocks), start)
        self.multipliers.setdefault("norm", norms)
        if self.reference is not None:
            self.multipliers.setdefault("overlap", overlap * norms)
        if self.field is None:
            self.field = np.zeros(n_weights)
        self.linear = np.zeros(n_weights)
        self.precision = np.zeros(n_weights)

    def in_basis(self, transform):
        """Express the prior in another orthonormal basis of each unit's weights.

        Parameters
        ----------
        transform : callable
            Takes flat weights (n_weights,) into the basis.

        Returns
        -------
        prior : BoundGaussian
            The prior there; it updates the multipliers of this one.
        """
        reference = None if self.reference is None else transform(self.reference)
        return replace(self, field=transform(self.field), reference=reference)

    def moments(self, linear, precision):
        mean, variance = np.empty_like(linear), np.empty_like(linear)
        for index, where in enumerate(self.blocks):
            mean[where], variance[where] = self._solve_block(
                index, where, linear[where] + self.field[where], precision[where]
            )
        return mean, variance

    def _solve_block(self, index, where, linear, precision):
        reference = None if self.reference is None else self.reference[where]
        norm = self.multipliers["norm"][index]
        if self.fixed_norm is None:
            norm, mean, variance, pull = solve_norm(
                linear, precision, reference, self.overlap, self.replicas, norm
            )
            free = 1 - (self.overlap or 0.0) ** 2
            if not variance.max() > _MIN_VARIANCE * free:
                raise FloatingPointError("the posterior has no volume left")
        elif not norm + precision.min() > 0:
            raise FloatingPointError("a weight has no norm under a fixed precision")
        alone = 1 / (norm + precision)
        rho = self.replicas.precision(alone)
        if self.fixed_norm is not None:
            mean, variance = linear * alone, alone / (1 + rho * alone)
        self.multipliers["norm"][index] = norm
        self.linear[where] = self.field[where]
        if reference is not None:
            self.multipliers["overlap"][index] = pull
            self.linear[where] += pull * reference
        self.precision[where] = norm
        if self.replicas.are_coupled:
            self.precision[where] += rho
            self.linear[where] += rho * mean
        return mean, variance

    def log_partition(self, linear, precision):
        total = precision + self.precision
        linear = linear + self.linear
        return 0.5 * np.sum(np.log(2 * np.pi / total) + linear**2 / total)

    def entropy(self, log_evidence):
        if self.fixed_norm is not None:  # no norm is held
            return np.nan
        sizes = np.array([where.stop - where.start for where in self.blocks])
        total = log_evidence + np.vdot(self.multipliers["norm"], sizes) / 2
        if self.reference is not None:
            total -= np.vdot(self.multipliers["overlap"], sizes) * self.overlap
        return total / sizes.sum()

    @property
    def is_normalised(self):
        return self.fixed_norm is None and not self.field.any()

    @property
    def free_entropy_density(self):
        overlap = self.overlap or 0.0
        return (1 + np.log(2 * np.pi) + np.log(1 - overlap**2)) / 2


@dataclass(frozen=True)
class SphericalPrior(Prior):
    """Weights uniform on the sphere: mean of w^2 equal to 1.

    Parameters
    ----------
    per_unit : bool, default=False
        Whether each unit has its own multiplier Lambda, or all share one (as in the
        published calculations; units may then differ in norm).
    """

    per_unit: bool = False

    def bind(self, factors: Factors) -> BoundPrior:
        return BoundGaussian(_blocks(factors, self.per_unit))


@dataclass(frozen=True, eq=False)
class GaussianPrior(Prior):
    """Independent weights ``exp(-precision w^2 / 2 + field w)``, without multipliers.

    Parameters
    ----------
    precision : float, default=1.0
        Lambda.
    field : ndarray of shape (n_hidden, n_features + fit_intercept), default=None
        Linear term of each weight, zero if None.
    """

    precision: float = 1.0
    field: np.ndarray | None = None

    def bind(self, factors: Factors) -> BoundPrior:
        field = bind_dense("field", self.field, factors)
        blocks = _blocks(factors, per_unit=False)
        return BoundGaussian(blocks, field=field, fixed_norm=float(self.precision))


@dataclass(frozen=True, eq=False)
class ReferencePrior(Prior):
    """Weights on the sphere at a given overlap with reference weights.

    Parameters
    ----------
    reference : ndarray of shape (n_hidden, n_features + fit_intercept)
        Reference weights, each row of norm 1 (as in ``coef_``) or sqrt(n_l).
    overlap : float
        Overlap p, in (0, 1).
    per_unit : bool, default=False
        Whether norm and overlap hold for each unit, or for all together.
    """

    reference: np.ndarray
    overlap: float
    per_unit: bool = False

    def bind(self, factors: Factors) -> BoundPrior:
        check_overlap(self.overlap)
        reference = bind_reference(self.reference, factors)
        blocks = _blocks(factors, self.per_unit)
        return BoundGaussian(blocks, reference=reference, overlap=self.overlap)


def _blocks(factors, per_unit):
    """Which weights share their multipliers."""
    if per_unit:
        return tuple(factors.unit_slices)
    return (slice(0, factors.n_weights),)
