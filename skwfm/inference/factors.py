"""Patterns as factors of a posterior over weights: what every engine is given."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from skwfm._checks import as_numbers
from skwfm.architectures import Architecture
from skwfm.architectures.packed_signs import PackedSigns
from skwfm.inference.patterns import Patterns
from skwfm.inference.temperature import Temperature, check_temperature, check_weights
from skwfm.inference.ties import (
    can_tie,
    contradiction_of,
    move_weights,
    opposite_patterns,
)
from skwfm.inference.underflow import flushed
from skwfm.problem.inputs import check_dense
from skwfm.problem.problem import Problem
from skwfm.problem.validation import check_patterns, merge_patterns, mirror_sign


@dataclass(frozen=True, eq=False)
class Factors(Patterns):
    """Patterns, each of which says that the machine's answer is its label.

    At finite temperature it says so less strictly: answers may be wrong, at a price.
    Patterns with equal inputs are then one factor, exactly, whatever their labels, and
    so are those with opposite inputs, if the machine's answers to these are related.
    Opposite ones stay apart where fields of +-1 weights can be exactly 0.

    Unit l sees ``x_l = inputs[:, field_l] / sqrt(n_l)``, so that its field has the
    variance of a weight when the inputs are +-1; with ``fit_intercept`` a constant
    input is counted among the n_l. Weights are flat vectors of length
    ``n_weights``, unit after unit, the intercept last in each, with
    ``||w_l||^2 = n_l``.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        Inputs, of a real dtype. Integers +-1 are never copied into floats.
    labels : ndarray of shape (n_samples,)
        Labels, +-1.
    architecture : Architecture
        The machine.
    fit_intercept : bool, default=False
        Whether each unit has a weight on a constant input.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the patterns: 2 is the same as two copies, 0 as none. With it, equal
        patterns (and opposite ones) are merged at zero temperature, too.
    label_noise : float, default=0.0
        Probability eps, in [0, 1/2), that a label was flipped. log Z is then that of
        the labels, and can be compared between values of eps.
    beta_ne : float, default=inf
        Instead of `label_noise`: inverse temperature. Each error costs a factor
        ``exp(-beta_ne)``, so that log Z is the log of its mean.
    intercept_scaling : float or ndarray of shape (n_hidden,), default=1.0
        The constant input, for each unit if they differ.

    Raises
    ------
    TypeError
        If inputs are sparse.
    ValueError
        If shapes do not fit, inputs are not finite, labels are not +-1, weights are
        negative or all zero, or the temperature cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> from skwfm.architectures import TreeCommittee
    >>> from skwfm.inference import Factors
    >>> factors = Factors(np.ones((2, 7)), np.array([1, 1]), TreeCommittee(3))
    >>> factors.unit_sizes
    array([3, 2, 2])
    """

    inputs: np.ndarray
    labels: np.ndarray
    architecture: Architecture
    fit_intercept: bool = False
    sample_weight: np.ndarray | None = None
    label_noise: float = 0.0
    beta_ne: float = np.inf
    intercept_scaling: float | np.ndarray = 1.0

    def __post_init__(self):
        check_dense(self.inputs, "message passing")
        packed = isinstance(self.inputs, PackedSigns)
        inputs = self.inputs if packed else np.asarray(self.inputs)
        labels = as_numbers("labels", self.labels)
        check_patterns(inputs, labels)
        check_temperature(self.label_noise, self.beta_ne)
        weight = check_weights(self.sample_weight, len(labels))
        for_label, against = weight, np.zeros_like(weight)
        tied = np.zeros(len(labels), dtype=bool)
        if self.is_soft or self.sample_weight is not None:
            mirror = None
            if hasattr(self.architecture, "n_hidden"):  # others are named later
                mirror = mirror_sign(self.architecture, self.fit_intercept)
            if mirror is not None:
                # A field of 0 is answered +1 on both sides. Real weights have none, but
                # the prior is not known yet.
                tied = can_tie(inputs, self.architecture)
            rows, labels, for_label, against = merge_patterns(
                inputs, labels, weight, not self.is_soft, mirror, tied
            )
            tied = tied[rows]
            if not np.array_equal(rows, np.arange(len(inputs))):
                inputs = inputs[rows]
        self._set(inputs=inputs, labels=labels, sample_weight=None, _can_tie=tied)
        self._set(temperature=self._temperature(for_label, against))

    def _temperature(self, for_label, against):
        return Temperature(for_label, against, self.label_noise, self.beta_ne)

    def _set(self, **attributes):
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    @classmethod
    def of(cls, problem: Problem, **options: object) -> Self:
        """Take the patterns of a problem, and what it has laid out already.

        Parameters
        ----------
        problem : Problem
            Machine and patterns.
        **options : dict
            `label_noise` and `beta_ne`; `sample_weight` in place of the problem's.

        Returns
        -------
        factors : Factors
            The same patterns as factors.
        """
        machine = problem.architecture, problem.fit_intercept
        options["intercept_scaling"] = problem.intercept_scaling
        options.setdefault("sample_weight", problem.sample_weight)
        factors = cls(problem.inputs, problem.labels, *machine, **options)
        if factors.inputs is problem.inputs:
            factors._set(problem=problem.with_labels(factors.labels))
        return factors

    def at(self, *, label_noise: float = 0.0, beta_ne: float = np.inf) -> Self:
        """Give the same patterns at another finite temperature.

        Parameters
        ----------
        label_noise : float, default=0.0
            Probability of a flipped label.
        beta_ne : float, default=inf
            Inverse temperature, instead.

        Returns
        -------
        factors : Factors
            New ones that share what has been laid out.

        Raises
        ------
        ValueError
            If one of the temperatures is zero, where equal patterns are not merged.
        """
        check_temperature(label_noise, beta_ne)
        factors = copy(self)
        vars(factors).pop("for_real_weights", None)
        factors._set(label_noise=label_noise, beta_ne=beta_ne)
        if not (self.is_soft and factors.is_soft):
            raise ValueError(
                "temperatures must be finite: make new Factors for a temperature of "
                "zero, at which patterns with two labels cannot be merged."
            )
        weights = self.temperature.for_label, self.temperature.against
        factors._set(problem=self.problem, temperature=factors._temperature(*weights))
        return factors

    def soft(self) -> Self:
        """Give the same patterns, merged, at some finite temperature.

        Returns
        -------
        factors : Factors
            At ``beta_ne=1``, from which `at` leads to others.
        """
        if self.is_soft:
            return self
        # Of equal patterns each label has its own factor, with a weight, until now.
        weight = self.temperature.for_label
        return Factors.of(self.problem, sample_weight=weight, beta_ne=1.0)

    def take(self, rows: np.ndarray, share: np.ndarray | float = 1.0) -> Self:
        """Keep some of the patterns, with their weights or shares of these.

        Parameters
        ----------
        rows : ndarray of shape (n_rows,) of int
            The patterns, in rising order.
        share : float or ndarray of shape (n_rows,), default=1.0
            What of each weight is kept.

        Returns
        -------
        factors : Factors
            New ones at the same finite temperature.
        """
        machine = self.architecture, self.fit_intercept
        factors = Factors(
            self.inputs[rows], self.labels[rows], *machine, beta_ne=1.0,
            intercept_scaling=self.intercept_scaling,
        )  # fmt: skip
        factors._set(label_noise=self.label_noise, beta_ne=self.beta_ne)
        temperature = self.temperature
        weights = share * temperature.for_label[rows], share * temperature.against[rows]
        factors._set(temperature=factors._temperature(*weights))
        return factors

    @cached_property
    def for_real_weights(self) -> Self:
        """The same patterns for weights whose fields are never exactly 0.

        Opposite patterns that were kept apart for ties stay two, but the first of them
        takes over all their weight, so that the other is a factor of 1.
        """
        first, second, agrees = self._opposites
        if not len(first):
            return self
        factors = copy(self)
        labels, *weights = move_weights(self, first, second, agrees)
        factors._set(labels=labels, temperature=self._temperature(*weights))
        problem = self.problem.with_labels(labels)
        factors._set(problem=problem, _opposites=(first[:0],) * 3)
        return factors

    @cached_property
    def _opposites(self):
        return opposite_patterns(self, self._can_tie)

    @property
    def is_soft(self) -> bool:
        """Whether the temperature is finite: weights may make errors."""
        return self.label_noise > 0 or self.beta_ne < np.inf

    @property
    def is_plain(self) -> bool:
        """Whether patterns count as the machine's channel says: 1 or 0 if wrong."""
        return not self.is_soft and bool(self.temperature.for_label.all())

    def channel(
        self, mean: np.ndarray, variance: np.ndarray, rows: object = slice(None)
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Average the patterns' factors over Gaussian fields.

        Parameters
        ----------
        mean, variance : ndarray of shape (n_rows, n_hidden)
            Of every unit's field.
        rows : slice or ndarray of int, default=slice(None)
            The patterns; all by default.

        Returns
        -------
        log_z : ndarray of shape (n_rows,)
            Log of the average: at zero temperature the log-probability of the label.
        g, gamma : ndarray of shape (n_rows, n_hidden)
            First and minus second derivative of log_z by the mean.
        """
        output = self.architecture.channel(mean, variance, self.labels[rows])
        if not self.is_plain:
            output = self.temperature.soften(*output, rows)
        log_z, g, gamma = output
        return log_z, flushed(g, np.sqrt(variance)), flushed(gamma, variance)

    def wrong_probability(self, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """Give the probability that each pattern is got wrong.

        Parameters
        ----------
        mean, variance : ndarray of shape (n_samples, n_hidden)
            Of every unit's field without the pattern itself.

        Returns
        -------
        wrong : ndarray of shape (n_samples,)
            Probabilities; zero at zero temperature.
        """
        if not self.is_soft:
            return np.zeros(self.n_samples)
        log_z = self.architecture.channel(mean, variance, self.labels)[0]
        return self.temperature.wrong_probability(log_z)

    def log_likelihood(self, mean: np.ndarray, variance: np.ndarray) -> float:
        """Sum the log-probabilities of the labels, each by itself.

        Parameters
        ----------
        mean, variance : ndarray of shape (n_samples, n_hidden)
            Of every unit's field, not knowing the labels.

        Returns
        -------
        log_likelihood : float
            In nats; copies of a pattern count one by one.
        """
        log_z = self.architecture.channel(mean, variance, self.labels)[0]
        return self.temperature.log_likelihood(log_z)

    @cached_property
    def contradiction(self) -> tuple[int, int] | None:
        """Two patterns that contradict each other, as a pair of indices, or None.

        At finite temperature none do.
        """
        return None if self.is_soft else contradiction_of(self)
