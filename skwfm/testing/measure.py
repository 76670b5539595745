"""Check that a measure keeps the promises of its interface."""

from __future__ import annotations

import inspect
import pickle
import warnings
from functools import cache, partial

import joblib
import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skwfm._shown import shown
from skwfm.classifiers import LALClassifier
from skwfm.landscape import MeasureTransformer, flatten_solutions, measure_scorer
from skwfm.landscape.measure import NEEDS
from skwfm.testing._measured import (
    DRAW,
    N_HIDDEN,
    SEED,
    check_any_classifier,
    check_curve,
    check_labels,
    check_least_architecture,
    check_names,
    example,
    measured,
    numbers,
)
from skwfm.testing._promises import expect

__all__ = ["check_measure", "measure_checks"]


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
    learned = example()
    before = joblib.hash(learned)
    made = cache(partial(_made, measure))
    values = cache(lambda: _check_values(made(), learned))
    yield "attributes", lambda: _check_attributes(made())
    yield "values", values
    yield "curve", lambda: check_curve(made(), learned)
    yield "nothing changes", lambda: _check_nothing_changes(made(), learned, before)
    for check in (
        _check_repetition,
        _check_pickle,
        _check_pipeline,
        _check_scorer,
        _check_transformer,
        _check_tree,
    ):
        name = check.__name__.removeprefix("_check_")
        yield name, partial(_on_values, check, made, learned, values)
    yield "labels", lambda: check_labels(made(), values())
    yield "needs", lambda: check_any_classifier(made(), values())
    yield "optional methods", lambda: check_least_architecture(made(), values())
    yield "names", lambda: check_names(made())


def _on_values(check, made, learned, values):
    check(made(), learned, values())


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


def _check_values(measure, learned):
    values, warned = measured(measure, learned)
    n_columns = len(measure.columns)
    shape = f"gave an array of shape {values.shape} for {n_columns} columns"
    right = values.shape == (n_columns,)
    expect(right, measure, "values", shape, "give one number for each column")
    lost = np.isnan(values).any() and not warned
    remedy = "warn, and say what to do, where there is no number"
    expect(not lost, measure, "values", "gave NaN without a warning", remedy)
    return values


def _check_repetition(measure, learned, values):
    again, _ = measured(measure, learned)
    same = np.array_equal(values, again, equal_nan=True)
    what = "two calls with the same random_state differ"
    expect(same, measure, "__call__", what, DRAW)


def _check_nothing_changes(measure, learned, before):
    """Here patterns can be written to, and must not be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        measure.values(measure(*learned, random_state=SEED))
    same = joblib.hash(learned) == before
    what = "changes the model, X or y"
    expect(same, measure, "__call__", what, "work on copies")


def _check_pickle(measure, learned, values):
    remedy = "define the class at the top of a module and keep its state plain"
    try:
        copy = pickle.loads(pickle.dumps(measure))
    except Exception as cause:
        what = f"pickling raised {cause!r}"
        expect(False, measure, "__reduce__", what, remedy)
    same = np.array_equal(measured(copy, learned)[0], values, equal_nan=True)
    what = "an unpickled copy gives other numbers"
    expect(same, measure, "__reduce__", what, remedy)


def _check_pipeline(measure, learned, values):
    model, X, y = learned
    pipeline = Pipeline([("same", FunctionTransformer().fit(X)), ("model", model)])
    found, _ = measured(measure, (pipeline, X, y))
    same = np.array_equal(found, values, equal_nan=True)
    what = f"gave {found} for a pipeline, {values} for its last step"
    remedy = "read models by skwfm.landscape.read_model"
    expect(same, measure, "__call__", what, remedy)


def _check_tree(measure, learned, values):
    """Units that see some of the inputs, in single precision, without intercepts."""
    # So few patterns that there are more weights; labelled without errors.
    X = learned[1][:8].astype(np.float32)
    options = {"n_hidden": N_HIDDEN, "fit_intercept": False, "random_state": SEED}
    model = LALClassifier(architecture="tree", **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = model.fit(X, learned[2][:8]).predict(X)
        try:
            found = measure.values(measure(model, X, y, random_state=SEED))
        except Exception as cause:
            raise AssertionError(
                f"{type(measure).__name__}.__call__: raised {cause!r} for float32 "
                "patterns and a model with architecture='tree' and "
                "fit_intercept=False; use skwfm.landscape.read_model."
            ) from cause
    shape = numbers(measure, found).shape
    problem = f"gave shape {shape} with architecture='tree'"
    fits = shape == values.shape
    expect(fits, measure, "values", problem, "give one number for each column")


def _check_scorer(measure, learned, values):
    sign = 1 if measure.greater_is_better else -1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores = [measure_scorer(measure, column=c)(*learned) for c in measure.columns]
    same = np.array_equal(scores, sign * values, equal_nan=True)
    what = f"a scorer gave {scores} where the measure gave {values}"
    expect(same, measure, "values", what, "make it depend on the result alone")


def _check_transformer(measure, learned, values):
    """Rows of weights become machines with the attributes of a fitted classifier."""
    model, X, y = learned
    transformer = MeasureTransformer(measure, X, y, n_hidden=N_HIDDEN)
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
