"""The result shared by measured and theoretical local-entropy curves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

__all__ = ["LocalEntropyCurve"]


@dataclass(frozen=True)
class LocalEntropyCurve:
    """Local entropy against overlap, measured or computed.

    Parameters
    ----------
    overlap : ndarray of shape (n_overlaps,)
        Overlaps at which the curve was asked for. Which overlap that is, is said by
        ``reference``.
    distance : ndarray of shape (n_overlaps,)
        ``(1 - overlap) / 2``: the Hamming distance for +-1 weights.
    entropy : ndarray of shape (n_overlaps,)
        Nats per weight; NaN where ``converged`` is False.
    converged : ndarray of shape (n_overlaps,), dtype bool
        Whether each point is a trustworthy number.
    method : str
        How the curve was obtained, in words.
    error : ndarray of shape (n_overlaps,) or None, default=None
        Estimated absolute error of ``entropy``: of the quadrature, one standard error,
        or what corrected expectation propagation still leaves out.
    weights : {"spherical", "binary"}, default="spherical"
        Whether real weights of norm one count, or weights +-1.
    reference : {"centre", "mutual"}, default="centre"
        "centre": overlap with a reference weight vector. "mutual": overlap between
        replicas, which then surround their barycentre at ``centre_overlap``.
    n_replicas : float, default=inf
        Number of replicas of a "mutual" curve.
    saddle : dict of str to ndarray, default={}
        Order parameters at the saddle point, one value per overlap.
    rs_stable : bool or ndarray of bool or None, default=None
        False where the replica-symmetric saddle is unstable.
    cap : ndarray of shape (n_overlaps,) or None, default=None
        Upper bound on the entropy set by the total volume of solutions.
    exceeds_cap : ndarray of shape (n_overlaps,), dtype bool, or None, default=None
        Where ``entropy`` lies above ``cap`` and cannot be right.
    lower_bound : ndarray of shape (n_overlaps,) or None, default=None
        Lower bound on the optimum, where one is known (parity machine).
    errors : ndarray of shape (n_overlaps,) or None, default=None
        Mean number of errors of the weights that count.
    beta_ne : ndarray of shape (n_overlaps,) or None, default=None
        Inverse temperature at which these are expected; inf where none are allowed, 0
        where all weights count, and where draws were counted without a temperature inf.
    """

    overlap: np.ndarray
    distance: np.ndarray
    entropy: np.ndarray
    converged: np.ndarray
    method: str
    error: np.ndarray | None = None
    weights: str = "spherical"
    reference: str = "centre"
    n_replicas: float = np.inf
    saddle: dict = field(default_factory=dict)
    rs_stable: object = None
    cap: np.ndarray | None = None
    exceeds_cap: np.ndarray | None = None
    lower_bound: np.ndarray | None = None
    errors: np.ndarray | None = None
    beta_ne: np.ndarray | None = None

    @property
    def centre_overlap(self) -> np.ndarray:
        """Overlap of each configuration with the centre it surrounds.

        For replicas at mutual overlap q1 the centre is their normalised barycentre,
        at ``sqrt(q1 + (1 - q1) / n_replicas)`` from each: ``sqrt(q1)`` for many. This
        is what a measurement around one solution calls its overlap.

        Returns
        -------
        overlap : ndarray of shape (n_overlaps,)
            Overlap with the centre.
        """
        if self.reference == "centre":
            return self.overlap
        return np.sqrt(self.overlap + (1 - self.overlap) / self.n_replicas)

    @property
    def centre_distance(self) -> np.ndarray:
        """Distance of each configuration from the centre.

        Returns
        -------
        distance : ndarray of shape (n_overlaps,)
            ``(1 - centre_overlap) / 2``.
        """
        return (1 - self.centre_overlap) / 2
