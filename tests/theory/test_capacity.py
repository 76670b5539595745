"""Capacities, stability lines and typical volumes."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.special import log_ndtr
from scipy.stats import norm

from skwfm.theory import binary_perceptron_entropy, capacity, solution_entropy


@pytest.mark.parametrize(
    ("arguments", "expected", "tolerance"),
    [
        (("perceptron", 1, "spherical", "rs"), 2.0, 1e-9),
        (("perceptron", 1, "binary", "rs"), 0.8331, 1e-4),
        (("tree", 3, "spherical", "rs"), 4.02, 2e-3),
        (("tree", 3, "spherical", "1-RSB"), 3.146, 5e-4),
        (("tree", np.inf, "spherical", "stability"), 2.988, 3e-4),
        (("parity", 3, "binary", "rs"), 1.0, 1e-12),
    ],
)
def test_values(arguments, expected, tolerance):
    assert capacity(*arguments) == pytest.approx(expected, rel=tolerance)


@pytest.mark.slow
def test_stability_line_of_three_units():
    assert capacity("tree", 3, "spherical", "stability") == pytest.approx(
        1.730, rel=2e-4
    )


def test_differences_from_the_literature_are_said():
    assert capacity("tree", 3, "spherical", "1rsb").literature == 3.02
    assert capacity("tree", 3, "spherical", "1rsb").alpha > 3.1
    assert capacity("tree", np.inf, "spherical", "stability").literature == 2.95
    assert "3.02" in capacity.__doc__
    assert "1.76" in capacity.__doc__


def test_committee_capacity_against_sampling():
    """1 / E dist^2 for the two easiest of three Gaussian fields."""
    rng = np.random.default_rng(5)
    easiest = np.sort(rng.standard_normal((400_000, 3)), axis=1)[:, :2]
    square = (np.maximum(easiest, 0) ** 2).sum(axis=1)
    error = square.std() / np.sqrt(square.size / 2)
    assert abs(1 / capacity("tree", 3) - square.mean()) < 4 * error


def test_one_step_lies_below_replica_symmetric():
    assert capacity("tree", 3, ansatz="1rsb") < capacity("tree", 3, ansatz="rs")


def test_capacity_is_a_float():
    assert capacity("perceptron", 1) + 1 == pytest.approx(3)
    assert isinstance(capacity("perceptron", 1), float)


def slow_perceptron_volume(alpha):
    """RS volume by scipy's quad and a bounded minimiser."""

    def objective(q):
        scale = np.sqrt(q / (1 - q))
        energy = quad(lambda v: norm.pdf(v) * log_ndtr(-scale * v), -9, 9)[0]
        return 0.5 * np.log(1 - q) + q / (2 * (1 - q)) + alpha * energy

    options = {"xatol": 1e-9}
    return minimize_scalar(
        objective, bounds=(1e-6, 0.99), method="bounded", options=options
    )


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0, 1.7])
def test_perceptron_volume(alpha):
    slow, fast = slow_perceptron_volume(alpha), solution_entropy("perceptron", 1, alpha)
    assert fast.entropy == pytest.approx(slow.fun, rel=1e-8)
    assert fast.overlap == pytest.approx(slow.x, abs=1e-4)


def test_committee_volume():
    result = solution_entropy("tree", 3, 1.0)
    assert result.entropy == pytest.approx(-0.75596, rel=1e-5)
    assert result.overlap == pytest.approx(0.3885, abs=1e-4)
    assert result.error < 1e-5
    assert result.rs_stable
    assert not solution_entropy("tree", 3, 1.75).rs_stable


def test_volume_changes_with_patterns_by_the_mean_log_probability():
    """d ln V / d alpha = E log Phi, and the first pattern halves the volume."""
    first = solution_entropy("tree", 3, 1e-5).entropy / 1e-5
    assert first == pytest.approx(-np.log(2), rel=1e-4)


def test_binary_entropy():
    assert binary_perceptron_entropy(0.4).entropy == pytest.approx(0.396455, rel=2e-6)
    assert binary_perceptron_entropy(0).entropy == pytest.approx(np.log(2))
    assert binary_perceptron_entropy(0.833).entropy == pytest.approx(0, abs=2e-4)


def test_parity_volume_halves_with_every_pattern():
    assert solution_entropy("parity", 3, 0.7).entropy == pytest.approx(-0.7 * np.log(2))
    binary = solution_entropy("parity", 3, 0.7, weights="binary").entropy
    assert binary == pytest.approx(0.3 * np.log(2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: capacity("tree", 2), "n_hidden must be odd"),
        (lambda: capacity("tree", 3, "ternary"), "weights must be"),
        (lambda: capacity("tree", 3, "spherical", "2rsb"), "ansatz must be one of"),
        (lambda: capacity("tree", 5, "spherical", "1rsb"), "No formula"),
        (lambda: solution_entropy("perceptron", 1, 2.5), "not below 2"),
        (lambda: solution_entropy("perceptron", 1, 0.5, "ternary"), "weights must be"),
        (lambda: binary_perceptron_entropy(0.84), "not below 0.833"),
        (lambda: binary_perceptron_entropy(-1), "alpha must be finite and >= 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
