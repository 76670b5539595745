"""Sparse inputs in the columns of a layout, as the kernels for them read them."""

import numpy as np
from scipy.sparse import csr_array, hstack


def pack_sparse(layout, X):
    """Arrange sparse inputs by receptive field, the constant inputs beside them.

    Parameters
    ----------
    layout : Layout
        Receptive fields and constant inputs.
    X : csr_array of shape (n_samples, n_features)
        Inputs, in float32 or float64.

    Returns
    -------
    packed : csr_array of shape (n_samples, n_columns)
        Columns as those of `Layout.pack_inputs`, rising in each row.
    """
    parts = []
    for field, constant, (_, length, width, *_) in zip(
        layout.receptive_fields, layout.constants, layout.groups, strict=True
    ):
        parts.append(X[:, field])
        if layout.intercept:
            parts.append(csr_array(np.full((X.shape[0], 1), constant, dtype=X.dtype)))
        parts.append(csr_array((X.shape[0], width - length), dtype=X.dtype))
    packed = hstack(parts, format="csr", dtype=X.dtype)
    packed.sort_indices()
    return packed


def signs_only(X):
    """Return whether a sparse matrix has no zeros, and is +-1 everywhere.

    Parameters
    ----------
    X : csr_array of shape (n_samples, n_features)
        Inputs, without duplicates.

    Returns
    -------
    signs_only : bool
        True if all are.
    """
    return X.nnz == X.shape[0] * X.shape[1] and bool(np.all(np.abs(X.data) == 1))
