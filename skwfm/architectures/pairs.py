"""The probability that a machine is right on both of two patterns."""

from itertools import product

import numpy as np

# Maximum number of entries of an array in memory at a time.
_N_NUMBERS = 2**20


def sum_over_states(machine, joint, first, second):
    """Sum over the states of the units for which a machine is right on two patterns.

    Parameters
    ----------
    machine : object
        Anything with `n_hidden` and `output`.
    joint : ndarray of shape (2, 2, n_hidden, n_pairs)
        As in `Architecture.pair_probability`.
    first, second : ndarray of shape (n_pairs,)
        Right answers, +-1.

    Returns
    -------
    probability : ndarray of shape (n_pairs,)
        Probability of two right answers.
    """
    states = np.array(list(product((-1.0, 1.0), repeat=machine.n_hidden)))
    answers = np.asarray(machine.output(states))[:, None]
    size = max(1, _N_NUMBERS // len(states))
    chunks = [slice(i, i + size) for i in range(0, len(first), size)]
    parts = [np.zeros(0)]
    for chunk in chunks:
        # From the states on the second pattern to those on the first, unit by unit.
        weight = np.where(answers == second[chunk], 1.0, 0.0)
        for unit in range(machine.n_hidden):
            weight = weight.reshape(2**unit, 2, -1, weight.shape[-1])
            weight = np.einsum("abp,ibjp->iajp", joint[:, :, unit, chunk], weight)
        weight = weight.reshape(len(states), -1)
        parts.append(np.sum(weight, axis=0, where=answers == first[chunk]))
    return np.concatenate(parts)
