"""Figs. 4 and 5: the minima that five algorithms find on random patterns."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from skwfm._plotting import algorithm_style
from skwfm.experiments.data.drawn import random_patterns
from skwfm.experiments.paper.claims import Claim, difference, is_greater, mean
from skwfm.experiments.paper.curvature import LargestEigenvalues
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.report.canvas import logarithmic, new_figure, rule
from skwfm.landscape.measures.hessian import Hessian
from skwfm.landscape.measures.local_entropy import LocalEntropy

# Widest first, as published.
ORDER = ("fBP", "eLAL", "ceSGD-slow", "ceSGD-fast", "LAL")
OVERLAPS = (0.95, 0.9, 0.8, 0.7, 0.6)
# "amp" for trees of random inputs; accuracy enough to tell the algorithms apart.
ENTROPY = LocalEntropy(
    tuple(round((1 - p) / 2, 6) for p in OVERLAPS), (), method="amp", max_sweeps=2000
)
MEASURES = (ENTROPY, Hessian())
# The smallest beta at which all solutions are still valid: of LAL, and without it.
WITH_LAL, WITHOUT_LAL = "with LAL", "without LAL"


def solutions(plan: Plan, measures: tuple = MEASURES):
    """Train all algorithms at their published settings, and measure the solutions.

    Parameters
    ----------
    plan : Plan
        How large, and where.
    measures : tuple of Measure, default=MEASURES
        What is measured.

    Returns
    -------
    result : StudyResult
        Ten samples of 1000 patterns, N = 999, K = 9; in a quick look two, without the
        slow algorithm.
    """
    names = plan.size(ORDER, [name for name in ORDER if name != "ceSGD-slow"])
    return plan.study(
        "random patterns", names, random_patterns(1000, 999), measures=measures,
        n_seeds=plan.size(10, 2), solutions_only=True,
    )  # fmt: skip


def by_algorithm(result, measure, n_columns):
    """Return the numbers of a measure.

    Parameters
    ----------
    result : StudyResult
        Of `solutions`.
    measure : str
        Name of the measure.
    n_columns : int
        Number of its columns.

    Returns
    -------
    values : dict of str to ndarray of shape (n_seeds, n_columns)
        NaN where there is none; seeds in the same order for all algorithms.
    """
    found = {name: [] for name in ORDER}
    for run in result.runs:
        measured = run.measures.get(measure)
        row = measured.values.values() if measured else [np.nan] * n_columns
        found[run.algorithm].append(list(row))
    return {name: np.array(rows, float) for name, rows in found.items() if rows}


def fig4(plan: Plan) -> Page:
    """Measure local entropies around the solutions of five algorithms.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        Curves and claims on their order.
    """
    result = solutions(plan)
    values = by_algorithm(result, ENTROPY.name, len(OVERLAPS))
    return Page(
        "fig4",
        "Fig. 4: local entropies around the solutions of five algorithms",
        [
            f"Tree committees of nine units, 999 inputs, 1000 random patterns, "
            f"{len(next(iter(values.values())))} samples, published settings. Local "
            "entropies by approximate message passing, which does not converge at "
            "small distances from the narrowest solutions; such points are left out."
        ],
        [
            Picture(
                "fig4",
                _entropy_figure(values),
                "Local entropy against the distance from the solution, mean over "
                "samples and its 95 % interval. Higher is wider.",
                "Five curves: focusing BP highest, least-action learning lowest by far",
            )
        ],
        [Table("fig4", _rows(values, OVERLAPS, "overlap", "local_entropy"))],
        [*_order_claims(values), _exact_claim(result)],
    )


def _order_claims(values):
    """One claim for each pair of neighbours in the published order."""
    names = [name for name in ORDER if name in values]
    place = OVERLAPS.index(0.9)
    for wide, narrow in pairwise(names):
        gap = difference(values[wide][:, place], values[narrow][:, place])
        yield Claim(
            f"{wide} finds wider minima than {narrow} on random patterns",
            "Fig. 4 and Numerical Studies",
            f"local entropy at p = .9: {gap.text(4)} nats per weight more",
            is_greater(gap),
            "t interval over samples, paired",
            ""
            if is_greater(gap) == "holds"
            else _crossing(values[wide], values[narrow]),
        )


def _crossing(first, second):
    """Say so if the sign of a mean difference depends on the distance."""
    signs = np.sign(np.nanmean(first - second, axis=0))
    crosses = signs.min() < 0 < signs.max()
    return "their local entropies cross at another distance" if crosses else ""


def _exact_claim(result):
    solved = [
        run for run in result.runs if run.status == "ok" and not run.n_train_errors
    ]
    others = sorted({run.algorithm for run in result.runs if run not in solved})
    return Claim(
        "all algorithms reach zero training errors at one pattern per weight",
        "Numerical Studies",
        f"{len(solved)} of {len(result.runs)} runs",
        "holds" if len(solved) == len(result.runs) else "differs",
        "counted",
        f"errors were left by {', '.join(others)}" if others else "",
    )


def _rows(values, points, name, quantity):
    return [
        {"algorithm": algorithm, "sample": sample, name: point, quantity: value}
        for algorithm, rows in values.items()
        for sample, row in enumerate(rows)
        for point, value in zip(points, row, strict=True)
    ]


def _columns(values):
    return {name: rows[:, None] for name, rows in values.items()}


def _entropy_figure(values):
    figure = new_figure(3.8)
    axes = figure.subplots()
    x = (1 - np.array(OVERLAPS)) / 2
    for name, rows in values.items():
        known = [mean(column) for column in rows.T]
        y = np.array([estimate.value for estimate in known])
        half = np.array([estimate.high - estimate.value for estimate in known])
        style = algorithm_style(name) | {"markersize": 5}
        axes.errorbar(x, y, half, capsize=2, label=name, **style)
    axes.set(xlabel="distance from the solution", xlim=(0, None))
    axes.set(ylabel="local entropy (nats per weight)")
    axes.legend(frameon=False)
    rule(axes)
    return figure


def fig5(plan: Plan) -> Page:
    """Compute Hessian spectra of the solutions of five algorithms.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        Largest eigenvalues at both steepnesses of the paper, and claims.
    """
    betas = by_algorithm(solutions(plan), "hessian", 2)
    smallest = {name: rows[:, 1] for name, rows in betas.items()}
    chosen = _betas(smallest)
    # Where another algorithm sets both, they are one column.
    measure = LargestEigenvalues(tuple(dict.fromkeys(chosen.values())))
    found = by_algorithm(solutions(plan, (measure,)), measure.name, len(measure.betas))
    largest = {
        kind: {name: rows[:, measure.betas.index(beta)] for name, rows in found.items()}
        for kind, beta in chosen.items()
    }
    return Page(
        "fig5",
        "Fig. 5: Hessian spectra of the same solutions",
        [
            "Largest eigenvalue of the Hessian of the smoothed training error (mean "
            "squared error, units tanh(beta x), normalised weights) of the solutions "
            "of Fig. 4. As in the paper beta is the smallest at which all solutions "
            f"are still valid: {chosen[WITH_LAL]:.1f} for all algorithms, which is set "
            f"by LAL, and {chosen[WITHOUT_LAL]:.1f} without LAL.",
        ],
        [
            Picture(
                "fig5",
                _eigenvalue_figure(largest, chosen),
                "Largest eigenvalue of the Hessian, one point per sample, at both "
                "values of beta.",
                "Largest eigenvalues of five algorithms, least-action learning highest",
            )
        ],
        [
            Table(
                f"fig5_{kind.replace(' ', '_')}",
                _rows(_columns(values), (chosen[kind],), "beta", "largest_eigenvalue"),
            )
            for kind, values in largest.items()
        ],
        [*_curvature_claims(largest, smallest)],
    )


def _betas(smallest):
    """The smallest beta at which all solutions are valid, with LAL and without."""
    # A sample with errors has none; the others of its algorithm count all the same.
    largest = {name: np.nanmax(b) for name, b in smallest.items()}
    without = [b for name, b in largest.items() if name != "LAL"]
    return {
        WITH_LAL: float(np.nanmax(list(largest.values()))),
        WITHOUT_LAL: float(np.nanmax(without)),
    }


def _curvature_claims(largest, smallest):
    rest = np.array([b for name, b in smallest.items() if name != "LAL"])
    gap = difference(smallest["LAL"], rest.max(axis=0))
    yield Claim(
        "the smallest beta at which all solutions are valid is set by LAL",
        "Fig. 5",
        f"beta of LAL less the largest of the others: {gap.text(1)}",
        is_greater(gap),
        "t interval over samples, paired",
    )
    for kind, values in largest.items():
        names = [n for n in ORDER if n in values and (n != "LAL" or kind == WITH_LAL)]
        for flat, sharp in pairwise(names):
            gap = difference(np.log10(values[sharp]), np.log10(values[flat]))
            yield Claim(
                f"the largest eigenvalue of {flat} is smaller than that of {sharp}, at "
                f"the beta {kind}",
                "Fig. 5",
                f"log10 of the ratio: {gap.text(3)}",
                is_greater(gap),
                "t interval over samples, paired",
            )


def _eigenvalue_figure(largest, chosen):
    figure = new_figure(3.6)
    panels = figure.subplots(1, 2)  # the ranges differ by many decades
    for axes, (kind, values) in zip(panels, largest.items(), strict=True):
        for place, (name, rows) in enumerate(values.items()):
            style = algorithm_style(name) | {"linestyle": "none", "alpha": 0.7}
            axes.plot(np.full(len(rows), place), rows, **style)
        axes.set_xticks(range(len(values)), list(values), rotation=25)
        axes.set(title=rf"$\beta$ = {chosen[kind]:.1f} ({kind})")
        rule(axes, axis="y")
        logarithmic(axes, "y")
    panels[0].set(ylabel="largest eigenvalue")
    return figure
