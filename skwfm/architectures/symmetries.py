"""Properties that a machine may declare, and what holds if it does not.

Machines need not inherit from `Architecture`, so that they may lack these attributes:
other parts of the package read them here.
"""

import numpy as np

# All 2^n_hidden states are tried up to this many units.
_MOST_UNITS = 12


def mirror_sign(machine):
    """Return the factor of the answer when all hidden units change sign.

    Parameters
    ----------
    machine : object
        Its attribute ``mirror_sign`` is read or, if there is none, its ``output`` is
        tried on all states of the units.

    Returns
    -------
    mirror : {1, -1} or None
        None if there is no such factor, or it is not known.
    """
    said = getattr(machine, "mirror_sign", NotImplemented)
    return try_mirror_sign(machine) if said is NotImplemented else said


def try_mirror_sign(machine):
    """Find the mirror sign by trying all states of the units.

    Parameters
    ----------
    machine : object
        Anything with `n_hidden` and `output`.

    Returns
    -------
    mirror : {1, -1} or None
        None if the factor differs between states, or there are more than 12 units.
    """
    n_hidden = machine.n_hidden
    if n_hidden > _MOST_UNITS:
        return None
    bits = np.arange(2**n_hidden)[:, None] >> np.arange(n_hidden)
    hidden = 2.0 * (bits & 1) - 1
    products = np.unique(machine.output(hidden) * machine.output(-hidden))
    return int(products[0]) if len(products) == 1 else None


def is_monotone(machine):
    """Return whether the decision is declared never to decrease with a field.

    Parameters
    ----------
    machine : object
        Its attribute ``is_monotone``, or False where there is none.

    Returns
    -------
    is_monotone : bool
        The declared value.
    """
    return bool(getattr(machine, "is_monotone", False))
