"""Inputs as classifiers and measures accept them: arrays, bits, sparse matrices."""

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    column_or_1d,
    validate_data,
)

from skwfm.architectures.packed_signs import PackedSigns
from skwfm.problem.validation import INPUT_DTYPES, without_integers


def validated(estimator, X, y="no_validation", **options):
    """Validate inputs and labels as scikit-learn does; bits stay bits, sparse sparse.

    Parameters
    ----------
    estimator : estimator
        Whose number and names of inputs are set or held to.
    X : array-like, PackedSigns or sparse matrix of shape (n_samples, n_features)
        Inputs; a sparse matrix only for an estimator with a true ``_takes_sparse``.
    y : array-like of shape (n_samples,) or "no_validation"
        Labels, if there are any.
    **options : dict
        `reset`, and what scikit-learn's ``validate_data`` takes beside it.

    Returns
    -------
    inputs : ndarray, PackedSigns or csr_array, or tuple of inputs and labels
        Of one of `INPUT_DTYPES`; a csr_array of real numbers in their order.

    Raises
    ------
    TypeError
        If inputs are sparse and the estimator cannot use them.
    ValueError
        If inputs or labels cannot be used.
    """
    if issparse(X):
        return _validated_sparse(estimator, X, y, **options)
    if not isinstance(X, PackedSigns):
        return validate_data(estimator, X, y, dtype=INPUT_DTYPES, **options)
    if isinstance(y, str):
        return validate_data(estimator, X, skip_check_array=True, **options)
    X, y = validate_data(estimator, X, y, skip_check_array=True, **options)
    y = column_or_1d(y, warn=True)
    check_consistent_length(X, y)
    return X, y


def _validated_sparse(estimator, X, y, **options):
    if not getattr(estimator, "_takes_sparse", False):
        check_dense(X, type(estimator).__name__)
    options.update(accept_sparse="csr", dtype=[np.float64, np.float32])
    checked = validate_data(estimator, X, y, **options)
    X, *labels = checked if isinstance(checked, tuple) else (checked,)
    X = csr_array(X)
    if not X.has_canonical_format:
        X = X.copy()  # the caller's matrix stays as it is
        X.sum_duplicates()
    return (X, *labels) if labels else X


def checked_inputs(X):
    """Turn inputs into an array of one of `INPUT_DTYPES`; bits stay bits.

    Parameters
    ----------
    X : array-like or PackedSigns of shape (n_samples, n_features)
        Inputs.

    Returns
    -------
    inputs : ndarray or PackedSigns of shape (n_samples, n_features)
        Float64, float32, or integers that are all +-1.

    Raises
    ------
    TypeError
        If inputs are sparse.
    ValueError
        If they cannot be used.
    """
    check_dense(X, "this measure")
    if isinstance(X, PackedSigns):
        return X
    return without_integers(check_array(X, dtype=INPUT_DTYPES, input_name="X"))


def check_dense(X, taker):
    """Raise TypeError if inputs are sparse, naming the ways out.

    Parameters
    ----------
    X : object
        Inputs.
    taker : str
        What takes only dense ones.

    Raises
    ------
    TypeError
        If they are a sparse matrix.
    """
    if issparse(X):
        raise TypeError(
            f"X is a sparse matrix of shape {X.shape}, and {taker} takes dense inputs "
            "only: pass X.toarray(), or fewer features, for example by "
            "sklearn.decomposition.TruncatedSVD. LALClassifier, ELALClassifier and "
            "CeSGDClassifier train on sparse inputs."
        )


def nearest_power(inputs: np.ndarray) -> int:
    """Give the power of two that inputs are near.

    Divided by it, they lose no digits.

    Parameters
    ----------
    inputs : ndarray or sparse array of shape (n_samples, n_features)
        Inputs.

    Returns
    -------
    power : int
        Of the power of two next to their root mean square; 0 if all are zero, or kept
        as integers because they are +-1.
    """
    if inputs.dtype.kind != "f" or 0 in inputs.shape:
        return 0
    numbers = inputs.data if issparse(inputs) else inputs
    largest = float(np.abs(numbers).max(initial=0.0))
    if not 0 < largest < np.inf:
        return 0
    squares = np.sum((numbers / largest) ** 2, dtype=float)
    size = np.sqrt(squares / inputs.shape[0] / inputs.shape[1])
    return round(float(np.log2(largest) + np.log2(size)))
