"""Check that a training algorithm meets the contract of scikit-learn and of skwfm."""

from __future__ import annotations

import inspect
import warnings
from functools import cache, partial
from numbers import Integral
from unittest import SkipTest

import joblib
import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import estimator_checks_generator

from skwfm._shown import shown
from skwfm.architectures.base import signs
from skwfm.classifiers import IterativeClassifier
from skwfm.testing._promises import expect
from skwfm.testing._training import (
    QUICK,
    check_epochs,
    check_loss_curve,
    check_scaling,
    fit,
)
from skwfm.testing._weights import check_weights

__all__ = ["algorithm_checks", "check_algorithm"]

# Few enough patterns for any algorithm: 0.1 per weight of a full machine of 9 units.
_N_SAMPLES, _N_FEATURES = 40, 45
_LABELS = np.array(["no", "yes"])
# Checks of scikit-learn that an algorithm may fail, and why.
_WEIGHTS = "check_sample_weight_equivalence_on_"
_NOT_REQUIRED = {
    "check_class_weight_classifiers": (
        "its inputs leave the constant input of intercepts far behind"
    ),
}
_FITTED = (
    "coef_",
    "intercept_",
    "classes_",
    "n_iter_",
    "n_errors_",
    "converged_",
    "architecture_",
)
_MACHINES = ("full", "tree", "parity")
# Weights may be normalised in single precision (rounding 6e-8 per operation).
_NORM_TOLERANCE = 1e-5


def check_algorithm(algorithm: type) -> tuple[str, ...]:
    """Check that a classifier can be used by every part of the package.

    It is fitted on random patterns, also in single precision, with other machines if it
    has the parameter ``architecture``, and with weights of samples and of classes if it
    accepts them; what the measures rely on is checked, and then all of scikit-learn's
    `~sklearn.utils.estimator_checks.check_estimator` is run.

    Parameters
    ----------
    algorithm : type
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
    problem, remedy = f"is {shown(algorithm)}", "give the class, not an instance"
    expect(inspect.isclass(algorithm), algorithm, "it", problem, remedy)
    skipped = []
    for name, check in algorithm_checks(algorithm):
        try:
            check()
        except (SkipTest, NotImplementedError) as reason:
            skipped.append(f"{name}: {reason}")
    return tuple(skipped)


def algorithm_checks(algorithm):
    """Give the checks of a training algorithm, one after the other.

    Parameters
    ----------
    algorithm : type or estimator object
        Classifier class, or an instance with other parameters.

    Yields
    ------
    name : str
        What is checked.
    check : callable
        Raises `AssertionError` if it does not keep its promise, `SkipTest` or
        `NotImplementedError` if it makes none.
    """
    make = algorithm if inspect.isclass(algorithm) else partial(clone, algorithm)
    X, y = _patterns()
    fitted = cache(partial(fit, make, X, y))
    for check in _CHECKS:
        name = check.__name__.lstrip("_").removeprefix("check_")
        yield name, partial(_on_fit, check, fitted, X, y)
    yield "determinism", partial(_check_determinism, make, fitted, X, y)
    yield "epochs", partial(check_epochs, fitted, X, y)
    yield "float32", partial(_check_single_precision, make, X, y)
    yield "fit_intercept=False", partial(_check_no_intercept, make, X, y)
    for machine in _MACHINES:
        title = f"architecture={machine!r}"
        yield title, partial(_check_machine, make, X, y, machine)
    yield "weights", partial(check_weights, make, _LABELS)
    quick = make()
    if "max_iter" in quick.get_params():
        # On labels without a rule, of which there are many, all epochs are done.
        quick.set_params(max_iter=QUICK["max_iter"])
    for estimator, check in estimator_checks_generator(quick):
        name = getattr(check, "func", check).__name__
        yield name, partial(_scikit_learn, check, estimator)


def _on_fit(check, fitted, X, y):
    check(fitted(), X, y)


def _patterns():
    rng = np.random.default_rng(0)
    X = rng.choice([-1.0, 1.0], size=(_N_SAMPLES, _N_FEATURES))
    return X, rng.permutation(np.repeat(_LABELS, _N_SAMPLES // 2))


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
    problem = f"is {shown(model.classes_)} for labels {_LABELS}"
    expect(same, model, "classes_", problem, "keep the sorted labels")


def _check_shapes(model, X, y):
    n_hidden = getattr(model.architecture_, "n_hidden", None)
    problem = "has no n_hidden"
    remedy = "make it an instance of an architecture, not its name"
    expect(n_hidden is not None, model, "architecture_", problem, remedy)
    shapes = {"coef_": (n_hidden, _N_FEATURES), "intercept_": (n_hidden,)}
    for name, shape in shapes.items():
        found = np.asarray(getattr(model, name))
        problem = f"has shape {found.shape}, expected {shape}"
        fits = found.shape == shape
        expect(fits, model, name, problem, "give one row per hidden unit")
        is_real = found.dtype.kind in "iuf" and np.isfinite(found).all()
        problem = f"has dtype {found.dtype} and is not all real and finite"
        expect(is_real, model, name, problem, "keep the last weights that are finite")
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


def _check_output(model, X, y=None):
    said, noise = model.get_params().get("answer"), getattr(model, "label_noise_", 0)
    if said == "posterior" or (said == "auto" and noise > 0):
        return  # many machines vote, as its parameter says
    differing = np.flatnonzero(model.predict(X) != _machine_answers(model, X))
    problem = (
        f"differs from architecture_.output of the signs of X @ coef_.T + intercept_ "
        f"for patterns {differing}"
    )
    remedy = "predict classes_[1] exactly where that output is +1"
    expect(not differing.size, model, "predict", problem, remedy)


def _check_determinism(make, fitted, X, y):
    model, again = fitted(), partial(fit, make, X, y)
    same = np.array_equal(model.coef_, again().coef_)
    problem = "two fits with the same random_state differ"
    remedy = "draw every random number from random_state"
    expect(same, model, "coef_", problem, remedy)
    if "n_jobs" in model.get_params():
        with joblib.parallel_config(backend="threading"):
            same = np.array_equal(model.coef_, again(n_jobs=2).coef_)
        problem = "fits with n_jobs=2 and without differ"
        remedy = "spawn the seeds of all tasks before dispatching any"
        expect(same, model, "coef_", problem, remedy)


def _check_single_precision(make, X, y):
    single = X.astype(np.float32)
    model = fit(make, single, y)
    _check_shapes(model, single, y)
    _check_output(model, single, y)


def _check_no_intercept(make, X, y):
    if "fit_intercept" not in make().get_params():
        raise SkipTest("it has no parameter fit_intercept")
    model = fit(make, X, y, fit_intercept=False)
    for check in _CHECKS:
        check(model, X, y)
    problem = f"is {shown(model.intercept_)} with fit_intercept=False"
    expect(not np.any(model.intercept_), model, "intercept_", problem, "set it to 0")


def _check_machine(make, X, y, machine):
    if "architecture" not in make().get_params():
        raise SkipTest("it has no parameter architecture")
    size = {"n_hidden": 3} if "n_hidden" in make().get_params() else {}
    model = fit(make, X, y, architecture=machine, **size)
    for check in _CHECKS:
        check(model, X, y)


def _scikit_learn(check, estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            check(estimator)
        except (SkipTest, KeyboardInterrupt):
            raise
        except BaseException as cause:
            name = getattr(check, "func", check).__name__
            if name in _NOT_REQUIRED:
                raise SkipTest(_NOT_REQUIRED[name]) from cause
            if name.startswith(_WEIGHTS) and isinstance(cause, AssertionError):
                raise SkipTest(_why_not_equivalent(estimator)) from cause
            raise AssertionError(
                f"{type(estimator).__name__}: scikit-learn's {name} failed "
                f"({shown(cause)}); see scikit-learn's guide to developing estimators."
            ) from cause


def _why_not_equivalent(estimator):
    """Why a sample of weight two may not be the same as the sample twice."""
    if isinstance(estimator, IterativeClassifier):
        return "samples met one after another are not the same as one with a weight"
    return (
        "random numbers, and the noise behind predict_proba, may depend on how many "
        "samples there are, which weights do not change"
    )


_CHECKS = (
    _check_attributes,
    check_loss_curve,
    check_scaling,
    _check_shapes,
    _check_norm,
    _check_output,
    _check_errors,
)
