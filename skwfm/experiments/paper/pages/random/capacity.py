"""How many random patterns per weight each algorithm still solves."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from skwfm._plotting import algorithm_style
from skwfm.classifiers import (
    CeSGDClassifier,
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
)
from skwfm.experiments.data.drawn import random_patterns
from skwfm.experiments.paper.claims import Claim, Estimate, is_greater, share
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.paper.thresholds import limit
from skwfm.experiments.report.canvas import GREY, new_figure, rule
from skwfm.experiments.study.contestants import Contestant
from skwfm.theory import capacity as theory_capacity

UNITS = (3, 9)
PLACE = "section BP and fBP"
# "Almost" is: lower by less than this share.
_ALMOST = 0.1


def capacity(plan: Plan) -> Page:
    """Find the load up to which each algorithm reaches zero errors.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        Shares of solved samples against the load, and claims.
    """
    n_features, n_samples = plan.size((495, 10), (117, 2))
    loads = plan.size(np.arange(1.2, 3.21, 0.2), np.array([1.0, 2.0, 3.0]))
    solved = {
        (n_hidden, name): by_load
        for n_hidden in plan.size(UNITS, (3,))
        for name, by_load in _solved(plan, n_hidden, n_features, loads, n_samples)
    }
    limits = {key: limit(by_load) for key, by_load in solved.items()}
    return Page(
        "capacity",
        "Algorithmic capacity",
        [
            f"Trees of {n_features} inputs on random patterns, {n_samples} samples at "
            "each load; at most 5000 epochs of LAL, 3000 of eLAL and ceSGD. The "
            "algorithmic capacity is the load at which half of the samples are solved, "
            "interpolated; its interval, a bootstrap over samples, holds at least the "
            "loads around it. Small machines blur it: at this size all thresholds lie "
            "lower than for large ones."
        ],
        [
            Picture(
                "capacity",
                _figure(solved),
                "Share of samples solved, with 95 % intervals (Clopper and Pearson). "
                "Grey: theoretical capacity of three units, one step of "
                "replica-symmetry breaking.",
                "Shares that fall from one to zero at a load that depends on the "
                "algorithm",
            )
        ],
        [
            Table("capacity", _rows(solved)),
            Table(
                "capacity_limits",
                _limit_rows(limits),
                "Load at which half of the samples are solved, with its 95 % interval.",
            ),
        ],
        [*_claims(solved)],
    )  # fmt: skip


def contestants(n_hidden: int) -> list[Contestant]:
    """Return the algorithms, with passes enough to show where they end.

    Parameters
    ----------
    n_hidden : int
        Number of units.

    Returns
    -------
    contestants : list of Contestant
        On trees without intercept.
    """
    machine = {"architecture": "tree", "n_hidden": n_hidden, "fit_intercept": False}
    fast = {"gamma0": 3.0, "gamma1": 0.0, "beta0": 1.0, "beta1": 1e-3}
    return [
        Contestant("fBP", FBPClassifier(**machine, method="amp", label_noise=0.0)),
        Contestant("LAL", LALClassifier(**machine, max_iter=5000)),
        Contestant("eLAL", ELALClassifier(**machine, max_iter=3000)),
        Contestant(
            "ceSGD-fast", CeSGDClassifier(**machine, **fast, eta=1e-2, max_iter=3000)
        ),
    ]


def _solved(plan, n_hidden, n_features, loads, n_samples):
    """Yield (algorithm, {load: array of bool, one per sample})."""
    loads = {round(load * n_features): round(float(load), 3) for load in loads}
    sources = [random_patterns(m, n_features) for m in loads]
    result = plan.study(
        f"K = {n_hidden}", contestants(n_hidden), sources, n_seeds=n_samples
    )
    by_name = dict(zip([s.name for s in sources], loads.values(), strict=True))
    found = defaultdict(dict)
    for (data, name), runs in result.groups().items():
        found[name][by_name[data]] = np.array([not run.n_train_errors for run in runs])
    yield from found.items()


def _claims(solved):
    for n_hidden in sorted({k for k, _ in solved}):
        mine = {name: loads for (k, name), loads in solved.items() if k == n_hidden}
        for rival in ("LAL", "eLAL", "ceSGD-fast"):
            if rival in mine:
                yield _ahead_claim(
                    f"fBP has the highest algorithmic capacity: higher than {rival}",
                    n_hidden, mine, "fBP", rival,
                )  # fmt: skip
        yield _ahead_claim(
            "LAL solves higher loads than gradient descent",
            n_hidden, mine, "LAL", "ceSGD-fast",
        )  # fmt: skip
        margin = _ALMOST * limit(mine["fBP"]).value
        yield _ahead_claim(
            "LAL solves almost the loads of fBP",
            n_hidden, mine, "LAL", "fBP", -margin,
            f"; not lower by more than {margin:.2f}, 10 % of the load of fBP",
            "at this package's default rate and at most 5000 epochs",
        )  # fmt: skip
    if (3, "fBP") in solved:
        yield _near_capacity(limit(solved[3, "fBP"]))


def _ahead_claim(text, n_hidden, solved, first, second, than=0.0, rule="", why=""):
    gap = difference_of_limits(solved[first], solved[second])
    verdict = is_greater(gap, than)
    found = f"{gap.text(2)} patterns per weight"
    if np.isinf(gap.low):
        found = f"less than {gap.high:.2f} patterns per weight"
    return Claim(
        f"{text} (K = {n_hidden})",
        PLACE,
        f"{first} less {second}: {found}",
        verdict,
        f"bootstrap over samples{rule}",
        "" if verdict == "holds" else why,
    )


def difference_of_limits(first: dict, second: dict) -> Estimate:
    """Estimate by how much higher loads one algorithm solves than another.

    Parameters
    ----------
    first, second : dict of float to ndarray of bool
        Whether each sample is solved, by load.

    Returns
    -------
    difference : Estimate
        Without a lower bound if the second solves all loads that were tried: beyond
        those at which more than half of its samples surely are, nothing is known.
    """
    gap = limit(first, second)
    if np.isfinite(gap.low) or np.isfinite(limit(second).low):
        return gap
    sure = [a for a, s in second.items() if share(s.sum(), len(s)).low > 0.5]
    own = limit(first)
    if not sure:
        return gap
    return Estimate(own.value - max(sure), -np.inf, own.high - max(sure))


def _near_capacity(found):
    critical = float(theory_capacity("tree", 3, ansatz="1rsb"))
    return Claim(
        "fBP nearly reaches the critical capacity (K = 3)",
        PLACE,
        f"{found.text(2)} patterns per weight, capacity {critical:.2f}",
        is_greater(found, 0.8 * critical),
        "bootstrap over samples; more than 80 % of the theoretical capacity",
        ""
        if found.low > 0.8 * critical
        else "small machines solve less than large ones",
    )


def _rows(solved):
    return [
        {"units": k, "algorithm": name, "load": load, "solved": int(s.sum()),
         "samples": len(s)}
        for (k, name), by_load in solved.items()
        for load, s in by_load.items()
    ]  # fmt: skip


def _limit_rows(limits):
    return [
        {"units": k, "algorithm": name, "load": e.value, "low": e.low, "high": e.high}
        for (k, name), e in limits.items()
    ]


def _figure(solved):
    units = sorted({k for k, _ in solved})
    figure = new_figure(3.6)
    panels = np.atleast_1d(figure.subplots(1, len(units), sharey=True))
    for axes, n_hidden in zip(panels, units, strict=True):
        mine = {name: loads for (k, name), loads in solved.items() if k == n_hidden}
        for place, (name, by_load) in enumerate(mine.items()):
            known = [share(s.sum(), len(s)) for s in by_load.values()]
            y = np.array([e.value for e in known])
            bars = np.array([[e.value - e.low, e.high - e.value] for e in known]).T
            x = np.array(list(by_load)) + 0.012 * place
            axes.errorbar(x, y, bars, capsize=2, label=name, **algorithm_style(name))
        axes.set(title=f"K = {n_hidden}", xlabel=r"patterns per weight $\alpha$")
        rule(axes)
    panels[0].set(ylabel="share of samples solved")
    if 3 in units:
        critical = float(theory_capacity("tree", 3, ansatz="1rsb"))
        panels[units.index(3)].axvline(critical, color=GREY, linewidth=0.8)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    return figure
