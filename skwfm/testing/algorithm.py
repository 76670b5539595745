"""Check that a training algorithm meets the contract of scikit-learn and of skwfm."""

from __future__ import annotations

import inspect
import warnings
from functools import partial
from numbers import Integral

import joblib
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import check_estimator

from skwfm._shown import shown
from skwfm.architectures.base import signs
from skwfm.testing._promises import expect, global_random_state

__all__ = ["check_algorithm"]

# Few enough patterns for any algorithm: 0.1 per weight of a full machine of 9 units.
_N_SAMPLES, _N_FEATURES = 40, 45
_LABELS = np.array(["no", "yes"])
# Checks of scikit-learn that an algorithm may fail, and why.
_NOT_REQUIRED = {
    "check_sample_weight_equivalence_on_dense_data": (
        "samples met one after another are not the same as one with a weight"
    ),
    "check_class_weight_classifiers": (
        "its inputs leave the constant input of intercepts far behind"
    ),
}
_QUICK = {"max_iter": 200, "random_state": 0}
_FITTED = (
    "coef_",
    "intercept_",
    "classes_",
    "n_iter_",
    "n_errors_",
    "converged_",
    "architecture_",
)
# Weights may be normalised in single precision (rounding 6e-8 per operation).
_NORM_TOLERANCE = 1e-5


def check_algorithm(estimator_class: type) -> tuple[str, ...]:
    """Check that a classifier can be used by every part of the package.

    It is fitted on random patterns; what the measures rely on is checked, and then all
    of scikit-learn's `~sklearn.utils.estimator_checks.check_estimator` is run.

    Parameters
    ----------
    estimator_class : type
        Classifier class; it is constructed without arguments, then given a small
        ``max_iter`` and a ``random_state`` where it has them. It need not converge.

    Returns
    -------
    skipped : tuple of str
        Names of scikit-learn's checks that were skipped, each with the reason.

    Raises
    ------
    AssertionError
        At the first broken promise; it names the attribute or method and the remedy.

    Examples
    --------
    >>> from skwfm.testing import check_algorithm
    >>> from skwfm import LALClassifier
    >>> skipped = check_algorithm(LALClassifier)  # doctest: +SKIP
    """
    problem, remedy = f"is {estimator_class!r}", "give the class, not an instance"
    expect(inspect.isclass(estimator_class), estimator_class, "it", problem, remedy)
    X, y = _patterns()
    fit = partial(_fit, estimator_class, X, y)
    model = fit()
    for check in (_check_attributes, _check_shapes, _check_norm):
        check(model, X, y)
    _check_output(model, X)
    _check_errors(model, X, y)
    _check_determinism(model, fit)
    return _run_scikit_learn_checks(estimator_class)


def _patterns():
    rng = np.random.default_rng(0)
    X = rng.choice([-1.0, 1.0], size=(_N_SAMPLES, _N_FEATURES))
    return X, rng.permutation(np.repeat(_LABELS, _N_SAMPLES // 2))


def _fit(estimator_class, X, y, **parameters):
    """Fit a new estimator and check that no global random state changes."""
    model = estimator_class()
    known = model.get_params()
    quick = {key: value for key, value in _QUICK.items() if key in known}
    model.set_params(**quick, **parameters)
    before = global_random_state()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = model.fit(X, y)
    expect(fitted is model, model, "fit", "does not return self", "return self")
    unchanged = global_random_state() == before
    problem = "changes the state of NumPy's or Python's global random numbers"
    remedy = "draw from a Generator made from random_state"
    expect(unchanged, model, "fit", problem, remedy)
    return model


def _check_attributes(model, X, y):
    missing = [name for name in _FITTED if not hasattr(model, name)]
    problem = "not set by fit"
    remedy = "inherit from skwfm.classifiers.BaseCommitteeClassifier, or set it in fit"
    expect(not missing, model, ", ".join(missing), problem, remedy)
    for name in ("n_iter_", "n_errors_"):
        value = getattr(model, name)
        is_count = isinstance(value, Integral) and value >= 0
        expect(is_count, model, name, f"is {shown(value)}", "make it a count")
    is_bool = isinstance(model.converged_, bool | np.bool_)
    problem = f"is {shown(model.converged_)}"
    expect(is_bool, model, "converged_", problem, "make it True or False")
    same = np.array_equal(model.classes_, _LABELS)
    problem = f"is {model.classes_!r} for labels {_LABELS}"
    expect(same, model, "classes_", problem, "keep the sorted labels")


def _check_shapes(model, X, y):
    n_hidden = getattr(model.architecture_, "n_hidden", None)
    problem = "has no n_hidden"
    remedy = "make it an instance of an architecture, not its name"
    expect(n_hidden is not None, model, "architecture_", problem, remedy)
    shapes = {"coef_": (n_hidden, _N_FEATURES), "intercept_": (n_hidden,)}
    for name, shape in shapes.items():
        found = np.shape(getattr(model, name))
        problem = f"has shape {found}, expected {shape}"
        expect(found == shape, model, name, problem, "give one row per hidden unit")
    inside = np.zeros((n_hidden, _N_FEATURES), dtype=bool)
    for unit, field in enumerate(model.architecture_.receptive_fields(_N_FEATURES)):
        inside[unit, field] = True
    outside = np.any(model.coef_[~inside])
    problem = "is not zero outside the receptive fields"
    expect(not outside, model, "coef_", problem, "set these weights to 0")


def _check_norm(model, X, y):
    scaling = getattr(model, "intercept_scaling_", 1.0)
    squares = (model.intercept_ / scaling) ** 2
    norms = np.sqrt(np.sum(np.square(model.coef_), axis=1) + squares)
    close = np.abs(norms - 1) <= _NORM_TOLERANCE
    problem = f"hidden units have norms {norms}, intercept included"
    expect(close.all(), model, "coef_", problem, "divide each unit by its norm")


def _check_errors(model, X, y):
    # Of the machine: predict may answer by something else, as a posterior.
    found = int(np.sum(_machine_answers(model, X) != y))
    problem = f"is {model.n_errors_}, but coef_ errs on {found} training patterns"
    remedy = "count the errors of the weights that fit returns"
    expect(model.n_errors_ == found, model, "n_errors_", problem, remedy)


def _machine_answers(model, X):
    fields = X @ np.asarray(model.coef_).T + model.intercept_
    answers = model.architecture_.output(signs(fields))
    return model.classes_[(np.asarray(answers) > 0).astype(int)]


def _check_output(model, X):
    if model.get_params().get("answer") == "posterior":
        return  # many machines vote, as its parameter says
    differing = np.flatnonzero(model.predict(X) != _machine_answers(model, X))
    problem = (
        f"differs from architecture_.output of the signs of X @ coef_.T + intercept_ "
        f"for patterns {differing}"
    )
    remedy = "predict classes_[1] exactly where that output is +1"
    expect(not differing.size, model, "predict", problem, remedy)


def _check_determinism(model, fit):
    same = np.array_equal(model.coef_, fit().coef_)
    problem = "two fits with the same random_state differ"
    remedy = "draw every random number from random_state"
    expect(same, model, "coef_", problem, remedy)
    if "n_jobs" in model.get_params():
        with joblib.parallel_config(backend="threading"):
            same = np.array_equal(model.coef_, fit(n_jobs=2).coef_)
        problem = "fits with n_jobs=2 and without differ"
        remedy = "spawn the seeds of all tasks before dispatching any"
        expect(same, model, "coef_", problem, remedy)


def _run_scikit_learn_checks(estimator_class):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        results = check_estimator(
            estimator_class(),
            on_skip=None,
            on_fail=None,
            expected_failed_checks=_NOT_REQUIRED,
        )
    for result in results:
        if result["status"] == "failed":
            raise AssertionError(
                f"{estimator_class.__name__}: scikit-learn's {result['check_name']} "
                f"failed ({result['exception']!r}); see scikit-learn's guide to "
                "developing estimators."
            ) from result["exception"]
    return tuple(
        f"{result['check_name']}: {result['exception']}"
        for result in results
        if result["status"] == "skipped"
    )
