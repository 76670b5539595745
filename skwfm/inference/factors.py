"""Patterns as factors of a posterior over weights: what every engine is given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from skwfm.architectures import Architecture, Layout
from skwfm.problem.problem import Problem
from skwfm.problem.validation import (
    check_patterns,
    find_contradiction,
    mirror_sign,
)


@dataclass(frozen=True, eq=False)
class Factors:
    """Patterns, each of which says that the machine's answer is its label.

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
    intercept_scaling : float or ndarray of shape (n_hidden,), default=1.0
        The constant input, for each unit if they differ.

    Raises
    ------
    ValueError
        If shapes do not fit, inputs are not finite or labels are not +-1.

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
    intercept_scaling: float | np.ndarray = 1.0

    def __post_init__(self):
        inputs = np.asarray(self.inputs)
        labels = np.asarray(self.labels, dtype=np.float64)
        check_patterns(inputs, labels)
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "labels", labels)

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """Take the patterns of a problem, and what it has laid out already.

        Parameters
        ----------
        problem : Problem
            Machine and patterns.

        Returns
        -------
        factors : Factors
            The same patterns as factors.
        """
        factors = cls(
            problem.inputs,
            problem.labels,
            problem.architecture,
            problem.fit_intercept,
            intercept_scaling=problem.intercept_scaling,
        )
        object.__setattr__(factors, "problem", problem)
        return factors

    @cached_property
    def problem(self) -> Problem:
        """The machine on these patterns, a `Problem`."""
        return Problem(
            self.inputs,
            self.labels,
            self.architecture,
            self.fit_intercept,
            self.intercept_scaling,
        )

    @property
    def layout(self) -> Layout:
        """How inputs and weights lie in memory, a `Layout`."""
        return self.problem.layout

    @property
    def is_binary(self) -> bool:
        """Whether all inputs are +-1."""
        return self.problem.is_binary

    @property
    def n_samples(self) -> int:
        """Number of patterns M."""
        return len(self.labels)

    @property
    def n_hidden(self) -> int:
        """Number of units K."""
        return self.architecture.n_hidden

    @property
    def n_weights(self) -> int:
        """Number of weights N_w, intercepts included."""
        return self.layout.n_weights

    @property
    def dense_shape(self) -> tuple[int, int]:
        """Shape (n_hidden, n_features + fit_intercept) of a matrix of weights."""
        return self.layout.dense_shape

    @property
    def unit_sizes(self) -> np.ndarray:
        """Number of inputs n_l of each unit, intercept included."""
        return self.layout.unit_sizes

    @property
    def unit_slices(self) -> list[slice]:
        """Where each unit's weights are in a flat vector."""
        return self.layout.unit_slices

    def unit_inputs(self, unit: int) -> np.ndarray:
        """Give what one unit sees.

        Parameters
        ----------
        unit : int
            The unit l.

        Returns
        -------
        x : ndarray of shape (n_samples, n_l)
            ``inputs[:, field_l] / sqrt(n_l)``, the constant input last.
        """
        return self.group_inputs(self.layout.group_of_unit[unit])

    def group_inputs(self, group: int) -> np.ndarray:
        """Give what the units of a group of the layout see, as `unit_inputs` does.

        Parameters
        ----------
        group : int
            The group.

        Returns
        -------
        x : ndarray of shape (n_samples, n_l)
            As `unit_inputs` gives them.
        """
        x = self.layout.group_inputs(self.inputs, group)
        return x / np.sqrt(x.shape[1])

    def dense(self, flat: np.ndarray) -> np.ndarray:
        """Lay flat weights out as a matrix.

        Parameters
        ----------
        flat : ndarray of shape (n_weights,)
            One number per weight.

        Returns
        -------
        dense : ndarray of shape (n_hidden, n_features + fit_intercept)
            The numbers, zeros outside the receptive fields.
        """
        return self.layout.dense(flat)

    def flat(self, dense: np.ndarray) -> np.ndarray:
        """Take the weights out of a matrix.

        Parameters
        ----------
        dense : ndarray of shape (n_hidden, n_features + fit_intercept)
            Weights, zeros outside the receptive fields.

        Returns
        -------
        flat : ndarray of shape (n_weights,)
            The weights, unit after unit.
        """
        return self.layout.flat(np.asarray(dense, dtype=float))

    def fields(self, weights: np.ndarray) -> np.ndarray:
        """Compute ``z_l = x_l . w_l``.

        Parameters
        ----------
        weights : ndarray of shape (n_weights,)
            Flat weights.

        Returns
        -------
        fields : ndarray of shape (n_samples, n_hidden)
            Field of every unit on every pattern.
        """
        return self.problem.products.fields(weights)

    def variances(self, variance: np.ndarray) -> np.ndarray:
        """Compute the fields' variances ``V_l = (x_l^2) . v_l`` of independent weights.

        Parameters
        ----------
        variance : ndarray of shape (n_weights,)
            Variances of the weights, flat.

        Returns
        -------
        variances : ndarray of shape (n_samples, n_hidden)
            Variance of every unit's field.
        """
        return self.problem.products.variances(variance)

    def outer(self, coef: np.ndarray) -> np.ndarray:
        """Compute ``sum_mu coef[mu, l] x_l`` for every unit.

        Parameters
        ----------
        coef : ndarray of shape (n_samples, n_hidden)
            One number per pattern and unit.

        Returns
        -------
        weights : ndarray of shape (n_weights,)
            The sums, flat.
        """
        return self.problem.products.outer(coef)

    def precisions(self, coef: np.ndarray) -> np.ndarray:
        """Compute ``sum_mu coef[mu, l] x_l^2`` for every unit.

        Parameters
        ----------
        coef : ndarray of shape (n_samples, n_hidden)
            One number per pattern and unit.

        Returns
        -------
        precisions : ndarray of shape (n_weights,)
            The sums, flat.
        """
        return self.problem.products.precisions(coef)

    def channel(
        self, mean: np.ndarray, variance: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Run the machine's channel on the fields' means and variances.

        Parameters
        ----------
        mean, variance : ndarray of shape (n_samples, n_hidden)
            Of every unit's field.

        Returns
        -------
        log_z : ndarray of shape (n_samples,)
            Log-probability of the label.
        g, gamma : ndarray of shape (n_samples, n_hidden)
            First and minus second derivative of log_z by the mean.
        """
        return self.architecture.channel(mean, variance, self.labels)

    @cached_property
    def contradiction(self) -> tuple[int, int] | None:
        """Two patterns that contradict each other, as a pair of indices, or None."""
        mirror = mirror_sign(self.architecture, self.fit_intercept)
        return find_contradiction(self.inputs, self.labels, mirror)
