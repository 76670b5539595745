"""Theory curves are drawn where a measurement would put them."""

import numpy as np
import pytest

from skwfm.curves import LocalEntropyCurve
from skwfm.displays import TheoryCurveDisplay
from skwfm.theory import (
    cross_entropy_local_entropy,
    local_entropy_curve,
)

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(scope="module")
def curve():
    return local_entropy_curve("perceptron", 1, 1.0, [0.25, 0.49, 0.81])


@pytest.fixture
def measured():
    p = np.array([0.5, 0.9])
    return LocalEntropyCurve(
        overlap=p,
        distance=(1 - p) / 2,
        entropy=np.array([-0.9, -0.2]),
        converged=np.array([True, True]),
        method="amp",
    )


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def test_plot_returns_itself_with_axes(curve):
    display = TheoryCurveDisplay([curve], ["theory"])
    assert display.plot() is display
    assert display.figure_ is display.ax_.figure
    np.testing.assert_allclose(display.lines_[0].get_xdata(), [0.5, 0.7, 0.9])
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), curve.entropy)


def test_given_axes_are_used(curve):
    _, ax = matplotlib.pyplot.subplots()
    assert TheoryCurveDisplay.from_curve(curve, ax=ax).ax_ is ax


@pytest.mark.parametrize(
    ("x", "theory", "points"),
    [
        ("centre", [0.5, 0.7, 0.9], [0.5, 0.9]),
        ("mutual", [0.25, 0.49, 0.81], [0.25, 0.81]),
        ("distance", [0.25, 0.15, 0.05], [0.25, 0.05]),
    ],
)
def test_overlay_in_one_call(curve, measured, x, theory, points):
    """A measurement at overlap p lies at mutual overlap p squared."""
    display = TheoryCurveDisplay.from_curve(curve, x=x, measured=measured)
    np.testing.assert_allclose(display.lines_[0].get_xdata(), theory)
    dots = display.ax_.lines[-1]
    np.testing.assert_allclose(dots.get_xdata(), points)
    np.testing.assert_array_equal(dots.get_ydata(), measured.entropy)
    assert dots.get_label() == "amp"


def test_excess_over_the_cap_is_dotted():
    curve = local_entropy_curve("tree", np.inf, 3.5, [0.05, 0.1, 0.7, 0.8, 0.9])
    assert curve.exceeds_cap.any()
    display = TheoryCurveDisplay.from_curve(curve)
    solid, dotted = display.ax_.lines
    assert np.isnan(solid.get_ydata()[curve.exceeds_cap]).all()
    assert dotted.get_linestyle() == ":"


def test_a_curve_that_is_all_above_its_cap_is_dotted_in_the_legend():
    curve = local_entropy_curve("tree", np.inf, 3.5, [0.8, 0.9])
    assert curve.exceeds_cap.all()
    display = TheoryCurveDisplay.from_curve(curve, label="alpha = 3.5")
    first, *_ = display.ax_.get_legend().get_lines()
    assert first.get_linestyle() == ":"


def test_parity_shows_its_bound():
    curve = local_entropy_curve("parity", 3, 0.5, [0.5, 0.9])
    display = TheoryCurveDisplay.from_curve(curve, label="parity")
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["parity", "lower bound"]


def test_curves_around_a_centre_have_no_mutual_axis():
    curve = cross_entropy_local_entropy(0, 1.0, [0.1])
    with pytest.raises(ValueError, match="around a centre"):
        TheoryCurveDisplay.from_curve(curve, x="mutual")
    with pytest.raises(ValueError, match="x must be one of"):
        TheoryCurveDisplay.from_curve(curve, x="overlap")


def test_counts_and_fractions_have_labels_of_their_own(curve):
    """Fig. 3 counts solutions (positive); Fig. 1 is a log-fraction (negative)."""
    counts = cross_entropy_local_entropy(0, 1.0, [0.1, 0.3])
    assert np.all(counts.entropy > 0)
    label = TheoryCurveDisplay.from_curve(counts, x="distance").ax_.get_ylabel()
    assert label == "log number of solutions (nats per weight)"
    fractions = TheoryCurveDisplay.from_curve(curve).ax_.get_ylabel()
    assert fractions == "local entropy (nats per weight)"
    with pytest.raises(ValueError, match="draw them on two axes"):
        TheoryCurveDisplay.from_curves([curve, counts], x="distance")


@pytest.mark.parametrize(
    ("theory", "measure"), [("centre", "overlap"), ("distance", "distance")]
)
def test_both_displays_have_the_solution_on_the_left(curve, measured, theory, measure):
    from skwfm.landscape import LocalEntropyDisplay

    axes = [
        TheoryCurveDisplay.from_curve(curve, x=theory).ax_,
        LocalEntropyDisplay.from_curve(measured, x=measure).ax_,
    ]
    # Nearest to the solution: the largest overlap, the least distance.
    nearest = [curve.centre_overlap.max(), measured.overlap.max()]
    if theory == "distance":
        nearest = [curve.centre_distance.min(), measured.distance.min()]
    for ax, near in zip(axes, nearest, strict=True):
        left, right = ax.get_xlim()
        assert abs(near - left) < abs(near - right)
    assert axes[0].xaxis_inverted() == axes[1].xaxis_inverted()


def test_displays_of_measures_are_found_here_too():
    import skwfm.displays
    from skwfm.landscape import HessianSpectrumDisplay, NoiseRobustnessDisplay

    assert skwfm.displays.HessianSpectrumDisplay is HessianSpectrumDisplay
    assert skwfm.displays.NoiseRobustnessDisplay is NoiseRobustnessDisplay
    with pytest.raises(AttributeError, match="'nothing'"):
        skwfm.displays.nothing  # noqa: B018
