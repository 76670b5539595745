"""A Gaussian process under one Gaussian site per pattern.

With K the covariance of the prior and T the diagonal of the sites' precisions, the
posterior has precision ``K^-1 + T``. Precisions of noisy labels may be negative, so
that the usual symmetric form ``I + sqrt(T) K sqrt(T)`` is ``D + W K W`` here, where
``W = sqrt(|T|)`` and D has the signs of T. If the posterior is proper, this matrix is
``L D L^T`` with a real L, provided that the positive sites come first.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.linalg import lapack, solve_triangular

# Sites of smaller precision count as so precise; the prior's variance is 1.
_LEAST_PRECISION = 1e-9


@dataclass(frozen=True, eq=False)
class Process:
    """Posterior of the votes.

    Parameters
    ----------
    mean, variance : ndarray of shape (n_samples,)
        Of the votes on the patterns.
    coef : ndarray of shape (n_samples,)
        Any votes have the mean ``covariance(votes, patterns) @ coef``.
    log_partition : float
        Log of the sites' average under the prior.
    order : ndarray of shape (n_samples,) of int
        Patterns with positive sites first.
    weights, signs : ndarray of shape (n_samples,)
        Roots of the modulus and signs of the sites' precisions, in this order.
    inverse : ndarray of shape (n_samples, n_samples)
        Inverse of L, lower triangular.
    """

    mean: np.ndarray
    variance: np.ndarray
    coef: np.ndarray
    log_partition: float
    order: np.ndarray
    weights: np.ndarray
    signs: np.ndarray
    inverse: np.ndarray

    def plain(self):
        """Give arrays and numbers by name, of the matrix the lower triangle only.

        Returns
        -------
        parts : dict
            The parameters.
        """
        rows = [row[: i + 1] for i, row in enumerate(self.inverse)]
        return {**vars(self), "inverse": np.concatenate(rows)}

    @classmethod
    def of_plain(cls, parts):
        """Make the process again.

        Parameters
        ----------
        parts : dict
            From `plain`.

        Returns
        -------
        process : Process
            An equal one.
        """
        n = len(parts["mean"])
        inverse = np.zeros((n, n), order="F")
        ends = np.cumsum(np.arange(n + 1))
        for i, (start, end) in enumerate(pairwise(ends)):
            inverse[i, : i + 1] = parts["inverse"][start:end]
        return cls(**{**parts, "inverse": inverse})

    def moments(self, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the moments of the votes on other inputs.

        Parameters
        ----------
        covariance : ndarray of shape (n_others, n_samples)
            Prior covariance of these votes and those on the patterns.

        Returns
        -------
        mean, variance : ndarray of shape (n_others,)
            Posterior moments.
        """
        explained = (covariance[:, self.order] * self.weights) @ self.inverse.T
        variance = 1 - explained**2 @ self.signs
        # Rounding may leave less than nothing where a pattern says all.
        return covariance @ self.coef, np.maximum(variance, np.finfo(float).eps)


def solve_process(covariance, precision, linear):
    """Find the posterior under given sites.

    Parameters
    ----------
    covariance : ndarray of shape (n_samples, n_samples)
        Of the prior.
    precision, linear : ndarray of shape (n_samples,)
        Natural parameters of the sites.

    Returns
    -------
    process : Process
        The posterior.

    Raises
    ------
    FloatingPointError
        If negative sites leave no proper posterior.
    """
    size = np.abs(precision)
    precision = np.where(size < _LEAST_PRECISION, _LEAST_PRECISION, precision)
    order = np.argsort(precision < 0, kind="stable")
    signs, weights = np.sign(precision)[order], np.sqrt(np.abs(precision))[order]
    n_positive = int(np.sum(signs > 0))
    lower = _factor(_scaled(covariance, order, weights, signs), n_positive)
    log_det = 2 * np.log(lower.diagonal()).sum()
    inverse = lapack.dtrtri(lower, lower=1, overwrite_c=1)[0]
    variance = np.empty_like(precision)
    reduced = signs - np.einsum("ki,ki,k->i", inverse, inverse, signs)
    variance[order] = reduced / weights**2
    coef = linear.copy()
    response = weights * (covariance @ linear)[order]
    coef[order] -= weights * (inverse.T @ (signs * (inverse @ response)))
    mean = covariance @ coef
    log_partition = (linear @ mean - log_det) / 2
    if not (np.isfinite(log_partition) and np.all(variance > 0)):
        raise FloatingPointError("the posterior is lost in rounding")
    return Process(mean, variance, coef, log_partition, order, weights, signs, inverse)


def _scaled(covariance, order, weights, signs):
    """The matrix ``D + W K W``, positive sites first."""
    if signs[-1] < 0:
        covariance = covariance[np.ix_(order, order)]
    matrix = np.multiply(covariance, weights[:, None], order="F")
    matrix *= weights
    matrix[np.diag_indices_from(matrix)] += signs
    return matrix


def _factor(matrix, n_positive):
    """The lower triangle L, by blocks of positive and of negative sites."""
    if n_positive == len(matrix):
        return _cholesky(matrix)
    lower = np.zeros_like(matrix, order="F")
    own = slice(None, n_positive), slice(n_positive, None)
    across = np.zeros((0, len(matrix)))
    if n_positive:
        lower[own[0], own[0]] = first = _cholesky(matrix[own[0], own[0]])
        across = solve_triangular(first, matrix[own[0], own[1]], lower=True)
    lower[own[1], own[0]] = across.T
    lower[own[1], own[1]] = _cholesky(across.T @ across - matrix[own[1], own[1]])
    return lower


def _cholesky(matrix):
    lower, info = lapack.dpotrf(np.asfortranarray(matrix), lower=1, clean=1)
    if info:
        raise FloatingPointError("the posterior is improper")
    return lower
