"""Check the arrays of a prior against the weights of a problem and flatten them."""

import numpy as np

from skwfm._shown import shown

# Largest relative difference of a reference's norms from 1 or sqrt(n_l): float32
# weights are accepted.
NORM_TOLERANCE = 1e-5


def check_overlap(overlap):
    """Raise ValueError unless an overlap is in (0, 1).

    Parameters
    ----------
    overlap : float
        The overlap.

    Raises
    ------
    ValueError
        If it is outside.
    """
    if not 0 < overlap < 1:
        raise ValueError(
            f"overlap={shown(overlap)} is outside (0, 1): at 1 there is only the "
            "reference itself, at 0 nothing ties the weights to it (use SphericalPrior "
            "or BinaryPrior)."
        )


def bind_dense(name, dense, factors):
    """Flatten a matrix of weights.

    Parameters
    ----------
    name : str
        Parameter of the prior, for errors.
    dense : array-like of shape (n_hidden, n_features + fit_intercept) or None
        The matrix; None stands for zeros.
    factors : Factors
        The patterns.

    Returns
    -------
    flat : ndarray of shape (n_weights,)
        One number per weight.

    Raises
    ------
    ValueError
        If the shape does not fit, or a number is not finite or not zero outside the
        receptive fields.
    """
    if dense is None:
        return np.zeros(factors.n_weights)
    dense = np.asarray(dense, dtype=float)
    if dense.shape != factors.dense_shape:
        raise ValueError(
            f"{name} has shape {dense.shape}, the weights have shape "
            f"{factors.dense_shape} (n_hidden, n_features + fit_intercept): pass one "
            "number per weight, the intercepts in the last column."
        )
    if not np.isfinite(dense).all():
        raise ValueError(f"{name} contains NaN or infinity: pass finite numbers.")
    flat = factors.flat(dense)
    if np.any(dense != factors.dense(flat)):
        raise ValueError(
            f"{name} is not zero outside the receptive fields of "
            f"{factors.architecture!r}: pass weights of the same architecture."
        )
    return flat


def bind_reference(reference, factors):
    """Flatten reference weights and scale every unit to the norm sqrt(n_l).

    Parameters
    ----------
    reference : array-like of shape (n_hidden, n_features + fit_intercept)
        Reference weights, each row of norm 1 or sqrt(n_l).
    factors : Factors
        The patterns.

    Returns
    -------
    flat : ndarray of shape (n_weights,)
        One number per weight.

    Raises
    ------
    ValueError
        If the weights do not fit, or a unit has another norm.
    """
    flat = bind_dense("reference", reference, factors)
    norms = np.array([np.linalg.norm(flat[where]) for where in factors.unit_slices])
    targets = np.sqrt(factors.unit_sizes)
    for target in (1.0, targets):
        if np.all(np.abs(norms / target - 1) <= NORM_TOLERANCE):
            return flat * np.repeat(targets / norms, factors.unit_sizes)
    unit = np.abs(norms - 1).argmax()
    raise ValueError(
        f"reference has norm {norms[unit]:.6g} at unit {unit}: give every unit norm 1 "
        "(as in coef_) or the square root of its number of inputs, "
        f"{targets[unit]:.6g}."
    )
