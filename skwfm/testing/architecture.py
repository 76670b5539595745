"""Check that an architecture keeps the promises of its interface.

Each promise is checked in another way than a plugin would compute it: derivatives by
finite differences, the channel by summing over all states of the hidden units, the
least-action rule by following it until the pattern is right.
"""

from __future__ import annotations

import inspect
import pickle
from contextlib import redirect_stdout, suppress
from functools import partial
from io import StringIO
from numbers import Integral

import numpy as np

from skwfm._shown import shown
from skwfm.testing._optional import (
    check_channel,
    check_curvature,
    check_smooth,
    check_unit_to_fix,
)
from skwfm.testing._pairs import check_pair_probability
from skwfm.testing._probe import call, expect, outcomes, signs_of
from skwfm.testing._promises import global_random_state
from skwfm.testing._single_precision import check_single_precision
from skwfm.testing._symmetries import (
    check_mirror_sign,
    check_monotone,
    check_theory_name,
)

__all__ = ["architecture_checks", "check_architecture"]

# The default first; one unit, and more than can be enumerated.
_SIZES = (9, 3, 1, 11)

_OPTIONAL_CHECKS = {
    "smooth": check_smooth,
    "smooth(order=2)": check_curvature,
    "unit_to_fix": check_unit_to_fix,
    "channel": check_channel,
    "pair_probability": check_pair_probability,
    "is_monotone": check_monotone,
    "float32": check_single_precision,
}


def check_architecture(architecture: object) -> tuple[str, ...]:
    """Check that an architecture can be used by every part of the package.

    Parameters
    ----------
    architecture : type or object
        Architecture class, checked at 9, 3, 1 and 11 hidden units, or an instance.

    Returns
    -------
    skipped : tuple of str
        What could not be checked because the architecture does not have it: names of
        optional methods that raise `NotImplementedError` (``"smooth"``,
        ``"smooth(order=2)"``, ``"unit_to_fix"``, ``"channel"``), and numbers of units
        for which the constructor raises `ValueError`, such as ``"n_hidden=3"``.

    Raises
    ------
    AssertionError
        At the first broken promise; it names the method, the input and the remedy.

    Examples
    --------
    >>> from skwfm.testing import check_architecture
    >>> from skwfm.architectures import TreeCommittee
    >>> "smooth" in check_architecture(TreeCommittee)
    False
    """
    skipped = []
    for name, check in architecture_checks(architecture):
        try:
            check()
        except NotImplementedError:
            skipped.append(name.rpartition(": ")[2])
    return tuple(dict.fromkeys(skipped))


def architecture_checks(architecture):
    """Give the checks of an architecture, one after the other.

    Parameters
    ----------
    architecture : type or object
        Architecture class or instance.

    Yields
    ------
    name : str
        The machine, and the method that is checked.
    check : callable
        Raises `AssertionError` if it does not keep its promise, and
        `NotImplementedError` if it makes none.
    """
    if inspect.isclass(architecture):
        yield "constructor", partial(_check_constructor, architecture)
        sizes = _SIZES
    else:
        yield "n_hidden", partial(_check_n_hidden, architecture, None)
        sizes = [None]
    for size in sizes:
        make = architecture
        if size is not None:
            make = _made(architecture, size)
            if make is None:
                yield f"n_hidden={size}", partial(_skip_size, architecture, size)
                continue
        title = f"{type(make).__name__}(n_hidden={getattr(make, 'n_hidden', '?')})"
        for method, check in _REQUIRED_CHECKS.items():
            yield f"{title}: {method}", partial(_required, method, check, make)
        for method, check in _OPTIONAL_CHECKS.items():
            yield f"{title}: {method}", partial(_run, method, check, make)


def _made(architecture, size):
    """An instance of that size; None if there is none, as the constructor may say."""
    with suppress(Exception):
        return architecture(n_hidden=size)
    return None


def _skip_size(architecture, size):
    try:
        architecture(n_hidden=size)
    except ValueError as reason:
        raise NotImplementedError(str(reason)) from reason


def _run(method, check, machine):
    """Run a check that must neither print nor change global random numbers."""
    require = partial(expect, machine=machine, method=method)
    before, printed = global_random_state(), StringIO()
    with redirect_stdout(printed):
        check(machine, np.random.default_rng(0))
    unchanged = global_random_state() == before
    problem = "changes the state of NumPy's or Python's global random numbers"
    require(unchanged, problem=problem, remedy="compute it from the arguments alone")
    problem = f"printed {shown(printed.getvalue()[:40])}"
    require(not printed.getvalue(), problem=problem, remedy="print nothing")


def _required(method, check, machine):
    try:
        _run(method, check, machine)
    except NotImplementedError as cause:
        raise AssertionError(
            f"{type(machine).__name__}.{method}: not implemented; write it, it is "
            "not optional."
        ) from cause


def _check_constructor(architecture):
    _check_n_hidden(_construct(architecture, n_hidden=9), 9)
    _check_n_hidden(_construct(architecture), 9)
    for size in _SIZES:
        made = _made(architecture, size)
        if made is not None:
            _check_n_hidden(made, size)


def _construct(architecture, **parameters):
    try:
        return architecture(**parameters)
    except Exception as cause:
        raise AssertionError(
            f"{architecture.__name__}: the constructor with {parameters or 'no'} "
            f"arguments raised {cause!r}; declare __init__(self, n_hidden=9)."
        ) from cause


def _check_n_hidden(machine, expected):
    found = getattr(machine, "n_hidden", None)
    is_count = isinstance(found, Integral) and found >= 1
    if not is_count or (expected is not None and found != expected):
        raise AssertionError(
            f"{type(machine).__name__}: attribute n_hidden is {shown(found)}, expected "
            f"{expected or 'a positive integer'}; store the constructor's n_hidden."
        )


def _check_fields(machine, rng):
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


def _check_output(machine, rng):
    require = partial(expect, machine=machine, method="output")
    hidden = rng.permutation(outcomes(machine, rng))
    signs = signs_of(machine, "output", hidden)
    both = f"gave {signs[0]} for every outcome of the hidden units"
    require(set(signs) == {-1, 1}, problem=both, remedy="both labels must be possible")
    alone = [signs_of(machine, "output", row[np.newaxis])[0] for row in hidden[:32]]
    backwards = signs_of(machine, "output", hidden[::-1])[::-1]
    same = np.array_equal(alone, signs[:32]) and np.array_equal(backwards, signs)
    problem = "a row's answer depends on the other rows, or on chance"
    require(same, problem=problem, remedy="compute each row from itself alone")


def _check_decision(machine, rng):
    require = partial(expect, machine=machine, method="decision")
    hidden = outcomes(machine, rng)
    values = np.asarray(call(machine, "decision", hidden))
    shape = f"gave shape {values.shape} for {len(hidden)} rows"
    require(values.shape == (len(hidden),), problem=shape, remedy="give one per row")
    finite = np.isrealobj(values) and np.isfinite(values).all()
    require(
        finite, problem="gave values that are not finite", remedy="give real numbers"
    )
    signs = np.where(values > 0, 1, -1)
    bad = np.flatnonzero(signs != signs_of(machine, "output", hidden))[:1]
    problem = f"gave {values[bad]} for hidden = {hidden[bad]}, against output"
    remedy = "be positive exactly where output is +1"
    require(not bad.size, problem=problem, remedy=remedy)


def _check_parameters(machine, rng):
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


def _check_pickle(machine, rng):
    require = partial(expect, machine=machine, method="__reduce__")
    remedy = "define the class at the top of a module and keep its state plain"
    hidden = outcomes(machine, rng)
    try:
        copy = pickle.loads(pickle.dumps(machine))
    except Exception as cause:
        require(False, problem=f"pickling raised {cause!r}", remedy=remedy)
    same = np.array_equal(copy.output(hidden), machine.output(hidden))
    require(same, problem="an unpickled copy gives other outputs", remedy=remedy)


_REQUIRED_CHECKS = {
    "receptive_fields": _check_fields,
    "output": _check_output,
    "decision": _check_decision,
    "mirror_sign": check_mirror_sign,
    "theory_name": check_theory_name,
    "get_params": _check_parameters,
    "__reduce__": _check_pickle,
}
