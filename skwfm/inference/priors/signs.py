"""Priors of +-1 weights bound to a problem; see skwfm/inference/priors/gaussian.py."""

from dataclasses import dataclass
from dataclasses import field as default

import numpy as np

from skwfm.inference.priors.binding import (
    NORM_TOLERANCE,
    bind_dense,
    bind_reference,
    check_overlap,
)
from skwfm.inference.priors.multipliers import Replicas, solve_overlap_of_signs

# Largest |tanh| taken for the inverse: atanh(1 - 1e-15) is 17.6, where a weight differs
# from its sign by 1e-15.
_SATURATION = 1 - 1e-15


@dataclass
class SignSites:
    """Weights +-1 with prior ``exp((lambda r + field) w)``.

    Parameters
    ----------
    n_weights : int
        Number of weights.
    reference : ndarray of shape (n_weights,), default=None
        Reference weights r, +-1.
    overlap : float, default=None
        Overlap p that lambda holds, with a reference.
    field : ndarray of shape (n_weights,), default=None
        Fixed field.
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

    @property
    def has_evidence(self):
        """Whether log Z is that of one system: not with coupled replicas."""
        return not self.replicas.are_coupled

    def moments(self, linear, precision):
        """Solve the multiplier and give the marginals.

        Parameters
        ----------
        linear, precision : ndarray of shape (n_weights,)
            A and B that the patterns send; B is the same for both signs.

        Returns
        -------
        mean, variance : ndarray of shape (n_weights,)
            Marginals m and v.

        Raises
        ------
        FloatingPointError
            If the messages are not finite.
        """
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
        """Field of the other replicas through the centre."""
        others, coupling = self.replicas.n_replicas - 1, np.tanh(self.replicas.gamma)
        seen = np.arctanh(_saturate(coupling * np.tanh(field)))
        return np.arctanh(_saturate(coupling * np.tanh(others * seen)))

    def log_partition(self, linear, precision):
        """Give the sum over weights of ``log sum P0(w) exp(A w - B w^2 / 2)``.

        Parameters
        ----------
        linear, precision : ndarray of shape (n_weights,)
            A and B of the last `moments`.

        Returns
        -------
        log_partition : float
            The sum, at the multiplier that `moments` found.
        """
        field = linear + self.linear
        return np.sum(np.logaddexp(field, -field) - precision / 2)

    def entropy(self, log_evidence):
        """Give the log-number of weights per weight.

        Parameters
        ----------
        log_evidence : float
            log Z at the current multiplier.

        Returns
        -------
        entropy : float
            Nats per weight.
        """
        if self.reference is None:
            return log_evidence / self.n_weights
        pull = self.multipliers["overlap"][0]
        return log_evidence / self.n_weights - pull * self.overlap

    @property
    def free_entropy_density(self):
        """The entropy per weight without patterns."""
        same = (1 + (self.overlap or 0.0)) / 2
        return -same * np.log(same) - (1 - same) * np.log(1 - same)


def _saturate(tanh):
    return np.clip(tanh, -_SATURATION, _SATURATION)


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
        field = bind_dense("field", self.field, factors)
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
        return SignSites(
            factors.n_weights, reference=np.sign(reference), overlap=self.overlap
        )
