"""Patterns, labels and weights out of a data frame."""

from __future__ import annotations

import difflib
from collections.abc import Hashable
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from skwfm._shown import shown
from skwfm._warn import warn
from skwfm.experiments.data.cells.oddities import may_be_text, without_index
from skwfm.experiments.data.checks import MOSTLY, check_distinct, label_column


class Table(NamedTuple):
    """Patterns (a data frame, or an array without column names), labels, weights."""

    X: object
    y: np.ndarray
    weights: np.ndarray | None = None
    # Name of the label, None for an array.
    target: str | None = None

    @property
    def names(self):
        """Column names, None for an array."""
        return list(self.X.columns) if hasattr(self.X, "columns") else None


def table_of_frame(frame, where, target=None, weight_column=None, like=None):
    """Take labels and weights out of a data frame.

    Parameters
    ----------
    frame : DataFrame
        All columns; the name of its index says what an index counts.
    where : object
        Where it comes from, for messages.
    target : str, default=None
        Name of the label column; None takes the last one that is not the weights.
    weight_column : str, default=None
        Name of the column of weights.
    like : Table, default=None
        The training data, if the frame holds test data: the label and the inputs are
        the columns of the same names.

    Returns
    -------
    table : Table
        The label as text, integers or booleans.

    Raises
    ------
    ValueError
        If a column is missing or appears twice, a label or a weight is missing, a
        number is infinite or complex, or a cell holds a list.

    Warns
    -----
    UserWarning
        If a column looks like a mistake: an index, numbers with some text among them,
        a text that is another one in each row.
    """
    names = [str(name) for name in frame.columns]
    check_distinct(names, where)
    frame = frame.set_axis(names, axis=1)
    if weight_column is not None:
        _check_column(names, weight_column, where)
    others = [name for name in names if name != weight_column]
    label, inputs = _label_and_inputs(others, target, where, like)
    if not inputs:
        raise ValueError(f"{where}: there is no column besides the label {label!r}.")
    # Whatever else there is in test data does not matter.
    used = [*inputs, label] + ([] if weight_column is None else [weight_column])
    _check_cells(frame[used], where)
    weights = None if weight_column is None else _weights(frame[weight_column], where)
    y = _labels(frame[label], where, by_default=like is None and target is None)
    if like is None:
        _warn_of_twins(y, label, where)
    _check_finite(frame[inputs], where)
    X = without_index(frame[inputs], where) if like is None else frame[inputs]
    return Table(X, y, weights, label)


def _label_and_inputs(others, target, where, like):
    """Return names: of test data those of the training data, in their order."""
    if like is None:
        label = label_column(others, target, None)
        _check_column(others, label, where)
        return label, [name for name in others if name != label]
    _check_column(others, like.target, where, ", the label of the training data")
    for name in like.names:
        _check_column(others, name, where, " of the training data")
    return like.target, like.names


def _check_column(names, name, where, role=""):
    if name in names:
        return
    close = difflib.get_close_matches(str(name), names, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    raise ValueError(f"{where} has no column {name!r}{role}.{hint} Columns: {listed}.")


def _labels(column, where, by_default=False):
    """Return labels as an array: text, unless they are integers or booleans."""
    from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype

    _check_labelled(column, where, by_default)
    if is_bool_dtype(column.dtype):
        return column.to_numpy(dtype=bool)
    if is_integer_dtype(column.dtype):
        fits = column.max() <= np.iinfo(np.int64).max
        return column.to_numpy(dtype=np.int64 if fits else np.uint64)
    if is_float_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64)
    return np.array(column.astype(str).str.strip().tolist())


def _check_labelled(column, where, by_default):
    """Raise ValueError if labels are missing; the wrong column may have been taken."""
    missing = column.isna()
    if column.dtype.kind not in "biuf":
        missing |= column.astype(str).str.strip() == ""
    if not missing.any():
        return
    remedy = "fill in or drop these rows"
    if by_default:
        remedy += (
            "; or, as this is only the last column, name that of the label with "
            "--target (in Python: target=)"
        )
    raise ValueError(
        f"{where}, {_place(column, missing)}: the label in column {column.name!r} is "
        f"missing ({missing.sum()} in all); {remedy}."
    )


def _warn_of_twins(labels, name, where):
    """Warn of texts that are the same number, or the same word but for capitals."""
    known = {}
    for label in np.unique(labels).tolist() if labels.dtype.kind == "U" else ():
        first = known.setdefault(_meaning(label), label)
        if first != label:
            warn(
                f"{where}: the labels {first!r} and {label!r} in column {name!r} are "
                "taken as two classes; write them alike if they are one.",
                UserWarning,
            )
            return


def _meaning(label):
    """Return what a label says: integers of any length stay apart."""
    try:
        number = Decimal(label)
    except ArithmeticError:
        return label.casefold()
    return number if number.is_finite() else label.casefold()


def _weights(column, where):
    import pandas as pd

    weights = pd.to_numeric(column, errors="coerce")
    bad = ~(np.isfinite(weights.to_numpy(np.float64, na_value=np.nan)) & (weights > 0))
    if bad.any():
        given = column[bad].iloc[0]
        raise ValueError(
            f"{where}, {_place(column, bad)}: the weight in column {column.name!r} is "
            f"{given} ({bad.sum()} such in all); weights must be positive numbers: "
            "fill them in or drop these rows."
        )
    return weights.to_numpy(dtype=np.float64)


def _place(column, chosen):
    """Say where the first of the chosen rows is."""
    return f"{column.index.name or 'row'} {column.index[chosen][0]}"


def _check_cells(frame, where):
    """Raise ValueError if a cell is no single value, or a complex number."""
    for name, column in frame.items():
        if column.dtype.kind == "c":
            first, what = column.iloc[:1], "a complex number"
            remedy = "give its real and imaginary part as two columns"
        elif column.dtype == object:
            single = column.map(lambda cell: isinstance(cell, Hashable))
            first, what = column[~single.astype(bool)], "more than one value"
            remedy = "give each value a column of its own, or join them to a text"
        else:
            continue
        if len(first):
            place = f"{first.index.name or 'row'} {first.index[0]}"
            raise ValueError(
                f"{where}: column {name!r} holds {what}, {shown(first.iloc[0])}, in "
                f"{place}; {remedy}."
            )


def _check_finite(inputs, where):
    import pandas as pd

    for name, column in inputs.items():
        numbers = column
        if may_be_text(column):
            numbers = pd.to_numeric(column, errors="coerce")
            # Among words "inf" is another one.
            if not numbers[column.notna()].notna().mean() >= MOSTLY:
                continue
        elif not pd.api.types.is_numeric_dtype(column):
            continue
        values = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
        infinite = np.isinf(values)
        if infinite.any():
            raise ValueError(
                f"{where}: column {name!r} holds {column[infinite].iloc[0]} in "
                f"{_place(column, infinite)} ({infinite.sum()} such cells in all); "
                "fill in or drop them. Missing values may be left empty."
            )
