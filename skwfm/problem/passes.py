"""Passes over packed inputs, dense or sparse: which kernel reads them."""

from scipy.sparse import issparse

from skwfm._kernels import sparse, training


def fields(packed, rows, weights, groups, out):
    """Compute the fields of some patterns.

    Parameters
    ----------
    packed : ndarray or csr_array of shape (n_samples, n_columns)
        Inputs as `Layout.pack_inputs` gives them.
    rows : ndarray of int64
        The patterns.
    weights : ndarray of shape (layout.size,)
        Packed weights.
    groups : ndarray of shape (n_groups, 5) of int64
        Those of the layout.
    out : ndarray of shape (len(rows), n_hidden)
        Becomes the fields.
    """
    if issparse(packed):
        sparse.fields(*_parts(packed), rows, weights, groups, out)
    else:
        training.fields(packed, rows, weights, groups, out)


def outer(packed, rows, coef, groups, weights):
    """Add patterns, weighted by coefficients, to the weights.

    Parameters
    ----------
    packed : ndarray or csr_array of shape (n_samples, n_columns)
        Inputs as `Layout.pack_inputs` gives them.
    rows : ndarray of int64
        The patterns.
    coef : ndarray of shape (len(rows), n_hidden)
        One number per pattern and unit.
    groups : ndarray of shape (n_groups, 5) of int64
        Those of the layout.
    weights : ndarray of shape (layout.size,)
        Packed weights, changed in place.
    """
    if issparse(packed):
        sparse.outer(*_parts(packed), rows, coef, groups, weights)
    else:
        training.outer(packed, rows, coef, groups, weights)


def _parts(packed):
    return packed.data, packed.indices, packed.indptr
