"""Epochs to the end of training, which tell whether settings are those of the paper."""

from __future__ import annotations

import numpy as np
from scipy import stats

from skwfm.classifiers.published import PUBLISHED_EPOCHS
from skwfm.experiments.data.sources import dress_coat
from skwfm.experiments.paper.claims import CONFIDENCE, Claim, Estimate, agrees, mean
from skwfm.experiments.paper.drawing import common_legend
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.pages.random.algorithms import solutions
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.report.canvas import GREY, INK, logarithmic, new_figure, rule

PLACE = "Materials and Methods"
# Runs behind the published means: ten samples, and fifty runs on images.
PUBLISHED_RUNS = {"random_patterns": 10, "dress_coat": 50}
DATA = {"random_patterns": "random patterns", "dress_coat": "Dress/Coat"}
# What a point, a line and a bar of the figure are.
LABELS = ("one run", "published mean", "published standard deviation")
ALGORITHMS = ("LAL", "eLAL", "ceSGD-fast", "ceSGD-slow")
WHY = {
    ("random_patterns", "eLAL"): "how often the published program renormalises the "
    "replicas is not told; ours does so after each batch, which finds wider minima",
    (
        "dress_coat",
        "eLAL",
    ): "each of our runs has a subset of its own, and replicas are "
    "renormalised after each batch, which the paper does not tell",
    (
        "dress_coat",
        "ceSGD-slow",
    ): "each of our runs has a subset of its own; those that "
    "keep an error are not counted",
    ("random_patterns", "ceSGD-slow"): "the growth rate of beta is lost in print; "
    "2e-4 is ours",
}


def epochs(plan: Plan) -> Page:
    """Count the epochs of the published settings.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        One claim for each published number.
    """
    results = {"random_patterns": solutions(plan), "dress_coat": _on_images(plan)}
    found = {
        (problem, name): _counts(runs)
        for problem, result in results.items()
        for (_, name), runs in result.groups().items()
        if name in ALGORITHMS
    }
    claims = [_claim(key, *counts) for key, counts in found.items()]
    return Page(
        "epochs",
        "Epochs until training ends",
        _paragraphs(),
        [
            Picture(
                "epochs",
                _figure(found),
                "Epochs until the stopping rule of each algorithm is met. Points: our "
                "runs that end without errors; grey: published mean and standard "
                "deviation.",
                "Epochs of each algorithm on two data sets beside the published means",
            )
        ],
        [Table("epochs", [_row(key, *counts) for key, counts in found.items()])],
        claims,
    )


def _on_images(plan):
    names = plan.size(ALGORITHMS, ALGORITHMS[:3])
    n_seeds = plan.size(PUBLISHED_RUNS["dress_coat"], 2)
    return plan.study(DATA["dress_coat"], names, dress_coat(), n_seeds=n_seeds)


def _counts(runs):
    """Epochs of the runs without errors, and the number of all runs."""
    return [run.n_epochs for run in runs if not run.n_train_errors], len(runs)


def _paragraphs():
    return [
        "Every algorithm at its published settings, K = 9: on 1000 random patterns of "
        "999 inputs with a tree, and on 250 dresses and 250 coats with a fully "
        "connected machine. Runs that end with training errors are counted, not "
        "averaged."
    ]


def _claim(key, counts, n_runs):
    problem, name = key
    centre, deviation = PUBLISHED_EPOCHS[key]
    published = _published(centre, deviation, PUBLISHED_RUNS[problem])
    ours = mean(counts)
    verdict = agrees(ours, published.low, published.high)
    why = WHY.get(key, "") if verdict == "differs" else ""
    return Claim(
        f"{name} on {DATA[problem]} takes {centre} ± {deviation} epochs",
        PLACE,
        f"{ours.text(0)}; {len(counts)} of {n_runs} runs end without errors",
        verdict,
        "the 95 % intervals of both means meet",
        why,
    )


def _published(centre, deviation, n_runs):
    half = stats.t.ppf((1 + CONFIDENCE) / 2, n_runs - 1) * deviation / np.sqrt(n_runs)
    return Estimate(centre, centre - half, centre + half)


def _row(key, counts, n_runs):
    problem, name = key
    centre, deviation = PUBLISHED_EPOCHS[key]
    return {
        "data": DATA[problem],
        "algorithm": name,
        "published": centre,
        "published_deviation": deviation,
        "found": float(np.mean(counts)) if counts else None,
        "deviation": float(np.std(counts, ddof=1)) if len(counts) > 1 else None,
        "runs": n_runs,
        "runs_without_errors": len(counts),
    }


def _figure(found):
    figure = new_figure(3.6)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, problem in zip(panels, DATA, strict=True):
        names = [name for key, name in found if key == problem]
        for place, name in enumerate(names):
            # One legend entry for each kind of mark.
            labels = LABELS if axes is panels[0] and place == 0 else [None] * 3
            counts, published = found[problem, name][0], PUBLISHED_EPOCHS[problem, name]
            _draw(axes, place, counts, published, labels)
        axes.set(title=DATA[problem], xlim=(-0.6, len(names) - 0.4))
        axes.set_xticks(range(len(names)), names, rotation=20)
        rule(axes, axis="y")
    panels[0].set(ylabel="epochs")
    logarithmic(panels[0], "y")
    common_legend(figure, panels)
    return figure


def _draw(axes, place, counts, published, labels):
    centre, deviation = published
    style = {"color": GREY, "linewidth": 5, "alpha": 0.6, "label": labels[2]}
    points = {"color": INK, "alpha": 0.5, "label": labels[0]}
    axes.plot(np.full(len(counts), place - 0.1), counts, "o", **points)
    axes.plot(place + 0.2, centre, "_", color=INK, markersize=14, label=labels[1])
    axes.plot([place + 0.2] * 2, [centre - deviation, centre + deviation], **style)
