"""Minimisers of the cross-entropy that finite binary perceptrons find by annealing."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
from scipy.special import entr
from sklearn.exceptions import ConvergenceWarning

from skwfm.architectures import FullCommittee
from skwfm.classifiers import Problem
from skwfm.classifiers.annealing.energies import make_energy
from skwfm.classifiers.annealing.replicas import Replicas
from skwfm.classifiers.annealing.schedule import Schedule, automatic_betas
from skwfm.datasets import make_random_patterns
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.report.canvas import INK
from skwfm.landscape import local_entropy

# Inverse temperature at the end. `AnnealingClassifier` stops hotter, at the first
# solution; minimisers lie further down, and at 30 they still make errors.
LAST_BETA = 400.0

# Of the values of gamma in a figure, from the smallest.
STYLES = (("0.6", ":"), ("0.35", "-."), (INK, "--"), (INK, "-"))
MARKERS = "s^oD"
THEORY = "theory; the interval is the error of the quadrature"


def minimiser(
    alpha: float, gamma: float, n_features: int, n_sweeps: int, seed: int,
    distances: list,
) -> dict:  # fmt: skip
    """Anneal the cross-entropy on random patterns, through solutions, to the end.

    Parameters
    ----------
    alpha, gamma : float
        Patterns per weight, and the parameter of the cross-entropy.
    n_features : int
        Number of weights, odd, so that no field is zero.
    n_sweeps : int
        Sweeps over all weights, in which the temperature falls.
    seed : int
        Of patterns and flips, which have streams of their own.
    distances : list of float
        Distances at which the solutions around the minimiser are counted.

    Returns
    -------
    found : dict
        Loss per weight, error rate, and the entropy of the solutions at each distance
        in nats per weight, NaN where message passing does not converge.
    """
    drawn, flips = (
        np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(key,)))
        for key in (0, 1)
    )
    n_samples = round(alpha * n_features)
    X, y = make_random_patterns(n_samples, n_features, random_state=drawn)
    problem = Problem(X.astype(np.int8), y, FullCommittee(1), False)
    state = _anneal(problem, gamma, n_sweeps, flips)
    return {
        "loss": float(state.energies[0]) / n_features,
        "error_rate": float(np.mean(y * state.fields[0, 0] < 0)),
        "entropy": _solutions_around(state.signs, problem, distances),
    }


def of_samples(plan: Plan, cells: list, n_samples: int, **options: object) -> list:
    """Anneal several samples at each load and gamma.

    Parameters
    ----------
    plan : Plan
        Where, and the first seed.
    cells : list of dict
        `alpha` and `gamma` of each.
    n_samples : int
        Samples of each.
    **options : dict
        Of `minimiser`, the same for all.

    Returns
    -------
    found : list of list of dict
        For each cell, what `minimiser` returns for each sample.
    """
    arguments = [
        {**cell, **options, "seed": plan.seed + sample}
        for cell in cells
        for sample in range(n_samples)
    ]
    found = iter(plan.map("annealing of the cross-entropy", minimiser, arguments))
    return [[next(found) for _ in range(n_samples)] for _ in cells]


def _anneal(problem, gamma, n_sweeps, rng):
    n_features = problem.inputs.shape[1]
    signs = (2 * rng.integers(2, size=(1, n_features)) - 1).astype(np.int8)
    # One unit is not squashed, so that its steepness does not matter.
    energy = make_energy(problem, True, gamma, steepness=1.0)
    replicas = Replicas(problem, energy, signs)
    first, _ = automatic_betas("cross_entropy", replicas.changes(), 1.0)
    schedule = Schedule((first, LAST_BETA), (1.0, 1.0), n_sweeps, False)
    bits = rng.integers(2**64, size=4, dtype=np.uint64)
    for step in range(n_sweeps):
        replicas.sweep(*schedule.at(step), bits)
    replicas.refresh()
    return replicas.state


def _solutions_around(signs, problem, distances):
    """Log of the number of solutions at some distances, per weight."""
    if not distances:
        return []
    weights = signs / np.sqrt(signs.size)
    model = SimpleNamespace(coef_=weights, architecture_=problem.architecture)
    with warnings.catch_warnings():
        # What does not converge is NaN, and left out of the figure.
        warnings.simplefilter("ignore", ConvergenceWarning)
        # The minimiser itself may make errors; the solutions around it make none.
        warnings.filterwarnings("ignore", "the model gets", UserWarning)
        curve = local_entropy(
            model, problem.inputs, problem.labels, distances=distances,
            weights="binary", max_errors=0, method="amp",
        )  # fmt: skip
    # A share of all weights at this distance, of which there are so many.
    return (curve.entropy + entr(curve.distance) + entr(1 - curve.distance)).tolist()
