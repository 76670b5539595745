"""The figures can be read: also in greyscale, with free labels and whole ticks."""

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
