"""The figures can be read: also in greyscale, with free labels and whole ticks."""

import csv
import warnings
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from skwfm.experiments import Contestant, compare
from skwfm.experiments.report import landscape_plots, plots
from skwfm.experiments.report.labels import place_labels
from skwfm.experiments.study.measures import Measured
from skwfm.landscape import Curve


@pytest.fixture
def comparison(source, cheap):
    committee = Contestant("LAL", cheap[0].estimator, "committee", "stand-in")
    return compare(source, [cheap[1], committee], n_seeds=2, n_jobs=1, measures=())


def test_families_differ_by_more_than_their_colour(comparison):
    (legend,) = plots.time(comparison).legends
    markers = {handle.get_marker() for handle in legend.legend_handles}
    assert len(legend.legend_handles) == len(markers) == 2


def test_the_lightness_of_weights_is_monotone(comparison):
    runs = [replace(run, first_unit=(-1, 0, 0.5, 1)) for run in comparison.runs]
    figure = plots.weights(replace(comparison, runs=runs, image_shape=(2, 2)))
    (image,) = figure.axes[0].images
    colours = image.cmap(np.linspace(0, 1, 64))[:, :3]
    assert np.all(np.diff(colours @ [0.299, 0.587, 0.114]) > 0)


def test_labels_keep_clear_of_error_bars():
    figure = Figure(figsize=(7, 4))
    renderer = FigureCanvasAgg(figure).get_renderer()
    axes = figure.subplots()
    axes.set(xlim=(0, 10), ylim=(0, 10))
    # To the right of the first is the bar of the second.
    points, errors = [(5, 5), (5.5, 7)], [1, 4]
    place_labels(axes, points, ["first", "second"], ["k"] * 2, errors)
    for text in axes.texts:
        box = text.get_window_extent(renderer)
        for (x, y), error in zip(points, errors, strict=True):
            for height in np.linspace(y - error, y + error, 50):
                assert not box.contains(*axes.transData.transform((x, height)))


def test_ranks_of_eigenvalues_have_whole_ticks(comparison):
    curve = Curve((1.0, 2.0, 3.0), (5.0, 2.0, 1.0), None, "rank", "eigenvalue", "log")
    for run in comparison.runs:
        run.measures["ranked"] = Measured({}, curve)
    figure = landscape_plots.curve(comparison, "ranked")
    figure.draw_without_rendering()
    ticks = figure.axes[0].get_xticks()
    assert len(ticks) > 1
    assert np.all(ticks == np.round(ticks))


def with_losses(comparison, losses):
    """The comparison if the committee machine had recorded these losses."""
    curve = tuple((epoch, float(loss)) for epoch, loss in enumerate(losses, start=1))
    runs = [
        replace(run, curve=curve if run.algorithm == "LAL" else ())
        for run in comparison.runs
    ]
    return replace(comparison, runs=runs)


LOSSES = {
    "infinite": [np.inf] * 5,
    "minus infinite": [-np.inf] * 5,
    "not a number": [np.nan] * 5,
    "infinite at first": [np.inf, np.inf, 3.0, 2.0, 1.0],
    "with all of them": [np.inf, np.nan, -np.inf, 3.0, 1.0],
    "negative": [-1.0, -2.0, -3.0],
    "of both signs": [50.0, 3.0, -40.0],
    "counts": [50.0, 3.0, 0.0],
    "zero": [0.0, 0.0],
    "huge": [1e308, 1e190, 1.0],
    "of both signs and huge": [1e308, 1e190, -1e190],
    "tiny": [1e-300, 1e-308],
    "one": [np.inf],
}


@pytest.mark.parametrize("name", LOSSES)
def test_learning_curves_of_any_losses_are_drawn(comparison, name):
    """One whose losses were infinite cost the page, and every file of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plots.learning(with_losses(comparison, LOSSES[name]))
        assert plots._png(figure).startswith(b"\x89PNG")
    (axes,) = figure.axes
    finite = [loss for loss in LOSSES[name] if abs(loss) < 1e200]
    assert [text.get_text() for text in axes.texts] == ["no finite loss"] * (not finite)
    if finite:
        low, high = axes.get_ylim()
        assert low <= min(finite)
        assert max(finite) <= high


def test_a_figure_that_cannot_be_drawn_costs_no_other(
    comparison, monkeypatch, tmp_path
):
    def broken(comparison):
        raise ArithmeticError("no such axis")

    monkeypatch.setitem(plots._SCORES, "accuracy", broken)
    with pytest.warns(UserWarning, match="cannot be drawn") as caught:
        paths = comparison.write(tmp_path)
    (message,) = [str(warning.message) for warning in caught]
    assert message.startswith("the figure 'accuracy' cannot be drawn and is left out: ")
    assert "ArithmeticError: no such axis (test_figures.py:" in message
    assert [path.name for path in paths] == [
        *("index.html", "runs.csv", "summary.json", "time.png")
    ]
    page = paths[0].read_text(encoding="utf-8")
    assert page.count("<img") == 1


def test_numbers_are_written_before_anything_is_drawn(
    comparison, monkeypatch, tmp_path
):
    def broken(comparison):
        raise ImportError("No module named 'matplotlib'")

    monkeypatch.setattr(plots, "draw_all", broken)
    with pytest.raises(ImportError):
        comparison.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"runs.csv", "summary.json"}
    with open(tmp_path / "runs.csv", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == 4


def test_no_figures_are_not_drawn_again(comparison, monkeypatch, tmp_path):
    monkeypatch.setattr(plots, "draw_all", None)
    comparison.to_html(tmp_path / "page.html", {})
    assert "<img" not in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize(
    "points",
    [
        ((0.1, 0.2, 0.3), (1.0, 0.5, 0.2)),
        ((0.1, 0.2, 0.3), (1.0, 0.0, -1.0)),
        ((0.1, 0.2, 0.3), (-1.0, -2.0, 0.0)),
        ((0.1, 0.2, 0.3), (None, None, None)),
        ((0.1, None, 0.3), (1.0, 2.0, 3.0)),
        ((None, None), (1.0, 2.0)),
    ],
)
def test_curves_of_any_measure_are_drawn(comparison, points, scale):
    """Also if a logarithmic axis was asked for, and nothing is positive."""
    for run in comparison.runs:
        run.measures["odd"] = Measured({}, Curve(*points, None, "x", "y", scale))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = landscape_plots.curve(comparison, "odd")
        assert plots._png(figure).startswith(b"\x89PNG")


def test_weights_of_inputs_that_are_no_pixels_are_no_image(comparison):
    units = {"LAL": (0.1, 0.2, 0.3), "linear": ()}
    runs = [replace(run, first_unit=units[run.algorithm]) for run in comparison.runs]
    assert plots.weights(replace(comparison, runs=runs, image_shape=(2, 2))) is None
