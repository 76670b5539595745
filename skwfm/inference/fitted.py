"""Patterns and weights of a fitted model, as message passing takes them."""

import warnings

import numpy as np

from skwfm.inference.factors import Factors
from skwfm.problem.fitted import read_model


def read_factors(model, X, y):
    """Read a model as message passing takes it.

    Parameters
    ----------
    model : fitted classifier of skwfm, or Pipeline that ends with one
        See `read_model`.
    X : array-like of shape (n_samples, n_features)
        Inputs.
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    factors : Factors
        The patterns and the machine. Patterns that say the same twice are left out:
        they change no volume, but engines would count them again.
    weights : ndarray of shape (n_hidden, n_features + has_intercept)
        Weights as they are stored, the intercept last.

    Raises
    ------
    NotFittedError, TypeError, ValueError
        As `read_model`.

    Warns
    -----
    UserWarning
        If the weights get patterns wrong.
    """
    architecture, weights, intercept, X, labels = read_model(model, X, y)
    if intercept is not None:
        weights = np.column_stack([weights, intercept])
    factors = Factors(X, labels, architecture, intercept is not None)
    _warn_of_errors(factors, weights)
    distinct = _distinct(X, labels)
    if len(distinct) < len(X):
        factors = Factors(
            X[distinct], labels[distinct], architecture, intercept is not None
        )
    return factors, weights


def _distinct(X, labels):
    """Where patterns appear for the first time, in their order."""
    rows = [row.tobytes() for row in np.ascontiguousarray(X)]
    first = {}
    for index, pattern in enumerate(zip(rows, labels, strict=True)):
        first.setdefault(pattern, index)
    return list(first.values())


def _warn_of_errors(factors, weights):
    hidden = np.where(factors.fields(factors.flat(weights)) >= 0, 1.0, -1.0)
    wrong = factors.architecture.output(hidden) != factors.labels
    if wrong.any():
        warnings.warn(
            f"the model gets {wrong.sum()} of {len(wrong)} patterns wrong: volumes "
            "near it count only weights that get all of them right. If that was not "
            "meant, pass the patterns it was fitted on; in cross-validation, ask for "
            "return_train_score=True.",
            UserWarning,
            stacklevel=4,
        )
