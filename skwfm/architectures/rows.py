"""Inputs some rows at a time, as the packing kernels read them."""

import numpy as np

from skwfm._kernels import packing

# Rows turned into bits at once, a multiple of 64: where that takes a copy, it is small.
_ROWS = 1024
# What the packing kernels read.
_PACKABLE = [np.int8, np.int16, np.int32, np.int64, np.float32, np.float64]


def all_signs(X, field=slice(None)):
    """Tell whether all inputs are +-1.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Inputs, of any real dtype.
    field : ndarray of int or slice, default=all
        Features to look at.

    Returns
    -------
    all_signs : bool
        Whether they are.
    """
    return all(packing.are_signs(block) for _, block in row_blocks(X, field))


def row_blocks(X, field):
    """Give some rows after the others, as the packing kernels read them.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Inputs, of any real dtype.
    field : ndarray of int or slice
        Features to take.

    Yields
    ------
    start : int
        First row of the block, a multiple of 64.
    block : ndarray of shape (n_rows, n)
        A view if the features are a range and the inputs of a row are side by side.
    """
    field = _as_slice(field)
    for start in range(0, len(X), _ROWS):
        block = X[start : start + _ROWS, field]
        is_row_wise = block.strides[1] == block.itemsize and block.flags.aligned
        if block.dtype not in _PACKABLE:
            block = np.ascontiguousarray(block, dtype=np.float64)
        yield start, block if is_row_wise else np.ascontiguousarray(block)


def _as_slice(field):
    """Give a range of indices as a slice, which takes no copy of what it selects."""
    if isinstance(field, slice) or not len(field):
        return field
    start = int(field[0])
    is_range = np.array_equal(field, start + np.arange(len(field)))
    return slice(start, start + len(field)) if is_range else field
