"""Checks that arguments are numbers of the right kind."""

from numbers import Integral

import numpy as np

from skwfm._shown import shown


def check_positive(name, value, advice):
    """Raise ValueError unless a value is a positive finite number.

    Parameters
    ----------
    name : str
        Parameter.
    value : object
        Its value.
    advice : str
        What to pass instead.

    Raises
    ------
    ValueError
        If it is not.
    """
    number = np.asarray(value)
    is_number = number.ndim == 0 and number.dtype.kind in "iuf"
    if not (is_number and np.isfinite(number) and number > 0):
        raise ValueError(
            f"{name}={shown(value)} is not a positive finite number: pass one, "
            f"{advice}."
        )


def check_count(name, value, minimum):
    """Raise ValueError unless a value is an integer of at least the minimum.

    Parameters
    ----------
    name : str
        Parameter.
    value : object
        Its value.
    minimum : int
        Least value.

    Raises
    ------
    ValueError
        If it is not.
    """
    is_integer = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_integer or value < minimum:
        raise ValueError(
            f"{name}={shown(value)} is not an integer of at least {minimum}: pass one."
        )
