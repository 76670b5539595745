"""What expectation propagation leaves out of log Z, to lowest orders.

Sites factorise over units and approximate non-Gaussian factors by Gaussians. Let q be
the Gaussian posterior, and q_mu the same with pattern mu treated exactly. The ratio of
the true Z to the approximate one is the average over q of ``prod_mu (q_mu / q)``. Each
ratio is 1 on average, so that at least two patterns must come together. Two families
are summed:

- rings through any number of patterns, where q_mu enters by the correlations that it
  induces between units. They sum to the Gaussian integral ``det(1 - C O)^(-1/2)``: C
  holds the covariances of each unit's fields between different patterns, O each
  pattern's correlations between different units.
- pairs of patterns, exactly: what both together cost beyond the sum of their costs.
  Their own rings, which the determinant has counted, are subtracted.

See M. Opper, U. Paquet, O. Winther, "Perturbative corrections for approximate inference
in Gaussian latent variable models", JMLR 14, 2857 (2013), for the expansion.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.linalg import LinAlgError, cholesky, qr
from scipy.special import ndtr, owens_t

from skwfm.architectures.pairs import sum_over_states

# Step of the central differences for the second derivatives of the channel, in standard
# deviations of the fields; the error is of the order of its square.
_STEP = 1e-4
# Pairs of patterns computed together: so many fit in the cache.
_PAIRS_PER_BLOCK = 20_000
# A pair contributes at most about the root of the product of the probabilities that
# each pattern is wrong (Cauchy-Schwarz). Pairs below this, in nats, are skipped.
_NEGLIGIBLE = 1e-9
# Patterns whose units are less coupled than this, in units of the fields' variances,
# add less than it times the sum of all couplings to the rings, in nats: they are left
# out.
_UNCOUPLED = 1e-12
# Distance that correlations keep from 1 and fields from 0, of the order of rounding.
_TINY = 1e-15


@dataclass(frozen=True, eq=False)
class Fields:
    """Gaussian posterior of the fields and its sites, at a fixed point of ep.

    Parameters
    ----------
    mean : ndarray of shape (n_samples, n_hidden)
        Posterior means.
    roots : list of n_hidden ndarrays of shape (n_samples, rank)
        ``roots[l] @ roots[l].T`` is the covariance of unit l's fields.
    precision, linear : ndarray of shape (n_samples, n_hidden)
        Natural parameters of the sites.
    """

    mean: np.ndarray
    roots: list
    precision: np.ndarray
    linear: np.ndarray

    @property
    def variance(self):
        """Posterior variances, (n_samples, n_hidden)."""
        return np.stack([np.einsum("ij,ij->i", r, r) for r in self.roots], axis=1)

    def covariance(self, rows):
        """Give the covariances of some patterns' fields with all.

        Parameters
        ----------
        rows : slice
            Patterns.

        Returns
        -------
        covariance : ndarray of shape (n_hidden, n_rows, n_samples)
            Of each unit.
        """
        return np.stack([r[rows] @ r.T for r in self.roots])


def loop_correction(factors, fields):
    """Estimate log Z minus its value by expectation propagation.

    Parameters
    ----------
    factors : Factors
        The patterns.
    fields : Fields
        The fixed point.

    Returns
    -------
    correction, error : float
        In nats; NaN if the expansion has no meaning, because the correlations between
        units are too strong. The error is an estimate, not a bound: a quarter of the
        rings' contribution plus half of the pairs' plus that expected of triples.

    Notes
    -----
    Exact for two patterns. Costs about a Cholesky factorisation of order
    ``n_hidden * rank`` and some microseconds for each pair of patterns.

    The leading terms left out are triples. If one of three patterns repeats both
    others, their triple cancels about the product of the pairs' contributions. The sum
    of these products estimates the triples, and higher orders are taken to continue as
    a geometric series.
    """
    variance = fields.variance
    coupling = _unit_couplings(factors, fields, variance)
    rings = _rings(fields.roots, variance, coupling)
    if not np.isfinite(rings):
        return np.nan, np.nan
    by_pattern, squares = _Pairs(factors, fields, variance, coupling).sums()
    if not np.isfinite(squares).all():
        return np.nan, np.nan
    pairs, triples = by_pattern.sum() / 2, np.sum(by_pattern**2 - squares) / 2
    if pairs > 0 and triples > 0:
        pairs = pairs**2 / (pairs + triples)
    return rings + pairs, abs(rings) / 4 + abs(pairs) / 2 + abs(triples)


def _cavity(fields, variance):
    left = 1 - fields.precision * variance
    return (fields.mean - variance * fields.linear) / left, variance / left


def _unit_couplings(factors, fields, variance):
    """O: second derivatives of log q_mu / q by the fields of two units.

    (n_samples, n_hidden, n_hidden), zero for a unit with itself.
    """
    mean, cavity = _cavity(fields, variance)
    step = _STEP * np.sqrt(cavity)
    coupling = np.zeros((*mean.shape, mean.shape[1]))
    for unit in range(mean.shape[1]):
        moved = np.zeros_like(mean)
        moved[:, unit] = step[:, unit]
        difference = (
            factors.channel(mean + moved, cavity)[1]
            - factors.channel(mean - moved, cavity)[1]
        )
        coupling[:, unit] = difference / (2 * step[:, unit, None])
    diagonal = np.arange(mean.shape[1])
    coupling[:, diagonal, diagonal] = 0
    scale = cavity / variance
    coupling *= scale[:, :, None] * scale[:, None, :]
    return (coupling + coupling.transpose(0, 2, 1)) / 2


def _rings(roots, variance, coupling):
    """-log det(1 - C O) / 2, from a Gaussian of covariance T at each pattern.

    With D the diagonal of T, ``det(1 - C O)`` is the determinant of the precision of
    the joint posterior under sites ``1/T - 1/D``, over those of D / T.
    """
    deviation = np.sqrt(variance)
    correlation = coupling * deviation[:, :, None] * deviation[:, None, :]
    matters = ~(np.abs(correlation).max(axis=(1, 2)) < _UNCOUPLED)  # NaN stays
    if not matters.any():
        return 0.0
    roots = [_smaller(root[matters]) for root in roots]
    deviation, correlation = deviation[matters], correlation[matters]
    correlation += np.eye(variance.shape[1])
    try:
        cholesky_of_one = np.linalg.cholesky(correlation)
        precision = _joint_precision(roots, deviation, correlation)
        root = cholesky(precision, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError:
        return np.nan
    alone = np.log(np.diagonal(cholesky_of_one, axis1=1, axis2=2)).sum()
    return -(np.log(root.diagonal()).sum() + alone)


def _smaller(root):
    """Root of the same covariance that has no more columns than rows."""
    if root.shape[0] >= root.shape[1]:
        return root
    return qr(root.T, mode="r", check_finite=False)[0][: len(root)].T


def _joint_precision(roots, deviation, correlation):
    """Precision of all units' whitened weights; only the lower triangle is filled."""
    site = np.linalg.inv(correlation) - np.eye(len(roots))
    site /= deviation[:, :, None] * deviation[:, None, :]
    ends = np.cumsum([0] + [root.shape[1] for root in roots])
    precision = np.eye(ends[-1], order="F")
    for a, row in enumerate(roots):
        for b, column in enumerate(roots[: a + 1]):
            block = row.T @ (site[:, a, b, None] * column)
            precision[ends[a] : ends[a + 1], ends[b] : ends[b + 1]] += block
    return precision


class _Pairs:
    """Pairs of patterns: what both cost together beyond what each costs."""

    def __init__(self, factors, fields, variance, coupling):
        self._factors, self._fields = factors, fields
        self._variance, self._coupling = variance, coupling
        cavity = _cavity(fields, variance)
        log_z = factors.channel(*cavity)[0]
        right = factors.architecture.channel(*cavity, factors.labels)[0]
        self._wrong = -np.expm1(right)
        self._alone = log_z - self._gaussian_alone(*cavity)

    def _gaussian_alone(self, mean, variance):
        precision, linear = self._fields.precision, self._fields.linear
        stiffness = 1 + variance * precision
        exponent = 2 * mean * linear + variance * linear**2 - mean**2 * precision
        return np.sum(exponent / stiffness - np.log(stiffness), axis=1) / 2

    def sums(self):
        """Sum the contributions, and their squares, of each pattern's pairs."""
        n_samples = self._factors.n_samples
        size = max(1, _PAIRS_PER_BLOCK // n_samples)
        sums = np.zeros((2, n_samples))
        for start in range(0, n_samples, size):
            first, second, value = self._block(slice(start, start + size))
            for pattern in (first, second):
                for power in (1, 2):
                    sums[power - 1] += np.bincount(pattern, value**power, n_samples)
        return sums

    def _block(self, rows):
        """Pairs whose first pattern is among the rows, and their contributions."""
        every = np.arange(self._factors.n_samples)
        matters = self._wrong[rows, None] * self._wrong > _NEGLIGIBLE**2
        offset, second = np.nonzero(matters & (every > every[rows, None]))
        first = offset + rows.start
        covariance = self._fields.covariance(rows)[:, offset, second]
        together = self._together(first, second, covariance)
        rings = self._rings(first, second, covariance.T)
        value = together - self._alone[first] - self._alone[second] - rings
        return first, second, value

    def _together(self, first, second, c):
        """Log-probability of two right answers, less its value by their sites."""
        at = self._fields
        pi1, pi2 = at.precision.T[:, first], at.precision.T[:, second]
        b1, b2 = at.linear.T[:, first], at.linear.T[:, second]
        m1, m2 = at.mean.T[:, first], at.mean.T[:, second]
        v1, v2 = self._variance.T[:, first], self._variance.T[:, second]
        # The posterior of both fields without both sites, (1 - S Pi)^-1 (m - S b, S).
        left = (1 - v1 * pi1) * (1 - v2 * pi2) - c**2 * pi1 * pi2
        w1 = (v1 * (1 - v2 * pi2) + c**2 * pi2) / left
        w2 = (v2 * (1 - v1 * pi1) + c**2 * pi1) / left
        d1, d2 = m1 - v1 * b1 - c * b2, m2 - c * b1 - v2 * b2
        n1 = ((1 - v2 * pi2) * d1 + c * pi2 * d2) / left
        n2 = (c * pi1 * d1 + (1 - v1 * pi1) * d2) / left
        # Improper or, to rounding, impossible pairs give NaN: no correction then.
        with np.errstate(invalid="ignore", divide="ignore"):
            exponent = b1 * (m1 + n1) + b2 * (m2 + n2) - n1 * pi1 * m1 - n2 * pi2 * m2
            gaussian = np.sum(exponent + np.log(left), axis=0) / 2
            s1, s2 = np.sqrt(w1), np.sqrt(w2)
            joint = sign_probabilities(n1 / s1, n2 / s2, c / left / (s1 * s2))
            both = self._right(joint, first, second)
            if not self._factors.is_plain:
                moments = ((first, n1, w1), (second, n2, w2))
                alone = [self._log_right(*of_one) for of_one in moments]
                both = self._factors.temperature.pair(first, second, alone, both)
            return np.log(both) - gaussian

    def _right(self, joint, first, second):
        """Probability of two right answers."""
        machine, labels = self._factors.architecture, self._factors.labels
        # Plugins need not inherit from Architecture.
        count = getattr(machine, "pair_probability", partial(sum_over_states, machine))
        return count(joint, labels[first], labels[second])

    def _log_right(self, rows, mean, variance):
        """Log-probability of one right answer."""
        labels = self._factors.labels[rows]
        return self._factors.architecture.channel(mean.T, variance.T, labels)[0]

    def _rings(self, first, second, c):
        """-log det(1 - C O) / 2 of each pair alone."""
        left = c[:, :, None] * self._coupling[first]
        right = c[:, :, None] * self._coupling[second]
        sign, log_det = np.linalg.slogdet(np.eye(c.shape[1]) - left @ right)
        return np.where(sign > 0, -log_det / 2, np.nan)


def sign_probabilities(first, second, correlation):
    """Give the probabilities of the signs of two Gaussian numbers.

    Parameters
    ----------
    first, second : ndarray
        Means over standard deviations.
    correlation : ndarray
        Their correlation.

    Returns
    -------
    joint : ndarray of shape (2, 2, ...)
        ``joint[a, b]`` is the probability that the first is positive (a = 1) or not,
        and the second (b = 1).
    """
    first = first + _TINY * (first == 0)
    second = second + _TINY * (second == 0)
    correlation = np.clip(correlation, _TINY - 1, 1 - _TINY)
    root = np.sqrt((1 - correlation) * (1 + correlation))
    both = (ndtr(first) + ndtr(second) - (first * second < 0)) / 2
    both -= owens_t(first, (second / first - correlation) / root)
    both -= owens_t(second, (first / second - correlation) / root)
    both = np.maximum(both, 0)
    one, other = ndtr(first) - both, ndtr(second) - both
    neither = 1 - both - one - other
    return np.maximum([[neither, other], [one, both]], 0)
