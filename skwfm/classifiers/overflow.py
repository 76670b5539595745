"""Inputs, rates and schedules so large that training would overflow.

Fields of units do not depend on the scale of their weights, and training normalises
these after every batch. Before that, the squares of a unit's weights are summed in the
precision of the inputs: what would make this sum infinite is refused by name. Otherwise
it would end in NaN or in units whose weights are all zero.
"""

from skwfm.problem.validation import largest_input, largest_size


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
    return size / (largest_input(problem.inputs) * n_rows)


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


def coupling_limit(problem, eta, batch_size):
    """Give the coupling beyond which the pull to the mean of replicas may overflow.

    Parameters
    ----------
    problem : Problem
        The patterns.
    eta : float
        Learning rate.
    batch_size : int
        Patterns whose steps are added up before the pull.

    Returns
    -------
    limit : float
        Largest coupling.
    """
    size = largest_size(problem.dtype, problem.inputs.shape[1] + 1)
    step = eta * size / rate_limit(problem, batch_size)
    return size / (1 + step) / (2 * eta)


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
    return min(
        size / largest_input(problem.inputs), rate_limit(problem, batch_size) / eta
    )
