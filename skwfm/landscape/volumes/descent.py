"""Volumes by message passing at falling overlaps, each started from the last."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skwfm.inference import infer


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

    # A point that does not converge is approached in halves of the way from the last
    # one that did, at most so many times.
    _most_halvings = 4
    # What helps where an engine has converged, and is wrong all the same.
    _other_advice = ""

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
            advice = self._other_advice or posterior.advice or advice
            if posterior.status in ("interrupted", "contradiction"):
                break
        return points, advice

    def _point(self, overlap):
        posterior = self._approach(overlap, self._most_halvings)
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
