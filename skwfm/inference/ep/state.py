"""Messages of expectation propagation."""

from dataclasses import dataclass

import numpy as np


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
