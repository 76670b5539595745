"""Robustness of solutions to noise in the inputs, on images and on shuffled ones."""

from __future__ import annotations

from collections.abc import Iterator

from skwfm.experiments.paper.claims import Claim, is_greater
from skwfm.experiments.paper.drawing import common_legend, draw_curves, draw_pairs
from skwfm.experiments.paper.outcomes import (
    Groups,
    order_claims,
    pairs_of,
    pooled,
    within,
)
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.pages.images.solutions import (
    ENTROPY_GAP,
    NOISE,
    NOISY_ERROR,
    ORDER,
    PUBLISHED,
    on_fresh_subsets,
    on_shuffled,
    solutions,
)
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.paper.quantities import TEST_ERROR
from skwfm.experiments.report.canvas import new_figure

PLACE = "Numerical Studies and slides"
_BOOTSTRAP = "Spearman's rank correlation, bootstrap over runs"
_CROSS = "the order expected is that of local entropies on random patterns"
IMAGES, SHUFFLED = "images", "shuffled images"


def noise(plan: Plan) -> Page:
    """Measure errors on noisy training images.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        Curves against the level of noise, and claims.
    """
    kinds = {
        IMAGES: solutions(on_fresh_subsets(plan)),
        SHUFFLED: solutions(on_shuffled(plan)),
    }
    return Page(
        "noise",
        "Robustness to noise in the inputs",
        [
            "Each pixel of the training images is redrawn, with a probability given by "
            "the level of the noise, from the values that it takes in other training "
            f"images ({NOISE.n_draws} noisy copies for each level). The solutions are "
            "those of the pages fashion and randomized.",
        ],
        [_curves(kinds), _scatter(kinds[IMAGES])],
        [Table("noise", _rows(kinds))],
        list(noise_claims(kinds)),
    )


def noise_claims(kinds: dict[str, Groups]) -> Iterator[Claim]:
    """Decide whether robustness confirms the order of the minima.

    Parameters
    ----------
    kinds : dict of str to mapping
        Solutions by algorithm, on images and on shuffled ones.

    Yields
    ------
    claim : Claim
        Order, and correlations with width and test error.
    """
    for kind, groups in kinds.items():
        text = f"{{0}} is more robust to noise than {{1}} on {kind}"
        yield from order_claims(groups, ORDER, NOISY_ERROR, text, PLACE, _CROSS)
    for kind, groups in kinds.items():
        yield _correlation(
            f"robustness agrees with local entropy on {kind}", groups, ENTROPY_GAP
        )
    yield _correlation(
        "robustness is a precursor of generalisation (all runs)",
        kinds[IMAGES], TEST_ERROR,
    )  # fmt: skip
    yield _correlation(
        "of two solutions of one algorithm the more robust one generalises better",
        kinds[IMAGES], TEST_ERROR, within,
        "within one algorithm the learning rate is the same for all runs; between "
        "algorithms it is not",
    )  # fmt: skip


def _correlation(text, groups, quantity, over=pooled, why=""):
    names = [name for name in PUBLISHED if name in groups]
    pairs = pairs_of(groups, names, NOISY_ERROR, quantity)
    # Robust is: few errors at noise. So it falls with what is better if large.
    flipped = {name: both * [[1], [-quantity.better]] for name, both in pairs.items()}
    estimate = over(flipped)
    verdict = is_greater(estimate)
    return Claim(
        text,
        PLACE,
        f"{NOISY_ERROR.name} and {'minus ' * (quantity.better > 0)}{quantity.name}: "
        f"{estimate.text(2)}",
        verdict,
        _BOOTSTRAP + (", of ranks within each algorithm" if over is within else ""),
        why if verdict != "holds" else "",
    )


def _rows(kinds):
    return [
        {"data": kind, "algorithm": name, "seed": run.seed, "noise": level, "error": y}
        for kind, groups in kinds.items()
        for name, runs in groups.items()
        for run in runs
        if NOISE.name in run.measures
        for level, y in _points(run)
    ]


def _points(run):
    """Levels and shares of wrong answers; the curve is in per cent."""
    curve = run.measures[NOISE.name].curve
    if curve is None:
        return []
    return [(x, y / 100) for x, y in zip(curve.x, curve.y, strict=True)]


def _curves(kinds):
    figure = new_figure(3.8)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (kind, groups) in zip(panels, kinds.items(), strict=True):
        draw_curves(axes, groups, NOISE.name)
        axes.set(title=kind, xlabel="share of the pixels redrawn")
    # Set last: limits set by hand no longer follow what is drawn.
    panels[0].set(ylabel="training images answered wrongly (%)", ylim=(0, None))
    common_legend(figure, panels)
    return Picture(
        "noise_curves",
        figure,
        "Errors on noisy training images against the level of the noise: mean over "
        "runs and its 95 % interval. Lower is more robust.",
        "Error of all algorithms against the level of noise, on two data sets",
    )


def _scatter(groups):
    figure = new_figure(3.6)
    axes = figure.subplots()
    draw_pairs(axes, pairs_of(groups, groups, NOISY_ERROR, TEST_ERROR), (100, 100))
    axes.set(xlabel="training error at 20 % noise (%)", ylabel="test error (%)")
    common_legend(figure, [axes])
    return Picture(
        "noise_and_test_error",
        figure,
        "Test error against the error on noisy training images, one point per run.",
        "Points of all runs, by algorithm: error at noise and test error",
    )
