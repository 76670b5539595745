"""What labels say about the votes of an infinite committee.

The answer is the sign of the votes f, with noise in two places. Before the sign: a
Gaussian of standard deviation s (`output_noise`), anew for every copy of a pattern, so
that the answer is + with probability ``Phi(f / s)``. After it: labels are flipped with
probability eps. A label + then has the probability
``q = eps + (1 - 2 eps) Phi(f / s)``, and inputs with n+ labels + and n- labels -
contribute ``q^n+ (1 - q)^n-``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from skwfm._shown import shown
from skwfm.architectures import FullCommittee
from skwfm.inference.infinite.quadrature import average_copies
from skwfm.inference.temperature import Temperature

_PERCEPTRON = FullCommittee(1)


class Averages(NamedTuple):
    """Averages of the labels' factors over Gaussian votes, pattern by pattern.

    Parameters
    ----------
    log_z : ndarray of shape (n_samples,)
        Log of the average factor.
    g, gamma : ndarray of shape (n_samples,)
        First, and minus the second, derivative of log_z by the mean.
    flips : ndarray of shape (n_samples,)
        Expected total weight of flipped labels.
    by_log_noise : ndarray of shape (n_samples,)
        Derivative of log_z by the log of the output noise.
    """

    log_z: np.ndarray
    g: np.ndarray
    gamma: np.ndarray
    flips: np.ndarray
    by_log_noise: np.ndarray


@dataclass(frozen=True, eq=False)
class NoisyAnswers:
    """Labels of distinct inputs, and the noise that they are given with.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,)
        Labels, +-1.
    for_label, against : ndarray of shape (n_samples,)
        Total weights of this label, and of the other one.
    label_noise : float, default=0.0
        Probability eps of a flipped label, in [0, 1/2).
    output_noise : float, default=0.0
        Standard deviation s of the noise before the sign; that of the votes is 1.

    Raises
    ------
    ValueError
        If there is no noise, but inputs with two labels.
    """

    labels: np.ndarray
    for_label: np.ndarray
    against: np.ndarray
    label_noise: float = 0.0
    output_noise: float = 0.0

    def __post_init__(self):
        if self.is_noisy or not np.any(self.against > 0):
            return
        raise ValueError(
            f"label_noise={shown(self.label_noise)} and "
            f"output_noise={shown(self.output_noise)} allow no error, but equal "
            "inputs have different labels: pass a noise > 0."
        )

    @property
    def is_noisy(self) -> bool:
        """Whether any label is possible."""
        return self.label_noise > 0 or self.output_noise > 0

    @property
    def total(self) -> float:
        """Total weight of the patterns."""
        return float(self.for_label.sum() + self.against.sum())

    def at(self, label_noise: float, output_noise: float) -> NoisyAnswers:
        """Give the same labels with other noise.

        Parameters
        ----------
        label_noise, output_noise : float
            The noise.

        Returns
        -------
        answers : NoisyAnswers
            New ones.
        """
        counts = self.labels, self.for_label, self.against
        return NoisyAnswers(*counts, label_noise, output_noise)

    def subset(self, rows: np.ndarray) -> NoisyAnswers:
        """Give the labels of some of the inputs.

        Parameters
        ----------
        rows : ndarray of int
            Which.

        Returns
        -------
        answers : NoisyAnswers
            New ones.
        """
        counts = self.labels[rows], self.for_label[rows], self.against[rows]
        return NoisyAnswers(*counts, self.label_noise, self.output_noise)

    @cached_property
    def _single(self):
        """Where all copies share one answer, so that averages have closed forms."""
        if not self.output_noise:
            return np.ones(len(self.labels), dtype=bool)
        return (self.for_label == 1) & (self.against == 0)

    def average(self, mean: np.ndarray, variance: np.ndarray) -> Averages:
        """Average the factors over Gaussian votes.

        Parameters
        ----------
        mean, variance : ndarray of shape (n_samples,)
            Of the votes on each pattern.

        Returns
        -------
        averages : Averages
            Log-average and derivatives.
        """
        out = np.empty((len(Averages._fields), len(mean)))
        for rows, method in (
            (self._single, self._average_single),
            (~self._single, self._average_copies),
        ):
            if rows.any():
                out[:, rows] = method(rows, mean[rows], variance[rows])
        return Averages(*out)

    def _average_single(self, rows, mean, variance):
        labels, total = self.labels[rows], variance + self.output_noise**2
        log_z, g, gamma = _PERCEPTRON.channel(mean[:, None], total[:, None], labels)
        counts = self.for_label[rows], self.against[rows]
        temperature = Temperature(*counts, self.label_noise)
        wrong = temperature.wrong_probability(log_z)
        log_z, g, gamma = temperature.soften(log_z, g, gamma, slice(None))
        g, gamma = g[:, 0], gamma[:, 0]
        flips = wrong * counts[0] + (1 - wrong) * counts[1]
        # Averages over Gaussians obey the heat equation.
        by_log_noise = self.output_noise**2 * (g**2 - gamma)
        return log_z, g, gamma, flips, by_log_noise

    def _average_copies(self, rows, mean, variance):
        counts = self.for_label[rows], self.against[rows]
        is_positive = self.labels[rows] > 0
        positive, negative = np.where(is_positive, counts, counts[::-1])
        noise = self.label_noise, self.output_noise
        return average_copies(mean, variance, positive, negative, *noise)
