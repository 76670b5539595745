"""Fields of +-1 weights that cancel: rounding decides what stored weights answer."""

from __future__ import annotations

import numpy as np

from skwfm.problem.problem import Problem

# Sums of inputs are exact up to so many roundings.
_ROUNDINGS = 100


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
