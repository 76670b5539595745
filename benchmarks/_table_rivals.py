"""The algorithms of real_tables.py, at their defaults."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sklearn.base import BaseEstimator, ClassifierMixin, clone

# A Gaussian process inverts a matrix of that size for each class at every step.
GP_MOST_ROWS = 1000


@dataclass(frozen=True)
class Rival:
    """One algorithm.

    Parameters
    ----------
    make : callable
        Returns the unfitted classifier.
    most_rows : int or None, default=None
        Largest number of training rows it is tried on.
    """

    make: Callable
    most_rows: int | None = None


class Calibrated(ClassifierMixin, BaseEstimator):
    """Probabilities for a classifier that has none, its answers as they are.

    Parameters
    ----------
    estimator : classifier
        Its answers are given.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        """Fit the classifier; its time is ``fit_seconds_``."""
        start = time.perf_counter()
        self.estimator_ = clone(self.estimator).fit(X, y)
        self.fit_seconds_ = time.perf_counter() - start
        self.classes_ = self.estimator_.classes_
        self._patterns = X, y
        return self

    def predict(self, X):
        """Answer."""
        return self.estimator_.predict(X)

    def predict_proba(self, X):
        """Calibrate by Platt's sigmoid on five folds, at the first call of all."""
        from sklearn.calibration import CalibratedClassifierCV

        if not hasattr(self, "calibrated_"):
            calibrated = CalibratedClassifierCV(clone(self.estimator), ensemble=False)
            self.calibrated_ = calibrated.fit(*self._patterns)
        return self.calibrated_.predict_proba(X)


def _skwfm(name, **parameters):
    def make():
        import skwfm

        return getattr(skwfm, f"{name}Classifier")(**parameters)

    return Rival(make)


def _sklearn(module, name, most_rows=None, **parameters):
    def make():
        from importlib import import_module

        return getattr(import_module(f"sklearn.{module}"), name)(**parameters)

    return Rival(make, most_rows)


RIVALS = {
    "LAL": _skwfm("LAL"),
    "LAL-early": _skwfm("LAL", early_stopping=True),
    "eLAL": _skwfm("ELAL"),
    "eLAL-early": _skwfm("ELAL", early_stopping=True),
    "ceSGD": _skwfm("CeSGD"),
    "ceSGD-early": _skwfm("CeSGD", early_stopping=True),
    "fBP-protocol": _skwfm("FBP", label_noise=0.0),
    "fBP": _skwfm("FBP"),
    # Limits on iterations are raised, so that the solvers converge.
    "LogisticRegression": _sklearn("linear_model", "LogisticRegression", max_iter=1000),
    "LinearSVC": _sklearn("svm", "LinearSVC", max_iter=20_000),
    "SVC": _sklearn("svm", "SVC"),
    "RandomForest": _sklearn("ensemble", "RandomForestClassifier"),
    "MLP": _sklearn("neural_network", "MLPClassifier", max_iter=1000),
    "HistGradientBoosting": _sklearn("ensemble", "HistGradientBoostingClassifier"),
    "GaussianProcess": _sklearn(
        "gaussian_process", "GaussianProcessClassifier", GP_MOST_ROWS
    ),
}
# Those of skwfm.
COMMITTEES = [n for n in RIVALS if n.startswith(("LAL", "eLAL", "ceSGD", "fBP"))]


def estimator_of(name: str, seed: int) -> BaseEstimator:
    """Return an unfitted classifier with probabilities.

    Parameters
    ----------
    name : str
        Key of `RIVALS`.
    seed : int
        Its ``random_state``, if it has one.

    Returns
    -------
    estimator : classifier
        Wrapped in `Calibrated` unless it has probabilities itself.
    """
    estimator = RIVALS[name].make()
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=seed)
    return estimator if hasattr(estimator, "predict_proba") else Calibrated(estimator)
