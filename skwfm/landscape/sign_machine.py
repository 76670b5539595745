"""A machine of given weights that measures can read like a fitted classifier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skwfm.architectures import Architecture
from skwfm.architectures.base import signs


@dataclass(frozen=True)
class SignMachine:
    """A machine of given weights, with the attributes of a fitted classifier.

    Parameters
    ----------
    architecture_ : Architecture
        The machine.
    coef_ : ndarray of shape (n_hidden, n_features)
        Weights.
    intercept_ : ndarray of shape (n_hidden,)
        Intercepts, zeros if the units have none.
    fit_intercept : bool
        Whether the units have intercepts.
    intercept_scaling_ : float or ndarray of shape (n_hidden,), default=1.0
        The constant input on which intercepts are weights.
    """

    architecture_: Architecture
    coef_: np.ndarray
    intercept_: np.ndarray
    fit_intercept: bool
    intercept_scaling_: float | np.ndarray = 1.0

    # Labels are +-1 already.
    classes_ = np.array([-1.0, 1.0])

    def predict(self, X):
        """Answer every pattern.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Patterns.

        Returns
        -------
        answers : ndarray of shape (n_samples,)
            Answers, +-1.
        """
        fields = X @ self.coef_.T + self.intercept_
        return self.architecture_.output(signs(fields))
