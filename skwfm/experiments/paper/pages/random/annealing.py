"""Annealing of binary perceptrons: which energy leads to solutions."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from skwfm.classifiers import AnnealingClassifier
from skwfm.experiments.data.drawn import random_patterns
from skwfm.experiments.paper.claims import (
    Claim,
    difference,
    is_between,
    is_greater,
    mean,
    share,
)
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.paper.thresholds import limit
from skwfm.experiments.report.canvas import GREY, INK, new_figure, rule
from skwfm.experiments.study.contestants import Contestant
from skwfm.theory import capacity

ENERGIES = {
    "errors": "number of errors",
    "cross_entropy": "cross-entropy",
    "local_entropy": "local entropy",
}
STYLES = {
    "errors": {"color": INK, "marker": "s", "linestyle": ":"},
    "cross_entropy": {"color": "0.3", "marker": "o", "linestyle": "-"},
    "local_entropy": {"color": GREY, "marker": "^", "linestyle": "--"},
}
PLACE = "section The Connection between Local Entropy and CE"
_WHY_NOT = (
    "the paper's procedure, which takes local entropies from message passing, is "
    "another one; ours draws replicas together, and slower schedules help it more"
)
# The load at which the energies are compared.
LOAD = 0.5


def annealing(plan: Plan) -> Page:
    """Anneal binary perceptrons on three energies.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        Errors that remain and shares of solved samples, and claims.
    """
    sizes = plan.size((101, 201, 401), (151,))
    loads = plan.size((0.3, 0.4, 0.5, 0.6, 0.7, 0.8), (0.3, 0.5, 0.7))
    n_samples = plan.size(10, 3)
    errors = {
        (n, energy): by_load
        for n in sizes
        for energy, by_load in _errors(plan, n, loads, n_samples)
    }
    solved = {
        key: {load: found == 0 for load, found in by_load.items()}
        for key, by_load in errors.items()
    }
    return Page(
        "annealing",
        "Annealing of the binary perceptron",
        [
            "Metropolis flips of single weights while the temperature falls, 1000 "
            "sweeps for each energy (of the local entropy: of each of seven replicas, "
            f"whose coupling grows), random patterns, {n_samples} samples. The "
            "cross-entropy has gamma = 2."
        ],
        [
            Picture(
                "annealing",
                _figure(errors, solved, max(sizes)),
                f"{max(sizes)} inputs. Left: errors that remain, per pattern, mean and "
                "95 % interval over samples. Right: share of samples solved, 95 % "
                "intervals (Clopper and Pearson). Grey line: capacity.",
                "On errors some remain, on the cross-entropy none up to a load",
            )
        ],
        [Table("annealing", _rows(errors)), Table("annealing_limits", _limits(solved),
         "Load at which half of the samples are solved, with its 95 % interval "
         "(bootstrap over samples).")],
        [*_claims(errors, solved, max(sizes))],
    )  # fmt: skip


def _errors(plan, n_features, loads, n_samples):
    """Yield (energy, {load: errors of each sample})."""
    members = [
        Contestant(e, AnnealingClassifier(energy=e, fit_intercept=False))
        for e in ENERGIES
    ]
    sources = [random_patterns(round(a * n_features), n_features) for a in loads]
    result = plan.study(f"N = {n_features}", members, sources, n_seeds=n_samples)
    by_name = dict(zip([source.name for source in sources], loads, strict=True))
    found = defaultdict(dict)
    for (data, energy), runs in result.groups().items():
        errors = np.array([run.n_train_errors for run in runs])
        found[energy][by_name[data]] = errors
    yield from found.items()


def _claims(errors, solved, n_features):
    at = {energy: errors[n_features, energy][LOAD] for energy in ENERGIES}
    stuck = mean(at["errors"])
    yield Claim(
        "annealing on the number of errors gets stuck at high energy",
        PLACE,
        f"{stuck.text(1)} errors remain at alpha = {LOAD}, N = {n_features}",
        is_greater(stuck),
        "t interval over samples",
    )
    gap = difference(at["errors"], at["cross_entropy"])
    yield Claim(
        "annealing on the cross-entropy ends with fewer errors than on errors",
        PLACE,
        f"{gap.text(1)} errors fewer at alpha = {LOAD}, N = {n_features}",
        is_greater(gap),
        "t interval over samples, paired",
    )
    reached = limit(solved[n_features, "cross_entropy"])
    critical = float(capacity("perceptron", 1, "binary"))
    yield Claim(
        "annealing on the cross-entropy succeeds up to relatively high loads",
        PLACE,
        f"{reached.text(2)} patterns per weight, capacity {critical:.3f}",
        is_between(reached, 0.7 * critical, critical),
        "bootstrap over samples; more than 70 % of the capacity",
    )
    above = limit(
        solved[n_features, "local_entropy"], solved[n_features, "cross_entropy"]
    )
    yield Claim(
        "replicated annealing reaches slightly higher loads than the cross-entropy",
        PLACE,
        f"{above.text(2)} patterns per weight more",
        is_greater(above),
        "bootstrap over samples, both at 1000 sweeps",
        "" if is_greater(above) == "holds" else _WHY_NOT,
    )


def _rows(errors):
    return [
        {
            "inputs": n,
            "energy": energy,
            "load": load,
            "sample": sample,
            "errors": int(e),
        }
        for (n, energy), by_load in errors.items()
        for load, found in by_load.items()
        for sample, e in enumerate(found)
    ]


def _limits(solved):
    found = {key: limit(by_load) for key, by_load in solved.items()}
    return [
        {"inputs": n, "energy": ENERGIES[energy], "load": e.value, "low": e.low,
         "high": e.high}
        for (n, energy), e in found.items()
    ]  # fmt: skip


def _figure(errors, solved, n_features):
    figure = new_figure(3.6)
    left, right = figure.subplots(1, 2)
    for place, (energy, name) in enumerate(ENERGIES.items()):
        by_load, style = errors[n_features, energy], STYLES[energy]
        x = np.array(list(by_load)) + 0.004 * place
        known = [mean(found / (a * n_features)) for a, found in by_load.items()]
        _bars(left, x, known, style | {"label": f"energy: {name}"})
        shares = [share(s.sum(), len(s)) for s in solved[n_features, energy].values()]
        _bars(right, x, shares, style)
    critical = float(capacity("perceptron", 1, "binary"))
    for axes in (left, right):
        axes.axvline(critical, color=GREY, linewidth=0.8)
        axes.set(xlabel=r"patterns per weight $\alpha$")
        rule(axes)
    left.set(ylabel="errors per pattern")
    right.set(ylabel="share of samples solved")
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    return figure


def _bars(axes, x, known, style):
    y = np.array([estimate.value for estimate in known])
    ends = np.array([[e.value - e.low, e.high - e.value] for e in known]).T
    axes.errorbar(x, y, np.nan_to_num(ends), capsize=2, **style)
