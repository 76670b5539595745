"""Patterns and weights of a fitted model, as message passing takes them."""

from numbers import Integral, Real

import numpy as np

from skwfm._shown import shown
from skwfm._warn import warn
from skwfm.inference.factors import Factors
from skwfm.problem.fitted import read_model

# Any finite temperature: patterns are merged for it, and the right one is found later.
_ANY_TEMPERATURE = 1.0


def read_factors(model, X, y, max_errors="model", beta_ne=None):
    """Read a model as message passing takes it.

    Parameters
    ----------
    model : fitted classifier of skwfm, or Pipeline that ends with one
        See `read_model`.
    X : array-like of shape (n_samples, n_features)
        Inputs.
    y : array-like of shape (n_samples,)
        Labels.
    max_errors : "model", int or float, default="model"
        Errors that weights may make: as many as the model, a number, or below 1 a share
        of the patterns.
    beta_ne : float or None, default=None
        Inverse temperature instead.

    Returns
    -------
    factors : Factors
        The patterns and the machine, at zero temperature if no errors are allowed.
        Equal patterns are one factor: engines would count them again.
    weights : ndarray of shape (n_hidden, n_features + has_intercept)
        Weights, that on the constant input last.
    most : int
        Errors allowed; 0 if beta_ne is given.

    Raises
    ------
    NotFittedError, TypeError, ValueError
        As `read_model`, or if errors or temperature cannot be used.

    Warns
    -----
    UserWarning
        If the weights make more errors than are allowed.
    """
    problem, weights = read_model(model, X, y)
    flat = problem.layout.flat(np.asarray(weights, dtype=float))
    errors = int(problem.wrong(problem.products.fields(flat)).sum())
    ones = np.ones(problem.n_samples)
    if beta_ne is not None:
        if not (isinstance(max_errors, str) and max_errors == "model"):
            raise ValueError(
                f"max_errors={shown(max_errors)} and beta_ne={shown(beta_ne)} both say "
                "which weights count: pass one."
            )
        return Factors.of(problem, sample_weight=ones, beta_ne=beta_ne), weights, 0
    most = _allowed(max_errors, errors, problem.n_samples)
    _warn_of_errors(errors, most, problem.n_samples)
    if most:
        factors = Factors.of(problem, sample_weight=ones, beta_ne=_ANY_TEMPERATURE)
        most = _possible(most, factors.temperature)
    if not most:
        factors = Factors.of(problem, sample_weight=ones)
    return factors, weights, most


def _possible(most, temperature):
    """Lower a number of errors to one that weights can make: copies count together."""
    against, unit = int(temperature.against.sum()), temperature.spacing
    if most < against or not unit:
        return most
    return against + int((most - against) // unit * unit)


def _allowed(max_errors, errors, n_samples):
    """Read a number of errors."""
    if isinstance(max_errors, str) and max_errors == "model":
        return errors
    is_number = isinstance(max_errors, (Integral, Real))
    if not is_number or not 0 <= max_errors <= n_samples:
        raise ValueError(
            f"max_errors={shown(max_errors)} is not a number of errors: pass 'model', "
            f"a number from 0 to {n_samples} (the patterns), or a share below 1."
        )
    share = not isinstance(max_errors, Integral) and max_errors < 1
    return int(max_errors * n_samples if share else max_errors)


def _warn_of_errors(errors, most, n_samples):
    if errors > most:
        warn(
            f"the model gets {errors} of {n_samples} patterns wrong, but only weights "
            f"that get at most {most} wrong are counted: pass max_errors='model' for "
            "as many as it makes.",
            UserWarning,
        )
