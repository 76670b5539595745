"""Measures of a classifier of several classes, which is one machine for each."""

import numpy as np
from sklearn.pipeline import Pipeline

from skwfm.landscape.measure import Curve


def machines_of_classes(estimator, X, y):
    """Split a classifier of several classes into its machines.

    Parameters
    ----------
    estimator : fitted classifier or Pipeline
        One whose ``machines_`` are binary views, in the order of ``classes_``.
    X : ndarray of shape (n_samples, n_features)
        Patterns.
    y : ndarray of shape (n_samples,)
        Their labels.

    Returns
    -------
    machines : list of (machine, X, y)
        The inputs that a machine sees and its two labels, the second for its own class;
        empty if there are no ``machines_``.
    """
    last = estimator
    if isinstance(estimator, Pipeline):
        last = estimator[-1]
        X = estimator[:-1].transform(X) if len(estimator) > 1 else X
    machines = getattr(last, "machines_", ())
    return [
        (machine, X, np.where(y == label, machine.classes_[1], machine.classes_[0]))
        for label, machine in zip(last.classes_, machines, strict=bool(machines))
    ]


def mean_curve(curves):
    """Average curves over machines.

    Parameters
    ----------
    curves : list of Curve or None
        One for each machine.

    Returns
    -------
    curve : Curve or None
        The mean, with its error if all have one; a single curve is returned as it is.
        None if one is missing or they differ in length.
    """
    if len(curves) == 1 or None in curves:
        return curves[0] if len(curves) == 1 else None
    curves = [Curve(*curve) for curve in curves]
    if len({np.size(curve.y) for curve in curves}) > 1:
        return None
    errors = [curve.error for curve in curves]
    error = None
    if all(e is not None for e in errors):
        error = np.sqrt(np.sum(np.square(errors), axis=0)) / len(errors)
    mean = np.mean([np.asarray(curve.y, dtype=float) for curve in curves], axis=0)
    return curves[0]._replace(y=mean, error=error)


def total_curve(curves):
    """Sum the learning curves of the machines of several classes.

    Parameters
    ----------
    curves : list of float, or list of lists of float
        One curve, or one for each machine.

    Returns
    -------
    curve : sequence of float
        The only curve, or the sum; a machine that has ended keeps its last value.
    """
    if not any(isinstance(curve, (list, tuple, np.ndarray)) for curve in curves):
        return curves
    curves = [curve for curve in curves if len(curve)]
    longest = max(map(len, curves), default=0)
    padded = [[*curve, *[curve[-1]] * (longest - len(curve))] for curve in curves]
    return np.sum(padded, axis=0) if padded else ()
