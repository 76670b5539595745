"""Check what an architecture declares: fields, parameters, and properties of its rule.

Each check takes an architecture instance and a random generator for the inputs tried,
and raises AssertionError if what is declared does not hold.
"""

from functools import partial

import numpy as np

from skwfm._shown import shown
from skwfm.architectures.symmetries import is_monotone, mirror_sign
from skwfm.testing._optional import expect_scaling
from skwfm.testing._probe import call, expect, outcomes, signs_of

_N_PATTERNS = 256
_BETA = 1.7
# The machines of `skwfm.theory`, with their rules; a perceptron is a tree of one unit.
_MAJORITY, _PRODUCT = "the majority of the units", "the product of the units"
_RULES = {"perceptron": _MAJORITY, "tree": _MAJORITY, "parity": _PRODUCT}
# A slope of a monotone machine may be rounded to something this far below zero.
_ROUNDING = 1e-12


def check_fields(machine, rng):
    """Check the inputs that units see, for several numbers of them."""
    n_hidden = machine.n_hidden
    sizes = [n_hidden, 4 * n_hidden, 4 * n_hidden + 1, 7 * n_hidden - 1]
    accepted = [n for n in sizes if _fields_are_valid(machine, n)]
    problem = f"raised ValueError for each n_features of {sizes}"
    remedy = "at least one multiple of n_hidden must be possible"
    expect(accepted, machine, "receptive_fields", problem, remedy)
    for n_features in range(1, min(n_hidden, 4)):
        _fields_are_valid(machine, n_features)


def _fields_are_valid(machine, n_features):
    """Check the receptive fields; return whether this number of inputs is allowed."""
    require = partial(expect, machine=machine, method=f"receptive_fields({n_features})")
    try:
        fields = machine.receptive_fields(n_features)
        again = machine.receptive_fields(n_features)
    except ValueError:
        return False
    except NotImplementedError:
        raise
    except Exception as cause:
        require(False, problem=f"raised {cause!r}", remedy="raise ValueError instead")
    count = f"gave {len(fields)} receptive fields"
    require(len(fields) == machine.n_hidden, problem=count, remedy="give one per unit")
    for unit, field in enumerate(fields):
        problem = f"the field of unit {unit} is {shown(field)}"
        indices = np.asarray(field)
        is_index = indices.ndim == 1 and np.issubdtype(indices.dtype, np.integer)
        require(is_index, problem=problem, remedy="give a 1-d array of integers")
        remedy = "give each unit an input, or raise ValueError if there are too few"
        require(indices.size > 0, problem=problem, remedy=remedy)
        inside = indices.min() >= 0 and indices.max() < n_features
        remedy = f"keep the indices from 0 to {n_features - 1}"
        require(inside, problem=problem, remedy=remedy)
        unique = np.unique(indices).size == indices.size
        require(unique, problem=problem, remedy="name each input once")
    same = all(np.array_equal(a, b) for a, b in zip(fields, again, strict=True))
    remedy = "make the fields a function of n_features alone"
    require(same, problem="two calls gave different fields", remedy=remedy)
    return True


def check_mirror_sign(machine, rng):
    """Check how the answer changes when all units change sign."""
    require = partial(expect, machine=machine, method="mirror_sign")
    hidden = outcomes(machine, rng)
    answers = signs_of(machine, "output", hidden)
    remedy = "say 1, -1, or None if there is no such rule"
    try:
        said = mirror_sign(machine)
    except Exception as cause:
        require(False, problem=f"raised {cause!r}", remedy=remedy)
    require(said in (1, -1, None), problem=f"is {shown(said)}", remedy=remedy)
    if said is None:
        return
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
    expect_scaling(machine, fields, "is_monotone")
    worst = np.min(call(machine, "smooth", fields, _BETA)[1])
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


def check_parameters(machine, rng):
    """Check that machines with `get_params` store the arguments of the constructor."""
    if not hasattr(machine, "get_params"):
        return
    require = partial(expect, machine=machine, method="get_params")
    remedy = "store each argument of the constructor under its name, as it is"
    try:
        params = machine.get_params(deep=False)
        again = type(machine)(**params).get_params(deep=False)
    except Exception as cause:
        require(False, problem=f"raised {cause!r}", remedy=remedy)
    changed = [name for name in params if again[name] is not params[name]]
    problem = f"the constructor changed {changed}"
    require(not changed, problem=problem, remedy=remedy)
