"""Measure the models that the checks of a measure try, and look at the numbers."""

import inspect
import warnings
from contextlib import redirect_stdout
from io import StringIO
from numbers import Real

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from skwfm import plugins
from skwfm._shown import shown
from skwfm.architectures import Architecture, FullCommittee
from skwfm.classifiers import LALClassifier
from skwfm.landscape.measure import Curve
from skwfm.testing._promises import expect, global_random_state

# Few enough patterns for a tiny committee to learn all of them.
_N_SAMPLES, _N_FEATURES = 16, 15
N_HIDDEN = 3
SEED = 0
DRAW = "draw from a Generator made from random_state"
_ACCEPT = (
    "accept model (also in a pipeline: skwfm.landscape.read_model), X and y "
    "(read-only) and random_state"
)
_LABELS = (-1, 1), (0, 1), ("no", "yes")
_READ_LABELS = (
    "compare y with predictions or model.classes_, or read both by "
    "skwfm.landscape.read_model, whose problem has labels of -1 and 1"
)
# The same sums of the same numbers.
_ROUNDING = 1e-9


class _Plain(FullCommittee):
    """A committee without the optional methods that a measure may need."""

    smooth, channel = Architecture.smooth, Architecture.channel


class _Smooth(_Plain):
    smooth = FullCommittee.smooth


class _Channel(_Plain):
    channel = FullCommittee.channel


# What an architecture has at least, by what a measure needs.
_LEAST = {"smooth": _Smooth, "channel": _Channel}


def example(labels=_LABELS[0], seed=SEED, architecture="full"):
    """A committee machine without training errors, its patterns and labels."""
    rng = np.random.default_rng(SEED)
    X = rng.choice([-1.0, 1.0], size=(_N_SAMPLES, _N_FEATURES))
    y = np.array(labels)[rng.permutation(np.repeat([0, 1], _N_SAMPLES // 2))]
    options = {"architecture": architecture, "n_hidden": N_HIDDEN}
    return LALClassifier(**options, random_state=seed).fit(X, y), X, y


def measured(measure, example, what="a committee machine", remedy=_ACCEPT):
    """Return the numbers of a measurement, and whether it warned."""
    before, printed = global_random_state(), StringIO()
    given = _parameters(measure)
    with warnings.catch_warnings(record=True) as caught, redirect_stdout(printed):
        warnings.simplefilter("always")
        values = numbers(
            measure, measure.values(result(measure, example, what, remedy))
        )
    problem = f"prints {shown(printed.getvalue()[:40])}"
    expect(not printed.getvalue(), measure, "__call__", problem, "print nothing")
    unchanged = global_random_state() == before
    problem = "changes the state of NumPy's or Python's global random numbers"
    expect(unchanged, measure, "__call__", problem, DRAW)
    after = _parameters(measure)
    for name, (value, text) in given.items():
        problem = f"changes the measure's own {name}, which was {text}"
        remedy = "leave it as it is (a frozen dataclass cannot be changed)"
        same = name in after and after[name][0] == value
        expect(same, measure, "__call__", problem, remedy)
    return values, bool(caught)


def _parameters(measure):
    """What a measure was made with, as hashes and texts."""
    names = {name for name in getattr(measure, "__dict__", {}) if name[0] != "_"}
    if type(measure).__init__ is not object.__init__:
        names.update(inspect.signature(type(measure)).parameters)
    found = {}
    for name in sorted(name for name in names if hasattr(measure, name)):
        value = getattr(measure, name)
        try:
            found[name] = joblib.hash(value), shown(value)
        except Exception:  # what cannot be pickled is another check's subject
            continue
    return found


def numbers(measure, values):
    """The values as floats, if they are finite real numbers or NaN."""
    found = real_numbers(values)
    remedy = "give real numbers, or NaN with a warning"
    expect(found is not None, measure, "values", f"gave {shown(values)}", remedy)
    remedy = "give finite numbers, or NaN with a warning"
    finite = not np.isinf(found).any()
    expect(finite, measure, "values", f"gave {shown(values)}", remedy)
    return found


def real_numbers(values):
    """An array of floats; None if any value is something else, such as text."""
    try:
        array = np.array(values)
    except (TypeError, ValueError):
        return None
    are_real = array.dtype.kind in "iufb" or (
        array.dtype.kind == "O" and all(isinstance(v, Real) for v in array.flat)
    )
    return array.astype(float) if are_real else None


def result(measure, example, what="a committee machine", remedy=_ACCEPT):
    """Measure on read-only patterns, as a comparison passes them."""
    model, X, y = example
    X, y = X.copy(), y.copy()
    X.flags.writeable = y.flags.writeable = False
    try:
        return measure(model, X, y, random_state=SEED)
    except Exception as cause:
        raise AssertionError(
            f"{type(measure).__name__}.__call__: measuring {what} raised {cause!r}; "
            f"{remedy}."
        ) from cause


def check_labels(measure, values):
    """Check that it does not matter what the two labels are called."""
    for labels in _LABELS[1:]:
        what = f"a committee machine with labels {labels}"
        found, _ = measured(measure, example(labels), what, _READ_LABELS)
        same = found.shape == values.shape and np.allclose(
            found, values, rtol=_ROUNDING, atol=_ROUNDING, equal_nan=True
        )
        problem = f"gave {found} for labels {labels}, {values} for labels {_LABELS[0]}"
        expect(same, measure, "__call__", problem, _READ_LABELS)


def check_any_classifier(measure, values):
    """Check that a measure of any classifier reads nothing that only some have."""
    if measure.needs != "classifier":
        return
    _, X, y = example()
    for model in (LogisticRegression(), GaussianNB()):
        what = f"a {type(model).__name__}, as needs='classifier' allows,"
        remedy = "set needs='committee', or call predict alone"
        found, _ = measured(measure, (model.fit(X, y), X, y), what, remedy)
        problem = f"gave shape {found.shape} for {what[:-1]}"
        fits = found.shape == values.shape
        expect(fits, measure, "values", problem, "give one number for each column")


def check_least_architecture(measure, values):
    """Check that a measure calls no optional method but the one that it needs."""
    machine = _LEAST.get(measure.needs, _Plain)
    lacks = " and ".join(name for name in _LEAST if name != measure.needs)
    what = f"a committee machine without {lacks}, as needs={measure.needs!r} allows,"
    remedy = "call no other method, or name the one that it calls in needs"
    found, _ = measured(measure, example(architecture=machine), what, remedy)
    fits = found.shape == values.shape
    problem = f"gave shape {found.shape} for {what[:-1]}"
    expect(fits, measure, "values", problem, "give one number for each column")


def check_curve(measure, shown_example):
    """Check the curve, if there is one, and that all models have its positions."""
    if not hasattr(measure, "curve"):
        return
    curve = _curve(measure, shown_example)
    if curve is None:
        return
    other = _curve(measure, example(seed=SEED + 1))
    same = other is None or _are_on_one_grid(curve.x, other.x)
    problem = "gave other x for another model"
    remedy = "give positions that depend on the parameters of the measure alone"
    expect(same, measure, "curve", problem, remedy)


def _are_on_one_grid(first, second):
    """Whether one list of positions holds the other; models may lack points."""
    short, long = sorted((real_numbers(first), real_numbers(second)), key=len)
    return bool(np.isin(short[np.isfinite(short)], long).all())


def _curve(measure, shown_example):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = measure.curve(result(measure, shown_example))
    if given is None:
        return None
    fits = isinstance(given, Curve) and _are_points(given)
    remedy = "give a skwfm.landscape.Curve with as many x as y, all real numbers"
    expect(fits, measure, "curve", f"gave {shown(given)}", remedy)
    scales = "linear", "log"
    problem = f"gave yscale={shown(given.yscale)}"
    is_scale = given.yscale in scales
    expect(is_scale, measure, "curve", problem, f"use one of {scales}")
    return given


def _are_points(curve):
    points = [curve.x, curve.y] + ([] if curve.error is None else [curve.error])
    arrays = [real_numbers(values) for values in points]
    return all(
        array is not None and array.ndim == 1 and array.shape == arrays[0].shape
        for array in arrays
    )


def check_names(measure):
    """Check that a measure of another package takes no name that tables have."""
    from skwfm.experiments.study.records import COLUMNS  # loads all of a comparison

    entries = [p for p in plugins.available("measures") if p.builtin]
    built_in = [plugins.get("measures", entry.name) for entry in entries]
    if type(measure) in built_in:
        return
    for made in (kind() for kind in built_in):
        owner = f"that of the built-in {type(made).__name__}"
        problem = f"is {shown(measure.name)}, {owner}"
        free = measure.name != made.name
        expect(free, measure, "name", problem, "choose another name")
        _expect_free(measure, made.columns, owner)
    _expect_free(measure, COLUMNS, "which the tables of a comparison have themselves")


def _expect_free(measure, columns, owner):
    taken = ", ".join(sorted(set(measure.columns) & set(columns)))
    problem = f"has {taken}, {owner}"
    expect(not taken, measure, "columns", problem, "choose other names")
