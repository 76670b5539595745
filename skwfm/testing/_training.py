"""Fit an algorithm for its checks, and check what its epochs promise."""

import warnings
from contextlib import closing, redirect_stdout
from copy import deepcopy
from functools import partial
from io import StringIO
from itertools import islice
from numbers import Real
from unittest import SkipTest

import joblib
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skwfm._shown import shown
from skwfm.architectures.layout import unit_norm
from skwfm.classifiers import IterativeClassifier, Problem
from skwfm.testing._promises import expect, global_random_state

QUICK = {"max_iter": 200, "random_state": 0}
# The mean of equal weights, or signs of equal size, have them up to rounding.
_SAME_WEIGHTS = 1e-6
# Padding that is changed at all is changed at once.
_FEW_EPOCHS = 3


def fit(make, X, y, sample_weight=None, **parameters):
    """Fit a new estimator and check that nothing else changes."""
    model = make()
    known = model.get_params()
    quick = {key: value for key, value in QUICK.items() if key in known}
    model.set_params(**(quick | parameters))
    before, printed, given = global_random_state(), StringIO(), (X.copy(), y.copy())
    options = {} if sample_weight is None else {"sample_weight": sample_weight}
    passed = _parameters(model)
    with warnings.catch_warnings(), redirect_stdout(printed):
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = _fitted(model, *given, parameters, options)
    expect(fitted is model, model, "fit", "does not return self", "return self")
    _check_parameters(model, passed)
    same = np.array_equal(given[0], X) and np.array_equal(given[1], y)
    expect(same, model, "fit", "changes X or y", "work on copies")
    problem = f"prints {shown(printed.getvalue()[:40])}"
    expect(not printed.getvalue(), model, "fit", problem, "print if verbose only")
    unchanged = global_random_state() == before
    problem = "changes the state of NumPy's or Python's global random numbers"
    remedy = "draw from a Generator made from random_state"
    expect(unchanged, model, "fit", problem, remedy)
    return model


def _fitted(model, X, y, parameters, options):
    try:
        return model.fit(X, y, **options)
    except NotImplementedError:
        raise
    except Exception as cause:
        name = type(model).__name__
        given = f"X of dtype {X.dtype} and shape {X.shape}, y of dtype {y.dtype}"
        for key, value in (parameters | options).items():
            given += f", {key}={shown(value)}"
        remedy = (
            "; accept them, or raise NotImplementedError if the machine lacks a method"
        )
        # These say themselves what to do.
        if str(cause).startswith((f"{name}._solve ", f"{name}._epochs ")):
            remedy = ""
        text = f"{name}.fit: raised {cause!r} for {given}{remedy}."
        raise AssertionError(text) from cause


def _parameters(model):
    """The parameters as they are, their texts, and what tells whether they change."""
    return {
        name: (value, shown(value), _contents(value))
        for name, value in model.get_params(deep=False).items()
    }


def _contents(value):
    try:
        return joblib.hash(value)
    except Exception:  # what cannot be pickled is another check's subject
        return None


def _check_parameters(model, passed):
    after = model.get_params(deep=False)
    for name, (value, text, contents) in passed.items():
        same = after[name] is value and _contents(value) == contents
        problem = f"changes the parameter {name} from {text} to {shown(after[name])}"
        remedy = (
            "leave parameters as they are, and keep what follows from them in a local "
            "variable or an attribute whose name ends with _"
        )
        expect(same, model, "fit", problem, remedy)


def check_loss_curve(model, X, y):
    """Check that losses, if there are any, are numbers, no more than epochs."""
    losses = getattr(model, "loss_curve_", None)
    if losses is None:
        return
    are_numbers = isinstance(losses, list | tuple | np.ndarray) and all(
        isinstance(loss, Real) for loss in losses
    )
    remedy = "give a list of numbers, the loss after each epoch"
    problem = f"is {shown(losses)[:80]}"
    expect(are_numbers, model, "loss_curve_", problem, remedy)
    problem = f"has {len(losses)} losses, but n_iter_ is {model.n_iter_}"
    fits = len(losses) <= model.n_iter_
    remedy = "give one loss for each epoch at most"
    expect(fits, model, "loss_curve_", problem, remedy)


def check_scaling(model, X, y):
    """Check that the constant input of intercepts is positive, if it is given."""
    scaling = getattr(model, "intercept_scaling_", 1.0)
    try:
        numbers = np.array(scaling, dtype=float)
        fits = np.all(np.isfinite(numbers) & (numbers > 0))
    except (TypeError, ValueError):
        fits = False
    problem = f"is {shown(scaling)}"
    remedy = "make it the positive constant input on which intercepts are weights"
    expect(fits, model, "intercept_scaling_", problem, remedy)


def check_epochs(fitted, X, y):
    """Check that epochs start from the weights they are given, and keep to packed ones.

    All labels are turned, so that there is something to learn.
    """
    model = fitted()
    if not isinstance(model, IterativeClassifier):
        raise SkipTest("it is no IterativeClassifier")
    labels = np.where(y == model.classes_[1], -1.0, 1.0)
    machine = model.architecture_, model._has_intercept, model.intercept_scaling_
    problem = _WatchedProblem(X, labels, *machine)
    layout = problem.layout
    given = layout.pack_weights(model._dense_weights(), problem.dtype)
    [fresh] = _weights_of(model, problem, None, 0)
    found, *later = _weights_of(model, problem, given, _FEW_EPOCHS)
    for weights in (fresh, found, *later):
        _expect_clean(model, _is_padded(layout, weights), "yields")
    distance = np.abs(_directions(layout, found) - _directions(layout, given)).max()
    if distance <= _SAME_WEIGHTS:
        return
    require = partial(expect, owner=model, attribute="_epochs")
    what = "ignores its argument weights, so that warm_start and partial_fit start anew"
    remedy = "start from weights, and draw random ones only if weights is None"
    require(not np.array_equal(found, fresh), problem=what, remedy=remedy)
    what = "given packed weights, yields other weights first"
    remedy = "yield Epoch(weights) before the first epoch"
    require(False, problem=what, remedy=remedy)


def _weights_of(model, problem, weights, n_epochs):
    """The weights that are yielded first and after each of some epochs."""
    weights = None if weights is None else weights.copy()
    rng = np.random.default_rng(0)
    try:
        with closing(deepcopy(model)._epochs(problem, rng, weights, 0)) as epochs:
            return [state.weights.copy() for state in islice(epochs, n_epochs + 1)]
    except _DirtyPadding:
        _expect_clean(model, False, "gives the problem")
    except Exception as cause:
        given = "weights=None" if weights is None else "packed weights of a fit"
        remedy = "accept (problem, rng, weights=None, n_done=0)"
        problem = f"raised {cause!r} for {given} and n_done=0"
        expect(False, model, "_epochs", problem, remedy)


def _expect_clean(model, holds, verb):
    problem = f"{verb} packed weights whose padding is not zero"
    remedy = "change weights through problem.layout; the padding must stay 0"
    expect(holds, model, "_epochs", problem, remedy)


def _is_padded(layout, weights):
    """Whether there are zeros between the units: loops over bits read them, too."""
    return np.array_equal(weights, layout.pack(weights[layout.places], weights.dtype))


class _DirtyPadding(Exception):
    """Packed weights have numbers where there are no weights."""


class _WatchedProblem(Problem):
    """Looks at the padding of all weights that it is given."""

    def _watch(self, weights):
        if not _is_padded(self.layout, weights):
            raise _DirtyPadding

    def fields(self, weights, rows):
        self._watch(weights)
        return super().fields(weights, rows)

    def has_errors(self, weights):
        self._watch(weights)
        return super().has_errors(weights)

    def count_errors(self, weights, at_most=np.inf):
        self._watch(weights)
        return super().count_errors(weights, at_most)


def _directions(layout, packed):
    return unit_norm(layout.unpack_weights(packed))
