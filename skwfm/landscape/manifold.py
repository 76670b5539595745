"""Dimension of the set of global minima around a solution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning

from skwfm._checks import check_count, check_positive
from skwfm._shown import shown
from skwfm._warn import warn
from skwfm.landscape.hessian.exact import exact_eigenvalues
from skwfm.landscape.hessian.loss import Loss
from skwfm.landscape.hessian.operator import HessianOperator
from skwfm.landscape.hessian.solution import read_solution, smooth

# Levenberg-Marquardt damping, in units of the squared residual: the first value,
# factors after a rejected and after a good step, and rejections allowed in a row. Long
# steps would saturate the units, and a pattern on which all units are saturated is
# stuck.
_FIRST_DAMPING = 1.0
_MORE_DAMPING, _LESS_DAMPING = 4.0, 0.25
_MAX_TRIALS = 40
# Decrease of the squared residual relative to that of the linear model: steps below the
# first are rejected, after steps above the second there is less damping.
_LEAST_GAIN, _GOOD_GAIN = 0.25, 0.75

# Beyond that, squares of distances from it overflow.
MOST_TARGET = 1e6


@dataclass(frozen=True)
class MinimaManifold:
    """Set of weights that interpolate the patterns, near one of them.

    Parameters
    ----------
    n_weights : int
        Number of free weights n; norms are free here.
    n_patterns : int
        Number of patterns d.
    rank : int
        Rank of the d x n Jacobian of the smooth outputs.
    dimension : int
        Dimension n - rank of the set; n - d unless patterns depend on each other.
    residual : float
        Largest distance between a smooth output and its target at the end.
    n_iter : int
        Gauss-Newton steps.
    converged : bool
        Whether the residual is within the tolerance. If not, the rank is that at the
        point where the search ended and says nothing about minima.
    singular_values : ndarray of shape (min(n, d),)
        Singular values of the Jacobian, descending.
    rank_tolerance : float
        Singular values above it count towards the rank.
    gap : float
        Ratio of the last singular value that counts and the first that does not; inf
        if all do.
    hessian_eigenvalues : ndarray of shape (n,)
        Eigenvalues for the loss ``(s target - Delta)^2 / 4``, mean over patterns,
        ascending.
    hessian_nullity : int
        Number of them that are zero within rounding and the remaining residual.
    weights : ndarray of shape (n,)
        The interpolating weights, unit by unit, each unit's intercept last.
    """

    n_weights: int
    n_patterns: int
    rank: int
    dimension: int
    residual: float
    n_iter: int
    converged: bool
    singular_values: np.ndarray
    rank_tolerance: float
    gap: float
    hessian_eigenvalues: np.ndarray
    hessian_nullity: int
    weights: np.ndarray


def minima_manifold(
    model: object,
    X: ArrayLike,
    y: ArrayLike,
    *,
    beta: float = 1.0,
    target: float = 0.5,
    tol: float = 1e-12,
    rank_tol: float | None = None,
    max_iter: int = 100,
) -> MinimaManifold:
    r"""Measure the dimension of the set of global minima at a solution.

    A smooth network with n weights and d < n patterns has zero-loss minima that
    usually form a manifold of dimension n - d. From the solution, Gauss-Newton steps
    (damped far from the target, of least norm near it) drive :math:`\Delta_\mu` to
    ``s_mu * target``; there the rank of the Jacobian gives the dimension, and the
    Hessian must have as many zeros.

    Parameters
    ----------
    model : fitted classifier of skwfm, or Pipeline that ends with one
        The solution. It is read, never changed.
    X : array-like of shape (n_samples, n_features)
        Patterns, fewer than there are weights.
    y : array-like of shape (n_samples,)
        Labels.
    beta : float, default=1.0
        Steepness of the units. Fields of +-1 inputs are of order 1.
    target : float, default=0.5
        Modulus of the smooth output Delta to reach. Below sqrt(n_hidden) for a
        committee, below 1 for a parity machine.
    tol : float, default=1e-12
        Largest residual at the end.
    rank_tol : float or None, default=None
        Singular values above `rank_tol` times the largest one count towards the rank.
        None stands for max(n, d) times the rounding unit of float64.
    max_iter : int, default=100
        Maximum number of Gauss-Newton steps.

    Returns
    -------
    manifold : MinimaManifold
        Dimension, rank and how far both can be trusted.

    Raises
    ------
    TypeError
        If the model is not a fitted committee machine.
    ValueError
        If a parameter is wrong, there are not more weights than patterns, or the
        machine has no smooth surrogate.

    Warns
    -----
    UserWarning
        If the model has training errors at the start.
    ConvergenceWarning
        If the residual stays above `tol`.

    Notes
    -----
    The set is that of the weights that get *every* pattern right, mislabelled ones too.
    If the model makes training errors, the search leaves it for weights that make none,
    and measures the manifold there; if there are none, it does not converge. Two labels
    for one input cannot both be reached.

    References
    ----------
    Y. Cooper, "Global minima of overparameterized neural networks", SIAM J. Math. Data
    Sci. 3, 676 (2021).

    Examples
    --------
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import minima_manifold
    >>> X, y = make_random_patterns(10, 8, random_state=0)
    >>> model = LALClassifier(n_hidden=3, random_state=0).fit(X, y)
    >>> manifold = minima_manifold(model, X, y)
    >>> manifold.n_weights, manifold.rank, manifold.dimension
    (27, 10, 17)
    """
    check_search(beta, target, tol, rank_tol, max_iter)
    solution = read_solution(model, X, y)
    _check_start(solution)
    end, n_iter = _interpolate(solution, beta, target, tol, max_iter)
    return _measure(end, beta, target, tol, rank_tol, n_iter)


def check_search(beta, target, tol, rank_tol, max_iter):
    """Check the parameters of `minima_manifold`.

    Parameters
    ----------
    beta, target, tol : float
        Positive numbers.
    rank_tol : float or None
        Positive if given.
    max_iter : int
        At least 1.

    Raises
    ------
    ValueError
        If one of them is wrong.
    """
    for name, value in {"beta": beta, "target": target, "tol": tol}.items():
        check_positive(name, value, "for instance the default")
    if target > MOST_TARGET:
        raise ValueError(
            f"target={shown(target)} is out of reach: smooth outputs are not much "
            "larger than one."
        )
    if rank_tol is not None:
        check_positive("rank_tol", rank_tol, "or None")
    check_count("max_iter", max_iter, 1)


def _check_start(solution):
    n, d = solution.n_weights, len(solution.labels)
    if n <= d:
        raise ValueError(
            f"X has {d} patterns for {n} weights, but only with more weights than "
            "patterns do minima form a manifold: use fewer patterns or more units."
        )
    n_errors = solution.n_errors()
    if n_errors:
        warn(
            f"the model makes {n_errors} training errors, so the search does not "
            "start at a minimum: train to zero errors to learn about that minimum.",
            UserWarning,
        )


def _residuals(solution, beta, target):
    return smooth(solution, beta)[0] - target * solution.labels


def _jacobian(solution, beta):
    """Derivatives of the smooth outputs with respect to the weights, shape (d, n)."""
    slope = smooth(solution, beta)[1]
    return np.hstack(
        [slope[:, [l]] * inputs for l, inputs in enumerate(solution.unit_inputs)]
    )


def _interpolate(solution, beta, target, tol, max_iter):
    """Damped Gauss-Newton, whose steps become those of least norm at the end.

    The damping goes to zero with the squared residual, so convergence is quadratic.
    """
    residuals = _residuals(solution, beta, target)
    damping = _FIRST_DAMPING
    for n_iter in range(max_iter):
        if np.abs(residuals).max() <= tol:
            return solution, n_iter
        u, s, vt = scipy.linalg.svd(_jacobian(solution, beta), full_matrices=False)
        along = u.T @ residuals
        along[s <= len(s) * np.finfo(float).eps * s[0]] = 0
        for _ in range(_MAX_TRIALS):
            step = vt.T @ (s * along / (s**2 + damping * (residuals @ residuals)))
            trial = solution.with_weights(solution.weights - step)
            trial_residuals = _residuals(trial, beta, target)
            linear = residuals - u @ (s * (vt @ step))
            gain = _decrease(residuals, trial_residuals) / _decrease(residuals, linear)
            if gain > _LEAST_GAIN:
                break
            damping *= _MORE_DAMPING
        else:
            return solution, n_iter
        damping *= _LESS_DAMPING if gain > _GOOD_GAIN else 1
        solution, residuals = trial, trial_residuals
    return solution, max_iter


def _decrease(old, new):
    # Where no decrease is expected, divide by a tiny number instead of by zero.
    return old @ old - new @ new + np.finfo(float).tiny


def _measure(solution, beta, target, tol, rank_tol, n_iter):
    n, d = solution.n_weights, len(solution.labels)
    residual = float(np.abs(_residuals(solution, beta, target)).max())
    if residual > tol:
        warn(
            f"Gauss-Newton ended after {n_iter} steps with a residual of "
            f"{residual:.3g}, above tol={shown(tol)}: lower beta or target, raise "
            "max_iter, or look for equal patterns with different labels.",
            ConvergenceWarning,
        )
    singular = scipy.linalg.svdvals(_jacobian(solution, beta))
    relative = n * np.finfo(float).eps if rank_tol is None else rank_tol
    cut = relative * singular[0]
    rank = int(np.sum(singular > cut))
    eigenvalues, n_null = _hessian_zeros(solution, beta, target)
    return MinimaManifold(
        n_weights=n, n_patterns=d, rank=rank, dimension=n - rank, residual=residual,
        n_iter=n_iter, converged=residual <= tol, singular_values=singular,
        rank_tolerance=float(cut), gap=_gap(singular, rank),
        hessian_eigenvalues=eigenvalues, hessian_nullity=n_null,
        weights=solution.weights,
    )  # fmt: skip


def _gap(singular, rank):
    if rank == len(singular) or singular[rank] == 0:
        return np.inf
    return float(singular[rank - 1] / singular[rank])


def _hessian_zeros(solution, beta, target):
    """Return the eigenvalues, and how many cannot be told from zero.

    The Hessian is ``J^T J / 2d`` plus residuals times curvatures, whose norm bounds how
    far a zero of the first part can move; rounding moves it by n roundings of the norm.
    """
    problem = solution.problem.with_labels(target * solution.labels)
    aimed = type(solution)(problem, solution.weights)
    operator = HessianOperator(aimed, Loss("mse", beta, None, "identity"))
    eigenvalues = exact_eigenvalues(operator)[0]
    rest = np.abs(operator.curvature.rest).reshape(len(solution.labels), -1).sum(axis=1)
    squares = sum(np.einsum("mi,mi->m", x, x) for x in solution.unit_inputs)
    rounding = len(eigenvalues) * np.finfo(float).eps * np.abs(eigenvalues).max()
    return eigenvalues, int(np.sum(np.abs(eigenvalues) <= rounding + rest @ squares))
