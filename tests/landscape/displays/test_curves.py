"""What the displays draw is what they were given."""

import numpy as np
import pytest
from known_solutions import MACHINES, random_solution

from skwfm.landscape import (
    HessianSpectrumDisplay,
    NoiseRobustnessDisplay,
    hessian_spectrum,
    noise_robustness,
)

pyplot = pytest.importorskip("matplotlib.pyplot")
pytestmark = pytest.mark.filterwarnings("ignore:the smooth machine:UserWarning")


@pytest.fixture(autouse=True)
def close_figures():
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


@pytest.fixture
def solution():
    return random_solution(MACHINES["full"], 30, 20, True)


def test_histograms_count_every_eigenvalue(solution):
    spectra = [hessian_spectrum(*solution, 1.0, tangent=t) for t in (False, True)]
    display = HessianSpectrumDisplay.from_spectra(spectra, labels=["all", "tangent"])
    stairs = display.ax_.patches
    assert [s.get_data().values.sum() for s in stairs] == [63, 63]
    marks = [line.get_xdata()[0] for line in display.ax_.lines]
    assert marks == [s.largest for s in spectra]
    assert display.ax_.get_yscale() == "log"
    assert r"$\beta$ = 1" in display.ax_.get_xlabel()
    texts = [t.get_text() for t in display.ax_.get_legend().get_texts()]
    assert texts == ["all", "tangent"]


def test_densities_lie_on_histograms(solution):
    exact = hessian_spectrum(*solution, 1.0)
    density = hessian_spectrum(*solution, 1.0, method="slq", resolution=20)
    ax = pyplot.figure().add_subplot()
    display = HessianSpectrumDisplay([exact, density]).plot(ax, bins=30)
    assert display.ax_ is ax
    assert ax.get_legend() is None
    x, counts = ax.lines[-1].get_data()
    edges = ax.patches[0].get_data().edges
    total = counts.sum() * (x[1] - x[0]) / (edges[1] - edges[0])
    assert total == pytest.approx(63, rel=1e-3)


def test_curves_carry_their_error_bars(solution):
    curve = noise_robustness(*solution, levels=[0.0, 0.2], n_draws=3)
    display = NoiseRobustnessDisplay.from_curves([curve], labels=["this"])
    line, _, (bars,) = display.ax_.containers[0].lines
    assert np.array_equal(
        line.get_xydata(), np.column_stack([curve.levels, curve.error])
    )
    for (low, high), e, s in zip(
        bars.get_segments(), curve.error, curve.standard_error, strict=True
    ):
        assert np.allclose([low[1], high[1]], [e - s, e + s])


def test_from_estimator(solution):
    first = HessianSpectrumDisplay.from_estimator(*solution, 1.0)
    second = NoiseRobustnessDisplay.from_estimator(
        *solution, noise="gaussian", n_draws=2
    )
    for display in (first, second):
        assert display.ax_.get_legend().get_texts()[0].get_text() == "LALClassifier"
    assert "standard deviations" in second.ax_.get_xlabel()


def test_what_cannot_be_drawn(solution):
    ends = hessian_spectrum(*solution, 1.0, method="lanczos")
    for spectra in ([ends], []):
        with pytest.raises(ValueError, match="spectra must be computed with"):
            HessianSpectrumDisplay(spectra).plot()
    exact = hessian_spectrum(*solution, 1.0)
    with pytest.raises(ValueError, match="labels has 2 entries for 1 results"):
        HessianSpectrumDisplay([exact], ["a", "b"]).plot()
    kinds = [
        noise_robustness(*solution, noise, n_draws=1)
        for noise in ("coloured", "gaussian")
    ]
    with pytest.raises(ValueError, match=r"curves are of noises \['coloured', 'gauss"):
        NoiseRobustnessDisplay.from_curves(kinds)
