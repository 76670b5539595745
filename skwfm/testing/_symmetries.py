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
# The machines of `skwfm.theory`, with their rules; a perceptron is a tree of one unit.
_MAJORITY, _PRODUCT = "the majority of the units", "the product of the units"
_RULES = {"perceptron": _MAJORITY, "tree": _MAJORITY, "parity": _PRODUCT}
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


def check_theory_name(machine, rng):
    """Check that a machine said to be one of the theory's is that machine."""
    said = getattr(machine, "theory_name", None)
    if said is None:
        return
    require = partial(expect, machine=machine, method="theory_name")
    known = isinstance(said, str) and said in _RULES
    remedy = f"use one of {tuple(_RULES)}, or None if skwfm.theory has no such machine"
    require(known, problem=f"is {shown(said)}", remedy=remedy)
    remedy = "set it to None"
    one = said != "perceptron" or machine.n_hidden == 1
    problem = f"is 'perceptron', but there are {machine.n_hidden} units"
    require(one, problem=problem, remedy=remedy)
    hidden = outcomes(machine, rng)
    votes = hidden.prod(axis=1) if said == "parity" else hidden.sum(axis=1)
    answers = signs_of(machine, "output", hidden)
    bad = np.flatnonzero(answers != np.where(votes > 0, 1, -1))[:1]
    problem = f"is {said!r}, but output gave {answers[bad]} for hidden = {hidden[bad]}"
    require(not bad.size, problem=f"{problem}, not {_RULES[said]}", remedy=remedy)
    try:
        fields = machine.receptive_fields(4 * machine.n_hidden)
    except ValueError:
        return  # other numbers of inputs are tried by the check of the method
    disjoint = len(np.unique(np.concatenate(fields))) == sum(map(len, fields))
    problem = f"is {said!r}, but units share inputs"
    require(disjoint, problem=problem, remedy=remedy)
