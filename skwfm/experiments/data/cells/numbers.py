"""Float64 numbers made of a column of numbers or dates; skrub's own are float32."""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

# Cells of a test row may be this many times farther off than all training rows; what
# trains on float32, as scikit-learn's forests do, could not take more.
_FARTHEST = 2.0**100


class Numbers(TransformerMixin, BaseEstimator):
    """Count a column of numbers from one of them, in units of a power of two.

    Both are learned on the training rows. Without it, float64 would lose the last
    digits of long integers, and variances of very large or very small numbers would
    overflow or vanish when the column is standardised.

    Attributes
    ----------
    origin_ : int or float
        The median of the training rows, or a neighbour of it.
    exponent_ : int
        No training row is farther from the origin than two to this power.
    unit_ : str or None
        Unit of dates or time spans.
    """

    def fit(self, X: object, y: object = None) -> Self:
        """Learn origin and unit.

        Parameters
        ----------
        X : Series or ndarray of shape (n_samples,)
            Booleans, numbers, also Python integers of any size, dates or time spans;
            missing values are left out.
        y : None
            Ignored.

        Returns
        -------
        self : Numbers
            The fitted transformer.

        Raises
        ------
        ValueError
            If a number is infinite.
        """
        self.unit_ = getattr(getattr(X, "dt", None), "unit", None)
        values, _ = _given(X, self.unit_)
        middle = np.sort(values)[len(values) // 2] if len(values) else 0
        # An integer of Python, which does not overflow.
        self.origin_ = middle.item() if isinstance(middle, np.generic) else middle
        farthest = np.max(np.abs(_half_distances(values, self.origin_)), initial=0.0)
        if not np.isfinite(farthest):
            name = getattr(X, "name", None)
            raise ValueError(
                f"column {name!r} holds an infinite number; fill in or drop it."
            )
        self.exponent_ = int(np.frexp(farthest)[1]) + 1
        return self

    def transform(self, X: object) -> np.ndarray:
        """Return distances from the origin.

        Parameters
        ----------
        X : Series or ndarray of shape (n_samples,)
            As in `fit`.

        Returns
        -------
        distances : ndarray of shape (n_samples,)
            Float64, NaN where missing; training rows in [-1, 1].
        """
        values, present = _given(X, self.unit_)
        distances = np.full(len(present), np.nan)
        with np.errstate(over="ignore"):
            halves = _half_distances(values, self.origin_)
            found = np.ldexp(halves, 1 - self.exponent_)
        distances[present] = np.clip(found, -_FARTHEST, _FARTHEST)
        return distances


def _given(column, unit):
    """Return what is not missing, as integers or float64, and where it is."""
    import pandas as pd

    column = pd.Series(column)
    present = column.notna().to_numpy()
    values = column[present]
    if values.dtype.kind in "mM":
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            values = values.dt.tz_convert(None)
        return values.dt.as_unit(unit).to_numpy().astype(np.int64), present
    if values.dtype == object and all(isinstance(v, int) for v in values):
        return values.to_numpy(), present
    if values.dtype.kind == "u":
        return values.to_numpy(np.uint64), present
    if values.dtype.kind in "ib":
        return values.to_numpy(np.int64), present
    return values.to_numpy(np.float64), present


def _half_distances(values, origin):
    """Return half the distances, as those of two finite numbers may be infinite."""
    if values.dtype == object:
        exact = (int(v) - origin if isinstance(origin, int) else v for v in values)
        shift = 0 if isinstance(origin, int) else origin
        return np.array([float(d) / 2 - shift / 2 for d in exact])
    if values.dtype.kind == "f" or isinstance(origin, float):
        return values / 2 - origin / 2
    # The difference of two integers of 64 bits may need 65: by halves of 32 bits.
    low = np.int64(2**32 - 1).astype(values.dtype)
    high = (values >> 32).astype(np.float64) - float(origin >> 32)
    return high * 2.0**31 + ((values & low).astype(np.float64) - (origin % 2**32)) / 2
