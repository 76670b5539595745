"""Fig. 1: how wide minima can be, and how near focusing belief propagation comes."""

from __future__ import annotations

import numpy as np

from skwfm._plotting import algorithm_style
from skwfm.classifiers import FBPClassifier
from skwfm.experiments.data.drawn import random_patterns
from skwfm.experiments.paper.claims import mean
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.pages.theory.wide_minima_claims import (
    CENTRE,
    constants,
    point_claims,
    theory_claims,
)
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.report.canvas import GREY, INK, new_figure, rule
from skwfm.landscape.measures.local_entropy import LocalEntropy
from skwfm.theory import local_entropy_curve

REPLICAS = (2, 5, 10, 30)
SHADES = ("0", "0.25", "0.45", "0.6", "0.72", "0.82")
DASHES = ("-", "--", "-.", ":", (0, (8, 2)), (0, (1, 3)))


def fig1(plan: Plan) -> Page:
    """Compute the local entropy of wide minima, and measure it around solutions.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        Curves, points of finite machines, and claims.
    """
    alphas = plan.size([0.5, 1.0, 1.5, 2.0, 2.5, 3.0], [0.5, 1.0])
    curves = _curves(plan, alphas)
    n_features, n_samples = plan.size(1998, 501), plan.size(5, 2)
    points = _points(plan, n_features, n_samples)
    return Page(
        "fig1",
        "Fig. 1: wide flat minima exist",
        _paragraphs(plan, n_features, n_samples),
        [
            Picture(
                "fig1_theory",
                _theory_figure(curves),
                "Local entropy against the mutual overlap of many replicas. Left: tree "
                "of three units, several loads; where a curve would lie above the "
                "total volume of solutions it is left out. Right: other machines at "
                "one load. Errors of the quadrature are below the width of the lines.",
                "Curves that rise to zero before the overlap one, and a flat line",
            ),
            Picture(
                "fig1_points",
                _points_figure(curves["tree K=3", 1.0], points),
                "Theory at one pattern per weight (line), and local entropies around "
                "the solutions found (points, 95 % intervals over samples).",
                "Measured points just below the theoretical curve",
            ),
        ],
        [
            Table("fig1_theory", _theory_rows(curves)),
            Table("fig1_points", _point_rows(points)),
        ],
        [*theory_claims(curves), *constants(), *point_claims(curves, points)],
    )


def _paragraphs(plan, n_features, n_samples):
    return [
        "The local entropy of y replicas at mutual overlap q1, for many replicas: "
        "the logarithm, per weight, of the share of weights that solve all random "
        "patterns, in the densest region of solutions. Theory for infinitely many "
        "inputs, from equations derived afresh (the printed ones lack terms).",
        f"Points: local entropies measured by message passing around the solutions "
        f"that focusing belief propagation finds on trees of three units, "
        f"{n_features} inputs and as many patterns, {n_samples} samples, with "
        f"{', '.join(map(str, _replicas(plan)))} replicas. A solution at the "
        "centre at overlap p corresponds to replicas at mutual overlap p².",
    ]


def _curves(plan, alphas):
    """Theory by (machine, load)."""
    fine = plan.size(30, 4)
    mutual = [*np.linspace(0.02, 0.85, fine), *(1 - np.geomspace(0.15, 0.005, fine))]
    mutual = np.unique([*mutual, *np.square(CENTRE), 0.98])
    machines = {"tree K=3": ("tree", 3), "tree K=inf": ("tree", np.inf)}
    machines |= {"perceptron": ("perceptron", 1), "parity K=3": ("parity", 3)}
    asked = [("tree K=3", alpha) for alpha in alphas]
    asked += [(name, 0.5) for name in machines if name != "tree K=3"]
    asked += [("tree K=inf", 1.0)]
    arguments = [
        {"machine": machines[m][0], "n_hidden": machines[m][1], "alpha": alpha,
         "overlaps": mutual.tolist()}
        for m, alpha in asked
    ]  # fmt: skip
    found = plan.map("theory of wide minima", theory, arguments)
    return dict(zip(asked, found, strict=True))


def theory(machine: str, n_hidden: float, alpha: float, overlaps: list) -> dict:
    """Compute a curve, in the form that is kept.

    Parameters
    ----------
    machine, n_hidden, alpha, overlaps
        As of `local_entropy_curve`.

    Returns
    -------
    curve : dict of str to list
        NaN where there is no number, or where it cannot be right.
    """
    curve = local_entropy_curve(machine, n_hidden, alpha, overlaps)
    wrong = np.zeros(len(overlaps), bool)
    if curve.exceeds_cap is not None:
        wrong = curve.exceeds_cap
    bound = curve.lower_bound
    return {
        "overlap": list(overlaps),
        "entropy": np.where(curve.converged & ~wrong, curve.entropy, np.nan).tolist(),
        "error": curve.error.tolist(),
        "lower_bound": None if bound is None else bound.tolist(),
    }


def _replicas(plan):
    return plan.size(REPLICAS, (2, 10))


def _points(plan, n_features, n_samples):
    """Local entropies around solutions of fBP: {replicas: (samples, overlaps)}."""
    machine = {"architecture": "tree", "n_hidden": 3, "fit_intercept": False}
    distances = tuple((1 - p) / 2 for p in CENTRE)
    measure = LocalEntropy(distances, (), method="amp", max_sweeps=1000)
    result = plan.study(
        "fBP and its number of replicas",
        [FBPClassifier(**machine, method="amp", label_noise=0.0)],
        random_patterns(n_features, n_features),
        settings={"n_replicas": list(_replicas(plan))},
        measures=[measure],
        n_seeds=n_samples,
        solutions_only=True,
    )
    return {
        cell[-1]: np.array(
            [list(run.measures[measure.name].values.values()) for run in runs], float
        )
        for cell, runs in result.groups().items()
        if runs
    }


def _theory_rows(curves):
    return [
        {"machine": name, "alpha": alpha, "q1": q, "local_entropy": value, "error": err}
        for (name, alpha), curve in curves.items()
        for q, value, err in zip(
            curve["overlap"], curve["entropy"], curve["error"], strict=True
        )
    ]


def _point_rows(points):
    return [
        {"replicas": y, "sample": sample, "overlap": p, "local_entropy": value}
        for y, values in points.items()
        for sample, row in enumerate(values)
        for p, value in zip(CENTRE, row, strict=True)
    ]


def _theory_figure(curves):
    figure = new_figure(3.6)
    left, right = figure.subplots(1, 2, sharey=True)
    loads = [alpha for name, alpha in curves if name == "tree K=3"]
    for place, alpha in enumerate(loads):
        curve, style = curves["tree K=3", alpha], (SHADES[place], DASHES[place])
        _line(left, curve["overlap"], curve["entropy"], style, rf"$\alpha$ = {alpha}")
    others = [(name, alpha) for name, alpha in curves if alpha == 0.5]
    for place, key in enumerate(others):
        curve, style = curves[key], (SHADES[place], DASHES[place])
        name = key[0].replace("inf", r"$\infty$")
        if curve["lower_bound"] is not None:
            _line(right, curve["overlap"], curve["entropy"], style, f"{name}: typical")
            style = (GREY, DASHES[place + 1])
            _line(
                right, curve["overlap"], curve["lower_bound"], style, f"{name}: bound"
            )
        else:
            _line(right, curve["overlap"], curve["entropy"], style, name)
    left.set(title="tree, K = 3", ylabel="local entropy (nats per weight)")
    right.set(title=r"$\alpha$ = 0.5", ylim=(-2.05, 0.05))
    for axes in (left, right):
        axes.set(xlabel="mutual overlap $q_1$")
        axes.legend(frameon=False, fontsize="small", loc="lower right")
        rule(axes)
    return figure


def _line(axes, x, y, style, label):
    axes.plot(x, y, color=style[0], linestyle=style[1], label=label)


def _points_figure(curve, points):
    figure = new_figure(3.6)
    axes = figure.subplots()
    axes.plot(np.sqrt(curve["overlap"]), curve["entropy"], color=INK, label="theory")
    for shift, (y, values) in enumerate(points.items()):
        known = [mean(column) for column in values.T]
        centre = np.array([e.value for e in known])
        half = np.array([e.high - e.value for e in known])
        style = {"color": GREY, "marker": "o^sv*"[shift]}
        if y == 10:  # as published
            style = algorithm_style("fBP")
        axes.errorbar(
            np.array(CENTRE) + 0.004 * shift, centre, half,
            **{**style, "linestyle": "none"}, capsize=2, label=f"fBP, y = {y}",
        )  # fmt: skip
    axes.set(xlim=(0.55, 1.0), xlabel="overlap $p$ with the centre", ylim=(-0.6, 0.02))
    axes.set(ylabel="local entropy (nats per weight)")
    axes.legend(frameon=False)
    rule(axes)
    return figure
