"""Read a fitted model and patterns into a Solution; nothing is changed."""

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_X_y

from skwfm.landscape.solution import Block, Solution

_ATTRIBUTES = ("coef_", "intercept_", "architecture_", "classes_")


def read_solution(model, X, y):
    """Take weights, machine and patterns from a fitted model; nothing is changed.

    Parameters
    ----------
    model : fitted classifier of skwfm, or Pipeline that ends with one
        Its `coef_`, `intercept_`, `architecture_` and `classes_` are read. A pipeline
        transforms the inputs first.
    X : array-like of shape (n_samples, n_features)
        Inputs.
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    solution : Solution
        In float64, each unit's weights (intercept included) scaled to norm one.

    Raises
    ------
    TypeError
        If the model is not a fitted committee machine.
    ValueError
        If the patterns do not fit the model.
    """
    model, pipeline = (model[-1], model) if isinstance(model, Pipeline) else (model, [])
    missing = [name for name in _ATTRIBUTES if not hasattr(model, name)]
    if missing:
        raise TypeError(
            f"{type(model).__name__} has no {', '.join(missing)}: this measure needs a "
            "fitted committee machine, for instance a fitted skwfm.LALClassifier, or a "
            "pipeline that ends with one. noise_robustness takes any classifier."
        )
    X = pipeline[:-1].transform(X) if len(pipeline) > 1 else X
    X, y = check_X_y(X, y, dtype=np.float64)
    _check_n_features(X, model)
    return make_solution(
        model.architecture_, model.coef_, _intercept(model), X, _signs(y, model)
    )


def _check_n_features(X, model):
    expected = np.shape(model.coef_)[1]
    if X.shape[1] != expected:
        raise ValueError(
            f"X has {X.shape[1]} features, but the model has weights for {expected}: "
            "pass the inputs that it was fitted on."
        )


def _intercept(model):
    """The intercepts if they are free weights, else None."""
    intercept = np.asarray(model.intercept_)
    return intercept if getattr(model, "fit_intercept", intercept.any()) else None


def _signs(y, model):
    if len(model.classes_) != 2 or not np.isin(y, model.classes_).all():
        raise ValueError(
            f"y has labels other than the classes {list(model.classes_)} of the "
            "model: pass the labels that it was fitted on."
        )
    return np.where(y == model.classes_[1], 1.0, -1.0)


def make_solution(architecture, coef, intercept, X, labels):
    """Lay weights and inputs out by receptive field.

    Parameters
    ----------
    architecture : Architecture
        The machine.
    coef : ndarray of shape (n_hidden, n_features)
        Weights.
    intercept : ndarray of shape (n_hidden,) or None
        Intercepts, or None if the units have none.
    X : ndarray of shape (n_samples, n_features)
        Inputs.
    labels : ndarray of shape (n_samples,)
        Right answers, +-1.

    Returns
    -------
    solution : Solution
        In float64, unit norm per unit.

    Raises
    ------
    ValueError
        If a unit has no weight that is not zero, or weights are not finite.
    """
    fields = [np.asarray(f) for f in architecture.receptive_fields(X.shape[1])]
    weights = [np.asarray(w, dtype=float)[f] for w, f in zip(coef, fields, strict=True)]
    if intercept is not None:
        weights = [np.append(w, b) for w, b in zip(weights, intercept, strict=True)]
    norms = np.array([np.linalg.norm(w) for w in weights])
    if not (np.isfinite(norms).all() and norms.all()):
        raise ValueError(
            f"coef_ has units of norm {norms[~(np.isfinite(norms) & (norms > 0))]}: "
            "every unit needs finite weights that are not all zero."
        )
    flat = np.concatenate([w / n for w, n in zip(weights, norms, strict=True)])
    blocks = _blocks(fields, X, intercept is not None)
    return Solution(architecture, blocks, labels, flat)


def _blocks(fields, X, has_intercept):
    blocks, unit, entry = [], 0, 0
    while unit < len(fields):
        last = unit + 1
        while last < len(fields) and np.array_equal(fields[last], fields[unit]):
            last += 1
        inputs = X[:, fields[unit]]
        if has_intercept:
            inputs = np.column_stack([inputs, np.ones(len(X))])
        size = (last - unit) * inputs.shape[1]
        inputs = np.ascontiguousarray(inputs, dtype=float)
        blocks.append(Block(inputs, slice(unit, last), slice(entry, entry + size)))
        unit, entry = last, entry + size
    return blocks
