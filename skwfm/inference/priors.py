"""Priors of the weights: spherical or +-1, near a reference, coupled to replicas.

A prior is a value that knows no patterns. Bound to the factors of a problem it becomes
`GaussianSites` or `SignSites`, which the engines call.
"""

from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np

from skwfm.inference.multipliers import Replicas
from skwfm.inference.sign_sites import SignSites
from skwfm.inference.sites import GaussianSites

# Norms of a reference may differ by so much, relatively, from 1 or sqrt(n_l): float32
# weights are accepted.
_NORM_TOLERANCE = 1e-5


@dataclass(frozen=True)
class SphericalPrior:
    """Weights uniform on the sphere: mean of w^2 equal to 1.

    Parameters
    ----------
    per_unit : bool, default=False
        Whether each unit has its own multiplier Lambda, or all share one (as in the
        published calculations; units may then differ in norm).
    """

    per_unit: bool = False

    def bind(self, factors):
        """Make the prior ready for the weights of a problem.

        Parameters
        ----------
        factors : Factors
            The patterns.

        Returns
        -------
        sites : GaussianSites
            One site per weight.
        """
        return GaussianSites(_blocks(factors, self.per_unit))


@dataclass(frozen=True, eq=False)
class GaussianPrior:
    """Independent weights ``exp(-precision w^2 / 2 + field w)``, nothing solved for.

    Parameters
    ----------
    precision : float, default=1.0
        Lambda.
    field : ndarray of shape (n_hidden, n_features + fit_intercept), default=None
        Linear term of each weight, zero if None.
    """

    precision: float = 1.0
    field: np.ndarray | None = None

    def bind(self, factors):
        """Make the prior ready for the weights of a problem.

        Parameters
        ----------
        factors : Factors
            The patterns.

        Returns
        -------
        sites : GaussianSites
            One site per weight.
        """
        field = _bind_dense("field", self.field, factors)
        blocks = _blocks(factors, per_unit=False)
        return GaussianSites(blocks, field=field, fixed_norm=float(self.precision))


@dataclass(frozen=True, eq=False)
class ReferencePrior:
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

    def bind(self, factors):
        """Make the prior ready for the weights of a problem.

        Parameters
        ----------
        factors : Factors
            The patterns.

        Returns
        -------
        sites : GaussianSites
            One site per weight.

        Raises
        ------
        ValueError
            If the reference does not fit, or the overlap is not in (0, 1).
        """
        _check_overlap(self.overlap)
        reference = _bind_reference(self.reference, factors)
        blocks = _blocks(factors, self.per_unit)
        return GaussianSites(blocks, reference=reference, overlap=self.overlap)


@dataclass(frozen=True, eq=False)
class BinaryPrior:
    """Weights +-1.

    Parameters
    ----------
    field : ndarray of shape (n_hidden, n_features + fit_intercept), default=None
        Field on each weight, ``exp(field w)``; zero if None.
    """

    field: np.ndarray | None = None

    def bind(self, factors):
        """Make the prior ready for the weights of a problem.

        Parameters
        ----------
        factors : Factors
            The patterns.

        Returns
        -------
        sites : SignSites
            One site per weight.
        """
        field = _bind_dense("field", self.field, factors)
        return SignSites(factors.n_weights, field=field)


@dataclass(frozen=True, eq=False)
class BinaryReferencePrior:
    """Weights +-1 at a given overlap with +-1 reference weights.

    Parameters
    ----------
    reference : ndarray of shape (n_hidden, n_features + fit_intercept)
        Reference weights, +-1 or +-1/sqrt(n_l) (as in ``coef_``).
    overlap : float
        Overlap p, in (0, 1): a fraction (1 - p)/2 of the weights differs.
    """

    reference: np.ndarray
    overlap: float

    def bind(self, factors):
        """Make the prior ready for the weights of a problem.

        Parameters
        ----------
        factors : Factors
            The patterns.

        Returns
        -------
        sites : SignSites
            One site per weight.

        Raises
        ------
        ValueError
            If the reference does not fit or is not binary, or the overlap is not in
            (0, 1).
        """
        _check_overlap(self.overlap)
        reference = _bind_reference(self.reference, factors)
        off = np.abs(np.abs(reference) - 1)
        if off.max() > _NORM_TOLERANCE:
            worst = reference[off.argmax()]
            raise ValueError(
                f"reference has a weight {worst:g} times the size it would have if all "
                "were +-1: binary weights need a binary reference; use ReferencePrior "
                "for real weights."
            )
        return SignSites(
            factors.n_weights, reference=np.sign(reference), overlap=self.overlap
        )


@dataclass(frozen=True)
class Focusing:
    """Another prior, for replicas that are coupled to a common centre.

    Parameters
    ----------
    prior : object
        Any of the priors of this module.
    n_replicas : int, default=10
        Number of replicas.
    gamma : float, default=1.0
        Coupling to the centre, >= 0; 0 gives the plain prior.
    """

    prior: object
    n_replicas: int = 10
    gamma: float = 1.0

    def bind(self, factors):
        """Make the prior ready for the weights of a problem.

        Parameters
        ----------
        factors : Factors
            The patterns.

        Returns
        -------
        sites : GaussianSites or SignSites
            One site per weight.

        Raises
        ------
        ValueError
            If there is no replica, or the coupling is negative.
        """
        if not isinstance(self.n_replicas, Integral) or self.n_replicas < 1:
            raise ValueError(
                f"n_replicas={self.n_replicas!r} is not a number of replicas: pass an "
                "integer >= 1."
            )
        if not 0 <= self.gamma < np.inf:
            raise ValueError(
                f"gamma={self.gamma!r} is not a coupling: pass a finite number >= 0."
            )
        sites = self.prior.bind(factors)
        return replace(
            sites, replicas=Replicas(int(self.n_replicas), float(self.gamma))
        )


def _blocks(factors, per_unit):
    """Which weights share their multipliers."""
    if per_unit:
        return tuple(factors.unit_slices)
    return (slice(0, factors.n_weights),)


def _check_overlap(overlap):
    if not 0 < overlap < 1:
        raise ValueError(
            f"overlap={overlap!r} is outside (0, 1): at 1 there is only the reference "
            "itself, at 0 nothing ties the weights to it (use SphericalPrior or "
            "BinaryPrior)."
        )


def _bind_dense(name, dense, factors):
    """Flatten a matrix of weights, or give zeros for None."""
    if dense is None:
        return np.zeros(factors.n_weights)
    dense = np.asarray(dense, dtype=float)
    if dense.shape != factors.dense_shape:
        raise ValueError(
            f"{name} has shape {dense.shape}, the weights have shape "
            f"{factors.dense_shape} (n_hidden, n_features + fit_intercept): pass one "
            "number per weight, the intercepts in the last column."
        )
    if not np.isfinite(dense).all():
        raise ValueError(f"{name} contains NaN or infinity: pass finite numbers.")
    flat = factors.flat(dense)
    if np.any(dense != factors.dense(flat)):
        raise ValueError(
            f"{name} is not zero outside the receptive fields of "
            f"{factors.architecture!r}: pass weights of the same architecture."
        )
    return flat


def _bind_reference(reference, factors):
    """Flatten reference weights and give every unit the norm sqrt(n_l)."""
    flat = _bind_dense("reference", reference, factors)
    norms = np.array([np.linalg.norm(flat[where]) for where in factors.unit_slices])
    targets = np.sqrt(factors.unit_sizes)
    for target in (1.0, targets):
        if np.all(np.abs(norms / target - 1) <= _NORM_TOLERANCE):
            return flat * np.repeat(targets / norms, factors.unit_sizes)
    unit = np.abs(norms - 1).argmax()
    raise ValueError(
        f"reference has norm {norms[unit]:.6g} at unit {unit}: give every unit norm 1 "
        "(as in coef_) or the square root of its number of inputs, "
        f"{targets[unit]:.6g}."
    )
