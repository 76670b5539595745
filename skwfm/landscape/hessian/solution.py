"""Weights of a machine and the patterns they are measured on, by receptive field."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from skwfm.architectures import Architecture
from skwfm.architectures.optional import check_offers
from skwfm.problem.fitted import read_model, unit_norms


@dataclass(frozen=True)
class Block:
    """Neighbouring units that see the same inputs.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n)
        What they see, a last column of ones for the intercept included.
    units : slice
        The units.
    entries : slice
        Their weights in the flat vector, unit by unit.
    """

    inputs: np.ndarray
    units: slice
    entries: slice

    def by_unit(self, flat):
        """Give a view of the weights of these units.

        Parameters
        ----------
        flat : ndarray of shape (n_weights,)
            Weights of all units.

        Returns
        -------
        weights : ndarray of shape (n_units, n)
            One row a unit.
        """
        return flat[self.entries].reshape(-1, self.inputs.shape[1])


@dataclass(frozen=True)
class Solution:
    """Weights of a machine and the patterns that they are measured on.

    Parameters
    ----------
    architecture : Architecture
        The machine.
    blocks : list of Block
        Inputs by receptive field.
    labels : ndarray of shape (n_samples,)
        Right answers, +-1.
    weights : ndarray of shape (n_weights,)
        Free weights unit by unit, each unit's intercept last; unit norm per unit.
    """

    architecture: Architecture
    blocks: list
    labels: np.ndarray
    weights: np.ndarray

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
        counts = [b.units.stop - b.units.start for b in self.blocks]
        return [
            b.inputs for b, n in zip(self.blocks, counts, strict=True) for _ in range(n)
        ]

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
        """Apply any vector of weights to the patterns.

        Parameters
        ----------
        flat : ndarray of shape (n_weights,)
            Weights unit by unit.

        Returns
        -------
        fields : ndarray of shape (n_samples, n_hidden)
            One column a unit.
        """
        # By unit in memory: all matrix products below find what they need in a row.
        by_unit = np.empty((self.architecture.n_hidden, len(self.labels)))
        for b in self.blocks:
            np.matmul(b.by_unit(flat), b.inputs.T, out=by_unit[b.units])
        return by_unit.T

    def pull_back(self, by_field):
        """Sum over patterns of fields' derivatives times inputs.

        Parameters
        ----------
        by_field : ndarray of shape (n_samples, n_hidden)
            Derivatives by the fields.

        Returns
        -------
        by_weight : ndarray of shape (n_weights,)
            Derivatives by the weights.
        """
        by_weight = np.empty(self.n_weights)
        for b in self.blocks:
            np.matmul(by_field[:, b.units].T, b.inputs, out=b.by_unit(by_weight))
        return by_weight

    def with_weights(self, weights):
        """Give the same machine and patterns with other weights.

        Parameters
        ----------
        weights : ndarray of shape (n_weights,)
            Taken as they are, not normalised.

        Returns
        -------
        solution : Solution
            A new one; arrays of inputs are shared.
        """
        return replace(self, weights=weights)

    def n_errors(self, beta=np.inf):
        """Count the patterns that are wrong.

        Parameters
        ----------
        beta : float, default=inf
            Steepness of the units; sign units by default.

        Returns
        -------
        n_errors : int
            A smooth output of exactly 0 counts as wrong.
        """
        if beta == np.inf:
            hidden = np.where(self.fields >= 0, 1.0, -1.0)
            return int(np.sum(self.architecture.output(hidden) != self.labels))
        return int(np.sum(self.labels * smooth(self, beta)[0] <= 0))


def read_solution(model, X, y):
    """Read a model as the measures of the smooth machine take it.

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
    return make_solution(*read_model(model, X, y))


def make_solution(architecture, coef, intercept, X, labels):
    """Lay weights and inputs out by receptive field.

    Parameters
    ----------
    architecture : Architecture
        The machine.
    coef : ndarray of shape (n_hidden, n_features)
        Weights.
    intercept : ndarray of shape (n_hidden,) or None
        Intercepts, or None if the units have none.
    X : ndarray of shape (n_samples, n_features)
        Inputs.
    labels : ndarray of shape (n_samples,)
        Right answers, +-1.

    Returns
    -------
    solution : Solution
        In float64, unit norm per unit.

    Raises
    ------
    ValueError
        If a unit has no weight that is not zero, or weights are not finite.
    """
    fields = [np.asarray(f) for f in architecture.receptive_fields(X.shape[1])]
    weights = [np.asarray(w, dtype=float)[f] for w, f in zip(coef, fields, strict=True)]
    if intercept is not None:
        weights = [np.append(w, b) for w, b in zip(weights, intercept, strict=True)]
    norms = unit_norms(weights)
    flat = np.concatenate([w / n for w, n in zip(weights, norms, strict=True)])
    blocks = _blocks(fields, np.asarray(X, dtype=float), intercept is not None)
    return Solution(architecture, blocks, labels, flat)


def _blocks(fields, X, has_intercept):
    blocks, unit, entry = [], 0, 0
    while unit < len(fields):
        last = unit + 1
        while last < len(fields) and np.array_equal(fields[last], fields[unit]):
            last += 1
        inputs = X[:, fields[unit]]
        if has_intercept:
            inputs = np.column_stack([inputs, np.ones(len(X))])
        size = (last - unit) * inputs.shape[1]
        inputs = np.ascontiguousarray(inputs, dtype=float)
        blocks.append(Block(inputs, slice(unit, last), slice(entry, entry + size)))
        unit, entry = last, entry + size
    return blocks


def smooth(solution, beta, order=1):
    """Smooth output of a solution, with an error that says what is missing.

    Parameters
    ----------
    solution : Solution
        Machine, weights and patterns.
    beta : float
        Steepness.
    order : {1, 2}, default=1
        Highest derivative by the fields.

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
            "Hessians and manifolds are made of: write its `smooth` method."
        ) from error
