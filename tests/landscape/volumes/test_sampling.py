"""Sampled volumes against probabilities known in closed form."""

import numpy as np
import pytest
from scipy.stats import binom, norm

from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.inference import Factors
from skwfm.landscape.volumes.sampling import ShellSampler, sample_local_volume
from skwfm.landscape.volumes.splitting import Counting, VolumeEstimate


def orthogonal_patterns(n_samples, n_hidden=1, aligned=0.0):
    """Patterns that are unit vectors, so that all fields are independent.

    Every field has mean ``overlap * aligned`` and variance 1 / n under the unscaled
    inputs of a reference that has `aligned` on each pattern's axis. So many inputs that
    weights on the shell have independent components.
    """
    n_inputs = 20_000
    inputs = np.sqrt(n_inputs) * np.eye(n_samples, n_inputs)
    factors = Factors(inputs, np.ones(n_samples), FullCommittee(n_hidden))
    rest = np.sqrt(n_inputs - n_samples * aligned**2)
    reference = np.zeros(n_inputs)
    reference[:n_samples], reference[n_samples] = aligned, rest
    return factors, np.tile(reference, n_hidden)


def majority(p, n_hidden):
    return p if n_hidden == 1 else p**3 + 3 * p**2 * (1 - p)


CASES = [
    # n_samples, n_hidden, aligned, method
    (3, 1, 0.0, "direct"),
    (5, 3, 0.5, "direct"),
    (12, 1, 0.0, "splitting"),
    (14, 3, 0.3, "splitting"),
    (20, 1, 0.2, "splitting"),
]


@pytest.mark.parametrize(("n_samples", "n_hidden", "aligned", "method"), CASES)
def test_independent_fields(n_samples, n_hidden, aligned, method):
    factors, reference = orthogonal_patterns(n_samples, n_hidden, aligned)
    right = norm.cdf(0.6 * aligned / 0.8)
    expected = n_samples * np.log(majority(right, n_hidden))
    estimate = sample_local_volume(factors, reference, 0.6, n_samples=4000, seed=1)
    assert estimate.method == method
    assert estimate.converged
    assert 0 < estimate.error < 0.2
    assert estimate.log_fraction == pytest.approx(expected, abs=3 * estimate.error)
    if method == "splitting":
        assert estimate.levels[-1] == 0
        assert np.all(np.diff(estimate.levels) < 0)


def test_correlated_quadrant():
    """Two correlated patterns and a perceptron: 1/4 + arcsin(r) / (2 pi)."""
    inputs = [[1, 0, 0], [0.8, 0.6, 0]]
    factors = Factors(inputs, np.array([1.0, -1.0]), FullCommittee(1))
    reference = np.array([0.0, 0.0, np.sqrt(3)])
    estimate = sample_local_volume(factors, reference, 0.5, n_samples=20000, seed=0)
    expected = np.log(0.25 - np.arcsin(0.8) / (2 * np.pi))
    assert estimate.log_fraction == pytest.approx(expected, abs=3 * estimate.error)


@pytest.mark.parametrize("n_samples", [2, 14])
def test_standard_error_is_honest(n_samples):
    """Deviations from the truth, in standard errors, have a mean square near 1."""
    factors, reference = orthogonal_patterns(n_samples)
    scores = []
    for seed in range(12):
        estimate = sample_local_volume(
            factors, reference, 0.5, n_samples=1500, seed=seed
        )
        deviation = estimate.log_fraction + n_samples * np.log(2)
        scores.append(deviation / estimate.error)
    # Mean square of 12 scores; with 10 populations they follow Student's t, variance
    # 9/7. The bounds are crossed once in a thousand times.
    assert 0.2 < np.mean(np.square(scores)) < 4.5


def weights_on_the_shell(reference, overlap, n_draws, rng):
    """Directly: all weights of each draw."""
    noise = rng.standard_normal((n_draws, len(reference)))
    unit = reference / np.linalg.norm(reference)
    noise -= (noise @ unit)[:, None] * unit
    noise *= np.linalg.norm(reference) / np.linalg.norm(noise, axis=1, keepdims=True)
    return overlap * reference + np.sqrt(1 - overlap**2) * noise


SHELLS = [(2, 9, True), (6, 9, False), (20, 9, True), (3, 30, False)]


@pytest.mark.parametrize(("n_samples", "n_inputs", "fit_intercept"), SHELLS)
@pytest.mark.parametrize("moved", [0, 3])
def test_draws_lie_on_the_shell(n_samples, n_inputs, fit_intercept, moved):
    """Distribution of the number of errors, as of weights drawn in full.

    Three standard deviations of 40 000 draws each, for every number of errors.
    """
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((n_samples, n_inputs)) + 1
    labels = rng.choice([-1, 1], n_samples)
    factors = Factors(inputs, labels, TreeCommittee(3), fit_intercept=fit_intercept)
    reference = rng.standard_normal(factors.n_weights)
    reference *= np.sqrt(factors.n_weights) / np.linalg.norm(reference)
    sampler = ShellSampler(factors, reference, 0.6)
    draws = sampler.draw(40_000, rng)
    for _ in range(moved):
        draws = sampler.move(draws, 0.4, rng)
    weights = weights_on_the_shell(reference, 0.6, 40_000, rng)
    np.testing.assert_allclose(np.linalg.norm(weights, axis=1) ** 2, factors.n_weights)
    fields = np.stack(
        [weights[:, s] @ factors.unit_inputs(u).T
         for u, s in enumerate(factors.unit_slices)], axis=2,
    )  # fmt: skip
    answers = factors.problem.answers(fields.reshape(-1, 3)).reshape(-1, n_samples)
    found, expected = (
        np.bincount(errors.astype(int), minlength=n_samples + 1) / 40_000
        for errors in (sampler.errors(draws), np.sum(answers != labels, axis=1))
    )
    allowed = 4 * np.sqrt(2 * expected * (1 - expected) / 40_000) + 1e-4
    assert np.all(np.abs(found - expected) < allowed)


def test_the_mean_of_what_weights_count():
    """Splitting and direct draws agree on the log of the mean of exp(-beta errors)."""
    factors, reference = orthogonal_patterns(14, 3, 0.3)
    right = majority(norm.cdf(0.6 * 0.3 / 0.8), 3)
    for beta, method in ((0.5, "direct"), (6.0, "splitting")):
        estimate = sample_local_volume(
            factors, reference, 0.6, n_samples=4000, seed=2,
            counting=Counting(beta_ne=beta),
        )  # fmt: skip
        each = right + (1 - right) * np.exp(-beta)
        errors = 14 * (1 - right) * np.exp(-beta) / each
        assert estimate.method == method
        assert estimate.log_fraction == pytest.approx(
            14 * np.log(each), abs=3 * estimate.error
        )
        assert estimate.mean_errors == pytest.approx(errors, rel=0.15)


def test_the_fraction_with_few_errors():
    factors, reference = orthogonal_patterns(20, 1, 0.2)
    wrong = norm.cdf(-0.6 * 0.2 / 0.8)
    for most, method in ((2, "splitting"), (8, "direct")):
        estimate = sample_local_volume(
            factors, reference, 0.6, n_samples=4000, seed=2, counting=Counting(most)
        )
        expected = binom.logcdf(most, 20, wrong)
        assert estimate.method == method
        assert estimate.log_fraction == pytest.approx(expected, abs=3 * estimate.error)


def test_seed_decides_whatever_n_jobs():
    factors, reference = orthogonal_patterns(12)
    runs = [
        sample_local_volume(factors, reference, 0.5, n_samples=500, seed=3, n_jobs=n)
        for n in (None, 2)
    ]
    assert runs[0] == runs[1]
    assert runs[0] != sample_local_volume(
        factors, reference, 0.5, n_samples=500, seed=4
    )


def test_impossible_patterns_have_no_volume():
    factors = Factors(np.ones((2, 3)), np.array([1.0, -1.0]), FullCommittee(1))
    estimate = sample_local_volume(factors, np.ones(3), 0.5, n_samples=200, seed=0)
    assert np.isnan(estimate.log_fraction)
    assert not estimate.converged


def test_large_errors_are_flagged():
    assert VolumeEstimate(-3.0, 0.1, "splitting").converged
    assert not VolumeEstimate(-3.0, 0.4, "splitting").converged
