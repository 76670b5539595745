"""LAL and eLAL against their learning rates: what replicas do, and what the rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from skwfm.classifiers import published_settings
from skwfm.experiments.data.drawn import random_patterns
from skwfm.experiments.data.sources import dress_coat
from skwfm.experiments.paper.claims import CONFIDENCE, Claim, Estimate, is_greater, mean
from skwfm.experiments.paper.drawing import common_legend, draw_means
from skwfm.experiments.paper.outcomes import ahead_claim, solved
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.pages.images.solutions import DISTANCE, ENTROPY_GAP
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.paper.quantities import BALANCED_ERROR, TEST_ERROR, Quantity
from skwfm.experiments.report.canvas import GREY, new_figure, rule
from skwfm.experiments.study.records import Run
from skwfm.landscape.measures.local_entropy import LocalEntropy

IMAGES, RANDOM = "images", "random patterns"
PROBLEM = {IMAGES: "dress_coat", RANDOM: "random_patterns"}
PLACE = {IMAGES: "Fig. 6 and Numerical Studies", RANDOM: "Figs. 4 and 5"}
NAMES = ("LAL", "eLAL")
ETAS = {
    IMAGES: (1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 1e-2),
    RANDOM: (1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2),
}
QUICK_ETAS = {IMAGES: (1e-4, 2e-3), RANDOM: (1.5e-2, 3e-2)}
SEEDS = {IMAGES: {"n_seeds": 20}, RANDOM: {"n_seeds": 10}}
# On images, measuring takes longer than training.
QUICK_SEEDS = {IMAGES: {"n_seeds": 2, "n_measured": 1}, RANDOM: {"n_seeds": 2}}
_RESAMPLES = 2000
# Per weight, random patterns leave far less volume than images.
RANDOM_ENTROPY = Quantity(
    ENTROPY_GAP.name, ENTROPY_GAP.read, 1, "nats per weight", 1.0, 3
)
ENTROPY = {IMAGES: ENTROPY_GAP, RANDOM: RANDOM_ENTROPY}
# By algorithm and learning rate.
Cells = Mapping[tuple[str, float], Sequence[Run]]


def published_rate(kind: str, name: str, factor: float = 1.0) -> float:
    """Return the published learning rate.

    Parameters
    ----------
    kind : {"images", "random patterns"}
        Data.
    name : {"LAL", "eLAL"}
        Algorithm.
    factor : float, default=1.0
        For smaller machines: inputs of the published one over theirs.

    Returns
    -------
    eta : float
        The rate.
    """
    return factor * published_settings(PROBLEM[kind], name)[1]["eta"]


def rates(plan: Plan) -> Page:
    """Train LAL and eLAL at many learning rates.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        Test errors and local entropies against the rate, and claims.
    """
    etas = plan.size(ETAS, QUICK_ETAS)
    n_random = plan.size(999, 333)
    factor = {IMAGES: 1.0, RANDOM: 999 / n_random}
    sources = {IMAGES: dress_coat(), RANDOM: random_patterns(n_random + 1, n_random)}
    cells = {
        kind: _trained(plan, kind, source, etas[kind])
        for kind, source in sources.items()
    }
    published = {
        kind: {n: published_rate(kind, n, factor[kind]) for n in NAMES}
        for kind in cells
    }
    return Page(
        "rates",
        "Learning rates of LAL and eLAL",
        [
            "In the paper LAL and eLAL differ in more than replicas: on images eLAL "
            "learns at 2e-3 and LAL at 1e-4, on random patterns at 1e-2 and 5e-3. Here "
            "both are trained at the same rates, everything else as published, on "
            f"fresh images for each seed and on {n_random + 1} random patterns of "
            f"{n_random} inputs. At the published rate of eLAL, LAL alone may find no "
            "solution: where the rate is told from replicas, it has its best rate"
            + (
                f" (rates times {factor[RANDOM]:g}, for fewer inputs per unit)."
                if plan.quick
                else "."
            )
        ],
        [_picture(cells, published)],
        [Table("rates", _rows(cells), "Means over runs without training errors.")],
        [c for kind in cells for c in rate_claims(kind, cells[kind], published[kind])],
    )


def _trained(plan, kind, source, etas):
    """Solutions by algorithm and rate."""
    result = plan.study(
        kind, NAMES, source, settings={"eta": etas}, solutions_only=True,
        measures=(LocalEntropy((DISTANCE,), (), max_sweeps=1000),),
        **plan.size(SEEDS, QUICK_SEEDS)[kind],
    )  # fmt: skip
    groups = result.groups().items()
    return {(name, eta): solved(runs) for (_, name, eta), runs in groups}


def rate_claims(
    kind: str, cells: Cells, published: Mapping[str, float]
) -> Iterator[Claim]:
    """Decide what of the published gap is due to replicas.

    Parameters
    ----------
    kind : {"images", "random patterns"}
        Data.
    cells : mapping of tuple to sequence of Run
        Solutions by algorithm and rate.
    published : mapping of str to float
        Published rates by algorithm.

    Yields
    ------
    claim : Claim
        At published rates, at equal rates, and on the share of the rate.
    """
    quantities = [ENTROPY[kind]] + [BALANCED_ERROR] * (kind == IMAGES)
    for quantity in quantities:
        yield from _equal_rate_claims(kind, cells, published, quantity)
        yield _share_claim(kind, cells, published, quantity)


def _equal_rate_claims(kind, cells, published, quantity):
    better = "finds wider minima" if quantity.better > 0 else "generalises better"
    groups = {name: cells.get((name, published[name]), ()) for name in NAMES}
    yield ahead_claim(
        f"eLAL {better} than LAL on {kind}, each at its published rate",
        PLACE[kind], groups, "eLAL", "LAL", quantity,
    )  # fmt: skip
    for rate in sorted({published["LAL"], best_rate(cells, published, quantity)}):
        groups = {name: cells.get((name, rate), ()) for name in NAMES}
        yield ahead_claim(
            f"eLAL {better} than LAL on {kind} at the same rate, {rate:g}",
            PLACE[kind], groups, "eLAL", "LAL", quantity,
            "at the same rate replicas alone make no such difference",
        )  # fmt: skip


def _share_claim(kind, cells, published, quantity):
    effect = "width of minima" if quantity.better > 0 else "test error"
    found = share_of_rate(cells, published, quantity)
    small = Estimate(1 - found.value, 1 - found.high, 1 - found.low)
    verdict = is_greater(small, 0.5)
    return Claim(
        f"the gap in {effect} between LAL and eLAL on {kind} is made by replicas",
        PLACE[kind],
        f"LAL at its best rate, {best_rate(cells, published, quantity):g}, closes "
        f"{found.text(0, 100)} % of the gap in {quantity.name}",
        verdict,
        "replicas explain more than half; bootstrap over seeds",
        "most of the gap is one of the learning rate, not of replicas"
        if verdict == "does not hold"
        else "",
    )


def best_rate(
    cells: Cells, published: Mapping[str, float], quantity: Quantity
) -> float:
    """Return the rate at which LAL is best, among those at which it solves.

    Parameters
    ----------
    cells : mapping of tuple to sequence of Run
        Solutions by algorithm and rate.
    published : mapping of str to float
        Published rates by algorithm.
    quantity : Quantity
        What counts.

    Returns
    -------
    rate : float
        Of those with at least three quarters as many solutions as at the published one.
    """
    numbers = {
        rate: list(quantity.by_seed(runs).values())
        for (name, rate), runs in cells.items()
        if name == "LAL"
    }
    own = published["LAL"]
    fewest = max(1, 0.75 * len(numbers.get(own, ())))
    means = {
        rate: quantity.better * np.mean(values)
        for rate, values in numbers.items()
        if len(values) >= fewest
    }
    return max(means, key=means.get, default=own)


def share_of_rate(
    cells: Cells, published: Mapping[str, float], quantity: Quantity
) -> Estimate:
    """Estimate how much of the published gap LAL closes at its best rate.

    Parameters
    ----------
    cells : mapping of tuple to sequence of Run
        Solutions by algorithm and rate.
    published : mapping of str to float
        Published rates by algorithm.
    quantity : Quantity
        In which the gap is.

    Returns
    -------
    share : Estimate
        1 if the rate explains all; NaN for fewer than three seeds.
    """
    own, best = published["LAL"], best_rate(cells, published, quantity)
    asked = (("LAL", own), ("LAL", best), ("eLAL", published["eLAL"]))
    numbers = [quantity.by_seed(cells.get(cell, ())) for cell in asked]
    seeds = sorted(set.intersection(*map(set, numbers)))
    if len(seeds) < 3:
        return Estimate(np.nan, np.nan, np.nan)
    table = np.array([[each[seed] for seed in seeds] for each in numbers])
    rng = np.random.default_rng(0)
    rows = rng.integers(len(seeds), size=(_RESAMPLES, len(seeds)))
    drawn = [_closed(table[:, chosen].mean(axis=1)) for chosen in rows]
    tails = (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2
    return Estimate(
        _closed(table.mean(axis=1)), *map(float, np.nanquantile(drawn, tails))
    )


def _closed(means):
    low, closed, high = means
    return float((closed - low) / (high - low)) if high != low else np.nan


def _rows(cells):
    return [
        {
            "data": kind,
            "algorithm": name,
            "rate": eta,
            "solutions": len(runs),
            "test error (%)": _percent(TEST_ERROR, runs),
            "balanced test error (%)": _percent(BALANCED_ERROR, runs),
            ENTROPY_GAP.label: ENTROPY_GAP.text(
                mean(list(ENTROPY_GAP.by_seed(runs).values()))
            ).removesuffix(f" {ENTROPY_GAP.unit}"),
        }
        for kind, of_kind in cells.items()
        for (name, eta), runs in of_kind.items()
    ]


def _percent(quantity, runs):
    return quantity.text(mean(list(quantity.by_seed(runs).values()))).removesuffix(" %")


def _picture(cells, published):
    figure = new_figure(3.4)
    panels = figure.subplots(1, 3)
    shown = (
        (IMAGES, BALANCED_ERROR, "balanced test error (%)"),
        (IMAGES, ENTROPY_GAP, f"local entropy ({ENTROPY_GAP.unit})"),
        (RANDOM, RANDOM_ENTROPY, f"local entropy ({RANDOM_ENTROPY.unit})"),
    )
    for axes, (kind, quantity, label) in zip(panels, shown, strict=True):
        _panel(axes, cells[kind], quantity)
        for rate in published[kind].values():
            axes.axvline(rate, color=GREY, linestyle=":", linewidth=1)
        axes.set(title=kind, xlabel="learning rate", ylabel=label, xscale="log")
    common_legend(figure, panels)
    return Picture(
        "rates",
        figure,
        "LAL and eLAL at the same learning rates: mean over runs without training "
        "errors and its 95 % interval. Dotted: the published rates, the smaller one of "
        f"LAL. Local entropies at distance {DISTANCE:g}; higher is wider.",
        "Test error and local entropy of two algorithms against the learning rate",
    )


def _panel(axes, cells, quantity):
    for name in NAMES:
        found = {
            eta: mean(numbers)
            for (of, eta), runs in cells.items()
            if of == name and (numbers := list(quantity.by_seed(runs).values()))
        }
        draw_means(axes, name, list(found), list(found.values()), quantity.scale)
    rule(axes)
