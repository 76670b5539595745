"""Check the methods of an architecture that training in single precision calls."""

from functools import partial

import numpy as np

from skwfm.architectures.base import signs
from skwfm.testing._probe import call, expect, signs_of

_N_PATTERNS = 24
_BETA = 1.7
# Sums of a few dozen terms with the rounding of float32, which is 6e-8.
_TOLERANCE = 1e-4


def check_single_precision(machine, rng):
    """Check that fields in float32 give what the same fields give in float64."""
    fields = rng.normal(size=(_N_PATTERNS, machine.n_hidden)).astype(np.float32)
    for check in (_check_smooth, _check_unit_to_fix):
        try:
            check(machine, fields)
        except NotImplementedError:
            continue  # told by the check of the method itself


def _check_smooth(machine, fields):
    require = partial(expect, machine=machine, method="smooth")
    single = call(machine, "smooth", fields, _BETA)
    double = call(machine, "smooth", fields.astype(float), _BETA)
    for name, found, wanted in zip(("value", "gradient"), single, double, strict=True):
        same = np.allclose(found, wanted, rtol=_TOLERANCE, atol=_TOLERANCE)
        problem = f"the {name} of fields in float32 is not that of the same in float64"
        remedy = "compute in the dtype of the fields, or convert them to float64"
        require(same, problem=problem, remedy=remedy)


def _check_unit_to_fix(machine, fields):
    labels = -signs_of(machine, "output", signs(fields)).astype(np.float32)
    units = np.asarray(call(machine, "unit_to_fix", fields, labels))
    fits = units.shape == labels.shape and np.issubdtype(units.dtype, np.integer)
    fits = fits and units.min() >= 0 and units.max() < machine.n_hidden
    problem = f"gave {units[:3]}... for fields and labels in float32"
    remedy = f"give one integer from 0 to {machine.n_hidden - 1} per pattern"
    expect(fits, machine, "unit_to_fix", problem, remedy)
