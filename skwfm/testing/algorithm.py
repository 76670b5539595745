"""Check that a training algorithm keeps scikit-learn's promises and ours."""

from __future__ import annotations

import inspect
import random
import warnings
from functools import partial
from numbers import Integral

import joblib
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import check_estimator

from skwfm._shown import shown

__all__ = ["check_algorithm"]

# Few enough patterns for any algorithm: 0.1 per weight of a full machine of 9 units.
_N_SAMPLES, _N_FEATURES = 40, 45
_LABELS = np.array(["no", "yes"])
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

    Fits random patterns and tests what the measures rely on, then runs all of
    scikit-learn's `~sklearn.utils.estimator_checks.check_estimator`.

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
    _expect(
        inspect.isclass(estimator_class),
        estimator_class,
        "it",
        f"is {estimator_class!r}",
        "give the class, not an instance",
    )
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


def _expect(holds, model, attribute, problem, remedy):
    if not holds:
        owner = model if inspect.isclass(model) else type(model)
        name = f"{owner.__name__}.{attribute}"
        raise AssertionError(f"{name}: {problem}; {remedy}.")


def _fit(estimator_class, X, y, **parameters):
    """Fit a new estimator and see that no global random state moves."""
    model = estimator_class()
    known = model.get_params()
    quick = {key: value for key, value in _QUICK.items() if key in known}
    model.set_params(**quick, **parameters)
    before = _global_random_state()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = model.fit(X, y)
    _expect(fitted is model, model, "fit", "does not return self", "return self")
    _expect(
        _global_random_state() == before,
        model,
        "fit",
        "changes the state of NumPy's or Python's global random numbers",
        "draw from a Generator made from random_state",
    )
    return model


def _global_random_state():
    name, keys, *rest = np.random.get_state()  # noqa: NPY002 (to see it unchanged)
    return name, keys.tobytes(), rest, random.getstate()


def _check_attributes(model, X, y):
    missing = [name for name in _FITTED if not hasattr(model, name)]
    problem = "not set by fit"
    remedy = "inherit from skwfm.classifiers.BaseCommitteeClassifier, or set it in fit"
    _expect(not missing, model, ", ".join(missing), problem, remedy)
    for name in ("n_iter_", "n_errors_"):
        value = getattr(model, name)
        is_count = isinstance(value, Integral) and value >= 0
        _expect(is_count, model, name, f"is {shown(value)}", "make it a count")
    is_bool = isinstance(model.converged_, bool | np.bool_)
    problem = f"is {shown(model.converged_)}"
    _expect(is_bool, model, "converged_", problem, "make it True or False")
    same = np.array_equal(model.classes_, _LABELS)
    problem = f"is {model.classes_!r} for labels {_LABELS}"
    _expect(same, model, "classes_", problem, "keep the sorted labels")


def _check_shapes(model, X, y):
    n_hidden = getattr(model.architecture_, "n_hidden", None)
    problem = "has no n_hidden"
    remedy = "make it an instance of an architecture, not its name"
    _expect(n_hidden is not None, model, "architecture_", problem, remedy)
    for name, shape in (
        ("coef_", (n_hidden, _N_FEATURES)),
        ("intercept_", (n_hidden,)),
    ):
        found = np.shape(getattr(model, name))
        problem = f"has shape {found}, expected {shape}"
        _expect(found == shape, model, name, problem, "give one row per hidden unit")
    inside = np.zeros((n_hidden, _N_FEATURES), dtype=bool)
    for unit, field in enumerate(model.architecture_.receptive_fields(_N_FEATURES)):
        inside[unit, field] = True
    outside = np.any(model.coef_[~inside])
    problem = "is not zero outside the receptive fields"
    _expect(not outside, model, "coef_", problem, "set these weights to 0")


def _check_norm(model, X, y):
    norms = np.sqrt(np.sum(np.square(model.coef_), axis=1) + model.intercept_**2)
    close = np.abs(norms - 1) <= _NORM_TOLERANCE
    problem = f"hidden units have norms {norms}, intercept included"
    _expect(close.all(), model, "coef_", problem, "divide each unit by its norm")


def _check_errors(model, X, y):
    # Of the machine: predict may answer by something else, as a posterior.
    found = int(np.sum(_machine_answers(model, X) != y))
    problem = f"is {model.n_errors_}, but coef_ errs on {found} training patterns"
    remedy = "count the errors of the weights that fit returns"
    _expect(model.n_errors_ == found, model, "n_errors_", problem, remedy)


def _machine_answers(model, X):
    fields = X @ np.asarray(model.coef_).T + model.intercept_
    signs = model.architecture_.output(np.where(fields >= 0, 1.0, -1.0))
    return model.classes_[(np.asarray(signs) > 0).astype(int)]


def _check_output(model, X):
    if model.get_params().get("answer") == "posterior":
        return  # many machines vote, as its parameter says
    differing = np.flatnonzero(model.predict(X) != _machine_answers(model, X))
    _expect(
        not differing.size,
        model,
        "predict",
        f"differs from architecture_.output of the signs of X @ coef_.T + intercept_ "
        f"for patterns {differing}",
        "predict classes_[1] exactly where that output is +1",
    )


def _check_determinism(model, fit):
    same = np.array_equal(model.coef_, fit().coef_)
    problem = "two fits with the same random_state differ"
    remedy = "draw every random number from random_state"
    _expect(same, model, "coef_", problem, remedy)
    if "n_jobs" in model.get_params():
        with joblib.parallel_config(backend="threading"):
            same = np.array_equal(model.coef_, fit(n_jobs=2).coef_)
        problem = "fits with n_jobs=2 and without differ"
        remedy = "spawn the seeds of all tasks before dispatching any"
        _expect(same, model, "coef_", problem, remedy)


def _run_scikit_learn_checks(estimator_class):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        results = check_estimator(estimator_class(), on_skip=None, on_fail=None)
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
