"""Checks of patterns: arrays of the right kind, labels without contradictions."""

from hashlib import blake2b

import numpy as np

from skwfm.architectures import symmetries
from skwfm.architectures.rows import all_signs

# Dtypes that validation keeps; any other becomes the first.
INPUT_DTYPES = [np.float64, np.float32, np.int8, np.int16, np.int32, np.int64]


def without_integers(inputs, keep_signs=True):
    """Turn integers into float64, unless all are +-1, which are packed directly.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        Inputs of one of `INPUT_DTYPES`.
    keep_signs : bool, default=True
        Whether integers +-1 may stay integers.

    Returns
    -------
    inputs : ndarray of shape (n_samples, n_features)
        The same array, or a copy.
    """
    if inputs.dtype.kind == "f" or (keep_signs and all_signs(inputs)):
        return inputs
    return inputs.astype(np.float64)


def check_patterns(inputs, labels):
    """Raise ValueError unless inputs and labels make patterns.

    Parameters
    ----------
    inputs : ndarray
        Inputs.
    labels : ndarray
        Labels.

    Raises
    ------
    ValueError
        If shapes do not match, inputs are not finite or labels are not +-1.
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


def find_contradiction(inputs, labels, mirror=None):
    """Look for two patterns that no machine can answer correctly together.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        Inputs.
    labels : ndarray of shape (n_samples,)
        Labels.
    mirror : {1, -1} or None, default=None
        Factor of the answer when all inputs change sign, see `mirror_sign`; None if
        there is none.

    Returns
    -------
    pair : tuple of int or None
        Two equal patterns with different labels or, with a mirror, two opposite ones
        whose labels contradict it.
    """
    seen = {}
    for index, row in enumerate(inputs):
        label = labels[index]
        used = np.flatnonzero(row)
        if mirror is not None and used.size and row[used[0]] < 0:
            row, label = -row, mirror * label
        first, known = seen.setdefault(_digest(row), (index, label))
        if known != label:
            return first, index
    return None


def merge_patterns(inputs, labels, weight, by_label=False):
    """Merge patterns with equal inputs, and leave out those without weight.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        Inputs.
    labels : ndarray of shape (n_samples,)
        Labels, +-1.
    weight : ndarray of shape (n_samples,)
        Weight of each pattern, >= 0.
    by_label : bool, default=False
        Whether equal inputs with different labels stay apart.

    Returns
    -------
    rows : ndarray of shape (n_distinct,) of int
        Where distinct inputs appear for the first time with a weight, in their order.
    labels : ndarray of shape (n_distinct,)
        The label that has more weight; of two that have as much, that of the first.
    for_label, against : ndarray of shape (n_distinct,)
        Total weights of this label and of the other.
    """
    used = np.flatnonzero(weight)
    place, first = {}, []
    groups = np.empty(len(used), dtype=np.intp)
    for index, row in enumerate(used):
        name = _digest(inputs[row]), by_label and labels[row]
        groups[index] = place.setdefault(name, len(first))
        if groups[index] == len(first):
            first.append(row)
    rows = np.array(first)
    agrees = labels[used] == labels[rows][groups]
    totals = [
        np.bincount(groups[chosen], weight[used][chosen], len(rows))
        for chosen in (agrees, ~agrees)
    ]
    turned = totals[1] > totals[0]
    merged = np.where(turned, -labels[rows], labels[rows])
    return rows, merged, np.maximum(*totals), np.minimum(*totals)


def _digest(row):
    """A name for a row that takes 16 bytes: the rows would double the memory.

    Adding zero makes -0. and 0. the same bytes.
    """
    return blake2b((row + 0).tobytes(), digest_size=16).digest()


def mirror_sign(architecture, fit_intercept):
    """Return the factor of the machine's answer when all inputs change sign.

    Without intercepts, all fields and units then change sign as well. Fields of exactly
    zero, which count as +1 in both cases, are ignored: weights with such fields fill no
    volume.

    Parameters
    ----------
    architecture : Architecture
        The machine.
    fit_intercept : bool
        Whether units have intercepts.

    Returns
    -------
    mirror : {1, -1} or None
        Factor of the answer; None with intercepts, or if there is no such factor.
    """
    return None if fit_intercept else symmetries.mirror_sign(architecture)
