"""Warnings that name the line of the user's program."""

import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

# This package, and those that call its estimators for the user.
_INTERNAL = tuple(
    f"{Path(find_spec(name).origin).parent}/" for name in ("skwfm", "sklearn", "joblib")
)


def warn(message, category=None):
    """Issue a warning that names the line which called the package.

    Parameters
    ----------
    message : str or Warning
        What to say.
    category : type, default=None
        Class of the warning; None takes UserWarning for a text.
    """
    frame, level = sys._getframe(), 1
    while frame.f_code.co_filename.startswith(_INTERNAL) and frame.f_back is not None:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
