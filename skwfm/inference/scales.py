"""Scales of inputs: fields are compared with zero only, so that none matters."""

import numpy as np

from skwfm.architectures.layout import unit_norm

# Inputs whose root mean square is further from 1 than this many powers of two are
# divided by one: squares and inverses of them would lose digits or overflow.
_MOST_POWERS = 10


def far_power(inputs):
    """Give the power of two that inputs are near, if that is far from 1.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        Inputs.

    Returns
    -------
    power : int
        Power of two next to their root mean square; 0 if that is within 2^-10 to 2^10.
    """
    if inputs.dtype.kind != "f":  # kept as integers because all are +-1
        return 0
    largest = float(np.abs(inputs).max())
    if not largest > 0:
        return 0
    size = np.sqrt(np.mean((inputs / largest) ** 2, dtype=float))
    power = round(float(np.log2(largest) + np.log2(size)))
    return power if abs(power) > _MOST_POWERS else 0


def undo_scale(weights, power):
    """Turn weights and intercepts for ``inputs / 2^power`` into those for inputs.

    Parameters
    ----------
    weights : ndarray of shape (n_hidden, n_features + 1)
        Weights of scaled inputs, the intercept last.
    power : int
        The power; 0 returns the weights as they are.

    Returns
    -------
    weights : ndarray of shape (n_hidden, n_features + 1)
        Rows of norm one whose fields have the same signs.
    """
    if power == 0:
        return weights
    weights = weights.copy()
    part = weights[:, :-1] if power > 0 else weights[:, -1:]
    part[:] = np.ldexp(part, -abs(power))
    return unit_norm(weights)
