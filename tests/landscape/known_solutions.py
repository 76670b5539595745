"""Solutions of known weights, on machines of every kind."""

import hashlib

import joblib
import numpy as np

from skwfm import LALClassifier
from skwfm.architectures import (
    Architecture,
    FullCommittee,
    TreeCommittee,
    TreeParity,
)


class Overlapping(Architecture):
    """Fields that overlap, two of them equal, and units that multiply.

    The decision is ``t_0 + t_1 t_2 / 2`` with ``t = tanh(beta x)``.
    """

    def receptive_fields(self, n_features):
        half = n_features // 2
        return [np.arange(half + 2), *[np.arange(half, n_features)] * 2]

    def output(self, hidden):
        return np.where(hidden[:, 0] + hidden[:, 1] * hidden[:, 2] / 2 > 0, 1.0, -1.0)

    def smooth(self, fields, beta, order=1):
        t = np.tanh(beta * fields)
        slope = beta * (1 - t**2)
        bend = -2 * beta * t * slope
        value = t[:, 0] + t[:, 1] * t[:, 2] / 2
        others = np.column_stack([np.ones(len(t)), t[:, 2] / 2, t[:, 1] / 2])
        hessian = (bend * others)[:, :, None] * np.eye(3)
        hessian[:, 1, 2] = hessian[:, 2, 1] = slope[:, 1] * slope[:, 2] / 2
        return (value, slope * others, hessian)[: order + 1]


MACHINES = {
    "perceptron": FullCommittee(1),
    "full": FullCommittee(3),
    "tree": TreeCommittee(5),
    "parity": TreeParity(3),
    "overlapping": Overlapping(3),
}


def make_model(architecture, coef, intercept=None):
    """A classifier with these weights, as if it had been fitted."""
    model = LALClassifier(
        architecture=architecture, fit_intercept=intercept is not None
    )
    model.architecture_ = architecture
    model.coef_ = np.asarray(coef, dtype=float)
    model.intercept_ = np.zeros(len(coef)) if intercept is None else intercept
    model.classes_ = np.array([-1, 1])
    model.n_features_in_ = model.coef_.shape[1]
    return model


def random_solution(architecture, n_samples, n_features, fit_intercept, seed=0):
    """Random weights and random patterns, which the machine labels itself."""
    rng = np.random.default_rng(seed)
    shape = architecture.n_hidden, n_features
    coef = np.zeros(shape)
    for row, field in zip(coef, architecture.receptive_fields(n_features), strict=True):
        row[field] = rng.normal(size=len(field))
    intercept = rng.normal(size=shape[0]) if fit_intercept else None
    norms = np.sqrt((coef**2).sum(axis=1) + (0 if intercept is None else intercept**2))
    coef /= norms[:, None]
    intercept = None if intercept is None else intercept / norms
    X = rng.normal(size=(n_samples, n_features))
    model = make_model(architecture, coef, intercept)
    hidden = np.where(X @ coef.T + model.intercept_ >= 0, 1.0, -1.0)
    return model, X, architecture.output(hidden).astype(int)


def fingerprint(*objects):
    return [joblib.hash(o) for o in objects]


def global_random_state():
    return hashlib.sha256(repr(np.random.get_state()).encode()).hexdigest()  # noqa: NPY002
