"""Covariance of the votes of infinitely many sign units with Gaussian weights.

Two inputs at an angle theta lie on the same side of a random hyperplane with
probability ``1 - theta / pi``. The sum of the units' signs over sqrt(n_hidden) becomes
a Gaussian process whose covariance is the mean product of two signs,
``1 - 2 theta / pi = (2 / pi) arcsin(cos theta)``.
"""

import numpy as np

# A cosine above this one loses the digits of the angle to rounding, which the distance
# of the directions keeps.
_NEARLY_ONE = 1 - 1e-6
# Pairs whose distances are computed at once.
_PAIRS = 65536


def vote_covariance(first, second, constant):
    """Give the covariance of the votes on two sets of inputs.

    Parameters
    ----------
    first : ndarray of shape (n_first, n_features)
        Inputs.
    second : ndarray of shape (n_second, n_features)
        Inputs; the same array as `first` gives a diagonal of exactly 1.
    constant : float
        The constant input, 0 for units without intercept.

    Returns
    -------
    covariance : ndarray of shape (n_first, n_second)
        Numbers in [-1, 1]; the variance of each vote is 1. Inputs of zeros have no
        angle, and are as good as independent of all others.
    """
    one, other = (_directions(inputs, constant) for inputs in (first, second))
    cosine = np.clip(one @ other.T, -1, 1)
    near = np.nonzero(cosine > _NEARLY_ONE)
    covariance = np.multiply(2 / np.pi, np.arcsin(cosine, out=cosine), out=cosine)
    for start in range(0, len(near[0]), _PAIRS):
        rows, columns = (index[start : start + _PAIRS] for index in near)
        distance = np.linalg.norm(one[rows] - other[columns], axis=1)
        covariance[rows, columns] = 1 - 4 / np.pi * np.arcsin(distance / 2)
    if first is second:
        covariance[np.diag_indices_from(covariance)] = 1.0
    return covariance


def _directions(inputs, constant):
    """Unit vectors along the inputs, the constant one included."""
    column = np.full((len(inputs), 1), float(constant))
    augmented = np.hstack([inputs, column])
    # Squares of the entries may underflow, those of their ratios do not matter then.
    size = np.abs(augmented).max(axis=1, keepdims=True)
    augmented /= np.where(size > 0, size, 1.0)
    norm = np.linalg.norm(augmented, axis=1, keepdims=True)
    return augmented / np.where(norm > 0, norm, 1.0)
