"""Volumes and curves at finite inverse temperature: errors at a cost."""

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_ndtr
from scipy.stats import norm

from skwfm.theory import local_entropy_curve, solution_entropy
from skwfm.theory.numerics.field_extremum import average_envelope
from skwfm.theory.numerics.finite_replicas import (
    FiniteReplicas,
    _log_error_patterns,
    _soft_three_unit_average,
    _three_unit_average,
    log_unit_averages,
)
from skwfm.theory.numerics.gaussian import gaussian_rule
from skwfm.theory.numerics.mended_field import last_mended_field
from skwfm.theory.wide_minima import WideMinima

MACHINES = [("perceptron", 1), ("tree", 3), ("tree", np.inf)]


@pytest.mark.parametrize(
    ("n_hidden", "alpha", "beta_ne", "log_volume", "error_rate"),
    [
        (1, 1, 2, -0.59633, 0.15495),
        (1, 3, 2, -1.90804, 0.20149),
        (1, 3, 1, -1.17052, 0.30114),
        (3, 4, 2, -2.47308, 0.17983),
        (3, 5, 1, -1.94521, 0.29726),
    ],
)
def test_values_of_an_independent_program(
    n_hidden, alpha, beta_ne, log_volume, error_rate
):
    result = solution_entropy("tree", n_hidden, alpha, beta_ne=beta_ne)
    assert result.log_volume == pytest.approx(log_volume, abs=6e-6)
    assert result.expected_error_rate == pytest.approx(error_rate, abs=6e-6)


@pytest.mark.parametrize("machine", [*MACHINES, ("tree", 5)])
@pytest.mark.parametrize("weights", ["spherical", "binary"])
def test_errors_are_the_derivative_of_the_free_energy(machine, weights):
    alpha, beta, h = 1.2, 1.5, 1e-3
    up, down = (
        solution_entropy(*machine, alpha, weights, beta_ne=beta + s * h).log_volume
        for s in (1, -1)
    )
    result = solution_entropy(*machine, alpha, weights, beta_ne=beta)
    slope = -(up - down) / (2 * h) / alpha
    # Sampled fields (five units) satisfy the saddle condition up to their error only.
    rel = 1e-3 if machine[1] == 5 else 2e-5
    assert result.expected_error_rate == pytest.approx(slope, rel=rel)
    prior = np.log(2) if weights == "binary" else 0.0
    expected = result.log_volume + prior + beta * alpha * result.expected_error_rate
    assert result.entropy == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("machine", [*MACHINES, ("parity", 3)])
@pytest.mark.parametrize("weights", ["spherical", "binary"])
def test_cold_volumes_are_those_of_solutions(machine, weights):
    cold = solution_entropy(*machine, 0.7, weights, beta_ne=60.0)
    solutions = solution_entropy(*machine, 0.7, weights)
    assert cold.entropy == pytest.approx(solutions.entropy, rel=1e-6)
    assert cold.log_volume == pytest.approx(solutions.log_volume, rel=1e-6)
    assert solutions.expected_error_rate == 0 <= cold.expected_error_rate < 1e-20


@pytest.mark.parametrize("machine", [*MACHINES, ("parity", 3)])
@pytest.mark.parametrize("weights", ["spherical", "binary"])
def test_errors_without_a_cost(machine, weights):
    free = solution_entropy(*machine, 5.0, weights, beta_ne=0)
    assert free.log_volume == 0
    assert free.expected_error_rate == 0.5
    assert free.entropy == (np.log(2) if weights == "binary" else 0)
    # Nearly free: half of the patterns are wrong, each at that cost.
    cheap = solution_entropy(*machine, 5.0, weights, beta_ne=1e-6)
    assert cheap.log_volume == pytest.approx(-5e-6 / 2, rel=1e-5)


def test_parity_patterns_are_independent():
    result = solution_entropy("parity", 3, 2.5, beta_ne=1.5)
    assert result.log_volume == pytest.approx(2.5 * np.log((1 + np.exp(-1.5)) / 2))
    assert result.expected_error_rate == pytest.approx(1 / (1 + np.exp(1.5)))


def test_perceptron_volume_on_a_plain_grid():
    v = np.linspace(-9, 9, 20001)
    weights = norm.pdf(v) / norm.pdf(v).sum()

    def free_entropy(q):
        right = norm.cdf(-np.sqrt(q / (1 - q)) * v)
        soft = np.log(np.exp(-3.0) + (1 - np.exp(-3.0)) * right)
        return 0.5 * np.log(1 - q) + q / (2 * (1 - q)) + 4.0 * weights @ soft

    found = minimize_scalar(
        free_entropy, bounds=(0.01, 0.99), method="bounded", options={"xatol": 1e-9}
    )
    result = solution_entropy("perceptron", 1, 4.0, beta_ne=3.0)
    assert result.log_volume == pytest.approx(found.fun, rel=1e-7)
    assert result.overlap == pytest.approx(found.x, abs=1e-4)


def test_frozen_binary_weights_are_flagged():
    with pytest.warns(RuntimeWarning, match="Lower beta_ne"):
        result = solution_entropy("perceptron", 1, 2.0, "binary", beta_ne=5.0)
    assert result.entropy < 0


@pytest.mark.parametrize("beta_ne", [-1.0, np.nan, "cold", None])
def test_bad_temperature(beta_ne):
    message = r"beta_ne must be >= 0, got .*: pass the cost of an error"
    with pytest.raises(ValueError, match=message):
        solution_entropy("perceptron", 1, 0.5, beta_ne=beta_ne)
    with pytest.raises(ValueError, match=message):
        local_entropy_curve("perceptron", 1, 0.5, [0.5], beta_ne=beta_ne)


def test_parity_has_no_curve_at_finite_temperature():
    with pytest.raises(ValueError, match=r"beta_ne=2: pass numpy\.inf"):
        local_entropy_curve("parity", 3, 0.5, [0.5], beta_ne=2.0)


def test_too_cold_above_the_capacity_says_so():
    with pytest.raises(ValueError, match="Lower beta_ne"):
        solution_entropy("perceptron", 1, 6.0, beta_ne=1e9)


@pytest.mark.parametrize("machine", MACHINES)
def test_cold_curves_are_those_of_solutions(machine):
    cold = local_entropy_curve(*machine, 1.0, [0.5, 0.9], beta_ne=60.0)
    solutions = local_entropy_curve(*machine, 1.0, [0.5, 0.9])
    # Three units are sampled at finite temperature: several standard errors.
    margin = 4 * cold.error + 1e-9
    assert np.all(np.abs(cold.entropy - solutions.entropy) < margin)
    assert cold.method.endswith("beta_ne=60")


@pytest.mark.parametrize("machine", MACHINES)
def test_curves_without_a_cost_are_zero(machine):
    assert np.all(local_entropy_curve(*machine, 5.0, [0.5], beta_ne=0).entropy == 0)
    cheap = local_entropy_curve(*machine, 1.0, [0.5], beta_ne=1e-6)
    # At most half of the patterns are wrong around the best centre.
    assert -0.5e-6 < cheap.entropy[0] < 0


@pytest.mark.parametrize("n_hidden", [1, np.inf, 3])
@pytest.mark.parametrize(("alpha", "overlap"), [(1.0, 0.5), (4.0, 0.8)])
def test_curves_are_convex_and_their_slope_counts_errors(n_hidden, alpha, overlap):
    betas = 1.0 + np.array([-0.02, 0.0, 0.02])
    points = [WideMinima(n_hidden, alpha, beta).solve(overlap) for beta in betas]
    entropy = np.array([point[0] for point in points])
    assert np.diff(entropy, 2)[0] > 0
    slope = (entropy[2] - entropy[0]) / 0.04
    assert slope == pytest.approx(-alpha * points[1][4], rel=1e-3)


@pytest.mark.parametrize("n_hidden", [1, 3, np.inf])
def test_curve_touches_its_cap_at_the_typical_overlap(n_hidden):
    """Replicas at the typical overlap are independent draws, above capacity too."""
    machine = ("perceptron", 1) if n_hidden == 1 else ("tree", n_hidden)
    q = solution_entropy(*machine, 4.0, beta_ne=1.0).overlap
    curve = local_entropy_curve(*machine, 4.0, [q], beta_ne=1.0)
    margin = 4 * curve.error[0] + 1e-5
    assert curve.entropy[0] == pytest.approx(curve.cap[0], abs=margin)
    assert curve.saddle["A"][0] == pytest.approx(0, abs=5e-3)


def slow_perceptron(alpha, overlap, beta, A):
    """Free energy at A by minimising over every field on a fine grid of a."""
    B = overlap / (1 - overlap)
    v = np.linspace(-8, 8, 1601)
    a = np.linspace(-30, 30, 24001)
    weight = np.logaddexp(-beta, np.log1p(-np.exp(-beta)) + log_ndtr(-a))
    best = [np.max(weight - (a - b) ** 2 / (2 * A)) for b in np.sqrt(B) * v]
    return B / (2 * (1 + A)) + alpha * (norm.pdf(v) @ best) / norm.pdf(v).sum()


@pytest.mark.parametrize(
    ("alpha", "overlap", "beta"), [(1.0, 0.8, 3.0), (4.0, 0.9, 2.0)]
)
def test_perceptron_curve_by_brute_force(alpha, overlap, beta):
    entropy, _, A, found, _ = WideMinima(1, alpha, beta).solve(overlap)
    assert found
    assert A > 0
    # The saddle is a minimum over A: beside it the plain value is larger.
    values = [slow_perceptron(alpha, overlap, beta, A * f) for f in (0.9, 1.0, 1.1)]
    assert entropy == pytest.approx(values[1], rel=1e-5)
    assert min(values[0], values[2]) > values[1]


def soft_merit(a, b, A, beta):
    h = norm.cdf(-a)
    phi = h[0] * h[1] + h[2] * (h[0] + h[1] - 2 * h[0] * h[1])
    return 0.5 * np.sum((a - b) ** 2) - A * np.log(
        np.exp(-beta) + (1 - np.exp(-beta)) * phi
    )


@pytest.mark.parametrize(("A", "beta"), [(-0.7, 2.0), (0.8, 3.0), (20.0, 1.0)])
def test_inner_extremum_is_global(A, beta):
    rng = np.random.default_rng(5)
    for _ in range(8):
        b = -2 * np.sort(-rng.standard_normal(3))
        value, _, failed, _ = average_envelope(b[None], np.ones(1), 1.0, A, beta)
        starts = [b, *(b + 3 * rng.standard_normal((20, 3)))]
        best = min(minimize(soft_merit, s, args=(b, A, beta)).fun for s in starts)
        assert failed == 0
        assert -A * value == pytest.approx(best, rel=1e-6, abs=1e-9)


def test_patterns_are_given_up_where_an_error_is_cheaper():
    """Far from the boundary mending costs field^2 / 2 and an error A beta."""
    A, beta = 1e6, 3.0
    assert last_mended_field(A, beta) == pytest.approx(np.sqrt(2 * A * beta), rel=5e-3)
    assert last_mended_field(0.1, 1.0) == 0


def test_min_error_limit_at_vanishing_distance():
    """Replicas at one point: V1 = min_x 1/(2x) - alpha E min(v^2/(2x), beta), v > 0."""
    alpha, beta = 4.0, 2.0
    v = np.linspace(0, 9, 200001)
    weights = norm.pdf(v) * (v[1] - v[0])

    def limit(log_x):
        x = np.exp(log_x)
        return 0.5 / x - alpha * weights @ np.minimum(v**2 / (2 * x), beta)

    expected = minimize_scalar(limit, bounds=(-4, 4), method="bounded").fun
    curve = local_entropy_curve("perceptron", 1, alpha, [1 - 1e-10], beta_ne=beta)
    assert curve.entropy[0] == pytest.approx(expected, rel=5e-4)


@pytest.mark.parametrize("n_hidden", [1, 3, np.inf])
@pytest.mark.parametrize("beta", [0.5, 2.0])
def test_one_replica_is_the_typical_volume(n_hidden, beta):
    machine = ("perceptron", 1) if n_hidden == 1 else ("tree", n_hidden)
    curve = local_entropy_curve(*machine, 3.0, [0.6], n_replicas=1, beta_ne=beta)
    volume = solution_entropy(*machine, 3.0, beta_ne=beta)
    assert curve.entropy[0] == pytest.approx(volume.log_volume, rel=2e-5)


def test_replica_polynomial_without_errors_is_the_one_of_solutions():
    nodes, weights = gaussian_rule([-8.5, -2.0, 2.0, 8.5], 3)
    logs = log_unit_averages(0.7 * nodes, 0.5, 4)
    hard = _three_unit_average(logs, weights)
    soft = _soft_three_unit_average(logs, weights, _log_error_patterns(4, np.inf))
    assert soft == pytest.approx(hard, rel=1e-12)


def test_soft_replica_polynomial_against_sampling():
    """E_v ln E_u (B + (1 - B) Phi)^3, three units, by Monte Carlo over u (1 %)."""
    nodes, weights = gaussian_rule([-8.5, 0.0, 8.5], 2)
    sd, field, floor = 0.8, 0.6, np.exp(-1.5)
    logs = log_unit_averages(field * nodes, sd**2, 3)
    u = np.random.default_rng(12).standard_normal((40_000, 3))
    expected = 0.0
    for triple in np.ndindex(4, 4, 4):
        index = list(triple)
        h = norm.sf(sd * u + field * nodes[index])
        phi = h[:, 0] * h[:, 1] + h[:, 2] * (h[:, 0] + h[:, 1] - 2 * h[:, 0] * h[:, 1])
        weight = floor + (1 - floor) * phi
        expected += weights[index].prod() * np.log(np.mean(weight**3))
    soft = _soft_three_unit_average(logs, weights, _log_error_patterns(3, 1.5))
    assert soft == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("n_hidden", [1, 3])
def test_few_replicas_lie_between_one_and_many(n_hidden):
    values = [FiniteReplicas(n_hidden, 2.5, y, 1.0).solve(0.6)[0] for y in (1, 2, 4)]
    many = WideMinima(n_hidden, 2.5, 1.0).solve(0.6)[0]
    assert np.all(np.diff([*values, many]) > 0)


@pytest.mark.parametrize("alpha", [1e-4, 1e-3, 0.01, 0.03, 0.05])
def test_few_patterns_leave_nearly_all_weights(alpha):
    """Rare errors cost 1 - e^-beta each, and one where they are not allowed."""
    overlaps = [0.2, 0.5, 0.8, 0.95]
    soft = local_entropy_curve("perceptron", 1, alpha, overlaps, beta_ne=1.0)
    hard = local_entropy_curve("perceptron", 1, alpha, overlaps)
    assert soft.converged.all()
    rare = np.abs(hard.entropy) < 1e-7
    assert rare.any()
    expected = (1 - np.exp(-1)) * hard.entropy[rare]
    np.testing.assert_allclose(soft.entropy[rare], expected, rtol=1e-3)


@pytest.mark.parametrize("beta", [1.9, 1.99, 2.0, 2.01])
def test_errors_are_the_slope_of_the_curve_just_above_the_first_jump(beta):
    h = 1e-3
    up, down, here = (
        local_entropy_curve("perceptron", 1, 3.0, [0.8], beta_ne=beta + s * h)
        for s in (1, -1, 0)
    )
    slope = (down.entropy - up.entropy) / (2 * h) / 3.0
    np.testing.assert_allclose(here.saddle["expected_error_rate"], slope, rtol=2e-5)
    assert here.error[0] < 1e-8


def test_the_jump_divides_fields_that_are_mended_from_those_given_up():
    """Best threshold on a fine grid, for multipliers just above the first jump."""
    beta = 2.0
    for A in (1.8, 1.9, 2.2):
        jump = last_mended_field(A, beta)
        a = np.linspace(-4, jump, 400_001)
        log_weight = np.logaddexp(-beta, np.log1p(-np.exp(-beta)) + log_ndtr(-a))
        below, above = (
            a[np.argmin(0.5 * (a - b) ** 2 - A * log_weight)]
            for b in (jump - 1e-3, jump + 1e-3)
        )
        assert above - below > 0.4
    assert last_mended_field(1.7, beta) == 0
