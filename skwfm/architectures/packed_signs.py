"""Inputs +-1 that come as bits, eight in a byte, and are never unpacked as a whole."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike


class PackedSigns:
    """Inputs +-1 stored as bits, which classifiers and measures take in place of `X`.

    Rows are selected as of an array, so that splits and searches of scikit-learn work;
    they are unpacked in blocks where needed. What knows only arrays gets int8.

    Parameters
    ----------
    bits : array-like of shape (n_samples, ceil(n_features / 8)) of uint8
        Bits of each row, as ``numpy.packbits(X < 0, axis=1)`` gives them: set for -1.
    n_features : int
        Number of inputs; the bits beyond them do not matter.
    bitorder : {"big", "little"}, default="big"
        Whether the first input is the highest bit of a byte or the lowest.

    Attributes
    ----------
    shape : tuple of int
        (n_samples, n_features).
    dtype : dtype
        int8, as of the array that is stored.

    Raises
    ------
    ValueError
        If the shape of the bits does not fit the number of inputs.

    Examples
    --------
    >>> import numpy as np
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import PackedSigns, make_random_patterns
    >>> X, y = make_random_patterns(100, 399, random_state=0)
    >>> bits = np.packbits(X < 0, axis=1)
    >>> packed = PackedSigns(bits, n_features=399)
    >>> packed.shape, packed.nbytes
    ((100, 399), 5000)
    >>> LALClassifier(random_state=0).fit(packed, y).score(packed, y)
    1.0
    """

    ndim = 2
    dtype = np.dtype(np.int8)

    def __init__(
        self,
        bits: ArrayLike,
        n_features: int,
        bitorder: Literal["big", "little"] = "big",
    ):
        bits = np.asarray(bits)
        if bits.ndim != 2 or bits.dtype != np.uint8:
            raise ValueError(
                f"bits have shape {bits.shape} and dtype {bits.dtype}: pass uint8 of "
                "two dimensions, as numpy.packbits(X < 0, axis=1) gives."
            )
        if bits.shape[1] != -(-n_features // 8) or n_features < 1:
            raise ValueError(
                f"bits have {bits.shape[1]} bytes a row, which are not those of "
                f"n_features={n_features}: pass the number of inputs."
            )
        if bitorder not in ("big", "little"):
            raise ValueError(f"bitorder={bitorder!r}: pass 'big' or 'little'.")
        self.bits = bits
        self.bitorder = bitorder
        self.shape = len(bits), int(n_features)

    @property
    def nbytes(self) -> int:
        """Memory of the bits, in bytes."""
        return self.bits.nbytes

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, key: object) -> Self | np.ndarray:
        """Select rows, as bits, or rows and columns, as int8."""
        if isinstance(key, tuple):
            rows, columns = key
            chosen = self[rows]  # scikit-learn asks for [rows, ...]
            return chosen if columns is Ellipsis else chosen.__array__()[:, columns]
        bits = self.bits[key]
        if bits.ndim == 1:
            return self[[key]].__array__()[0]
        return PackedSigns(bits, self.shape[1], self.bitorder)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None):
        """Unpack all as int8, which NumPy converts where it needs another dtype."""
        if copy is False:
            raise ValueError("bits cannot be unpacked without a copy.")
        options = {"axis": 1, "count": self.shape[1], "bitorder": self.bitorder}
        signs = np.unpackbits(self.bits, **options).view(np.int8)
        signs *= -2
        signs += 1
        return signs if dtype is None else signs.astype(dtype, copy=False)

    def __repr__(self):
        return f"PackedSigns of shape {self.shape}"
