"""Volumes by message passing at falling overlaps, without errors or with some.

The volume of the weights that make at most E errors is a Legendre transform: with the
inverse temperature beta at which E errors are expected, its log is ``log Z + beta E``
to leading order. At finite size weights with fewer errors count beside those with E,
and numbers of errors are integers. With P a Gaussian on the integers, of variance
``-dE / dbeta``, for the number of errors at beta, the log of
``sum_k>=0 P(E - k) exp(-beta k)`` is added. See H. E. Daniels, "Tail probability
approximations", Int. Stat. Rev. 55, 37 (1987).
"""

import warnings

import numpy as np
from scipy.special import logsumexp
from sklearn.exceptions import ConvergenceWarning

from skwfm.inference import infer

# A point that does not converge is approached in halves of the way from the last one
# that did, at most so many times.
_MOST_HALVINGS = 4
# The search for an inverse temperature ends when the expected errors are this near to
# those allowed, relatively; the entropy is exact up to the square of it.
_ERRORS_TOL = 0.02
_FEWEST_ERRORS_TOL = 0.02
_MOST_TRIALS = 30
# Where this inverse temperature still leaves more errors, no fewer can be reached.
_COLDEST = 30.0
# A Gaussian is zero beyond so many standard deviations, within rounding.
_STANDARD_DEVIATIONS = 9


class Descent:
    """Posteriors at falling overlaps, each started from the one before.

    Parameters
    ----------
    factors : Factors
        The patterns, at the temperature that counts.
    prior_at : callable
        Takes an overlap, returns a prior.
    options : dict
        Keyword arguments of `infer`.
    """

    def __init__(self, factors, prior_at, options):
        self._factors, self._prior_at = factors, prior_at
        self._options = dict(options)
        self._reached, self._posterior = 1.0, None

    def follow(self, overlaps):
        """Go through overlaps.

        Parameters
        ----------
        overlaps : ndarray of shape (n_overlaps,)
            In any order.

        Returns
        -------
        points : ndarray of shape (4, n_overlaps)
            Entropies, their errors, numbers of errors and inverse temperatures.
        advice : str
            What to do if a point failed.
        """
        points, advice = np.full((4, len(overlaps)), np.nan), ""
        for index in np.argsort(-overlaps, kind="stable"):
            points[:, index], posterior = self._point(overlaps[index])
            advice = posterior.advice or advice
            if posterior.status in ("interrupted", "contradiction"):
                break
        return points, advice

    def _point(self, overlap):
        posterior = self._approach(overlap, _MOST_HALVINGS)
        error = posterior.error / self._factors.n_weights
        errors = posterior.expected_errors
        return (
            posterior.log_volume, error, errors, self._factors.beta_ne
        ), posterior  # fmt: skip

    def _approach(self, overlap, n_halvings):
        """Go to an overlap; if that fails, by way of one half as far."""
        posterior = self._infer(overlap)
        while posterior.status in ("max_sweeps", "diverged") and n_halvings:
            n_halvings -= 1
            if not self._approach((self._reached + overlap) / 2, n_halvings).converged:
                break
            posterior = self._infer(overlap)
        return posterior

    def _infer(self, overlap, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            posterior = infer(
                self._factors,
                self._prior_at(float(overlap)),
                warm_start=self._posterior,
                **self._options | options,
            )
        if posterior.status in ("converged", "no_correction"):
            self._reached, self._posterior = overlap, posterior
        return posterior


class DescentWithErrors(Descent):
    """The same at the inverse temperatures where the errors are as many as allowed.

    Parameters
    ----------
    factors : Factors
        The patterns, at any finite temperature.
    prior_at, options : object
        See `Descent`.
    most : int
        Errors allowed, at least one.
    """

    def __init__(self, factors, prior_at, options, most):
        super().__init__(factors, prior_at, options)
        self._most, self._corrected = most, self._options.pop("corrected", False)
        self._beta = 1.0

    def _point(self, overlap):
        posterior = self._at_no_cost(overlap)
        if not posterior.converged or posterior.expected_errors <= self._most:
            errors = posterior.expected_errors
            volume = 0.0 if posterior.converged else np.nan
            return (volume, 0.0, errors, 0.0), posterior
        posterior, variance = self._search(overlap, posterior.expected_errors)
        if np.isnan(variance):
            return (np.nan,) * 4, posterior
        if self._corrected:
            posterior = self._infer(overlap, corrected=True)
        n_weights = self._factors.n_weights
        log_volume = posterior.log_volume * n_weights + self._beta * self._most
        log_volume += tail_correction(self._beta, variance, self._most)
        errors, error = posterior.expected_errors, posterior.error / n_weights
        return (min(log_volume / n_weights, 0.0), error, errors, self._beta), posterior

    def _at_no_cost(self, overlap):
        """All weights at an overlap.

        From the start, where messages say nothing: from others the volume would be 0
        up to the tolerance only, and what is above 0 is no volume.
        """
        kept = self._reached, self._posterior
        self._posterior = None
        self._factors = self._factors.at(beta_ne=0.0)
        posterior = self._infer(overlap)
        self._reached, self._posterior = kept
        return posterior

    def _at(self, overlap, beta):
        self._factors = self._factors.at(beta_ne=float(beta))
        return self._approach(overlap, _MOST_HALVINGS)

    def _search(self, overlap, errors):
        """Posterior with as many errors as allowed, and the variance of their number.

        By Newton's method on log E, within a bracket. The first bracket ends at zero
        inverse temperature, where there are more errors than allowed.
        """
        low, high, beta = (0.0, errors), None, self._beta
        posterior = None
        for _ in range(_MOST_TRIALS):
            posterior = self._at(overlap, beta)
            if not posterior.converged:
                return posterior, np.nan
            errors = posterior.expected_errors
            if abs(errors - self._most) < _ERRORS_TOL * self._most + _FEWEST_ERRORS_TOL:
                self._beta = beta
                return posterior, self._variance(overlap, beta, errors)
            if errors > self._most:
                low = beta, errors
            else:
                high = beta, errors
            beta = self._next(low, high, self._most)
            if beta > _COLDEST:
                break
        return posterior, np.nan

    @staticmethod
    def _next(low, high, most):
        """Interpolate log E between the ends of the bracket; without one, go on."""
        if high is None:
            return 2 * low[0] + 0.5
        slope = np.log(high[1] / low[1]) / (high[0] - low[0])
        step = np.log(most / low[1]) / slope
        width = high[0] - low[0]
        return low[0] + np.clip(step, 0.1 * width, 0.9 * width)

    def _variance(self, overlap, beta, errors):
        """Variance of the number of errors, by the slope of its mean."""
        step = min(0.05, beta / 2)
        warmer = self._at(overlap, beta - step)
        self._factors = self._factors.at(beta_ne=beta)
        return (warmer.expected_errors - errors) / step


def tail_correction(beta, variance, most):
    """Correct the leading order of the log-probability of at most so many errors.

    Parameters
    ----------
    beta : float
        Inverse temperature at which `most` errors are expected.
    variance : float
        Variance of their number there.
    most : int
        Errors allowed.

    Returns
    -------
    correction : float
        In nats, at most 0. For many errors in cold problems
        ``-ln(2 pi variance)/2 - ln(1 - exp(-beta))``.
    """
    # Rounding may leave a variance of zero: the number of errors is certain then.
    variance = max(variance, 1e-6)
    fewer = np.arange(most + 1)
    reach = np.arange(1, int(_STANDARD_DEVIATIONS * np.sqrt(variance)) + 2)
    # The sum over all integers, which is sqrt(2 pi variance) from about 0.3 on.
    total = 1 + 2 * np.sum(np.exp(-(reach**2) / (2 * variance)))
    return float(logsumexp(-beta * fewer - fewer**2 / (2 * variance)) - np.log(total))
