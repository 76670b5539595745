"""Fields of +-1 weights that cancel: rounding decides what stored weights answer."""

from __future__ import annotations

import numpy as np

from skwfm.problem.problem import Problem

# Sums of inputs are exact up to so many roundings.
_ROUNDINGS = 100


def size_of_zero(problem: Problem, fields: np.ndarray) -> float:
    """Say how large fields of weights +-1 may be that are zero but for rounding.

    Parameters
    ----------
    problem : Problem
        The patterns.
    fields : ndarray
        Some of them.

    Returns
    -------
    size : float
        Far below the steps of those of inputs +-1.
    """
    return _ROUNDINGS * np.finfo(problem.dtype).eps * float(np.abs(fields).max())


def wrong_either_way(problem: Problem, fields: np.ndarray, zero: float) -> np.ndarray:
    """Tell which answers are not right whatever the signs of fields of zero.

    Parameters
    ----------
    problem : Problem
        The patterns.
    fields : ndarray of shape (n_samples, n_hidden)
        Fields of weights +-1.
    zero : float
        Size up to which they count as zero.

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
