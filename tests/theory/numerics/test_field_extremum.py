"""The inner extremum is the global one; its averages do not depend on the route."""

import numpy as np
import pytest
from scipy.optimize import minimize

from skwfm.theory.numerics.field_extremum import average_envelope
from skwfm.theory.numerics.gaussian import lattice_rule
from skwfm.theory.numerics.majority import majority
from skwfm.theory.numerics.three_units import average_ordered_envelope

EDGES = np.array([-7.0, -3.5, -1.7, -0.8, 0.0, 1.7, 3.5, 7.0])


def merit_and_slope(a, b, A):
    grad = np.empty(a.size)
    log_phi = majority(
        a, grad, np.empty((a.size, a.size)), np.empty((6, 1 + a.size)), 1
    )
    return 0.5 * np.sum((a - b) ** 2) - A * log_phi, a - b - A * grad


def brute_force(b, A, rng):
    """Least merit over many random starts, by a general-purpose minimiser."""
    starts = [b, *(b + 3 * rng.standard_normal((12, b.size)))]
    return min(
        minimize(merit_and_slope, start, args=(b, A), jac=True, method="BFGS").fun
        for start in starts
    )


@pytest.mark.parametrize(
    ("A", "scale"), [(-0.8, 0.5), (0.5, 1.0), (6.6, 2.0), (42.0, 3.0), (1e6, 4.5)]
)
def test_inner_extremum_is_global(A, scale):
    rng = np.random.default_rng(3)
    for _ in range(12):
        node = -np.sort(-rng.standard_normal(3))
        value, _, failed, _ = average_envelope(node[None], np.ones(1), scale, A)
        assert failed == 0
        expected = brute_force(scale * node, A, rng)
        assert -A * value == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("A", "scale"), [(-0.8, 0.23), (0.0, 1.0), (0.43, 1.0), (42.6, 3.0), (3e10, 9.95)]
)
def test_nested_rule_agrees_with_sampling(A, scale):
    """Spectral nested quadrature against low-discrepancy points: two codes."""
    x, w = np.polynomial.legendre.leggauss(6)
    value, slope, _ = average_ordered_envelope(EDGES, x, w, scale, A)
    samples = np.array(
        [average_envelope(*lattice_rule(3, 10, seed), scale, A) for seed in range(8)]
    )
    error = samples.std(axis=0, ddof=1) / np.sqrt(8)
    difference = np.abs(samples.mean(axis=0) - [value, slope, 0, 0])
    assert difference[0] < 4 * error[0] + 1e-6 * abs(value)
    assert difference[1] < 4 * error[1] + 1e-6 * slope


@pytest.mark.parametrize("A", [-0.5, 0.4, 20.0])
def test_slope_is_the_derivative_of_the_value(A):
    """d/dA of the extremum is half the mean squared gradient."""
    x, w = np.polynomial.legendre.leggauss(6)
    h = 0.01 * (1 + A)
    up, down = (
        average_ordered_envelope(EDGES, x, w, 2.0, A + step)[0] for step in (h, -h)
    )
    slope = average_ordered_envelope(EDGES, x, w, 2.0, A)[1] / (1 + A) ** 2
    assert (up - down) / (2 * h) == pytest.approx(0.5 * slope, rel=1e-3)
