"""Gaussian units in the basis that diagonalises them, for any Gaussian prior.

One eigendecomposition per unit and sweep. In that basis weights are independent, so
that the prior's own equations hold, coupled replicas included.
"""

import numpy as np
from scipy.linalg import lapack

from skwfm.inference.ep.geometry import Spread


class EigenUnits:
    """All units of a machine, diagonalised.

    Parameters
    ----------
    spans : list of n_hidden Span
        Inputs of each unit.
    sites : GaussianSites
        The bound prior. Its multipliers are updated.
    unit_slices : list of n_hidden slice
        Where each unit's weights are in a flat vector.
    """

    # The multipliers are solved to rounding.
    violation = 0.0

    def __init__(self, spans, sites, unit_slices):
        self.sites = sites
        self._spans = spans
        self._slices = unit_slices

    def solve(self, precision, linear):
        """Find the posterior under given sites.

        Parameters
        ----------
        precision, linear : ndarray of shape (n_samples, n_hidden)
            Natural parameters of the sites.

        Returns
        -------
        mean, variance : ndarray of shape (n_samples, n_hidden)
            Of the fields.

        Raises
        ------
        FloatingPointError
            If the sites are not finite or no multiplier makes the posterior proper.
        """
        if not (np.isfinite(precision).all() and np.isfinite(linear).all()):
            raise FloatingPointError("sites are not finite")
        self._diagonalise(precision, linear)
        norm = self.sites.multipliers["norm"].copy()
        self._rotated = self.sites.in_basis(self._rotate)
        self._rotated.multipliers["norm"][:] = norm
        self._mean, self._variance = self._rotated.moments(self._A, self._B)
        return self._fields()

    def _diagonalise(self, precision, linear):
        self._axes = []
        self._A, self._B = np.zeros((2, self._slices[-1].stop))
        for span, where, p, b in zip(
            self._spans, self._slices, precision.T, linear.T, strict=True
        ):
            values, vectors, info = lapack.dsyevd(span.gram(p), overwrite_a=True)
            if info:
                raise FloatingPointError("an eigendecomposition failed")
            used = slice(where.start, where.start + span.rank)
            self._A[used] = vectors.T @ (span.coordinates.T @ b)
            self._B[used] = values
            self._axes.append(vectors)

    def _rotate(self, flat):
        parts = []
        for span, where, axes in self._by_unit():
            rotated = span.rotate(flat[where])
            rotated[: span.rank] = axes.T @ rotated[: span.rank]
            parts.append(rotated)
        return np.concatenate(parts)

    def _by_unit(self):
        return zip(self._spans, self._slices, self._axes, strict=True)

    def _fields(self):
        means, variances = [], []
        roots = self._roots()
        for span, where, axes in self._by_unit():
            used = slice(where.start, where.start + span.rank)
            means.append(span.coordinates @ (axes @ self._mean[used]))
            variances.append(span.field_variances(next(roots)))
        return np.column_stack(means), np.column_stack(variances)

    def _roots(self):
        """Square roots of each unit's covariance on the axes that patterns use."""
        for span, where, axes in self._by_unit():
            used = slice(where.start, where.start + span.rank)
            yield np.asfortranarray(axes * np.sqrt(self._variance[used]))

    def field_roots(self):
        """Give square roots of the covariances of each unit's fields.

        Returns
        -------
        roots : list of n_hidden ndarrays of shape (n_samples, rank)
            Each covariance is ``root root^T``.
        """
        pairs = zip(self._spans, self._roots(), strict=True)
        return [span.coordinates @ root for span, root in pairs]

    def spreads(self):
        """Give the covariance of each unit's weights.

        Returns
        -------
        spreads : list of n_hidden Spread
            One per unit.
        """
        spreads = []
        for (span, where, _), root in zip(self._by_unit(), self._roots(), strict=True):
            outside = self._variance[where][-1] if span.rank < span.n_inputs else 0.0
            spreads.append(Spread(span.basis, np.triu(root @ root.T), float(outside)))
        return spreads

    def log_partition(self):
        """Give the sum over units of the log-integral of the posterior.

        Returns
        -------
        log_partition : float
            In nats.
        """
        return self._rotated.log_partition(self._A, self._B)

    def weights(self):
        """Give the marginals of the weights.

        Returns
        -------
        mean, variance : ndarray of shape (n_weights,)
            Flat.
        """
        mean, variance = np.empty((2, len(self._mean)))
        for span, where, axes in self._by_unit():
            rotated, spread = self._mean[where].copy(), self._variance[where]
            rotated[: span.rank] = axes @ rotated[: span.rank]
            mean[where] = span.rotate(rotated, back=True)
            root = axes * np.sqrt(spread[: span.rank])
            outside = spread[-1] if span.rank < span.n_inputs else 0.0
            variance[where] = span.weight_variances(root, outside)
        return mean, variance
