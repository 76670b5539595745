"""Patterns, labels and weights out of the arrays of a file."""

from __future__ import annotations

import numpy as np

from skwfm._shown import shown
from skwfm.experiments.data.files import read_arrays
from skwfm.experiments.data.tables import Table

# Columns of arrays are standardised as they are: the square must be a float.
_LEAST_SPREAD = 1e-150


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
    _check_numbers(X, y, path)
    return Table(X, y, _checked_weights(weights[0], path) if weights else None)


def _check_numbers(X, y, path):
    bad = np.argwhere(~np.isfinite(X))
    if len(bad):
        row, column = bad[0]
        raise ValueError(
            f"{path}: column {column} holds {X[row, column]} in row {row + 1} "
            f"({len(bad)} such cells in all); fill in or drop them, or give a table "
            "(CSV, Parquet), in which values may be missing."
        )
    _check_sizes(X, path)
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError(f"{path}: some labels are NaN or infinite; drop these rows.")


def _check_sizes(X, path):
    """Raise ValueError if the variance of a column would overflow or vanish."""
    with np.errstate(over="ignore"):
        spread = np.ptp(X, axis=0)
    odd = (spread > 1 / _LEAST_SPREAD) | ((spread > 0) & (spread < _LEAST_SPREAD))
    if odd.any():
        column = int(np.argmax(odd))
        low, high = X[:, column].min(), X[:, column].max()
        raise ValueError(
            f"{path}: column {column} holds numbers from {shown(low)} to "
            f"{shown(high)}, too large or too near to each other to be standardised; "
            "give them in another unit, or give a table (CSV, Parquet)."
        )


def _checked_weights(weights, path):
    if weights.dtype.kind not in "biuf" or not (
        np.isfinite(weights).all() and (weights > 0).all()
    ):
        raise ValueError(f"{path}: weights must be positive numbers, one a row.")
    return np.asarray(weights, dtype=np.float64)
