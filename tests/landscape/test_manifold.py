"""Dimension of the set of minima: n - d where patterns are in general position."""

import numpy as np
import pytest
from known_solutions import (
    MACHINES,
    fingerprint,
    global_random_state,
    random_solution,
)
from sklearn.exceptions import ConvergenceWarning

from skwfm import LALClassifier
from skwfm.architectures import FullCommittee, TreeCommittee, TreeParity
from skwfm.datasets import make_random_patterns
from skwfm.landscape import minima_manifold

SHAPES = [(FullCommittee(3), 7, 5), (FullCommittee(5), 12, 8), (FullCommittee(1), 5, 9)]
SHAPES += [
    (TreeCommittee(3), 10, 15),
    (TreeParity(3), 12, 18),
    (TreeCommittee(5), 1, 5),
]


@pytest.mark.parametrize(("machine", "n_samples", "n_features"), SHAPES)
def test_generic_patterns_give_n_minus_d(machine, n_samples, n_features, fit_intercept):
    model, X, y = random_solution(machine, n_samples, n_features, fit_intercept)
    found = minima_manifold(model, X, y)
    sizes = [len(f) + fit_intercept for f in machine.receptive_fields(n_features)]
    assert found.n_weights == sum(sizes)
    assert found.n_patterns == found.rank == n_samples
    assert found.dimension == sum(sizes) - n_samples
    assert found.hessian_nullity == found.dimension
    assert found.converged
    assert found.residual <= 1e-12
    assert found.gap == np.inf


def test_end_point_interpolates_and_the_hessian_is_that_of_the_loss_there():
    model, X, y = random_solution(FullCommittee(3), 6, 5, False)
    found = minima_manifold(model, X, y, target=0.4, beta=0.7)
    weights = found.weights.reshape(3, 5)
    t = np.tanh(0.7 * X @ weights.T)
    np.testing.assert_allclose(t.sum(axis=1) / np.sqrt(3), 0.4 * y, atol=1e-12)
    slope = 0.7 * (1 - t**2) / np.sqrt(3)
    jacobian = (slope[:, :, None] * X[:, None, :]).reshape(6, 15)
    np.testing.assert_allclose(
        found.singular_values, np.linalg.svd(jacobian)[1], rtol=1e-10
    )
    np.testing.assert_allclose(
        found.hessian_eigenvalues[-6:], found.singular_values[::-1] ** 2 / 12, rtol=1e-9
    )


def test_steps_have_least_norm():
    """A perceptron with fields far from saturation is almost linear: one projection."""
    model, X, y = random_solution(FullCommittee(1), 4, 9, False)
    found = minima_manifold(model, X, y, beta=1e-4, target=1e-6)
    start = model.coef_[0]
    linear = start - np.linalg.pinv(1e-4 * X) @ (1e-4 * X @ start - 1e-6 * y)
    np.testing.assert_allclose(found.weights, linear, atol=1e-6)


@pytest.mark.parametrize("n_copies", [1, 3])
def test_repeated_patterns_have_less_rank(n_copies):
    """A pattern seen twice is one condition: d counts it twice, the rank once."""
    model, X, y = random_solution(FullCommittee(3), 6, 5, True)
    X, y = np.vstack([X, X[:n_copies]]), np.append(y, y[:n_copies])
    found = minima_manifold(model, X, y)
    assert found.n_patterns == 6 + n_copies
    assert found.rank == 6
    assert found.dimension == 18 - 6
    assert found.hessian_nullity == found.dimension
    assert found.gap > 1e10


def test_a_trained_overparameterised_committee():
    X, y = make_random_patterns(40, 30, random_state=0)
    model = LALClassifier(n_hidden=5, random_state=0).fit(X, y)
    found = minima_manifold(model, X, y)
    assert (found.n_weights, found.rank, found.dimension) == (155, 40, 115)
    assert found.hessian_nullity == 115


def test_moving_along_the_null_space_stays_at_the_minimum():
    """To first order: the residual grows with the square of the step."""
    model, X, y = random_solution(FullCommittee(3), 6, 5, False)
    found = minima_manifold(model, X, y)
    t = np.tanh(X @ found.weights.reshape(3, 5).T)
    jacobian = ((1 - t**2)[:, :, None] * X[:, None, :]).reshape(6, 15) / np.sqrt(3)
    null = np.linalg.svd(jacobian)[2][6:]
    assert len(null) == found.dimension
    direction = null.T @ np.random.default_rng(0).normal(size=len(null))

    def residual(step):
        w = (found.weights + step * direction).reshape(3, 5)
        return np.abs(np.tanh(X @ w.T).sum(axis=1) / np.sqrt(3) - 0.5 * y).max()

    assert residual(1e-3) / residual(1e-4) == pytest.approx(100, rel=0.05)


def test_contradicting_labels_cannot_be_interpolated():
    model, X, y = random_solution(FullCommittee(3), 6, 5, False)
    X, y = np.vstack([X, X[:1]]), np.append(y, -y[:1])
    with (
        pytest.warns(UserWarning, match="makes 1 training errors"),
        pytest.warns(ConvergenceWarning, match="equal patterns with different labels"),
    ):
        found = minima_manifold(model, X, y)
    assert not found.converged
    assert found.residual >= 0.5 - 1e-6


def test_nothing_is_changed():
    model, X, y = random_solution(MACHINES["overlapping"], 8, 10, True)
    before, state = fingerprint(model, X, y), global_random_state()
    minima_manifold(model, X, y)
    assert fingerprint(model, X, y) == before
    assert global_random_state() == state


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beta": 0}, "beta=0 is not a positive"),
        ({"target": -0.5}, "target=-0.5 is not a positive"),
        ({"tol": np.nan}, "tol=nan is not"),
        ({"rank_tol": 0.0}, "rank_tol=0.0 is not a positive finite number.*or None"),
        ({"max_iter": 0}, "max_iter=0 is not an integer"),
    ],
)
def test_parameters_that_are_wrong(options, message):
    model, X, y = random_solution(FullCommittee(3), 6, 5, False)
    with pytest.raises(ValueError, match=message):
        minima_manifold(model, X, y, **options)


def test_too_many_patterns():
    model, X, y = random_solution(FullCommittee(3), 15, 5, False)
    with pytest.raises(ValueError, match="X has 15 patterns for 15 weights"):
        minima_manifold(model, X, y)


def test_targets_out_of_reach_do_not_converge():
    model, X, y = random_solution(TreeParity(3), 6, 9, False)
    with pytest.warns(ConvergenceWarning, match="lower beta or target"):
        found = minima_manifold(model, X, y, target=1.5, max_iter=10)
    assert not found.converged
