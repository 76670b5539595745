from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from skwfm.architectures import Architecture, FullCommittee
from skwfm.landscape import Curve, Measure, read_model


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


@dataclass(frozen=True)
class Margin(Measure):
    """Surplus of votes for the right answer over votes against it, as a fraction.

    It is taken at a low quantile of the training examples. Few votes decide where it is
    near zero; it is negative for wrong answers.
    """

    quantile: float = 0.1

    name = "margin"
    unit = "fraction"
    needs = "committee"

    def __post_init__(self):
        if not 0 <= self.quantile <= 1:
            raise ValueError(f"quantile={self.quantile!r}: pass a number in [0, 1].")

    @property
    def columns(self):
        return (f"margin_q{self.quantile:g}",)

    def __call__(self, model, X, y, random_state=None):
        problem, weights = read_model(model, X, y)
        fields = problem.products.fields(problem.layout.flat(weights))
        units = np.where(fields >= 0, 1.0, -1.0)
        return problem.labels * problem.architecture.decision(units)

    def values(self, result):
        return [np.quantile(result, self.quantile)]

    def curve(self, result):
        quantiles = np.linspace(0, 1, 21)
        return Curve(
            quantiles, np.quantile(result, quantiles), None, "quantile", "margin"
        )
