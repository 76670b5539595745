"""Checks that arguments are numbers of the right kind."""

from numbers import Integral, Real

import numpy as np

from skwfm._shown import shown

# What every loop in C can count to.
MOST_COUNT = 2**31 - 1


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
    if value > MOST_COUNT:
        raise ValueError(
            f"{name}={shown(value)} is too large: pass an integer of at most "
            f"{MOST_COUNT}."
        )


def as_numbers(name, values):
    """Turn an argument into an array of real numbers.

    Parameters
    ----------
    name : str
        Argument.
    values : object
        Its value.

    Returns
    -------
    numbers : ndarray, dtype float64
        Of any shape.

    Raises
    ------
    TypeError
        If they are no real numbers.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(
            f"{name}={shown(values)} cannot be read as real numbers: pass numbers."
        ) from error


def as_number(name, value):
    """Turn an argument into a real number.

    Parameters
    ----------
    name : str
        Argument.
    value : object
        Its value.

    Returns
    -------
    number : float
        NaN and infinity included.

    Raises
    ------
    TypeError
        If it is not one real number; texts are none.
    """
    is_scalar_array = isinstance(value, np.ndarray) and value.shape == ()
    if not isinstance(value, Real) and not is_scalar_array:
        raise TypeError(f"{name}={shown(value)} is not a real number: pass one.")
    return float(as_numbers(name, value))


def as_generator(random_state):
    """Turn an argument into a generator of random numbers.

    Parameters
    ----------
    random_state : int, Generator or None
        As ``numpy.random.default_rng`` takes it.

    Returns
    -------
    generator : numpy.random.Generator
        A Generator is used, and advanced, as it is.

    Raises
    ------
    TypeError
        If it cannot seed random numbers.
    """
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"random_state={shown(random_state)} cannot seed random numbers: pass a "
            "non-negative int, a numpy Generator or None."
        ) from error


def is_one_of(value, options):
    """Tell whether a value is one of some names, or None; an array is none of them.

    Parameters
    ----------
    value : object
        Argument.
    options : iterable of str or None
        What it may be.

    Returns
    -------
    is_one : bool
        Without comparing arrays, or hashing anything.
    """
    return any(
        value is option or (isinstance(value, str) and value == option)
        for option in options
    )
