"""How much surer than the posterior answers may be.

A posterior takes all weights for equally likely before the labels are seen. Where these
have wide margins that is too cautious: the noise falls to the lowest level that is
tried, and labels that it has not seen are still predicted with less certainty than they
deserve. There the log-odds of answers are multiplied by a number that those labels
choose: the temperature scaling of C. Guo et al., ICML 2017. Labels may be flipped as
before, so that no answer is surer than the noise allows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_expit

from skwfm.inference.factors import Factors
from skwfm.inference.noise.held_out import Compared
from skwfm.inference.noise.step import NoiseStep
from skwfm.inference.temperature import Temperature

# Log-odds are multiplied by at most the first, and by as little as the second where
# labels left out are not predicted at all.
_MOST, LEAST_SURE = 4.0, 1e-3


def odds_scale(step: NoiseStep, compared: Sequence[Compared]) -> float:
    """Choose the factor of the log-odds with which labels left out are predicted best.

    Parameters
    ----------
    step : NoiseStep
        The posteriors.
    compared : sequence of Compared
        The patterns of the first, and of its folds.

    Returns
    -------
    scale : float
        At least 1; 1 if no label was left out and the engine has no cavities.
    """
    here = [each.at(step.label_noise) for each in compared]
    answers = zip(here, (step.posterior, *step.folds), strict=False)
    asked = [
        (each.asked, posterior.field_moments(each.asked))
        for each, posterior in answers
        if each.asked is not None
    ]
    if not asked and step.posterior.cavity is not None:
        asked = [(here[0].factors, step.posterior.cavity)]
    return best_scale(asked) if asked else 1.0


def best_scale(
    asked: Sequence[tuple[Factors, tuple[np.ndarray, np.ndarray]]],
    bounds: tuple[float, float] = (1.0, _MOST),
) -> float:
    """Choose the factor of given log-odds.

    Parameters
    ----------
    asked : sequence of (Factors, (mean, variance))
        Patterns at the noise, and moments of their fields of shape (n_samples,
        n_hidden), not knowing their labels.
    bounds : tuple of (float, float), default=(1, 4)
        Least and largest factor.

    Returns
    -------
    scale : float
        Within them; 1 if no other is better.
    """
    odds = [_odds(*each) for each in asked]
    temperatures = [factors.temperature for factors, _ in asked]

    def loss(log_scale):
        logs = (log_expit(np.exp(log_scale) * each) for each in odds)
        return -sum(map(Temperature.log_likelihood, temperatures, logs))

    found = minimize_scalar(loss, bounds=np.log(bounds), method="bounded")
    return float(np.exp(found.x)) if found.fun < loss(0.0) else 1.0


def _odds(factors, moments):
    """Log-odds that each pattern is answered right."""
    log_z = factors.architecture.channel(*moments, factors.labels)[0]
    with np.errstate(divide="ignore"):
        return log_z - np.log(-np.expm1(log_z))
