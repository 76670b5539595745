"""Gaussian posterior of one unit's weights, by Cholesky factors.

Coupled replicas need no eigendecomposition. With P the precision of a unit alone, the
other replicas turn an eigenvalue p of P into ``p + rho(1 / p)``, whose inverse is
``(1 / n_replicas) / p + (1 - 1 / n_replicas) / (p + gamma)``: fluctuations of the
centre, which feel no coupling, and of the replica about it. Hence the covariance is a
mixture of two inverses, of P and of P + gamma.
"""

import numpy as np
from scipy.linalg import lapack

from skwfm.inference.ep.geometry import row_squares
from skwfm.inference.ep.spread import Spread

_LOG_2PI = np.log(2 * np.pi)


class UnitPosterior:
    """Gaussian posterior of one unit under a prior and one scalar site per pattern.

    Its log-density is, up to a constant, ``-Lambda w^2/2 + lambda r w`` plus the sites
    ``-precision x^2/2 + linear x`` on the fields x.

    Parameters
    ----------
    span : Span
        Inputs of the unit.
    reference : ndarray of shape (n_inputs,) or None, default=None
        Reference weights r, if the prior has some.
    modes : tuple of (float, float), default=((1.0, 0.0),)
        Weights and extra precisions of the inverses that make up the covariance; the
        first has no extra precision and gives the mean.
    """

    def __init__(self, span, reference=None, modes=((1.0, 0.0),)):
        self.span = span
        self._modes = modes
        rotated = np.zeros(span.n_inputs)
        if reference is not None:
            rotated = span.rotate(reference)
        self._reference, self._outside = np.split(rotated, [span.rank])
        self._outside_norm = self._outside @ self._outside
        self._n_outside = span.n_inputs - span.rank

    def set_sites(self, precision, linear):
        """Take new sites; call `factorise` next.

        Parameters
        ----------
        precision, linear : ndarray of shape (n_samples,)
            Natural parameters of the sites.
        """
        self._precision = precision
        self._gram = self.span.gram(precision)
        self._linear = self.span.coordinates.T @ linear

    def factorise(self, norm):
        """Factorise the precision matrix.

        Parameters
        ----------
        norm : float
            Lambda > 0.

        Returns
        -------
        is_proper : bool
            False if the matrix is not positive definite, because of negative sites: a
            larger Lambda helps.
        """
        self._norm, self._uppers = norm, []
        self._roots = self._variances = None
        for _, extra in self._modes:
            matrix = self._gram.copy(order="F")
            # The diagonal as a view: this runs for every unit, trial and sweep.
            matrix.ravel(order="K")[:: len(matrix) + 1] += norm + extra
            upper, info = lapack.dpotrf(matrix, overwrite_a=True)
            if info:
                return False
            self._uppers.append(upper)
        self._response = self._solve(self._reference)
        self._free_mean = self._solve(self._linear)
        return True

    def _solve(self, vector):
        return lapack.dpotrs(self._uppers[0], vector)[0]

    def _inverted(self):
        """Triangular roots of the inverses: each is ``root root^T``."""
        if self._roots is None:
            self._roots = [lapack.dtrtri(upper)[0] for upper in self._uppers]
        return zip(self._modes, self._roots, strict=True)

    def overlap_line(self):
        """Give the overlap with the reference as a linear function of lambda.

        Returns
        -------
        free, slope : float
            ``r . mean = free + slope lambda``.
        """
        slope = self._reference @ self._response + self._outside_norm / self._norm
        return self._reference @ self._free_mean, slope

    def set_pull(self, pull):
        """Set lambda and compute the mean.

        Parameters
        ----------
        pull : float
            lambda.
        """
        self._pull = pull
        self._mean = self._free_mean + pull * self._response

    def squared_norm(self):
        """Give the expected squared norm.

        Returns
        -------
        size : float
            ``E |w|^2``.
        """
        size = self._mean @ self._mean + self._pull**2 * self._outside_norm / (
            self._norm**2
        )
        counted = [self._precision @ v for v in self._mode_variances()]
        for (weight, extra), used in zip(self._modes, counted, strict=True):
            # The trace of an inverse times its matrix is their rank.
            trace = self.span.rank - used + self._n_outside
            size += weight * trace / (self._norm + extra)
        return size

    def slopes(self):
        """Give derivatives of the expected squared norm.

        Returns
        -------
        by_norm : float
            Derivative by Lambda at fixed lambda.
        mixed : float
            ``r . covariance . mean``: half its derivative by lambda, and minus the
            derivative of ``r . mean`` by Lambda.
        """
        outside = self._pull * self._outside_norm / self._norm**2
        by_norm = -2 * self._mean @ self._solve(self._mean)
        by_norm -= 2 * self._pull * outside / self._norm
        for (weight, extra), root in self._inverted():
            inverse = lapack.dlauum(root)[0]  # its upper triangle
            diagonal, unused = inverse.diagonal(), 1 / (self._norm + extra)
            squares = 2 * np.vdot(inverse, inverse) - diagonal @ diagonal
            squares += self._n_outside * unused**2
            by_norm -= weight * squares
        return by_norm, self._response @ self._mean + outside

    def _mode_variances(self):
        if self._variances is None:
            fields = [self.span.factored(upper) for upper in self._uppers]
            self._variances = [row_squares(field) for field in fields]
        return self._variances

    def fields(self):
        """Give the marginals of the fields.

        Returns
        -------
        mean, variance : ndarray of shape (n_samples,)
            Posterior mean and variance of each pattern's field.
        """
        mean = self.span.coordinates @ self._mean
        variances = zip(self._modes, self._mode_variances(), strict=True)
        return mean, sum(weight * variance for (weight, _), variance in variances)

    def field_root(self):
        """Give a square root of the covariance of the fields, without replicas.

        Returns
        -------
        root : ndarray of shape (n_samples, rank)
            The covariance is ``root root^T``.
        """
        return self.span.factored(self._uppers[0])

    def spread(self):
        """Give the covariance of the weights.

        Returns
        -------
        spread : Spread
            On the axes that the patterns use, and on the others.
        """
        return Spread(
            self.span.basis, self.covariance(), free_variance(self._modes, self._norm)
        )

    def covariance(self):
        """Give the covariance of the weights on the axes that the patterns use.

        Returns
        -------
        covariance : ndarray of shape (rank, rank)
            Its upper triangle.
        """
        parts = [w * lapack.dlauum(root)[0] for (w, _), root in self._inverted()]
        return sum(parts)

    def sites(self):
        """Give what the covariance follows from.

        Returns
        -------
        precision : ndarray of shape (n_samples,)
            Precisions of the sites.
        norm : float
            Lambda.
        modes : tuple of (float, float)
            As at the construction.
        """
        return self._precision.copy(), self._norm, self._modes

    def weights(self):
        """Give the marginals of the weights.

        Returns
        -------
        mean, variance : ndarray of shape (n_inputs,)
            Posterior mean and variance of each weight.
        """
        outside = self._pull / self._norm * self._outside
        mean = self.span.rotate(np.concatenate([self._mean, outside]), back=True)
        modes = zip(self._modes, self._uppers, strict=True)
        variances = [
            weight * self.span.factored_variances(upper, 1 / (self._norm + extra))
            for (weight, extra), upper in modes
        ]
        return mean, sum(variances)

    def log_partition(self):
        """Integrate the unnormalised posterior over all weights, without replicas.

        Returns
        -------
        log_partition : float
            Log of the integral, in nats.
        """
        linear = self._linear + self._pull * self._reference
        exponent = linear @ self._mean + self._pull**2 * self._outside_norm / self._norm
        log_det = 2 * np.log(self._uppers[0].diagonal()).sum()
        log_det += self._n_outside * np.log(self._norm)
        return (self.span.n_inputs * _LOG_2PI - log_det + exponent) / 2


def free_variance(modes, norm):
    """Give the variance along axes that no pattern uses.

    Parameters
    ----------
    modes : tuple of (float, float)
        Weights and extra precisions, as of `UnitPosterior`.
    norm : float
        Lambda.

    Returns
    -------
    variance : float
        Of one weight.
    """
    return sum(weight / (norm + extra) for weight, extra in modes)
