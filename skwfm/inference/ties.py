"""Fields of +-1 weights that can be exactly zero."""

import numpy as np


def tie_thresholds(factors, prior):
    """Give the field of each unit midway between those it answers -1 and +1.

    Engines take fields as Gaussian. Those of +-1 weights on +-1 inputs lie on a lattice
    of spacing ``2 / sqrt(n_l)``. With an even number n_l of inputs it contains 0, which
    is answered +1. A threshold of 0 would count half of these ties as -1; worse,
    weights that freeze on a tie make the channel's precision infinite. Halfway to the
    next field of the lattice, no field is on the threshold.

    Parameters
    ----------
    factors : Factors
        The patterns.
    prior : BoundPrior
        Prior of the weights.

    Returns
    -------
    thresholds : ndarray of shape (n_hidden,)
        To be subtracted from the fields' means; 0 where there are no ties.
    """
    sizes = factors.unit_sizes
    if not (prior.is_binary and factors.is_binary):
        return np.zeros(len(sizes))
    return np.where(sizes % 2 == 0, -1 / np.sqrt(sizes), 0.0)
