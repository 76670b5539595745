"""Parity machines of two units, whose overlap is not zero, by other quadratures."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_ndtr
from scipy.stats import norm

from skwfm.theory import capacity, local_entropy_curve, solution_entropy
from skwfm.theory.numerics.parity_pair import ParityPair

CRITICAL = np.pi**2 / 8
# Uniform grid: the trapezoidal rule is exact for smooth functions of Gaussian decay.
GRID = np.linspace(-8, 8, 401)
MASS = norm.pdf(GRID) / norm.pdf(GRID).sum()
FREEZES = pytest.mark.filterwarnings("ignore:The entropy of binary:RuntimeWarning")


def log_weights(scale, beta_ne=np.inf):
    """Of a pattern, on the grid of two fields."""
    a = scale * GRID
    both = np.add.outer(log_ndtr(-a), log_ndtr(-a))
    neither = np.add.outer(log_ndtr(a), log_ndtr(a))
    phi = np.logaddexp(both, neither)
    if beta_ne == np.inf:
        return phi
    return np.logaddexp(-beta_ne, np.log1p(-np.exp(-beta_ne)) + phi)


def free_entropy(q, alpha, beta_ne=np.inf):
    """Replica-symmetric log-volume of spherical weights at an overlap."""
    prior = 0.5 * np.log(1 - q) + q / (2 * (1 - q))
    return prior + alpha * MASS @ log_weights(np.sqrt(q / (1 - q)), beta_ne) @ MASS


@pytest.mark.parametrize(
    ("alpha", "beta_ne", "value"),
    [
        (1.2, np.inf, -0.83178),
        (1.5, np.inf, -1.03995),
        (2.0, np.inf, -1.39233),
        (2.5, np.inf, -1.7623),
        (3.0, np.inf, -2.1657),
        (3.0, 1.0, None),
        (3.0, 2.0, None),
        (6.0, 2.0, None),
    ],
)
def test_two_units_minimise_over_their_overlap(alpha, beta_ne, value):
    found = minimize_scalar(
        free_entropy, bounds=(0, 0.95), method="bounded", args=(alpha, beta_ne)
    )
    result = solution_entropy("parity", 2, alpha, beta_ne=beta_ne)
    assert result.log_volume == pytest.approx(found.fun, abs=1e-8)
    assert result.overlap == pytest.approx(found.x, abs=2e-4)
    assert value is None or result.entropy == pytest.approx(value, abs=3e-5)


@pytest.mark.parametrize(("alpha", "beta_ne"), [(2.0, np.inf), (4.0, 1.7)])
def test_stability_of_two_units_is_that_of_their_second_derivatives(alpha, beta_ne):
    """``2 alpha`` times the mean squares of both kinds, by finite differences."""
    result = solution_entropy("parity", 2, alpha, beta_ne=beta_ne)
    scale = np.sqrt(result.overlap / (1 - result.overlap))
    step = scale * (GRID[1] - GRID[0])
    table = log_weights(scale, beta_ne)
    first = np.gradient(table, step, axis=0)
    mixed = np.gradient(first, step, axis=1)
    same = np.gradient(first, step, axis=0)
    expected = 2 * alpha * MASS @ (mixed**2 + same**2) @ MASS
    assert result.stability == pytest.approx(expected, rel=3e-3)
    assert result.stability > 1
    assert not result.rs_stable


def test_stability_at_overlap_zero():
    for alpha, beta_ne in ((0.5, np.inf), (1.0, np.inf), (3.0, 1.0)):
        result = solution_entropy("parity", 2, alpha, beta_ne=beta_ne)
        expected = 2 * alpha * (2 / np.pi * np.tanh(beta_ne / 2)) ** 2
        assert result.stability == pytest.approx(expected, rel=1e-12)
        assert result.overlap == 0
        assert result.rs_stable
    assert solution_entropy("parity", 3, 3.0).stability == 0
    assert capacity("parity", 2, ansatz="stability") == pytest.approx(CRITICAL)
    near = solution_entropy("parity", 2, 1.001 * CRITICAL)
    assert 0 < near.overlap < 0.002


@FREEZES
@pytest.mark.parametrize("weights", ["spherical", "binary"])
def test_errors_of_two_units_are_the_derivative_of_the_free_energy(weights):
    alpha, beta, h = 8.0, 0.9 if weights == "binary" else 1.5, 1e-3
    up, down = (
        solution_entropy("parity", 2, alpha, weights, beta_ne=beta + s * h).log_volume
        for s in (1, -1)
    )
    result = solution_entropy("parity", 2, alpha, weights, beta_ne=beta)
    assert result.overlap > 0.01
    slope = -(up - down) / (2 * h) / alpha
    assert result.expected_error_rate == pytest.approx(slope, rel=2e-6)


@FREEZES
def test_binary_weights_of_two_units_minimise_too():
    """Extremum over the conjugate at each overlap, on the grid."""
    alpha, beta = 8.0, 0.9
    result = solution_entropy("parity", 2, alpha, "binary", beta_ne=beta)

    def action(q, conjugate):
        cosh = MASS @ np.log(np.cosh(np.sqrt(conjugate) * GRID))
        energy = alpha * MASS @ log_weights(np.sqrt(q / (1 - q)), beta) @ MASS
        return cosh - 0.5 * conjugate * (1 - q) + energy

    q, conjugate = result.overlap, result.conjugate
    assert action(q, conjugate) == pytest.approx(result.log_volume, abs=1e-9)
    for dq, dc in ((0.002, 0), (0, 0.002)):
        change = action(q + dq, conjugate + dc) - action(q - dq, conjugate - dc)
        assert abs(change) < 1e-7


def test_the_coldest_weights_of_two_units_are_solutions():
    cold = solution_entropy("parity", 2, 3.0, beta_ne=60.0)
    solutions = solution_entropy("parity", 2, 3.0)
    assert cold.entropy == pytest.approx(solutions.entropy, abs=1e-8)
    assert cold.error < 1e-8


def test_averages_by_the_definition():
    """Mean log weight and its square slope, far out where two units compete."""
    v = np.linspace(0, 8, 4001)
    mass = norm.pdf(v) * (v[1] - v[0])
    mass[0] /= 2
    for beta in (np.inf, 6.0):
        total = 0.0
        for sign in (1, -1):
            a, b = 30 * v[:, None], sign * 30 * v
            phi = np.logaddexp(log_ndtr(-a) + log_ndtr(-b), log_ndtr(a) + log_ndtr(b))
            if beta < np.inf:
                phi = np.logaddexp(-beta, np.log1p(-np.exp(-beta)) + phi)
            total += 2 * mass @ phi @ mass
        assert ParityPair(beta).volume(30.0)[0] == pytest.approx(total, rel=2e-6)


def breaking(c, q0):
    """One-step bound of two units on a plain grid of all four variables."""
    v, wv = np.polynomial.hermite_e.hermegauss(15)
    wv = wv / wv.sum()
    fine = np.linspace(-7, 7, 281)
    dense = norm.pdf(fine) / norm.pdf(fine).sum()
    total = 0.0
    for i, first in enumerate(v):
        for j, second in enumerate(v):
            a, b = (
                np.sqrt(1 - q0) * fine + np.sqrt(q0) * field
                for field in (first, second)
            )
            square = np.minimum.outer(a**2, b**2)
            square = np.where(np.multiply.outer(a, b) < 0, square, 0)
            average = dense @ np.exp(-c * square / 2) @ dense
            total += wv[i] * wv[j] * np.log(average)
    spread = 1 + c * (1 - q0)
    return 0.5 * (np.log(spread) + c * q0 / spread) / -total


def test_capacity_of_two_units():
    found = capacity("parity", 2, ansatz="1rsb")
    assert found == pytest.approx(4.03424, abs=1e-4)
    # Bounds elsewhere are larger: q0 = 0 among them.
    assert breaking(19.35, 0.455) == pytest.approx(found, abs=5e-3)
    assert breaking(14.3, 0.0) == pytest.approx(4.0643, abs=5e-3)
    for c, q0 in ((12.0, 0.455), (30.0, 0.455), (19.35, 0.25), (19.35, 0.65)):
        assert breaking(c, q0) > found
    # Half of the fields are wrong, and mended where they are smaller.
    sizes = np.abs(np.random.default_rng(0).standard_normal((2, 400_000)))
    expected = 2 / np.mean(sizes.min(axis=0) ** 2)
    assert capacity("parity", 2, ansatz="rs") == pytest.approx(expected, rel=0.01)


def test_curves_of_two_units():
    one = local_entropy_curve("parity", 2, 2.0, [0.3, 0.9], n_replicas=1)
    np.testing.assert_allclose(one.entropy, -1.39233, atol=2e-5)
    assert one.converged.all()
    assert not one.rs_stable
    stable = local_entropy_curve("parity", 2, 0.9, [0.3, 0.9])
    np.testing.assert_allclose(stable.entropy, -0.9 * np.log(2))
    assert stable.rs_stable
    with pytest.warns(RuntimeWarning, match="pi\\^2/8.*n_replicas=1"):
        lost = local_entropy_curve("parity", 2, 2.0, [0.3, 0.9])
    assert np.isnan(lost.entropy).all()
    assert not lost.converged.any()
    assert not lost.rs_stable


def test_more_units_are_as_they_were():
    """The constant, and the one-step capacity at q0 = 0, to the last bit."""
    for n_hidden in (3, 4, np.inf):
        result = solution_entropy("parity", n_hidden, 2.0)
        assert (result.entropy, result.overlap) == (-2.0 * np.log(2), 0)
        curve = local_entropy_curve("parity", n_hidden, 2.0, [0.5])
        assert curve.entropy == -2.0 * np.log(2)
    assert capacity("parity", 3, ansatz="1rsb") == pytest.approx(4.997543740993131)
    with pytest.raises(ValueError, match="No formula"):
        capacity("parity", 3, ansatz="rs")
