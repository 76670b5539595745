"""Orthonormal coordinates in which a unit's patterns use as few axes as possible."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import blas, lapack, qr


@dataclass(frozen=True, eq=False)
class Span:
    """Inputs of one unit, rotated such that the patterns lie on the first axes.

    With fewer patterns than inputs, a QR decomposition puts them on the first M axes,
    where their coordinates are lower triangular; otherwise nothing is rotated.

    Parameters
    ----------
    coordinates : ndarray of shape (n_samples, rank), Fortran order
        Patterns on the first ``rank = min(n_samples, n_inputs)`` axes.
    n_inputs : int
        Inputs n_l of the unit.
    reflectors : tuple of (ndarray of shape (n_inputs, rank), ndarray of shape \
(rank,)) or None
        The rotation as LAPACK's Householder vectors; None stands for the identity.
    """

    coordinates: np.ndarray
    n_inputs: int
    reflectors: tuple | None = None

    @classmethod
    def from_inputs(cls, inputs):
        """Find the rotation.

        Parameters
        ----------
        inputs : ndarray of shape (n_samples, n_inputs)
            What the unit sees.

        Returns
        -------
        span : Span
            The patterns in the rotated coordinates.
        """
        n_samples, n_inputs = inputs.shape
        if n_samples >= n_inputs:
            return cls(np.asfortranarray(inputs), n_inputs)
        reflectors, _ = qr(inputs.T, mode="raw", check_finite=False)
        return cls(_triangle(reflectors[0]), n_inputs, reflectors)

    @property
    def rank(self):
        """Number of axes that the patterns use."""
        return self.coordinates.shape[1]

    @property
    def size(self):
        """Numbers that are kept beyond the basis, which any covariance needs."""
        return self.coordinates.size if self.reflectors is None else 0

    def plain(self):
        """Give what the span is made from.

        Returns
        -------
        parts : tuple
            Number of inputs and an array: the patterns where nothing is rotated,
            otherwise the rotation, which holds their coordinates as well.
        """
        kept = (self.coordinates,) if self.reflectors is None else self.reflectors
        return self.n_inputs, *kept

    @classmethod
    def of_plain(cls, n_inputs, matrix, scales=None):
        """Make the span again.

        Parameters
        ----------
        n_inputs : int
            Number of inputs.
        matrix : ndarray
            The patterns or, with scales, the rotation.
        scales : ndarray of shape (rank,) or None, default=None
            Scales of the rotation.

        Returns
        -------
        span : Span
            Equal to the one from which the parts come, bit for bit.
        """
        matrix = np.asfortranarray(matrix)
        if scales is None:
            return cls(matrix, n_inputs)
        return cls(_triangle(matrix), n_inputs, (matrix, scales))

    @cached_property
    def basis(self):
        """The used axes as columns, (n_inputs, rank), or None for the identity."""
        if self.reflectors is None:
            return None
        return lapack.dorgqr(*self.reflectors)[0]

    @cached_property
    def _transposed(self):
        """Coordinates of the patterns as columns, an upper triangle."""
        return np.asfortranarray(self.coordinates.T)

    @cached_property
    def _unused(self):
        """Share of each input that lies on axes which no pattern uses."""
        return np.maximum(1 - row_squares(self.basis), 0)

    def rotate(self, weights, back=False):
        """Change coordinates.

        Parameters
        ----------
        weights : ndarray of shape (n_inputs,)
            Weights of the unit.
        back : bool, default=False
            Whether to rotate back from the rotated coordinates.

        Returns
        -------
        rotated : ndarray of shape (n_inputs,)
            The weights, the axes that the patterns use first.
        """
        if self.reflectors is None:
            return weights.copy()
        vectors, scales = self.reflectors
        column = np.asfortranarray(weights[:, None], dtype=float)
        trans = "N" if back else "T"
        # The unblocked algorithm needs room for one number per column.
        return lapack.dormqr("L", trans, vectors, scales, column, 64)[0][:, 0]

    def gram(self, precision):
        """Sum the patterns' outer products.

        Parameters
        ----------
        precision : ndarray of shape (n_samples,)
            Weight of each pattern, of either sign.

        Returns
        -------
        gram : ndarray of shape (rank, rank), Fortran order
            Upper triangle of ``sum_mu precision_mu z_mu z_mu^T``.
        """
        if self.reflectors is not None:
            return self._triangular_gram(precision)
        if precision.min() >= 0:
            scaled = np.asfortranarray(self.coordinates * np.sqrt(precision)[:, None])
            return blas.dsyrk(1.0, scaled, trans=True)
        weighted = np.asfortranarray(self.coordinates * precision[:, None])
        return blas.dgemm(1.0, self.coordinates, weighted, trans_a=True)

    def _triangular_gram(self, precision):
        """Multiply triangles, in a third of the operations of rectangles.

        That needs roots of the precisions: those of the rarer sign are summed as if
        they had the other, and subtracted twice.
        """
        sign = 1.0 if 2 * np.count_nonzero(precision < 0) <= len(precision) else -1.0
        scaled = self._transposed * np.sqrt(np.abs(precision))
        rare = np.asfortranarray(scaled[:, sign * precision < 0])
        gram = lapack.dlauum(scaled, overwrite_c=True)[0]
        return blas.dsyrk(-2 * sign, rare, beta=sign, c=gram, overwrite_c=True)

    def field_variances(self, root):
        """Give the variances of the fields.

        Parameters
        ----------
        root : ndarray of shape (rank, rank)
            Covariance of the used axes is ``root root^T``.

        Returns
        -------
        variances : ndarray of shape (n_samples,)
            One per pattern.
        """
        if self.reflectors is None:
            return row_squares(self.coordinates @ root)
        return row_squares(blas.dtrmm(1.0, self.coordinates, root, lower=True))

    def factored(self, upper):
        """Give a square root of the covariance of the fields.

        Parameters
        ----------
        upper : ndarray of shape (rank, rank)
            Cholesky factor of the precision matrix of the used axes, which is
            ``upper^T upper``.

        Returns
        -------
        root : ndarray of shape (n_samples, rank)
            The covariance is ``root root^T``.
        """
        return blas.dtrsm(1.0, upper, self.coordinates, side=1)

    def factored_variances(self, upper, outside):
        """Give the variances of the weights, from their precisions.

        Parameters
        ----------
        upper : ndarray of shape (rank, rank)
            As of `factored`.
        outside : float
            As of `weight_variances`.

        Returns
        -------
        variances : ndarray of shape (n_inputs,)
            One per weight.
        """
        if self.basis is None:
            return row_squares(lapack.dtrtri(upper)[0])
        used = row_squares(blas.dtrsm(1.0, upper, self.basis, side=1))
        return used + outside * self._unused

    def weight_variances(self, root, outside):
        """Give the variances of the weights.

        Parameters
        ----------
        root : ndarray of shape (rank, rank)
            Covariance of the used axes is ``root root^T``.
        outside : float
            Variance along every other axis.

        Returns
        -------
        variances : ndarray of shape (n_inputs,)
            One per weight.
        """
        if self.basis is None:
            return row_squares(root)
        return row_squares(self.basis @ root) + outside * self._unused


def _triangle(rotation):
    """Coordinates of the patterns, which LAPACK leaves above the rotation's vectors."""
    return np.asfortranarray(np.triu(rotation[: rotation.shape[1]]).T)


def row_squares(rows):
    """Give the squared norm of each row.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n)
        The rows.

    Returns
    -------
    squares : ndarray of shape (n_rows,)
        Their squared norms.
    """
    return np.einsum("ij,ij->i", rows, rows)


def span_inputs(factors):
    """Give the span of each unit's patterns.

    Parameters
    ----------
    factors : Factors
        Patterns and machine.

    Returns
    -------
    spans : list of n_hidden Span
        The same object for units with the same receptive field.

    Raises
    ------
    ValueError
        If a unit sees nothing of a pattern.
    """
    return by_receptive_field(factors, Span.from_inputs)


def by_receptive_field(factors, make):
    """Call a function on each unit's inputs, once per distinct receptive field.

    Parameters
    ----------
    factors : Factors
        Patterns and machine.
    make : callable
        Takes inputs (n_samples, n_l).

    Returns
    -------
    made : list of n_hidden objects
        What it returned.

    Raises
    ------
    ValueError
        If a unit sees nothing of a pattern.
    """
    made = []
    for group, first in enumerate(factors.layout.first_units):
        inputs = factors.group_inputs(group)
        _check_seen(inputs, first)
        made.append(make(inputs))
    return [made[group] for group in factors.layout.group_of_unit]


def _check_seen(inputs, unit):
    n_unseen = np.sum(~inputs.any(axis=1))  # they may be in another order, or merged
    if n_unseen:
        raise ValueError(
            f"all inputs of unit {unit} are zero on {n_unseen} of {len(inputs)} "
            "distinct patterns, so that its field has no distribution there: remove "
            "these rows or use fit_intercept=True."
        )
