"""Averages over replicas are orthant probabilities, also with negative variance."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from skwfm.theory.finite_replicas import (
    FiniteReplicas,
    _three_unit_average,
    log_unit_averages,
)
from skwfm.theory.numerics.gaussian import gaussian_rule


@pytest.mark.parametrize("variance", [-0.3, -0.05, 0.0, 0.4, 5.0])
@pytest.mark.parametrize("centre", [-1.0, 0.5, 3.0])
def test_two_replicas_are_bivariate_orthants(variance, centre):
    """Fields ``z_a - centre`` with covariance ``1`` and ``variance`` between them."""
    logs = log_unit_averages(np.array([centre]), variance, 2)[:, 0]
    covariance = np.full((2, 2), variance) + np.eye(2)
    law = multivariate_normal([0, 0], covariance)
    both, neither = law.cdf([-centre, -centre]), law.cdf([centre, centre])
    one = norm.cdf(-centre / np.sqrt(1 + variance))
    expected = [both, one - both, neither]
    np.testing.assert_allclose(np.exp(logs), expected, rtol=1e-8, atol=1e-14)


def test_weakly_negative_variance_joins_the_positive_side():
    centre = np.linspace(-3, 3, 7)
    below, at, above = (log_unit_averages(centre, s, 5) for s in (-1e-6, 0.0, 1e-6))
    np.testing.assert_allclose(below + above, 2 * at, atol=1e-9)


def test_replica_polynomial_against_sampling():
    """E_v ln E_u Phi^y for three units, y = 3, by plain Monte Carlo over u."""
    nodes, weights = gaussian_rule([-8.5, 0.0, 8.5], 2)
    sd, field = 0.8, 0.6
    logs = log_unit_averages(field * nodes, sd**2, 3)
    rng = np.random.default_rng(11)
    u = rng.standard_normal((40_000, 3))
    expected = 0.0
    for triple in np.ndindex(4, 4, 4):
        index = list(triple)
        h = norm.sf(sd * u + field * nodes[index])
        phi = h[:, 0] * h[:, 1] + h[:, 2] * (h[:, 0] + h[:, 1] - 2 * h[:, 0] * h[:, 1])
        expected += weights[index].prod() * np.log(np.mean(phi**3))
    assert _three_unit_average(logs, weights) == pytest.approx(expected, rel=0.01)


def test_q0_does_not_depend_on_the_overlap_for_one_replica():
    model = FiniteReplicas(1, 0.5, 1)
    values = [model.free_entropy(q1, 0.3) for q1 in (0.1, 0.3, 0.9)]
    np.testing.assert_allclose(values, values[0], rtol=1e-9)
