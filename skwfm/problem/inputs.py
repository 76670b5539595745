"""Inputs as classifiers and measures accept them: arrays, or bits that stay bits."""

from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    column_or_1d,
    validate_data,
)

from skwfm.architectures.packed_signs import PackedSigns
from skwfm.problem.validation import INPUT_DTYPES, without_integers


def validated(estimator, X, y="no_validation", **options):
    """Validate inputs and labels as scikit-learn does; bits stay bits.

    Parameters
    ----------
    estimator : estimator
        Whose number and names of inputs are set or held to.
    X : array-like or PackedSigns of shape (n_samples, n_features)
        Inputs.
    y : array-like of shape (n_samples,) or "no_validation"
        Labels, if there are any.
    **options : dict
        `reset`, and what scikit-learn's ``validate_data`` takes beside it.

    Returns
    -------
    inputs : ndarray or PackedSigns, or tuple of inputs and labels
        Of one of `INPUT_DTYPES`.
    """
    if not isinstance(X, PackedSigns):
        return validate_data(estimator, X, y, dtype=INPUT_DTYPES, **options)
    if isinstance(y, str):
        return validate_data(estimator, X, skip_check_array=True, **options)
    X, y = validate_data(estimator, X, y, skip_check_array=True, **options)
    y = column_or_1d(y, warn=True)
    check_consistent_length(X, y)
    return X, y


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
    """
    if isinstance(X, PackedSigns):
        return X
    return without_integers(check_array(X, dtype=INPUT_DTYPES, input_name="X"))
