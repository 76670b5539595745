"""Check the optional methods of an architecture that training calls.

Each check takes an architecture instance and a random generator for the inputs tried.
It raises AssertionError at the first broken promise and NotImplementedError if the
machine does not have the method.
"""

from functools import partial

import numpy as np

from skwfm._shown import shown
from skwfm.architectures.base import signs
from skwfm.architectures.symmetries import is_monotone
from skwfm.testing._probe import (
    call,
    call_array,
    differences,
    expect,
    expect_close,
    expect_double,
    expect_rows_alone,
    outcomes,
    signs_of,
)

__all__ = [
    "check_curvature",
    "check_single_precision",
    "check_smooth",
    "check_unit_to_fix",
    "expect_scaling",
]

_N_PATTERNS = 24
_BETAS = (0.7, 2.0)
# At this beta and fields of at least 0.5, tanh(beta * field) is 1 to rounding.
_STEEP = 50.0
_DERIVATIVES = ("the value", "the gradient", "the matrix of second derivatives")
# Sums of a few dozen terms with the rounding of float32, which is 6e-8.
_SINGLE_TOLERANCE = 1e-4


def check_smooth(machine, rng):
    """Check the smooth surrogate: gradient, beta, steep limit, and large fields."""
    for beta in _BETAS:
        _check_first_derivative(machine, _fields(machine, rng), beta)
    _check_smooth_rows(machine, rng, order=1)
    if not is_monotone(machine):  # otherwise told by the check of that
        expect_scaling(machine, _fields(machine, rng), "smooth")
    _check_steep_limit(machine, rng)
    _check_overflow(machine, _fields(machine, rng), order=1)


def check_curvature(machine, rng):
    """Check the second derivatives of the smooth surrogate."""
    for beta in _BETAS:
        _check_second_derivative(machine, _fields(machine, rng), beta)
    _check_smooth_rows(machine, rng, order=2)
    _check_overflow(machine, _fields(machine, rng), order=2)


def _fields(machine, rng):
    return rng.normal(size=(_N_PATTERNS, machine.n_hidden))


def _check_smooth_rows(machine, rng, order):
    fields, names = _fields(machine, rng), _DERIVATIVES[: order + 1]

    def answers(rows):
        return _parts(machine, fields[rows], _BETAS[0], order)

    expect_rows_alone(machine, "smooth", answers, names, len(fields), rng)


def expect_scaling(machine, fields, method):
    """Expect the smooth value to depend on the product of beta and the fields alone.

    Parameters
    ----------
    machine : object
        Architecture instance.
    fields : ndarray of shape (n_samples, n_hidden)
        Fields to try.
    method : str
        What would be wrong otherwise.
    """
    beta = _BETAS[1]
    value = call(machine, "smooth", fields, beta)[0]
    scaled = call(machine, "smooth", beta * fields, 1.0)[0]
    what = f"the value at beta=1 of {beta:g} times the fields at beta={beta:g}"
    remedy = "let smooth depend on beta times the fields alone, as tanh(beta * fields)"
    expect_close(scaled, np.asarray(value), machine, method, what, remedy)


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
    names = _DERIVATIVES[: order + 1]
    expect_double(parts, names, machine, f"smooth(order={order})")
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
    hidden = hidden[call_array(machine, "decision", hidden) != 0]  # no ties
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
    _check_unit_rows(machine, fields, labels, rng)
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


def _check_unit_rows(machine, fields, labels, rng):
    def answers(rows):
        return (_units(machine, fields[rows], labels[rows]),)

    expect_rows_alone(machine, "unit_to_fix", answers, ["the unit"], len(fields), rng)


def _margin(machine, fields, labels):
    return labels * call_array(machine, "decision", signs(fields))


def _units(machine, fields, labels):
    units = call_array(machine, "unit_to_fix", fields, labels)
    is_index = np.issubdtype(units.dtype, np.integer) and units.shape == labels.shape
    is_unit = is_index and units.min() >= 0 and units.max() < machine.n_hidden
    problem = f"gave {shown(units)} for {len(labels)} wrong patterns"
    remedy = f"give one integer from 0 to {machine.n_hidden - 1} per pattern"
    expect(is_unit, machine, "unit_to_fix", problem, remedy)
    return units


def check_single_precision(machine, rng):
    """Check that fields in float32 give what the same fields give in float64."""
    fields = rng.normal(size=(_N_PATTERNS, machine.n_hidden)).astype(np.float32)
    for check in (_check_single_smooth, _check_single_units):
        try:
            check(machine, fields)
        except NotImplementedError:
            continue  # told by the check of the method itself


def _check_single_smooth(machine, fields):
    require = partial(expect, machine=machine, method="smooth")
    single = call(machine, "smooth", fields, _BETAS[0])
    double = call(machine, "smooth", fields.astype(float), _BETAS[0])
    for name, found, wanted in zip(("value", "gradient"), single, double, strict=True):
        same = np.allclose(
            found, wanted, rtol=_SINGLE_TOLERANCE, atol=_SINGLE_TOLERANCE
        )
        problem = f"the {name} of fields in float32 is not that of the same in float64"
        remedy = "compute in the dtype of the fields, or convert them to float64"
        require(same, problem=problem, remedy=remedy)


def _check_single_units(machine, fields):
    labels = -signs_of(machine, "output", signs(fields)).astype(np.float32)
    units = call_array(machine, "unit_to_fix", fields, labels)
    fits = units.shape == labels.shape and np.issubdtype(units.dtype, np.integer)
    fits = fits and units.min() >= 0 and units.max() < machine.n_hidden
    problem = f"gave {units[:3]}... for fields and labels in float32"
    remedy = f"give one integer from 0 to {machine.n_hidden - 1} per pattern"
    expect(fits, machine, "unit_to_fix", problem, remedy)
