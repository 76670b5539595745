"""Patterns as message passing takes them: in one order, with weights, on one scale."""

from dataclasses import replace

import numpy as np

from skwfm.inference import Factors
from skwfm.problem.validation import content_order

# Weights are whole numbers up to this relative difference.
_ROUNDING = 1e-9


def merged_factors(problem):
    """Take patterns as factors; copies of one are the same as one with a weight.

    Parameters
    ----------
    problem : Problem
        The patterns.

    Returns
    -------
    factors : Factors
        At zero temperature, where equal patterns with two labels stay two.
    """
    weight = problem.sample_weight
    weight = np.ones(problem.n_samples) if weight is None else as_counts(weight)
    order = content_order(problem.inputs, problem.labels, weight)
    if not isinstance(order, slice):
        problem, weight = problem.subset(order), weight[order]
    return Factors.of(problem, sample_weight=weight)


def divided(problem, power):
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


def as_counts(weight):
    """Take weights as numbers of copies.

    Parameters
    ----------
    weight : ndarray of shape (n_samples,)
        Positive weights.

    Returns
    -------
    weight : ndarray of shape (n_samples,)
        The same numbers. If none reaches one they are shares, as boosting gives, that
        together would say as little as a few patterns: then they are over their mean.
    """
    weight = weight if weight.max() >= 1 else weight / weight.mean()
    # Rounding makes no other patterns of ones with equal weights.
    counts = np.round(weight)
    return np.where(np.abs(weight - counts) <= _ROUNDING * weight, counts, weight)
