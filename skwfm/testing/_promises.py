"""What the checks of algorithms and of measures share."""

import inspect
import random

import numpy as np


def expect(holds, owner, attribute, problem, remedy):
    """Raise AssertionError with the class of the owner, unless the promise holds."""
    if not holds:
        owner = owner if inspect.isclass(owner) else type(owner)
        raise AssertionError(f"{owner.__name__}.{attribute}: {problem}; {remedy}.")


def global_random_state():
    """Return the states of NumPy's and Python's global random numbers."""
    name, keys, *rest = np.random.get_state()  # noqa: NPY002 (to see it unchanged)
    return name, keys.tobytes(), rest, random.getstate()
