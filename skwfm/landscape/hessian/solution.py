"""Weights of a machine, with the problem on which they are measured."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from skwfm.architectures.optional import check_offers
from skwfm.problem.fitted import read_model, unit_norms
from skwfm.problem.problem import Problem


@dataclass(frozen=True)
class Solution:
    """Weights of a machine, with the problem on which they are measured.

    Parameters
    ----------
    problem : Problem
        Machine and patterns.
    weights : ndarray of shape (n_weights,)
        Flat weights; each unit has norm one.
    """

    problem: Problem
    weights: np.ndarray

    @property
    def architecture(self):
        """The machine."""
        return self.problem.architecture

    @property
    def labels(self):
        """Right answers, +-1, of shape (n_samples,)."""
        return self.problem.labels

    @property
    def blocks(self):
        """Inputs by receptive field, a list of `Block`."""
        return self.problem.blocks

    @property
    def n_weights(self):
        """Number of free weights N_w, intercepts included.

        Returns
        -------
        n_weights : int
            Length of the flat weight vector.
        """
        return len(self.weights)

    @property
    def unit_inputs(self):
        """Inputs of each unit.

        Returns
        -------
        unit_inputs : list of n_hidden ndarrays of shape (n_samples, n_l)
            The same array for units that share a receptive field.
        """
        return [self.blocks[g].inputs for g in self.problem.layout.group_of_unit]

    @cached_property
    def fields(self):
        """Preactivations of every unit.

        Returns
        -------
        fields : ndarray of shape (n_samples, n_hidden)
            ``x_l = w_l . xi_l + b_l``.
        """
        return self.fields_of(self.weights)

    def fields_of(self, flat):
        """Compute the fields of any flat weights.

        Parameters
        ----------
        flat : ndarray of shape (n_weights,)
            Flat weights.

        Returns
        -------
        fields : ndarray of shape (n_samples, n_hidden)
            One column per unit.
        """
        # Contiguous by unit, as the matrix products of `pull_back` read them.
        by_unit = np.empty((self.architecture.n_hidden, len(self.labels)))
        for b in self.blocks:
            np.matmul(b.by_unit(flat), b.inputs.T, out=by_unit[b.units])
        return by_unit.T

    def pull_back(self, by_field):
        """Sum, over patterns, derivatives with respect to fields times inputs.

        Parameters
        ----------
        by_field : ndarray of shape (n_samples, n_hidden)
            Derivatives with respect to the fields.

        Returns
        -------
        by_weight : ndarray of shape (n_weights,)
            Derivatives with respect to the weights.
        """
        by_weight = np.empty(self.n_weights)
        for b in self.blocks:
            np.matmul(by_field[:, b.units].T, b.inputs, out=b.by_unit(by_weight))
        return by_weight

    def with_weights(self, weights):
        """Return the same problem with other weights.

        Parameters
        ----------
        weights : ndarray of shape (n_weights,)
            Flat weights, which are not normalised.

        Returns
        -------
        solution : Solution
            A new solution, which shares the inputs.
        """
        return replace(self, weights=weights)

    def n_errors(self, beta=np.inf):
        """Count the patterns with wrong answers.

        Parameters
        ----------
        beta : float, default=inf
            Steepness of the units; sign units by default.

        Returns
        -------
        n_errors : int
            Number of errors; a smooth output of exactly 0 is one.
        """
        if beta == np.inf:
            return int(np.sum(self.problem.wrong(self.fields)))
        return int(np.sum(self.labels * smooth(self, beta)[0] <= 0))


def read_solution(model, X, y):
    """Read a fitted model for the measures of the smooth machine.

    Parameters
    ----------
    model : fitted classifier of skwfm, or Pipeline that ends with one
        See `read_model`.
    X : array-like of shape (n_samples, n_features)
        Inputs.
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    solution : Solution
        In float64, each unit's weights (intercept included) scaled to norm one.

    Raises
    ------
    NotFittedError, TypeError, ValueError
        As `read_model`, or if a unit has no weights.
    """
    problem, weights = read_model(model, X, y)
    layout = problem.layout
    flat = layout.flat(weights)
    norms = unit_norms([flat[where] for where in layout.unit_slices])
    return Solution(problem, flat / np.repeat(norms, layout.unit_sizes))


def smooth(solution, beta, order=1):
    """Compute the smooth output of a solution, or raise an error with a remedy.

    Parameters
    ----------
    solution : Solution
        Machine, weights and patterns.
    beta : float
        Steepness.
    order : {1, 2}, default=1
        Highest derivative with respect to the fields.

    Returns
    -------
    derivatives : tuple of ndarrays
        As `Architecture.smooth` returns them.

    Raises
    ------
    ValueError
        If the machine has no smooth surrogate.
    """
    try:
        check_offers(solution.architecture, ["smooth"], "the measure")
        return solution.architecture.smooth(solution.fields, beta, order=order)
    except NotImplementedError as error:
        raise ValueError(
            f"{type(solution.architecture).__name__} has no smooth surrogate, which "
            "Hessians and manifolds need: write its `smooth` method."
        ) from error
