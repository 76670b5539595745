"""Averages over replicas are orthant probabilities, also with negative variance."""

import warnings

import numpy as np
import pytest
from scipy.special import log_ndtr
from scipy.stats import multivariate_normal, norm

from skwfm.theory import local_entropy_curve, solution_entropy
from skwfm.theory.numerics.finite_replicas import (
    EDGES,
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


@pytest.mark.parametrize("variance", [150.0, 1e4, 1e8, 1e14])
def test_wide_fields_against_the_closed_form(variance):
    """One replica: ``E_u H(c + sd u) = H(c / sqrt(1 + variance))``."""
    centre = np.sqrt(variance) * np.array([-20, -5, -0.5, 0, 0.5, 2, 20])
    logs = log_unit_averages(centre, variance, 1)
    field = centre / np.sqrt(1 + variance)
    np.testing.assert_allclose(logs[0], log_ndtr(-field), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(logs[1], log_ndtr(field), rtol=1e-11, atol=1e-12)


def test_wide_fields_join_the_narrow_ones():
    """Both ways of integrating agree on either side of where one takes over."""
    centre = np.linspace(-30, 30, 7)
    below, above = (
        log_unit_averages(centre, variance, 6) for variance in (99.999, 100.001)
    )
    np.testing.assert_allclose(below, above, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("n_hidden", [1, np.inf])
@pytest.mark.parametrize("n_replicas", [1, 2, 8])
def test_replicas_at_one_point_are_one_solution(n_hidden, n_replicas):
    """``y V1`` becomes the typical log-volume as the mutual overlap goes to one."""
    machine = ("perceptron", 1) if n_hidden == 1 else ("tree", np.inf)
    volume = solution_entropy(*machine, 1.0).entropy
    overlap = 1 - (1e-10 if n_hidden == 1 else 1e-15)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        curve = local_entropy_curve(*machine, 1.0, [overlap], n_replicas=n_replicas)
    assert curve.converged[0]
    assert n_replicas * curve.entropy[0] == pytest.approx(volume, rel=6e-4)


def test_finer_fields_near_overlap_one():
    """The value with rules of twice the order."""
    model = FiniteReplicas(1, 1.0, 2)
    entropy, error, q0, _ = model.solve(0.9999)
    assert entropy == pytest.approx(-0.43206214, abs=1e-8)
    model._rules = [gaussian_rule(EDGES, 24)]
    assert model.free_entropy(0.9999, q0) == pytest.approx(entropy, abs=error + 1e-9)


@pytest.mark.parametrize("machine", [("perceptron", 1), ("tree", 3), ("tree", np.inf)])
def test_ordinary_curves_leak_no_warnings(machine):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n_replicas in (2, np.inf):
            for beta_ne in (2.0, np.inf):
                local_entropy_curve(
                    *machine, 1.0, [0.1, 0.9], n_replicas=n_replicas, beta_ne=beta_ne
                )
