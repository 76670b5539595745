"""A classifier that owes nothing to skwfm but the attributes that measures read."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from skwfm.architectures import FullCommittee


class LeastSquaresClassifier(ClassifierMixin, BaseEstimator):
    """A single unit (a perceptron) at the least-squares solution."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X, y):
        X, y = validate_data(self, X, y)
        target = type_of_target(y, input_name="y", raise_unknown=True)
        if target != "binary":
            raise ValueError(
                f"Only binary classification is supported. The type of the target is "
                f"{target}."
            )
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError("y holds one class: give two.")
        inputs = np.column_stack([X, np.ones(len(X))])
        weights = np.linalg.lstsq(inputs, 2.0 * codes - 1)[0]
        weights /= np.linalg.norm(weights)
        self.coef_, self.intercept_ = weights[np.newaxis, :-1], weights[-1:]
        self.architecture_ = FullCommittee(n_hidden=1)
        self.n_iter_, self.converged_ = 1, True
        self.n_errors_ = int(np.sum(self.predict(X) != y))
        return self

    def decision_function(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        return X @ self.coef_[0] + self.intercept_[0]

    def predict(self, X):
        positive = self.decision_function(X) > 0
        return self.classes_[positive.astype(int)]
