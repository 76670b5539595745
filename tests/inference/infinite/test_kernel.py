"""The covariance of the votes, against committees of many units."""

import numpy as np
import pytest

from skwfm.inference.infinite.kernel import vote_covariance


@pytest.mark.parametrize("constant", [0.0, 1.5])
def test_covariance_of_the_votes_of_many_units(constant):
    """2001 units, 4000 committees: five standard errors of a mean product."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(5, 3))
    augmented = np.hstack([inputs, np.full((5, 1), constant)])
    votes = []
    for _ in range(40):
        weights = rng.normal(size=(100 * 2001, 4)).astype(np.float32)
        signs = np.where(weights @ augmented.T.astype(np.float32) >= 0, 1.0, -1.0)
        votes.append(signs.reshape(100, 2001, 5).sum(axis=1) / np.sqrt(2001))
    votes = np.concatenate(votes)
    covariance = vote_covariance(inputs, inputs, constant)
    # Var(ab) = 1 + rho^2 of Gaussians of variance 1.
    error = np.sqrt((1 + covariance**2) / len(votes))
    assert np.all(np.abs(votes.T @ votes / len(votes) - covariance) < 5 * error)
    # Their fourth moment is Gaussian, too.
    assert np.mean(votes**4, axis=0) == pytest.approx(3, abs=5 * np.sqrt(96 / 4000))


def test_known_angles():
    inputs = np.array([[1.0, 0], [0, 2], [3, 3], [-4, 0]])
    covariance = vote_covariance(inputs, inputs, 0.0)
    np.testing.assert_allclose(covariance[0], [1, 0, 0.5, -1], atol=1e-15)
    # Opposite inputs are no longer opposite beside a constant one.
    assert -1 < vote_covariance(inputs, inputs, 1.0)[0, 3] < 0


@pytest.mark.parametrize("size", [1e-200, 1.0, 1e150])
def test_only_angles_count(size):
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(4, 3)), rng.normal(size=(2, 3))
    scaled = vote_covariance(size * first, size * second, size * 2.0)
    np.testing.assert_allclose(scaled, vote_covariance(first, second, 2.0), rtol=1e-12)


def test_zeros_have_no_angle():
    inputs = np.array([[0.0, 0.0], [1.0, 0.0]])
    covariance = vote_covariance(inputs, inputs, 0.0)
    np.testing.assert_array_equal(covariance, np.eye(2))


@pytest.mark.parametrize("angle", [1e-9, 1e-6, 1e-3, 1.5e-3, 0.1])
def test_small_angles_keep_their_digits(angle):
    inputs = np.array([[1.0, 0.0], [np.cos(angle), np.sin(angle)]])
    covariance = vote_covariance(inputs[:1], inputs[1:], 0.0)
    assert 1 - covariance[0, 0] == pytest.approx(2 * angle / np.pi, rel=1e-6)


def test_the_same_input_has_the_covariance_one():
    inputs = np.random.default_rng(0).normal(size=(50, 7))
    covariance = vote_covariance(inputs.copy(), inputs, 3.0)
    np.testing.assert_array_equal(covariance.diagonal(), 1)
