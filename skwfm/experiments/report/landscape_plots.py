"""Figures of the measures: the curves of any measure, and its numbers."""

from functools import partial

import numpy as np

from skwfm._plotting import algorithm_style, known_style
from skwfm.experiments.report.canvas import logarithmic, new_figure, rule
from skwfm.experiments.report.landscape_wording import columns, words
from skwfm.experiments.study.contestants import COMMITTEE


def drawings(comparison):
    """Return the functions of a comparison that draw the figures, by name."""
    curves = {
        f"{name}_curve": partial(curve, measure=name)
        for name in comparison.settings["measures"]
    }
    return curves | {"measures_and_error": against_error}


def _styles(comparison):
    """One style for each algorithm, the same in every figure."""
    fitted_last = sorted(comparison.runs, key=lambda run: run.status == "ok")
    families = {run.algorithm: run.family for run in fitted_last}
    unknown = [name for name in comparison.names if not known_style(name)]
    return {
        name: algorithm_style(
            name,
            rank=unknown.index(name) if name in unknown else 0,
            standard=families[name] != COMMITTEE,
        )
        | {"markersize": 5, "linewidth": 1.6 if families[name] == COMMITTEE else 1.2}
        for name in comparison.names
    }


def _legend(figure):
    """Add a legend beside the axes, where it covers nothing."""
    shown = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            # Lines and markers only, without error bars.
            shown.setdefault(label, getattr(handle, "lines", [handle])[0])
    where = {"loc": "outside right upper", "frameon": False}
    figure.legend(list(shown.values()), list(shown), **where)


def curve(comparison, measure):
    """Draw the curves of a measure, named by it, as means over runs."""
    found = {name: _curves(comparison, name, measure) for name in comparison.names}
    found = {name: curves for name, curves in found.items() if curves}
    if not found:
        return None
    figure = new_figure(3.8)
    axes, styles = figure.subplots(), _styles(comparison)
    for name, curves in found.items():
        _line(axes, name, curves, styles[name])
    last = curves[-1]
    axes.set(xlabel=last.xlabel, ylabel=last.ylabel)
    if last.yscale == "log":
        logarithmic(axes, "y")
    if all(x is not None and x.is_integer() for x in last.x):
        axes.xaxis.get_major_locator().set_params(integer=True)
    rule(axes)
    _legend(figure)
    return figure


def _curves(comparison, name, measure):
    """Curves of one algorithm, from the runs that have one."""
    runs = [run for run in comparison.runs if run.algorithm == name]
    found = [run.measures[measure] for run in runs if measure in run.measures]
    return [measured.curve for measured in found if measured.curve is not None]


def _line(axes, name, curves, style):
    x = sorted({x for found in curves for x in found.x if x is not None})
    values = np.array([_at(x, found) for found in curves], dtype=float)
    is_log = curves[0].yscale == "log"
    if is_log:
        values[values <= 0] = np.nan
    # Means over different runs at different points would not make a curve.
    lost = np.isnan(values).any(axis=0)
    label = f"{name}\n({lost.sum()} points missing)" if lost.any() else name
    if is_log:
        mean, bar = _mean_and_bar(np.log(values))
        middle = np.exp(mean)
        bars = middle - np.exp(mean - bar), np.exp(mean + bar) - middle
    else:
        middle, bars = _mean_and_bar(values)
    axes.errorbar(x, middle, bars, capsize=3, label=label, **style)


def _at(points, found):
    known = dict(zip(found.x, found.y, strict=True))
    return [known.get(point) for point in points]


def _mean_and_bar(values):
    """Mean over runs (rows) and its standard error, NaN where that is unknown."""
    bar = np.full(values.shape[1], np.nan)
    if len(values) > 1:
        bar = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return values.mean(axis=0), bar


def against_error(comparison):
    """Draw test error against each column of the measures, one point per solution."""
    shown = [c for c in columns(comparison) if _points(comparison, c[0])]
    if not shown:
        return None
    n_rows = -(-len(shown) // 2)
    figure, styles = new_figure(0.4 + 2.6 * n_rows), _styles(comparison)
    panels = figure.subplots(n_rows, min(2, len(shown)), squeeze=False).ravel()
    for axes, (column, unit, scale) in zip(panels, shown, strict=False):
        for name, points in _points(comparison, column).items():
            x, y = np.transpose(points)
            style = {**styles[name], "linewidth": 0}
            axes.plot(scale * x, 100 * y, label=name, **style)
        unit = f" ({unit})" if unit else ""
        axes.set(xlabel=f"{words(column)}{unit}", ylabel="test error (%)")
        axes.margins(x=0.1, y=0.1)
        rule(axes)
    for axes in panels[len(shown) :]:
        axes.remove()
    _legend(figure)
    return figure


def _points(comparison, column):
    """(number, test error) of the runs of committee machines, by algorithm."""
    points = {}
    for run in comparison.runs:
        values = {c: v for m in run.measures.values() for c, v in m.values.items()}
        if run.family == COMMITTEE and values.get(column) is not None:
            point = values[column], 1 - run.test_accuracy
            points.setdefault(run.algorithm, []).append(point)
    return points
