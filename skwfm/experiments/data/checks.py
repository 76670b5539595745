"""What data must be so that they can be standardised and learned."""

from __future__ import annotations

import numpy as np

from skwfm._shown import shown

# Columns of arrays are standardised as they are: the square must be a float.
_LEAST_SPREAD = 1e-150
# A column of which at least this share are numbers was probably meant to be one.
MOSTLY = 0.8


def check_distinct(names: list[str], where: object) -> None:
    """Raise ValueError if two columns have the same name.

    Parameters
    ----------
    names : list of str
        The names.
    where : object
        What has the columns, for the message.

    Raises
    ------
    ValueError
        If a name appears twice.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice and not twice[0].strip():
        raise ValueError(
            f"{where}: {names.count(twice[0])} columns have no name; give them names, "
            "or remove them: separators at the end of each line make such columns."
        )
    if twice:
        raise ValueError(f"{where}: column {twice[0]!r} appears more than once.")


def label_column(
    names: list[str], target: str | None, weight_column: str | None
) -> str | None:
    """Return the name of the label.

    Parameters
    ----------
    names : list of str
        All columns.
    target : str or None
        The name, if it was given.
    weight_column : str or None
        Name of the column of weights.

    Returns
    -------
    name : str or None
        By default the last column that is not the weights; None if there is none.
    """
    others = [name for name in names if name != weight_column]
    return others[-1] if target is None and others else target


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
