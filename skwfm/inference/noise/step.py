"""What is found at one level of noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skwfm.inference.factors import Factors
from skwfm.inference.noise.repeats import evidence_unit
from skwfm.inference.posterior import Posterior

# Predictions must be better than chance by so many nats per pattern, and by so many in
# all, which labels without a rule, met once, reach in 1 case of 1000.
_LEARNED, _LEARNED_IN_ALL = 0.02, 5.0
# Inputs whose root mean squares differ by this factor are of unequal scale.
_MOST_UNEQUAL = 100.0
# The mean of a posterior may make so many times as many errors as it expects.
_MOST_WRONG = 10.0
# Below this residual sweeps no longer change predictions.
NEAR = 0.1
# Predictions are worse if they are so by more than so many nats per pattern.
WORSE = 0.002


@dataclass(frozen=True, eq=False)
class NoiseStep:
    """Posteriors at one level of noise.

    Parameters
    ----------
    label_noise : float
        Probability of a flipped label.
    focused : Posterior
        With coupled replicas, or held near a machine.
    posterior : Posterior
        Continued from there without.
    score : float
        Log-probability of labels that it has not seen, by which levels and starts are
        compared, in nats. Unlike the evidence it exists where the last sweeps still
        changed something; minus infinity where there is no posterior.
    folds : list of Posterior, default=()
        Those that have not seen them.
    odds_scale : float, default=1.0
        Factor of the log-odds with which labels are predicted best.
    """

    label_noise: float
    focused: Posterior
    posterior: Posterior
    score: float
    folds: Sequence[Posterior] = ()
    odds_scale: float = 1.0

    @property
    def n_iter(self) -> int:
        """Sweeps done."""
        return self.focused.n_iter + self.posterior.n_iter

    @property
    def answer(self) -> Posterior:
        """The continued posterior, or the one before if that has no finite weights."""
        is_finite = np.isfinite(self.posterior.flat_mean).all()
        return self.posterior if is_finite else self.focused

    @property
    def log_evidence(self) -> float:
        """Log-probability of the labels, in nats; NaN if not converged."""
        return self.posterior.log_volume * len(self.posterior.flat_mean)


def score_of(step: NoiseStep | None) -> float:
    """Give the score of a level.

    Parameters
    ----------
    step : NoiseStep or None
        None is no posterior.

    Returns
    -------
    score : float
        Minus infinity for None.
    """
    return -np.inf if step is None else step.score


def better(
    step: NoiseStep | None, other: NoiseStep | None, total: float
) -> NoiseStep | None:
    """Choose what predicts better; of two equally good ones that which converged.

    Parameters
    ----------
    step, other : NoiseStep or None
        Two levels.
    total : float
        Total weight of the patterns.

    Returns
    -------
    step : NoiseStep or None
        One of them.
    """

    def worth(step):
        is_fixed_point = step is not None and step.posterior.converged
        return score_of(step) + WORSE * total * is_fixed_point

    return max((step, other), key=worth)


def is_known(step: NoiseStep | None, least: float) -> bool:
    """Tell whether a level predicts enough, or is sure that there is no more.

    Parameters
    ----------
    step : NoiseStep or None
        A level.
    least : float
        What it should predict, in nats.

    Returns
    -------
    is_known : bool
        Always if messages converged.
    """
    if score_of(step) == -np.inf:
        return False
    return step.posterior.converged or step.score > least


def is_finite(posterior: Posterior) -> bool:
    """Tell whether a posterior has finite weights.

    Parameters
    ----------
    posterior : Posterior
        Of any run.

    Returns
    -------
    is_finite : bool
        False if messages diverged at once.
    """
    return bool(np.isfinite(posterior.flat_mean).all())


def is_settled(posterior: Posterior) -> bool:
    """Tell whether more sweeps would change no predictions.

    Parameters
    ----------
    posterior : Posterior
        Of any run.

    Returns
    -------
    is_settled : bool
        Also before the run has converged, where the evidence is known.
    """
    residuals = posterior.residuals
    return posterior.converged or (len(residuals) > 0 and bool(residuals[-1] < NEAR))


def is_above_chance(score: float, factors: Factors) -> bool:
    """Tell whether predictions are better than a coin's.

    Parameters
    ----------
    score : float
        Log-probability of the labels, in nats.
    factors : Factors
        Their patterns.

    Returns
    -------
    is_above_chance : bool
        By more than labels without a rule would allow.
    """
    return _exceeds(score, -factors.temperature.total * np.log(2), factors)


def has_learned(score: float, factors: Factors) -> bool:
    """Tell whether predictions are better than the shares of the labels alone.

    Parameters
    ----------
    score : float
        Log-probability of the labels, in nats.
    factors : Factors
        Their patterns.

    Returns
    -------
    has_learned : bool
        By more than labels without a rule would allow.
    """
    temperature, is_positive = factors.temperature, factors.labels > 0
    positive = np.where(is_positive, temperature.for_label, temperature.against).sum()
    counts = np.array([positive, temperature.total - positive])
    shares = counts / temperature.total
    return _exceeds(score, float(counts @ np.log(np.maximum(shares, 1e-12))), factors)


def has_similar_scales(factors: Factors) -> bool:
    """Tell whether no input is far larger than the others.

    Parameters
    ----------
    factors : Factors
        The patterns.

    Returns
    -------
    has_similar_scales : bool
        By their root mean squares, inputs that are always zero apart.
    """
    if factors.is_binary:
        return True
    squares = np.mean(np.square(factors.inputs, dtype=float), axis=0)
    squares = squares[squares > 0]
    return not squares.size or squares.max() < _MOST_UNEQUAL**2 * squares.min()


def _exceeds(score, by_chance, factors):
    in_all = _LEARNED_IN_ALL * evidence_unit(factors)
    return score - by_chance > max(_LEARNED * factors.temperature.total, in_all)


def errors_of(weights: np.ndarray, factors: Factors) -> float:
    """Add up the weights of the labels that a machine answers wrongly.

    Parameters
    ----------
    weights : ndarray of shape (n_weights,)
        Flat weights.
    factors : Factors
        The patterns, at any temperature.

    Returns
    -------
    errors : float
        Their total.
    """
    wrong = factors.problem.wrong(factors.fields(weights))
    return factors.temperature.expected_errors(wrong.astype(float))


def believed_errors(posterior: Posterior, factors: Factors) -> float:
    """Give the errors that a posterior expects, or those of its mean if these are more.

    Messages that have not converged may be certain of everything, and wrong.

    Parameters
    ----------
    posterior : Posterior
        Of these patterns.
    factors : Factors
        The patterns.

    Returns
    -------
    errors : float
        Expected, unless the mean makes ten times as many, and those of ten patterns.
    """
    temperature = factors.temperature
    heaviest = np.max(temperature.for_label + temperature.against)
    errors = errors_of(posterior.flat_mean, factors)
    # Means may be worse than what they are means of, but not that much.
    is_possible = errors <= _MOST_WRONG * (posterior.expected_errors + heaviest)
    return posterior.expected_errors if is_possible else errors
