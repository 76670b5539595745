"""Curves, error bars and gaps are drawn as they were measured."""

import numpy as np
import pytest

from skwfm import LALClassifier
from skwfm.curves import LocalEntropyCurve
from skwfm.datasets import make_random_patterns
from skwfm.displays import LocalEntropyDisplay
from skwfm.landscape import local_entropy

pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def close_figures():
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


def curve(entropy, error=None, method="ep"):
    overlap = np.array([0.5, 0.9, 0.7])
    entropy = np.asarray(entropy, dtype=float)
    return LocalEntropyCurve(
        overlap, (1 - overlap) / 2, entropy, np.isfinite(entropy), method, error
    )


COMPLETE = curve([-0.5, -0.1, -0.3])
WITH_GAP = curve([np.nan, -0.2, -0.4])
SAMPLED = curve([-0.5, -0.1, -0.3], np.array([0.05, 0.01, 0.03]), "mc")


def legend(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


@pytest.mark.parametrize(
    ("x", "where"), [("distance", [0.05, 0.15, 0.25]), ("overlap", [0.9, 0.7, 0.5])]
)
def test_points_run_away_from_the_solution(x, where):
    display = LocalEntropyDisplay.from_curves([COMPLETE, WITH_GAP], x=x)
    first, second = display.lines_
    for line, entropy in ((first, [-0.1, -0.3, -0.5]), (second, [-0.2, -0.4, np.nan])):
        np.testing.assert_allclose(line.get_xdata(), where)
        np.testing.assert_array_equal(line.get_ydata(), entropy)
    assert display.ax_.xaxis_inverted() == (x == "overlap")
    assert x in display.ax_.get_xlabel()
    assert display.ax_.get_ylabel() == "local entropy (nats per weight)"


def test_what_did_not_converge_is_marked_and_counted():
    display = LocalEntropyDisplay.from_curves([COMPLETE, WITH_GAP], labels=["a", "b"])
    assert legend(display) == ["a", "b\n1 not converged ($\\times$)"]
    (cross,) = [line for line in display.ax_.lines if line.get_marker() == "x"]
    np.testing.assert_allclose(cross.get_xdata(), [0.25])
    assert cross.get_color() == display.lines_[1].get_color()
    unnamed = LocalEntropyDisplay.from_curves([COMPLETE, WITH_GAP])
    assert legend(unnamed) == [r"1 not converged ($\times$)"]


def test_nothing_converged_can_be_drawn():
    display = LocalEntropyDisplay.from_curve(curve([np.nan] * 3))
    display.figure_.canvas.draw()
    assert legend(display) == ["ep\n3 not converged ($\\times$)"]


def test_bars_are_two_standard_errors():
    display = LocalEntropyDisplay.from_curve(SAMPLED)
    assert legend(display) == ["mc"]
    _, _, (bars,) = display.ax_.containers[0].lines
    spans = [segment[1, 1] - segment[0, 1] for segment in bars.get_segments()]
    np.testing.assert_allclose(spans, [0.04, 0.12, 0.2])


def test_without_labels_there_is_no_legend_and_given_axes_are_used():
    ax = pyplot.figure().add_subplot()
    display = LocalEntropyDisplay([COMPLETE, SAMPLED])
    assert display.plot(ax, color="k") is display
    assert display.ax_ is ax
    assert ax.get_legend() is None
    assert display.lines_[0].get_color() == "k"


def test_from_estimator_draws_the_measured_curve():
    X, y = make_random_patterns(20, 33, random_state=0)
    model = LALClassifier(n_hidden=3, random_state=0).fit(X, y)
    display = LocalEntropyDisplay.from_estimator(
        model, X, y, overlaps=[0.7, 0.9], x="overlap"
    )
    measured = local_entropy(model, X, y, overlaps=[0.9, 0.7])
    np.testing.assert_allclose(display.lines_[0].get_ydata(), measured.entropy)
    assert legend(display) == ["LALClassifier"]


def test_what_cannot_be_drawn():
    with pytest.raises(ValueError, match="x='angle' is unknown"):
        LocalEntropyDisplay([COMPLETE], x="angle").plot()
    with pytest.raises(ValueError, match="labels has 2 entries for 1 results"):
        LocalEntropyDisplay([COMPLETE], ["a", "b"]).plot()
