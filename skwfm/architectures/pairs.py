"""Two patterns at once: how probable it is that a machine is right on both."""

from itertools import product

import numpy as np

# Largest number of entries of an array that is held at a time.
_N_NUMBERS = 2**20


def sum_over_states(machine, joint, first, second):
    """Add up the states of the units for which a machine is right on two patterns.

    Parameters
    ----------
    machine : object
        Anything with `n_hidden` and `output`.
    joint : ndarray of shape (2, 2, n_hidden, n_pairs)
        As `Architecture.pair_probability` takes them.
    first, second : ndarray of shape (n_pairs,)
        Right answers, +-1.

    Returns
    -------
    probability : ndarray of shape (n_pairs,)
        Of two right answers.
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
