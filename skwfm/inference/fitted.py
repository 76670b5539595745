"""Patterns and weights of a fitted model, as message passing takes them."""

import warnings

from skwfm.inference.factors import Factors
from skwfm.problem.fitted import read_model
from skwfm.problem.validation import row_digests


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
    problem, weights = read_model(model, X, y)
    factors = Factors.of(problem)
    _warn_of_errors(factors, weights)
    distinct = _distinct(factors.inputs, factors.labels)
    if len(distinct) < factors.n_samples:
        inputs, labels = factors.inputs[distinct], factors.labels[distinct]
        factors = Factors(inputs, labels, factors.architecture, factors.fit_intercept)
    return factors, weights


def _distinct(X, labels):
    """Where patterns appear for the first time, in their order."""
    first = {}
    for index, (digest, _) in enumerate(row_digests(X)):
        first.setdefault((digest, labels[index]), index)
    return list(first.values())


def _warn_of_errors(factors, weights):
    wrong = factors.problem.wrong(factors.fields(factors.flat(weights)))
    if wrong.any():
        warnings.warn(
            f"the model gets {wrong.sum()} of {len(wrong)} patterns wrong: volumes "
            "near it count only weights that get all of them right. If that was not "
            "meant, pass the patterns it was fitted on; in cross-validation, ask for "
            "return_train_score=True.",
            UserWarning,
            stacklevel=4,
        )
