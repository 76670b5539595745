"""The private names of scikit-learn that this package relies on, in one place."""

from sklearn.base import _fit_context as fit_context
from sklearn.utils._param_validation import Interval, Options, StrOptions

# What stands for a value that is chosen in the fit.
AUTO = StrOptions({"auto"})

__all__ = ["AUTO", "Interval", "Options", "StrOptions", "fit_context"]
