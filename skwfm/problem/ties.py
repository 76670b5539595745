"""Fields of +-1 weights that cancel: no label in training, stored weights answer +1."""

from __future__ import annotations

import numpy as np

from skwfm.problem.problem import Problem

# Sums of inputs are exact up to so many roundings.
_ROUNDINGS = 100
# Weights are +-1 but for their size if the sizes differ by no more roundings.
_SAME_SIZE = 4


def sizes_of_zero(problem: Problem) -> np.ndarray:
    """Say how large fields may be that are zero but for rounding.

    Parameters
    ----------
    problem : Problem
        The patterns.

    Returns
    -------
    sizes : ndarray of shape (n_samples, n_hidden)
        For weights +-1 divided by the square root of their number, by the size of each
        pattern's own inputs.
    """
    squares = problem.products.variances(np.ones(problem.layout.n_weights))
    return _ROUNDINGS * np.finfo(problem.dtype).eps * np.sqrt(squares)


def wrong_either_way(
    problem: Problem, fields: np.ndarray, zero: np.ndarray
) -> np.ndarray:
    """Tell which answers are not right whatever the signs of fields of zero.

    Parameters
    ----------
    problem : Problem
        The patterns.
    fields : ndarray of shape (n_samples, n_hidden)
        Fields of weights +-1.
    zero : ndarray of shape (n_samples, n_hidden)
        Sizes up to which they count as zero.

    Returns
    -------
    wrong : ndarray of shape (n_samples,) of bool
        If several units are at zero, both signs for all of them tell only if the
        machine is monotone: other machines are wrong there.
    """
    wrong = problem.wrong(fields + zero) | problem.wrong(fields - zero)
    if not getattr(problem.architecture, "is_monotone", False):
        wrong |= np.sum(np.abs(fields) <= zero, axis=1) > 1
    return wrong


def exactly_summed(weights: np.ndarray) -> np.ndarray:
    """Round the size of +-1 weights so that no sum of them is rounded.

    Fields of inputs +-1 that cancel are then zero however their terms are added, and
    answers do not depend on which patterns are asked together.

    Parameters
    ----------
    weights : ndarray of shape (n_hidden, n)
        Weights of each unit, zero outside its receptive field.

    Returns
    -------
    weights : ndarray of shape (n_hidden, n)
        Rows with weights of several sizes are left unchanged. Those of others change
        by at most as many roundings as they have weights.
    """
    sizes = np.abs(weights).max(axis=1, keepdims=True)
    eps, is_weight = np.finfo(weights.dtype).eps, weights != 0
    differs = is_weight & (np.abs(np.abs(weights) - sizes) > _SAME_SIZE * eps * sizes)
    mantissa, exponent = np.frexp(sizes)
    # A sum of n equal numbers has so many digits more than one of them.
    n_more = np.frexp(is_weight.sum(axis=1, keepdims=True).astype(float))[1]
    step = np.ldexp(eps / 2, n_more)
    rounded = np.ldexp(np.round(mantissa / step) * step, exponent).astype(sizes.dtype)
    is_equal = ~differs.any(axis=1, keepdims=True)
    return np.where(is_equal, np.sign(weights) * rounded, weights)
