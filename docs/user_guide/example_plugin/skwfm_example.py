import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data
from skwfm.architectures import Architecture, FullCommittee


class ChairedCommittee(Architecture):
    """A committee of any size: the first unit breaks a tie."""

    def receptive_fields(self, n_features):
        return [np.arange(n_features)] * self.n_hidden

    def output(self, hidden):
        return np.where(self.decision(hidden) > 0, 1.0, -1.0)

    def decision(self, hidden):
        return hidden.sum(axis=1) + hidden[:, 0] / 2

    def smooth(self, fields, beta, order=1):
        if order > 1:
            raise NotImplementedError("only the gradient is written")
        states = np.tanh(beta * fields)
        gradient = beta * (1 - states**2)
        gradient[:, 0] *= 1.5
        return self.decision(states), gradient

    def unit_to_fix(self, fields, labels):
        against = np.where(fields >= 0, 1, -1) != labels[:, np.newaxis]
        return np.where(against, np.abs(fields), np.inf).argmin(axis=1)


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
