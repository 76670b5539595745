"""Float64 numbers made of the columns of a table; skrub's own are float32."""

from __future__ import annotations

from typing import Self

from sklearn.base import BaseEstimator, TransformerMixin, clone

from skwfm._warn import warn
from skwfm.experiments.data.cells.numbers import Numbers
from skwfm.experiments.data.cells.reader import Reader, first_of


class TableNumbers(TransformerMixin, BaseEstimator):
    """Make float64 numbers of a table: skrub's ``TableVectorizer``, but exact.

    skrub puts numbers and seconds through float32, which keeps seven digits: of dates
    some two minutes. It still tells the kinds of columns apart and makes numbers of
    categories and texts.

    Parameters
    ----------
    vectorizer : TableVectorizer
        What categories and texts are given to.

    Attributes
    ----------
    kinds_ : dict of str to list of str
        Columns by kind, as skrub calls them; a column that is empty has none.
    n_features_in_ : int
        Number of columns.
    """

    def __init__(self, vectorizer: object):
        self.vectorizer = vectorizer

    def fit(self, X: object, y: object = None) -> Self:
        """Learn what to make of the columns.

        Parameters
        ----------
        X : DataFrame of shape (n_samples, n_features)
            Training rows.
        y : None
            Ignored.

        Returns
        -------
        self : TableNumbers
            The fitted transformer.
        """
        self.fit_transform(X)
        return self

    def fit_transform(self, X: object, y: object = None) -> object:
        """Learn what to make of the columns, and make it.

        Parameters
        ----------
        X : DataFrame of shape (n_samples, n_features)
            Training rows.
        y : None
            Ignored.

        Returns
        -------
        numbers : DataFrame of shape (n_samples, n_outputs)
            In the order of the columns.
        """
        self.n_features_in_ = X.shape[1]
        self.reader_ = Reader()
        X = self.reader_.fit_transform(X)
        self.made_ = {name: _made_of(X[name]) for name in self.reader_.kinds}
        others = X.drop(columns=list(self.made_))
        self.vectorizer_ = clone(self.vectorizer)
        rest = others if others.empty else self.vectorizer_.fit_transform(others)
        self.kinds_ = {
            "numeric": [n for n, made in self.made_.items() if len(made) == 1],
            "datetime": [n for n, made in self.made_.items() if len(made) == 2],
        }
        if not others.empty:
            for kind in ("low_cardinality", "high_cardinality"):
                self.kinds_[kind] = self.vectorizer_.kind_to_columns_[kind]
        return self._put_together(X, rest)

    def transform(self, X: object) -> object:
        """Make numbers of other rows.

        Parameters
        ----------
        X : DataFrame of shape (n_samples, n_features)
            Rows with the same columns.

        Returns
        -------
        numbers : DataFrame of shape (n_samples, n_outputs)
            As of the training rows.

        Warns
        -----
        UserWarning
            If cells are no number, or no date, where those of the training rows are.
        """
        X, unread = self.reader_.transform(X)
        for name, cells in unread.items():
            warn(
                f"column {name!r} holds {first_of(cells)}, which cannot be read as a "
                f"{self.reader_.kinds[name]}, as the training data are ({len(cells)} "
                f"such cells in {len(X)} rows); such cells are taken as missing.",
                UserWarning,
            )
        others = X.drop(columns=list(self.made_))
        rest = others
        if others.shape[1]:
            rest = self.vectorizer_.transform(others)
        return self._put_together(X, rest)

    def _put_together(self, X, rest):
        import pandas as pd

        parts = [pd.DataFrame(index=X.index)]
        for name in X:
            if name not in self.made_:
                parts.append(rest[self.vectorizer_.input_to_outputs_[name]])
                continue
            *encoder, numbers = self.made_[name]
            parts += [each.transform(X[name]) for each in encoder]
            parts.append(pd.Series(numbers.transform(X[name]), X.index, name=name))
        return pd.concat(parts, axis=1)


def _made_of(column):
    """Return the fitted transformers of a column of numbers or dates."""
    from skrub import DatetimeEncoder

    numbers = Numbers().fit(column)
    if column.dtype.kind != "M":
        return (numbers,)
    encoder = DatetimeEncoder(add_total_seconds=False)
    encoder.fit(column)
    return encoder, numbers
