"""Units whose weights have sites of their own, for priors that are not Gaussian.

A unit's posterior is approximated by a Gaussian with a full covariance. Patterns enter
by their sites on fields, the prior by one site ``exp(-stiffness w^2 / 2 + push w)`` per
weight, which gives the weight the moments that the prior gives it in its cavity.
"""

import numpy as np
from scipy.linalg import blas, lapack

from skwfm.inference.ep.geometry import by_receptive_field, row_squares
from skwfm.inference.ep.units import Units

# With fewer patterns than weights the covariance is found from matrices over patterns,
# unless a stiffness is below this: dividing by it would cost the variances digits.
_MIN_STIFFNESS = 0.1
# Added to the patterns' Gram matrix relative to its largest entry, so that repeated
# patterns do not make its factor singular; far below any digit that counts.
_JITTER = 1e-13
# A weight whose variance falls below this counts as having this much: it is decided.
_MIN_VARIANCE = 1e-12
# If a posterior is improper, all stiffnesses grow by 1, 2, 4..., at most so many times.
_MAX_TRIALS = 40


class WeightSiteUnits(Units):
    """Units with one site per weight, for any prior that factorises over weights.

    Parameters
    ----------
    factors : Factors
        Patterns and machine.
    prior : BoundPrior
        Its multipliers are updated.
    weight_sites : tuple of two ndarrays of shape (n_weights,) or None, default=None
        Stiffness and push to start from; by default those of the prior.
    """

    violation = np.inf

    def __init__(self, factors, prior, weight_sites=None):
        self._prior = prior
        self._slices = factors.unit_slices
        self._inputs = by_receptive_field(factors, lambda inputs: inputs)
        if weight_sites is None:
            nothing = np.zeros(factors.n_weights)
            mean, variance = prior.moments(nothing, nothing)
            variance = np.maximum(variance, _MIN_VARIANCE)
            weight_sites = 1 / variance, mean / variance
        self._stiffness, self._push = (part.copy() for part in weight_sites)
        self._tilted = None

    @property
    def weight_sites(self):
        return self._stiffness.copy(), self._push.copy()

    def move(self, damping):
        """Damp the weights' sites towards the moments that the prior gives.

        Parameters
        ----------
        damping : float
            Fraction of the old sites to keep.
        """
        mean, variance = self._tilted
        variance = np.maximum(variance, _MIN_VARIANCE)
        stiffness = 1 / variance - self._cavity_precision
        push = mean / variance - self._cavity_linear
        self._stiffness += (1 - damping) * (stiffness - self._stiffness)
        self._push += (1 - damping) * (push - self._push)

    def solve(self, precision, linear, residual=0.0):
        if not all(
            np.isfinite(a).all() for a in (precision, linear, *self.weight_sites)
        ):
            raise FloatingPointError("sites are not finite")
        units = [
            self._solve_unit(*unit)
            for unit in zip(
                self._inputs, self._slices, precision.T, linear.T, strict=True
            )
        ]
        self._half_log_ratio = sum(unit.half_log_ratio() for unit in units)
        self._match_weights(units)
        mean = np.column_stack([unit.field_mean for unit in units])
        self._exponent = np.vdot(linear, mean) / 2
        return mean, np.column_stack([unit.field_variance for unit in units])

    def _solve_unit(self, inputs, where, precision, linear):
        """Find a unit's Gaussian; if it is improper, stiffen the weights' sites.

        Negative sites can make it so on the way to the fixed point, not there.
        """
        for trial in range(_MAX_TRIALS):
            own = self._stiffness[where], self._push[where]
            try:
                return _UnitGaussian(inputs, *own, precision, linear)
            except FloatingPointError:
                self._stiffness[where] += 2.0**trial
        raise FloatingPointError("no weights' sites make the posterior proper")

    def _match_weights(self, units):
        """Compare every weight with what the prior makes of its cavity."""
        mean = np.concatenate([unit.mean for unit in units])
        variance = np.concatenate([unit.variance for unit in units])
        self._cavity_precision = 1 / variance - self._stiffness
        # What the patterns send, without the weight's own site.
        sent = np.concatenate([unit.sent for unit in units])
        self._cavity_linear = sent + self._cavity_precision * mean
        self._tilted = self._prior.moments(self._cavity_linear, self._cavity_precision)
        self._exponent_of_weights = np.vdot(self._cavity_linear, mean) / 2
        by_mean = np.abs(self._tilted[0] - mean).max()
        self.violation = max(by_mean, np.abs(self._tilted[1] - variance).max())

    def log_partition(self):
        # The log-integral of the Gaussian plus, for each weight, the log of the ratio
        # of its partition function under the prior to that under its site.
        weights = self._prior.log_partition(self._cavity_linear, self._cavity_precision)
        exponents = self._exponent - self._exponent_of_weights
        return weights + exponents + self._half_log_ratio

    def weights(self):
        return self._tilted


class _UnitGaussian:
    """Gaussian of one unit under sites on its weights and fields.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n)
        Patterns x.
    stiffness, push : ndarray of shape (n,)
        The weights' sites.
    precision, linear : ndarray of shape (n_samples,)
        The fields' sites.

    Attributes
    ----------
    mean, variance : ndarray of shape (n,)
        Of the weights.
    field_mean, field_variance : ndarray of shape (n_samples,)
        Of the fields.
    sent : ndarray of shape (n,)
        ``x^T (linear - precision field_mean)``.
    """

    def __init__(self, inputs, stiffness, push, precision, linear):
        by_patterns = inputs.shape[0] < inputs.shape[1]
        if by_patterns and stiffness.min() > _MIN_STIFFNESS:
            self._solve_by_patterns(inputs, stiffness, push, precision, linear)
        else:
            self._solve_by_weights(inputs, stiffness, push, precision, linear)
        self.sent = (linear - precision * self.field_mean) @ inputs

    def _solve_by_weights(self, inputs, stiffness, push, precision, linear):
        # Stiff weights are rescaled, so that all have precisions of order one.
        scale = 1 / np.sqrt(np.maximum(stiffness, 1.0))
        scaled = inputs * scale
        matrix = blas.dgemm(1.0, scaled, scaled * precision[:, None], trans_a=True)
        matrix[np.diag_indices_from(matrix)] += stiffness * scale**2
        self._factor = _cholesky(matrix)
        root = lapack.dtrtri(self._factor)[0]
        self._shares = row_squares(root)
        self.variance = scale**2 * self._shares
        field_root = blas.dtrmm(1.0, root, scaled, side=1)
        self.field_variance = row_squares(field_root)
        pushed = scale * (push + linear @ inputs)
        self.mean = scale * (root @ (pushed @ root))
        self.field_mean = inputs @ self.mean

    def _solve_by_patterns(self, inputs, stiffness, push, precision, linear):
        scaled = inputs / np.sqrt(stiffness)
        gram = scaled @ scaled.T
        gram[np.diag_indices_from(gram)] += _JITTER * gram.diagonal().max()
        lower = _cholesky(gram).T
        matrix = lower.T @ (precision[:, None] * lower)
        matrix[np.diag_indices_from(matrix)] += 1
        self._factor = _cholesky(matrix)
        # The covariance of the fields is root root^T.
        root = lower @ lapack.dtrtri(self._factor)[0]
        self.field_variance = row_squares(root)
        weighted = precision[:, None] * root
        taken = precision @ scaled**2 - row_squares(scaled.T @ weighted)
        self._shares = 1 - taken
        self.variance = self._shares / stiffness
        field = inputs @ (push / stiffness)
        change = linear - precision * field
        self.field_mean = field + root @ (root.T @ change)
        sent = (change - precision * (self.field_mean - field)) @ inputs
        self.mean = (push + sent) / stiffness

    def half_log_ratio(self):
        """Half the log of the covariance's determinant over the product of variances.

        Both are scaled alike, so that stiff weights leave no large numbers.
        """
        log_det = 2 * np.log(self._factor.diagonal()).sum()
        return -(log_det + np.log(self._shares).sum()) / 2


def _cholesky(matrix):
    upper, info = lapack.dpotrf(matrix)
    if info:
        raise FloatingPointError("the posterior is improper")
    return upper
