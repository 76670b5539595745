"""Read data of the user from CSV, Parquet or NPZ files, or from a data frame."""

from __future__ import annotations

from collections.abc import Hashable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.multiclass import type_of_target

from skwfm.experiments.data.arrays import table_of_arrays
from skwfm.experiments.data.cells.oddities import may_be_text, read_alike
from skwfm.experiments.data.files import (
    PARQUET_SUFFIXES,
    array_names,
    check_file,
    check_installed,
    numbered,
    read_frame,
)
from skwfm.experiments.data.sources import Source
from skwfm.experiments.data.tables import Table, table_of_frame

if TYPE_CHECKING:
    from pandas import DataFrame


def read_source(
    path: str | PathLike | DataFrame,
    target: Hashable | None = None,
    test: str | PathLike | DataFrame | None = None,
    test_size: float = 0.25,
    weight_column: Hashable | None = None,
) -> Source:
    """Read patterns and labels from a file or a data frame.

    Parameters
    ----------
    path : str, path-like or DataFrame
        A table, whose columns may hold numbers, categories, texts, dates and missing
        values: a ``.csv`` (or ``.tsv``) file with a header line, a ``.parquet`` file or
        a pandas data frame; they need the extra ``skwfm[tables]``. Or an ``.npz`` file
        with arrays ``X`` and ``y`` and, optionally, ``X_test`` and ``y_test``. Cells of
        a CSV are separated by commas, semicolons, tabs or "|"; unless by commas,
        numbers may have a decimal comma.
    target : str or hashable, default=None
        Name of the label, also of test patterns: in a table a column, None takes the
        last one of the training patterns; in an NPZ an array, None takes ``y``.
    test : str, path-like or DataFrame, default=None
        Test patterns of their own. None splits the first, stratified.
    test_size : float, default=0.25
        Share of the patterns kept for testing if there are no test patterns.
    weight_column : str or hashable, default=None
        Name of a column, in an NPZ of an array, with a positive weight for each
        pattern, which counts in training and in scores. The unit does not matter: the
        weights of each split are divided by their mean. None weighs all alike.

    Returns
    -------
    source : Source
        The patterns and how to split them.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ImportError
        If a table is given, and pandas, skrub or, for Parquet, pyarrow are missing.
    ValueError
        If the data cannot be read as patterns of two or more classes, or test patterns
        not as the training patterns are.

    Warns
    -----
    UserWarning
        If a column of a table looks like a mistake, such as one that only counts its
        rows; without a name such a column is left out. If a table has an index with a
        name or several levels, which is left out as well. If labels differ only in how
        a number is written, or in capitals. If a few cells of test patterns are no
        number, or no date, where those of the training patterns are.
    """
    if not 0 < test_size < 1:
        raise ValueError(
            f"test_size must lie strictly between 0 and 1; got {test_size}."
        )
    # Columns may be named by integers, say; all are texts from here on.
    target, weight_column = (
        None if column is None else str(column) for column in (target, weight_column)
    )
    if target is not None and target == weight_column:
        raise ValueError(
            f"target and weight_column are both {target!r}: the same column cannot "
            "hold labels and weights; name two columns."
        )
    name, train = _read(path, target, weight_column)
    if test is None:
        test_name, held_out = name, _embedded_test(path, weight_column)
    else:
        _check_both_tables(path, test)
        test_name, held_out = _read(test, target, weight_column, train)
    if held_out is not None:
        held_out = _matched(held_out, train, test_name)
    _check_classes(train, name, test_size if held_out is None else None)
    _check_varied(train.X, name)
    X_test, y_test, w_test, _ = held_out or Table(None, None)
    return Source(
        Path(str(name)).name, train.X, train.y, X_test, y_test, test_size=test_size,
        weights=train.weights, weights_test=w_test, weight_name=weight_column,
    )  # fmt: skip


def _read(given, target, weight_column, train=None):
    """Return the name of what is given, and the table in it, one like the training."""
    like = None if train is None or train.names is None else train
    if hasattr(given, "columns"):
        check_installed()
        frame = numbered(given, "table")
        return "table", table_of_frame(frame, "table", target, weight_column, like)
    path = Path(given)
    check_file(path)
    if _is_npz(path):
        return path, table_of_arrays(path, "X", target or "y", weight_column)
    as_text = ()
    if like is not None:
        target = like.target
        as_text = [name for name in like.names if may_be_text(like.X[name])]
    frame = read_frame(path, target, weight_column, as_text)
    if path.suffix.lower() in PARQUET_SUFFIXES:
        frame = numbered(frame, path)
    return path, table_of_frame(frame, path, target, weight_column, like)


def _is_npz(given):
    return not hasattr(given, "columns") and Path(given).suffix.lower() == ".npz"


def _check_both_tables(path, test):
    if _is_npz(path) != _is_npz(test):
        where = "test data" if hasattr(test, "columns") else test
        raise ValueError(
            f"{where}: training and test patterns must both be tables, or both arrays "
            "of NPZ files."
        )


def _embedded_test(given, weight_column):
    """Return the test patterns inside an NPZ file, None if there are none."""
    if not _is_npz(given):
        return None
    if not {"X_test", "y_test"} & set(array_names(given)):
        return None
    weights = None if weight_column is None else f"{weight_column}_test"
    return table_of_arrays(Path(given), "X_test", "y_test", weights)


def _matched(held_out, train, where):
    """Return test patterns that fit the training patterns, or say why they do not."""
    X, y, weights, _ = held_out
    if X.shape[1] != train.X.shape[1]:
        raise ValueError(
            f"{where}: test patterns have {X.shape[1]} features, training patterns "
            f"{train.X.shape[1]}."
        )
    if (y.dtype.kind in "US") != (train.y.dtype.kind in "US"):
        raise ValueError(
            f"{where}: test labels are {y.dtype}, training labels {train.y.dtype}; use "
            "the same kind of labels in both files."
        )
    unknown = np.setdiff1d(y, train.y)
    if unknown.size:
        raise ValueError(
            f"{where}: test label {unknown[0]!s} is not among the training labels "
            f"{_listed(np.unique(train.y))}."
        )
    if train.names is not None:
        X = read_alike(X, train.X, where)
    return Table(X, y, weights)


def _check_varied(X, where):
    """Raise ValueError if there is nothing to learn from."""
    if hasattr(X, "columns"):
        varied = any(X[name].nunique(dropna=False) > 1 for name in X)
    else:
        varied = bool(np.any(X[:1] != X))
    if not varied:
        raise ValueError(
            f"{where}: every column besides the label is empty or holds the same value "
            "in all rows, so that there is nothing to learn from; give other columns."
        )


def _check_classes(train, where, test_size):
    labels, counts = np.unique(train.y, return_counts=True)
    said = f"{where}: the label takes {len(labels)} values ({_listed(labels)})"
    choose = "Choose the label column with --target (in Python: target=)"
    if len(labels) < 2:
        raise ValueError(
            f"{said}; the comparison needs at least two. {choose}, or add rows of "
            "another class."
        )
    if len(labels) > len(train.y) / 2 or type_of_target(train.y) == "continuous":
        raise ValueError(
            f"{said} in {len(train.y)} rows, a number or a name rather than a class. "
            f"{choose}, or group the values to classes."
        )
    if test_size is not None:
        _check_split(labels, counts, where, test_size)


def _check_split(labels, counts, where, test_size):
    """Raise ValueError unless each class can be on both sides of a stratified split."""
    smaller = min(test_size, 1 - test_size)
    if counts.min() < 2 or counts.min() * smaller < 0.5:
        raise ValueError(
            f"{where}: class {labels[counts.argmin()]!s} has {counts.min()} "
            f"pattern(s), too few to split with test_size={test_size}; add patterns or "
            "give a test file with --test."
        )
    if counts.sum() * smaller < len(labels):
        raise ValueError(
            f"{where}: {counts.sum()} patterns of {len(labels)} classes are too few to "
            f"split with test_size={test_size}; add patterns, or choose a test_size "
            "nearer to 0.5."
        )


def _listed(labels):
    shown = ", ".join(str(label) for label in labels[:6])
    return shown + (", ..." if len(labels) > 6 else "")
