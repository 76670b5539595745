"""Fields of +-1 weights that can be exactly zero.

Where all inputs of a unit are 0 or +-c, such fields lie on a lattice of spacing 2 c. It
contains 0 if the number of inputs that are not 0 is even. Others can be zero, too, if
inputs are small integers; that is rarer, and not looked for.
"""

import numpy as np

from skwfm.architectures.rows import all_signs, row_blocks
from skwfm.architectures.symmetries import is_monotone
from skwfm.problem.validation import find_contradiction, mirror_sign, row_digests


def lattice_sizes(x):
    """Give the size of the inputs where fields of +-1 weights can be exactly zero.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n)
        What a unit sees, of a real dtype.

    Returns
    -------
    sizes : ndarray of shape (n_samples,)
        The size c of a row whose inputs are 0 or +-c, with an even number of the
        latter; 0 for a row without any input, NaN for every other.
    """
    sizes = np.abs(np.asarray(x, dtype=np.float64))
    size = sizes.max(axis=1, keepdims=True)
    is_there = sizes > 0
    is_lattice = np.all(~is_there | (sizes == size), axis=1)
    is_even = np.count_nonzero(is_there, axis=1) % 2 == 0
    return np.where(is_lattice & is_even, size[:, 0], np.nan)


def can_tie(inputs, architecture, is_real=False):
    """Tell on which patterns a unit can have a field of exactly zero.

    Parameters
    ----------
    inputs : ndarray or PackedSigns of shape (n_samples, n_features)
        Inputs, without a constant one.
    architecture : Architecture
        The machine.
    is_real : bool, default=False
        Whether weights are real, so that a unit must see nothing but zeros, instead of
        +-1.

    Returns
    -------
    can_tie : ndarray of shape (n_samples,) of bool
        Whether any unit can, as far as `lattice_sizes` knows.
    """
    fields = map(np.asarray, architecture.receptive_fields(inputs.shape[1]))
    # Units of a full machine all see the same.
    fields = {field.tobytes(): field for field in fields}.values()
    if all_signs(inputs):
        is_even = any(len(field) % 2 == 0 for field in fields)
        return np.full(len(inputs), is_even and not is_real)
    found = np.zeros(len(inputs), dtype=bool)
    for field in fields:
        for start, block in row_blocks(inputs, field):
            sizes = lattice_sizes(block)
            is_tie = sizes == 0 if is_real else ~np.isnan(sizes)
            found[start : start + len(block)] |= is_tie
    return found


def for_prior(factors, prior):
    """Take opposite patterns as one where the prior says that there are no ties.

    Parameters
    ----------
    factors : Factors
        The patterns.
    prior : BoundPrior
        Prior of the weights.

    Returns
    -------
    factors : Factors
        As many patterns.
    """
    return factors if prior.is_binary else factors.for_real_weights


def has_contradiction(factors, prior):
    """Tell whether no weights of a prior can answer two patterns correctly.

    Parameters
    ----------
    factors : Factors
        The patterns.
    prior : BoundPrior
        Prior of the weights.

    Returns
    -------
    has_contradiction : bool
        False at finite temperature.
    """
    if factors.contradiction is None or not prior.is_binary:
        return factors.contradiction is not None
    return contradiction_of(factors, is_real=False) is not None


def contradiction_of(factors, is_real=True):
    """Find two patterns that no weights can answer correctly together.

    Parameters
    ----------
    factors : Factors
        The patterns, at zero temperature.
    is_real : bool, default=True
        Whether weights are real, so that a field of 0 needs inputs of zeros.

    Returns
    -------
    pair : tuple of int or None
        Their indices. Opposite patterns with a tie can both be answered +1.
    """
    mirror, tied = mirror_sign(factors.architecture, factors.fit_intercept), False
    if mirror is not None:
        tied = can_tie(factors.inputs, factors.architecture, is_real)
        if is_monotone(factors.architecture):
            # Units with ties say +1 more often: no help to two patterns with -1.
            tied &= factors.labels > 0
    return find_contradiction(factors.inputs, factors.labels, mirror, tied)


def opposite_patterns(factors, is_apart):
    """Find patterns that are opposite and were not merged, for ties of +-1 weights.

    Parameters
    ----------
    factors : Factors
        The patterns.
    is_apart : ndarray of shape (n_samples,) of bool
        Patterns that may have such a partner.

    Returns
    -------
    first, second : ndarray of shape (n_pairs,) of int
        The pairs; at zero temperature only those whose labels agree.
    agrees : ndarray of shape (n_pairs,) of bool
        Whether both labels say the same of real weights.
    """
    found, partner = [], {}
    if is_apart.any():
        # What real weights answer where a unit sees nothing has no mirror, either.
        is_blind = can_tie(factors.inputs, factors.architecture, is_real=True)
        is_apart = is_apart & ~is_blind
    if is_apart.any():
        mirror = mirror_sign(factors.architecture, factors.fit_intercept)
        labels = factors.labels.tolist()
        for row, (digest, flipped) in enumerate(row_digests(factors.inputs, True)):
            if not is_apart[row]:
                continue
            label = mirror * labels[row] if flipped else labels[row]
            name = digest if factors.is_soft else (digest, label)
            first, known = partner.setdefault(name, (row, label))
            if first != row:
                found.append((first, row, label == known))
    pairs = np.array(found, dtype=int).reshape(-1, 3).T
    return pairs[0], pairs[1], pairs[2].astype(bool)


def move_weights(factors, first, second, agrees):
    """Give the first of two opposite patterns the weight of both.

    Parameters
    ----------
    factors : Factors
        The patterns.
    first, second, agrees : ndarray of shape (n_pairs,)
        What `opposite_patterns` returns.

    Returns
    -------
    labels : ndarray of shape (n_samples,)
        Labels that have more weight.
    for_label, against : ndarray of shape (n_samples,)
        Total weights of the label and of the other.
    """
    temperature = factors.temperature
    totals = np.array([temperature.for_label, temperature.against])
    moved = np.where(agrees, totals[:, second], totals[::-1, second])
    totals[:, first] += moved
    totals[:, second] = 0
    labels = np.where(totals[1] > totals[0], -factors.labels, factors.labels)
    return labels, totals.max(axis=0), totals.min(axis=0)


def tie_thresholds(factors, prior):
    """Give the field of each unit midway between those it answers -1 and +1.

    Engines take fields as Gaussian. Those of +-1 weights on n inputs +-c lie on a
    lattice of spacing ``2 c / sqrt(n_l)``. With an even number n it contains 0, which
    is answered +1. A threshold of 0 would count half of these ties as -1; worse,
    weights that freeze on a tie make the channel's precision infinite. Halfway to the
    next field of the lattice, no field is on the threshold.

    Parameters
    ----------
    factors : Factors
        The patterns.
    prior : BoundPrior
        Prior of the weights.

    Returns
    -------
    thresholds : ndarray of shape (n_samples, n_hidden)
        To be subtracted from the fields' means; 0 where there are no ties.
    """
    shape, sizes = (factors.n_samples, factors.n_hidden), factors.unit_sizes
    if not prior.is_binary:
        return np.broadcast_to(0.0, shape)
    if factors.is_binary:
        thresholds = np.where(sizes % 2 == 0, -1 / np.sqrt(sizes), 0.0)
        return np.broadcast_to(thresholds, shape)
    return pattern_thresholds(factors)


def pattern_thresholds(factors):
    """Give the same of +-1 weights pattern by pattern.

    Parameters
    ----------
    factors : Factors
        The patterns.

    Returns
    -------
    thresholds : ndarray of shape (n_samples, n_hidden)
        In units of the fields.
    """
    groups = factors.layout.group_of_unit
    by_group = [
        np.nan_to_num(lattice_sizes(factors.group_inputs(group)))
        for group in range(groups[-1] + 1)
    ]
    return -np.column_stack(by_group)[:, groups]
