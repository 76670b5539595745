"""Volumes of the weights that make at most so many errors, by message passing.

At the inverse temperature beta at which that many errors are expected, log Z is the log
of the mean of ``exp(-beta errors)``, and what weights with few errors count too little
is undone by the distribution of their number, see `numbers_of_errors`. Its variance is
``-dE / dbeta``. Some weights are also drawn. Where enough of them count, they tell
whether the volume is right, and replace it if not, or where all weights together make
no more errors than are allowed: then there is no such temperature. Where too few count
they tell by how much log Z is wrong at a higher one.
"""

import numpy as np

from skwfm.landscape.volumes.descent import Descent
from skwfm.landscape.volumes.numbers_of_errors import log_share

# The search for an inverse temperature ends when the expected errors are this near to
# those allowed, relatively; the entropy is exact up to the square of it.
_ERRORS_TOL = 0.02
_FEWEST_ERRORS_TOL = 0.02
_MOST_TRIALS = 30
# Where this inverse temperature still leaves more errors, no fewer can be reached.
_COLDEST = 30.0
# Draws that count, or count effectively, are enough: a relative error of 10 per cent.
_ENOUGH = 100
# They contradict what differs by so many standard errors.
_FAR = 3.0
# What misses more nats, and more than such a share of the volume, is not known.
_MOST_MISSED, _MOST_OF_VOLUME = 1.0, 0.2
_ADVICE = "weights that were drawn contradict the engine: pass method='mc'."


class DescentWithErrors(Descent):
    """A descent at the inverse temperatures where the errors are as many as allowed.

    Parameters
    ----------
    factors : Factors
        The patterns, at any finite temperature.
    prior_at, options : object
        See `Descent`.
    most : int
        Errors allowed, at least one.
    draw : callable
        Takes an overlap, draws weights there and returns their numbers of errors.
    """

    def __init__(self, factors, prior_at, options, most, draw):
        super().__init__(factors, prior_at, options)
        self._most, self._corrected = most, self._options.pop("corrected", False)
        self._beta, self._draw = 1.0, draw

    def _point(self, overlap):
        posterior, n_weights = self._at_no_cost(overlap), self._factors.n_weights
        drawn = Drawn(self._draw(overlap))
        errors, beta = posterior.expected_errors, 0.0
        volume = error = np.nan
        if posterior.converged and errors > self._most:
            posterior, volume, error = self._at_as_many_errors(overlap, errors, drawn)
            is_known = np.isfinite(volume)
            errors = posterior.expected_errors if is_known else np.nan
            beta = self._beta if is_known else np.nan
        volume, error = drawn.checked(volume, error, self._most)
        volume = min(volume, 0.0) / n_weights
        return (volume, error / n_weights, errors, beta), posterior

    def _at_as_many_errors(self, overlap, errors, drawn):
        """Posterior, log-volume and its error, in nats, at the right temperature."""
        posterior, variance = self._search(overlap, errors)
        if np.isnan(variance):
            return posterior, np.nan, np.nan
        if self._corrected:
            posterior = self._infer(overlap, corrected=True)
        log_z = posterior.log_volume * self._factors.n_weights
        volume = log_z + self._log_share(posterior.expected_errors, variance)
        missed = self._missed(overlap, drawn, volume)
        if missed > max(_MOST_MISSED, _MOST_OF_VOLUME * abs(volume)):
            self._other_advice = _ADVICE
            return posterior, np.nan, np.nan
        return posterior, volume, np.hypot(posterior.error, missed)

    def _missed(self, overlap, drawn, volume):
        """By how much log Z, or the volume if draws reach that far, is wrong."""
        beta = drawn.coldest(self._beta)
        known, error = drawn.log_mean(beta)
        if beta == self._beta:
            found, known = volume, known + self._log_share(*drawn.moments(beta))
        else:
            found = self._log_z_at(overlap, beta)
        difference = abs(found - known)
        return difference if difference > _FAR * error else 0.0

    def _log_z_at(self, overlap, beta):
        """Log Z at a higher temperature, from where the descent does not go on."""
        kept = self._reached, self._posterior
        self._factors = self._factors.at(beta_ne=beta)
        options = {"corrected": True} if self._corrected else {}
        log_z = self._infer(overlap, **options).log_volume * self._factors.n_weights
        self._factors = self._factors.at(beta_ne=self._beta)
        self._reached, self._posterior = kept
        return log_z

    def _log_share(self, errors, variance):
        """What the weights that count are more than their share in log Z."""
        temperature = self._factors.temperature
        unit, against = temperature.spacing, float(temperature.against.sum())
        excess = float(temperature.for_label.sum()) - against
        allowed, mean = (self._most - against) / unit, (errors - against) / unit
        share = log_share(
            allowed, mean, variance / unit**2, round(excess / unit), self._beta * unit
        )
        return share + self._beta * against

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
        return self._approach(overlap, self._most_halvings)

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


class Drawn:
    """Numbers of errors of weights that were drawn at an overlap.

    Parameters
    ----------
    errors : ndarray of shape (n_draws,)
        The numbers.
    """

    def __init__(self, errors):
        self._errors = errors

    def checked(self, volume, error, most):
        """Check a log-share of weights with few errors, if enough have been drawn.

        Parameters
        ----------
        volume, error : float
            The log-share and its error, in nats; NaN if not known.
        most : float
            Errors that they make at most.

        Returns
        -------
        volume, error : float
            Those of the draws where they contradict. Else the error is at least what
            the draws differ by beyond their own.
        """
        share = self.share(most)
        if share is None:
            return volume, error
        difference = abs(volume - share[0])
        if not difference < _FAR * share[1]:
            return share
        return volume, np.hypot(error, max(difference - share[1], 0.0))

    def share(self, most):
        """Give the log-share of those with few errors.

        Parameters
        ----------
        most : float
            Errors that they make at most.

        Returns
        -------
        share : tuple of (float, float) or None
            In nats, with its standard error; None if too few count.
        """
        return self._log_mean(np.where(self._errors <= most, 1.0, 0.0))

    def log_mean(self, beta):
        """Give the log of the mean of ``exp(-beta errors)``.

        Parameters
        ----------
        beta : float
            Inverse temperature.

        Returns
        -------
        log_mean : tuple of (float, float) or None
            In nats, with its standard error; None if too few count.
        """
        fewest = self._errors.min()
        found = self._log_mean(np.exp(-beta * (self._errors - fewest)))
        return found and (found[0] - beta * fewest, found[1])

    def moments(self, beta):
        """Give mean and variance where weights count ``exp(-beta errors)``.

        Parameters
        ----------
        beta : float
            Inverse temperature.

        Returns
        -------
        mean, variance : float
            Of the number of errors.
        """
        counts = np.exp(-beta * (self._errors - self._errors.min()))
        mean = np.average(self._errors, weights=counts)
        return mean, np.average((self._errors - mean) ** 2, weights=counts)

    def coldest(self, beta):
        """Find the largest inverse temperature at which enough draws count.

        Parameters
        ----------
        beta : float
            The largest that is asked for.

        Returns
        -------
        beta : float
            Half of it, as often as it takes.
        """
        while self.log_mean(beta) is None:
            beta /= 2
        return beta

    @staticmethod
    def _log_mean(counts):
        total, squares, n_draws = counts.sum(), counts @ counts, len(counts)
        if total**2 < _ENOUGH * squares or total == 0:
            return None
        error = np.sqrt(max(squares / total**2 - 1 / n_draws, 0.0))
        return float(np.log(total / n_draws)), float(error)
