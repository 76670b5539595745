"""Replicas of a machine with +-1 weights, their fields and their energies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skwfm.classifiers.annealing.energies import BY_FIELD, BY_STATE, BY_SUM
from skwfm.classifiers.cesgd import cross_entropy


class State(NamedTuple):
    """What flips change; replicas come first in every shape but those of scratch.

    Parameters
    ----------
    signs : ndarray of shape (n_replicas, n_weights) of int8
        Weights, +-1.
    overlaps : ndarray of shape (n_weights,) of int64
        Sum of each weight over the replicas.
    fields : ndarray of shape (n_replicas, n_hidden, n_samples)
        Fields of +-1 weights, integers for inputs of +-1.
    energies : ndarray of shape (n_replicas,)
        Energies.
    states : ndarray of shape (n_replicas, n_samples) of int64
        Number of the state of the units.
    values : ndarray of shape (n_replicas, n_hidden, n_samples)
        Values tanh(beta x) of the units.
    totals : ndarray of shape (n_replicas, n_samples)
        Their sum.
    costs : ndarray of shape (n_replicas, n_samples)
        Cost of each pattern, without its weight.
    new_values, new_costs : ndarray of shape (n_samples,)
        Scratch for those of a flip that is proposed.
    """

    signs: np.ndarray
    overlaps: np.ndarray
    fields: np.ndarray
    energies: np.ndarray
    states: np.ndarray
    values: np.ndarray
    totals: np.ndarray
    costs: np.ndarray
    new_values: np.ndarray
    new_costs: np.ndarray


class Replicas:
    """Machines with +-1 weights on the same patterns, for the compiled loop.

    Parameters
    ----------
    problem : Problem
        Patterns and machine.
    energy : Energy
        The energy of each.
    signs : ndarray of shape (n_replicas, n_weights) of int8
        First weights, +-1; changed in place by sweeps.

    Attributes
    ----------
    state : State
        Weights and what follows from them.
    """

    def __init__(self, problem, energy, signs):
        # Numba is loaded here and nowhere else in this room: it takes half a second.
        from skwfm.classifiers.annealing import compiled

        self._loop = compiled
        self._problem = problem
        self._energy = energy
        n_replicas, n_samples = len(signs), problem.n_samples
        by_units = n_replicas, problem.layout.n_hidden, n_samples
        dtype = np.int32 if problem.is_binary else np.float64
        kind = energy.kind
        has_values = kind not in (BY_STATE, BY_FIELD)
        self.state = State(
            signs,
            signs.sum(axis=0, dtype=np.int64),
            np.empty(by_units, dtype),
            np.empty(n_replicas),
            np.empty((n_replicas, n_samples if kind == BY_STATE else 0), np.int64),
            np.empty(by_units if has_values else (n_replicas, 0, 0)),
            np.empty((n_replicas, n_samples if has_values else 0)),
            np.empty((n_replicas, 0 if kind == BY_STATE else n_samples)),
            *np.empty((2, n_samples)),
        )
        self.refresh()

    def refresh(self):
        """Recompute all from the weights: sums of many changes are rounded."""
        fields_of(self._problem, self._energy.inputs, self.state)
        energy, state = self._energy, self.state
        if energy.kind == BY_STATE:
            agree = energy.labels * state.fields > 0
            state.states[...] = np.einsum("alm,l->am", agree, energy.places)
            costs = energy.costs[(energy.labels + 1) >> 1, state.states]
        else:
            costs = state.costs
            costs[...] = self._cross_entropy()
        state.energies[...] = costs @ energy.importance

    def _cross_entropy(self):
        energy, state = self._energy, self.state
        if energy.kind == BY_FIELD:
            margins = energy.labels * state.fields[:, 0]
            if energy.table.size:
                return energy.table[0, margins + energy.table.shape[1] // 2]
            return cross_entropy(energy.scales[0] * margins, energy.gamma)[0]
        state.values[...] = np.tanh(energy.scales[:, None] * state.fields)
        state.totals[...] = state.values.sum(axis=1)
        if energy.kind == BY_SUM:
            decisions = energy.root * state.totals
        else:
            decisions = state.values.prod(axis=1)
        return cross_entropy(energy.labels * decisions, energy.gamma)[0]

    def sweep(self, beta, coupling, bits):
        """Propose as many flips for every replica as it has weights.

        Parameters
        ----------
        beta : float
            Inverse temperature.
        coupling : float
            Coupling of each pair of replicas.
        bits : ndarray of shape (4,) of uint64
            State of the random numbers, changed in place.

        Returns
        -------
        n_accepted : int
            Flips of all replicas.
        """
        return self._loop.sweep(self._energy, self.state, beta, coupling, bits)

    def changes(self):
        """Compute what each flip of the first replica would change.

        Returns
        -------
        changes : ndarray of shape (n_weights,)
            Differences of energy.
        """
        changes = np.empty(self.state.signs.shape[1])
        self._loop.all_changes(self._energy, self.state, 0, changes)
        return changes


def fields_of(problem, inputs, state):
    """Compute the fields of replicas from their weights.

    Parameters
    ----------
    problem : Problem
        Patterns and machine.
    inputs : ndarray of shape (n_columns, n_samples)
        As `energies.flip_inputs` lays them out.
    state : State
        Its `fields` are overwritten.
    """
    layout, signs = problem.layout, state.signs.astype(float)
    ends = np.cumsum(layout.groups[:, 1])
    for g, end in enumerate(ends):
        seen = inputs[end - layout.groups[g, 1] : end].astype(float)
        for unit in np.flatnonzero(layout.group_of_unit == g):
            state.fields[:, unit] = signs[:, layout.unit_slices[unit]] @ seen


def majority(signs, overlaps):
    """Return the weights that most replicas have; in a tie those of the first.

    Parameters
    ----------
    signs : ndarray of shape (n_replicas, n_weights) of int8
        Weights, +-1.
    overlaps : ndarray of shape (n_weights,) of int64
        Sum of each weight over the replicas.

    Returns
    -------
    centre : ndarray of shape (n_weights,) of int8
        Weights, +-1.
    """
    return np.where(overlaps == 0, signs[0], np.sign(overlaps)).astype(np.int8)
