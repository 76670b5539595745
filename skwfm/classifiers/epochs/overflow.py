"""Inputs, rates and schedules so large that training would overflow.

Fields of units do not depend on the scale of their weights, and training normalises
these after every batch. Before that, the squares of a unit's weights are summed in the
precision of the inputs. An argument that would make this sum infinite raises an error
that names it; otherwise training would end in NaN or in units without weights.
"""

import numpy as np

from skwfm._shown import shown
from skwfm.problem.validation import largest_input, largest_size


def check_scaling(intercept_scaling, X):
    """Raise ValueError if the constant input of intercepts leaves the precision.

    Parameters
    ----------
    intercept_scaling : float or "auto"
        The constant input.
    X : ndarray of shape (n_samples, n_features)
        Inputs.

    Raises
    ------
    ValueError
        If squares of the constant input or of its inverse overflow.
    """
    if isinstance(intercept_scaling, str):
        return
    dtype = X.dtype if X.dtype.kind == "f" else np.dtype(float)
    limit = largest_size(dtype, X.shape[1] + 1)
    if not 1 / limit <= intercept_scaling <= limit:
        raise ValueError(
            f"intercept_scaling={shown(intercept_scaling)} must lie between "
            f"{1 / limit:.3g} and {limit:.3g} in {dtype}: choose a number of the "
            "inputs' size, or 'auto'."
        )


def rate_limit(problem, batch_size):
    """Give the rate beyond which the steps of one batch may overflow.

    Parameters
    ----------
    problem : Problem
        The patterns.
    batch_size : int
        Patterns whose steps are added up.

    Returns
    -------
    limit : float
        A rate for patterns that each move a unit by the rate times the inputs.
    """
    size = largest_size(problem.dtype, problem.inputs.shape[1] + 1)
    n_rows = min(batch_size, problem.n_samples)
    if problem.relative_weight is not None:
        n_rows *= float(problem.relative_weight.max())
    return size / (largest_input(problem.inputs, problem.layout.constants) * n_rows)


def check_rate(problem, eta, batch_size):
    """Raise ValueError if weights overflow with a learning rate.

    Parameters
    ----------
    problem : Problem
        The patterns.
    eta : float
        Learning rate.
    batch_size : int
        Patterns whose steps are added up.

    Raises
    ------
    ValueError
        If the rate is too large.
    """
    limit = rate_limit(problem, batch_size)
    if eta > limit:
        raise ValueError(
            f"eta={eta} makes weights overflow in {problem.dtype} on these inputs: "
            "lower eta (weights have norm one, so that rates above 1 forget them), or "
            "scale the features."
        )


def steepness_limit(problem, eta, batch_size):
    """Give the steepness beyond which preactivations or gradients may overflow.

    Parameters
    ----------
    problem : Problem
        The patterns.
    eta : float
        Learning rate.
    batch_size : int
        Patterns over which a gradient is summed.

    Returns
    -------
    limit : float
        Largest beta and gamma.
    """
    size = largest_size(problem.dtype, problem.inputs.shape[1] + 1)
    largest = largest_input(problem.inputs, problem.layout.constants)
    return min(size / largest, rate_limit(problem, batch_size) / eta)
