"""Parts of figures that several pages share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from skwfm._plotting import algorithm_style
from skwfm.experiments.paper.claims import Estimate, mean
from skwfm.experiments.report.canvas import GREY, INK, rule
from skwfm.experiments.study.records import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def curve_of(runs: Sequence[Run], measure: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the curves of a measure.

    Parameters
    ----------
    runs : sequence of Run
        Of one algorithm.
    measure : str
        Name of a measure that has a curve.

    Returns
    -------
    x : ndarray of shape (n_points,)
        Positions; empty if no run has the curve.
    rows : ndarray of shape (n_runs, n_points)
        Values; NaN where there is none.
    """
    having = [run.measures[measure].curve for run in runs if measure in run.measures]
    known = [curve for curve in having if curve is not None]
    if not known:
        return np.empty(0), np.empty((0, 0))
    return np.array(known[0].x, float), np.array([curve.y for curve in known], float)


def draw_curves(axes: Axes, groups: Mapping[str, Sequence[Run]], measure: str) -> None:
    """Draw the mean curve of every algorithm, with 95 % intervals.

    Parameters
    ----------
    axes : matplotlib Axes
        Where.
    groups : mapping of str to sequence of Run
        Runs by algorithm.
    measure : str
        Name of a measure that has a curve.
    """
    for name, runs in groups.items():
        x, rows = curve_of(runs, measure)
        if len(x):
            draw_means(axes, name, x, [mean(column) for column in rows.T])
    rule(axes)


def draw_means(
    axes: Axes, name: str, x: Sequence[float], means: Sequence[Estimate], scale=1.0
) -> None:
    """Draw means with their intervals, in the style of an algorithm.

    Parameters
    ----------
    axes : matplotlib Axes
        Where.
    name : str
        Of the algorithm, for style and legend.
    x : sequence of float
        Positions.
    means : sequence of Estimate
        Symmetric ones; without an interval there is no bar.
    scale : float, default=1.0
        Factor of the means.
    """
    y = scale * np.array([estimate.value for estimate in means])
    half = scale * np.array([estimate.high - estimate.value for estimate in means])
    style = algorithm_style(name) | {"markersize": 5}
    axes.errorbar(x, y, np.nan_to_num(half), capsize=2, label=name, **style)


def draw_pairs(axes: Axes, pairs: Mapping[str, np.ndarray], scale=(1.0, 1.0)) -> None:
    """Draw one point for each run.

    Parameters
    ----------
    axes : matplotlib Axes
        Where.
    pairs : mapping of str to ndarray of shape (2, n_runs)
        By algorithm.
    scale : tuple of float, default=(1.0, 1.0)
        Factors of both numbers.
    """
    for name, (x, y) in pairs.items():
        style = algorithm_style(name) | {"linestyle": "none", "alpha": 0.75}
        axes.plot(scale[0] * x, scale[1] * y, label=name, markersize=5, **style)
    rule(axes)


def draw_intervals(axes: Axes, rows: Mapping[str, Estimate], scale: float = 1.0):
    """Draw estimates below each other, with their intervals and a line at 0.

    Parameters
    ----------
    axes : matplotlib Axes
        Where.
    rows : mapping of str to Estimate
        By the text beside them.
    scale : float, default=1.0
        Factor.
    """
    for place, (value, low, high) in enumerate(rows.values()):
        axes.plot([scale * low, scale * high], [place] * 2, "-", color=INK)
        axes.plot(scale * value, place, "o", color=INK)
    axes.axvline(0, color=GREY, linestyle=":")
    axes.set_yticks(range(len(rows)), list(rows))
    axes.invert_yaxis()
    rule(axes, axis="x")


def common_legend(figure: Figure, axes: Sequence[Axes], ncols: int = 6) -> None:
    """Put one legend above all panels.

    Parameters
    ----------
    figure : matplotlib Figure
        Where.
    axes : sequence of matplotlib Axes
        Panels, in which the same label means the same.
    ncols : int, default=6
        Columns of the legend.
    """
    found = {}
    for panel in axes:
        handles, labels = panel.get_legend_handles_labels()
        found |= dict(zip(labels, handles, strict=True))
    if found:
        figure.legend(
            found.values(), found.keys(), loc="outside upper center", ncols=ncols,
            frameon=False,
        )  # fmt: skip
