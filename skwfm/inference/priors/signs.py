"""Priors of +-1 weights."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as default

import numpy as np

from skwfm.inference.factors import Factors
from skwfm.inference.priors.arrays import (
    NORM_TOLERANCE,
    bind_dense,
    bind_reference,
    check_overlap,
)
from skwfm.inference.priors.interface import BoundPrior, Prior
from skwfm.inference.priors.multipliers import Replicas, solve_overlap_of_signs

# Larger |tanh| are clipped before they are inverted: atanh(1 - 1e-15) is 17.6.
_MAX_TANH = 1 - 1e-15


@dataclass
class BoundSigns(BoundPrior):
    """Prior of +-1 weights, ``exp((lambda r + field) w)``.

    Parameters
    ----------
    n_weights : int
        Number of weights.
    reference : ndarray of shape (n_weights,), default=None
        Reference weights r, +-1.
    overlap : float, default=None
        Overlap p that lambda holds, with a reference.
    field : ndarray of shape (n_weights,), default=None
        Linear term.
    replicas : Replicas, default=Replicas()
        Other replicas.
    multipliers : dict, default={}
        "overlap", with a reference.
    """

    n_weights: int
    reference: np.ndarray | None = None
    overlap: float | None = None
    field: np.ndarray | None = None
    replicas: Replicas = default(default_factory=Replicas)
    multipliers: dict = default(default_factory=dict)

    is_binary = True

    def __post_init__(self):
        if self.reference is not None:
            start = np.arctanh(self.overlap)
            self.multipliers.setdefault("overlap", np.array([start]))
        if self.field is None:
            self.field = np.zeros(self.n_weights)
        self.linear = np.zeros(self.n_weights)
        self.precision = np.zeros(self.n_weights)

    def moments(self, linear, precision):
        if not np.isfinite(linear).all():
            raise FloatingPointError("messages are not finite")
        self.linear = self.field.copy()
        if self.reference is not None:
            self.linear += self._pull(linear) * self.reference
        self.linear += self._from_replicas(linear + self.linear)
        mean = np.tanh(linear + self.linear)
        return mean, (1 - mean) * (1 + mean)

    def _pull(self, linear):
        pull = self.multipliers["overlap"]
        pull[0] = solve_overlap_of_signs(
            linear + self.field, self.reference, self.overlap, pull[0]
        )
        return pull[0]

    def _from_replicas(self, field):
        """Field that the other replicas exert through the centre."""
        others, coupling = self.replicas.n_replicas - 1, np.tanh(self.replicas.gamma)
        seen = np.arctanh(_saturate(coupling * np.tanh(field)))
        return np.arctanh(_saturate(coupling * np.tanh(others * seen)))

    def log_partition(self, linear, precision):
        field = linear + self.linear
        return np.sum(np.logaddexp(field, -field) - precision / 2)

    def entropy(self, log_evidence):
        if self.reference is None:
            return log_evidence / self.n_weights
        pull = self.multipliers["overlap"][0]
        return log_evidence / self.n_weights - pull * self.overlap

    @property
    def is_normalised(self):
        return not self.field.any()

    @property
    def free_entropy_density(self):
        same = (1 + (self.overlap or 0.0)) / 2
        return -same * np.log(same) - (1 - same) * np.log(1 - same)


def _saturate(tanh):
    return np.clip(tanh, -_MAX_TANH, _MAX_TANH)


@dataclass(frozen=True, eq=False)
class BinaryPrior(Prior):
    """Weights +-1.

    Parameters
    ----------
    field : ndarray of shape (n_hidden, n_features + fit_intercept), default=None
        Field on each weight, ``exp(field w)``; zero if None.
    """

    field: np.ndarray | None = None

    def bind(self, factors: Factors) -> BoundPrior:
        field = bind_dense("field", self.field, factors)
        return BoundSigns(factors.n_weights, field=field)


@dataclass(frozen=True, eq=False)
class BinaryReferencePrior(Prior):
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

    def bind(self, factors: Factors) -> BoundPrior:
        check_overlap(self.overlap)
        reference = bind_reference(self.reference, factors)
        off = np.abs(np.abs(reference) - 1)
        if off.max() > NORM_TOLERANCE:
            worst = reference[off.argmax()]
            raise ValueError(
                f"reference has a weight {worst:g} times the size it would have if all "
                "were +-1: binary weights need a binary reference; use ReferencePrior "
                "for real weights."
            )
        return BoundSigns(
            factors.n_weights, reference=np.sign(reference), overlap=self.overlap
        )
