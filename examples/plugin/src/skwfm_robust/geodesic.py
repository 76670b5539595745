"""Paths between two sets of weights of one machine, after symmetries are removed."""

import itertools

import numpy as np
from scipy.optimize import linear_sum_assignment

# All states of up to so many units are tried, above that a random sample of as many.
_MOST_UNITS = 12


def match_units(machine, n_features, first, second):
    """Bring second weights as near to the first as the symmetries of a machine allow.

    Units may change places if they see the same inputs and the answer does not depend
    on their order. Where the answer changes with the sign of each of several units, as
    in a parity machine, an even number of them may change sign.

    Parameters
    ----------
    machine : architecture
        The machine.
    n_features : int
        Number of inputs.
    first, second : ndarray of shape (n_hidden, n)
        Weights of norm one per unit.

    Returns
    -------
    matched : ndarray of shape (n_hidden, n)
        The second weights, with the same answers.
    """
    states = _states(machine.n_hidden)
    answers = machine.output(states)
    flips = [l for l in range(machine.n_hidden) if _flips(machine, states, answers, l)]
    overlaps = first @ second.T
    if flips:
        overlaps = np.abs(overlaps)
    order = np.arange(machine.n_hidden)
    for units in _exchangeable(machine, n_features, states, answers):
        block = overlaps[np.ix_(units, units)]
        rows, columns = linear_sum_assignment(block, maximize=True)
        order[units[rows]] = units[columns]
    return _gauged(first, second[order], flips)


def _states(n_hidden):
    if n_hidden <= _MOST_UNITS:
        return np.array(list(itertools.product((-1.0, 1.0), repeat=n_hidden)))
    rng = np.random.default_rng(0)
    return rng.choice([-1.0, 1.0], size=(2**_MOST_UNITS, n_hidden))


def _flips(machine, states, answers, unit):
    """Whether the answer always changes with the sign of a unit."""
    flipped = states.copy()
    flipped[:, unit] *= -1
    return np.array_equal(machine.output(flipped), -answers)


def _exchangeable(machine, n_features, states, answers):
    """Groups of units that may change places."""
    fields = machine.receptive_fields(n_features)
    groups = []
    for unit in range(machine.n_hidden):
        for group in groups:
            swapped = states.copy()
            swapped[:, [group[0], unit]] = states[:, [unit, group[0]]]
            if np.array_equal(fields[group[0]], fields[unit]) and np.array_equal(
                machine.output(swapped), answers
            ):
                group.append(unit)
                break
        else:
            groups.append([unit])
    return [np.array(group) for group in groups]


def _gauged(first, second, flips):
    """Change the signs of an even number of units, the nearest to the first."""
    overlaps = np.sum(first * second, axis=1)
    signs = np.ones(len(first))
    if len(flips) > 1:
        signs[flips] = np.where(overlaps[flips] >= 0, 1.0, -1.0)
        if signs.prod() < 0:
            weakest = min(flips, key=lambda unit: abs(overlaps[unit]))
            signs[weakest] *= -1
    return signs[:, np.newaxis] * second


def geodesic(first, second, position):
    """Give the weights on the shortest path on the spheres of all units.

    Parameters
    ----------
    first, second : ndarray of shape (n_hidden, n)
        Ends, of norm one per unit.
    position : float
        From 0 for the first to 1 for the second.

    Returns
    -------
    weights : ndarray of shape (n_hidden, n)
        Of norm one per unit.
    """
    cosine = np.clip(np.sum(first * second, axis=1, keepdims=True), -1, 1)
    angle = np.arccos(cosine)
    # Any direction leads from a point to its antipode; none is needed to stay.
    size = np.sin(angle)
    across = (second - cosine * first) / np.where(size > 0, size, 1)
    return np.cos(position * angle) * first + np.sin(position * angle) * across
