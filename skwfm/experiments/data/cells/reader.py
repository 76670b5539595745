"""Read cells as numbers or dates, those of other rows as those of the training rows."""

from __future__ import annotations

from skwfm._shown import shown

# Kinds of columns that are no texts: in words, by the kind of their dtype.
_KINDS = {"M": "date", "m": "time span"} | dict.fromkeys("biufO", "number")


def first_of(cells):
    """Name the first of some cells, and where it is.

    Parameters
    ----------
    cells : Series
        One or more of them; the name of the index says what it counts.

    Returns
    -------
    words : str
        Such as "'a' in line 2".
    """
    return f"{shown(cells.iloc[0])} in {cells.index.name or 'row'} {cells.index[0]}"


class Reader:
    """Tell numbers and dates from texts on training rows, and read other rows alike.

    Attributes
    ----------
    kinds : dict of str to str
        "number", "date" or "time span", by the name of a column; those of other kinds
        are not in it.
    """

    def fit_transform(self, X):
        """Learn what the columns hold, and read it.

        Parameters
        ----------
        X : DataFrame of shape (n_samples, n_features)
            Training rows.

        Returns
        -------
        read : DataFrame of shape (n_samples, n_columns)
            Numbers and dates as such, others as skrub cleans them; without columns
            that are empty.
        """
        from skrub import Cleaner

        self._cleaner = Cleaner()
        X = self._cleaner.fit_transform(X)
        read, self.kinds = {}, {}
        for name in X:
            try:
                read[name] = _as_numbers(X[name])
            except (ValueError, TypeError):
                continue
            self.kinds[name] = _KINDS.get(read[name].dtype.kind, "number")
        return X.assign(**read)

    def transform(self, X):
        """Read other rows.

        Parameters
        ----------
        X : DataFrame of shape (n_samples, n_features)
            Rows with the same columns.

        Returns
        -------
        read : DataFrame of shape (n_samples, n_columns)
            As of `fit_transform`; missing is what is not of the kind of the column.
        unread : dict of str to Series
            These cells, by the name of the column, where there are any.
        """
        given, X = X.set_axis(list(map(str, X.columns)), axis=1), X
        X = self._cleaner.transform(X)
        read = {name: _read_as(kind, X[name]) for name, kind in self.kinds.items()}
        lost = {name: _given(given[name]) & read[name].isna() for name in read}
        unread = {name: given[name][rows] for name, rows in lost.items() if rows.any()}
        return X.assign(**read), unread


def _read_as(kind, column):
    """Return numbers, dates or time spans; missing where a cell is none of them."""
    import pandas as pd

    read = _as_numbers(column, coerce=True)
    if _KINDS.get(read.dtype.kind, "number") == kind:
        return read
    # Dates are no number of anything, nor are numbers a date.
    empty = pd.Series(float("nan"), column.index, name=column.name)
    return pd.to_datetime(empty) if kind == "date" else empty


def _given(column):
    """Whether cells are given: empty to skrub is more than to pandas, such as "N/A"."""
    from skrub import Cleaner

    if column.dtype.kind in "biufmM":
        return column.notna()
    name = column.name
    cleaned = Cleaner().fit_transform(column.to_frame())
    return cleaned[name].notna() if name in cleaned else column.isna() & False


def _as_numbers(column, coerce=False):
    """Return numbers, time spans or dates as such; ValueError or NaN if it has none."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        if not coerce:
            raise TypeError("categories are no numbers, even if they look like some")
        column = column.astype(object)
    if column.dtype.kind in "mM" or pd.api.types.is_numeric_dtype(column):
        return column
    try:
        return pd.to_numeric(column)
    except (ValueError, TypeError):
        if not coerce:
            raise
        # Long integers become floats now, which is all right for a column with texts.
        return pd.to_numeric(column, errors="coerce")
