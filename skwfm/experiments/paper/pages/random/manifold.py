"""Dimension of the set of global minima of overparameterised machines."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from skwfm.classifiers.lal import LALClassifier
from skwfm.datasets import make_random_patterns
from skwfm.experiments.paper.claims import Claim, is_greater, share
from skwfm.experiments.paper.drawing import common_legend
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.report.canvas import GREY, new_figure, rule
from skwfm.landscape.manifold import minima_manifold

PLACE = "Cooper, abstract"
# Architecture and number of units of the machines, and their markers.
MACHINES = {("full", 1): "o", ("full", 3): "s", ("full", 9): "^", ("tree", 3): "D"}
# Numbers of inputs (multiples of three, for trees), and patterns per weight.
INPUTS, LOADS = (21, 42, 63), (0.1, 0.3, 0.5)
_TEST = "more than nine in ten, interval of Clopper and Pearson"


def manifold_of(
    seed: int,
    architecture: str,
    n_hidden: int,
    n_features: int,
    load: float,
    repeated: bool,
) -> dict:
    """Measure the set of minima at one solution.

    Parameters
    ----------
    seed : int
        Of the patterns and of the training.
    architecture : {"full", "tree"}
        The machine.
    n_hidden, n_features : int
        Its size.
    load : float
        Patterns per weight.
    repeated : bool
        Whether the last tenth of the patterns, at least one, repeats the first ones.

    Returns
    -------
    record : dict
        Sizes, the dimension and the checks on it.
    """
    machine = {"architecture": architecture, "n_hidden": n_hidden}
    n_weights = n_features * (n_hidden if architecture == "full" else 1)
    n_samples = max(4, round(load * n_weights))
    n_repeated = max(1, n_samples // 10) if repeated else 0
    X, y = make_random_patterns(n_samples, n_features, random_state=seed)
    y[:2] = -1, 1  # few random labels may all be the same
    if n_repeated:
        X[-n_repeated:], y[-n_repeated:] = X[:n_repeated], y[:n_repeated]
    model = LALClassifier(**machine, fit_intercept=False, random_state=seed)
    with warnings.catch_warnings():
        # The record tells whether a minimum was found.
        warnings.simplefilter("ignore", UserWarning)
        found = minima_manifold(model.fit(X, y), X, y)
    return {
        "seed": seed, **machine, "n_features": n_features,
        "n_weights": found.n_weights, "n_patterns": found.n_patterns,
        "n_repeated": n_repeated, "dimension": found.dimension,
        "hessian_zeros": found.hessian_nullity,
        "log10_gap": float(np.log10(found.gap)) if np.isfinite(found.gap) else None,
        "residual": found.residual, "converged": bool(found.converged),
    }  # fmt: skip


def manifold(plan: Plan) -> Page:
    """Compare dimensions with weights less patterns, over sizes.

    Parameters
    ----------
    plan : Plan
        How large, and where.

    Returns
    -------
    page : Page
        Dimensions and claims.
    """
    machines = plan.size(list(MACHINES), [("full", 3), ("tree", 3)])
    inputs, n_seeds = plan.size(INPUTS, (21,)), plan.size(5, 3)
    seeds = range(plan.seed, plan.seed + n_seeds)
    grid = product(seeds, machines, inputs, LOADS, (False, True))
    arguments = [
        {
            "seed": seed, "architecture": architecture, "n_hidden": n_hidden,
            "n_features": n_features, "load": load, "repeated": repeated,
        }
        for seed, (architecture, n_hidden), n_features, load, repeated in grid
    ]  # fmt: skip
    records = plan.map("manifold", manifold_of, arguments)
    return Page(
        "manifold",
        "Dimension of the set of global minima",
        [
            "Random patterns, committees with units tanh(x) and weights of any norm. "
            "From where LAL ends, Gauss-Newton steps bring every smooth output to half "
            "its label, within 1e-12. The dimension is the number of weights n "
            "less the rank of the Jacobian there; the Hessian must have as many zeros. "
            "In half of the problems a tenth of the d patterns repeat others.",
        ],
        [_picture(records)],
        [
            Table("manifold", records),
            Table("manifold_sizes", _rows(records), "By machine: weights n, counts."),
        ],
        list(manifold_claims(records)),
    )


def manifold_claims(records: Sequence[dict]) -> Iterator[Claim]:
    """Decide on the dimension, and on what it depends on.

    Parameters
    ----------
    records : sequence of dict
        As of `manifold_of`.

    Yields
    ------
    claim : Claim
        Shares of the problems.
    """
    reached = [record for record in records if record["converged"]]
    different = [r for r in reached if not r["n_repeated"]]
    repeated = [r for r in reached if r["n_repeated"]]
    cases = (
        ("global minima of n > d weights usually form a manifold of dimension n - d",
         different, lambda r: r["dimension"] == r["n_weights"] - r["n_patterns"]),
        ("the Hessian at a global minimum has n - d zeros, its other directions are "
         "curved", different,
         lambda r: r["hessian_zeros"] == r["n_weights"] - r["n_patterns"]),
        ("only patterns that differ count towards d (not in the paper)", repeated,
         lambda r: r["dimension"]
         == r["n_weights"] - r["n_patterns"] + r["n_repeated"]),
    )  # fmt: skip
    for text, among, is_so in cases:
        yield _share_claim(text, sum(map(is_so, among)), len(among))


def _share_claim(text, n_true, n):
    if not n:
        return Claim(text, PLACE, "no problem converged", "open", _TEST)
    found = share(n_true, n)
    told = f"{n_true} of {n} problems: {found.text(3)}"
    return Claim(text, PLACE, told, is_greater(found, 0.9), _TEST)


def _rows(records):
    rows = []
    for architecture, n_hidden in MACHINES:
        of_this = [
            record
            for record in records
            if (record["architecture"], record["n_hidden"]) == (architecture, n_hidden)
        ]
        if of_this:
            gaps = [r["log10_gap"] for r in of_this if r["log10_gap"] is not None]
            rows.append(
                {
                    "machine": f"{architecture}, K = {n_hidden}",
                    "n": _range([r["n_weights"] for r in of_this]),
                    "d": _range([r["n_patterns"] for r in of_this]),
                    "problems": len(of_this),
                    "converged": sum(r["converged"] for r in of_this),
                    "dimension as expected": sum(map(_is_expected, of_this)),
                    "smallest log10 of the gap at the rank": min(gaps, default=None),
                }
            )
    return rows


def _range(numbers):
    return f"{min(numbers)} to {max(numbers)}"


def _expected(record):
    return record["n_weights"] - record["n_patterns"] + record["n_repeated"]


def _is_expected(record):
    return record["converged"] and record["dimension"] == _expected(record)


def _picture(records):
    figure = new_figure(4.2)
    axes = figure.subplots()
    largest = max(record["n_weights"] for record in records)
    axes.plot([0, largest], [0, largest], color=GREY, linewidth=1, label="equal")
    for (architecture, n_hidden), marker in MACHINES.items():
        points = [
            (_expected(r), r["dimension"])
            for r in records
            if r["converged"]
            and (r["architecture"], r["n_hidden"]) == (architecture, n_hidden)
        ]
        if points:
            label = f"{architecture}, K = {n_hidden}"
            axes.plot(*np.transpose(points), marker, mfc="none", label=label)
    axes.set(xlabel="weights less different patterns", ylabel="dimension of the set")
    rule(axes)
    common_legend(figure, [axes])
    return Picture(
        "manifold",
        figure,
        "Dimension of the set of global minima against the number of weights less that "
        "of different patterns, one point per problem. Nothing is averaged.",
        "Dimensions of the set of minima against weights less patterns, and a diagonal",
    )
