"""Annealed minimisers against enumeration, and claims on them from made-up numbers."""

from itertools import product

import numpy as np
import pytest

from skwfm.datasets import make_random_patterns
from skwfm.experiments.paper.pages.theory import (
    cross_entropy_errors as errors,
)
from skwfm.experiments.paper.pages.theory import (
    cross_entropy_regions as regions,
)
from skwfm.experiments.paper.pages.theory.minimisers import minimiser

N_FEATURES = 13


def all_losses(seed, alpha, gamma):
    """Losses per weight and error rates of all weights, from Eq. 16 as printed."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    X, y = make_random_patterns(round(alpha * N_FEATURES), N_FEATURES, random_state=rng)
    weights = np.array(list(product((-1, 1), repeat=N_FEATURES)))
    x = y * (weights @ X.T) / np.sqrt(N_FEATURES)
    losses = -x / 2 + np.log(2 * np.cosh(gamma * x)) / (2 * gamma)
    return losses.sum(axis=1) / N_FEATURES, np.mean(x < 0, axis=1)


@pytest.mark.parametrize("gamma", [0.5, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_annealing_ends_in_the_minimum_of_small_machines(gamma, seed):
    losses, rates = all_losses(seed, 1.5, gamma)
    found = minimiser(1.5, gamma, N_FEATURES, 500, seed, [])
    best = losses.argmin()
    assert found["loss"] == pytest.approx(losses[best], abs=1e-9)
    assert found["error_rate"] == pytest.approx(rates[best])
    # Even one more weight flipped would cost more than the tolerance.
    assert np.sort(losses)[1] > losses[best] + 1e-6


def test_all_weights_are_solutions_around_a_minimiser_of_few_patterns():
    found = minimiser(0.02, 1.0, 201, 50, 0, [0.01, 0.05])
    d = np.array([0.01, 0.05])
    bound = -d * np.log(d) - (1 - d) * np.log(1 - d)
    assert found["entropy"] == pytest.approx(bound, rel=1e-2)
    assert (np.array(found["entropy"]) <= bound + 1e-12).all()


def runs_around(rate, loss, entropy, n=10):
    noise = np.linspace(-1e-4, 1e-4, n)
    return [
        {"error_rate": rate + e, "loss": loss + e,
         "entropy": [entropy + e] * len(regions.DISTANCES)}
        for e in noise
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rate", "loss", "verdict", "why"),
    [
        (0.05, 0.1, "holds", ""),
        (0.09, 0.12, "differs", "annealing does not reach the minimum"),
        (0.09, 0.1, "differs", "a finite machine"),
    ],
)
def test_errors_are_compared_with_the_theory(rate, loss, verdict, why):
    curves = {(1.0, 0.7): {"error_rate": 0.05, "loss": 0.1}}
    points = {(1.0, 0.7): runs_around(rate, loss, 0.0)}
    (claim,) = errors._point_claims(curves, points)
    assert (claim.verdict, claim.why) == (verdict, why)


@pytest.mark.parametrize(
    ("entropy", "verdict"), [(0.101, "holds"), (0.09, "differs"), (0.095, "open")]
)
def test_regions_are_compared_with_the_theory(entropy, verdict):
    theory = {"distance": [0.02], "entropy": [0.1], "error": [0.0], "bound": [0.11]}
    cell = (0.4, 1.0)
    points = {cell: runs_around(0.0, 0.2, entropy)}
    (claim,) = regions._point_claims({cell: theory}, points, {cell: 0.1})
    assert claim.verdict == verdict
