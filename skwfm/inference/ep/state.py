"""Messages of expectation propagation."""

from dataclasses import dataclass

import numpy as np

from skwfm.inference.engines.base import START_NOISE
from skwfm.problem.inputs import nearest_power

# Where replicas may get patterns wrong, units that start less far apart settle on one
# linear rule.
_SPREAD_NOISE = 1.0


@dataclass(frozen=True, eq=False)
class EPState:
    """Sites and multipliers, from which another run may start.

    Parameters
    ----------
    precision, linear : ndarray of shape (n_samples, n_hidden)
        Natural parameters of the sites ``exp(-precision x^2 / 2 + linear x)``.
    free_norm : ndarray of shape (1,) or (n_hidden,) or None
        Lambda times 1 - p^2, which changes little with the overlap p; None if the prior
        is not Gaussian.
    weight_sites : tuple of two ndarrays of shape (n_weights,) or None, default=None
        Natural parameters of the weights' own sites if it is not.
    """

    precision: np.ndarray
    linear: np.ndarray
    free_norm: np.ndarray | None
    weight_sites: tuple | None = None

    def among(self, rows, n_samples):
        """Give the same sites as those of some of more patterns.

        Parameters
        ----------
        rows : ndarray of shape (n_rows,) of int
            Which patterns these are.
        n_samples : int
            Number of all; the others have no sites yet.

        Returns
        -------
        state : EPState
            It has the same posterior.
        """
        sites = np.zeros((2, n_samples, self.precision.shape[1]))
        sites[:, rows] = self.precision, self.linear
        return EPState(*sites, self.free_norm, self.weight_sites)


def start_noise(rng, factors, is_spread):
    """Draw what tells units apart.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the noise.
    factors : Factors
        Patterns and machine.
    is_spread : bool
        Whether units are to start far apart. Then their sum is not moved: intercepts,
        which see the sum of all patterns, may else be thrown to where all units answer
        alike for certain, with no way back.

    Returns
    -------
    linear : ndarray of shape (n_samples, n_hidden)
        Linear terms of the sites. They multiply fields, whose scale must not matter.
    """
    noise = rng.normal(size=(factors.n_samples, factors.n_hidden))
    noise = np.ldexp(noise, -nearest_power(factors.inputs))
    if not is_spread:
        return START_NOISE * noise
    return _SPREAD_NOISE * (noise - noise.mean(axis=1, keepdims=True))
