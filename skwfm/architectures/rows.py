"""Blocks of rows of the inputs, as the packing kernels read them."""

import numpy as np
from scipy.sparse import issparse

from skwfm._kernels import packing
from skwfm.architectures.packed_signs import PackedSigns
from skwfm.architectures.sparse_rows import signs_only

# Rows packed into bits at once, a multiple of 64; few, as they may have to be copied.
_ROWS = 1024
# Dtypes that the packing kernels read.
_PACKABLE = [np.int8, np.int16, np.int32, np.int64, np.float32, np.float64]


def all_signs(X, features=slice(None)):
    """Return whether all inputs are +-1.

    Parameters
    ----------
    X : ndarray, PackedSigns or csr_array of shape (n_samples, n_features)
        Inputs, of any real dtype.
    features : ndarray of int or slice, default=all
        Features to look at.

    Returns
    -------
    all_signs : bool
        True if all are.
    """
    if isinstance(X, PackedSigns):
        return True
    if issparse(X):
        return signs_only(X[:, features])
    return all(packing.are_signs(block) for _, block in row_blocks(X, features))


def row_blocks(X, features):
    """Yield blocks of rows of some features, as the packing kernels read them.

    Parameters
    ----------
    X : ndarray or PackedSigns of shape (n_samples, n_features)
        Inputs, of any real dtype.
    features : ndarray of int or slice
        Features to take.

    Yields
    ------
    start : int
        First row of the block, a multiple of 64.
    block : ndarray of shape (n_rows, n)
        A view if the features are a range and the inputs of a row are side by side.
    """
    features = _as_slice(features)
    for start in range(0, len(X), _ROWS):
        block = X[start : start + _ROWS, features]
        is_row_wise = block.strides[1] == block.itemsize and block.flags.aligned
        if block.dtype not in _PACKABLE:
            block = np.ascontiguousarray(block, dtype=np.float64)
        yield start, block if is_row_wise else np.ascontiguousarray(block)


def _as_slice(indices):
    """Turn a range of indices into a slice, which selects without a copy."""
    if isinstance(indices, slice) or not len(indices):
        return indices
    start = int(indices[0])
    is_range = np.array_equal(indices, start + np.arange(len(indices)))
    return slice(start, start + len(indices)) if is_range else indices
