"""Patterns laid out for a machine, as engines multiply them with flat weights."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from skwfm.architectures import Architecture, Layout
from skwfm.problem.problem import Problem


class Patterns:
    """Products of patterns with weights; see `Factors` for units and norms.

    Attributes
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        Inputs.
    labels : ndarray of shape (n_samples,)
        Labels, +-1.
    architecture : Architecture
        The machine.
    fit_intercept : bool
        Whether each unit has a weight on a constant input.
    intercept_scaling : float or ndarray of shape (n_hidden,)
        The constant input.
    """

    inputs: np.ndarray
    labels: np.ndarray
    architecture: Architecture
    fit_intercept: bool = False
    intercept_scaling: float | np.ndarray = 1.0

    @cached_property
    def problem(self) -> Problem:
        """The machine on these patterns, a `Problem`."""
        machine = self.architecture, self.fit_intercept, self.intercept_scaling
        return Problem(self.inputs, self.labels, *machine)

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
