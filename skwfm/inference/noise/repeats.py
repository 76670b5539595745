"""Whether patterns that count more than once were met more than once.

Copies are weights and weights copies, by contract. But the labels of a table whose rows
recur were drawn again and again, and say how well equal inputs are predicted, while a
row that was weighted, or drawn by a resampler, tells no more of its label than one.
"""

from __future__ import annotations

import numpy as np

from skwfm.inference.factors import Factors

# Patterns of so many copies can be left out in part.
MANY = 3
# Rows recur if of those with many copies such a share has both labels, or if they fill
# such a part of all combinations of their values.
_CONTRADICT, _FILLED = 0.1, 0.25


def is_repeated(factors: Factors) -> np.ndarray:
    """Tell which patterns were met several times.

    Parameters
    ----------
    factors : Factors
        The patterns, merged.

    Returns
    -------
    is_repeated : ndarray of shape (n_samples,) of bool
        Of rows that recur those with three copies or more; else none.
    """
    temperature = factors.temperature
    is_many = temperature.for_label + temperature.against >= MANY
    if not is_many.any() or _recur(factors, is_many):
        return is_many
    return np.zeros_like(is_many)


def evidence_unit(factors: Factors) -> float:
    """Say how many times labels count that were met once.

    Parameters
    ----------
    factors : Factors
        The patterns, merged.

    Returns
    -------
    unit : float
        By which sums over patterns are larger, for their spread, than of weights one.
    """
    temperature = factors.temperature
    weight = temperature.for_label + temperature.against
    is_many = is_repeated(factors)
    squares = np.where(is_many, weight, weight**2).sum()
    return float(squares / weight.sum())


def _recur(factors, is_many):
    if np.mean(factors.temperature.against[is_many] > 0) >= _CONTRADICT:
        return True
    most, n_combinations = factors.n_samples / _FILLED, 1
    for column in np.asarray(factors.inputs).T:  # signs may be packed
        n_combinations *= len(np.unique(column))
        if n_combinations > most:
            return False
    return True
