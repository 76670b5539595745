"""Fig. 6: width, curvature and test error on one subset of images and on fresh ones."""

from __future__ import annotations

from skwfm.experiments.paper.drawing import common_legend, draw_curves, draw_pairs
from skwfm.experiments.paper.outcomes import means_row, pairs_of
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.pages.images.claims import (
    focusing_claims,
    generalisation_claims,
    replication_claims,
    solved_claim,
    width_claims,
)
from skwfm.experiments.paper.pages.images.solutions import (
    ALL,
    CURVATURES,
    ENTROPY_GAP,
    NOISY_ERROR,
    SATURATED,
    SMOOTH,
    on_fresh_subsets,
    on_one_subset,
    solutions,
)
from skwfm.experiments.paper.pages.images.spread import spread_claims, spread_rows
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.paper.quantities import BALANCED_ERROR, EPOCHS, TEST_ERROR
from skwfm.experiments.report.canvas import new_figure

_WHAT = (
    "Fully connected committees of nine units on 250 dresses and 250 coats, binarised "
    "at the median of each image, at the published settings; tested on 677 images, "
    "where the constant answer has 10.9 % of errors (50 % balanced). LAL-default is "
    "LAL at the learning rate of this package, which the paper does not have: the "
    "published rate of LAL is twenty times below that of eLAL. Local entropies are by "
    "expectation propagation, which keeps the correlations of pixels."
)
_BETA = (
    "Largest eigenvalues are those of the smoothed error (units tanh(beta x), "
    f"normalised weights). At the published beta = {SATURATED:g} most solutions are "
    "saturated: no weights nearby change the smoothed error by more than its rounding, "
    "and eigenvalues span dozens of powers of ten. They are not at beta = "
    f"{SMOOTH:g}, but there some smooth machines of LAL make errors."
)
QUANTITIES = (
    EPOCHS, TEST_ERROR, BALANCED_ERROR, ENTROPY_GAP, *CURVATURES.values(), NOISY_ERROR,
)  # fmt: skip


def fig6(plan: Plan) -> Page:
    """Compare the solutions of all algorithms on one subset of images.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        Local entropies, largest eigenvalues, test errors, and claims.
    """
    return image_page(
        "fig6",
        "Fig. 6: width and test error on one subset of images",
        [f"{_WHAT} All runs have the same 500 training images.", _BETA],
        on_one_subset(plan),
    )


def fashion(plan: Plan) -> Page:
    """Compare the solutions of all algorithms on fresh subsets of images.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        As `fig6`, and how much the number of epochs varies on one and on fresh subsets.
    """
    fresh, one_subset = on_fresh_subsets(plan), on_one_subset(plan)
    page = image_page(
        "fashion",
        "Fig. 6 again, with fresh images for each run",
        [f"{_WHAT} Each seed draws 500 training images, the same for all algorithms."],
        fresh,
    )
    counts = [_epochs(solutions(groups)) for groups in (one_subset, fresh)]
    spread = Table(
        "fashion_spread", spread_rows(*counts),
        "Epochs: mean and standard deviation, with its 95 % interval, of runs without "
        "errors; ratio of the variance on fresh subsets to that on one.",
    )  # fmt: skip
    page.claims.extend(spread_claims(*counts))
    return Page(**{**vars(page), "tables": [*page.tables, spread]})


def image_page(name: str, title: str, paragraphs: list[str], runs: dict) -> Page:
    """Make the page of one kind of subsets.

    Parameters
    ----------
    name, title : str
        Of the page.
    paragraphs : list of str
        What was done.
    runs : dict of str to list of Run
        All runs by algorithm.

    Returns
    -------
    page : Page
        Figure, tables and claims.
    """
    found = solutions(runs)
    claims = [
        solved_claim(runs),
        *width_claims(found),
        *generalisation_claims(found),
        *replication_claims(found),
        *focusing_claims(runs, found),
    ]
    means = [means_row(n, runs[n], QUANTITIES) for n in ALL if n in runs]
    each = [
        {"algorithm": n, "seed": run.seed} | {q.name: q.read(run) for q in QUANTITIES}
        for n in runs
        for run in runs[n]
    ]
    return Page(
        name,
        title,
        paragraphs,
        [_entropies(name, found), _errors(name, found)],
        [
            Table(
                f"{name}_means",
                means,
                "Means over runs without training errors, with 95 % intervals.",
            ),
            Table(f"{name}_runs", each),
        ],
        claims,
    )


def _epochs(groups):
    return {name: [run.n_epochs for run in runs] for name, runs in groups.items()}


def _entropies(name, groups):
    figure = new_figure(3.8)
    axes = figure.subplots()
    draw_curves(axes, groups, "local_entropy")
    axes.set(xlabel="distance from the solution", xlim=(0, None))
    axes.set(ylabel="local entropy (nats per weight)")
    common_legend(figure, [axes])
    return Picture(
        f"{name}_entropy",
        figure,
        "Local entropy against the distance (1 - overlap) / 2 from the solution: mean "
        "over runs and its 95 % interval. Higher is wider.",
        "Local entropy of all algorithms against distance",
    )


def _errors(name, groups):
    figure = new_figure(3.8)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (beta, quantity) in zip(panels, CURVATURES.items(), strict=True):
        draw_pairs(axes, pairs_of(groups, groups, quantity, TEST_ERROR), (1, 100))
        axes.set(xlabel=f"log10 of the largest eigenvalue, beta = {beta:g}")
    panels[0].set(ylabel="test error (%)")
    common_legend(figure, panels)
    return Picture(
        f"{name}_curvature",
        figure,
        "Test error against the largest eigenvalue of the Hessian, one point for each "
        f"run. Left: the published beta = {SATURATED:g}; right: beta = {SMOOTH:g}.",
        "Points of all runs, by algorithm: largest eigenvalue and test error",
    )
