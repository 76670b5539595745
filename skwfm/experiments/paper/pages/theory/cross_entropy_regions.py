"""Fig. 3: solutions around minimisers of the cross-entropy loss, binary perceptron."""

from __future__ import annotations

import numpy as np

from skwfm.experiments.paper.claims import Claim, Estimate, is_between, is_greater, mean
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.pages.theory.cross_entropy_errors import minimum
from skwfm.experiments.paper.pages.theory.minimisers import (
    MARKERS,
    STYLES,
    THEORY,
    of_samples,
)
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.report.canvas import GREY, new_figure, rule
from skwfm.theory import cross_entropy_local_entropy

HOLLOW = {"markerfacecolor": "none", "markersize": 8, "zorder": 3}
# Distances from annealed minimisers; the theory has them too.
DISTANCES = (0.004, 0.02, 0.04, 0.07, 0.1, 0.14)


def fig3(plan: Plan) -> Page:
    """Compute the number of solutions around minimisers of the cross-entropy.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        Curves and claims.
    """
    asked = [(0.4, 1.0), (0.4, 2.0), (0.4, np.inf), (0.6, 1.0), (0.6, 3.0)]
    asked = plan.size(asked, [(0.4, 1.0), (0.4, np.inf)])
    curves = _curves(plan, asked)
    n_features, n_samples = plan.size(1001, 301), plan.size(10, 3)
    points = _points(plan, asked, n_features, n_samples)
    return Page(
        "fig3",
        "Fig. 3: minimisers of the cross-entropy lie in dense regions of solutions",
        [
            "Logarithm, per weight, of the number of solutions at a distance from a "
            "typical minimiser of the cross-entropy loss, binary perceptron. For "
            "infinite gamma minimisers are typical solutions, which are isolated.",
            "Points: solutions counted by message passing around the minimisers that "
            f"simulated annealing of the same loss finds, {n_features} weights, "
            f"{n_samples} samples. It cannot find isolated ones.",
        ],
        [
            Picture(
                "fig3",
                _solutions_figure(curves, points),
                "Entropy of the solutions at a Hamming distance from a minimiser, and "
                "its bound, all weight vectors at this distance. Below zero there are "
                "none. Lines: theory, whose errors are below their width. Points: "
                "annealing, with 95 % intervals over samples, where message passing "
                "converged for all of them.",
                "Curves near the bound for finite gamma with points on or below them, "
                "and one curve below zero",
            )
        ],
        [
            Table("fig3", _solution_rows(curves)),
            Table("fig3_points", _point_rows(points)),
        ],
        [
            *_solution_claims(curves),
            *_point_claims(curves, points, _losses(plan, points)),
        ],
    )


def solutions(alpha: float, gamma: float, distances: list) -> dict:
    """Compute a curve, in the form that is kept.

    Parameters
    ----------
    alpha, gamma : float
        As of `cross_entropy_local_entropy`.
    distances : list of float
        As of `cross_entropy_local_entropy`.

    Returns
    -------
    curve : dict of str to list
        NaN where there is no number.
    """
    curve = cross_entropy_local_entropy(alpha, gamma, distances)
    error = np.zeros(len(distances)) if curve.error is None else curve.error
    return {
        "distance": list(distances),
        "entropy": np.where(curve.converged, curve.entropy, np.nan).tolist(),
        "error": np.asarray(error).tolist(),
        "bound": curve.cap.tolist(),
    }


def _curves(plan, asked):
    """Theory: {(load, gamma): curve}."""
    fine = np.geomspace(1e-3, 0.15, plan.size(20, 2))
    distances = np.unique([*fine, 0.001, *DISTANCES])
    arguments = [
        # Nearer to it, the saddle point of the first is lost: it makes errors itself.
        {"alpha": alpha, "gamma": gamma, "distances": distances[distances >= (
            0.004 if (alpha, gamma) == (0.6, 1.0) else 0)].tolist()}
        for alpha, gamma in asked
    ]  # fmt: skip
    found = plan.map("solutions around minimisers", solutions, arguments)
    return dict(zip(asked, found, strict=True))


def _points(plan, asked, n_features, n_samples):
    """What is around annealed minimisers: {(load, gamma): one dict per sample}."""
    cells = [(alpha, gamma) for alpha, gamma in asked if gamma < np.inf]
    found = of_samples(
        plan, [{"alpha": alpha, "gamma": gamma} for alpha, gamma in cells], n_samples,
        n_features=n_features, n_sweeps=plan.size(1000, 200),
        distances=list(DISTANCES),
    )  # fmt: skip
    return dict(zip(cells, found, strict=True))


def _point_claims(curves, points, losses, distance=0.02):
    """Compare solutions around annealed minimisers with the theory."""
    place = DISTANCES.index(distance)
    for (alpha, gamma), runs in points.items():
        ours = mean([run["entropy"][place] for run in runs])
        loss, least = mean([run["loss"] for run in runs]), losses[alpha, gamma]
        theory, bound = _point(curves[alpha, gamma], distance)
        verdict = is_between(ours, 0.95 * theory.value, 1.05 * theory.value)
        verdict = "differs" if verdict == "does not hold" else verdict
        stuck = "annealing ends above the minimum, where solutions are fewer"
        why = stuck if loss.low > least else "a finite machine"
        yield Claim(
            "around minimisers that annealing finds there are as many solutions as in "
            f"theory (alpha = {alpha:g}, gamma = {gamma:g})",
            "Fig. 3",
            f"{ours.text(4)} nats per weight at distance {distance:g}, theory "
            f"{theory.value:.4f}, bound {bound:.4f}; loss {loss.text(4)} per weight, "
            f"minimum {least:.4f}",
            verdict,
            "t interval over samples; within 5 % of the theory",
            why if verdict == "differs" else "",
        )


def _losses(plan, cells):
    """Losses of minimisers in theory, by load and gamma."""
    arguments = [{"alpha": alpha, "gamma": gamma} for alpha, gamma in cells]
    found = plan.map("minima of the cross-entropy", minimum, arguments)
    return {cell: each["loss"] for cell, each in zip(cells, found, strict=True)}


def _point_rows(points):
    return [
        {"alpha": alpha, "gamma": gamma, "sample": sample, "distance": distance,
         "entropy": entropy, "error_rate": run["error_rate"], "loss": run["loss"]}
        for (alpha, gamma), runs in points.items()
        for sample, run in enumerate(runs)
        for distance, entropy in zip(DISTANCES, run["entropy"], strict=True)
    ]  # fmt: skip


def _solution_claims(curves):
    for (alpha, gamma), curve in curves.items():
        if alpha == 0.4 and gamma < np.inf:
            at, bound = _point(curve, 0.02)
            yield Claim(
                f"around minimisers at gamma = {gamma:g}, alpha = .4, nearly all "
                "weights at small distance are solutions",
                "Fig. 3",
                f"{at.text(4)} nats per weight at distance .02, bound {bound:.4f}",
                is_greater(at, 0.9 * bound),
                f"{THEORY}; more than 90 % of the bound",
            )
        elif gamma == np.inf:
            at, _ = _point(curve, 0.001)
            yield Claim(
                "typical solutions are isolated (alpha = .4)",
                "section The Simple Example of Discrete Weights",
                f"{at.text(4)} nats per weight at distance .001",
                is_greater(_negative(at)),
                f"{THEORY}; less than one solution there",
            )
    if {(0.4, 1.0), (0.4, 2.0)} <= set(curves):
        yield _improvement(curves[0.4, 1.0], curves[0.4, 2.0])
    if {(0.4, 1.0), (0.6, 1.0)} <= set(curves):
        yield _lower(curves[0.4, 1.0], curves[0.6, 1.0])


def _point(curve, distance):
    """Value with its error, and bound, at one distance of a curve."""
    place = curve["distance"].index(distance)
    value, error = curve["entropy"][place], curve["error"][place]
    return Estimate(value, value - error, value + error), curve["bound"][place]


def _negative(estimate):
    return Estimate(-estimate.value, -estimate.high, -estimate.low)


def _lower(low_load, high_load, distance=0.02):
    """Compare the curves of one gamma at two loads."""
    (first, _), (second, _) = (_point(c, distance) for c in (low_load, high_load))
    gap = first.value - second.value
    error = first.high - first.low + second.high - second.low
    return Claim(
        "at alpha = .6 the curves are lower than at alpha = .4 (gamma = 1)",
        "Fig. 3",
        f"{gap:.4f} nats per weight lower at distance {distance:g}",
        is_greater(Estimate(gap, gap - error, gap + error)),
        THEORY,
    )


def _improvement(first, second, distance=0.02):
    """Compare two curves at one distance."""
    place = first["distance"].index(distance)
    gap = second["entropy"][place] - first["entropy"][place]
    error = second["error"][place] + first["error"][place]
    found = Estimate(gap, gap - error, gap + error)
    return Claim(
        "there is a slight improvement from gamma = 1 to gamma = 2 (alpha = .4)",
        "Fig. 3",
        f"{1e4 * gap:.2f}e-4 nats per weight more at distance {distance:g}",
        is_greater(found),
        THEORY,
        "" if is_greater(found) == "holds" else "the sign depends on the distance",
    )


def _solution_rows(curves):
    return [
        {"alpha": alpha, "gamma": gamma, "distance": d, "entropy": s, "bound": b}
        for (alpha, gamma), curve in curves.items()
        for d, s, b in zip(
            curve["distance"], curve["entropy"], curve["bound"], strict=True
        )
    ]


def _solutions_figure(curves, points):
    figure, loads = new_figure(4.2), sorted({alpha for alpha, _ in curves})
    panels = np.atleast_1d(figure.subplots(1, len(loads), sharey=True))
    for axes, alpha in zip(panels, loads, strict=True):
        mine = {gamma: c for (a, gamma), c in curves.items() if a == alpha}
        for place, (gamma, curve) in enumerate(mine.items()):
            colour, dashes = STYLES[place + 1]
            name = r"$\infty$" if gamma == np.inf else f"{gamma:g}"
            x, y = curve["distance"], curve["entropy"]
            label = rf"$\gamma$ = {name}, theory"
            axes.plot(x, y, color=colour, linestyle=dashes, label=label)
            if (alpha, gamma) in points:
                label = rf"$\gamma$ = {name}, annealing"
                style = {"color": colour, "marker": MARKERS[place + 1], "label": label}
                # The smaller gamma lies on top: hollow and larger.
                style |= HOLLOW if place == 0 else {"markersize": 4}
                _draw_points(axes, points[alpha, gamma], style)
        axes.plot(
            x, curve["bound"], color=GREY, linewidth=1, label="all weights: bound"
        )
        axes.axhline(0, color=GREY, linewidth=0.6)
        axes.set_xticks([0, 0.05, 0.1, 0.15])
        axes.set(title=rf"$\alpha$ = {alpha:g}", xlabel="distance from the minimiser")
        axes.legend(frameon=False, fontsize="small")
        rule(axes)
    panels[0].set(ylabel="entropy (nats per weight)")
    return figure


def _draw_points(axes, runs, style):
    values = np.array([run["entropy"] for run in runs], float)
    complete = np.isfinite(values).all(axis=0)
    known = [mean(column) for column in values[:, complete].T]
    axes.errorbar(
        np.array(DISTANCES)[complete], [e.value for e in known],
        np.nan_to_num([e.high - e.value for e in known]), linestyle="none",
        capsize=2, **style,
    )  # fmt: skip
