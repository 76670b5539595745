"""Runs of a study by algorithm, and claims that compare algorithms by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from scipy import stats

from skwfm.experiments.paper.claims import (
    Claim,
    Estimate,
    correlation,
    difference,
    is_greater,
    mean,
)
from skwfm.experiments.paper.quantities import Quantity
from skwfm.experiments.study.records import Run

Groups = Mapping[str, Sequence[Run]]
PAIRED = "t interval over runs, paired by seed"
# Runs of an algorithm for a correlation within it.
FEWEST = 5


def solved(runs: Iterable[Run]) -> list[Run]:
    """Leave out runs that end with training errors.

    Parameters
    ----------
    runs : iterable of Run
        Of one algorithm.

    Returns
    -------
    runs : list of Run
        Solutions, which the paper compares.
    """
    return [run for run in runs if not run.n_train_errors]


def aligned(
    first: Mapping[object, float], second: Mapping[object, float]
) -> tuple[list[float], list[float]]:
    """Pair numbers that have the same key.

    Parameters
    ----------
    first, second : mapping
        Numbers, by seed or more.

    Returns
    -------
    first, second : list of float
        In the same order, of keys that both have.
    """
    keys = [key for key in first if key in second]
    return [first[key] for key in keys], [second[key] for key in keys]


def advantage(groups: Groups, first: str, second: str, quantity: Quantity) -> Estimate:
    """Estimate by how much one algorithm is ahead of another.

    Parameters
    ----------
    groups : mapping of str to sequence of Run
        Runs by algorithm.
    first, second : str
        Names.
    quantity : Quantity
        Decides what is ahead.

    Returns
    -------
    gap : Estimate
        Positive where `first` is ahead; over pairs of runs on the same seed.
    """
    ahead, behind = (quantity.by_seed(groups.get(n, ())) for n in (first, second))
    pairs = np.array(aligned(ahead, behind), dtype=float)
    return difference(*(quantity.better * pairs))


def ahead_claim(
    text: str,
    place: str,
    groups: Groups,
    first: str,
    second: str,
    quantity: Quantity,
    why: str = "",
) -> Claim:
    """Decide whether one algorithm is ahead of another.

    Parameters
    ----------
    text, place : str
        The claim and where it stands.
    groups : mapping of str to sequence of Run
        Runs by algorithm.
    first, second : str
        `first` is claimed to be ahead.
    quantity : Quantity
        By which it is.
    why : str, default=""
        What explains it if it is not.

    Returns
    -------
    claim : Claim
        With its verdict.
    """
    gap = advantage(groups, first, second, quantity)
    verdict = is_greater(gap)
    side = "lower" if quantity.better < 0 else "higher"
    found = f"{quantity.name} of {first} {side} by {quantity.text(gap)}"
    # Too few runs need no explanation.
    is_needed = verdict != "holds" and np.isfinite(gap.low)
    return Claim(text, place, found, verdict, PAIRED, why if is_needed else "")


def order_claims(
    groups: Groups,
    order: Sequence[str],
    quantity: Quantity,
    text: str,
    place: str,
    why: str = "",
) -> list[Claim]:
    """Decide on an order, one claim for each pair of neighbours in it.

    Parameters
    ----------
    groups : mapping of str to sequence of Run
        Runs by algorithm; those that are missing are skipped.
    order : sequence of str
        Names, best first.
    quantity : Quantity
        What is ordered.
    text : str
        The claim with ``{0}`` for the better and ``{1}`` for the worse.
    place : str
        Where it stands.
    why : str, default=""
        What explains a pair that is not in this order.

    Returns
    -------
    claims : list of Claim
        In this order.
    """
    names = [name for name in order if groups.get(name)]
    return [
        ahead_claim(text.format(*pair), place, groups, *pair, quantity, why)
        for pair in pairwise(names)
    ]


def pairs_of(
    groups: Groups, names: Iterable[str], x: Quantity, y: Quantity
) -> dict[str, np.ndarray]:
    """Read two numbers of all runs.

    Parameters
    ----------
    groups : mapping of str to sequence of Run
        Runs by algorithm.
    names : iterable of str
        Algorithms that count.
    x, y : Quantity
        The numbers.

    Returns
    -------
    pairs : dict of str to ndarray of shape (2, n_runs)
        By algorithm.
    """
    read = {name: (x.by_seed(groups[name]), y.by_seed(groups[name])) for name in names}
    return {name: np.array(aligned(*both), float) for name, both in read.items()}


def pooled(pairs: Mapping[str, np.ndarray]) -> Estimate:
    """Estimate the rank correlation over all runs.

    Parameters
    ----------
    pairs : mapping of str to ndarray of shape (2, n_runs)
        As of `pairs_of`.

    Returns
    -------
    estimate : Estimate
        NaN for fewer than five runs.
    """
    return correlation(*np.hstack([np.empty((2, 0)), *pairs.values()]))


def within(pairs: Mapping[str, np.ndarray]) -> Estimate:
    """Estimate the rank correlation among runs of the same algorithm.

    Parameters
    ----------
    pairs : mapping of str to ndarray of shape (2, n_runs)
        As of `pairs_of`.

    Returns
    -------
    estimate : Estimate
        Of ranks taken within each algorithm, from 0 to 1. Algorithms with fewer than
        five runs are left out: among so few, ranks are no sample.
    """
    many = {name: both for name, both in pairs.items() if both.shape[1] >= FEWEST}
    return pooled({name: _ranks(both) for name, both in many.items()})


def _ranks(pairs):
    return (stats.rankdata(pairs, axis=1) - 0.5) / pairs.shape[1]


def means_row(name: str, runs: Sequence[Run], quantities: Iterable[Quantity]) -> dict:
    """Return a row of means for a table.

    Parameters
    ----------
    name : str
        Of the algorithm.
    runs : sequence of Run
        Its runs.
    quantities : iterable of Quantity
        One column each.

    Returns
    -------
    row : dict
        Means with intervals, as text.
    """
    good = solved(runs)
    texts = {
        q.label: q.text(mean(list(q.by_seed(good).values())))
        .removesuffix(q.unit)
        .strip()
        for q in quantities
    }
    return {"algorithm": name, "runs": len(runs), "without errors": len(good), **texts}
