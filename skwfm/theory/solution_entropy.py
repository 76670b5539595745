"""How many weights solve random patterns, or solve them up to some errors."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from skwfm._warn import warn
from skwfm.theory.capacity import solvable_limit
from skwfm.theory.checks import (
    check_alpha,
    check_beta_ne,
    check_machine,
    check_weights,
    takes_instances,
)
from skwfm.theory.parity import parity_volume
from skwfm.theory.typical import SolutionEntropy, binary_entropy, spherical_volume


def _warn_frozen(alpha, beta_ne):
    """Warn, with advice, of an entropy that counts less than one weight vector."""
    warn(
        f"The entropy of binary weights is negative at alpha={alpha:g}, "
        f"beta_ne={beta_ne:g}: the replica-symmetric measure freezes at a lower "
        "beta_ne, so that log_volume and expected_error_rate are bounds only. Lower "
        "beta_ne to where the entropy is zero.",
        RuntimeWarning,
    )


@takes_instances
def solution_entropy(
    machine: object,
    n_hidden: float,
    alpha: float,
    weights: Literal["spherical", "binary"] = "spherical",
    beta_ne: float = np.inf,
) -> SolutionEntropy:
    """Typical log-volume of the solutions of random patterns.

    Replica symmetric: exact where ``rs_stable`` (for binary weights up to the
    capacity), an upper bound elsewhere.

    At a finite inverse temperature ``beta_ne`` every weight vector counts with
    ``exp(-beta_ne * errors)`` and alpha may exceed the capacity: no machine need
    separate the data.

    Parameters
    ----------
    machine : {"perceptron", "tree", "parity"} or architecture
    n_hidden : int or numpy.inf
        Hidden units; odd for a tree. Left out beside an architecture instance, such as
        ``TreeCommittee(3)``, which brings its own.
    alpha : float
        Patterns per weight; below the capacity if ``beta_ne`` is infinite.
    weights : {"spherical", "binary"}, default="spherical"
    beta_ne : float, default=numpy.inf
        Inverse temperature: what an error costs, in nats. Infinite counts solutions,
        zero all weights.

    Returns
    -------
    result : SolutionEntropy
        With ``.entropy`` (nats per weight), ``.overlap``, ``.error``, ``.stability``.
        At finite ``beta_ne`` the entropy is that of the weights that typically
        contribute; they make ``.expected_error_rate`` errors per pattern. The log of
        the mean of ``exp(-beta_ne * errors)``, per weight, is ``.log_volume``.

    Raises
    ------
    ValueError
        If ``alpha`` is beyond the capacity at ``beta_ne=inf``, or an argument is out of
        range.

    Warns
    -----
    RuntimeWarning
        If the entropy of binary weights is negative, which no set of weights has.

    Notes
    -----
    A finite ``beta_ne`` replaces the probability Phi of a right answer by
    ``e^-beta + (1 - e^-beta) Phi`` in the replica-symmetric formula. Its derivative
    gives the error rate, ``E[e^-beta (1 - Phi) / (e^-beta + (1 - e^-beta) Phi)]``, and
    ``entropy = log_volume + beta_ne * alpha * expected_error_rate`` (plus the prior's
    ``log 2`` for binary weights). Cold and above the stability line replica symmetry
    is broken (``rs_stable`` False), and errors are underestimated.

    Typical solutions of a parity machine have overlap zero, and every pattern halves
    their number. With two units that holds up to ``alpha = pi^2 / 8`` only; beyond it
    (at finite ``beta_ne`` where ``8 alpha tanh(beta_ne / 2)^2 > pi^2``) the overlap
    grows from zero, and fewer weights are solutions than half per pattern.

    References
    ----------
    E. Gardner, J. Phys. A 21, 257 (1988); W. Krauth and M. Mezard, J. Phys. France
    50, 3057 (1989); E. Barkai, D. Hansel, H. Sompolinsky, Phys. Rev. A 45, 4146
    (1992).

    Examples
    --------
    >>> from skwfm.theory import solution_entropy
    >>> round(solution_entropy("perceptron", 1, 0.5).entropy, 4)
    -0.3777

    Above the capacity 2, with errors at a cost of two nats each:

    >>> warm = solution_entropy("perceptron", 1, 3.0, beta_ne=2.0)
    >>> round(warm.log_volume, 4), round(warm.expected_error_rate, 4)
    (-1.908, 0.2015)
    """
    K = check_machine(machine, n_hidden)
    check_weights(weights)
    beta_ne = check_beta_ne(beta_ne)
    # Errors that are allowed, at a cost, leave no capacity to exceed.
    limit = solvable_limit(machine, K, weights) if beta_ne == math.inf else ()
    alpha = check_alpha(alpha, *limit)
    if machine == "parity" and K > 1:
        result = parity_volume(K, alpha, weights, beta_ne)
    elif weights == "spherical":
        result = spherical_volume(K, alpha, beta_ne)
    else:
        result = binary_entropy(K, alpha, beta_ne)
    if weights == "binary" and beta_ne < math.inf and result.entropy < 0:
        _warn_frozen(alpha, beta_ne)
    return result
