"""How many weights solve random patterns: volumes and entropies below capacity."""

from __future__ import annotations

import math
from typing import Literal

from skwfm.theory.capacity import solvable_limit
from skwfm.theory.checks import check_alpha, check_machine, takes_instances
from skwfm.theory.typical import SolutionEntropy, binary_entropy, spherical_volume


def _parity_entropy(alpha, weights):
    """Parity machine: q = 0, every pattern halves the volume."""
    start = math.log(2) if weights == "binary" else 0.0
    return SolutionEntropy(start - alpha * math.log(2), 0.0, 0.0, 0.0, 0.0)


@takes_instances
def solution_entropy(
    machine: object,
    n_hidden: float,
    alpha: float,
    weights: Literal["spherical", "binary"] = "spherical",
) -> SolutionEntropy:
    """Typical log-volume of the solutions of random patterns.

    Replica symmetric: exact where ``rs_stable`` (for binary weights up to the
    capacity), an upper bound elsewhere.

    Parameters
    ----------
    machine : {"perceptron", "tree", "parity"} or architecture
    n_hidden : int or numpy.inf
        Hidden units; odd for a tree. Left out beside an architecture instance, such as
        ``TreeCommittee(3)``, which brings its own.
    alpha : float
        Patterns per weight.
    weights : {"spherical", "binary"}, default="spherical"

    Returns
    -------
    result : SolutionEntropy
        With ``.entropy`` (nats per weight), ``.overlap``, ``.error``, ``.stability``.

    Raises
    ------
    ValueError
        If ``alpha`` is beyond the capacity, or an argument is out of range.

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
    """
    K = check_machine(machine, n_hidden)
    if weights not in ("spherical", "binary"):
        raise ValueError(f"weights must be 'spherical' or 'binary', got {weights!r}.")
    limit, what = solvable_limit(machine, K, weights)
    alpha = check_alpha(alpha, limit, what)
    if machine == "parity" and K > 1:
        return _parity_entropy(alpha, weights)
    solve = binary_entropy if weights == "binary" else spherical_volume
    return solve(K, alpha)
