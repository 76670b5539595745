"""What arrays must hold so that they can be standardised and learned."""

from __future__ import annotations

import numpy as np

from skwfm._shown import shown

# Columns of arrays are standardised as they are: the square must be a float.
_LEAST_SPREAD = 1e-150


def check_numbers(X: np.ndarray, y: np.ndarray, where: object) -> None:
    """Check the patterns and labels of somebody's data.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Patterns, of a real dtype.
    y : ndarray of shape (n_samples,)
        Labels.
    where : object
        What messages begin with: a path, or the name of the data.

    Raises
    ------
    ValueError
        If a number is missing or infinite, or the variance of a column would overflow
        or vanish.
    """
    bad = np.argwhere(~np.isfinite(X))
    if len(bad):
        row, column = bad[0]
        raise ValueError(
            f"{where}: column {column} holds {X[row, column]} in row {row + 1} "
            f"({len(bad)} such cells in all); fill in or drop them, or give a table "
            "(CSV, Parquet), in which values may be missing."
        )
    _check_sizes(X, where)
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError(f"{where}: some labels are NaN or infinite; drop these rows.")


def _check_sizes(X, where):
    """Raise ValueError if the variance of a column would overflow or vanish."""
    with np.errstate(over="ignore"):
        spread = X.max(axis=0).astype(float) - X.min(axis=0).astype(float)
    odd = (spread > 1 / _LEAST_SPREAD) | ((spread > 0) & (spread < _LEAST_SPREAD))
    if odd.any():
        column = int(np.argmax(odd))
        low, high = X[:, column].min(), X[:, column].max()
        raise ValueError(
            f"{where}: column {column} holds numbers from {shown(low)} to "
            f"{shown(high)}, too large or too near to each other to be standardised; "
            "give them in another unit, or give a table (CSV, Parquet)."
        )
