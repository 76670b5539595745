"""Units of +-1 weights for expectation propagation: one site a weight, too.

A unit's posterior is approximated by a Gaussian with a full covariance. Patterns enter
by their sites on fields, the prior by one site ``exp(-stiffness w^2 / 2 + push w)`` per
weight, which gives every weight the moments of a sign in its cavity.
"""

import numpy as np
from scipy.linalg import blas, lapack

from skwfm.inference.ep.geometry import check_seen

# With fewer patterns than weights the covariance is found on the patterns' side, unless
# a stiffness is below this: its inverse would take the digits of the variances.
_LEAST_STIFFNESS = 0.1
# Added to the patterns' Gram matrix relative to its largest entry, so that repeated
# patterns do not make its factor singular; far below any digit that counts.
_JITTER = 1e-13
# A weight whose variance falls below this is held as if it had this much: all that
# matters of it then is its sign.
_LEAST_VARIANCE = 1e-12
# An improper posterior is met by stiffening all weights by 1, 2, 4... so many times.
_MOST_TRIALS = 40


class SignUnits:
    """All units of a machine with +-1 weights.

    Parameters
    ----------
    factors : Factors
        Patterns and machine.
    sites : SignSites
        The bound prior. Its multiplier is updated.
    state : tuple of two ndarrays of shape (n_weights,) or None, default=None
        Stiffness and push of the weights' sites to start from; by default those of the
        prior.

    Attributes
    ----------
    violation : float
        Largest mismatch between the moments of the Gaussian's weights and those of
        signs in the same cavities, at the last `solve`.
    """

    violation = np.inf

    def __init__(self, factors, sites, state=None):
        self.sites = sites
        self._slices = factors.unit_slices
        self._inputs = _inputs_by_unit(factors)
        if state is None:
            nothing = np.zeros(factors.n_weights)
            mean, variance = sites.moments(nothing, nothing)
            variance = np.maximum(variance, _LEAST_VARIANCE)
            state = 1 / variance, mean / variance
        self._stiffness, self._push = (part.copy() for part in state)
        self._tilted = None

    @property
    def state(self):
        """Copies of stiffness and push of the weights' sites, flat."""
        return self._stiffness.copy(), self._push.copy()

    def move(self, damping):
        """Update the weights' sites as the last `solve` told.

        Parameters
        ----------
        damping : float
            Fraction of the old sites to keep.
        """
        mean, variance = self._tilted
        variance = np.maximum(variance, _LEAST_VARIANCE)
        stiffness = 1 / variance - self._cavity_precision
        push = mean / variance - self._cavity_linear
        self._stiffness += (1 - damping) * (stiffness - self._stiffness)
        self._push += (1 - damping) * (push - self._push)

    def solve(self, precision, linear):
        """Find the posterior under given sites on the fields.

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
            If the sites are not finite or the posterior is improper.
        """
        if not all(np.isfinite(a).all() for a in (precision, linear, *self.state)):
            raise FloatingPointError("sites are not finite")
        units = [
            self._solve_unit(*unit)
            for unit in zip(
                self._inputs, self._slices, precision.T, linear.T, strict=True
            )
        ]
        self._half_log_ratio = sum(unit.half_log_ratio() for unit in units)
        self._look_at_the_weights(units)
        mean = np.column_stack([unit.field_mean for unit in units])
        self._exponent = np.vdot(linear, mean) / 2
        return mean, np.column_stack([unit.field_variance for unit in units])

    def _solve_unit(self, inputs, where, precision, linear):
        """Find a unit's Gaussian; where it is improper, stiffen the weights' sites.

        Negative sites can do that on the way to the fixed point, not at it.
        """
        for trial in range(_MOST_TRIALS):
            sites = self._stiffness[where], self._push[where]
            try:
                return _UnitGaussian(inputs, *sites, precision, linear)
            except FloatingPointError:
                self._stiffness[where] += 2.0**trial
        raise FloatingPointError("no weights' sites make the posterior proper")

    def _look_at_the_weights(self, units):
        """Compare every weight with a sign in its cavity."""
        mean = np.concatenate([unit.mean for unit in units])
        variance = np.concatenate([unit.variance for unit in units])
        self._cavity_precision = 1 / variance - self._stiffness
        # What the patterns send, without the weight's own site.
        sent = np.concatenate([unit.sent for unit in units])
        self._cavity_linear = sent + self._cavity_precision * mean
        self._tilted = self.sites.moments(self._cavity_linear, self._cavity_precision)
        self._exponent_of_weights = np.vdot(self._cavity_linear, mean) / 2
        by_mean = np.abs(self._tilted[0] - mean).max()
        self.violation = max(by_mean, np.abs(self._tilted[1] - variance).max())

    def log_partition(self):
        """Give the log of the sum over signs, less what the fields' sites count.

        Returns
        -------
        log_partition : float
            In nats: the log-integral of the Gaussian plus, for each weight, the log of
            the ratio that its sign's partition function has to that of its site.
        """
        signs = self.sites.log_partition(self._cavity_linear, self._cavity_precision)
        exponents = self._exponent - self._exponent_of_weights
        return signs + exponents + self._half_log_ratio

    def weights(self):
        """Give the marginals of the weights.

        Returns
        -------
        mean, variance : ndarray of shape (n_weights,)
            Flat: moments of signs.
        """
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
        if by_patterns and stiffness.min() > _LEAST_STIFFNESS:
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
        self._shares = _squares(root)
        self.variance = scale**2 * self._shares
        field_root = blas.dtrmm(1.0, root, scaled, side=1)
        self.field_variance = _squares(field_root)
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
        self.field_variance = _squares(root)
        weighted = precision[:, None] * root
        taken = precision @ scaled**2 - _squares(scaled.T @ weighted)
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


def _squares(rows):
    return np.einsum("ij,ij->i", rows, rows)


def _inputs_by_unit(factors):
    """Inputs of every unit; one array for equal receptive fields."""
    fields = factors.architecture.receptive_fields(factors.inputs.shape[1])
    known = {}
    for unit, field in enumerate(fields):
        key = np.asarray(field).tobytes()
        if key not in known:
            known[key] = factors.unit_inputs(unit)
            check_seen(known[key], unit)
    return [known[np.asarray(field).tobytes()] for field in fields]
