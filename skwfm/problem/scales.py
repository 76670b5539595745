"""Scales of inputs: fields are compared with zero only, so that none matters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import issparse

if TYPE_CHECKING:
    from skwfm.problem.problem import Problem


def nearest_power(inputs: np.ndarray) -> int:
    """Give the power of two that inputs are near.

    Divided by it, they lose no digits.

    Parameters
    ----------
    inputs : ndarray or sparse array of shape (n_samples, n_features)
        Inputs.

    Returns
    -------
    power : int
        Of the power of two next to their root mean square; 0 if all are zero, or kept
        as integers because they are +-1.
    """
    if inputs.dtype.kind != "f" or 0 in inputs.shape:
        return 0
    numbers = inputs.data if issparse(inputs) else inputs
    largest = float(np.abs(numbers).max(initial=0.0))
    if not 0 < largest < np.inf:
        return 0
    squares = np.sum((numbers / largest) ** 2, dtype=float)
    size = np.sqrt(squares / inputs.shape[0] / inputs.shape[1])
    return round(float(np.log2(largest) + np.log2(size)))


def divided(problem: Problem, power: int) -> Problem:
    """Divide inputs, the constant one included, by a power of two.

    Parameters
    ----------
    problem : Problem
        Patterns.
    power : int
        The power.

    Returns
    -------
    problem : Problem
        All weights answer it as they answer the one given.
    """
    if power == 0:
        return problem
    return replace(
        problem,
        inputs=np.ldexp(problem.inputs, -power),
        intercept_scaling=np.ldexp(problem.intercept_scaling, -power),
    )
