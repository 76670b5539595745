"""Check the properties that an architecture declares.

Each check takes an architecture instance and a random generator for the inputs tried,
and raises AssertionError if a declared property does not hold.
"""

from functools import partial

import numpy as np

from skwfm._shown import shown
from skwfm.architectures.symmetries import is_monotone, mirror_sign
from skwfm.testing._probe import call, expect, expect_close, outcomes, signs_of

_N_PATTERNS = 256
_BETA = 1.7
# A slope of a monotone machine may be rounded to something this far below zero.
_ROUNDING = 1e-12


def check_mirror_sign(machine, rng):
    """Check how the answer changes when all units change sign."""
    said = mirror_sign(machine)
    require = partial(expect, machine=machine, method="mirror_sign")
    problem, remedy = f"is {shown(said)}", "say 1, -1, or None if there is no such rule"
    require(said in (1, -1, None), problem=problem, remedy=remedy)
    if said is None:
        return
    hidden = outcomes(machine, rng)
    answers = signs_of(machine, "output", hidden)
    mirrored = signs_of(machine, "output", -hidden)
    bad = np.flatnonzero(mirrored != said * answers)[:1]
    problem = f"is {said}, but output is {answers[bad]} for hidden = {hidden[bad]}"
    problem += f" and {mirrored[bad]} for its mirror image"
    require(not bad.size, problem=problem, remedy="leave mirror_sign out, or mend it")


def check_monotone(machine, rng):
    """Check that the smooth decision never falls, if the machine is monotone."""
    if not is_monotone(machine):
        return
    fields = rng.normal(size=(_N_PATTERNS, machine.n_hidden))
    value, slopes = call(machine, "smooth", fields, _BETA)
    scaled, _ = call(machine, "smooth", _BETA * fields, 1.0)
    remedy = "let smooth depend on beta times the fields alone, or do not say it"
    what = "the value at beta and at fields multiplied by it"
    expect_close(scaled, np.asarray(value), machine, "is_monotone", what, remedy)
    worst = np.min(slopes)
    problem = f"is true, but the gradient of smooth has an entry of {worst:g}"
    remedy = "do not say that the machine is monotone"
    expect(worst >= -_ROUNDING, machine, "is_monotone", problem, remedy)
