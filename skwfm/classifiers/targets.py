"""Labels and weights of the samples that a classifier is given."""

import numpy as np
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import _check_sample_weight

from skwfm._shown import shown


def find_classes(y):
    """List the classes, of which there must be two at least.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        Sorted.

    Raises
    ------
    ValueError
        If labels are of several types, no classes, or all the same.
    """
    kinds = {type(label) for label in y} if y.dtype == object else set()
    if type(None) in kinds or (str in kinds and len(kinds - {str, np.str_}) > 0):
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise ValueError(
            f"y mixes labels of the types {names}: pass labels of one type, and fill "
            "in or remove what is missing."
        )
    check_classification_targets(y)
    classes = unique_labels(y)
    if len(classes) < 2:
        raise ValueError(
            f"y has only one class, {classes.tolist()[0]!r}: the classifier needs "
            "samples of two classes."
        )
    return classes


def find_weights(X, y, sample_weight, class_weight):
    """Multiply the weights of samples by those of their classes.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Inputs.
    y : ndarray of shape (n_samples,)
        Labels.
    sample_weight : array-like of shape (n_samples,) or None
        Weights of the samples.
    class_weight : dict, "balanced" or None
        Weights of the classes.

    Returns
    -------
    weight : ndarray of shape (n_samples,) or None
        None if all samples count alike.

    Raises
    ------
    ValueError
        If weights are negative or not finite, add up to more than a float can hold, or
        a class has none.
    """
    if sample_weight is None and class_weight is None:
        return None
    weight = _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True, copy=True
    )
    if class_weight is not None:
        # What "balanced" counts must not count samples that are as if not there.
        used = weight > 0 if class_weight == "balanced" else slice(None)
        with np.errstate(over="ignore"):
            weight[used] *= compute_sample_weight(class_weight, y[used])
    _check_sum(weight, class_weight)
    return weight


def _check_sum(weight, class_weight):
    """Raise ValueError unless weights, which have been multiplied, have a mean."""
    if np.isnan(weight).any() or weight.min() < 0:
        raise ValueError(
            f"class_weight={shown(class_weight)} gives weights that are negative or "
            "not finite: pass numbers >= 0."
        )
    with np.errstate(over="ignore"):
        total = weight.sum()
    if np.isfinite(total):
        return
    by_class = ""
    if class_weight is not None:
        by_class = f", multiplied by class_weight={shown(class_weight)},"
    raise ValueError(
        f"sample_weight{by_class} adds up to more than {np.finfo(float).max:.3g}: "
        "divide the weights by the largest of them."
    )


def without_zero_weights(X, y, weight):
    """Leave out the samples whose weight is zero, as if they were not there.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Inputs.
    y : ndarray of shape (n_samples,)
        Labels.
    weight : ndarray of shape (n_samples,) or None
        Weights.

    Returns
    -------
    X, y, weight : ndarray
        What is left.

    Raises
    ------
    ValueError
        If fewer than two classes are left.
    """
    if weight is None or weight.all():
        return X, y, weight
    used = weight > 0
    if len(np.unique(y[used])) < 2:
        raise ValueError(
            f"sample_weight and class_weight leave samples of {len(np.unique(y[used]))}"
            " classes with a weight above zero: give at least two classes weight."
        )
    return X[used], y[used], weight[used]
