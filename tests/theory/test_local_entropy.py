"""Local-entropy curves: reference values, limits, identities, errors."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar
from scipy.special import log_ndtr
from scipy.stats import norm

from skwfm.theory import local_entropy_curve, solution_entropy
from skwfm.theory.numerics.finite_replicas import FiniteReplicas
from skwfm.theory.wide_minima import WideMinima


def slow_perceptron(alpha, overlap):
    """The wide-minima formula for one unit by general-purpose scipy routines."""
    B = overlap / (1 - overlap)

    def envelope(b, A):
        def merit(a):
            return (a - b) ** 2 / 2 - A * log_ndtr(-a)

        bounds = (b - 12 - 4 * abs(A), b + 12 + 4 * abs(A))
        options = {"xatol": 1e-10}
        found = minimize_scalar(merit, bounds=bounds, method="bounded", options=options)
        return -found.fun / A

    def objective(A):
        def integrand(v):
            return norm.pdf(v) * envelope(np.sqrt(B) * v, A)

        energy = quad(integrand, -8, 8, limit=200, epsabs=1e-8)[0]
        return B / (2 * (1 + A)) + alpha * energy

    bounds = (0.05, 60.0) if overlap > 0.6 else (-0.9, -0.02)
    return minimize_scalar(objective, bounds=bounds, method="bounded").fun


@pytest.mark.parametrize(
    ("overlap", "expected"), [(0.5, -0.4182), (0.8, -0.12256), (0.9, -0.02683)]
)
def test_committee_reference_values(overlap, expected):
    curve = local_entropy_curve("tree", 3, 1.0, [overlap])
    assert curve.entropy[0] == pytest.approx(expected, rel=1e-3)
    assert curve.error[0] < 1e-3 * abs(expected)


def test_perceptron_reference_value():
    curve = local_entropy_curve("perceptron", 1, 1.0, [0.5])
    assert curve.entropy[0] == pytest.approx(-0.52235, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("overlap", [0.5, 0.8])
def test_perceptron_against_general_purpose_routines(overlap):
    fast = local_entropy_curve("perceptron", 1, 1.0, [overlap]).entropy[0]
    assert fast == pytest.approx(slow_perceptron(1.0, overlap), rel=1e-5)


def test_one_unit_tree_is_the_perceptron():
    tree = local_entropy_curve("tree", 1, 0.7, [0.3, 0.9]).entropy
    perceptron = local_entropy_curve("perceptron", 1, 0.7, [0.3, 0.9]).entropy
    np.testing.assert_array_equal(tree, perceptron)


@pytest.mark.parametrize("n_hidden", [1, 3, np.inf])
def test_one_replica_is_the_typical_volume(n_hidden):
    machine = "perceptron" if n_hidden == 1 else "tree"
    curve = local_entropy_curve(machine, n_hidden, 1.0, [0.2, 0.8], n_replicas=1)
    volume = solution_entropy(machine, n_hidden, 1.0)
    np.testing.assert_allclose(curve.entropy, volume.entropy, rtol=2e-5)
    np.testing.assert_allclose(curve.saddle["q0"], volume.overlap, atol=2e-4)


@pytest.mark.parametrize("n_hidden", [1, 3, np.inf])
def test_curve_touches_its_cap_at_the_typical_overlap(n_hidden):
    """Replicas at the typical overlap are independent solutions: A = 0."""
    machine = "perceptron" if n_hidden == 1 else "tree"
    volume = solution_entropy(machine, n_hidden, 1.0)
    curve = local_entropy_curve(machine, n_hidden, 1.0, [volume.overlap])
    assert curve.entropy[0] == pytest.approx(curve.cap[0], rel=1e-5)
    assert curve.saddle["A"][0] == pytest.approx(0, abs=2e-3)


@pytest.mark.parametrize("n_hidden", [1, np.inf])
def test_many_replicas_approach_infinitely_many(n_hidden):
    machine = "perceptron" if n_hidden == 1 else "tree"
    limit = local_entropy_curve(machine, n_hidden, 1.0, [0.4, 0.7]).entropy
    y = np.array([40.0, 80.0, 160.0, 320.0])
    finite = np.array(
        [
            local_entropy_curve(
                machine, n_hidden, 1.0, [0.4, 0.7], n_replicas=count
            ).entropy
            for count in y
        ]
    )
    # Gaussian fluctuations of the replicas: corrections (log y)/y, 1/y, (log y)/y^2.
    terms = np.column_stack([np.ones(4), np.log(y) / y, 1 / y, np.log(y) / y**2])
    np.testing.assert_allclose(np.linalg.solve(terms, finite)[0], limit, atol=1e-3)
    assert np.all(np.abs(finite[-1] - limit) < np.abs(finite[0] - limit) / 4)


@pytest.mark.slow
def test_finite_replicas_of_a_committee_approach_the_limit():
    limit = local_entropy_curve("tree", 3, 1.0, [0.5, 0.8]).entropy
    few = [
        local_entropy_curve("tree", 3, 1.0, [0.5, 0.8], n_replicas=y).entropy - limit
        for y in (16, 32)
    ]
    ratio = few[1] / few[0]
    assert np.all((ratio > 0.45) & (ratio < 0.65))


@pytest.mark.parametrize("machine", [("perceptron", 1), ("tree", 3), ("tree", np.inf)])
def test_few_patterns_leave_everything_a_solution(machine):
    small = local_entropy_curve(*machine, 0.01, [0.3])
    assert np.all((small.entropy <= 0) & (small.entropy > -1e-6))
    assert np.all(local_entropy_curve(*machine, 0, [0.3, 0.9]).entropy == 0)


def gardner_margin(alpha):
    """Largest stability kappa: 1 = alpha int_{-kappa}^inf Dt (t + kappa)^2."""

    def excess(kappa):
        return (1 + kappa**2) * norm.cdf(kappa) + kappa * norm.pdf(kappa) - 1 / alpha

    return brentq(excess, 0, 10)


@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_small_distances_follow_the_largest_margin(alpha):
    """A spherical cap: log(-V1) goes like -kappa^2 / (2 (1 - q1))."""
    overlaps = 1 - np.array([4e-3, 2e-3])
    entropy = local_entropy_curve("perceptron", 1, alpha, overlaps).entropy
    inverse = 1 / (1 - overlaps)
    rate = np.diff(np.log(-entropy))[0] / np.diff(inverse)[0]
    # Corrections to the rate are a power of the distance times its logarithm.
    assert rate == pytest.approx(-(gardner_margin(alpha) ** 2) / 2, rel=0.05)


@pytest.mark.parametrize("n_hidden", [1, 3, np.inf])
def test_derivative_with_respect_to_patterns_is_the_energy(n_hidden):
    """dV1/d alpha at fixed overlap is the mean inner extremum at the saddle."""
    step, overlap = 1e-3, 0.6
    up, down = (
        WideMinima(n_hidden, 1.0 + sign * step).solve(overlap)[0] for sign in (1, -1)
    )
    entropy, _, A, *_ = WideMinima(n_hidden, 1.0).solve(overlap)
    energy = entropy - overlap / (1 - overlap) / (2 * (1 + A))
    assert (up - down) / (2 * step) == pytest.approx(energy, rel=1e-3)


@pytest.mark.slow
def test_error_estimate_covers_the_refinement():
    """A rule twice as fine moves the value by less than the reported error."""
    solver = WideMinima(3, 1.0)
    entropy, error, A, *_ = solver.solve(0.9)
    solver.fields.orders = (4, 9, 10)
    refined = 9 / (2 * (1 + A)) + solver.fields.envelope(3.0, A)[0]
    assert abs(refined - entropy) < error < 1e-3 * abs(entropy)


def test_saddle_condition_holds():
    curve = local_entropy_curve("tree", 3, 1.0, [0.2, 0.7])
    solver = WideMinima(3, 1.0)
    for overlap, A in zip(curve.overlap, curve.saddle["A"], strict=True):
        B = overlap / (1 - overlap)
        assert solver.fields.slope(np.sqrt(B), A) == pytest.approx(B, rel=2e-4)


def test_finite_replica_saddle_is_a_minimum():
    model = FiniteReplicas(3, 1.0, 3)
    entropy, _, q0, _ = model.solve(0.6)
    sides = [model.free_entropy(0.6, q0 + h) - entropy for h in (-0.02, 0.02)]
    assert min(sides) > 0
    h = 1e-3
    slope = model.free_entropy(0.6, q0 + h) - model.free_entropy(0.6, q0 - h)
    assert abs(slope / (2 * h)) < 2e-3


def test_stability_flag_and_cap():
    stable = local_entropy_curve("tree", 3, 1.5, [0.5, 0.8])
    unstable = local_entropy_curve("tree", 3, 2.5, [0.2, 0.8])
    assert stable.rs_stable
    assert not stable.exceeds_cap.any()
    assert not unstable.rs_stable
    assert unstable.exceeds_cap.tolist() == [False, True]


def test_parity_constant_and_bound_are_told_apart():
    curve = local_entropy_curve("parity", 3, 0.5, [0.5, 0.99])
    np.testing.assert_allclose(curve.entropy, -0.5 * np.log(2))
    perceptron = local_entropy_curve("perceptron", 1, 1.5, [0.5, 0.99])
    np.testing.assert_allclose(curve.lower_bound, perceptron.entropy)
    assert curve.lower_bound[1] > curve.entropy[1]
    assert np.all(local_entropy_curve("parity", 3, 0.8, [0.5]).lower_bound == -np.inf)
    assert (
        local_entropy_curve("parity", 3, 0.5, [0.5], n_replicas=1).lower_bound is None
    )


@pytest.mark.slow
def test_more_hidden_units_by_sampling_lie_between():
    values = [
        local_entropy_curve("tree", K, 1.0, [0.3]).entropy[0] for K in (3, 5, 7, np.inf)
    ]
    error = local_entropy_curve("tree", 5, 1.0, [0.3]).error[0]
    assert 0 < error < 2e-3
    assert np.all(np.diff(values) > -3 * error)


def test_overlaps_and_geometry():
    curve = local_entropy_curve("perceptron", 1, 0.5, [0.81, 0.25])
    np.testing.assert_array_equal(curve.overlap, [0.81, 0.25])
    np.testing.assert_allclose(curve.centre_overlap, [0.9, 0.5])
    np.testing.assert_allclose(curve.distance, [0.095, 0.375])
    assert curve.entropy[0] > curve.entropy[1]
    two = local_entropy_curve("perceptron", 1, 0.5, [0.5], n_replicas=2)
    assert two.centre_overlap[0] == pytest.approx(np.sqrt(0.75))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("perceptron", 1, 2.0, [0.5]), "not below 2"),
        (("tree", 3, 3.5, [0.5]), "one-step capacity"),
        (("tree", 3, -0.1, [0.5]), "alpha must be finite and >= 0"),
        (("tree", 3, np.nan, [0.5]), "alpha must be finite and >= 0"),
        (("tree", 4, 1.0, [0.5]), "n_hidden must be odd"),
        (("tree", 0, 1.0, [0.5]), "n_hidden must be a positive integer"),
        (("perceptron", 3, 1.0, [0.5]), "n_hidden=1"),
        (("full", 3, 1.0, [0.5]), "machine must be one of"),
        (("tree", 3, 1.0, [0.5, 1.0]), "strictly between 0 and 1"),
        (("tree", 3, 1.0, [np.nan]), "strictly between 0 and 1"),
        (("tree", 3, 1.0, [[0.5]]), "one-dimensional"),
    ],
)
def test_bad_input_names_the_limit(arguments, message):
    with pytest.raises(ValueError, match=message):
        local_entropy_curve(*arguments)


@pytest.mark.parametrize("n_replicas", [0, 1.5, -2, np.nan])
def test_bad_number_of_replicas(n_replicas):
    with pytest.raises(ValueError, match="n_replicas must be a positive integer"):
        local_entropy_curve("perceptron", 1, 1.0, [0.5], n_replicas=n_replicas)


def test_finite_replicas_need_few_or_infinitely_many_units():
    with pytest.raises(ValueError, match="needs n_hidden 1, 3"):
        local_entropy_curve("tree", 5, 1.0, [0.5], n_replicas=2)
    with pytest.raises(ValueError, match="n_replicas 1 and"):
        local_entropy_curve("parity", 3, 0.5, [0.5], n_replicas=2)


def test_lost_points_are_nan_with_a_warning():
    """A corner where the saddle runs into A = -1: flagged, never a silent number."""
    with pytest.warns(RuntimeWarning, match="No saddle point was found at 1 of 2"):
        curve = local_entropy_curve("perceptron", 1, 1.999, [1e-4, 0.9])
    assert curve.converged.tolist() == [False, True]
    assert np.isnan(curve.entropy).tolist() == [True, False]
