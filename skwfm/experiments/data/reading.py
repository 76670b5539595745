"""Read two-class data of the user from CSV or NPZ files."""

import warnings
from os import PathLike
from pathlib import Path

import numpy as np

from skwfm.experiments.data.sources import Source
from skwfm.experiments.data.tables import Table, read_npz, read_table

# A column of fewer rows may count them by chance.
_FEW_ROWS = 5


def read_source(
    path: str | PathLike,
    target: str | None = None,
    test: str | PathLike | None = None,
    test_size: float = 0.25,
) -> Source:
    """Read patterns and labels from a file.

    Parameters
    ----------
    path : str or path-like
        A ``.csv`` (or ``.tsv``) file with a header line, or an ``.npz`` file with
        arrays ``X`` and ``y`` and, optionally, ``X_test`` and ``y_test``.
    target : str, default=None
        Name of the label: in a CSV a column, None takes the last one; in an NPZ an
        array, None takes ``y``.
    test : str or path-like, default=None
        A second file, with the test patterns. None splits the first, stratified.
    test_size : float, default=0.25
        Share of the patterns kept for testing if there are no test patterns.

    Returns
    -------
    source : Source
        The patterns and how to split them.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file cannot be read as patterns of two classes.

    Warns
    -----
    UserWarning
        If a column of a CSV only counts its rows; without a name it is left out.
    """
    path = Path(path)
    if not 0 < test_size < 1:
        raise ValueError(
            f"test_size must lie strictly between 0 and 1; got {test_size}."
        )
    train = _without_index(_checked(read_table(path, target), path), path)
    held_out = None if test is None else _test_table(test, target, train)
    if held_out is None and path.suffix.lower() == ".npz":
        held_out = _embedded_test(path, train)
    _check_classes(train, path, test_size if held_out is None else None)
    X_test, y_test = (None, None) if held_out is None else held_out[:2]
    return Source(path.name, train.X, train.y, X_test, y_test, test_size=test_size)


def _without_index(table, path):
    """Leave out columns without a name that count the rows; warn of named ones.

    In a file sorted by class such a column reveals the label.
    """
    X, y, names = table
    if names is None or len(X) < _FEW_ROWS:
        return table
    counts = X - np.arange(len(X))[:, None]
    counting = np.all((counts == 0) | (counts == 1), axis=0) & np.all(
        counts == counts[0], axis=0
    )
    for column in np.flatnonzero(counting):
        name, unnamed = names[column], not _has_name(names[column])
        what = (
            "has no name and is left out"
            if unnamed
            else "is taken as a feature: drop it from the file if it is an index"
        )
        warnings.warn(
            f"{path}: column {name!r} only counts the rows; it {what}.",
            UserWarning,
            stacklevel=3,
        )
    kept = [i for i, name in enumerate(names) if not counting[i] or _has_name(name)]
    return Table(X[:, kept], y, [names[i] for i in kept])


def _has_name(name):
    """Whether a header is neither empty nor what pandas writes for an index."""
    return bool(name.strip()) and not name.startswith("Unnamed:")


def _embedded_test(path, train):
    with np.load(path, allow_pickle=False) as arrays:
        if "X_test" not in arrays and "y_test" not in arrays:
            return None
    held_out = _checked(read_npz(path, "X_test", "y_test"), path)
    return _matched(held_out, train, path)


def _test_table(path, target, train):
    path = Path(path)
    held_out = _checked(read_table(path, target), path)
    return _matched(held_out, train, path)


def _matched(held_out, train, path):
    """Put the test columns in the order of the training columns, or say why not."""
    X, y, names = held_out
    if names is not None and train.names is not None:
        missing = [name for name in train.names if name not in names]
        if missing:
            raise ValueError(
                f"{path} has no column {missing[0]!r} of the training data."
            )
        X = X[:, [names.index(name) for name in train.names]]
    if X.shape[1] != train.X.shape[1]:
        raise ValueError(
            f"{path}: test patterns have {X.shape[1]} features, training patterns "
            f"{train.X.shape[1]}."
        )
    if (y.dtype.kind in "US") != (train.y.dtype.kind in "US"):
        raise ValueError(
            f"{path}: test labels are {y.dtype}, training labels {train.y.dtype}; use "
            "the same kind of labels in both files."
        )
    unknown = np.setdiff1d(y, train.y)
    if unknown.size:
        raise ValueError(
            f"{path}: test label {unknown[0]!s} is not among the training labels "
            f"{_listed(np.unique(train.y))}."
        )
    return Table(X, y, train.names)


def _checked(table, path):
    X, y, names = table
    if X.ndim != 2 or y.ndim != 1 or len(X) != len(y):
        raise ValueError(
            f"{path}: X of shape {X.shape} and y of shape {y.shape} do not fit; X must "
            "be (n_samples, n_features) and y (n_samples,)."
        )
    bad = np.argwhere(~np.isfinite(X))
    if len(bad):
        row, column = bad[0]
        name = repr(names[column]) if names else str(column)
        raise ValueError(
            f"{path}: column {name} holds {X[row, column]} in row {row + 1} "
            f"({len(bad)} such cells in all); fill in or drop them."
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError(f"{path}: some labels are NaN or infinite; drop these rows.")
    return table


def _check_classes(train, path, test_size):
    labels, counts = np.unique(train.y, return_counts=True)
    if len(labels) != 2:
        raise ValueError(
            f"{path}: the label takes {len(labels)} values ({_listed(labels)}); the "
            "comparison needs exactly two. Choose the label column with --target, or "
            "keep two classes."
        )
    if test_size is None:
        return
    # A stratified split needs each class on both sides.
    smallest = min(counts * min(test_size, 1 - test_size))
    if counts.min() < 2 or smallest < 0.5:
        raise ValueError(
            f"{path}: class {labels[counts.argmin()]!s} has {counts.min()} pattern(s), "
            f"too few to split with test_size={test_size}; add patterns or give a test "
            "file with --test."
        )


def _listed(labels):
    shown = ", ".join(str(label) for label in labels[:6])
    return shown + (", ..." if len(labels) > 6 else "")
