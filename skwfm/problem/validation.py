"""Checks of patterns: arrays of the right kind, labels without contradictions."""

from hashlib import blake2b

import numpy as np

from skwfm.architectures import symmetries
from skwfm.architectures.packed_signs import PackedSigns
from skwfm.architectures.rows import all_signs, row_blocks

# Dtypes that validation keeps; any other becomes the first.
INPUT_DTYPES = [np.float64, np.float32, np.int8, np.int16, np.int32, np.int64]


def without_integers(inputs, keep_signs=True):
    """Turn integers into float64, unless all are +-1, which are packed directly.

    Parameters
    ----------
    inputs : ndarray or PackedSigns of shape (n_samples, n_features)
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
    return np.asarray(inputs, dtype=np.float64)


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
    rows = () if isinstance(inputs, PackedSigns) else inputs
    bad = [i for i, row in enumerate(rows) if not np.isfinite(row).all()]
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


def largest_size(dtype, n_inputs):
    """Give a size that all inputs or weights of a unit may have.

    Parameters
    ----------
    dtype : dtype
        Precision of the training.
    n_inputs : int
        Number of inputs per unit, at most.

    Returns
    -------
    size : float
        The sum of `n_inputs` squares of it is finite, with a factor of 4 to spare.
    """
    return float(np.sqrt(np.finfo(dtype).max / (4.0 * n_inputs)))


def largest_input(X, constants=1.0):
    """Give the largest modulus of the inputs, the constant ones among them.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Inputs.
    constants : float or ndarray, default=1.0
        Constant inputs of intercepts.

    Returns
    -------
    largest : float
        At least 1.
    """
    constant = max(float(np.max(constants)), 1.0)
    if isinstance(X, PackedSigns):
        return constant
    return max(float(X.max()), -float(X.min()), constant)


def check_squares(X, dtype=np.float64):
    """Raise ValueError if squares of the inputs overflow.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Inputs, of a real dtype.
    dtype : dtype, default=float64
        Precision that is computed in.

    Raises
    ------
    ValueError
        If an input is too large.
    """
    # The search for one that is not +-1 mostly ends in the first row.
    if X.dtype.kind != "f" or all_signs(X):
        return
    dtype = np.dtype(dtype)
    largest, limit = largest_input(X), largest_size(dtype, X.shape[1] + 1)
    if largest > limit:
        raise ValueError(
            f"X has entries up to {largest:.3g}, whose squares overflow in {dtype} "
            f"(entries up to {limit:.3g} do not): scale the features, for example with "
            "sklearn.preprocessing.StandardScaler."
        )


def find_contradiction(inputs, labels, mirror=None, apart=False):
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
    apart : bool or ndarray of shape (n_samples,) of bool, default=False
        Patterns whose opposites are not looked for.

    Returns
    -------
    pair : tuple of int or None
        Two equal patterns with different labels or, with a mirror, two opposite ones
        whose labels contradict it.
    """
    seen, labels = {}, labels.tolist()
    apart = np.broadcast_to(apart, len(labels)).tolist()
    for index, (digest, flipped) in enumerate(row_digests(inputs, mirror is not None)):
        label = mirror * labels[index] if flipped else labels[index]
        name = digest, flipped and apart[index]
        first, known = seen.setdefault(name, (index, label))
        if known != label:
            return first, index
    return None


def row_digests(inputs, mirrored=False):
    """Give short bytes that are the same for equal rows only.

    The rows themselves would double the memory. Two different rows of a table have the
    same 16 bytes with a probability of 1e-20 at a billion rows.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        Inputs.
    mirrored : bool, default=False
        Whether opposite rows are equal, too.

    Yields
    ------
    digest : bytes
        Of one row.
    flipped : bool
        Whether it is that of the row with all signs changed.
    """
    as_bits = all_signs(inputs)
    for _, block in row_blocks(inputs, slice(None)):
        flipped = np.zeros(len(block), dtype=bool)
        if mirrored:
            leading = (block != 0).argmax(axis=1)
            flipped = block[np.arange(len(block)), leading] < 0
        rows = _bits_of(block, flipped) if as_bits else _turned(block, flipped)
        for row, turned in zip(rows, flipped.tolist(), strict=True):
            yield blake2b(row, digest_size=16).digest(), turned


def _bits_of(block, flipped):
    """Signs of inputs that are all +-1, eight in a byte."""
    return np.packbits((block < 0) ^ flipped[:, None], axis=1)


def _turned(block, flipped):
    """Rows with some of them turned round; adding zero makes -0. and 0. the same."""
    rows = np.array(block, order="C")
    np.negative(rows, out=rows, where=flipped[:, None])
    rows += 0
    return rows


def merge_patterns(inputs, labels, weight, by_label=False, mirror=None, apart=False):
    """Merge patterns with equal inputs, and leave out those without weight.

    With a mirror those with opposite inputs are merged, too: the label of one says what
    `mirror` times it says of the other.

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
    mirror : {1, -1} or None, default=None
        Factor of the answer when all inputs change sign, see `mirror_sign`; None if
        there is none.
    apart : bool or ndarray of shape (n_samples,) of bool, default=False
        Patterns that stay apart from opposite ones nevertheless.

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
    apart = np.broadcast_to(apart, len(labels)).tolist()
    place, groups, facing = {}, [], np.array(labels)
    for row, (digest, flipped) in enumerate(row_digests(inputs, mirror is not None)):
        if weight[row] == 0:
            continue
        if flipped:  # what the label says of the row turned round
            facing[row] *= mirror
        side = flipped and apart[row]
        name = digest, side, bool(by_label and facing[row] > 0)
        groups.append(place.setdefault(name, len(place)))
    groups = np.array(groups)
    rows = used[np.unique(groups, return_index=True)[1]]
    agrees = facing[used] == facing[rows][groups]
    totals = [
        np.bincount(groups[chosen], weight[used][chosen], len(rows))
        for chosen in (agrees, ~agrees)
    ]
    turned = totals[1] > totals[0]
    merged = np.where(turned, -labels[rows], labels[rows])
    return rows, merged, np.maximum(*totals), np.minimum(*totals)


def content_order(inputs, labels, weight=None):
    """Order patterns by what they are, so that copies are the same as weights.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        Inputs.
    labels : ndarray of shape (n_samples,)
        Labels, +-1.
    weight : ndarray of shape (n_samples,) or None, default=None
        Weights.

    Returns
    -------
    rows : ndarray of shape (n_samples,) of int or slice
        The order; that which they have if each appears once, with weight 1.
    """
    digests = (digest for digest, _ in row_digests(inputs))
    names = list(zip(digests, (labels > 0).tolist(), strict=True))
    counts_alike = weight is None or (weight == 1).all()
    if counts_alike and len(set(names)) == len(names):
        return slice(None)
    return np.array(sorted(range(len(names)), key=names.__getitem__))


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
