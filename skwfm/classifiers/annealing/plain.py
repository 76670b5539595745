"""The loop over single flips in Python: slow, for machines of any rule."""

from __future__ import annotations

import numpy as np

from skwfm.classifiers.annealing.energies import flip_inputs, weight_places
from skwfm.classifiers.annealing.replicas import State, fields_of
from skwfm.classifiers.cesgd import cross_entropy


class PlainReplicas:
    """Machines with +-1 weights on the same patterns, of any rule.

    Parameters
    ----------
    problem : Problem
        Patterns and machine.
    signs : ndarray of shape (n_replicas, n_weights) of int8
        First weights, +-1; changed in place by sweeps.
    cost : callable
        ``cost(problem, fields)`` gives the cost of each pattern from fields of +-1
        weights, of shape (n_samples, n_hidden).

    Attributes
    ----------
    state : State
        Weights and what follows from them; `states`, `values`, `totals` and scratch
        are empty.
    """

    def __init__(self, problem, signs, cost):
        # Its random numbers are those of the compiled loop.
        from skwfm.classifiers.annealing import compiled

        self._draws = compiled.draw_below, compiled.draw_accepted
        self._problem = problem
        self._cost = cost
        self._inputs = flip_inputs(problem)
        self._columns, self._units = weight_places(problem.layout)
        weight = problem.sample_weight
        self._importance = np.ones(problem.n_samples) if weight is None else weight
        n_replicas, empty = len(signs), np.empty(0)
        self.state = State(
            signs,
            signs.sum(axis=0, dtype=np.int64),
            np.empty((n_replicas, problem.layout.n_hidden, problem.n_samples)),
            np.empty(n_replicas),
            empty,
            empty,
            empty,
            np.empty((n_replicas, problem.n_samples)),
            empty,
            empty,
        )
        self.refresh()

    def refresh(self):
        """Recompute all from the weights: sums of many changes are rounded."""
        fields_of(self._problem, self._inputs, self.state)
        for a, fields in enumerate(self.state.fields):
            self.state.costs[a] = self._cost(self._problem, fields.T)
        self.state.energies[...] = self.state.costs @ self._importance

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
        draw_below, draw_accepted = self._draws
        state = self.state
        n_replicas, n_weights = state.signs.shape
        n_accepted = 0
        for _ in range(n_weights):
            for a in range(n_replicas):
                i = draw_below(bits, n_weights)
                costs, change = self._change(a, i)
                pull = int(state.signs[a, i]) * int(state.overlaps[i]) - 1
                if draw_accepted(bits, beta * change + 2 * coupling * pull):
                    self._flip(a, i, costs, change)
                    n_accepted += 1
        return n_accepted

    def changes(self):
        """Compute what each flip of the first replica would change.

        Returns
        -------
        changes : ndarray of shape (n_weights,)
            Differences of energy.
        """
        n_weights = self.state.signs.shape[1]
        return np.array([self._change(0, i)[1] for i in range(n_weights)])

    def _step(self, a, i):
        return -2.0 * self.state.signs[a, i] * self._inputs[self._columns[i]]

    def _change(self, a, i):
        fields = self.state.fields[a].copy()
        fields[self._units[i]] += self._step(a, i)
        costs = self._cost(self._problem, fields.T)
        return costs, float((costs - self.state.costs[a]) @ self._importance)

    def _flip(self, a, i, costs, change):
        state = self.state
        state.fields[a, self._units[i]] += self._step(a, i)
        state.costs[a] = costs
        state.energies[a] += change
        state.overlaps[i] -= 2 * int(state.signs[a, i])
        state.signs[a, i] *= -1


def error_cost(problem, fields):
    """Give the cost 1 to patterns that are wrong, zero fields against the label.

    Parameters
    ----------
    problem : Problem
        Patterns and machine.
    fields : ndarray of shape (n_samples, n_hidden)
        Fields of +-1 weights.

    Returns
    -------
    cost : ndarray of shape (n_samples,)
        Zeros and ones.
    """
    against = np.where(fields == 0, -problem.labels[:, None], fields)
    return problem.wrong(against).astype(float)


def entropic_cost(gamma, steepness):
    """Make the cost of the cross-entropy from the machine's own surrogate.

    Parameters
    ----------
    gamma : float
        Norm of the second layer.
    steepness : float
        Steepness beta of the units.

    Returns
    -------
    cost : callable
        As `PlainReplicas` takes it.
    """

    def cost(problem, fields):
        fields = fields / np.sqrt(problem.layout.unit_sizes)
        decision = problem.architecture.smooth(fields, steepness)[0]
        return cross_entropy(problem.labels * decision, gamma)[0]

    return cost
