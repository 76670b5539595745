"""Gaussian units in the basis that diagonalises them, for any Gaussian prior.

One eigendecomposition per unit and sweep. In that basis weights are independent, so
that the prior's own equations hold, coupled replicas included.
"""

import numpy as np
from scipy.linalg import lapack

from skwfm.inference.ep.spread import Spread
from skwfm.inference.ep.units import Units


class EigenUnits(Units):
    """Units whose posteriors are diagonalised; multipliers are solved to rounding.

    Parameters
    ----------
    spans : list of n_hidden Span
        Inputs of each unit.
    prior : BoundGaussian
        Any. Its multipliers are updated.
    unit_slices : list of n_hidden slice
        Where each unit's weights are in a flat vector.
    """

    def __init__(self, spans, prior, unit_slices):
        self._prior = prior
        self._spans = spans
        self._slices = unit_slices

    def solve(self, precision, linear, residual=0.0):
        if not (np.isfinite(precision).all() and np.isfinite(linear).all()):
            raise FloatingPointError("sites are not finite")
        self._diagonalise(precision, linear)
        self._rotated = self._prior.in_basis(self._rotate)
        self._mean, self._variance = self._rotated.moments(self._A, self._B)
        means = [
            span.coordinates @ (axes @ self._mean[where][: span.rank])
            for span, where, axes in self._by_unit()
        ]
        pairs = zip(self._spans, self._roots(), strict=True)
        variances = [span.field_variances(root) for span, root in pairs]
        return np.column_stack(means), np.column_stack(variances)

    def _diagonalise(self, precision, linear):
        self._axes = []
        self._A, self._B = np.zeros((2, self._slices[-1].stop))
        for span, where, p, b in zip(
            self._spans, self._slices, precision.T, linear.T, strict=True
        ):
            values, vectors, info = lapack.dsyevd(span.gram(p), overwrite_a=True)
            if info:
                raise FloatingPointError("an eigendecomposition failed")
            self._A[where][: span.rank] = vectors.T @ (span.coordinates.T @ b)
            self._B[where][: span.rank] = values
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

    def _roots(self):
        """Square roots of each unit's covariance on the axes that patterns use."""
        for span, where, axes in self._by_unit():
            yield np.asfortranarray(axes * np.sqrt(self._variance[where][: span.rank]))

    def _outside(self):
        """Variance of each unit along every other axis."""
        for span, where in zip(self._spans, self._slices, strict=True):
            has_others = span.rank < span.n_inputs
            yield float(self._variance[where][-1]) if has_others else 0.0

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
        units = zip(self._spans, self._roots(), self._outside(), strict=True)
        return [Spread(s.basis, np.triu(root @ root.T), out) for s, root, out in units]

    def log_partition(self):
        return self._rotated.log_partition(self._A, self._B)

    def weights(self):
        mean, variance = np.empty((2, len(self._mean)))
        for (span, where, axes), root, outside in zip(
            self._by_unit(), self._roots(), self._outside(), strict=True
        ):
            rotated = self._mean[where].copy()
            rotated[: span.rank] = axes @ rotated[: span.rank]
            mean[where] = span.rotate(rotated, back=True)
            variance[where] = span.weight_variances(root, outside)
        return mean, variance
