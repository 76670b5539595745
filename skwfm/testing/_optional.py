"""Check the optional methods of an architecture.

Each check takes an architecture instance and a random generator for the inputs tried.
It raises AssertionError at the first broken promise and NotImplementedError if the
machine does not have the method.
"""

from functools import partial

import numpy as np
from scipy.special import log_ndtr, logsumexp, ndtr

from skwfm._shown import shown
from skwfm.architectures.base import signs
from skwfm.testing._probe import (
    MAX_ENUMERATED,
    call,
    differences,
    expect,
    expect_close,
    expect_double,
    outcomes,
    signs_of,
)

__all__ = ["check_channel", "check_curvature", "check_smooth", "check_unit_to_fix"]

_N_PATTERNS = 24
_MANY_PATTERNS = 1500
_PARTS = "log_z", "g", "gamma"
_BETAS = (0.7, 2.0)
# At this beta and fields of at least 0.5, tanh(beta * field) is 1 to rounding.
_STEEP = 50.0
# Sums of up to 2**10 products of probabilities, from logarithms, in double precision.
_PROBABILITY_TOLERANCE = 1e-10
# Fields this many standard deviations away occur when many patterns are wrong.
_FAR = 40.0
# Variances near a solution, at which log-probabilities of wrong answers reach -1e5.
_SMALL_VARIANCES = (1e-2, 1e-5)
_TAIL_TOLERANCE = 1e-6


def check_smooth(machine, rng):
    """Check the smooth surrogate: gradient, steep limit, and large fields."""
    for beta in _BETAS:
        _check_first_derivative(machine, _fields(machine, rng), beta)
    _check_steep_limit(machine, rng)
    _check_overflow(machine, _fields(machine, rng), order=1)


def check_curvature(machine, rng):
    """Check the second derivatives of the smooth surrogate."""
    for beta in _BETAS:
        _check_second_derivative(machine, _fields(machine, rng), beta)
    _check_overflow(machine, _fields(machine, rng), order=2)


def _fields(machine, rng):
    return rng.normal(size=(_N_PATTERNS, machine.n_hidden))


def _check_overflow(machine, fields, order):
    problem = f"overflows at beta={_STEEP:g} and fields of size 1000"
    remedy = "write it with tanh instead of exponentials"
    for part in _parts(machine, 1e3 * fields, _STEEP, order):
        finite = np.isfinite(part).all()
        expect(finite, machine, f"smooth(order={order})", problem, remedy)


def _parts(machine, fields, beta, order):
    parts = call(machine, "smooth", fields, beta, order=order)
    count = len(parts) if isinstance(parts, tuple) else "no tuple"
    problem = f"number of arrays: {count}"
    remedy = f"give a tuple of {order + 1} arrays: the value and {order} derivatives"
    expect(count == order + 1, machine, f"smooth(order={order})", problem, remedy)
    names = ("the value", "the gradient", "the matrix of second derivatives")
    expect_double(parts, names[: order + 1], machine, f"smooth(order={order})")
    return parts


def _check_first_derivative(machine, fields, beta):
    value, gradient = _parts(machine, fields, beta, order=1)
    problem = f"the value has shape {np.shape(value)} for {len(fields)} patterns"
    is_one_each = np.shape(value) == (len(fields),)
    expect(is_one_each, machine, "smooth", problem, "give one value per pattern")
    expected = differences(lambda x: call(machine, "smooth", x, beta)[0], fields)
    what = f"at beta={beta}, d value / d fields"
    remedy = "differentiate the value as it is, beta included, in double precision"
    expect_close(gradient, expected, machine, "smooth", what, remedy)


def _check_second_derivative(machine, fields, beta):
    first = _parts(machine, fields, beta, order=1)
    *lower, second = _parts(machine, fields, beta, order=2)
    for one, other in zip(first, lower, strict=True):
        same = "the value or gradient of order=1 and order=2"
        remedy = "let order change only how many derivatives are returned"
        expect_close(other, np.asarray(one), machine, "smooth", same, remedy)
    expected = differences(lambda x: call(machine, "smooth", x, beta)[1], fields)
    what = f"at beta={beta}, d2 value / d fields2"
    remedy = "give the full matrix of second derivatives, shape (M, K, K)"
    expect_close(second, expected, machine, "smooth", what, remedy)


def _check_steep_limit(machine, rng):
    hidden = outcomes(machine, rng)
    hidden = hidden[np.asarray(call(machine, "decision", hidden)) != 0]  # no ties
    fields = hidden * rng.uniform(0.5, 2, size=hidden.shape)
    value, _ = _parts(machine, fields, _STEEP, order=1)
    bad = np.flatnonzero(
        np.where(value > 0, 1, -1) != signs_of(machine, "output", hidden)
    )[:1]
    problem = f"at beta={_STEEP:g} gave {value[bad]} for fields = {fields[bad]}, where "
    problem += "output has the other sign"
    remedy = "let the value tend to the decision as beta grows"
    expect(not bad.size, machine, "smooth", problem, remedy)


def check_unit_to_fix(machine, rng):
    """Check that following the least-action rule corrects every wrong pattern."""
    fields = rng.normal(size=(8 * _N_PATTERNS, machine.n_hidden))
    require = partial(expect, machine=machine, method="unit_to_fix")
    labels = -signs_of(machine, "output", signs(fields)).astype(float)
    wrong = np.arange(len(labels))
    for _ in range(machine.n_hidden):
        units = _units(machine, fields[wrong], labels[wrong])
        before = _margin(machine, fields, labels)
        fields[wrong, units] *= -1
        worse = np.flatnonzero(_margin(machine, fields, labels) < before)[:1]
        problem = (
            f"flipping the unit named for label {labels[worse]} led to fields "
            f"{fields[worse]}, with a decision further from the label than before"
        )
        require(
            not worse.size,
            problem=problem,
            remedy="name a unit that votes against the label",
        )
        wrong = np.flatnonzero(signs_of(machine, "output", signs(fields)) != labels)
        if not wrong.size:
            return
    problem = (
        f"{len(wrong)} of {len(labels)} patterns stay wrong after {machine.n_hidden} "
        f"flips, such as label {labels[wrong[0]]} with fields {fields[wrong[0]]}"
    )
    require(
        False, problem=problem, remedy="name each time a unit whose sign is in the way"
    )


def _margin(machine, fields, labels):
    return labels * np.asarray(call(machine, "decision", signs(fields)))


def _units(machine, fields, labels):
    units = np.asarray(call(machine, "unit_to_fix", fields, labels))
    is_index = np.issubdtype(units.dtype, np.integer) and units.shape == labels.shape
    is_unit = is_index and units.min() >= 0 and units.max() < machine.n_hidden
    problem = f"gave {shown(units)} for {len(labels)} wrong patterns"
    remedy = f"give one integer from 0 to {machine.n_hidden - 1} per pattern"
    expect(is_unit, machine, "unit_to_fix", problem, remedy)
    return units


def check_channel(machine, rng):
    """Check the channel against enumeration, its derivatives and far fields."""
    shape = (_N_PATTERNS, machine.n_hidden)
    mean, var = rng.normal(size=shape), rng.uniform(0.5, 2, size=shape)
    labels = rng.choice([-1.0, 1.0], size=_N_PATTERNS)
    log_z, g, gamma = _channel(machine, mean, var, labels)
    _check_rows(machine, rng)
    _check_probability(machine, mean, var, labels, np.asarray(log_z))

    def log_z_at(mean):
        return _channel(machine, mean, var, labels)[0]

    def g_at(mean):
        return _channel(machine, mean, var, labels)[1]

    compare = partial(expect_close, machine=machine, method="channel")
    remedy = "let g be d log_z / d mean"
    compare(g, differences(log_z_at, mean), what="g", remedy=remedy)
    curvature = -np.diagonal(differences(g_at, mean), axis1=1, axis2=2)
    remedy = "let gamma be -d2 log_z / d mean2, per unit"
    compare(gamma, curvature, what="gamma", remedy=remedy)
    _check_far_fields(machine, var, labels)
    _check_far_tails(machine, rng)


def _check_rows(machine, rng):
    """Check that patterns do not matter to each other, nor their order or number."""
    require = partial(expect, machine=machine, method="channel")
    n_rows = _MANY_PATTERNS if machine.n_hidden < MAX_ENUMERATED else _N_PATTERNS
    mean = rng.normal(size=(n_rows, machine.n_hidden))
    var = rng.uniform(0.5, 2, size=mean.shape)
    labels = rng.choice([-1.0, 1.0], size=n_rows)
    together = _channel(machine, mean, var, labels)
    order = rng.permutation(n_rows)
    mixed = _channel(machine, mean[order], var[order], labels[order])
    alone = _channel(machine, mean[:1], var[:1], labels[:1])
    for name, all_, other, one in zip(_PARTS, together, mixed, alone, strict=True):
        close = partial(np.allclose, rtol=1e-9, atol=1e-12)
        same = close(np.asarray(all_)[order], other) and close(all_[:1], one)
        problem = f"{name} of a pattern depends on the other patterns or their order"
        require(same, problem=problem, remedy="compute each row from itself alone")


def _check_far_tails(machine, rng):
    """Small variances make wrong patterns as improbable as they say, not less."""
    if machine.n_hidden > MAX_ENUMERATED:
        return
    mean = rng.normal(size=(_N_PATTERNS, machine.n_hidden))
    labels = -signs_of(machine, "output", signs(mean)).astype(float)
    for size in _SMALL_VARIANCES:
        var = np.full_like(mean, size)
        log_z = np.asarray(_channel(machine, mean, var, labels)[0])
        exact = _log_enumerated(machine, mean, var, labels)
        wrong = ~(np.abs(log_z - exact) <= _TAIL_TOLERANCE * np.abs(exact))
        problem = (
            f"log_z is {log_z[wrong][:1]} where the sum over all outcomes of the "
            f"hidden units gives {exact[wrong][:1]}, at variances of {size:g}"
        )
        remedy = "work with logarithms (scipy.special.log_ndtr), and clip nothing"
        expect(not wrong.any(), machine, "channel", problem, remedy)


def _log_enumerated(machine, mean, var, labels):
    """Return the log-probability of the label as a sum over all outcomes."""
    hidden = outcomes(machine, None)
    right = signs_of(machine, "output", hidden) == labels[:, np.newaxis]
    logs = log_ndtr(hidden * (mean / np.sqrt(var))[:, np.newaxis]).sum(axis=2)
    return logsumexp(np.where(right, logs, -np.inf), axis=1)


def _channel(machine, mean, var, labels):
    parts = call(machine, "channel", mean, var, labels)
    shapes = [np.shape(p) for p in parts] if isinstance(parts, tuple) else "no tuple"
    expected = [labels.shape, mean.shape, mean.shape]
    remedy = "give log_z, g, gamma of shapes {}, {}, {}".format(*expected)
    expect(shapes == expected, machine, "channel", f"shapes given: {shapes}", remedy)
    expect_double(parts, _PARTS, machine, "channel")
    return parts


def _check_probability(machine, mean, var, labels, log_z):
    require = partial(expect, machine=machine, method="channel")
    other = np.asarray(_channel(machine, mean, var, -labels)[0])
    total = np.exp(log_z) + np.exp(other)
    close = np.abs(total - 1) <= _PROBABILITY_TOLERANCE
    problem = f"the probabilities of the two labels add up to {total[~close][:1]}"
    require(close.all(), problem=problem, remedy="normalise log_z: no constant is free")
    if machine.n_hidden > MAX_ENUMERATED:
        return
    exact = _enumerated(machine, mean, var, labels)
    close = np.abs(np.exp(log_z) - exact) <= _PROBABILITY_TOLERANCE
    problem = (
        f"exp(log_z) is {np.exp(log_z[~close][:1])} where the sum over all outcomes "
        f"of the hidden units is {exact[~close][:1]}, label {labels[~close][:1]}"
    )
    remedy = "let it be the probability that output is the label"
    require(close.all(), problem=problem, remedy=remedy)


def _enumerated(machine, mean, var, labels):
    """Return the probability of the label as a sum over all outcomes."""
    hidden = outcomes(machine, None)
    answers = signs_of(machine, "output", hidden)
    weights = ndtr(hidden * (mean / np.sqrt(var))[:, np.newaxis]).prod(axis=2)
    return np.sum(weights * (answers == labels[:, np.newaxis]), axis=1)


def _check_far_fields(machine, var, labels):
    for sign in (-1, 1):
        mean = sign * _FAR * labels[:, np.newaxis] * np.sqrt(var)
        finite = [np.isfinite(x).all() for x in _channel(machine, mean, var, labels)]
        problem = (
            f"log_z, g, gamma are finite: {finite}, for fields {_FAR:g} standard "
            f"deviations on the {'right' if sign > 0 else 'wrong'} side"
        )
        remedy = "work with logarithms (scipy.special.log_ndtr)"
        expect(all(finite), machine, "channel", problem, remedy)
