"""Argument checks whose errors name the argument, the value and the remedy."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state

from skwfm._shown import shown

_MOST = 2**40
_GENERATORS = (np.random.Generator, np.random.RandomState)


def check_option(name, value, options):
    """Return `value` if it is one of `options`, else raise ValueError."""
    # A list comparison, because an unhashable or array value must not fail here.
    if not any(value is option or value == option for option in options):
        listed = ", ".join(map(repr, options))
        raise ValueError(
            f"{name}={shown(value)} is not supported: use one of {listed}."
        )
    return value


def check_count(name, value, minimum=1):
    """Return `value` as an int of at least `minimum`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        raise TypeError(
            f"{name}={shown(value)} must be an integer, not {type(value).__name__}:"
            f" pass an int of at least {minimum}."
        )
    if value < minimum:
        raise ValueError(
            f"{name}={shown(value)} is too small: pass at least {minimum}."
        )
    if value > _MOST:
        raise ValueError(f"{name}={shown(value)} is too large for any memory.")
    return int(value)


def check_probability(name, value):
    """Return `value` as a float in [0, 1]."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise TypeError(
            f"{name}={shown(value)} must be a real number, not {type(value).__name__}:"
            " pass a probability in [0, 1]."
        )
    if not 0 <= value <= 1:
        raise ValueError(
            f"{name}={shown(value)} is not a probability: pass a number in [0, 1]."
        )
    return float(value)


def check_signed_dtype(dtype):
    """Return `dtype` as a numpy dtype able to hold -1 and +1."""
    advice = "use a floating or signed integer type such as 'float64' or 'int8'"
    try:
        resolved = np.dtype(dtype)
    except TypeError as error:
        raise TypeError(f"dtype={shown(dtype)} is not a dtype: {advice}.") from error
    if resolved.kind not in "if":
        raise ValueError(f"dtype={shown(dtype)} cannot hold -1 and +1: {advice}.")
    return resolved


def check_flag(name, value):
    """Return `value` if it is a bool."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}={shown(value)} must be a bool: pass True or False.")
    return bool(value)


def check_seed(random_state):
    """Return `random_state` if :func:`as_generator` accepts it, drawing nothing."""
    if random_state is None or isinstance(random_state, _GENERATORS):
        return random_state
    if not isinstance(random_state, Integral) or isinstance(random_state, bool):
        raise TypeError(
            f"random_state={shown(random_state)} cannot seed random numbers: pass a"
            " non-negative int, a numpy Generator or RandomState, or None."
        )
    return check_count("random_state", random_state, minimum=0)


def as_generator(random_state):
    """Turn scikit-learn's `random_state` into a `numpy.random.Generator`.

    Parameters
    ----------
    random_state : int, Generator, RandomState instance or None
        An int always gives the same stream. A Generator is used, and advanced, as
        it is. A RandomState seeds a new Generator and is advanced; None stands for
        numpy's global RandomState, as everywhere in scikit-learn.

    Returns
    -------
    numpy.random.Generator
        Source of every draw.
    """
    random_state = check_seed(random_state)
    if isinstance(random_state, int):
        return np.random.default_rng(random_state)
    if isinstance(random_state, np.random.Generator):
        return random_state
    legacy = check_random_state(random_state)
    return np.random.default_rng(legacy.randint(2**32, size=4, dtype=np.uint32))
