"""Few patterns, whose labels have probabilities that can be computed exactly."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from skwfm.inference.infinite.kernel import vote_covariance


def _label_probability(covariance, labels, label_noise, output_noise):
    """Sum over flips of orthant probabilities."""
    n = len(labels)
    noisy = covariance + output_noise**2 * np.eye(n)
    total = 0.0
    for flips in product([1, -1], repeat=n) if label_noise else [(1,) * n]:
        signs = labels * np.array(flips)
        n_flips = flips.count(-1)
        orthant = multivariate_normal.cdf(
            np.zeros(n), cov=noisy * np.outer(signs, signs), abseps=1e-6, releps=1e-4,
            rng=np.random.default_rng(0),
        )  # fmt: skip
        total += label_noise**n_flips * (1 - label_noise) ** (n - n_flips) * orthant
    return total


@pytest.fixture
def few():
    """Inputs, labels and covariance of five patterns."""
    rng = np.random.default_rng(3)
    inputs = rng.normal(size=(5, 3))
    labels = np.array([1.0, -1, 1, 1, -1])
    return inputs, labels, vote_covariance(inputs, inputs, 1.5)


@pytest.fixture
def label_probability():
    """The function of that name, of covariance, labels and both kinds of noise."""
    return _label_probability
