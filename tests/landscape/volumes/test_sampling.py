"""Sampled volumes against probabilities known in closed form."""

import numpy as np
import pytest
from scipy.stats import norm

from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.inference import Factors
from skwfm.landscape.volumes.sampling import FieldSampler, sample_local_volume
from skwfm.landscape.volumes.splitting import VolumeEstimate


def orthogonal_patterns(n_samples, n_hidden=1, aligned=0.0):
    """Patterns that are unit vectors, so that all fields are independent.

    Every field has mean ``overlap * aligned`` and variance 1 / n under the unscaled
    inputs of a reference that has `aligned` on each pattern's axis.
    """
    n_inputs = n_samples + 1
    inputs = np.sqrt(n_inputs) * np.eye(n_inputs)[:n_samples]
    factors = Factors(inputs, np.ones(n_samples), FullCommittee(n_hidden))
    rest = np.sqrt(n_inputs - n_samples * aligned**2)
    reference = np.append(np.full(n_samples, aligned), rest)
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


def test_fields_have_the_moments_of_drawn_weights():
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((4, 9)) + 1
    factors = Factors(inputs, np.ones(4), TreeCommittee(3), fit_intercept=True)
    reference = factors.flat(factors.dense(rng.standard_normal(factors.n_weights)))
    noise = FieldSampler(factors, reference, 0.5).draw(40000, rng)
    for unit in range(3):
        x = factors.unit_inputs(unit)
        np.testing.assert_allclose(np.cov(noise[:, :, unit].T), x @ x.T, atol=0.05)
    across = np.mean(noise[:, :, 0] * noise[:, :, 1], axis=0)
    np.testing.assert_allclose(across, 0, atol=0.05)


def test_errors_are_counted_at_the_reference():
    factors, reference = orthogonal_patterns(4, aligned=0.5)
    sampler = FieldSampler(factors, reference, 0.5)
    noise = np.zeros((3, 4, 1))
    noise[1, 0] = noise[2, :3] = -10
    np.testing.assert_array_equal(sampler.errors(noise), [0, 1, 3])


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
