"""How sure a machine may be: noise of its fields and labels, from training patterns.

A machine's weights could be a little different and explain the patterns as well. Fields
with Gaussian noise, and labels some of which are flipped, turn its answer into a
probability. Patterns that a machine was trained on are too easy for it, so that the
most likely noise is too small: the noise of fields has a lower bound, which falls with
the number of patterns per weight. The bound's two constants were chosen on twelve
tables (sonar, banana, heart, crx, ionosphere, german, phoneme, pima, bupa, magic, wdbc
of the KEEL repository and 500 images of dresses and coats).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Noise of the fields over their typical size: the highest that is tried, and bounds of
# the lowest. That is the second times the root of the weights per pattern if smaller.
_HIGHEST, _LOWEST, _LOWEST_PER_ROOT = 8.0, 0.3, 0.8
# Levels that are tried between them.
_N_LEVELS = 9
# Patterns on which the noise is fitted, at most.
MOST_PATTERNS = 2000
# Steps of the fit of the share of flipped labels, which converges geometrically.
_STEPS = 30


@dataclass(frozen=True)
class AnswerNoise:
    """Noise that makes a machine's answers probabilities.

    Parameters
    ----------
    field_noise : float
        Standard deviation of a field for inputs of norm one. Units have norm one.
    label_noise : float
        Probability that the label is not the answer all the same.
    """

    field_noise: float
    label_noise: float


def log_odds(logs, label_noise, scale=1.0):
    """Mix the log-probabilities of both answers, one of which may be flipped.

    Parameters
    ----------
    logs : tuple of two ndarrays of shape (n_samples,)
        Log-probabilities of +1 and of -1 without flips.
    label_noise : float
        Probability of a flip.
    scale : float, default=1.0
        Factor of the log-odds without flips.

    Returns
    -------
    log_odds : ndarray of shape (n_samples,)
        Log-odds of the label +1.
    """
    odds = scale * (logs[0] - logs[1])
    if not label_noise:
        return odds
    if scale != 1:
        logs = -np.logaddexp(0, -odds), -np.logaddexp(0, odds)
    keep, flip = np.log1p(-label_noise), np.log(label_noise)
    positive = np.logaddexp(keep + logs[0], flip + logs[1])
    return positive - np.logaddexp(flip + logs[0], keep + logs[1])


def both_answers(channel, mean, variance):
    """Give the log-probabilities of both answers.

    Parameters
    ----------
    channel : callable
        The machine's.
    mean, variance : ndarray of shape (n_samples, n_hidden)
        Of the fields.

    Returns
    -------
    positive, negative : ndarray of shape (n_samples,)
        Log-probabilities of +1 and of -1.
    """
    right = np.ones(len(mean))
    return channel(mean, variance, right)[0], channel(mean, variance, -right)[0]


class NoisyMachine:
    """A machine on patterns, whose fields have Gaussian noise.

    Parameters
    ----------
    problem : Problem
        The patterns; their labels do not matter.
    weights : ndarray of shape (n_hidden, n_features + fit_intercept)
        Weights, units of norm one.
    """

    def __init__(self, problem, weights):
        self._channel = problem.architecture.channel
        layout, products = problem.layout, problem.products
        roots = np.repeat(np.sqrt(layout.unit_sizes), layout.unit_sizes)
        flat = layout.flat(np.asarray(weights, dtype=float))
        self._fields = products.fields(flat * roots)
        # Variances that noise of one in every weight would give.
        self._squares = products.variances(roots**2)

    @property
    def typical_field(self):
        """Root mean square of the fields for inputs of norm one."""
        squares = np.where(self._squares > 0, self._squares, 1.0)
        return float(np.sqrt(np.mean(self._fields**2 / squares)))

    def log_probabilities(self, field_noise):
        """Give the log-probabilities of both answers.

        Parameters
        ----------
        field_noise : float
            Standard deviation of a field for inputs of norm one.

        Returns
        -------
        positive, negative : ndarray of shape (n_samples,)
            Log-probabilities of +1 and of -1.
        """
        logs = both_answers(self._channel, *self._moments(field_noise))
        return tuple(self._unless_silent(log) for log in logs)

    def log_right(self, field_noise, labels):
        """Give the log-probabilities of given labels.

        Parameters
        ----------
        field_noise : float
            Standard deviation of a field for inputs of norm one.
        labels : ndarray of shape (n_samples,)
            Labels, whose signs count.

        Returns
        -------
        log_right : ndarray of shape (n_samples,)
            Log-probabilities.
        """
        labels = np.where(labels > 0, 1.0, -1.0)
        log = self._channel(*self._moments(field_noise), labels)[0]
        return self._unless_silent(log)

    def _moments(self, field_noise):
        # Where nothing moves a field, as for inputs of zero, its sign is certain.
        is_certain = self._squares <= 0
        mean = np.where(is_certain, 10.0, self._fields)
        return mean, np.where(is_certain, 1.0, field_noise**2 * self._squares)

    def _unless_silent(self, log):
        # If no unit's field is moved the inputs say nothing of the label.
        is_silent = (self._squares <= 0).all(axis=1)
        return np.where(is_silent, -np.log(2), log) if is_silent.any() else log


def fit_noise(problem, weights, rng):
    """Fit the noise to the training patterns.

    Parameters
    ----------
    problem : Problem
        Training patterns.
    weights : ndarray of shape (n_hidden, n_features + fit_intercept)
        The machine's weights, units of norm one.
    rng : numpy.random.Generator or None
        Chooses the patterns if there are more than `MOST_PATTERNS`.

    Returns
    -------
    noise : AnswerNoise
        The most likely one.
    """
    n_samples, n_weights = problem.n_samples, problem.layout.n_weights
    if n_samples > MOST_PATTERNS:
        rows = rng.choice(n_samples, MOST_PATTERNS, replace=False)
        problem = problem.subset(np.sort(rows))
    weight = problem.relative_weight
    weight = np.ones(problem.n_samples) if weight is None else weight
    machine = NoisyMachine(problem, weights)
    size = machine.typical_field
    lowest = min(_LOWEST, _LOWEST_PER_ROOT * np.sqrt(n_weights / n_samples))
    best, found = -np.inf, AnswerNoise(size, 0.25)
    for field_noise in size * np.geomspace(lowest, _HIGHEST, _N_LEVELS):
        right = np.exp(machine.log_right(field_noise, problem.labels))
        likelihood, label_noise = _fit_flips(right, weight)
        if likelihood > best:
            best, found = likelihood, AnswerNoise(float(field_noise), label_noise)
    return found


def _fit_flips(right, weight):
    """Log-likelihood and share of flips, with one flip more than there are."""
    total, noise = weight.sum(), 0.1
    for _ in range(_STEPS):
        wrong = noise * (1 - right)
        wrong = wrong / (wrong + (1 - noise) * right)
        noise = float((weight @ wrong + 1) / (total + 2))
    noise = min(noise, 0.5 - 1e-6)
    likely = np.log((1 - noise) * right + noise * (1 - right))
    return weight @ likely + np.log(noise) + np.log1p(-noise), noise
