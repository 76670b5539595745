"""How many replicas eLAL needs, on random patterns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skwfm.classifiers import published_settings
from skwfm.experiments.data.drawn import random_patterns
from skwfm.experiments.paper.claims import Claim, Estimate, difference, is_greater, mean
from skwfm.experiments.paper.drawing import common_legend, draw_means
from skwfm.experiments.paper.outcomes import (
    PAIRED,
    Groups,
    advantage,
    ahead_claim,
    means_row,
    solved,
)
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.pages.random.algorithms import MEASURES
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.paper.quantities import EPOCHS, Quantity, column
from skwfm.experiments.report.canvas import logarithmic, new_figure, rule
from skwfm.experiments.study.contestants import COMMITTEE, Contestant

PLACE = "Numerical Studies"
PUBLISHED_REPLICAS = 20
# Distances at which claims are decided: near, and where wide regions differ.
DISTANCES = (0.025, 0.05, 0.1)
ENTROPIES = {
    d: Quantity(
        f"local entropy at distance {d:g}", column(f"local_entropy_d{d:g}"), 1,
        "nats per weight", digits=4,
    )
    for d in DISTANCES
}  # fmt: skip
# "Matches" is: behind by less than this share of the local entropy of the other.
MARGIN = 0.05


def with_replicas(n_replicas: int, n_features: int = 999) -> Contestant:
    """Return eLAL at its published settings, but for the number of replicas.

    Parameters
    ----------
    n_replicas : int
        Replicas.
    n_features : int, default=999
        Inputs. The rate is the published one times 999 / n_features: what counts is
        its product with the inputs per unit.

    Returns
    -------
    contestant : Contestant
        Named after the number.
    """
    estimator_class, parameters = published_settings("random_patterns", "eLAL")
    changed = {"n_replicas": n_replicas, "eta": parameters["eta"] * 999 / n_features}
    estimator = estimator_class(**(parameters | changed))
    return Contestant(name_of(n_replicas), estimator, COMMITTEE, "published but for y")


def name_of(n_replicas: int) -> str:
    """Name eLAL in tables and figures.

    Parameters
    ----------
    n_replicas : int
        Replicas; the published number has the plain name.

    Returns
    -------
    name : str
        As `algorithm_style` knows it.
    """
    is_published = n_replicas == PUBLISHED_REPLICAS
    return "eLAL" if is_published else f"eLAL, {n_replicas} replicas"


def replicas(plan: Plan) -> Page:
    """Train eLAL with few and many replicas.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        Local entropies against the number of replicas, and claims.
    """
    n_features, n_samples = plan.size((999, 1000), (333, 333))
    counts = plan.size((3, 10, 20, 50, 100), (10, 20, 100))
    members = [with_replicas(n, n_features) for n in counts]
    result = plan.study(
        "replicas", ["fBP", "ceSGD-slow", *members],
        random_patterns(n_samples, n_features), measures=MEASURES,
        n_seeds=plan.size(10, 2), solutions_only=True,
    )  # fmt: skip
    runs = {name: found for (_, name), found in result.groups().items()}
    groups = {name: solved(found) for name, found in runs.items()}
    quantities = (EPOCHS, *ENTROPIES.values())
    return Page(
        "replicas",
        "How many replicas eLAL needs",
        [
            f"Tree committees of nine units, {n_features} inputs, {n_samples} random "
            "patterns. All settings are the published ones, for eLAL but for the "
            "number of replicas (published: 20)"
            + (" and three times the rate, for fewer inputs. " if plan.quick else ". ")
            + "The samples are the same for all.",
        ],
        [_picture(groups, counts)],
        [
            Table(
                "replicas",
                [means_row(name, found, quantities) for name, found in runs.items()],
                "Means over runs without training errors, with 95 % intervals.",
            )
        ],
        list(replica_claims(groups)),
    )


def replica_claims(groups: Groups) -> Iterator[Claim]:
    """Decide what the number of replicas does.

    Parameters
    ----------
    groups : mapping of str to sequence of Run
        Solutions by algorithm.

    Yields
    ------
    claim : Claim
        For several distances from the solution.
    """
    few, many = name_of(10), name_of(100)
    for distance, quantity in ENTROPIES.items():
        at = f"at distance {distance:g}"
        yield _match_claim(groups, few, "ceSGD-slow", quantity, at)
        yield ahead_claim(
            f"100 replicas find wider minima than 20 ({at})",
            PLACE, groups, many, "eLAL", quantity,
        )  # fmt: skip
        yield _nearer_claim(groups, many, quantity, at)


def _match_claim(groups, few, other, quantity, at):
    gap = advantage(groups, few, other, quantity)
    scale = np.abs(list(quantity.by_seed(groups.get(other, ())).values()))
    margin = MARGIN * float(scale.mean()) if len(scale) else np.nan
    return Claim(
        f"10 replicas are enough to match {other} ({at})",
        PLACE,
        f"{quantity.name} higher by {quantity.text(gap)}",
        is_greater(gap, -margin),
        f"{PAIRED}: not behind by more than {margin:.4f}, 5 % of the local entropy",
    )


def _nearer_claim(groups, many, quantity, at):
    """Whether the distance to fBP shrinks, whichever is wider."""
    numbers = [quantity.by_seed(groups.get(n, ())) for n in ("fBP", "eLAL", many)]
    seeds = sorted(set.intersection(*map(set, numbers)))
    aim, twenty, hundred = np.array([[n[s] for s in seeds] for n in numbers], float)
    gain = difference(np.abs(aim - twenty), np.abs(aim - hundred))
    return Claim(
        f"with 100 replicas eLAL gets closer to fBP than with 20 ({at})",
        PLACE,
        f"distance to fBP in {quantity.name} smaller by {quantity.text(gain)}",
        is_greater(gain),
        PAIRED,
    )


def _picture(groups, counts):
    figure = new_figure(3.4)
    panels = figure.subplots(1, len(DISTANCES))
    for axes, (distance, quantity) in zip(panels, ENTROPIES.items(), strict=True):
        _against_number(axes, groups, counts, quantity)
        axes.set(title=f"distance {distance:g}", xlabel="number of replicas")
    panels[0].set(ylabel="local entropy (nats per weight)")
    common_legend(figure, panels)
    return Picture(
        "replicas",
        figure,
        "Local entropy at three distances from the solution against the number of "
        "replicas of eLAL; fBP and ceSGD-slow, which have no such number, are drawn "
        "as lines. Means over samples with 95 % intervals. Higher is wider.",
        "Local entropy of eLAL against the number of replicas, beside fBP and ceSGD",
    )


def _against_number(axes, groups, counts, quantity):
    found = {n: _mean(groups, name_of(n), quantity) for n in counts}
    draw_means(axes, "eLAL", list(found), list(found.values()))
    for name in ("fBP", "ceSGD-slow"):
        level = _mean(groups, name, quantity)
        draw_means(axes, name, [min(counts), max(counts)], [level, level])
    logarithmic(axes, "x")
    rule(axes)


def _mean(groups, name, quantity) -> Estimate:
    return mean(list(quantity.by_seed(groups.get(name, ())).values()))
