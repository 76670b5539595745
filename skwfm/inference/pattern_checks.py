"""Patterns that are none, and patterns that contradict each other."""

from hashlib import blake2b

import numpy as np


def check_patterns(inputs, labels):
    """Refuse inputs and labels that are no patterns.

    Parameters
    ----------
    inputs : ndarray
        Inputs.
    labels : ndarray
        Labels.

    Raises
    ------
    ValueError
        If shapes do not fit, inputs are not finite or labels are not +-1.
    """
    if inputs.ndim != 2 or not len(inputs) or inputs.dtype.kind not in "iuf":
        raise ValueError(
            f"inputs have shape {inputs.shape} and dtype {inputs.dtype}: pass a real "
            "array of shape (n_samples, n_features) with at least one pattern."
        )
    bad = [i for i, row in enumerate(inputs) if not np.isfinite(row).all()]
    if bad:
        raise ValueError(
            f"inputs of pattern {bad[0]} contain NaN or infinity: remove or impute "
            f"them ({len(bad)} patterns are affected)."
        )
    if labels.shape != inputs.shape[:1]:
        raise ValueError(
            f"labels have shape {labels.shape} for {len(inputs)} patterns: pass one "
            "label per pattern."
        )
    wrong = labels[np.abs(labels) != 1]
    if wrong.size:
        raise ValueError(
            f"labels contain {wrong[0]:g}: pass labels that are -1 or +1 (encode "
            "classes first)."
        )


def find_contradiction(inputs, labels):
    """Look for equal patterns with different labels.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        Inputs.
    labels : ndarray of shape (n_samples,)
        Labels.

    Returns
    -------
    pair : tuple of int or None
        Two such patterns.
    """
    seen = {}
    for index, row in enumerate(inputs):
        # Adding zero makes -0. and 0. the same bytes; digests of 16 bytes, because the
        # rows themselves would double the memory.
        digest = blake2b((row + 0).tobytes(), digest_size=16).digest()
        first = seen.setdefault(digest, index)
        if labels[first] != labels[index]:
            return first, index
    return None
