"""Spectra: reduced problem, Lanczos and quadrature against dense matrices."""

import joblib
import numpy as np
import pytest
from known_solutions import (
    MACHINES,
    fingerprint,
    global_random_state,
    random_solution,
)
from sklearn.exceptions import ConvergenceWarning

from skwfm.landscape import hessian_operator, hessian_spectrum

BETA = 1.3
# Random weights at this beta: some patterns lie on the other side of zero.
pytestmark = pytest.mark.filterwarnings("ignore:the smooth machine:UserWarning")
# More patterns than inputs of a unit, and fewer.
SHAPES = [(40, 11), (6, 25)]


def dense(model, X, y, **options):
    return hessian_operator(model, X, y, BETA, **options).to_dense()


@pytest.mark.parametrize("tangent", [False, True])
@pytest.mark.parametrize(("n_samples", "n_features"), SHAPES)
def test_reduced_spectrum_is_the_dense_one(
    machine, fit_intercept, n_samples, n_features, tangent
):
    model, X, y = random_solution(machine, n_samples, n_features, fit_intercept)
    matrix = dense(model, X, y, tangent=tangent)
    expected = np.linalg.eigvalsh(matrix)
    found = hessian_spectrum(model, X, y, BETA, tangent=tangent)
    assert len(found.eigenvalues) == found.n_weights == len(expected)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found.eigenvalues, expected, atol=1e-10 * scale)
    assert np.sum(found.eigenvalues == 0) >= found.n_known_zeros
    assert found.largest == found.eigenvalues[-1]
    assert found.smallest == found.eigenvalues[0]


@pytest.mark.parametrize("tangent", [False, True])
@pytest.mark.parametrize(("n_samples", "n_features"), SHAPES)
def test_moments(machine, n_samples, n_features, tangent):
    model, X, y = random_solution(machine, n_samples, n_features, True)
    found = hessian_spectrum(model, X, y, BETA, tangent=tangent)
    matrix = dense(model, X, y, tangent=tangent)
    assert found.trace == pytest.approx(np.trace(matrix), rel=1e-12)
    assert found.eigenvalues.sum() == pytest.approx(found.trace, rel=1e-11)
    assert (found.eigenvalues**2).sum() == pytest.approx((matrix**2).sum(), rel=1e-11)


@pytest.mark.parametrize("tangent", [False, True])
def test_known_zeros_are_the_directions_in_which_nothing_changes(tangent):
    """Full machine, 6 patterns, 25 inputs: 19 directions a unit are free.

    They hold the normal: one more zero only where patterns span everything.
    """
    model, X, y = random_solution(MACHINES["full"], 6, 25, False)
    assert hessian_spectrum(model, X, y, BETA, tangent=tangent).n_known_zeros == 3 * 19
    model, X, y = random_solution(MACHINES["full"], 40, 25, False)
    found = hessian_spectrum(model, X, y, BETA, tangent=tangent)
    assert found.n_known_zeros == 3 * tangent


@pytest.mark.parametrize("method", ["exact", "lanczos"])
def test_dependent_patterns_and_constant_inputs_add_known_zeros(method):
    model, X, y = random_solution(MACHINES["full"], 8, 25, False)
    X, y = np.vstack([X, X[:3]]), np.append(y, y[:3])
    found = hessian_spectrum(model, X, y, BETA, method=method)
    assert found.n_known_zeros == 3 * (25 - 8)
    model, X, y = random_solution(MACHINES["full"], 40, 10, False)
    X[:, 4:7] = 1.0
    y = model.predict(X)
    expected = np.linalg.eigvalsh(dense(model, X, y))
    found = hessian_spectrum(model, X, y, BETA, method=method, n_eigenvalues=9)
    assert found.n_known_zeros == 3 * 2
    np.testing.assert_allclose(
        found.eigenvalues[:9], expected[:9], atol=1e-7 * expected[-1]
    )


def test_every_receptive_field_is_decomposed_once(monkeypatch):
    from skwfm.landscape.hessian import exact as spectrum_exact

    calls, row_space = [], spectrum_exact.row_space

    def counted(*args, **kwargs):
        calls.append(args)
        return row_space(*args, **kwargs)

    monkeypatch.setattr(spectrum_exact, "row_space", counted)
    for name, n_fields in {"full": 1, "tree": 5, "overlapping": 2}.items():
        model, X, y = random_solution(MACHINES[name], 10, 12, True)
        hessian_spectrum(model, X, y, BETA)
        assert len(calls) == n_fields, name
        calls.clear()


@pytest.mark.parametrize(("n_samples", "n_features"), SHAPES)
def test_blocks_are_those_of_each_unit(machine, n_samples, n_features):
    model, X, y = random_solution(machine, n_samples, n_features, True)
    matrix = dense(model, X, y)
    found = hessian_spectrum(model, X, y, BETA, blocks=True)
    fields, start = machine.receptive_fields(n_features), 0
    assert len(found.blocks) == machine.n_hidden
    for values, field in zip(found.blocks, fields, strict=True):
        end = start + len(field) + 1
        expected = np.linalg.eigvalsh(matrix[start:end, start:end])
        scale = np.abs(expected).max()
        np.testing.assert_allclose(values, expected, atol=1e-11 * scale)
        start = end
    assert start == found.n_weights


@pytest.mark.parametrize("which", ["both", "largest", "smallest"])
@pytest.mark.parametrize("tangent", [False, True])
@pytest.mark.parametrize(("n_samples", "n_features"), SHAPES)
def test_lanczos_ends_within_its_own_bound(
    machine, n_samples, n_features, tangent, which
):
    model, X, y = random_solution(machine, n_samples, n_features, True)
    y[:2] *= -1
    exact = np.linalg.eigvalsh(dense(model, X, y, tangent=tangent))
    with pytest.warns(UserWarning, match="is wrong on"):
        found = hessian_spectrum(
            model, X, y, BETA, method="lanczos", n_eigenvalues=3, which=which,
            tangent=tangent,
        )  # fmt: skip
    ends = {"largest": exact[-3:], "smallest": exact[:3]}
    ends["both"] = np.append(ends["smallest"], ends["largest"])
    assert found.converged
    assert found.error_bound.max() <= 1e-8 * np.abs(exact).max()
    rounding = 1e-13 * np.abs(exact).max()
    assert np.all(
        np.abs(found.eigenvalues - ends[which]) <= found.error_bound + rounding
    )
    assert np.isnan(found.smallest) == (which == "largest")
    assert np.isnan(found.largest) == (which == "smallest")


def test_lanczos_that_stops_early_says_so_and_its_bounds_hold():
    model, X, y = random_solution(MACHINES["full"], 60, 40, True)
    exact = np.linalg.eigvalsh(dense(model, X, y))
    with pytest.warns(ConvergenceWarning, match="max_iter=12 steps with residuals"):
        found = hessian_spectrum(
            model, X, y, BETA, method="lanczos", n_eigenvalues=2, max_iter=12
        )
    assert not found.converged
    distance = np.abs(found.eigenvalues[:, None] - exact).min(axis=1)
    assert np.all(distance <= found.error_bound)
    assert found.error_bound.max() > 1e-6 * exact[-1]


def test_more_eigenvalues_than_there_are_is_all_of_them():
    model, X, y = random_solution(MACHINES["perceptron"], 20, 4, False)
    exact = np.linalg.eigvalsh(dense(model, X, y))
    found = hessian_spectrum(
        model, X, y, BETA, method="lanczos", n_eigenvalues=9, which="largest"
    )
    np.testing.assert_allclose(found.eigenvalues, exact, atol=1e-10 * exact[-1])


def smoothed(eigenvalues, grid, width):
    z = (grid[:, None] - eigenvalues) / width
    return np.exp(-(z**2) / 2).mean(axis=1) / (width * np.sqrt(2 * np.pi))


def test_density_is_within_three_of_its_error_bars(machine):
    model, X, y = random_solution(machine, 60, 45, True)
    exact = hessian_spectrum(model, X, y, BETA).eigenvalues
    found = hessian_spectrum(model, X, y, BETA, method="slq", n_probes=100).density
    expected = smoothed(exact, found.grid, found.width)
    # Where the density is zero to ten digits its error is rounding.
    seen = expected > 1e-10 * expected.max()
    deviation = np.abs(found.density - expected)[seen] / found.error[seen]
    assert deviation.max() < 3


def test_error_bars_are_those_of_repeated_estimates():
    """Calibration: deviations in units of the bars have variance one."""
    model, X, y = random_solution(MACHINES["full"], 60, 45, True)
    exact = hessian_spectrum(model, X, y, BETA).eigenvalues
    deviations = []
    for seed in range(40):
        found = hessian_spectrum(
            model, X, y, BETA, method="slq", n_probes=20, resolution=20,
            random_state=seed,
        ).density  # fmt: skip
        expected = smoothed(exact, found.grid, found.width)
        middle = len(found.grid) // 2
        deviations.append((found.density - expected)[middle] / found.error[middle])
    # 40 values: the standard error of their root mean square is about 0.12.
    assert 0.6 < np.sqrt(np.mean(np.square(deviations))) < 1.5


def test_density_integrates_to_one_and_to_the_mean_eigenvalue():
    model, X, y = random_solution(MACHINES["full"], 60, 45, True)
    spectrum = hessian_spectrum(model, X, y, BETA, method="slq", n_probes=100)
    found = spectrum.density
    step = found.grid[1] - found.grid[0]
    # Rademacher probes have unit weight exactly; the rest is the grid's end, 4 sigma.
    assert found.density.sum() * step == pytest.approx(1, abs=1e-4)
    matrix = dense(model, X, y)
    # Variance of a Rademacher estimate of the trace: 2 sum of squares off the diagonal.
    off = matrix - np.diag(np.diag(matrix))
    error = np.sqrt(2 * (off**2).sum() / 100) / len(matrix)
    mean = (found.grid * found.density).sum() * step
    assert mean == pytest.approx(spectrum.trace / len(matrix), abs=3 * error)
    assert spectrum.eigenvalues is None
    assert np.isnan(spectrum.largest)


def test_density_does_not_depend_on_n_jobs():
    model, X, y = random_solution(MACHINES["tree"], 30, 25, True)
    options = {"method": "slq", "n_probes": 6, "resolution": 10}
    one = hessian_spectrum(model, X, y, BETA, **options).density
    two = hessian_spectrum(model, X, y, BETA, n_jobs=2, **options).density
    assert np.array_equal(one.density, two.density)
    assert np.array_equal(one.error, two.error)


@pytest.mark.parametrize("method", ["exact", "lanczos", "slq"])
def test_nothing_is_changed_and_numbers_are_reproducible(method):
    model, X, y = random_solution(MACHINES["full"], 20, 15, True)
    before, state = fingerprint(model, X, y), global_random_state()
    first = hessian_spectrum(model, X, y, BETA, method=method, tangent=True)
    again = hessian_spectrum(model, X, y, BETA, method=method, tangent=True)
    assert fingerprint(model, X, y) == before
    assert global_random_state() == state
    assert joblib.hash(first) == joblib.hash(again)


def test_training_errors_are_reported():
    model, X, y = random_solution(MACHINES["full"], 20, 15, False)
    y[:4] *= -1
    with pytest.warns(UserWarning, match="wrong on 4 of 20 patterns.*smallest_beta"):
        found = hessian_spectrum(model, X, y, 1e3)
    assert found.n_errors == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "power"}, "method='power' is not known: use one of"),
        ({"which": "LM"}, "which='LM' is not known"),
        ({"n_eigenvalues": 0}, "n_eigenvalues=0 is not an integer of at least 1"),
        ({"n_probes": 1}, "n_probes=1 is not an integer of at least 2"),
        ({"resolution": 0.5}, "resolution=0.5 is not an integer"),
        ({"max_iter": True}, "max_iter=True is not an integer"),
        ({"tol": 0}, "tol=0 is not a positive"),
        ({"method": "slq", "blocks": True}, "blocks=True needs method='exact'"),
    ],
)
def test_parameters_that_are_wrong(options, message):
    model, X, y = random_solution(MACHINES["full"], 20, 15, False)
    with pytest.raises(ValueError, match=message):
        hessian_spectrum(model, X, y, BETA, **options)
