"""What is odd about the columns of a table, in themselves or beside the training's."""

from __future__ import annotations

import re
import warnings

import numpy as np

from skwfm._shown import shown
from skwfm._warn import warn
from skwfm.experiments.data.cells.reader import Reader, first_of
from skwfm.experiments.data.checks import MOSTLY

# A column of fewer rows may count them, or differ in each of them, by chance.
_FEW_ROWS = 5
# As many values get an indicator each; texts with more are compared by their letters.
_FEW_VALUES = 40
# A number with a unit, a currency or separators of thousands.
_DECORATED = re.compile(
    r"([^\w\s]{0,2}|[A-Z]{3})\s*[+\-\u2212]?"
    r"(?:[1-9]\d{0,2}(?:[,.'\u2019 \xa0\u202f]\d{3})+(?:[.,]\d+)?|\d*[.,]?\d+)"
    r"(?:[eE][+-]?\d+)?"
    r"\s*((?:[^\d\s.,:;/\u2013-][^\d,:;]{0,9}\d?)?)"
)
# A column of numbers has the same unit nearly everywhere; "10A", "10B", ... are names.
_FEW_DECORATIONS = 3
# Indicators of fewer values lose nothing of numbers.
_FEW_NUMBERS = 2
_DATE = re.compile(
    r"(?:\d{4}([-./])\d{1,2}\1\d{1,2}|\d{1,2}([-./])\d{1,2}\2(?:\d{2}|\d{4}))([ T].*)?"
)


def without_index(inputs, where):
    """Leave out columns without a name that count the rows; warn of odd ones.

    In a file sorted by class such a column reveals the label.

    Parameters
    ----------
    inputs : DataFrame of shape (n_samples, n_columns)
        All columns but label and weights.
    where : object
        Where they come from, for messages.

    Returns
    -------
    inputs : DataFrame of shape (n_samples, n_features)
        The others.

    Raises
    ------
    ValueError
        If nothing is left.

    Warns
    -----
    UserWarning
        For each odd column.
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


def may_be_text(column):
    """Whether a column may hold texts.

    Parameters
    ----------
    column : Series
        Any column.

    Returns
    -------
    may_be : bool
        False for numbers, dates and categories.
    """
    from pandas.api.types import is_string_dtype

    return is_string_dtype(column) or column.dtype == object


def _odd_text(column):
    import pandas as pd

    if not may_be_text(column):
        return None
    given = column.dropna()
    numbers = pd.to_numeric(given, errors="coerce")
    if MOSTLY <= numbers.notna().mean() < 1:
        return (
            f"holds {first_of(given[numbers.isna()])}, which is not a number, as most "
            "of its cells are; it is taken as text: write numbers like 1234.5, and "
            "leave such cells empty if they are missing values"
        )
    texts = given.astype(str).str.strip()
    said = _odd_numbers(texts, numbers) or _odd_dates(texts)
    if said:
        return said
    if given.is_unique and numbers.isna().all() and _dates(given).isna().any():
        return (
            "holds a different text in each row; it is taken as a feature: drop it if "
            "it only names the rows"
        )
    return None


def _odd_numbers(texts, numbers):
    """Say that most cells are numbers with something around them."""
    if numbers.notna().all() or texts.nunique() <= _FEW_NUMBERS:
        return None
    found = texts[numbers.isna()].map(_DECORATED.fullmatch).dropna()
    share = (len(found) + numbers.notna().sum()) / len(texts)
    decorations = {match.groups() for match in found}
    if share < MOSTLY or not 0 < len(decorations) <= _FEW_DECORATIONS:
        return None
    return (
        f"holds {first_of(texts[found.index])}, a number with something in or around "
        "it, like most of its cells; it is taken as text: if they are meant as "
        "numbers, write them like 1234.5, without units, signs, commas and blanks"
    )


def _odd_dates(texts):
    """Say that most cells, or all, are dates, but not written alike."""
    # The share of none is NaN.
    if not texts.str.fullmatch(_DATE).mean() >= MOSTLY or _are_dates(texts):
        return None
    wrong = texts[_dates(texts).isna()]
    return (
        f"holds {first_of(wrong if len(wrong) else texts)}, and most of its cells are "
        "dates, but not all, or not written alike; it is taken as text: write all "
        "dates like 2024-12-31, and leave cells empty if they are missing values"
    )


def _dates(column):
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of formats that cannot be guessed
        return pd.to_datetime(column, errors="coerce")


def _are_dates(texts):
    from skrub import Cleaner

    cleaned = Cleaner().fit_transform(texts.to_frame("dates"))
    return cleaned["dates"].dtype.kind == "M"


def read_alike(test, train, where):
    """Read the columns of test data as those of the training data are.

    Parameters
    ----------
    test : DataFrame of shape (n_test, n_features)
        Test patterns.
    train : DataFrame of shape (n_train, n_features)
        Training patterns with the same columns.
    where : object
        Where the test patterns come from, for messages.

    Returns
    -------
    test : DataFrame of shape (n_test, n_features)
        Numbers are texts where those of the training are, and a few cells that are no
        number or date where those of the training are have become missing.

    Raises
    ------
    ValueError
        If most cells of a column cannot be read as those of the training.

    Warns
    -----
    UserWarning
        If a few cells cannot, or no value of a column is known from training.
    """
    names = [n for n in train if _may_differ(train[n], test[n])]
    test = test.assign(**{n: _as_text_like(test[n], train[n]) for n in names})
    if not names:
        return test
    reader = Reader()
    read = reader.fit_transform(train[names])
    _, unread = reader.transform(test[names])
    for name, cells in unread.items():
        _check_unread(cells, test[name], reader.kinds[name], where)
        test[name] = test[name].mask(test.index.isin(cells.index))
    for name in read.columns.difference(list(reader.kinds), sort=False):
        _warn_of_unknown(test[name], train[name], where)
    return test


def _may_differ(train, test):
    """Whether two columns may be of different kinds: not if both are numbers, say."""
    plain = "biuf", "M", "m"
    return not any(train.dtype.kind in k and test.dtype.kind in k for k in plain)


def _as_text_like(test, train):
    """Return numbers as texts if those of the training are such."""
    from pandas.api.types import infer_dtype

    if test.dtype.kind not in "iuf" or infer_dtype(train, skipna=True) != "string":
        return test
    return test.astype(object).map(str, na_action="ignore")


def _check_unread(cells, column, kind, where):
    """Raise ValueError if most cells are not of a kind, warn if a few are not."""
    said = (
        f"{where}: column {column.name!r} holds {first_of(cells)}, which cannot be "
        f"read as a {kind}, as the training data are ({len(cells)} such cells of "
        f"{column.notna().sum()})"
    )
    if len(cells) > (1 - MOSTLY) * column.notna().sum():
        raise ValueError(f"{said}; write both alike.")
    warn(f"{said}; such cells are taken as missing.", UserWarning)


def _warn_of_unknown(test, train, where):
    """Warn if none of the values of a category is known from training."""
    known, given = set(train.dropna()), test.dropna()
    if not len(given) or len(known) > _FEW_VALUES or 2 * len(known) > len(train):
        return
    if known.isdisjoint(given):
        warn(
            f"{where}: column {test.name!r} holds {first_of(given)}, and none of its "
            f"values is among those of the training data, such as "
            f"{shown(next(iter(train.dropna()), None))}; write both files alike.",
            UserWarning,
        )
