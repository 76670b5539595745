"""A fitted model and its patterns, as message passing takes them."""

import warnings

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_array, check_consistent_length, column_or_1d

from skwfm.inference import Factors


def read_factors(model, X, y):
    """Give patterns and weights of a fitted model.

    Parameters
    ----------
    model : object
        Anything with ``coef_`` and ``architecture_``; ``intercept_`` counts if it has a
        nonzero entry; without ``classes_`` the labels must be +-1.
    X : array-like of shape (n_samples, n_features)
        Inputs.
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    factors : Factors
        The patterns and the machine.
    weights : ndarray of shape (n_hidden, n_features + fit_intercept)
        Weights, the intercept last.

    Raises
    ------
    NotFittedError
        If the model has no weights.
    ValueError
        If inputs or labels do not fit the model.

    Warns
    -----
    UserWarning
        If the weights get patterns wrong.
    """
    for name in ("coef_", "architecture_"):
        if not hasattr(model, name):
            raise NotFittedError(
                f"model is a {type(model).__name__} without {name}: fit it first, or "
                "pass any object with coef_ and architecture_."
            )
    X = check_array(X, dtype=[np.float64, np.float32])
    check_consistent_length(X, y)
    weights = _weights(model, X.shape[1])
    fit_intercept = weights.shape[1] > X.shape[1]
    labels = _labels(y, getattr(model, "classes_", np.array([-1, 1])))
    factors = Factors(X, labels, model.architecture_, fit_intercept)
    _warn_of_errors(factors, weights)
    return factors, weights


def _weights(model, n_features):
    coef = np.asarray(model.coef_, dtype=float)
    if coef.ndim != 2 or coef.shape[1] != n_features:
        raise ValueError(
            f"X has {n_features} features, but coef_ has shape {coef.shape}: pass the "
            "inputs that the model was fitted on."
        )
    intercept = np.asarray(getattr(model, "intercept_", 0.0), dtype=float)
    if not np.any(intercept):
        return coef
    return np.column_stack([coef, intercept])


def _labels(y, classes):
    y = column_or_1d(y)
    strangers = np.setdiff1d(y, classes).tolist()
    if strangers:
        raise ValueError(
            f"y contains {strangers[0]!r}, which is none of the model's classes "
            f"{np.asarray(classes).tolist()}: pass the labels that it was fitted on."
        )
    return np.where(y == classes[1], 1.0, -1.0)


def _warn_of_errors(factors, weights):
    hidden = np.where(factors.fields(factors.flat(weights)) >= 0, 1.0, -1.0)
    wrong = factors.architecture.output(hidden) != factors.labels
    if wrong.any():
        warnings.warn(
            f"the model gets {wrong.sum()} of {len(wrong)} patterns wrong: volumes "
            "near it count only weights that get all of them right. If that was not "
            "meant, check that X and y are the patterns it was fitted on.",
            UserWarning,
            stacklevel=4,
        )
