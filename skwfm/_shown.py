"""Values as messages print them."""

import numpy as np


def shown(value):
    """Give the text of a value: numbers of NumPy print as those of Python.

    Parameters
    ----------
    value : object
        Any value, also a list, tuple or dict of values.

    Returns
    -------
    text : str
        What ``repr`` gives of the same value without NumPy's scalars.
    """
    return repr(_plain(value))


def _plain(value):
    # Subclasses, such as named tuples, print themselves.
    if type(value) in (list, tuple):
        return type(value)(map(_plain, value))
    if type(value) is dict:
        return {name: _plain(entry) for name, entry in value.items()}
    return value.item() if isinstance(value, np.generic) else value
