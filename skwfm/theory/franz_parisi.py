"""Solutions around minimisers of the cross-entropy loss (Franz-Parisi, Fig. 3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from skwfm.curves import LocalEntropyCurve
from skwfm.theory.binary_perceptron import cross_entropy_error_rate, solution_limit
from skwfm.theory.checks import check_alpha, check_gamma, check_interior, warn_lost
from skwfm.theory.constrained import ConstrainedSolutions, Reference


def _ball_entropy(distances):
    """Log-number of binary vectors at given distances, per weight."""
    return -distances * np.log(distances) - (1 - distances) * np.log1p(-distances)


def cross_entropy_local_entropy(
    alpha: float, gamma: float, distances: ArrayLike
) -> LocalEntropyCurve:
    """Local entropy of solutions around minimisers of the cross-entropy loss.

    Binary perceptron. The reference is a typical minimiser (see
    :func:`cross_entropy_error_rate`); the entropy counts the weights at distance D
    from it that classify every pattern correctly.

    Parameters
    ----------
    alpha : float
        Patterns per weight, at least 0 and below the capacity 0.8331.
    gamma : float
        Robustness parameter, positive. ``numpy.inf``: typical solutions of the error
        loss.
    distances : array-like of shape (n_distances,)
        Hamming distances D per weight, in (0, 0.5).

    Returns
    -------
    curve : LocalEntropyCurve
        ``entropy`` in nats per weight, not normalised: without patterns it is the
        binary entropy of D, also given as ``cap``. NaN with ``converged`` False
        inside the distance where the saddle point is lost. Negative: typically none.

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    C. Baldassi, F. Pittorino, R. Zecchina, PNAS 117, 161 (2020), Fig. 3;
    S. Franz and G. Parisi, J. Phys. I 5, 1401 (1995).
    """
    alpha = check_alpha(alpha, solution_limit(), "the capacity of binary weights")
    gamma = check_gamma(gamma)
    distances = check_interior(distances, "distances", 0, 0.5)
    cap = _ball_entropy(distances)
    results = np.full((distances.size, 4), np.nan)
    stable = True
    if alpha == 0:
        results[:] = np.column_stack([cap, 0 * cap, 0 * cap, (1 - 2 * distances) ** 2])
    else:
        minimum = cross_entropy_error_rate(alpha, gamma)
        stable = minimum.rs_stable
        if minimum.converged:
            reference = Reference(
                minimum.overlap, minimum.conjugate, minimum.beta, gamma
            )
            results = ConstrainedSolutions(alpha, reference).solve(distances)
    entropy, error, t, q = results.T
    warn_lost(np.isfinite(entropy), "distances")
    return LocalEntropyCurve(
        overlap=1 - 2 * distances,
        distance=distances,
        entropy=entropy,
        converged=np.isfinite(entropy),
        method=f"replica theory, around cross-entropy minimisers, gamma={gamma:g}",
        error=error,
        weights="binary",
        saddle={"t": t, "q": q},
        rs_stable=stable,
        cap=cap,
        exceeds_cap=entropy > cap + 1e-9,
    )
