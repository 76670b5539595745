"""Calls, comparisons and derivatives shared by the checks of an architecture."""

import itertools
from functools import partial

import numpy as np

# Up to this many units all 2**n_hidden states are tried, above it a sample of them.
MAX_ENUMERATED = 12
_N_SAMPLED = 1024
# Rows that are also given alone.
_N_ALONE = 16
# Sums in another order, as BLAS may take for one row and for many.
_ROW_ROUNDING = 1e-9
# Fourth-order differences of functions that vary over lengths of about 1 have errors of
# about 1e-11 (truncation, and rounding over the step); wrong formulas, of 1e-2 or more.
_STEP = 1e-3
_TOLERANCE = 1e-7


def expect(holds, machine, method, problem, remedy):
    """Raise an AssertionError with method, problem and remedy, or pass."""
    if not holds:
        name = f"{type(machine).__name__}(n_hidden={machine.n_hidden}).{method}"
        raise AssertionError(f"{name}: {problem}; {remedy}.")


def call(machine, method, *inputs, **options):
    """Call a method with read-only inputs, as memory-mapped patterns would be.

    Parameters
    ----------
    machine : object
        Architecture instance.
    method : str
        Name of the method.
    *inputs : ndarray or float
        Positional arguments; arrays are copied.
    **options : object
        Keyword arguments.

    Returns
    -------
    result : object
        What the method returned.

    Raises
    ------
    AssertionError
        If the method raised anything but `NotImplementedError`.
    NotImplementedError
        If it did, or there is no such method.
    """
    if not hasattr(machine, method):
        raise NotImplementedError(f"{type(machine).__name__} has no {method}")
    inputs = [_read_only(value) for value in inputs]
    try:
        return getattr(machine, method)(*inputs, **options)
    except NotImplementedError:
        raise
    except Exception as cause:
        shapes = ", ".join(f"shape {np.shape(value)}" for value in inputs)
        kinds = {str(v.dtype) for v in inputs if isinstance(v, np.ndarray)}
        raise AssertionError(
            f"{type(machine).__name__}(n_hidden={machine.n_hidden}).{method} raised "
            f"{cause!r} for inputs of {shapes} and {options or 'no options'}; "
            f"accept read-only {' and '.join(sorted(kinds))} arrays, and if the method "
            "is optional inherit from skwfm.architectures.Architecture."
        ) from cause


def _read_only(value):
    if isinstance(value, np.ndarray):
        value = value.copy()
        value.setflags(write=False)
    return value


def call_array(machine, method, *inputs):
    """Call a method that returns one array.

    Parameters
    ----------
    machine : object
        Architecture instance.
    method : str
        Name of the method.
    *inputs : ndarray
        As in `call`.

    Returns
    -------
    result : ndarray
        What the method returned.

    Raises
    ------
    AssertionError
        If it is no array, or the method raised anything but `NotImplementedError`.
    NotImplementedError
        As in `call`.
    """
    result = call(machine, method, *inputs)
    expect_arrays([result], ["a result"], machine, method)
    return result


def expect_arrays(results, names, machine, method):
    """Expect arrays, which the package multiplies and compares as they are.

    Parameters
    ----------
    results : sequence of object
        The plugin's.
    names : sequence of str
        Their names.
    machine : object
        Architecture instance.
    method : str
        Name of the method.
    """
    for result, name in zip(results, names, strict=True):
        problem = f"gave {name} of type {type(result).__name__}"
        is_array = isinstance(result, np.ndarray)
        expect(is_array, machine, method, problem, "return a NumPy array")


def outcomes(machine, rng):
    """Return the rows of signs that the hidden units can show.

    Parameters
    ----------
    machine : object
        Architecture instance.
    rng : numpy.random.Generator or None
        Draws a sample if there are too many; may be None if there are not.

    Returns
    -------
    hidden : ndarray of shape (n_rows, n_hidden)
        All of them up to `MAX_ENUMERATED` units. Of more units those where all agree,
        or all but one, and a sample in which the share of each sign is uniform: rules
        that ask for many equal signs have both answers there.
    """
    n_hidden = machine.n_hidden
    if n_hidden <= MAX_ENUMERATED:
        rows = itertools.product((-1.0, 1.0), repeat=n_hidden)
        return np.array(list(rows))
    near = np.vstack([np.ones(n_hidden), 1 - 2 * np.eye(n_hidden)])
    shares = rng.random((_N_SAMPLED, 1))
    drawn = np.where(rng.random((_N_SAMPLED, n_hidden)) < shares, 1.0, -1.0)
    return np.vstack([near, -near, drawn])


def signs_of(machine, method, hidden):
    """Return a method's result after checking that it is a sign per row.

    Parameters
    ----------
    machine : object
        Architecture instance.
    method : str
        Name of the method.
    hidden : ndarray of shape (n_rows, n_hidden)
        States of the units.

    Returns
    -------
    signs : ndarray of shape (n_rows,)
        The result, +-1.
    """
    require = partial(expect, machine=machine, method=method)
    signs = call_array(machine, method, hidden)
    shape = f"gave shape {signs.shape} for {len(hidden)} rows"
    require(signs.shape == (len(hidden),), problem=shape, remedy="give one per row")
    bad = np.flatnonzero(np.abs(signs) != 1)
    problem = f"gave {signs[bad[:1]]} for hidden = {hidden[bad[:1]]}"
    require(not bad.size, problem=problem, remedy="give +1 or -1, never 0")
    return signs


def expect_rows_alone(machine, method, answers, names, n_rows, rng):
    """Expect that patterns do not matter to each other, nor their order or number.

    Parameters
    ----------
    machine : object
        Architecture instance.
    method : str
        Name of the method.
    answers : callable
        Takes indices of rows, calls the method on these rows and returns a tuple of
        arrays with one entry each.
    names : sequence of str
        Names of these arrays.
    n_rows : int
        Rows that there are.
    rng : numpy.random.Generator
        Draws another order.
    """
    together, order = answers(np.arange(n_rows)), rng.permutation(n_rows)
    mixed = answers(order)
    n_alone = min(n_rows, _N_ALONE)
    alone = [answers(order[place : place + 1]) for place in range(n_alone)]
    alone = [np.concatenate(parts) for parts in zip(*alone, strict=True)]
    close = partial(np.allclose, rtol=_ROW_ROUNDING, atol=_ROW_ROUNDING / 1000)
    for name, rows, other, ones in zip(names, together, mixed, alone, strict=True):
        rows = rows[order]
        is_own = close(rows, other) and close(rows[:n_alone], ones)
        problem = f"{name} of a pattern depends on the other patterns or their order"
        if not is_own and not all(map(np.array_equal, mixed, answers(order))):
            problem = f"{name} depends on chance or on earlier calls"
        remedy = "compute each row from itself alone"
        expect(is_own, machine, method, problem, remedy)


def expect_double(arrays, names, machine, method):
    """Expect what was computed from inputs in float64 not to be rounded to less.

    Parameters
    ----------
    arrays : sequence of array-like
        The plugin's.
    names : sequence of str
        Their names.
    machine : object
        Architecture instance.
    method : str
        Name of the method.
    """
    expect_arrays(arrays, names, machine, method)
    for array, name in zip(arrays, names, strict=True):
        dtype = array.dtype
        coarse = dtype.kind == "f" and dtype.itemsize < np.dtype(float).itemsize
        problem = f"{name} has dtype {dtype} for inputs in float64"
        expect(not coarse, machine, method, problem, "compute and return it in float64")


def differences(function, point):
    """Differentiate by central differences of fourth order.

    Parameters
    ----------
    function : callable
        Maps (n_samples, n_hidden) to (n_samples, ...), sample by sample.
    point : ndarray of shape (n_samples, n_hidden)
        Where to differentiate.

    Returns
    -------
    derivatives : ndarray of shape (n_samples, n_hidden, ...)
        By the units along axis 1.
    """
    columns = []
    for unit in range(point.shape[1]):
        shift = np.zeros(point.shape[1])
        shift[unit] = _STEP
        near = function(point + shift) - function(point - shift)
        far = function(point + 2 * shift) - function(point - 2 * shift)
        columns.append((8 * near - far) / (12 * _STEP))
    return np.stack(columns, axis=1)


def expect_close(found, expected, machine, method, what, remedy):
    """Expect an array to equal the one found by another route.

    Parameters
    ----------
    found : array-like
        The plugin's.
    expected : ndarray
        Ours.
    machine : object
        Architecture instance.
    method : str
        Name of the method.
    what : str
        Name of the quantity.
    remedy : str
        What to do about it.
    """
    found = np.asarray(found)
    shape = f"{what} has shape {found.shape}, expected {expected.shape}"
    expect(found.shape == expected.shape, machine, method, shape, "see the interface")
    error = np.abs(found - expected) / np.maximum(1, np.abs(expected))
    worst = np.unravel_index(np.argmax(error), error.shape)
    problem = (
        f"{what} is {found[worst]} at index {tuple(map(int, worst))}, expected "
        f"{expected[worst]} within {_TOLERANCE:g}"
    )
    # Written so that a NaN fails.
    expect(np.all(error <= _TOLERANCE), machine, method, problem, remedy)
