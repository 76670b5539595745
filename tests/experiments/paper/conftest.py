import numpy as np
import pytest

from skwfm.experiments.study.measures import Measured
from skwfm.experiments.study.records import Run
from skwfm.landscape.measure import Curve

DISTANCES = (0.025, 0.05, 0.1)
LEVELS = (0.0, 0.1, 0.2, 0.3, 0.4)


def _run(name, seed, **numbers):
    """A run with numbers given by hand; `entropy` is that at distance 0.05."""
    given = {
        "test_error": 0.05, "entropy": -1e-3, "eigenvalue": 1.0, "noisy_error": 0.05,
        "n_epochs": 100, "n_train_errors": 0,
    } | numbers  # fmt: skip
    # Twice as far, twice as few; noise beyond the level given, more errors.
    curve = [given["entropy"] * d / 0.05 for d in DISTANCES]
    noisy = [100 * given["noisy_error"] * level / 0.2 for level in LEVELS]
    measures = {
        "local_entropy": Measured(
            {f"local_entropy_d{d:g}": v for d, v in zip(DISTANCES, curve, strict=True)},
            Curve(DISTANCES, tuple(curve)),
        ),
        "largest_eigenvalues": Measured(
            {
                "largest_eigenvalue_beta90": given["eigenvalue"],
                "largest_eigenvalue_beta10": given["eigenvalue"] ** 0.1,
            }
        ),
        "noise_robustness": Measured(
            {"noise_coloured_0.2": given["noisy_error"]}, Curve(LEVELS, tuple(noisy))
        ),
    }
    return Run(
        name, "committee", seed, "ok", n_epochs=given["n_epochs"], n_train=500,
        n_train_errors=given["n_train_errors"], n_test=677,
        test_accuracy=1 - given["test_error"],
        balanced_accuracy=1 - given["test_error"], seconds=1.0, measures=measures,
    )  # fmt: skip


@pytest.fixture
def make_run():
    return _run


@pytest.fixture
def make_groups():
    """Runs by algorithm around given means, with independent noise of one per cent."""

    def make(means, n_runs=12, seed=0):
        rng = np.random.default_rng(seed)
        return {
            name: [
                _run(
                    name,
                    s,
                    **{k: v * (1 + 0.01 * rng.normal()) for k, v in numbers.items()},
                )
                for s in range(n_runs)
            ]
            for name, numbers in means.items()
        }

    return make


@pytest.fixture
def images(make_groups):
    """Runs in the published order, from narrow to wide; fBP has the widest minima."""
    names = ("LAL", "ceSGD-fast", "ceSGD-slow", "eLAL", "fBP")
    means = {
        name: {
            "test_error": 0.16 * 0.8**rank,
            "entropy": -1e-2 * 0.5**rank,
            "eigenvalue": 1e4 * 0.01**rank,
            "noisy_error": 0.2 * 0.7**rank,
            "n_epochs": 100.0,
        }
        for rank, name in enumerate(names)
    }
    # Its rate alone makes LAL as good as eLAL.
    means["LAL-default"] = dict(means["eLAL"])
    return make_groups(means)


@pytest.fixture
def verdict_of():
    """Verdict of the one claim whose text contains some words."""

    def find(claims, *words):
        found = [c for c in claims if all(word in c.text for word in words)]
        assert len(found) == 1, [c.text for c in found or claims]
        return found[0].verdict

    return find


def shows_all(axes):
    """Whether every point of every line lies within the limits."""
    low, high = sorted(axes.get_ylim())
    drawn = [line for line in axes.lines if line.get_transform() == axes.transData]
    values = np.concatenate([np.ravel(line.get_ydata()) for line in drawn] or [[]])
    values = values[np.isfinite(values)]
    return bool(np.all((low <= values) & (values <= high)))


@pytest.fixture
def assert_readable():
    """Every panel has named axes, and legends are outside of them."""

    def check(picture):
        assert picture.caption.endswith(".")
        assert picture.alt
        picture.figure.draw_without_rendering()
        panels = picture.figure.axes
        assert all(axes.get_xlabel() for axes in panels)
        assert any(axes.get_ylabel() or axes.get_yticklabels() for axes in panels)
        assert all(map(shows_all, panels))
        renderer = picture.figure.canvas.get_renderer()
        for legend in picture.figure.legends:
            box = legend.get_window_extent(renderer)
            assert not any(box.overlaps(axes.get_window_extent()) for axes in panels)
            assert box.x0 >= 0
            assert box.x1 <= picture.figure.bbox.x1

    return check
