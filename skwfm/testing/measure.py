"""Check that a measure keeps the promises of its interface."""

from __future__ import annotations

import inspect
import pickle
import warnings
from contextlib import redirect_stdout
from functools import cache, partial
from io import StringIO

import joblib
import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skwfm._shown import shown
from skwfm.classifiers import LALClassifier
from skwfm.landscape import MeasureTransformer, flatten_solutions, measure_scorer
from skwfm.landscape.measure import NEEDS, Curve
from skwfm.testing._promises import expect, global_random_state

__all__ = ["check_measure", "measure_checks"]

# Few enough patterns for a tiny committee to learn all of them.
_N_SAMPLES, _N_FEATURES, _N_HIDDEN = 16, 15, 3
_SEED = 0
_DRAW = "draw from a Generator made from random_state"


def check_measure(measure: object) -> None:
    """Check that a measure can be used by scorers, transformers and comparisons.

    Parameters
    ----------
    measure : type or object
        Measure class, which is instantiated without arguments, or an instance.

    Raises
    ------
    AssertionError
        At the first broken promise; it names the attribute or method and the remedy.

    Notes
    -----
    The measure is taken of a committee of three units that has learned 16 patterns.

    Examples
    --------
    >>> from skwfm.testing import check_measure
    >>> from skwfm.landscape.measures import Manifold
    >>> check_measure(Manifold)
    """
    for _, check in measure_checks(measure):
        check()


def measure_checks(measure):
    """Give the checks of a measure, one after the other.

    Parameters
    ----------
    measure : type or object
        Measure class or instance.

    Yields
    ------
    name : str
        What is checked.
    check : callable
        Raises `AssertionError` if it does not keep its promise.
    """
    example = _example()
    before = joblib.hash(example)
    made = cache(partial(_made, measure))
    values = cache(lambda: _check_values(made(), example))
    yield "attributes", lambda: _check_attributes(made())
    yield "values", values
    yield "curve", lambda: _check_curve(made(), example)
    yield "nothing changes", lambda: _check_nothing_changes(made(), example, before)
    for check in (
        _check_repetition,
        _check_pickle,
        _check_pipeline,
        _check_scorer,
        _check_transformer,
        _check_tree,
    ):
        name = check.__name__.removeprefix("_check_")
        yield name, partial(_on_values, check, made, example, values)


def _on_values(check, made, example, values):
    check(made(), example, values())


def _made(measure):
    if not inspect.isclass(measure):
        return measure
    try:
        return measure()
    except Exception as cause:
        raise AssertionError(
            f"{measure.__name__}: the constructor without arguments raised {cause!r}; "
            "give every parameter a default, and write columns, __call__ and values."
        ) from cause


def _check_attributes(measure):
    inherit = "inherit from skwfm.landscape.Measure, or set it"
    for name in ("name", "columns", "unit", "greater_is_better", "needs"):
        expect(hasattr(measure, name), measure, name, "not there", inherit)
    for name in ("__call__", "values"):
        there = callable(getattr(measure, name, None))
        expect(there, measure, name, "not there", "write this method")
    name, unit, needs = measure.name, measure.unit, measure.needs
    is_name = isinstance(name, str) and name.isidentifier()
    expect(is_name, measure, "name", f"is {shown(name)}", "use letters, digits and _")
    expect(
        isinstance(unit, str), measure, "unit", f"is {shown(unit)}", "make it a string"
    )
    expect(
        needs in NEEDS, measure, "needs", f"is {shown(needs)}", f"use one of {NEEDS}"
    )
    better = measure.greater_is_better
    problem = f"is {shown(better)}"
    is_bool = isinstance(better, bool)
    expect(is_bool, measure, "greater_is_better", problem, "make it True or False")
    columns = measure.columns
    are_names = (
        isinstance(columns, (tuple, list))
        and len(columns) > 0
        and all(isinstance(column, str) and column for column in columns)
        and len(set(columns)) == len(columns)
    )
    problem = f"is {shown(columns)}"
    expect(are_names, measure, "columns", problem, "give a tuple of different names")


def _example():
    """A committee machine without training errors, its patterns and labels."""
    rng = np.random.default_rng(_SEED)
    X = rng.choice([-1.0, 1.0], size=(_N_SAMPLES, _N_FEATURES))
    y = rng.permutation(np.repeat([-1, 1], _N_SAMPLES // 2))
    model = LALClassifier(n_hidden=_N_HIDDEN, random_state=_SEED).fit(X, y)
    return model, X, y


def _measured(measure, example):
    """Return the numbers of a measurement, and whether it warned."""
    before, printed = global_random_state(), StringIO()
    with warnings.catch_warnings(record=True) as caught, redirect_stdout(printed):
        warnings.simplefilter("always")
        values = _numbers(measure, measure.values(_result(measure, example)))
    problem = f"prints {shown(printed.getvalue()[:40])}"
    expect(not printed.getvalue(), measure, "__call__", problem, "print nothing")
    unchanged = global_random_state() == before
    what = "changes the state of NumPy's or Python's global random numbers"
    expect(unchanged, measure, "__call__", what, _DRAW)
    return values, bool(caught)


def _numbers(measure, values):
    """The values as floats, if they are real numbers."""
    try:
        if not np.iscomplexobj(values):
            return np.array(values, dtype=float)
    except (TypeError, ValueError):
        pass
    problem = f"gave {shown(values)}"
    expect(
        False, measure, "values", problem, "give real numbers, or NaN with a warning"
    )


def _result(measure, example):
    """Measure on read-only patterns, as a comparison passes them."""
    model, X, y = example
    X, y = X.copy(), y.copy()
    X.flags.writeable = y.flags.writeable = False
    try:
        return measure(model, X, y, random_state=_SEED)
    except Exception as cause:
        raise AssertionError(
            f"{type(measure).__name__}.__call__: measuring a committee machine raised "
            f"{cause!r}; accept model (also in a pipeline: "
            "skwfm.landscape.read_model), X and y (read-only) and random_state."
        ) from cause


def _check_values(measure, example):
    values, warned = _measured(measure, example)
    n_columns = len(measure.columns)
    shape = f"gave an array of shape {values.shape} for {n_columns} columns"
    right = values.shape == (n_columns,)
    expect(right, measure, "values", shape, "give one number for each column")
    lost = np.isnan(values).any() and not warned
    remedy = "warn, and say what to do, where there is no number"
    expect(not lost, measure, "values", "gave NaN without a warning", remedy)
    return values


def _check_curve(measure, example):
    if not hasattr(measure, "curve"):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = measure.curve(_result(measure, example))
    if given is None:
        return
    try:
        curve = Curve(*given)
        points = [np.array(p, dtype=float) for p in (curve.x, curve.y)]
        fits = points[0].ndim == 1 and points[0].shape == points[1].shape
    except (TypeError, ValueError):
        fits = False
    remedy = "give a skwfm.landscape.Curve with as many x as y"
    expect(fits, measure, "curve", f"gave {shown(given)}", remedy)


def _check_repetition(measure, example, values):
    again, _ = _measured(measure, example)
    same = np.array_equal(values, again, equal_nan=True)
    what = "two calls with the same random_state differ"
    expect(same, measure, "__call__", what, _DRAW)


def _check_nothing_changes(measure, example, before):
    """Here patterns can be written to, and must not be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        measure.values(measure(*example, random_state=_SEED))
    same = joblib.hash(example) == before
    what = "changes the model, X or y"
    expect(same, measure, "__call__", what, "work on copies")


def _check_pickle(measure, example, values):
    remedy = "define the class at the top of a module and keep its state plain"
    try:
        copy = pickle.loads(pickle.dumps(measure))
    except Exception as cause:
        what = f"pickling raised {cause!r}"
        expect(False, measure, "__reduce__", what, remedy)
    same = np.array_equal(_measured(copy, example)[0], values, equal_nan=True)
    what = "an unpickled copy gives other numbers"
    expect(same, measure, "__reduce__", what, remedy)


def _check_pipeline(measure, example, values):
    model, X, y = example
    pipeline = Pipeline([("same", FunctionTransformer().fit(X)), ("model", model)])
    found, _ = _measured(measure, (pipeline, X, y))
    same = np.array_equal(found, values, equal_nan=True)
    what = f"gave {found} for a pipeline, {values} for its last step"
    remedy = "read models by skwfm.landscape.read_model"
    expect(same, measure, "__call__", what, remedy)


def _check_tree(measure, example, values):
    """Units that see some of the inputs, in single precision, without intercepts."""
    # So few patterns that there are more weights; labelled without errors.
    X = example[1][:8].astype(np.float32)
    options = {"n_hidden": _N_HIDDEN, "fit_intercept": False, "random_state": _SEED}
    model = LALClassifier(architecture="tree", **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = model.fit(X, example[2][:8]).predict(X)
        try:
            found = measure.values(measure(model, X, y, random_state=_SEED))
        except Exception as cause:
            raise AssertionError(
                f"{type(measure).__name__}.__call__: raised {cause!r} for float32 "
                "patterns and a model with architecture='tree' and "
                "fit_intercept=False; use skwfm.landscape.read_model."
            ) from cause
    shape = _numbers(measure, found).shape
    problem = f"gave shape {shape} with architecture='tree'"
    fits = shape == values.shape
    expect(fits, measure, "values", problem, "give one number for each column")


def _check_scorer(measure, example, values):
    sign = 1 if measure.greater_is_better else -1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores = [measure_scorer(measure, column=c)(*example) for c in measure.columns]
    same = np.array_equal(scores, sign * values, equal_nan=True)
    what = f"a scorer gave {scores} where the measure gave {values}"
    expect(same, measure, "values", what, "make it depend on the result alone")


def _check_transformer(measure, example, values):
    """Rows of weights become machines with the attributes of a fitted classifier."""
    model, X, y = example
    transformer = MeasureTransformer(measure, X, y, n_hidden=_N_HIDDEN)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (row,) = transformer.fit_transform(flatten_solutions([model]))
    except Exception as cause:
        raise AssertionError(
            f"{type(measure).__name__}.__call__: in a MeasureTransformer it raised "
            f"{cause!r}; read nothing of a model but predict, coef_, intercept_, "
            "intercept_scaling_, classes_ and architecture_."
        ) from cause
    # Weights are divided by their norms, which are 1 up to rounding.
    same = np.allclose(row, values, rtol=1e-5, atol=1e-8, equal_nan=True)
    what = f"a transformer gave {row} where the measure gave {values}"
    remedy = "make it depend on the weights, not on the estimator"
    expect(same, measure, "__call__", what, remedy)
