"""Read one CSV or NPZ file of patterns and labels."""

import csv
import difflib
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Table(NamedTuple):
    """Patterns, labels and column names (None when the file names no columns)."""

    X: np.ndarray
    y: np.ndarray
    names: list | None


def read_table(path, target=None):
    """Read one file, whose suffix says the format.

    Parameters
    ----------
    path : path-like
        The file.
    target : str, default=None
        Name of the label column or array.

    Returns
    -------
    table : Table
        Patterns as float64, labels as read.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the format is unknown or the content is not what it should be.
    """
    path = Path(path)
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise FileNotFoundError(f"{path} {what}; give a CSV or NPZ file.")
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return read_npz(path, "X", target or "y")
    if suffix in {".csv", ".tsv", ".txt"}:
        return _read_csv(path, target)
    raise ValueError(
        f"{path}: unknown format {suffix or '(no suffix)'}; give a .csv or .npz file."
    )


def _read_csv(path, target):
    header, rows = _csv_rows(path)
    column = _target_column(header, target, path)
    names = header[:column] + header[column + 1 :]
    if not names:
        raise ValueError(f"{path}: there is no column besides the label {header[0]!r}.")
    y = np.array([row[column].strip() for _, row in rows])
    _check_labels_present(y, rows, header[column], path)
    cells = [(line, row[:column] + row[column + 1 :]) for line, row in rows]
    X = np.array([_numbers(row, names, line, path) for line, row in cells])
    return Table(X, y, names)


def _csv_rows(path):
    """Return the header and the (line number, cells) of every other line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text; save it as UTF-8 CSV.") from None
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(text.splitlines(), delimiter=delimiter)
    try:
        lines = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:  # such as a quotation mark that nothing closes
        raise ValueError(
            f"{path}, line {reader.line_num}: {error}; is it a table, with every "
            "quotation mark closed?"
        ) from None
    if len(lines) < 2:
        raise ValueError(
            f"{path} holds {len(lines)} lines; it needs a header and rows."
        )
    (_, header), *rows = lines
    header = [name.strip() for name in header]
    _check_header(header, path)
    for line, row in rows:
        if len(row) != len(header):
            raise ValueError(
                f"{path}, line {line}: {len(row)} cells where the header has "
                f"{len(header)}."
            )
    return header, rows


def _check_header(header, path):
    if all(_is_number(name) for name in header):
        raise ValueError(
            f"{path}: the first line holds only numbers; put the column names there."
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise ValueError(f"{path}: column {twice[0]!r} appears more than once.")


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _target_column(header, target, path):
    if target is None:
        return len(header) - 1
    if target in header:
        return header.index(target)
    close = difflib.get_close_matches(target, header, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    shown = ", ".join(header[:12]) + (", ..." if len(header) > 12 else "")
    raise ValueError(f"{path} has no column {target!r}.{hint} Columns: {shown}.")


def _check_labels_present(y, rows, name, path):
    empty = np.flatnonzero((y == "") | (np.char.lower(y) == "nan"))
    if empty.size:
        raise ValueError(
            f"{path}, line {rows[empty[0]][0]}: the label in column {name!r} is "
            f"missing ({empty.size} in all); fill in or drop these rows."
        )


def _numbers(row, names, line, path):
    try:
        return [float(cell) for cell in row]
    except ValueError:
        name, cell = next(
            (n, c) for n, c in zip(names, row, strict=True) if not _is_number(c)
        )
    if not cell.strip():
        raise ValueError(
            f"{path}, line {line}: the cell in column {name!r} is empty; fill in or "
            "drop rows with missing values."
        )
    raise ValueError(
        f"{path}, line {line}: column {name!r} holds {cell!r}, which is not a number; "
        "encode or drop such columns, or name the label column with --target."
    )


def read_npz(path, X_name, y_name):
    """Read two arrays of an NPZ file.

    Parameters
    ----------
    path : path-like
        The file.
    X_name, y_name : str
        Names of the arrays with the patterns and the labels.

    Returns
    -------
    table : Table
        Patterns as float64, labels as stored, no column names.

    Raises
    ------
    ValueError
        If an array is missing or holds no numbers.
    """
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is not a NPZ file; write it with numpy.savez.")
    with np.load(path, allow_pickle=False) as arrays:
        missing = [name for name in (X_name, y_name) if name not in arrays]
        if missing:
            raise ValueError(
                f"{path} has no array {missing[0]!r}; it holds "
                f"{', '.join(arrays.files) or 'nothing'}."
            )
        try:
            X, y = arrays[X_name], arrays[y_name]
        except ValueError:
            raise ValueError(
                f"{path}: {X_name} or {y_name} holds Python objects; save numbers, "
                "and labels as numbers or fixed-width strings."
            ) from None
    if X.dtype.kind not in "biuf":
        raise ValueError(f"{path}: {X_name} has dtype {X.dtype}; it must be numeric.")
    return Table(np.asarray(X, dtype=np.float64), y, None)
