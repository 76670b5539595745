"""Check that an architecture keeps the promises of its interface.

Each promise is checked in another way than a plugin would compute it: derivatives by
finite differences, the channel by summing over all states of the hidden units, the
least-action rule by following it until the pattern is right.
"""

from __future__ import annotations

import inspect
import operator
import pickle
from contextlib import redirect_stdout, suppress
from functools import partial
from io import StringIO
from numbers import Integral

import numpy as np

from skwfm._shown import shown
from skwfm.testing._channel import check_channel, check_pair_probability
from skwfm.testing._declared import (
    check_fields,
    check_mirror_sign,
    check_monotone,
    check_parameters,
    check_theory_name,
)
from skwfm.testing._optional import (
    check_curvature,
    check_single_precision,
    check_smooth,
    check_unit_to_fix,
)
from skwfm.testing._probe import (
    MAX_ENUMERATED,
    call,
    call_array,
    expect,
    expect_rows_alone,
    outcomes,
    signs_of,
)
from skwfm.testing._promises import global_random_state

__all__ = ["architecture_checks", "check_architecture"]

# The default of all classifiers first; then one unit, many, and even numbers.
_DEFAULT = 9
_SIZES = (_DEFAULT, 3, 1, 11, 2, 4)

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
        Architecture class, checked at 9, 3, 1, 11, 2 and 4 hidden units and at its
        default, or an instance.

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
        sizes = _sizes(architecture)
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


def _sizes(architecture):
    """Numbers of units to try: there is another default where 9 are impossible."""
    with suppress(Exception):
        default = architecture().n_hidden
        return tuple(dict.fromkeys((*_SIZES, operator.index(default))))
    return _SIZES


def _made(architecture, size):
    """An instance of that size; None if there is none, as the constructor may say."""
    with suppress(Exception):
        return architecture(n_hidden=size)
    return None


def _skip_size(architecture, size):
    try:
        architecture(n_hidden=size)
    except ValueError as reason:
        told = str(reason)
        if size == _DEFAULT:
            told += (
                f" (Classes that cannot be made with n_hidden={_DEFAULT} cannot be "
                "registered as plugins: pass the class, with n_hidden, or an instance.)"
            )
        raise NotImplementedError(told) from reason
    except Exception as cause:
        raise AssertionError(
            f"{architecture.__name__}: the constructor with n_hidden={size} raised "
            f"{cause!r}; raise ValueError if this number of units is impossible."
        ) from cause


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
    default = _construct(architecture)
    expected = None if _refuses_default(architecture) else _DEFAULT
    _check_n_hidden(default, expected)
    sizes = _sizes(architecture)
    made = {size: _made(architecture, size) for size in sizes}
    for size, machine in made.items():
        if machine is not None:
            _check_n_hidden(machine, size)
    if all(machine is None for machine in made.values()):
        raise AssertionError(
            f"{architecture.__name__}: the constructor raised an error for each "
            f"n_hidden of {sizes}; accept at least the default as an argument."
        )


def _refuses_default(architecture):
    """Whether it says by a ValueError that its units are never 9."""
    try:
        _construct(architecture, n_hidden=_DEFAULT)
    except AssertionError as error:
        if not isinstance(error.__cause__, ValueError):
            raise
        return True
    return False


def _construct(architecture, **parameters):
    try:
        return architecture(**parameters)
    except Exception as cause:
        raise AssertionError(
            f"{architecture.__name__}: the constructor with {parameters or 'no'} "
            f"arguments raised {cause!r}; declare __init__(self, n_hidden=9), with "
            "another default if 9 units are impossible."
        ) from cause


def _check_n_hidden(machine, expected):
    found = getattr(machine, "n_hidden", None)
    is_count = isinstance(found, Integral) and found >= 1
    if not is_count or (expected is not None and found != expected):
        raise AssertionError(
            f"{type(machine).__name__}: attribute n_hidden is {shown(found)}, expected "
            f"{expected or 'a positive integer'}; store the constructor's n_hidden."
        )


def _check_output(machine, rng):
    hidden = outcomes(machine, rng)
    signs = signs_of(machine, "output", hidden)
    n_states = f"2^{machine.n_hidden} states"
    tried = "all" if len(hidden) == 2**machine.n_hidden else f"{len(hidden)} of"
    problem = f"gave {signs[0]} for {tried} {n_states} of the hidden units"
    remedy = "both labels must be possible, or the constructor must raise ValueError"
    if tried != "all":
        remedy += f" (with {MAX_ENUMERATED} units all states are tried)"
    expect(set(signs) == {-1, 1}, machine, "output", problem, remedy)
    _check_rows(machine, "output", hidden, rng)


def _check_rows(machine, method, hidden, rng):
    def answers(rows):
        return (call_array(machine, method, hidden[rows]),)

    expect_rows_alone(machine, method, answers, ["the answer"], len(hidden), rng)


def _check_decision(machine, rng):
    require = partial(expect, machine=machine, method="decision")
    hidden = outcomes(machine, rng)
    values = call_array(machine, "decision", hidden)
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
    _check_rows(machine, "decision", hidden, rng)


def _check_pickle(machine, rng):
    require = partial(expect, machine=machine, method="__reduce__")
    remedy = "define the class at the top of a module and keep its state plain"
    hidden = outcomes(machine, rng)
    try:
        copy = pickle.loads(pickle.dumps(machine))
    except Exception as cause:
        require(False, problem=f"pickling raised {cause!r}", remedy=remedy)
    given, found = (call(m, "output", hidden) for m in (machine, copy))
    same = np.array_equal(found, given)
    require(same, problem="an unpickled copy gives other outputs", remedy=remedy)


_REQUIRED_CHECKS = {
    "receptive_fields": check_fields,
    "output": _check_output,
    "decision": _check_decision,
    "mirror_sign": check_mirror_sign,
    "theory_name": check_theory_name,
    "get_params": check_parameters,
    "__reduce__": _check_pickle,
}
