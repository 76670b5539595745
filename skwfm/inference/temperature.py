"""Finite temperature: patterns that weights may get wrong, at a price.

A pattern that weights answer right with probability Z contributes the factor
``Z~ = B + (A - B) Z`` to the posterior: A counts a right answer, B < A a wrong one. In
the Gibbs form ``A, B = 1, exp(-beta_ne)``; with label noise eps they are the
probabilities ``1 - eps`` and eps of the label given the answer. Engines see nothing of
it but what `Factors.channel` returns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skwfm._checks import as_number
from skwfm._shown import shown


@dataclass(frozen=True, eq=False)
class Temperature:
    """What right and wrong answers count, pattern by pattern.

    Parameters
    ----------
    for_label, against : ndarray of shape (n_samples,)
        Total weights of the patterns with these inputs that have the label, and of
        those that have the other one: at most as much.
    label_noise : float
        Probability eps that a label is flipped; 0 if `beta_ne` counts.
    beta_ne : float
        Inverse temperature of the number of errors.
    """

    for_label: np.ndarray
    against: np.ndarray
    label_noise: float = 0.0
    beta_ne: float = np.inf

    @property
    def total(self) -> float:
        """Total weight of the patterns."""
        return float(self.for_label.sum() + self.against.sum())

    @property
    def spacing(self) -> int:
        """By what numbers of errors differ at least, of whole weights.

        More than 1 where each pattern has several copies; 0 if both labels of all have
        equal weight.
        """
        return int(np.gcd.reduce((self.for_label - self.against).astype(np.int64)))

    @property
    def log_right(self) -> np.ndarray:
        """Log A, (n_samples,)."""
        return self._logs(self.for_label, self.against)

    @property
    def log_wrong(self) -> np.ndarray:
        """Log B, (n_samples,)."""
        return self._logs(self.against, self.for_label)

    def _logs(self, agreeing, opposing):
        if self.label_noise:
            eps = self.label_noise
            return agreeing * np.log1p(-eps) + opposing * np.log(eps)
        with np.errstate(invalid="ignore"):  # inf times 0 is 0 errors
            return -np.where(opposing > 0, self.beta_ne * opposing, 0.0)

    def soften(
        self, log_z: np.ndarray, g: np.ndarray, gamma: np.ndarray, rows: object
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Let answers be wrong.

        Parameters
        ----------
        log_z : ndarray of shape (n_rows,)
            Log-probability of a right answer.
        g, gamma : ndarray of shape (n_rows, n_hidden)
            First and minus second derivative of log_z by the fields' means.
        rows : slice or ndarray of int
            The patterns.

        Returns
        -------
        log_z, g, gamma : ndarray
            The same of ``log Z~``.
        """
        difference, soft = self._soft(log_z, rows)
        share = np.exp(difference + log_z - soft)[:, None]
        return soft, share * g, share * gamma - share * (1 - share) * g**2

    def _soft(self, log_z, rows):
        """Log of A - B, and log Z~."""
        right, wrong = self.log_right[rows], self.log_wrong[rows]
        with np.errstate(divide="ignore"):  # A = B: answers do not matter
            difference = right + np.log(-np.expm1(wrong - right))
        return difference, np.logaddexp(wrong, difference + log_z)

    def log_likelihood(self, log_z: np.ndarray) -> float:
        """Sum the log-probabilities of all labels, given those of the answers.

        Parameters
        ----------
        log_z : ndarray of shape (n_samples,)
            Log-probabilities of right answers.

        Returns
        -------
        log_likelihood : float
            In nats, for labels flipped with probability `label_noise`.
        """
        right = self.label_noise + (1 - 2 * self.label_noise) * np.exp(log_z)
        return float(self.for_label @ np.log(right) + self.against @ np.log1p(-right))

    def wrong_probability(self, log_z: np.ndarray) -> np.ndarray:
        """Give the posterior probabilities that answers are not the labels.

        Parameters
        ----------
        log_z : ndarray of shape (n_samples,)
            Log-probabilities of right answers without the patterns themselves.

        Returns
        -------
        wrong : ndarray of shape (n_samples,)
            ``B (1 - Z) / Z~``.
        """
        _, soft = self._soft(log_z, slice(None))
        return -np.expm1(log_z) * np.exp(self.log_wrong - soft)

    def expected_errors(self, wrong: np.ndarray) -> float:
        """Add up the weights of the patterns that are got wrong.

        Parameters
        ----------
        wrong : ndarray of shape (n_samples,)
            Probability that each answer is not the label.

        Returns
        -------
        errors : float
            Expected total weight.
        """
        return float(wrong @ self.for_label + (1 - wrong) @ self.against)

    def energy(self, wrong: np.ndarray) -> float:
        """Give minus the expected log of what the answers count.

        Parameters
        ----------
        wrong : ndarray of shape (n_samples,)
            Probability that each answer is not the label.

        Returns
        -------
        energy : float
            ``beta_ne`` times the expected errors in the Gibbs form. What it adds to
            log Z gives an entropy.
        """
        if np.isinf(self.beta_ne) and not self.label_noise:
            return 0.0
        return -float(wrong @ self.log_wrong + (1 - wrong) @ self.log_right)

    def pair(
        self, first: np.ndarray, second: np.ndarray, logs: tuple, both: np.ndarray
    ) -> np.ndarray:
        """Average the product of the factors of two patterns.

        Parameters
        ----------
        first, second : ndarray of shape (n_pairs,) of int
            The patterns.
        logs : tuple of two ndarrays of shape (n_pairs,)
            Log-probabilities that the one and the other is right.
        both : ndarray of shape (n_pairs,)
            Probability that both are.

        Returns
        -------
        average : ndarray of shape (n_pairs,)
            ``E[(B1 + (A1 - B1) R1) (B2 + (A2 - B2) R2)]``.
        """
        one, other = (np.exp(log_z) for log_z in logs)
        b1, b2 = np.exp(self.log_wrong[first]), np.exp(self.log_wrong[second])
        d1, d2 = np.exp(self.log_right[first]) - b1, np.exp(self.log_right[second]) - b2
        return b1 * b2 + b2 * d1 * one + b1 * d2 * other + d1 * d2 * both


def check_temperature(label_noise: float, beta_ne: float) -> None:
    """Raise ValueError unless noise or inverse temperature can be used.

    Parameters
    ----------
    label_noise : float
        Probability eps of a flipped label.
    beta_ne : float
        Inverse temperature.

    Raises
    ------
    TypeError
        If one of them is not a real number.
    ValueError
        If eps is not in [0, 1/2), beta_ne is negative or NaN, or both are given.
    """
    label_noise = as_number("label_noise", label_noise)
    beta_ne = as_number("beta_ne", beta_ne)
    if not 0 <= label_noise < 0.5:
        raise ValueError(
            f"label_noise={shown(label_noise)} is not the probability of a flipped "
            "label: pass a number in [0, 0.5)."
        )
    if not beta_ne >= 0:
        raise ValueError(
            f"beta_ne={shown(beta_ne)} is not an inverse temperature: pass a number "
            ">= 0, or inf where no errors are allowed."
        )
    if label_noise and beta_ne < np.inf:
        raise ValueError(
            f"label_noise={shown(label_noise)} and beta_ne={shown(beta_ne)} both say "
            "what an error costs: pass one. label_noise = 1 / (1 + exp(beta_ne))."
        )


def check_weights(sample_weight: object, n_samples: int) -> np.ndarray:
    """Read the weights of patterns.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,) or None
        Weights; None for ones.
    n_samples : int
        Number of patterns.

    Returns
    -------
    sample_weight : ndarray of shape (n_samples,)
        In float64.

    Raises
    ------
    ValueError
        If they are not one number >= 0 for each pattern, or all zero.
    """
    if sample_weight is None:
        return np.ones(n_samples)
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (n_samples,):
        raise ValueError(
            f"sample_weight has shape {weight.shape} for {n_samples} patterns: pass "
            "one weight per pattern."
        )
    bad = weight[~((weight >= 0) & (weight < np.inf))]
    if bad.size:
        raise ValueError(
            f"sample_weight contains {bad[0]:g}: pass finite weights >= 0."
        )
    if not weight.any():
        raise ValueError(
            "sample_weight is zero for all patterns: pass some weights > 0."
        )
    return weight
