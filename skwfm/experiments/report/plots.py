"""Figures of a comparison, as PNG bytes. Matplotlib is imported on use.

Each figure is a function of a `Comparison`; it returns None if there is nothing to
draw.
"""

import io

import numpy as np

from skwfm._warn import warn
from skwfm.experiments.failures import reason_of
from skwfm.experiments.report import landscape_plots
from skwfm.experiments.report.canvas import (
    BLUE,
    GREY,
    INK,
    RED,
    WIDTH,
    logarithmic,
    new_figure,
    rule,
)
from skwfm.experiments.report.labels import place_labels
from skwfm.experiments.report.wording import constant_balanced
from skwfm.experiments.study.contestants import COMMITTEE

COLOUR = {"committee": BLUE, "standard": GREY}
# The colours are alike in greyscale.
MARKER = {"committee": "o", "standard": "s"}
MEANING = {"committee": "committee machines (skwfm)", "standard": "standard methods"}
DPI = 160
# Losses that can be drawn are smaller: margins and ticks of larger ones overflow.
_LARGEST = 1e200


def draw_all(comparison):
    """Draw every figure that the comparison has data for: PNG images by name.

    They are "accuracy", "time", the curve of each measure that has one, such as
    "local_entropy_curve", "measures_and_error" and, for committee machines, "learning"
    and, for images, "weights". One that cannot be drawn is left out with a warning:
    numbers of plugins may be such as nobody has thought of.
    """
    import matplotlib as mpl

    style = {
        "axes.edgecolor": GREY,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "font.size": 10,
        "text.color": INK,
        # Names given by the user may contain dollar signs.
        "text.parse_math": False,
    }
    drawn = {}
    with mpl.rc_context(style):
        draws = _SCORES | landscape_plots.drawings(comparison) | _TRAINING
        for name, draw in draws.items():
            try:
                figure = draw(comparison)
                if figure is not None:
                    drawn[name] = _png(figure)
            except Exception as error:
                warn(
                    f"the figure {name!r} cannot be drawn and is left out: "
                    f"{reason_of(error)}",
                )
    return drawn


def _png(figure):
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DPI, facecolor="white")
    return stream.getvalue()


def _successful(comparison):
    return [row for row in comparison.summary() if row["n_failed"] < row["n_runs"]]


def accuracy(comparison):
    """Draw test accuracy and balanced accuracy of every run, with means."""
    rows = _successful(comparison)
    if not rows:
        return None
    figure = new_figure(1.5 + 0.38 * len(rows))
    figure.get_layout_engine().set(wspace=0.06)
    panels = figure.subplots(1, 2, sharey=True)
    settings = comparison.settings
    baselines = settings["constant_accuracy"], constant_balanced(settings)
    metrics = ("test_accuracy", "balanced_accuracy")
    marked = False
    for axes, metric, baseline in zip(panels, metrics, baselines, strict=True):
        _score_panel(axes, comparison.runs, rows, metric)
        marked |= _baseline(axes, 100 * baseline)
        axes.set_xlabel(f"{metric.replace('_', ' ')} (%)")
    panels[0].set_yticks(range(len(rows)), [row["algorithm"] for row in rows])
    panels[0].invert_yaxis()
    _legend(figure, rows, marked)
    return figure


def _score_panel(axes, runs, rows, metric):
    for position, row in enumerate(rows):
        name, family = row["algorithm"], row["family"]
        colour, marker = COLOUR[family], MARKER[family]
        scores = [getattr(r, metric) for r in runs if r.algorithm == name]
        scores = 100 * np.array([s for s in scores if s is not None])
        below = np.full(scores.size, position + 0.22)
        axes.plot(scores, below, marker, color=colour, alpha=0.35, ms=5, mew=0)
        mean = 100 * row[metric]["mean"]
        error = 100 * (row[metric]["standard_error"] or 0)
        axes.errorbar(
            mean, position - 0.1, xerr=error, fmt=marker, color=colour, ms=6, capsize=4
        )
    rule(axes, axis="x")
    axes.tick_params(axis="y", length=0)


def _baseline(axes, constant):
    """Mark the constant answer, or note that it is off the scale; True if marked."""
    low, high = axes.get_xlim()
    if constant > low - (high - low):
        axes.axvline(constant, color=RED, lw=1.2, ls="--")
        return True
    note = f"constant answer: {constant:.1f}, off the scale"
    axes.set_title(note, loc="left", color=RED, fontsize=8)
    return False


def _legend(figure, rows, with_constant=False):
    """Explain the markers and, if there is one, the dashed line."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], marker=MARKER[f], ls="", color=COLOUR[f], label=MEANING[f])
        for f in COLOUR
        if any(row["family"] == f for row in rows)
    ]
    if with_constant:
        line = Line2D([], [], color=RED, ls="--", lw=1.2, label="constant answer")
        handles.append(line)
    figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)


def time(comparison):
    """Draw balanced accuracy against training time."""
    rows = _successful(comparison)
    if not rows:
        return None
    figure = new_figure(4.6)
    axes = figure.subplots()
    names = [row["algorithm"] for row in rows]
    colours = [COLOUR[row["family"]] for row in rows]
    points = [
        (row["seconds"]["mean"], 100 * row["balanced_accuracy"]["mean"]) for row in rows
    ]
    errors = [100 * (row["balanced_accuracy"]["standard_error"] or 0) for row in rows]
    for point, error, row, colour in zip(points, errors, rows, colours, strict=True):
        marker = MARKER[row["family"]]
        axes.errorbar(*point, yerr=error, fmt=marker, color=colour, capsize=3)
    axes.margins(x=0.18, y=0.14)
    logarithmic(axes, "x")
    axes.set_xlabel("training time of one run (s, logarithmic)")
    axes.set_ylabel("balanced accuracy on the test set (%)")
    rule(axes)
    _legend(figure, rows)
    place_labels(axes, points, names, colours, errors)
    return figure


def _first_seed_committees(comparison, attribute):
    """Runs of committee machines on the first seed that recorded the attribute."""
    first = comparison.settings["seeds"][0]
    return [
        run
        for run in comparison.runs
        if run.seed == first and run.family == COMMITTEE and getattr(run, attribute)
    ]


def learning(comparison):
    """Draw the learning curves of the committee machines for the first seed."""
    runs = _first_seed_committees(comparison, "curve")
    if not runs:
        return None
    n_columns = min(2, len(runs))
    n_rows = -(-len(runs) // n_columns)
    figure = new_figure(2.3 * n_rows)
    panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for axes, run in zip(panels, runs, strict=False):
        _curve_panel(axes, run)
    for axes in panels[len(runs) :]:
        axes.remove()
    return figure


def _curve_panel(axes, run):
    epochs, losses = np.transpose(run.curve)
    # Infinite ones would leave no scale for the others.
    losses = np.where(np.abs(losses) < _LARGEST, losses, np.nan)
    axes.plot(epochs, losses, color=BLUE, lw=1.6)
    axes.set_title(run.algorithm, loc="left", fontweight="bold", fontsize=10)
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss")
    if epochs[-1] > 1:
        logarithmic(axes, "x")
    _scale_losses(axes, losses[np.isfinite(losses)])
    rule(axes)


def _scale_losses(axes, losses):
    """Choose the scale for losses that are finite."""
    if losses.size == 0:
        where = {"transform": axes.transAxes, "ha": "center", "va": "center"}
        axes.text(0.5, 0.5, "no finite loss", color=RED, **where)
        axes.set(xticks=[], yticks=[])
    elif losses.min() > 0:
        logarithmic(axes, "y")
    elif losses.max() > 10:
        # Counts that reach zero: linear below one, logarithmic above.
        axes.set_yscale("symlog", linthresh=1)
        if losses.min() == 0:
            axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter("{x:g}")


def weights(comparison):
    """Draw the weights of one hidden unit of each committee machine as images."""
    if comparison.image_shape is None:
        return None
    n_pixels = np.prod(comparison.image_shape)
    runs = [
        run
        for run in _first_seed_committees(comparison, "first_unit")
        if len(run.first_unit) == n_pixels  # and not of inputs made of the pixels
    ]
    if not runs:
        return None
    figure = new_figure(0.6 + (WIDTH - 0.9) / max(len(runs), 3))
    panels = figure.subplots(1, len(runs), squeeze=False).ravel()
    largest = max(np.abs(run.first_unit).max() for run in runs)
    for axes, run in zip(panels, runs, strict=True):
        picture = axes.imshow(
            np.reshape(run.first_unit, comparison.image_shape),
            # Its lightness grows with the weight, so that it can be read in grey.
            cmap="cividis",
            vmin=-largest,
            vmax=largest,
        )
        axes.set_title(run.algorithm, fontsize=10)
        axes.axis("off")
    figure.colorbar(picture, ax=panels, shrink=0.8, pad=0.02, label="weight")
    return figure


# Before the figures of the measures, and after them.
_SCORES = {"accuracy": accuracy, "time": time}
_TRAINING = {"learning": learning, "weights": weights}
