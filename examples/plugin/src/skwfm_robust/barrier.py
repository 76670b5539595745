"""The error barrier between two solutions as a measure."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from skwfm import LALClassifier
from skwfm.landscape import Curve, Measure, read_model
from skwfm_robust.geodesic import geodesic, match_units


@dataclass(frozen=True)
class ErrorBarrier(Measure):
    """Training errors on the shortest path to another solution, beyond its ends'.

    The path leads on the spheres of all units, after units have been matched. Wide flat
    minima are often connected by paths without errors.

    Parameters
    ----------
    other : classifier or None, default=None
        What finds the other solution, with the seed of the measurement; a fitted
        classifier is taken as it is. None is `skwfm.LALClassifier`.
    n_points : int, default=25
        Points of the path, its ends included.
    """

    other: object = None
    n_points: int = 25

    name = "error_barrier"
    columns = ("error_barrier",)
    unit = "fraction"
    greater_is_better = False
    needs = "committee"

    def __post_init__(self):
        if not (isinstance(self.n_points, int) and self.n_points >= 2):
            raise ValueError(f"n_points={self.n_points!r}: pass an integer >= 2.")

    def __call__(self, model, X, y, random_state=None):
        problem, first = read_model(model, X, y)
        second = self._other_solution(problem, random_state)
        first, second = _normalised(first), _normalised(second)
        n_features = problem.inputs.shape[1]
        second = match_units(problem.architecture, n_features, first, second)
        return np.array(
            [
                _error_rate(problem, geodesic(first, second, position))
                for position in np.linspace(0, 1, self.n_points)
            ]
        )

    def _other_solution(self, problem, random_state):
        other = self.other
        if not hasattr(other, "coef_"):
            machine = {
                "architecture": problem.architecture,
                "fit_intercept": problem.fit_intercept,
                "random_state": random_state,
            }
            other = LALClassifier() if other is None else clone(other)
            other.set_params(**machine).fit(problem.inputs, problem.labels)
        found, weights = read_model(other, problem.inputs, _named(problem, other))
        if weights.shape != problem.layout.dense_shape:
            raise ValueError(
                f"other has weights of shape {weights.shape}, the model of shape "
                f"{problem.layout.dense_shape}: fit both with the same architecture "
                "and fit_intercept."
            )
        if problem.fit_intercept:
            # The same intercept as a weight on the model's constant input.
            weights[:, -1] *= found.intercept_scaling / problem.intercept_scaling
        return weights

    def values(self, result):
        return [float(result.max() - max(result[0], result[-1]))]

    def curve(self, result):
        positions = np.linspace(0, 1, self.n_points)
        return Curve(positions, result, None, "position on the path", "training errors")


def _named(problem, model):
    return np.where(problem.labels > 0, model.classes_[1], model.classes_[0])


def _normalised(weights):
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)


def _error_rate(problem, weights):
    packed = problem.layout.pack_weights(weights, problem.dtype)
    return problem.count_errors(packed) / problem.n_samples
