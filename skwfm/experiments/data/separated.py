"""Read text files whose cells are separated: CSV and its relatives."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from skwfm._warn import warn
from skwfm.experiments.data.checks import MOSTLY, check_distinct, label_column

# What stands for a missing value besides what pandas takes for one; "?" is usual in the
# tables of the UCI repository.
MISSING = ("?",)
# Separators, those first that are rarer in a text.
_SEPARATORS = {"\t": "a tab", ";": "a semicolon", "|": "'|'", ",": "a comma"}
_KNOWN = "a comma, a semicolon, a tab or '|'; a first line sep=X names any other"
# Lines from which the separator is guessed.
_N_LINES = 20
# The line by which Excel is told the separator.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
# Digits, perhaps in threes with dots between them, and decimals after a comma.
_DECIMAL_COMMA = r"[+-]?(?:[1-9]\d{0,2}(?:\.\d{3})+|\d+)?(?:,\d+)?(?:[eE][+-]?\d+)?"


class _Layout(NamedTuple):
    """How the cells of a file are separated, and what its first line says."""

    separator: str
    n_skipped: int
    header: list
    lines: list


def read_separated(
    path: Path,
    target: str | None = None,
    weight_column: str | None = None,
    as_text: Collection[str] = (),
):
    """Read a CSV or TSV file.

    Parameters
    ----------
    path : Path
        The file.
    target, weight_column : str or None, default=None
        Columns of the label and of the weights, as in `label_column`.
    as_text : collection of str, default=()
        Columns, besides the label, whose cells are kept as they are written.

    Returns
    -------
    frame : DataFrame
        Its index are the numbers of the lines.

    Raises
    ------
    ValueError
        If the file is no table with a header.

    Warns
    -----
    UserWarning
        If most names of columns are numbers.
    """
    import pandas as pd

    layout = _layout(path)
    kept = {label_column(layout.header, target, weight_column), *as_text}
    frame = pd.read_csv(
        path, sep=layout.separator, names=layout.header, header=0, index_col=False,
        dtype=dict.fromkeys(kept.intersection(layout.header), str), na_values=MISSING,
        skipinitialspace=True, encoding="utf-8-sig", low_memory=False,
        skiprows=layout.n_skipped,
    )  # fmt: skip
    frame.index = pd.Index(layout.lines, name="line")
    _check_header_against_rows(frame, path)
    return frame if layout.separator == "," else _with_decimal_points(frame, kept)


def _layout(path):
    """Return how a file is laid out; pandas would fill or shift bad lines."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            separator, n_skipped = _separator_of(stream, path)
            reader = csv.reader(stream, delimiter=separator, skipinitialspace=True)
            rows = ((reader.line_num + n_skipped, row) for row in reader if row)
            first, header = next(rows, (0, []))
            sizes = [(line, len(row)) for line, row in rows]
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text; save it as UTF-8 CSV.") from None
    except csv.Error as error:  # such as a quotation mark that nothing closes
        raise ValueError(
            f"{path}, line {reader.line_num + n_skipped}: {error}; is it a table, with "
            "every quotation mark closed?"
        ) from None
    if not sizes:
        raise ValueError(
            f"{path} holds {int(bool(header))} lines; it needs a header and rows."
        )
    header = [name.strip() for name in header]
    _check_header(header, first, path)
    for line, n_cells in sizes:
        if n_cells != len(header):
            name = _SEPARATORS.get(separator, repr(separator))
            raise ValueError(
                f"{path}, line {line}: {n_cells} cells where the header has "
                f"{len(header)}; {name} was taken as the separator (known: {_KNOWN})."
            )
    return _Layout(separator, n_skipped, header, [line for line, _ in sizes])


def _separator_of(stream, path):
    """Return the separator and how many lines to skip; the stream stands after them."""
    named = _SEPARATOR_LINE.fullmatch(stream.readline().rstrip("\r\n"))
    if named:
        return named[1], 1
    stream.seek(0)
    lines = list(islice(stream, _N_LINES * 10))
    stream.seek(0)
    rows = {separator: _first_rows(lines, separator) for separator in _SEPARATORS}
    if Path(path).suffix.lower() == ".tsv" and len((rows["\t"] or [[]])[0]) > 1:
        return "\t", 0
    return max(rows, key=lambda separator: _plausibility(rows[separator])), 0


def _first_rows(lines, separator):
    """Return cells outside of quotation marks, down to the first error."""
    rows = []
    try:
        reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
        for row in filter(None, reader):
            rows.append(row)
            if len(rows) == _N_LINES:
                break
    except csv.Error:
        pass  # said when the whole file is read
    return rows


def _plausibility(rows):
    """Whether all rows have as many cells as the header, and how many that is."""
    n_cells = len(rows[0]) if rows else 0
    alike = n_cells > 1 and all(len(row) == n_cells for row in rows)
    return alike, n_cells


def _check_header(header, line, path):
    if len(header) == 1:
        raise ValueError(
            f"{path}, line {line}: there is no column besides the label {header[0]!r}. "
            f"Columns are separated by {_KNOWN}."
        )
    if all(_is_number(name) for name in header):
        raise ValueError(
            f"{path}: the first line holds only numbers; put the column names there."
        )
    if _mostly_numbers(header) and len(set(header)) < len(header):
        raise ValueError(_without_names(header, path))
    check_distinct(header, path)


def _check_header_against_rows(frame, path):
    """Raise ValueError if the header looks like another row, or warn of one."""
    words = [name for name in frame if name and not _is_number(name)]
    if words and all(_is_a_cell(name, frame[name]) for name in words):
        raise ValueError(_without_names(list(frame), path))
    if _mostly_numbers(list(frame)):
        numbers = [name for name in frame if _is_number(name)]
        warn(
            f"{path}: {len(numbers)} of {frame.shape[1]} column names are numbers, "
            f"such as {numbers[0]!r}; if the first line holds values, it is lost: put "
            "a line with the names of the columns above it.",
            UserWarning,
        )


def _without_names(header, path):
    cells = ", ".join(header[:6]) + (", ..." if len(header) > 6 else "")
    return (
        f"{path}: the first line ({cells}) looks like one of the rows below it; put a "
        "line with the names of the columns above it."
    )


def _is_a_cell(name, column):
    from pandas.api.types import is_string_dtype

    return is_string_dtype(column) and bool((column.str.strip() == name).any())


def _mostly_numbers(header):
    return sum(map(_is_number, header)) > len(header) / 2


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _with_decimal_points(frame, kept):
    """Read decimal commas, which files have where no comma separates their cells."""
    from pandas.api.types import is_string_dtype

    texts = [n for n in frame if n not in kept and is_string_dtype(frame[n])]
    return frame.assign(**{name: _with_points(frame[name]) for name in texts})


def _with_points(column):
    cells = column.dropna().str.strip()
    commas = cells.str.fullmatch(_DECIMAL_COMMA) & cells.str.contains(r"\d")
    if not cells[commas].str.contains(",").any() or commas.mean() < MOSTLY:
        return column
    plain = cells[commas].str.replace(".", "").str.replace(",", ".")
    if commas.all():
        # One by one: Python rounds correctly.
        return plain.map(float).reindex(column.index)
    # The others are asked about as words among numbers are.
    return column.where(~commas.reindex(column.index, fill_value=False), plain)
