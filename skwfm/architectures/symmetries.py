"""What a machine says of itself beyond its answers, and what holds if it is silent.

Machines need not inherit from `Architecture`: other rooms ask here instead of reading
attributes that a machine may not have.
"""

import numpy as np

# All 2^n_hidden states are tried up to this many units.
_MOST_UNITS = 12


def mirror_sign(machine):
    """Tell what the answer is multiplied by when all hidden units change sign.

    Parameters
    ----------
    machine : object
        Its attribute ``mirror_sign``, or, where there is none, its ``output`` on all
        states of the units.

    Returns
    -------
    mirror : {1, -1} or None
        Factor of the answer; None if there is no such rule, or none is known.
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
        Factor of the answer; None if it differs between states, or there are more than
        12 units.
    """
    n_hidden = machine.n_hidden
    if n_hidden > _MOST_UNITS:
        return None
    bits = np.arange(2**n_hidden)[:, None] >> np.arange(n_hidden)
    hidden = 2.0 * (bits & 1) - 1
    products = np.unique(machine.output(hidden) * machine.output(-hidden))
    return int(products[0]) if len(products) == 1 else None


def is_monotone(machine):
    """Tell whether the machine promises that its decision never falls with a field.

    Parameters
    ----------
    machine : object
        Its attribute ``is_monotone``, or False where there is none.

    Returns
    -------
    is_monotone : bool
        Whether it promises so.
    """
    return bool(getattr(machine, "is_monotone", False))
