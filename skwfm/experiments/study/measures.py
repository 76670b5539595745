"""The measures of a comparison, and what they find on one trained classifier."""

from __future__ import annotations

import inspect
from itertools import takewhile

import joblib
import numpy as np

from skwfm.experiments.failures import reason_of, traceback_of
from skwfm.experiments.isolation import recorded_warnings
from skwfm.experiments.study.classes import machines_of_classes, mean_curve
from skwfm.experiments.study.contestants import STANDARD, registered
from skwfm.experiments.study.records import Measured
from skwfm.landscape.measure import NEEDS, Curve, resolve_measure, unmet_need

DEFAULT_MEASURES = ("local_entropy", "hessian", "noise_robustness")


def find_measures(measures, reserved=()):
    """Resolve names and classes to measures.

    Parameters
    ----------
    measures : iterable of str, Measure class or Measure, or a single name
        Names are those of installed plugins.
    reserved : iterable of str, default=()
        Names that no column may have.

    Returns
    -------
    measures : list of Measure
        In the order given.

    Raises
    ------
    PluginError, TypeError
        As `skwfm.plugins.resolve`.
    ValueError
        If a name is unknown or no identifier, or names or columns appear twice.
    """
    given = [measures] if isinstance(measures, str) else measures
    found = [resolve_measure(measure) for measure in given]
    for measure in found:
        _check_words(measure)
    _check_names(found)
    _check_columns(found, reserved)
    return found


def _check_words(measure):
    owner, name = type(measure).__name__, measure.name
    # It names the file of the figure.
    if not (isinstance(name, str) and name.isidentifier()):
        raise ValueError(
            f"{owner}.name={name!r} is no identifier: use letters, digits and _."
        )
    if measure.needs not in NEEDS:
        raise ValueError(f"{owner}.needs={measure.needs!r}: use one of {NEEDS}.")


def _check_names(measures):
    twice = _more_than_once([measure.name for measure in measures])
    if not twice:
        return
    again = next(measure for measure in measures if measure.name == twice[0])
    owner, columns = type(again).__name__, tuple(f"{c}_2" for c in again.columns)
    raise ValueError(
        f"measures name {', '.join(twice)} more than once: use each name once. To "
        "take a measure with other parameters as well, pass an instance or a subclass "
        f"with another name and other columns, such as class {owner}2({owner}): "
        f"name = {again.name + '_2'!r}; columns = {columns}"
    )


def _check_columns(measures, reserved):
    columns = [column for measure in measures for column in measure.columns]
    twice = _more_than_once([*reserved, *columns])
    if twice:
        owners = [m.name for m in measures if set(twice).intersection(m.columns)]
        raise ValueError(
            f"columns of measures name {', '.join(twice)} more than once: use each "
            f"name once. Change the columns of {' or '.join(owners)}, in a subclass if "
            f"need be; tables have {', '.join(reserved)} themselves."
        )


def _more_than_once(names):
    return sorted({name for name in names if names.count(name) > 1})


def identity(measure):
    """Return what the numbers depend on besides model, patterns and seed.

    Parameters
    ----------
    measure : Measure
        The measure.

    Returns
    -------
    identity : dict of str to str
        Class, version of its distribution and a hash over its parameters.
    """
    owner = registered("measures", type(measure))
    return {
        "class": f"{type(measure).__module__}.{type(measure).__qualname__}",
        "version": "" if owner is None else f"{owner.distribution} {owner.version}",
        "parameters": joblib.hash(measure),
    }


def described(measure):
    """Return what a report states about a measure.

    Parameters
    ----------
    measure : Measure
        The measure.

    Returns
    -------
    described : dict
        JSON-serialisable.
    """
    return identity(measure) | {
        "parameters": repr(measure),
        "columns": list(measure.columns),
        "unit": measure.unit,
        "greater_is_better": bool(measure.greater_is_better),
        "needs": measure.needs,
        "text": _text(measure),
    }


def _text(measure):
    """Return the docstring of the class, down to its first section, as plain text."""
    paragraphs = inspect.cleandoc(type(measure).__doc__ or "").split("\n\n")
    above = takewhile(lambda text: "\n---" not in text, paragraphs)
    return " ".join(" ".join(above).split()).replace("`", "")


def take_measures(
    measures, estimator, X, y, seed, n_errors, family, solutions_only=True
):
    """Measure a trained classifier on its training patterns.

    Parameters
    ----------
    measures : list of Measure
        What to measure.
    estimator : fitted classifier or Pipeline
        Any classifier. Of one for more than two classes, measures that need a committee
        machine are means over its ``machines_``, one a class against the rest.
    X : ndarray of shape (n_samples, n_features)
        Training patterns.
    y : ndarray of shape (n_samples,)
        Their labels.
    seed : int
        Seed of the measures.
    n_errors : int
        Training patterns that the classifier gets wrong.
    family : {"committee", "standard"}
        Kind of algorithm.
    solutions_only : bool, default=True
        Whether what needs a committee machine is measured only without training errors.

    Returns
    -------
    found : dict of str to Measured
        By name of the measure; with a reason where it fails or does not apply.
    """
    X, y = read_only(X), read_only(y)
    return {
        measure.name: _take(
            measure, (estimator, X, y, n_errors), seed, family, solutions_only
        )
        for measure in measures
    }


def read_only(array):
    """Return a view that cannot be written to.

    Parameters
    ----------
    array : ndarray
        Any array.

    Returns
    -------
    view : ndarray
        The same numbers.
    """
    view = array.view()
    view.flags.writeable = False
    return view


def _take(measure, trained, seed, family, solutions_only):
    """Measure; an error inside a measure does not make the run fail."""
    with recorded_warnings() as caught:
        try:
            # Inside the try block, as it calls an optional method of the plugin.
            models, reason = _models(measure, trained, family, solutions_only)
            if reason:
                return Measured(dict.fromkeys(measure.columns), reason=reason)
            found = [_measure_one(measure, *model, seed) for model in models]
            values = _finite(np.mean([values for values, _ in found], axis=0))
            curve = _plain_curve(mean_curve([curve for _, curve in found]))
            by_column = dict(zip(measure.columns, values, strict=True))
        except (Exception, SystemExit) as error:
            return Measured(
                dict.fromkeys(measure.columns),
                reason=reason_of(error),
                failed=True,
                traceback=traceback_of(error),
            )
    messages = (" ".join(str(message).split()) for message in caught)
    reason = "; ".join(dict.fromkeys(messages))
    if None in values and not reason:
        reason = "the measure gave no finite number"
    return Measured(by_column, curve, reason)


def _models(measure, trained, family, solutions_only):
    """Return what to measure, as (model, X, y), or why there is nothing."""
    estimator, X, y, n_errors = trained
    if measure.needs == "classifier":
        return [(estimator, X, y)], ""
    if family == STANDARD:
        reason = "needs a committee machine, a contestant of family 'committee'"
        return [], reason
    models = [(estimator, X, y)]
    if len(np.unique(y)) > 2:
        models = machines_of_classes(estimator, X, y)
        n_errors = sum(np.sum(m.predict(Z) != t) for m, Z, t in models)
        if not models:
            reason = "needs two classes, or machines_ with one machine for each class"
            return [], reason
    not_solved = "not a solution, there are training errors" if n_errors else ""
    reasons = (unmet_need(measure, model) for model, _, _ in models)
    reason = next(filter(None, reasons), not_solved if solutions_only else "")
    return models, reason


def _measure_one(measure, model, X, y, seed):
    result = measure(model, X, y, random_state=seed)
    values = np.atleast_1d(np.asarray(measure.values(result), dtype=float))
    return values, getattr(measure, "curve", lambda result: None)(result)


def _finite(numbers):
    """Return floats, and None for NaN and infinity, which JSON cannot store."""
    values = np.atleast_1d(np.asarray(numbers, dtype=float))
    return tuple(float(v) if np.isfinite(v) else None for v in values)


def _plain_curve(curve):
    if curve is None:
        return None
    curve = Curve(*curve)
    error = None if curve.error is None else _finite(curve.error)
    return curve._replace(x=_finite(curve.x), y=_finite(curve.y), error=error)
