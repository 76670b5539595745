"""Answers of a fitted committee machine: decision values and classes."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from skwfm.architectures.base import signs
from skwfm.problem.inputs import validated

_ROWS = 1024  # samples predicted at once where the inputs are integers


class AnswersMixin:
    """`decision_function` and `predict` of ``coef_``, ``intercept_``, ``classes_``."""

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Give the votes of the hidden units.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        decision : ndarray of shape (n_samples,)
            Positive for ``classes_[1]``. For a committee the sum of the units' signs
            over sqrt(n_hidden), for a parity machine their product.
        """
        check_is_fitted(self)
        # Integers stay what they are: in float64 they take up to 8 times the memory.
        X = validated(self, X, reset=False)
        return self._decision(X)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predicted labels.
        """
        return self._named(self.decision_function(X))

    def _decision(self, X):
        if X.dtype.kind == "f":
            return self._votes(X)
        # NumPy would turn all the integers into floats at once.
        rows = (X[i : i + _ROWS] for i in range(0, len(X), _ROWS))
        return np.concatenate([self._votes(block) for block in rows])

    def _votes(self, X):
        fields = X @ self.coef_.T + self.intercept_
        return self.architecture_.decision(signs(fields))

    def _named(self, decision):
        return self.classes_[(decision > 0).astype(int)]
