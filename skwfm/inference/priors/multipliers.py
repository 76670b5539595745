"""Scalar equations for the multipliers of Gaussian and +-1 weights.

A weight has the distribution ``exp(A w - B w^2 / 2)`` times its prior
``exp(-Lambda w^2 / 2 + lambda r w)``; Lambda and lambda hold the mean of ``w^2`` at 1
and the mean of ``r w`` at the overlap p. With r = None there is no lambda. All formulas
stay the same in any orthonormal basis in which the precision is diagonal, B then being
its eigenvalues.
"""

from dataclasses import dataclass

import numpy as np

from skwfm._kernels import multipliers as kernels

# Newton's iteration stops when a step changes the multiplier by less than this fraction
# of itself; the equation is then solved to rounding, since convergence is quadratic.
_STEP_TOL = 1e-13
# Newton needs about 6 steps; bisection alone would need 60 from a bracket found by
# doubling.
_MAX_STEPS = 200


@dataclass(frozen=True)
class Replicas:
    """The other replicas, coupled to each weight through their common centre.

    Parameters
    ----------
    n_replicas : int
        Number of replicas, this one included.
    gamma : float
        Coupling to the centre.
    """

    n_replicas: int = 1
    gamma: float = 0.0

    @property
    def are_coupled(self):
        """Whether there are other replicas and a coupling to them."""
        return self.n_replicas > 1 and self.gamma > 0

    def precision(self, variance):
        """Give rho, the precision of the Gaussian that the others amount to.

        Parameters
        ----------
        variance : ndarray
            Variance of each weight without this term.

        Returns
        -------
        rho : ndarray
            ``1 / ((variance + 1/gamma) / (n_replicas - 1) + 1/gamma)``, written such
            that one replica and gamma = 0 are no special cases.
        """
        coupling = (self.n_replicas - 1) * self.gamma
        return coupling / (self.gamma * variance + self.n_replicas)


def solve_norm(linear, precision, reference, overlap, replicas, start):
    """Find the Lambda at which the mean of ``m^2 + v`` is 1.

    Parameters
    ----------
    linear, precision : ndarray of shape (n,)
        A and B of every weight.
    reference : ndarray of shape (n,) or None
        Reference weights r.
    overlap : float or None
        Mean of ``r m`` to hold.
    replicas : Replicas
        Other replicas.
    start : float
        First guess.

    Returns
    -------
    norm : float
        Lambda, larger than minus the least precision.
    mean, variance : ndarray of shape (n,)
        Moments there.
    pull : float
        lambda there.

    Raises
    ------
    FloatingPointError
        If A or B is not finite.
    """
    linear, precision = np.ascontiguousarray(linear), np.ascontiguousarray(precision)
    mean, variance = np.empty_like(linear), np.empty_like(linear)
    norm, pull = kernels.solve_norm(
        linear,
        precision,
        None if reference is None else np.ascontiguousarray(reference),
        0.0 if overlap is None else overlap,
        replicas.n_replicas,
        replicas.gamma,
        start,
        _STEP_TOL,
        _MAX_STEPS,
        np.empty((5, len(linear))),
        mean,
        variance,
    )
    if np.isnan(norm):
        raise FloatingPointError("messages are not finite")
    return norm, mean, variance, pull


def solve_overlap_of_signs(field, reference, overlap, start):
    """Find the lambda at which the mean of ``r tanh(field + lambda r)`` is p.

    Parameters
    ----------
    field : ndarray of shape (n,)
        Field on every weight without the reference.
    reference : ndarray of shape (n,)
        Reference weights r, +-1.
    overlap : float
        p, strictly between -1 and 1.
    start : float
        First guess.

    Returns
    -------
    pull : float
        lambda.

    Raises
    ------
    FloatingPointError
        If the field is not finite.
    """
    if not np.isfinite(field).all():
        raise FloatingPointError("messages are not finite")
    aligned = reference * field
    low, high = np.arctanh(overlap) - aligned.max(), np.arctanh(overlap) - aligned.min()
    pull = min(max(start, low), high)
    for _ in range(_MAX_STEPS):
        mean = np.tanh(aligned + pull)
        excess = mean.mean() - overlap
        low, high = (low, pull) if excess > 0 else (pull, high)
        slope = np.mean((1 - mean) * (1 + mean))
        following = pull - excess / slope if slope > 0 else np.inf
        if abs(following - pull) <= _STEP_TOL * max(1, abs(pull)):
            break
        pull = following if low < following < high else (low + high) / 2
    return pull
