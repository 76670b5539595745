"""Read a fitted model and patterns for any measure, without changing them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
)

from skwfm._shown import shown
from skwfm.problem.inputs import checked_inputs
from skwfm.problem.intercepts import join_intercept
from skwfm.problem.problem import Problem
from skwfm.problem.validation import check_squares

_NEEDED = ("coef_", "architecture_")
# Labels of a model without `classes_`.
_SIGNS = np.array([-1, 1])


class Fitted(NamedTuple):
    """A machine on patterns, and its weights, dense and in float64.

    The inputs are those that the machine sees, after the other steps of a pipeline.
    The last weight of each unit is that on the constant input, if there is one.
    """

    problem: Problem
    weights: np.ndarray


def read_model(model: object, X: ArrayLike, y: ArrayLike) -> Fitted:
    """Read weights, machine and patterns from a fitted model.

    Parameters
    ----------
    model : fitted classifier of skwfm, or Pipeline that ends with one
        Anything with ``coef_`` and ``architecture_``. Without ``classes_``, labels must
        be +-1. The intercept counts as a weight if ``fit_intercept`` is true or,
        without such a parameter, if it is not zero. It is ``intercept_scaling_`` (1 if
        there is none) times the weight on the constant input.
    X : array-like of shape (n_samples, n_features)
        Inputs; of the whole pipeline, if the model is one.
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    fitted : Fitted
        Patterns and weights. Inputs in float32 or integers +-1 keep their dtype, others
        become float64.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model is not a committee machine.
    ValueError
        If the patterns do not fit the model, or their squares overflow.
    """
    last = model[-1] if isinstance(model, Pipeline) else model
    _check_model(last)
    if isinstance(model, Pipeline) and len(model) > 1:
        X = model[:-1].transform(X)
    X = checked_inputs(X)
    y = column_or_1d(y)
    check_consistent_length(X, y)
    check_squares(X)
    coef = np.asarray(last.coef_, dtype=float)
    _check_two_classes(last)
    _check_n_features(X, coef)
    labels = _signs(y, np.asarray(getattr(last, "classes_", _SIGNS)))
    intercept = _intercept(last)
    if intercept is None:
        return Fitted(Problem(X, labels, last.architecture_, False), coef)
    scaling = getattr(last, "intercept_scaling_", 1.0)
    weights = join_intercept(coef, intercept, scaling)
    return Fitted(Problem(X, labels, last.architecture_, True, scaling), weights)


def _check_model(model):
    missing = [name for name in _NEEDED if not hasattr(model, name)]
    if not missing:
        return
    have = f"{type(model).__name__} has no {', '.join(missing)}"
    if _is_unfitted(model):
        raise NotFittedError(f"{have}: fit it first.")
    if hasattr(model, "committee_"):
        raise TypeError(
            f"{have}: an infinite committee has no weights. Fit one with a finite "
            "n_hidden; noise_robustness takes any classifier."
        )
    raise TypeError(
        f"{have}: this measure needs a fitted committee machine, for instance a fitted "
        "skwfm.LALClassifier, or a pipeline that ends with one. noise_robustness takes "
        "any classifier."
    )


def _is_unfitted(model):
    try:
        check_is_fitted(model)
    except NotFittedError:
        return True
    except TypeError:  # not an estimator
        return False
    return False


def _check_two_classes(model):
    classes = np.asarray(getattr(model, "classes_", _SIGNS)).tolist()
    if len(classes) != 2:
        raise ValueError(
            f"model has the classes {classes}, and a machine for each: pass one of "
            "them, model.machines_[k], with the labels y == model.classes_[k]."
        )


def _check_n_features(X, coef):
    if coef.ndim != 2 or coef.shape[1] != X.shape[1]:
        raise ValueError(
            f"X has {X.shape[1]} features, but the model has weights of shape "
            f"{coef.shape}: pass the inputs that it was fitted on."
        )


def _intercept(model):
    """Return the intercepts if they are free weights, else None."""
    intercept = np.asarray(getattr(model, "intercept_", 0.0), dtype=float)
    told = getattr(model, "fit_intercept", intercept.any())
    # The parameter may have been changed since.
    if not getattr(model, "_has_intercept", told):
        return None
    return np.broadcast_to(intercept, len(model.coef_))


def _signs(y, classes):
    strangers = np.setdiff1d(y, classes).tolist()
    if strangers:
        raise ValueError(
            f"y contains {shown(strangers[0])}, which is none of the model's classes "
            f"{classes.tolist()}: pass the labels that it was fitted on."
        )
    return np.where(y == classes[1], 1.0, -1.0)


def unit_norms(weights):
    """Compute the norms of the units, by which weights are divided.

    Parameters
    ----------
    weights : sequence of ndarray, one for each unit
        Weights, intercepts included.

    Returns
    -------
    norms : ndarray of shape (n_hidden,)
        All positive.

    Raises
    ------
    ValueError
        If all weights of a unit are zero, or weights are not finite.
    """
    norms = np.array([np.linalg.norm(w) for w in weights])
    if not (np.isfinite(norms).all() and norms.all()):
        raise ValueError(
            f"coef_ has units of norm {norms[~(np.isfinite(norms) & (norms > 0))]}: "
            "every unit needs finite weights that are not all zero."
        )
    return norms
