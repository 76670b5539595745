"""Theory against exact enumeration and Monte Carlo at small size.

Seeds are fixed; each comparison is with the standard error over random patterns.
"""

import numpy as np
import pytest
from scipy.special import gammaln

from skwfm.theory import (
    binary_perceptron_entropy,
    cross_entropy_error_rate,
    cross_entropy_local_entropy,
    local_entropy_curve,
    solution_entropy,
)

MISSING = 0.5
"""Stands for a count of zero, which has no logarithm; rare from 15 weights on."""


def mean_and_error(values):
    values = np.asarray(values, float)
    return values.mean(), values.std(ddof=1) / np.sqrt(values.size)


def enumerated_entropy(finite_size, rng, n_weights, alpha, n_samples):
    shape = (round(alpha * n_weights), n_weights)
    counts = np.array(
        [
            finite_size.count_solutions(rng.standard_normal(shape))
            for _ in range(n_samples)
        ]
    )
    # Unsolvable sets, exponentially rare in the size, have no logarithm.
    assert (counts == 0).sum() <= 2
    return mean_and_error(np.log(counts[counts > 0]) / n_weights)


def test_enumeration_counts_what_it_says(finite_size):
    """Factorised sums against plain ones."""
    rng = np.random.default_rng(0)
    patterns = rng.standard_normal((3, 7))
    plain = (finite_size.signs(7) @ patterns.T > 0).all(axis=1).sum()
    assert finite_size.count_solutions(patterns) == plain
    _, _, solved, flips = finite_size.cross_entropy_minimum(patterns, 1.0)
    assert solved.sum() == plain
    assert np.bincount(flips.ravel()).tolist() == [1, 7, 21, 35, 35, 21, 7, 1]


def test_binary_entropy_at_15_weights(finite_size):
    rng = np.random.default_rng(1)
    mean, error = enumerated_entropy(finite_size, rng, 15, 0.4, 300)
    # The correction in 1/N, measured below, is under the error bar.
    assert error < 5e-3
    assert abs(mean - binary_perceptron_entropy(0.4).entropy) < 4 * error


@pytest.mark.slow
def test_binary_entropy_extrapolated_from_20_weights(finite_size):
    rng = np.random.default_rng(2)
    sizes, samples = (10, 15, 20), (4000, 1500, 300)
    points = [
        enumerated_entropy(finite_size, rng, n, 0.4, k)
        for n, k in zip(sizes, samples, strict=True)
    ]
    limit, error = finite_size.extrapolate(sizes, *np.transpose(points))
    assert error < 6e-3
    assert abs(limit - binary_perceptron_entropy(0.4).entropy) < 3 * error


def enumerated_minima(finite_size, rng, n_weights, alpha, gamma, n_flips, n_samples):
    """Energies, error rates, and log-fractions solved at a distance, per weight."""
    rows = []
    n_ball = gammaln(n_weights + 1) - gammaln(n_flips + 1)
    n_ball -= gammaln(n_weights - n_flips + 1)
    for _ in range(n_samples):
        patterns = rng.standard_normal((round(alpha * n_weights), n_weights))
        minimum = finite_size.cross_entropy_minimum(patterns, gamma)
        energy, rate, solved, flips = minimum
        count = max(np.sum(solved & (flips == n_flips)), MISSING)
        rows.append((energy, rate, (np.log(count) - n_ball) / n_weights))
    return [mean_and_error(column) for column in np.transpose(rows)]


@pytest.mark.slow
def test_cross_entropy_minimisers_by_enumeration(finite_size):
    """Ground-state energy, error rate, and counts at distance 0.2 around it."""
    rng = np.random.default_rng(3)
    sizes, samples = (10, 15, 20), (2000, 600, 80)
    results = [
        enumerated_minima(finite_size, rng, n, 0.4, 2.0, n // 5, k)
        for n, k in zip(sizes, samples, strict=True)
    ]
    theory = cross_entropy_error_rate(0.4, 2.0)
    curve = cross_entropy_local_entropy(0.4, 2.0, [0.2])
    energies = np.transpose([result[0] for result in results])
    energy, error = finite_size.extrapolate(sizes, *energies)
    assert abs(energy - theory.energy) < 3 * error
    # The entropy of the ball is subtracted, and with it most of the 1/N correction.
    for result in results[1:]:
        fraction, error = result[2]
        assert error < 0.006
        assert abs(fraction - (curve.entropy - curve.cap)[0]) < 3 * error
    assert results[-1][1][0] == 0 == pytest.approx(theory.error_rate, abs=1e-9)


@pytest.mark.slow
def test_error_rate_by_enumeration(finite_size):
    """At a load where the minimisers do make errors."""
    rng = np.random.default_rng(4)
    sizes, samples = (10, 15, 20), (2000, 400, 25)
    points = []
    for n, k in zip(sizes, samples, strict=True):
        rates = [
            finite_size.cross_entropy_minimum(
                rng.standard_normal((round(0.8 * n), n)), 1.0
            )[1]
            for _ in range(k)
        ]
        points.append(mean_and_error(rates))
    rate, error = finite_size.extrapolate(sizes, *np.transpose(points))
    assert error < 0.015
    assert abs(rate - cross_entropy_error_rate(0.8, 1.0).error_rate) < 3 * error


def sampled_volumes(finite_size, rng, shape, overlap, n_samples, n_draws):
    """One- and two-replica log-fractions per weight and replica."""
    n_weights = shape[1] * shape[2]
    ones, twos = [], []
    for _ in range(n_samples):
        patterns = rng.standard_normal(shape)
        ones.append(finite_size.log_fraction(rng, patterns, n_draws)[0])
        twos.append(finite_size.log_pair_fraction(rng, patterns, overlap, n_draws) / 2)
    return [mean_and_error(np.array(x) / n_weights) for x in (ones, twos)]


def check_volumes(finite_size, seed, shape, overlap, n_samples, n_draws):
    rng = np.random.default_rng(seed)
    alpha = shape[0] / (shape[1] * shape[2])
    one, two = sampled_volumes(finite_size, rng, shape, overlap, n_samples, n_draws)
    machine = ("perceptron", 1) if shape[1] == 1 else ("tree", shape[1])
    volume = solution_entropy(*machine, alpha).entropy
    pair = local_entropy_curve(*machine, alpha, [overlap], n_replicas=2).entropy[0]
    assert abs(one[0] - volume) < 4 * one[1]
    assert abs(two[0] - pair) < 4 * two[1]
    return pair, two[1]


def test_volumes_of_a_small_committee(finite_size):
    """Two replicas test the term missing from the printed entropic part."""
    pair, error = check_volumes(finite_size, 6, (4, 3, 4), 0.8, 60, 6000)
    volume = solution_entropy("tree", 3, 1 / 3).entropy
    # One replica, or no extremum at all, would be many standard errors away.
    assert min(abs(pair - volume), abs(pair)) > 8 * error


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(5, 1, 10), (6, 1, 12), (5, 3, 5), (4, 3, 4)])
def test_volumes(finite_size, shape):
    """Finite-size corrections are below these error bars at 10 to 15 weights."""
    check_volumes(finite_size, 7, shape, 0.7, 250, 20_000)
