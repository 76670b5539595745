"""Read one file: CSV or Parquet into a data frame, NPZ into arrays."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from skwfm._shown import shown
from skwfm._warn import warn
from skwfm.experiments.data.separated import read_separated

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
FORMATS = "a .csv, .tsv, .parquet or .npz file"
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


def read_frame(
    path: Path,
    target: str | None = None,
    weight_column: str | None = None,
    as_text: Collection[str] = (),
):
    """Read a CSV or Parquet file.

    Parameters
    ----------
    path : Path
        The file, whose suffix says the format.
    target, weight_column : str or None, default=None
        Columns of the label and of the weights, as in `label_column`: the labels of a
        CSV are kept as they are written.
    as_text : collection of str, default=()
        More columns of a CSV whose cells are kept as they are written.

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

    Warns
    -----
    UserWarning
        If most names of columns in a CSV are numbers.
    """
    suffix = path.suffix.lower()
    if suffix in CSV_SUFFIXES:
        check_installed()
        return read_separated(path, target, weight_column, as_text)
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
