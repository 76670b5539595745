"""Energies of machines with +-1 weights, as the loop over single flips reads them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skwfm._kernels import training
from skwfm.classifiers.cesgd import cross_entropy

# How the cost of a pattern follows from the fields of its units: from their signs by a
# table, from the only field, or from the sum or the product of tanh(beta x).
BY_STATE, BY_FIELD, BY_SUM, BY_PRODUCT = range(4)
# Units of a machine in Python whose states, two to this power, are listed in a table.
MAX_LISTED = 16


class Energy(NamedTuple):
    """What an energy needs to know beside the weights.

    Parameters
    ----------
    inputs : ndarray of shape (n_columns, n_samples) of int8 or float64
        Inputs, those that all are +-1 as int8, one receptive field after the other.
    columns, units : ndarray of shape (n_weights,) of int64
        Row of `inputs` and hidden unit of each weight.
    labels : ndarray of shape (n_samples,) of int64
        Labels, +-1.
    importance : ndarray of shape (n_samples,)
        Weights of the patterns.
    kind : int
        `BY_STATE`, `BY_FIELD`, `BY_SUM` or `BY_PRODUCT`.
    places : ndarray of shape (n_hidden,) of int64
        What a unit with the sign of the label adds to the number of the state.
    costs : ndarray of shape (2, n_states)
        Cost of each state for the labels -1 and +1.
    scales : ndarray of shape (n_hidden,)
        Factor of the fields of +-1 weights in the argument of tanh, or of the cost.
    table : ndarray of shape (n_hidden, 2 * size + 1)
        For inputs of +-1, value of a unit at each integer field, or, for `BY_FIELD`,
        cost at each label times field; without columns for real inputs.
    gamma : float
        Norm of the second layer in the cross-entropy.
    root : float
        Factor of the sum of units in the decision.
    """

    inputs: np.ndarray
    columns: np.ndarray
    units: np.ndarray
    labels: np.ndarray
    importance: np.ndarray
    kind: int
    places: np.ndarray
    costs: np.ndarray
    scales: np.ndarray
    table: np.ndarray
    gamma: float
    root: float


def make_energy(problem, is_entropic, gamma, steepness):
    """Prepare an energy.

    Parameters
    ----------
    problem : Problem
        Patterns and machine.
    is_entropic : bool
        Whether it is the cross-entropy; else the number of errors.
    gamma : float
        Norm of the second layer.
    steepness : float
        Steepness beta of the units.

    Returns
    -------
    energy : Energy or None
        None if the machine's rule is in Python and cannot be listed.
    """
    layout = problem.layout
    kind = _kind(problem, is_entropic)
    if kind is None:
        return None
    one_unit = kind == BY_FIELD
    scales = (1.0 if one_unit else steepness) / np.sqrt(layout.unit_sizes)
    places, costs = _states(problem) if kind == BY_STATE else _NO_STATES
    table = np.empty((layout.n_hidden, 0))
    if problem.is_binary and kind != BY_STATE:
        size = int(layout.unit_sizes.max())
        arguments = scales[:, None] * np.arange(-size, size + 1)
        table = cross_entropy(arguments, gamma)[0] if one_unit else np.tanh(arguments)
    weight = problem.sample_weight
    return Energy(
        flip_inputs(problem),
        *weight_places(layout),
        problem.labels.astype(np.int64),
        np.ones(problem.n_samples) if weight is None else weight.astype(float),
        kind,
        places,
        costs,
        scales,
        table,
        float(gamma),
        1 / np.sqrt(layout.n_hidden),
    )


_NO_STATES = np.zeros(0, dtype=np.int64), np.zeros((2, 0))


def _kind(problem, is_entropic):
    n_hidden, rule = problem.layout.n_hidden, problem.rule
    if not is_entropic:
        return BY_STATE if rule is not None or n_hidden <= MAX_LISTED else None
    if rule is None:
        return None
    if n_hidden == 1:
        return BY_FIELD
    return BY_SUM if rule == training.COMMITTEE else BY_PRODUCT


def _states(problem):
    """The numbers of states, and the cost of each for both labels.

    A state says which units have the sign of the label; for a committee or parity
    machine only how many. A field of zero, as an even number of inputs of +-1 can
    give, counts against the label: nothing is learned where no input tells.
    """
    n_hidden = problem.layout.n_hidden
    units = np.arange(n_hidden)
    if problem.rule is not None:
        places = np.ones(n_hidden, dtype=np.int64)
        agree = units < np.arange(n_hidden + 1)[:, None]
    else:
        places = 1 << units
        agree = np.arange(1 << n_hidden)[:, None] & places > 0
    agree = np.where(agree, 1.0, -1.0)
    answers = [label * problem.architecture.output(label * agree) for label in (-1, 1)]
    return places, (np.array(answers) < 0).astype(float)


def flip_inputs(problem):
    """Lay out the inputs so that those that one weight meets are side by side.

    Parameters
    ----------
    problem : Problem
        The patterns.

    Returns
    -------
    inputs : ndarray of shape (n_columns, n_samples) of int8 or float64
        Inputs of one receptive field after the other, constant inputs included.
    """
    dtype = np.int8 if problem.is_binary else np.float64
    n_groups = len(problem.layout.groups)
    seen = (problem.layout.group_inputs(problem.inputs, g) for g in range(n_groups))
    # Transposed arrays of one kind would be joined with the inputs of a weight apart.
    return np.concatenate([x.T.astype(dtype, order="C") for x in seen])


def weight_places(layout):
    """Find the row of `flip_inputs` and the unit of each weight.

    Parameters
    ----------
    layout : Layout
        Receptive fields.

    Returns
    -------
    columns, units : ndarray of shape (n_weights,) of int64
        Row of the inputs, and hidden unit.
    """
    lengths = layout.groups[:, 1]
    first = np.cumsum(lengths) - lengths
    columns = [first[g] + np.arange(lengths[g]) for g in layout.group_of_unit]
    units = np.repeat(np.arange(layout.n_hidden), layout.unit_sizes)
    return np.concatenate(columns), units
