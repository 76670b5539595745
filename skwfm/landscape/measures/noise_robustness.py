"""Noise robustness as a measure."""

from dataclasses import dataclass

import numpy as np

from skwfm._checks import check_count
from skwfm.landscape.measure import Curve, Measure
from skwfm.landscape.robustness import check_noise, noise_robustness

_LEVEL_LABELS = {
    "coloured": "share of the inputs redrawn",
    "flip": "share of the inputs with changed sign",
    "gaussian": "noise (standard deviations of each input)",
}


@dataclass(frozen=True)
class NoiseRobustness(Measure):
    """Share of the training examples answered wrongly when inputs are corrupted.

    Coloured noise redraws each input, with a probability given by the level, from the
    values that it takes in other examples. At zero noise these are the training errors.

    Parameters
    ----------
    noise : {"coloured", "flip", "gaussian"}, default="coloured"
        As in `noise_robustness`.
    levels : sequence of float, default=(0.2,)
        Levels of the noise, one column each.
    curve_levels : sequence of float, default=(0.0, 0.1, 0.3, 0.4)
        Further levels that the figure shows.
    n_draws : int, default=5
        Corrupted copies for each level.
    max_samples : int or None, default=1000
        Maximum number of patterns, taken from the first: enough for an error rate, and
        kernel machines predict slowly. None takes all.

    Raises
    ------
    ValueError
        If a parameter is wrong.

    Notes
    -----
    The result is a `RobustnessCurve` at all levels, of any classifier with `predict`.
    Columns are fractions, the curve is in per cent.
    """

    noise: str = "coloured"
    levels: tuple = (0.2,)
    curve_levels: tuple = (0.0, 0.1, 0.3, 0.4)
    n_draws: int = 5
    max_samples: int | None = 1000

    name = "noise_robustness"
    unit = "fraction"
    greater_is_better = False

    def __post_init__(self):
        levels = check_noise(self.noise, self.levels, self.n_draws)
        object.__setattr__(self, "levels", tuple(levels.tolist()))
        if len(self.curve_levels):
            levels = check_noise(self.noise, self.curve_levels, self.n_draws)
        object.__setattr__(self, "curve_levels", tuple(self.curve_levels))
        if self.max_samples is not None:
            check_count("max_samples", self.max_samples, 1)

    @property
    def columns(self):
        return tuple(f"noise_{self.noise}_{level:g}" for level in self.levels)

    def __call__(self, model, X, y, random_state=None):
        return noise_robustness(
            model, X[: self.max_samples], y[: self.max_samples], self.noise,
            self._points(), n_draws=self.n_draws, random_state=random_state,
        )  # fmt: skip

    def _points(self):
        # Each level has its own random numbers, by its position: keep the order.
        if not self.curve_levels:
            return self.levels
        return tuple(sorted({*self.levels, *self.curve_levels}))

    def values(self, result):
        points = self._points()
        return [float(result.error[points.index(level)]) for level in self.levels]

    def curve(self, result):
        return Curve(
            result.levels, 100 * result.error, 100 * result.standard_error,
            _LEVEL_LABELS[self.noise], "training examples answered wrongly (%)",
        )  # fmt: skip


@dataclass(frozen=True)
class NoiseAccuracy(NoiseRobustness):
    """Mean accuracy over the levels of noise, which a search can maximise.

    Parameters
    ----------
    noise : {"coloured", "flip", "gaussian"}, default="coloured"
        As in `NoiseRobustness`.
    levels : sequence of float, default=(0.2,)
        Levels over which the mean is taken, with those of the curve.
    curve_levels : sequence of float, default=(0.0, 0.1, 0.3, 0.4)
        As in `NoiseRobustness`.
    n_draws : int, default=5
        As in `NoiseRobustness`.
    max_samples : int or None, default=1000
        As in `NoiseRobustness`.
    """

    name = "noise_accuracy"
    greater_is_better = True

    @property
    def columns(self):
        return (f"noise_{self.noise}_accuracy",)

    def values(self, result):
        return [float(1 - np.mean(result.error))]
