"""Fig. 2: errors of minimisers of the cross-entropy loss, binary perceptron."""

from __future__ import annotations

import numpy as np

from skwfm.experiments.paper.claims import Claim, Estimate, agrees, is_greater, mean
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.pages.theory.minimisers import (
    MARKERS,
    STYLES,
    THEORY,
    of_samples,
)
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.report.canvas import GREY, new_figure, rule
from skwfm.theory import capacity, cross_entropy_error_rate

GAMMAS = (0.1, 1.0, 2.0, 5.0)
# The load at which finite machines are compared with the theory.
LOAD = 0.7


def fig2(plan: Plan) -> Page:
    """Compute the error rate of minimisers of the cross-entropy.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        Curves and claims.
    """
    alphas = np.round(np.linspace(0.3, 0.9, plan.size(19, 4)), 4).tolist()
    asked = [
        (gamma, alpha) for gamma in plan.size(GAMMAS, (1.0, 5.0)) for alpha in alphas
    ]
    arguments = [{"alpha": alpha, "gamma": gamma} for gamma, alpha in asked]
    found = plan.map("minima of the cross-entropy", minimum, arguments)
    curves = dict(zip(asked, found, strict=True))
    n_features, n_samples = plan.size(1001, 301), plan.size(20, 3)
    points = _points(plan, sorted({g for g, _ in asked}), n_features, n_samples)
    return Page(
        "fig2",
        "Fig. 2: minimisers of the cross-entropy solve the patterns",
        [
            "Error rate of typical minimisers of the cross-entropy loss with parameter "
            "gamma, binary perceptron, random patterns. The minimum is where the "
            "entropy vanishes; where the replica-symmetric saddle is unstable the "
            "number is approximate.",
            f"Points: where simulated annealing of the same loss ends, single flips of "
            f"{n_features} weights while the temperature falls to almost nothing, "
            f"whether or not solutions are met; {n_samples} samples.",
        ],
        [
            Picture(
                "fig2",
                _rates_figure(curves, points),
                "Fraction of training patterns that are wrong, against patterns per "
                "weight. Lines: theory, thin where the saddle is unstable; errors of "
                "the quadrature are below their width. Points: annealing, with 95 % "
                "intervals over samples, at five loads, moved apart to be seen.",
                "Error rates that stay near zero up to a load that grows with gamma; "
                "points on the curves of small gamma, above that of large gamma",
            )
        ],
        [
            Table("fig2", [_rate_row(key, point) for key, point in curves.items()]),
            Table("fig2_points", _point_rows(points)),
        ],
        [*_rate_claims(curves, alphas), *_point_claims(curves, points)],
    )


def minimum(alpha: float, gamma: float) -> dict:
    """Compute a minimum, in the form that is kept.

    Parameters
    ----------
    alpha, gamma : float
        As of `cross_entropy_error_rate`.

    Returns
    -------
    point : dict
        Error rate, its numerical error, whether the saddle is stable, and the loss per
        weight.
    """
    found = cross_entropy_error_rate(alpha, gamma)
    return {
        "error_rate": float(found.error_rate),
        "error": float(found.error),
        "stable": bool(found.rs_stable),
        "loss": float(found.energy),
    }


def _points(plan, gammas, n_features, n_samples):
    """Where annealing ends: {(gamma, load): one dict per sample}."""
    loads = plan.size((0.5, 0.6, LOAD, 0.8, 0.9), (0.5, LOAD))
    cells = [(gamma, load) for gamma in gammas for load in loads]
    found = of_samples(
        plan, [{"alpha": load, "gamma": gamma} for gamma, load in cells], n_samples,
        n_features=n_features, n_sweeps=plan.size(600, 200), distances=[],
    )  # fmt: skip
    return dict(zip(cells, found, strict=True))


def _rate_row(key, point):
    return {"gamma": key[0], "alpha": key[1], **point}


def _rate_claims(points, alphas):
    gamma = max(g for g, _ in points)
    half = min(alphas, key=lambda alpha: abs(alpha - 0.5))
    rate = _of(points[gamma, half])
    yield Claim(
        f"far below capacity, minimisers at gamma = {gamma:g} make practically no "
        "errors",
        "Fig. 2",
        f"{rate.text(3, 100, '%')} at alpha = {half:g}",
        is_greater(Estimate(-rate.value, -rate.high, -rate.low), -1e-3),
        f"{THEORY}; less than one pattern in a thousand",
    )
    small, last = min(g for g, _ in points), alphas[-2]
    low, high = _of(points[gamma, last]), _of(points[small, last])
    less = Estimate(high.value - low.value, high.low - low.high, high.high - low.low)
    yield Claim(
        "larger gamma gives fewer errors near capacity",
        "Fig. 2",
        f"at alpha = {last:g}: {high.text(2, 100, '%')} at gamma = {small:g}, "
        f"{low.text(2, 100, '%')} at gamma = {gamma:g}",
        is_greater(less),
        THEORY,
        ""
        if points[small, last]["stable"]
        else "approximate at small gamma, where the saddle is unstable",
    )


def _of(point):
    rate, error = point["error_rate"], point["error"]
    return Estimate(rate, rate - error, rate + error)


def _point_claims(curves, points):
    """Compare where annealing ends with the theory, gamma by gamma."""
    for gamma in sorted({gamma for gamma, _ in points}):
        runs = points[gamma, LOAD]
        rate, loss = (mean([r[name] for r in runs]) for name in ("error_rate", "loss"))
        key = min(curves, key=lambda at: (at[0] != gamma, abs(at[1] - LOAD)))
        theory, least = curves[key]["error_rate"], curves[key]["loss"]
        verdict = agrees(rate, theory, theory)
        stuck = "annealing does not reach the minimum"
        why = stuck if loss.low > least else "a finite machine"
        yield Claim(
            f"annealing the cross-entropy at gamma = {gamma:g} leaves as many errors "
            "as its typical minimisers have in theory",
            "Fig. 2",
            f"{rate.text(2, 100, '%')} at alpha = {LOAD}, theory {100 * theory:.2f} %; "
            f"loss {loss.text(4)} per weight, minimum {least:.4f}",
            verdict,
            "t interval over samples; the theory lies in it",
            why if verdict == "differs" else "",
        )


def _point_rows(points):
    return [
        {"gamma": gamma, "alpha": alpha, "sample": sample,
         "error_rate": run["error_rate"], "loss": run["loss"]}
        for (gamma, alpha), runs in points.items()
        for sample, run in enumerate(runs)
    ]  # fmt: skip


def _rates_figure(curves, points):
    figure = new_figure(4.2)
    axes = figure.subplots()
    for place, gamma in enumerate(sorted({g for g, _ in curves})):
        mine = {alpha: curve for (g, alpha), curve in curves.items() if g == gamma}
        rates = np.array([curve["error_rate"] for curve in mine.values()])
        stable = np.array([curve["stable"] for curve in mine.values()])
        colour, dashes = STYLES[place]
        style = {"color": colour, "linestyle": dashes}
        axes.plot(list(mine), np.where(stable, rates, np.nan), linewidth=2, **style)
        thin = ~stable
        thin[:-1] |= ~stable[1:]  # up to where the others begin
        axes.plot(list(mine), np.where(thin, rates, np.nan), linewidth=0.9, **style)
        axes.plot(
            [], [], linewidth=1.5, label=rf"$\gamma$ = {gamma:g}, theory", **style
        )
    for place, gamma in enumerate(sorted({g for g, _ in points})):
        mine = {a: runs for (g, a), runs in points.items() if g == gamma}
        known = [mean([run["error_rate"] for run in runs]) for runs in mine.values()]
        axes.errorbar(
            np.array(list(mine)) + 0.004 * (place - 1), [e.value for e in known],
            np.nan_to_num([e.high - e.value for e in known]),
            marker=MARKERS[place], color=STYLES[place][0], markersize=5, capsize=2,
            linestyle="none", label=rf"$\gamma$ = {gamma:g}, annealing",
        )  # fmt: skip
    critical = float(capacity("perceptron", 1, "binary"))
    axes.axvline(critical, color=GREY, linewidth=0.8)
    axes.annotate("capacity ", (critical, axes.get_ylim()[1] * 0.92), ha="right")
    axes.set(xlabel=r"patterns per weight $\alpha$", ylabel="fraction of errors")
    axes.legend(frameon=False, loc="upper left", ncols=2)
    rule(axes)
    return figure
