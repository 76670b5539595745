"""Patterns, labels and weights out of the arrays of a file."""

from __future__ import annotations

import numpy as np

from skwfm.experiments.data.checks import check_numbers
from skwfm.experiments.data.files import read_arrays
from skwfm.experiments.data.tables import Table


def table_of_arrays(path, X_name, y_name, weight_name=None):
    """Read patterns, labels and weights of an NPZ file.

    Parameters
    ----------
    path : Path
        The file.
    X_name, y_name : str
        Names of the arrays with the patterns and the labels.
    weight_name : str, default=None
        Name of the array of weights.

    Returns
    -------
    table : Table
        Patterns as float64, labels as stored.

    Raises
    ------
    ValueError
        If an array is missing, does not fit the others, or holds no finite numbers.
    """
    names = [X_name, y_name] + ([] if weight_name is None else [weight_name])
    X, y, *weights = read_arrays(path, *names)
    if X.dtype.kind not in "biuf":
        raise ValueError(f"{path}: {X_name} has dtype {X.dtype}; it must be numeric.")
    X = np.asarray(X, dtype=np.float64)
    if X.ndim != 2 or any(a.shape != (len(X),) for a in (y, *weights)):
        raise ValueError(
            f"{path}: {X_name} of shape {X.shape} and {y_name} of shape {y.shape} do "
            "not fit; X must be (n_samples, n_features), y and weights (n_samples,)."
        )
    check_numbers(X, y, path)
    return Table(X, y, _checked_weights(weights[0], path) if weights else None)


def _checked_weights(weights, path):
    if weights.dtype.kind not in "biuf" or not (
        np.isfinite(weights).all() and (weights > 0).all()
    ):
        raise ValueError(f"{path}: weights must be positive numbers, one a row.")
    return np.asarray(weights, dtype=np.float64)
