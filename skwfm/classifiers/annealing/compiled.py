"""The loop over single flips, compiled by Numba.

Energies and states are those of `energies.Energy` and `replicas.State`. A flip costs
one pass over the patterns; only if it is accepted is anything but scratch changed.
"""

import math

import numpy as np

from skwfm._jit import jit
from skwfm.classifiers.annealing.energies import BY_FIELD, BY_STATE, BY_SUM

_TWO_TO_53 = float(1 << 53)
compiled = jit(nogil=True)


@compiled
def _rotated(x, n):
    return (x << np.uint64(n)) | (x >> np.uint64(64 - n))


@compiled
def draw_bits(bits):
    """Draw 64 random bits: xoshiro256++ of Blackman and Vigna.

    Parameters
    ----------
    bits : ndarray of shape (4,) of uint64
        State of the generator, changed in place.

    Returns
    -------
    drawn : uint64
        Random bits.
    """
    drawn = _rotated(bits[0] + bits[3], 23) + bits[0]
    shifted = bits[1] << np.uint64(17)
    bits[2] ^= bits[0]
    bits[3] ^= bits[1]
    bits[1] ^= bits[2]
    bits[0] ^= bits[3]
    bits[2] ^= shifted
    bits[3] = _rotated(bits[3], 45)
    return drawn


@compiled
def draw_below(bits, n):
    """Draw an integer from 0 to n - 1, for n below 2**31.

    Parameters
    ----------
    bits : ndarray of shape (4,) of uint64
        State of the generator, changed in place.
    n : int
        How many integers there are.

    Returns
    -------
    drawn : int
        The integer; each has the same probability up to 2**-32.
    """
    high = draw_bits(bits) >> np.uint64(32)
    return np.int64((high * np.uint64(n)) >> np.uint64(32))


@compiled
def draw_accepted(bits, action):
    """Decide with probability exp(-action) or 1, drawing only if need be.

    Parameters
    ----------
    bits : ndarray of shape (4,) of uint64
        State of the generator, changed in place.
    action : float
        Minus the log of the ratio of probabilities after and before the flip.

    Returns
    -------
    accepted : bool
        Whether to flip.
    """
    if action <= 0:
        return True
    return np.float64(draw_bits(bits) >> np.uint64(11)) < _TWO_TO_53 * math.exp(-action)


@compiled
def _cross_entropy(margin, gamma):
    e = math.exp(-2 * gamma * abs(margin))
    return math.log1p(e) / (2 * gamma) + max(-margin, 0.0)


@compiled
def _change_by_state(fields, row, step, place, labels, importance, states, costs):
    change = 0.0
    for m in range(row.size):
        label = labels[m]
        before = label * fields[m] > 0
        after = label * (fields[m] + step * row[m]) > 0
        if before != after:
            old = states[m]
            new = old + place if after else old - place
            side = (label + 1) >> 1
            change += importance[m] * (costs[side, new] - costs[side, old])
    return change


@compiled
def _update_states(fields, row, step, place, labels, states):
    for m in range(row.size):
        before = labels[m] * fields[m] > 0
        after = labels[m] * (fields[m] + step * row[m]) > 0
        if before != after:
            states[m] += place if after else -place


@compiled
def _costs_by_field(fields, row, step, labels, table, scale, gamma, new_costs):
    size = table.size // 2
    if size > 0:
        for m in range(row.size):
            margin = labels[m] * (fields[m] + step * row[m])
            new_costs[m] = table[size + np.int64(margin)]
    else:
        for m in range(row.size):
            margin = labels[m] * (fields[m] + step * row[m])
            new_costs[m] = _cross_entropy(scale * margin, gamma)


@compiled
def _new_values(fields, row, step, table, scale, new_values):
    size = table.size // 2
    if size > 0:
        for m in range(row.size):
            new_values[m] = table[size + np.int64(fields[m] + step * row[m])]
    else:
        for m in range(row.size):
            new_values[m] = math.tanh(scale * (fields[m] + step * row[m]))


@compiled
def _costs_by_sum(labels, gamma, root, values, totals, new_values, new_costs):
    for m in range(labels.size):
        total = totals[m] + (new_values[m] - values[m])
        new_costs[m] = _cross_entropy(labels[m] * root * total, gamma)


@compiled
def _costs_by_product(labels, gamma, unit, values, new_values, new_costs):
    for m in range(labels.size):
        product = new_values[m]
        for l in range(values.shape[0]):
            if l != unit:
                product *= values[l, m]
        new_costs[m] = _cross_entropy(labels[m] * product, gamma)


@compiled
def _weighted_change(importance, new_costs, costs):
    change = 0.0
    for m in range(costs.size):
        change += importance[m] * (new_costs[m] - costs[m])
    return change


@compiled
def flip_change(energy, state, a, i):
    """Compute by how much a flip changes the energy of its replica.

    Parameters
    ----------
    energy : Energy
        The energy.
    state : State
        The replicas, of which only the scratch is changed.
    a, i : int
        Replica and weight.

    Returns
    -------
    change : float
        Energy after the flip minus that before.
    """
    unit = energy.units[i]
    row = energy.inputs[energy.columns[i]]
    fields = state.fields[a, unit]
    step = -2 * np.int64(state.signs[a, i])
    labels, gamma, scale = energy.labels, energy.gamma, energy.scales[unit]
    if energy.kind == BY_STATE:
        return _change_by_state(
            fields, row, step, energy.places[unit], labels, energy.importance,
            state.states[a], energy.costs,
        )  # fmt: skip
    new_values, new_costs = state.new_values, state.new_costs
    table = energy.table[unit]
    if energy.kind == BY_FIELD:
        _costs_by_field(fields, row, step, labels, table, scale, gamma, new_costs)
    else:
        _new_values(fields, row, step, table, scale, new_values)
        values = state.values[a]
        if energy.kind == BY_SUM:
            _costs_by_sum(
                labels, gamma, energy.root, values[unit], state.totals[a], new_values,
                new_costs,
            )  # fmt: skip
        else:
            _costs_by_product(labels, gamma, unit, values, new_values, new_costs)
    return _weighted_change(energy.importance, new_costs, state.costs[a])


@compiled
def _keep_values(values, totals, new_values):
    for m in range(values.size):
        totals[m] += new_values[m] - values[m]
        values[m] = new_values[m]


@compiled
def _add(fields, row, step):
    for m in range(row.size):
        fields[m] += step * row[m]


@compiled
def _flip(energy, state, a, i):
    """Flip a weight right after `flip_change`, whose scratch is still valid."""
    unit = energy.units[i]
    row = energy.inputs[energy.columns[i]]
    fields = state.fields[a, unit]
    step = -2 * np.int64(state.signs[a, i])
    if energy.kind == BY_STATE:
        place = energy.places[unit]
        _update_states(fields, row, step, place, energy.labels, state.states[a])
    else:
        state.costs[a, :] = state.new_costs
        if energy.kind != BY_FIELD:
            _keep_values(state.values[a, unit], state.totals[a], state.new_values)
    _add(fields, row, step)
    state.signs[a, i] = -state.signs[a, i]
    state.overlaps[i] += step


@compiled
def sweep(energy, state, beta, coupling, bits):
    """Propose as many flips for every replica as it has weights.

    Each step is a Metropolis step of the distribution proportional to the exponential
    of ``-beta sum_a E(W^a) + coupling sum_(a<b) W^a . W^b``.

    Parameters
    ----------
    energy : Energy
        The energy.
    state : State
        The replicas, changed in place.
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
    n_replicas, n_weights = state.signs.shape
    n_accepted = 0
    for _ in range(n_weights):
        for a in range(n_replicas):
            i = draw_below(bits, n_weights)
            change = flip_change(energy, state, a, i)
            # The other replicas' pull on this weight, which costs twice as it flips.
            pull = state.signs[a, i] * state.overlaps[i] - 1
            if draw_accepted(bits, beta * change + 2 * coupling * pull):
                _flip(energy, state, a, i)
                state.energies[a] += change
                n_accepted += 1
    return n_accepted


@compiled
def all_changes(energy, state, a, changes):
    """Compute the change of energy for each flip of one replica.

    Parameters
    ----------
    energy : Energy
        The energy.
    state : State
        The replicas, of which only the scratch is changed.
    a : int
        The replica.
    changes : ndarray of shape (n_weights,)
        Filled with the changes.
    """
    for i in range(changes.size):
        changes[i] = flip_change(energy, state, a, i)
