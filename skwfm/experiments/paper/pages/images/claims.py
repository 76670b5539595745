"""Claims about solutions on images, the same for one subset and for fresh ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skwfm.experiments.paper.claims import Claim, Estimate, is_greater, share
from skwfm.experiments.paper.outcomes import (
    Groups,
    ahead_claim,
    order_claims,
    pairs_of,
    pooled,
    within,
)
from skwfm.experiments.paper.pages.images.solutions import (
    CURVATURES,
    ENTROPY_GAP,
    LAL_DEFAULT,
    ORDER,
    PUBLISHED,
    SATURATED,
    SMOOTH,
)
from skwfm.experiments.paper.quantities import TEST_ERROR

PLACE = "Fig. 6 and Numerical Studies"
_BOOTSTRAP = "Spearman's rank correlation, bootstrap over runs"
_CROSS = (
    "the published order is that of random patterns, to which images are said to be "
    "analogous; the text ranks no two algorithms on images but LAL and eLAL, and fast "
    "and slow ceSGD"
)
_RATE = (
    "against LAL at its published rate, which is twenty times smaller, eLAL differs in "
    "the rate as well: that gap is not one of replication alone (see the page rates)"
)


def width_claims(groups: Groups) -> Iterator[Claim]:
    """Decide on the order of local entropies and of curvatures.

    Parameters
    ----------
    groups : mapping of str to sequence of Run
        Solutions by algorithm.

    Yields
    ------
    claim : Claim
        One for each pair of neighbours.
    """
    wider = "{0} finds wider minima than {1} on images"
    yield from order_claims(groups, ORDER, ENTROPY_GAP, wider, PLACE, _CROSS)
    for beta, quantity in CURVATURES.items():
        flatter = (
            f"the minima of {{0}} are flatter than those of {{1}} (beta = {beta:g})"
        )
        yield from order_claims(groups, ORDER, quantity, flatter, PLACE, _CROSS)


def generalisation_claims(groups: Groups) -> Iterator[Claim]:
    """Decide whether wide flat minima generalise better.

    Parameters
    ----------
    groups : mapping of str to sequence of Run
        Solutions by algorithm.

    Yields
    ------
    claim : Claim
        Over all runs, and with the learning rate held.
    """
    known = [name for name in PUBLISHED if name in groups]
    others = [name for name in (*known[:-1], LAL_DEFAULT) if name in groups]
    curvature, smooth = CURVATURES[SATURATED], CURVATURES[SMOOTH]
    text = "the larger the largest eigenvalue, the larger the test error"
    yield _correlation(f"{text} (over all runs)", groups, known, curvature)
    yield _correlation(f"{text} (all runs, beta = {SMOOTH:g})", groups, known, smooth)
    yield _correlation(
        "the wider a minimum, the smaller the test error (local entropy, all runs)",
        groups, known, ENTROPY_GAP,
    )  # fmt: skip
    why = (
        "over all runs the correlation is one between algorithms, whose learning "
        "rates differ; within one algorithm the rate is the same for all runs"
    )
    for quantity in (curvature, smooth, ENTROPY_GAP):
        yield _correlation(
            f"of two solutions of one algorithm at one learning rate the flatter one "
            f"generalises better ({quantity.name})",
            groups, known, quantity, why, within,
        )  # fmt: skip
    yield _correlation(
        "flat minima generalise better also when LAL has its default learning rate in "
        "place of the published one",
        groups, others, curvature,
        "without LAL at the published rate, width and test error are not in the same "
        "order",
    )  # fmt: skip


def _correlation(text, groups, names, quantity, why="", over=pooled):
    estimate = over(pairs_of(groups, names, quantity, TEST_ERROR))
    # Error falls with what is wide, and rises with what is sharp.
    expected = _times(estimate, -quantity.better)
    verdict = is_greater(expected)
    ranks = ", of ranks within each algorithm" if over is within else ""
    return Claim(
        text, PLACE, f"{quantity.name} and test error: {estimate.text(2)}",
        verdict, _BOOTSTRAP + ranks,
        why if verdict != "holds" and np.isfinite(estimate.low) else "",
    )  # fmt: skip


def _times(estimate, sign):
    value, low, high = (sign * number for number in estimate)
    return Estimate(value, *((low, high) if sign > 0 else (high, low)))


def replication_claims(groups: Groups) -> Iterator[Claim]:
    """Decide on what replicas and slow schedules do.

    Parameters
    ----------
    groups : mapping of str to sequence of Run
        Solutions by algorithm.

    Yields
    ------
    claim : Claim
        Pairs of algorithms.
    """
    cases = (
        ("LAL is improved significantly by replicating it: lower test error",
         "eLAL", "LAL", TEST_ERROR, ""),
        ("LAL is improved significantly by replicating it: wider minima",
         "eLAL", "LAL", ENTROPY_GAP, ""),
        ("replicas generalise better than LAL at its default rate as well",
         "eLAL", LAL_DEFAULT, TEST_ERROR, _RATE),
        ("replicas find wider minima than LAL at its default rate as well",
         "eLAL", LAL_DEFAULT, ENTROPY_GAP, _RATE),
        ("ceSGD generalises better if the norms grow slowly",
         "ceSGD-slow", "ceSGD-fast", TEST_ERROR, ""),
    )  # fmt: skip
    for text, first, second, quantity, why in cases:
        if first in groups and second in groups:
            yield ahead_claim(text, PLACE, groups, first, second, quantity, why)


def focusing_claims(all_runs: Groups, groups: Groups) -> Iterator[Claim]:
    """Decide on focusing BP, which the paper could not run here.

    Parameters
    ----------
    all_runs, groups : mapping of str to sequence of Run
        All runs, and solutions, by algorithm.

    Yields
    ------
    claim : Claim
        None if it was not run.
    """
    runs = all_runs.get("fBP", ())
    if not runs:
        return
    failing = share(len(runs) - len(groups.get("fBP", ())), len(runs))
    verdict = is_greater(failing, 0.5)
    yield Claim(
        "fBP cannot be run on images",
        PLACE,
        f"share of runs with training errors: {failing.text(2)}",
        verdict,
        "more than half, interval of Clopper and Pearson",
        "sweeps by expectation propagation keep the correlations of the inputs, which "
        "hampered the published program"
        if verdict != "holds"
        else "",
    )
    for other in ("eLAL", "ceSGD-slow"):
        yield ahead_claim(
            f"fBP is the best solver in terms of generalisation: better than {other}",
            "section BP and fBP", groups, "fBP", other, TEST_ERROR,
            "the paper has no run of fBP with test data",
        )  # fmt: skip


def solved_claim(all_runs: Groups) -> Claim:
    """Decide whether all algorithms of the paper reach zero training errors.

    Parameters
    ----------
    all_runs : mapping of str to sequence of Run
        All runs by algorithm.

    Returns
    -------
    claim : Claim
        Counted.
    """
    runs = [run for name in PUBLISHED for run in all_runs.get(name, ())]
    failing = _failing(all_runs)
    n_solved = len(runs) - sum(failing.values())
    told = ", ".join(f"{n} of {name} do not" for name, n in failing.items())
    return Claim(
        "training errors get to zero in all cases",
        "Numerical Studies",
        f"{n_solved} of {len(runs)} runs" + (f"; {told}" if told else ""),
        "differs" if failing else "holds",
        "counted",
    )


def _failing(all_runs):
    counts = {n: sum(bool(r.n_train_errors) for r in all_runs[n]) for n in all_runs}
    return {name: n for name, n in counts.items() if n and name in PUBLISHED}
