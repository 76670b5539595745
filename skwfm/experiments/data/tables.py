"""Patterns, labels and weights out of a data frame."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Hashable
from typing import NamedTuple

import numpy as np

from skwfm._shown import shown
from skwfm._warn import warn
from skwfm.experiments.data.files import check_distinct

# A column of fewer rows may count them, or differ in each of them, by chance.
_FEW_ROWS = 5
# A column of which at least this share are numbers was probably meant to be one.
_MOSTLY_NUMBERS = 0.8


class Table(NamedTuple):
    """Patterns (a data frame, or an array without column names), labels, weights."""

    X: object
    y: np.ndarray
    weights: np.ndarray | None = None

    @property
    def names(self):
        """Column names, None for an array."""
        return list(self.X.columns) if hasattr(self.X, "columns") else None


def table_of_frame(frame, where, target=None, weight_column=None):
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
    _check_cells(frame, where)
    if weight_column is not None:
        _check_column(names, weight_column, where)
    others = [name for name in names if name != weight_column]
    target = others[-1] if target is None and others else target
    _check_column(others, target, where)
    inputs = frame[[name for name in others if name != target]]
    if inputs.shape[1] == 0:
        raise ValueError(f"{where}: there is no column besides the label {target!r}.")
    weights = None if weight_column is None else _weights(frame[weight_column], where)
    y = _labels(frame[target], where)
    _check_finite(inputs, where)
    return Table(_without_index(inputs, where), y, weights)


def _check_column(names, name, where):
    if name in names:
        return
    close = difflib.get_close_matches(str(name), names, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    raise ValueError(f"{where} has no column {name!r}.{hint} Columns: {listed}.")


def _labels(column, where):
    """Return labels as an array: text, unless they are integers or booleans."""
    from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype

    missing = column.isna()
    if column.dtype.kind not in "biuf":
        missing |= column.astype(str).str.strip() == ""
    if missing.any():
        raise ValueError(
            f"{where}, {_place(column, missing)}: the label in column "
            f"{column.name!r} is missing ({missing.sum()} in all); fill in or drop "
            "these rows."
        )
    if is_bool_dtype(column.dtype):
        return column.to_numpy(dtype=bool)
    if is_integer_dtype(column.dtype):
        fits = column.max() <= np.iinfo(np.int64).max
        return column.to_numpy(dtype=np.int64 if fits else np.uint64)
    if is_float_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64)
    return np.array(column.astype(str).str.strip().tolist())


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
        if _may_be_text(column):
            numbers = pd.to_numeric(column, errors="coerce")
            # Among words "inf" is another one.
            if not numbers[column.notna()].notna().mean() >= _MOSTLY_NUMBERS:
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


def _without_index(inputs, where):
    """Leave out columns without a name that count the rows; warn of odd ones.

    In a file sorted by class such a column reveals the label.
    """
    left_out = []
    for name in inputs.columns:
        said = _oddity(inputs[name])
        if said is None:
            continue
        if "only counts" in said and not _has_name(name):
            said = "only counts the rows; it has no name and is left out"
            left_out.append(name)
        warn(f"{where}: column {name!r} {said}.", UserWarning)
    if len(left_out) == inputs.shape[1]:
        raise ValueError(f"{where}: there is no column besides the label and an index.")
    return inputs.drop(columns=left_out)


def _has_name(name):
    """Whether a header is neither empty nor what pandas writes for an index."""
    return bool(name.strip()) and not name.startswith("Unnamed:")


def _oddity(column):
    """Say what is odd about a column, None if nothing is."""
    if len(column) < _FEW_ROWS:
        return None
    if column.dtype.kind in "iuf":
        counts = column.to_numpy(dtype=np.float64, na_value=np.nan)
        counts = counts - np.arange(len(counts))
        if counts[0] in (0, 1) and np.all(counts == counts[0]):
            return (
                "only counts the rows; it is taken as a feature: drop it if it is an "
                "index"
            )
        return None
    return _odd_text(column)


def _may_be_text(column):
    from pandas.api.types import is_string_dtype

    return is_string_dtype(column) or column.dtype == object


def _odd_text(column):
    import pandas as pd

    if not _may_be_text(column):
        return None
    given = column.dropna()
    numbers = pd.to_numeric(given, errors="coerce")
    if _MOSTLY_NUMBERS <= numbers.notna().mean() < 1:
        first = given[numbers.isna()]
        return (
            f"holds {first.iloc[0]!r} in {first.index.name or 'row'} {first.index[0]}, "
            "which is not a number, as most of its cells are; it is taken as text: "
            "leave such cells empty if they are missing values"
        )
    if given.is_unique and numbers.isna().all() and _dates(given).isna().any():
        return (
            "holds a different text in each row; it is taken as a feature: drop it if "
            "it only names the rows"
        )
    return None


def _dates(column):
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of formats that cannot be guessed
        return pd.to_datetime(column, errors="coerce")
