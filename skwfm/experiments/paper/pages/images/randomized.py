"""Images whose pixels are shuffled: biases stay, correlations go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from skwfm.experiments.paper.claims import (
    Claim,
    Estimate,
    difference,
    is_greater,
    mean,
    share,
)
from skwfm.experiments.paper.drawing import common_legend, draw_curves, draw_intervals
from skwfm.experiments.paper.outcomes import (
    PAIRED,
    Groups,
    ahead_claim,
    aligned,
    means_row,
    order_claims,
    solved,
)
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.pages.images.solutions import (
    ALL,
    CURVATURES,
    DISTANCE,
    ELAL_PUBLISHED,
    ENTROPY_GAP,
    NOISY_ERROR,
    ORDER,
    on_fresh_subsets,
    on_shuffled,
    solutions,
)
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.paper.quantities import EPOCHS, Quantity
from skwfm.experiments.report.canvas import new_figure
from skwfm.experiments.study.records import Run

PLACE = "Numerical Studies"
SLIDES = "Numerical Studies and slides"
_CROSS = (
    "the order is that published for random patterns; for shuffled images the paper "
    "says only that results are quite similar to those on images"
)
_NO_APPENDIX = (
    "the appendix with the figures of this claim is not at hand; on shuffled images "
    "eLAL learns at a tenth of the rate, which makes minima narrower on images as well"
)


def randomized(plan: Plan) -> Page:
    """Compare solutions on shuffled images with those on images.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        Local entropies on both, and claims.
    """
    runs = on_shuffled(plan)
    shuffled, images = solutions(runs), solutions(on_fresh_subsets(plan))
    means = [means_row(name, found, QUANTITIES) for name, found in runs.items()]
    return Page(
        "randomized",
        "Images with shuffled pixels",
        [
            "The values of each pixel are shuffled across the 500 training images, "
            "independently for each pixel and regardless of class: only the bias of "
            "each pixel remains, there is nothing to generalise. The subset of each "
            "seed is that of the page fashion, and so are the settings, with one "
            "exception: eLAL learns at a tenth of its published rate, at the same "
            "coupling of rate times lambda. Runs at the published rate are counted.",
        ],
        [_curves(images, shuffled), _changes(images, shuffled)],
        [
            Table(
                "randomized",
                means,
                "Shuffled images: means over runs without errors, 95 % intervals.",
            )
        ],
        [
            solved_claim(runs.get(ELAL_PUBLISHED, ())),
            *change_claims(images, shuffled),
            *elal_claims(images, shuffled),
            *order_claims(
                shuffled, ORDER, ENTROPY_GAP,
                "{0} finds wider minima than {1} on shuffled images, as on images",
                PLACE, _CROSS,
            ),
            ahead_claim(
                "eLAL is still far wider than LAL on shuffled images", SLIDES,
                shuffled, "eLAL", "LAL", ENTROPY_GAP,
            ),
        ],
    )  # fmt: skip


QUANTITIES = (EPOCHS, ENTROPY_GAP, *CURVATURES.values(), NOISY_ERROR)


def change(images: Groups, shuffled: Groups, name: str, quantity: Quantity):
    """Estimate by how much shuffling changes a number.

    Parameters
    ----------
    images, shuffled : mapping of str to sequence of Run
        Solutions by algorithm.
    name : str
        Algorithm.
    quantity : Quantity
        The number.

    Returns
    -------
    change : Estimate
        Shuffled less not, paired by seed.
    """
    numbers = [quantity.by_seed(groups.get(name, ())) for groups in (shuffled, images)]
    return difference(*aligned(*numbers))


def change_claims(images: Groups, shuffled: Groups) -> Iterator[Claim]:
    """Decide whether shuffled images are harder, with smaller volumes.

    Parameters
    ----------
    images, shuffled : mapping of str to sequence of Run
        Solutions by algorithm.

    Yields
    ------
    claim : Claim
        One for each algorithm, and one on epochs.
    """
    for name in ORDER:
        if name not in images or name not in shuffled:
            continue
        found = change(images, shuffled, name, ENTROPY_GAP)
        verdict = is_greater(_minus(found))
        yield Claim(
            f"volumes around {name} are smaller on shuffled images",
            PLACE,
            f"{ENTROPY_GAP.name}: change {ENTROPY_GAP.text(found)}, from "
            f"{ENTROPY_GAP.text(_mean(images, name))}",
            verdict,
            PAIRED,
        )
    found = change(images, shuffled, "LAL", EPOCHS)
    yield Claim(
        "the shuffled version is more challenging: LAL takes more epochs",
        PLACE,
        f"change of the epochs of LAL: {found.text(0)}",
        is_greater(found),
        PAIRED,
    )


def solved_claim(runs: Sequence[Run]) -> Claim:
    """Decide whether eLAL solves shuffled images at its published setting.

    Parameters
    ----------
    runs : sequence of Run
        All its runs.

    Returns
    -------
    claim : Claim
        By the share of runs without errors.
    """
    n_solved, found = len(solved(runs)), Estimate(np.nan, np.nan, np.nan)
    if runs:
        found = share(n_solved, len(runs))
    verdict = is_greater(found, 0.5)
    return Claim(
        "eLAL, set as for images, gets to zero training errors on shuffled ones",
        PLACE,
        f"{n_solved} of {len(runs)} runs: {found.text(2)}",
        verdict,
        "more than half, interval of Clopper and Pearson",
        "in the paper, too, settings were kept only as close as possible; eLAL is "
        "compared at a tenth of the rate" if verdict == "does not hold" else "",
    )  # fmt: skip


def _mean(groups, name):
    return mean(list(ENTROPY_GAP.by_seed(groups[name]).values()))


def _minus(estimate):
    return type(estimate)(-estimate.value, -estimate.high, -estimate.low)


def elal_claims(images: Groups, shuffled: Groups) -> Iterator[Claim]:
    """Decide whether shuffling degrades eLAL more than ceSGD.

    Parameters
    ----------
    images, shuffled : mapping of str to sequence of Run
        Solutions by algorithm.

    Yields
    ------
    claim : Claim
        Against the slow and the fast schedule, by local entropy and by noise.
    """
    for other in ("ceSGD-slow", "ceSGD-fast"):
        for quantity in (ENTROPY_GAP, NOISY_ERROR):
            gaps = [
                _gaps(groups, "eLAL", other, quantity) for groups in (images, shuffled)
            ]
            lost = difference(*aligned(*gaps))
            verdict = is_greater(lost)
            own = change(images, shuffled, other, quantity)
            if verdict == "holds" and lost.low > abs(own.value):
                verdict = "differs"
            yield Claim(
                f"eLAL degrades slightly compared to {other} ({quantity.name})",
                PLACE,
                f"its lead over {other} shrinks by {quantity.text(lost)}; {other} "
                f"changes by {quantity.text(own)}",
                verdict,
                f"{PAIRED}, of the change of the difference; slightly means by no more "
                f"than {other} itself changes",
                "" if verdict == "holds" else _NO_APPENDIX,
            )


def _gaps(groups, first, second, quantity):
    """By seed, how far one algorithm is ahead of another."""
    ahead, behind = (quantity.by_seed(groups.get(n, ())) for n in (first, second))
    both = [seed for seed in ahead if seed in behind]
    return {seed: quantity.better * (ahead[seed] - behind[seed]) for seed in both}


def _curves(images, shuffled):
    figure = new_figure(3.8)
    panels = figure.subplots(1, 2, sharey=True)
    kinds = {"images": images, "pixels shuffled": shuffled}
    for axes, (kind, groups) in zip(panels, kinds.items(), strict=True):
        draw_curves(axes, groups, "local_entropy")
        axes.set(title=kind, xlabel="distance from the solution", xlim=(0, None))
    panels[0].set(ylabel="local entropy (nats per weight)")
    common_legend(figure, panels)
    return Picture(
        "randomized_entropy",
        figure,
        "Local entropy against the distance from the solution on images and on "
        "shuffled ones: mean over runs and its 95 % interval.",
        "Local entropies of all algorithms on images and on shuffled images",
    )


def _changes(images, shuffled):
    figure = new_figure(2.8)
    axes = figure.subplots()
    names = [name for name in ALL if name in images and name in shuffled]
    rows = {name: change(images, shuffled, name, ENTROPY_GAP) for name in names}
    draw_intervals(axes, rows, ENTROPY_GAP.scale)
    axes.set(xlabel=f"change of the {ENTROPY_GAP.label}")
    return Picture(
        "randomized_change",
        figure,
        f"What shuffling changes in the local entropy at distance {DISTANCE:g}: mean "
        "of the differences by seed, with 95 % intervals. Left of 0: smaller volumes.",
        "Changes of local entropy by shuffling, one interval for each algorithm",
    )
