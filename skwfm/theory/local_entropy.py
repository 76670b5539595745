"""Local-entropy curves of continuous weights: the analytic side of Fig. 1."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from skwfm._warn import warn
from skwfm.curves import LocalEntropyCurve
from skwfm.theory.capacity import capacity, solvable_limit
from skwfm.theory.checks import (
    check_alpha,
    check_beta_ne,
    check_interior,
    check_machine,
    check_n_replicas,
    takes_instances,
    warn_lost,
)
from skwfm.theory.numerics.finite_replicas import FiniteReplicas
from skwfm.theory.parity import coin_flip_stability, parity_volume
from skwfm.theory.typical import spherical_volume
from skwfm.theory.wide_minima import WideMinima

CAP_TOLERANCE = 1e-6
"""The curve touches its cap at the typical overlap; rounding is not an excess."""


def _prior_entropy(overlaps, n_replicas):
    """Log-volume per weight of replicas at a mutual overlap, relative to free ones."""
    inner = 0.5 * np.log1p(-overlaps)
    if n_replicas == math.inf:
        return inner
    together = np.log(1 - overlaps + n_replicas * overlaps)
    return (together + 2 * (n_replicas - 1) * inner) / (2 * n_replicas)


def _solve_curve(n_hidden, alpha, overlaps, n_replicas, beta_ne):
    """Entropy, error, saddle parameter, convergence and, for many replicas, errors."""
    if n_replicas == math.inf:
        solver = WideMinima(n_hidden, alpha, beta_ne)
    elif n_hidden in (1, 3, math.inf):
        solver = FiniteReplicas(n_hidden, alpha, n_replicas, beta_ne)
    else:
        raise ValueError(
            f"A finite n_replicas={n_replicas} needs n_hidden 1, 3 or numpy.inf, got "
            f"{n_hidden}; use n_replicas=numpy.inf."
        )
    order = np.argsort(overlaps)
    points = [None] * overlaps.size
    for i in order:
        points[i] = solver.solve(overlaps[i])
    return np.array(points, dtype=float).T


def _committee_curve(n_hidden, alpha, overlaps, n_replicas, beta_ne):
    """Curve of a perceptron or committee, with its cap."""
    entropy, error, parameter, ok, *wrong = _solve_curve(
        n_hidden, alpha, overlaps, n_replicas, beta_ne
    )
    ok = ok.astype(bool)
    many = n_replicas == math.inf
    volume = spherical_volume(n_hidden, alpha, beta_ne)
    cap = np.minimum(volume.log_volume - _prior_entropy(overlaps, n_replicas), 0.0)
    tolerance = CAP_TOLERANCE + 3 * (error + volume.error)
    saddle = {"A" if many else "q0": parameter}
    if many and beta_ne < math.inf:
        saddle["expected_error_rate"] = np.where(ok, wrong[0], np.nan)
    return LocalEntropyCurve(
        overlap=overlaps,
        distance=(1 - overlaps) / 2,
        entropy=np.where(ok, entropy, np.nan),
        converged=ok,
        method=_method(n_replicas, beta_ne),
        error=error,
        reference="mutual",
        n_replicas=float(n_replicas),
        saddle=saddle,
        rs_stable=volume.rs_stable,
        cap=cap,
        exceeds_cap=ok & (entropy > cap + tolerance),
    )


def _method(n_replicas, beta_ne):
    """How a curve was obtained, in words."""
    count = "many" if n_replicas == math.inf else n_replicas
    warm = "" if beta_ne == math.inf else f", beta_ne={beta_ne:g}"
    return f"replica theory, {count} replicas{warm}"


def _parity_bound(n_hidden, alpha, overlaps):
    """Local entropy with internal representations fixed: K perceptron problems."""
    if n_hidden == math.inf or n_hidden * alpha >= capacity("perceptron", 1):
        return np.full(overlaps.size, -np.inf)
    entropy, _, _, ok, _ = _solve_curve(
        1, n_hidden * alpha, overlaps, math.inf, math.inf
    )
    return np.where(ok, entropy, np.nan)


def _warn_unstable_parity(alpha):
    """Warn, with advice, of a constant that no stable solution gives."""
    warn(
        f"A parity machine of two units has no curve at alpha={alpha:g}: the published "
        "constant takes q0=0, which is unstable above pi^2/8 = 1.234. It is NaN with "
        "converged=False. Lower alpha, or pass n_replicas=1 for the typical volume.",
        RuntimeWarning,
    )


def _parity_curve(n_hidden, alpha, overlaps, n_replicas, beta_ne):
    """Published constant, and the bound that exceeds it for finite K.

    One replica is the typical volume. That is the constant too, up to where two units
    have overlaps; beyond, many replicas have no formula here.
    """
    if beta_ne < math.inf:
        raise ValueError(
            f"A parity machine has no curve at beta_ne={beta_ne:g}: pass numpy.inf, or "
            "take solution_entropy(..., beta_ne=...) for its typical volume."
        )
    if n_replicas not in (1, math.inf):
        raise ValueError(
            f"A parity machine has formulas for n_replicas 1 and numpy.inf, got "
            f"{n_replicas}."
        )
    many = n_replicas == math.inf
    shape = overlaps.shape
    stable = coin_flip_stability(n_hidden, alpha, beta_ne) < 1
    entropy, error, method = -alpha * math.log(2), 0.0, "published constant -alpha ln 2"
    if not stable and many:
        _warn_unstable_parity(alpha)
        entropy = math.nan
    elif not stable:
        volume = parity_volume(n_hidden, alpha, "spherical")
        entropy, error, method = volume.log_volume, volume.error, "typical volume"
    return LocalEntropyCurve(
        overlap=overlaps,
        distance=(1 - overlaps) / 2,
        entropy=np.full(shape, entropy),
        converged=np.full(shape, stable or not many),
        method=f"replica theory, {method}",
        error=np.full(shape, error),
        reference="mutual",
        n_replicas=float(n_replicas),
        rs_stable=stable,
        lower_bound=_parity_bound(n_hidden, alpha, overlaps) if many else None,
    )


@takes_instances
def local_entropy_curve(
    machine: object,
    n_hidden: float,
    alpha: float,
    overlaps: ArrayLike,
    *,
    n_replicas: float = np.inf,
    beta_ne: float = np.inf,
) -> LocalEntropyCurve:
    """Largest normalised local entropy at given mutual overlaps of the replicas.

    The logarithm, per weight and replica, of the fraction of sets of ``n_replicas``
    weight vectors at mutual overlap q1 that all solve ``alpha`` random patterns per
    weight; in the limit of many replicas the deepest wide minimum. Zero means that
    nearly all weights at that distance are solutions.

    At a finite inverse temperature ``beta_ne`` the number is the logarithm, per weight
    and replica, of the mean of ``exp(-beta_ne * errors)`` over such sets, errors being
    counted in all of them. With many replicas: of that mean over weights at overlap
    ``sqrt(q1)`` from a centre, for the best centre. alpha may then exceed the capacity.

    Parameters
    ----------
    machine : {"perceptron", "tree", "parity"} or architecture
        Output rule. A perceptron has ``n_hidden=1``; a tree is a committee of units
        with disjoint inputs.
    n_hidden : int or numpy.inf
        Hidden units K, left out beside an architecture instance, such as
        ``TreeCommittee(3)``, which brings its own. Odd for a tree; 1, 3 and infinity
        by quadrature, more by randomised low-discrepancy points with one standard
        error as ``error``.
    alpha : float
        Patterns per weight, at least 0; below the capacity if ``beta_ne`` is infinite.
    overlaps : array-like of shape (n_overlaps,)
        **Mutual** overlaps q1 of the replicas, in (0, 1). The overlap of each replica
        with their barycentre, which is what a measurement around one solution
        controls, is ``sqrt(q1)``: the curve has it as ``centre_overlap``.
    n_replicas : int or numpy.inf, default=numpy.inf
        Number of replicas. One replica is the typical volume.
    beta_ne : float, default=numpy.inf
        Inverse temperature: what an error costs, in nats. Infinite asks for solutions.
        Finite for perceptrons and committees; three units and many replicas are then
        sampled, with one standard error as ``error``.

    Returns
    -------
    curve : LocalEntropyCurve
        ``overlap`` repeats ``overlaps``; ``entropy`` in nats per weight; ``error``;
        ``saddle`` holds A (many replicas: ``A = lim y (q1 - q0) / (1 - q1)``) or q0;
        ``rs_stable`` is False above the stability line of the typical volume, where
        ``exceeds_cap`` tells which points lie above ``cap``, the total volume of
        solutions. For parity machines ``entropy`` is the published constant and
        ``lower_bound`` the bound that exceeds it; with two units and many replicas the
        constant is NaN above ``alpha = pi^2 / 8``, where ``q0 = 0`` is unstable. With
        many replicas at finite ``beta_ne``, ``saddle["expected_error_rate"]`` are the
        errors per pattern e, and ``entropy + beta_ne * alpha * e`` is the log of the
        fraction that makes them.

    Raises
    ------
    ValueError
        If an argument is out of range: overlaps not in (0, 1), even committees,
        alpha at or beyond the capacity at ``beta_ne=inf``, a negative ``beta_ne``, a
        finite one for a parity machine.

    Warns
    -----
    RuntimeWarning
        If some points are NaN: no saddle point was found, or a parity machine of two
        units has no stable one with ``q0 = 0``.

    Notes
    -----
    Three formulas differ from the main text of [1]_: the printed entropic term lacks
    ``q1 / (2 (1 - q1 + d0))``, without which the extremum is zero for every alpha;
    the printed effective field for infinitely many units lacks a square root on
    ``q0``, and its ``d0`` the number of replicas. For the parity machine the constant
    ``-alpha ln 2`` is the typical volume (of two units up to ``alpha = pi^2 / 8``,
    where their overlap leaves zero) and the limit of many hidden units; for
    finite K the optimum is larger: fixing the internal representations turns it into
    K perceptrons, so it is at least the perceptron's value at ``K alpha``
    (minus infinity, no information, where that exceeds 2).

    A finite ``beta_ne`` replaces Phi by ``e^-beta + (1 - e^-beta) Phi``. Above the
    capacity and cold, weights that make the fewest errors break replica symmetry, and
    the curve is an approximation; ``rs_stable`` tells of the typical volume only.

    References
    ----------
    .. [1] C. Baldassi, F. Pittorino, R. Zecchina, PNAS 117, 161 (2020), Fig. 1.

    Examples
    --------
    >>> from skwfm.theory import local_entropy_curve
    >>> curve = local_entropy_curve("perceptron", 1, 1.0, [0.5, 0.9])
    >>> curve.entropy.round(4)
    array([-0.5223, -0.0574])
    """
    K = check_machine(machine, n_hidden)
    overlaps = check_interior(overlaps, "overlaps", 0, 1)
    n_replicas = check_n_replicas(n_replicas)
    beta_ne = check_beta_ne(beta_ne)
    # Errors that are allowed, at a cost, leave no capacity to exceed.
    limit = solvable_limit(machine, K) if beta_ne == math.inf else ()
    alpha = check_alpha(alpha, *limit)
    parity = machine == "parity" and K != 1
    if alpha == 0 or beta_ne == 0:
        return _empty_curve(overlaps, n_replicas)
    if parity:
        return _parity_curve(K, alpha, overlaps, n_replicas, beta_ne)
    curve = _committee_curve(K, alpha, overlaps, n_replicas, beta_ne)
    warn_lost(curve.converged, "overlaps")
    return curve


def _empty_curve(overlaps, n_replicas):
    """Without patterns, or where errors cost nothing, every weight vector counts."""
    zeros = np.zeros(overlaps.shape)
    return LocalEntropyCurve(
        overlap=overlaps,
        distance=(1 - overlaps) / 2,
        entropy=zeros,
        converged=np.ones(overlaps.shape, dtype=bool),
        method="replica theory, no patterns",
        error=zeros.copy(),
        reference="mutual",
        n_replicas=float(n_replicas),
        rs_stable=True,
        cap=zeros.copy(),
        exceeds_cap=np.zeros(overlaps.shape, dtype=bool),
    )
