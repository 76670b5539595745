"""The majority probability against enumeration in long arithmetic."""

import itertools

import numpy as np
import pytest

from skwfm.theory.numerics.majority import majority

mpmath = pytest.importorskip("mpmath")


def evaluate(a):
    K = len(a)
    grad, hess = np.empty(K), np.empty((K, K))
    value = majority(np.asarray(a, float), grad, hess, np.empty((6, K + 1)), 2)
    return value, grad, hess


def enumerate_log_majority(a):
    with mpmath.workdps(200):
        right = [mpmath.erfc(mpmath.mpf(x) / mpmath.sqrt(2)) / 2 for x in a]
        total = mpmath.mpf(0)
        for votes in itertools.product([0, 1], repeat=len(a)):
            if 2 * sum(votes) > len(a):
                factors = [h if v else 1 - h for h, v in zip(right, votes, strict=True)]
                total += mpmath.fprod(factors)
        return float(mpmath.log(total))


@pytest.mark.parametrize("n_hidden", [1, 3, 5, 7])
@pytest.mark.parametrize("scale", [0.5, 3.0, 9.0])
def test_value_is_exact_in_the_tails(n_hidden, scale):
    rng = np.random.default_rng(n_hidden)
    for _ in range(4):
        a = scale * rng.standard_normal(n_hidden)
        assert evaluate(a)[0] == pytest.approx(
            enumerate_log_majority(a), rel=1e-10, abs=0
        )


@pytest.mark.parametrize("n_hidden", [1, 3, 5, 7])
@pytest.mark.parametrize("scale", [0.5, 3.0, 20.0])
def test_derivatives(n_hidden, scale):
    rng = np.random.default_rng(n_hidden)
    a = scale * rng.standard_normal(n_hidden)
    _, grad, hess = evaluate(a)
    for l in range(n_hidden):
        h = 1e-5 * np.eye(n_hidden)[l]
        (up, grad_up, _), (down, grad_down, _) = evaluate(a + h), evaluate(a - h)
        atol = 1e-6 * (1 + np.abs(grad).max())
        assert (up - down) / 2e-5 == pytest.approx(grad[l], rel=1e-5, abs=atol)
        np.testing.assert_allclose(
            (grad_up - grad_down) / 2e-5, hess[l], rtol=1e-5, atol=atol
        )


def test_curvature_is_never_below_minus_one():
    """Log of a Gaussian-smoothed indicator: what makes A > -1 a convex problem."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        _, _, hess = evaluate(5 * rng.standard_normal(3))
        assert np.linalg.eigvalsh(hess).min() >= -1 - 1e-9
