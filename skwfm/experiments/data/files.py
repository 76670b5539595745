"""Read one file: CSV or Parquet into a data frame, NPZ into arrays."""

from __future__ import annotations

import csv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from skwfm._shown import shown
from skwfm._warn import warn

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
FORMATS = "a .csv, .tsv, .parquet or .npz file"
# What stands for a missing value besides what pandas takes for one; "?" is usual in the
# tables of the UCI repository.
MISSING = ("?",)
_NEEDED = ("pandas", "skrub")


def check_installed(*more: str) -> None:
    """Raise ImportError unless what tables need is installed.

    Parameters
    ----------
    *more : str
        Modules needed besides pandas and skrub.

    Raises
    ------
    ImportError
        If one is missing; the message says what to install.
    """
    missing = [name for name in (*_NEEDED, *more) if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"tables need {', '.join(missing)}: pip install 'skwfm[tables]'. "
            "An NPZ file of numbers needs neither."
        )


def check_file(path: Path) -> None:
    """Raise FileNotFoundError unless there is such a file.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    FileNotFoundError
        If there is none, or a folder.
    """
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise FileNotFoundError(f"{path} {what}; give {FORMATS}.")


def read_frame(path: Path, text_column: str | None):
    """Read a CSV or Parquet file.

    Parameters
    ----------
    path : Path
        The file, whose suffix says the format.
    text_column : str or None
        In a CSV the column whose cells are kept as they are written, the label; None
        is the last one.

    Returns
    -------
    frame : DataFrame
        Its index are the numbers of the lines of a CSV, or what a Parquet file holds.

    Raises
    ------
    ImportError
        If pandas, skrub or pyarrow are missing.
    ValueError
        If the format is unknown or the content is not what it should be.
    """
    suffix = path.suffix.lower()
    if suffix in CSV_SUFFIXES:
        check_installed()
        return _read_csv(path, text_column)
    if suffix in PARQUET_SUFFIXES:
        check_installed("pyarrow")
        return _read_parquet(path)
    raise ValueError(
        f"{path}: unknown format {suffix or '(no suffix)'}; give {FORMATS}."
    )


def _read_parquet(path):
    import pandas as pd
    from pyarrow import ArrowException

    try:
        frame = pd.read_parquet(path, engine="pyarrow")
    except (ArrowException, OSError) as error:
        raise ValueError(
            f"{path} is no Parquet file that can be read: {error}"
        ) from None
    return frame


def numbered(frame, where):
    """Number the rows, and warn of an index that may have been meant as columns.

    Parameters
    ----------
    frame : DataFrame
        Any frame.
    where : object
        Where it comes from, for the warning.

    Returns
    -------
    frame : DataFrame
        The same columns; its index are the numbers of the rows, from 1 on.

    Warns
    -----
    UserWarning
        If the index has a name or several levels.
    """
    import pandas as pd

    names = [name for name in frame.index.names if name is not None]
    if names or frame.index.nlevels > 1:
        what = f"the index ({', '.join(map(shown, names)) or 'without names'})"
        warn(
            f"{where}: {what} is left out, as an index is no feature; if it is one, "
            "make columns of it by frame.reset_index().",
            UserWarning,
        )
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row"), axis=0)


def _read_csv(path, text_column):
    import pandas as pd

    delimiter, header, lines = _scan(path)
    kept = header[-1] if text_column is None else text_column
    frame = pd.read_csv(
        path, sep=delimiter, names=header, header=0, index_col=False, dtype={kept: str},
        na_values=MISSING, skipinitialspace=True, encoding="utf-8-sig",
        low_memory=False,
    )  # fmt: skip
    frame.index = pd.Index(lines, name="line")
    return frame


def _scan(path):
    """Return delimiter, header, line numbers; pandas would fill or shift bad lines."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            first = stream.readline()
            stream.seek(0)
            delimiter = max(",;\t", key=first.count)
            reader = csv.reader(stream, delimiter=delimiter)
            sizes = [(reader.line_num, len(row)) for row in reader if row]
            stream.seek(0)
            header = next(filter(None, csv.reader(stream, delimiter=delimiter)), [])
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text; save it as UTF-8 CSV.") from None
    except csv.Error as error:  # such as a quotation mark that nothing closes
        raise ValueError(
            f"{path}, line {reader.line_num}: {error}; is it a table, with every "
            "quotation mark closed?"
        ) from None
    if len(sizes) < 2:
        raise ValueError(
            f"{path} holds {len(sizes)} lines; it needs a header and rows."
        )
    header = [name.strip() for name in header]
    _check_header(header, path)
    for line, n_cells in sizes[1:]:
        if n_cells != len(header):
            raise ValueError(
                f"{path}, line {line}: {n_cells} cells where the header has "
                f"{len(header)}."
            )
    return delimiter, header, [line for line, _ in sizes[1:]]


def _check_header(header, path):
    if all(_is_number(name) for name in header):
        raise ValueError(
            f"{path}: the first line holds only numbers; put the column names there."
        )
    check_distinct(header, path)


def check_distinct(names, where):
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
    if twice:
        raise ValueError(f"{where}: column {twice[0]!r} appears more than once.")


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def read_arrays(path: Path, *names: str) -> list[np.ndarray]:
    """Read arrays of an NPZ file.

    Parameters
    ----------
    path : Path
        The file.
    *names : str
        Names of the arrays.

    Returns
    -------
    arrays : list of ndarray
        As stored.

    Raises
    ------
    ValueError
        If an array is missing or holds Python objects.
    """
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is not a NPZ file; write it with numpy.savez.")
    with np.load(path, allow_pickle=False) as arrays:
        missing = [name for name in names if name not in arrays]
        if missing:
            raise ValueError(
                f"{path} has no array {missing[0]!r}; it holds "
                f"{', '.join(arrays.files) or 'nothing'}."
            )
        try:
            return [arrays[name] for name in names]
        except ValueError:
            raise ValueError(
                f"{path}: {', '.join(names[:-1])} or {names[-1]} holds Python objects; "
                "save numbers, and labels as numbers or fixed-width strings."
            ) from None


def array_names(path: Path) -> list[str]:
    """Return the names of the arrays in an NPZ file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    names : list of str
        In the order of the file.
    """
    with np.load(path, allow_pickle=False) as arrays:
        return list(arrays.files)
