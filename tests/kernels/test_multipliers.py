"""The compiled solution for the norm against Newton's method in plain NumPy."""

import numpy as np
import pytest

from skwfm.inference.priors.multipliers import Replicas, solve_norm

N_WEIGHTS = 60


def gaussian_moments(norm, linear, precision, reference, overlap, replicas):
    """Moments of every weight, and lambda, at a trial Lambda."""
    alone, pull = 1 / (norm + precision), 0.0
    if reference is not None:
        seen = np.vdot(reference * alone, reference)
        pull = (overlap * len(linear) - np.vdot(reference * alone, linear)) / seen
        linear = linear + pull * reference
    rho = replicas.precision(alone)
    return linear * alone, alone / (1 + rho * alone), pull


def plain_norm(linear, precision, reference, overlap, replicas):
    """Bisection: slow, and nothing to go wrong."""
    low, high = -precision.min(), 1e6
    for _ in range(2000):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        mean, variance, pull = gaussian_moments(
            middle, linear, precision, reference, overlap, replicas
        )
        size = (np.vdot(mean, mean) + variance.sum()) / len(mean)
        low, high = (middle, high) if size > 1 else (low, middle)
    return middle, mean, variance, pull


def draw(kind):
    """A, B and r: precisions of three units, of every weight, or of one sign."""
    rng = np.random.default_rng(3)
    linear, reference = rng.normal(size=(2, N_WEIGHTS))
    units = np.repeat([0.7, 1.9, 0.2], N_WEIGHTS // 3)
    weights = rng.uniform(0.1, 3.0, N_WEIGHTS)
    precision = {"units": units, "weights": weights, "negative": weights - 2}[kind]
    return 3 * linear, precision, reference / np.sqrt(np.mean(reference**2))


@pytest.mark.parametrize("start", [0.1, 1.0, 300.0, -50.0])
@pytest.mark.parametrize("replicas", [Replicas(), Replicas(10, 3.0)], ids=str)
@pytest.mark.parametrize("overlap", [None, 0.3, 0.999])
@pytest.mark.parametrize("kind", ["units", "weights", "negative"])
def test_newton_finds_what_bisection_finds(kind, overlap, replicas, start):
    linear, precision, reference = draw(kind)
    reference = None if overlap is None else reference
    problem = linear, precision, reference, overlap, replicas
    norm, mean, variance, pull = solve_norm(*problem, start)
    expected = plain_norm(*problem)
    for found, value in zip((norm, mean, variance, pull), expected, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-9, atol=1e-11)
    assert np.mean(mean**2 + variance) == pytest.approx(1, abs=1e-12)
    if overlap is not None:
        assert np.mean(reference * mean) == pytest.approx(overlap, abs=1e-12)


def test_runs_of_equal_precision_are_single_weights_together():
    linear, precision, reference = draw("units")
    order = np.random.default_rng(0).permutation(N_WEIGHTS)
    replicas = Replicas(5, 1.0)
    norm, mean, variance, pull = solve_norm(
        linear, precision, reference, 0.5, replicas, 1.0
    )
    mixed = solve_norm(
        linear[order], precision[order], reference[order], 0.5, replicas, 1.0
    )
    assert mixed[0] == pytest.approx(norm, rel=1e-12)
    assert mixed[3] == pytest.approx(pull, rel=1e-12)
    np.testing.assert_allclose(mixed[1], mean[order], rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(mixed[2], variance[order], rtol=1e-11)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("which", [0, 1])
def test_messages_that_are_not_finite_are_errors(which, bad):
    messages = [np.ones(5), np.ones(5)]
    messages[which][3] = bad
    with pytest.raises(FloatingPointError, match="not finite"):
        solve_norm(*messages, None, None, Replicas(), 1.0)


def test_the_arguments_stay_as_they_are():
    linear, precision, reference = draw("weights")
    before = [x.copy() for x in (linear, precision, reference)]
    solve_norm(linear, precision, reference, 0.4, Replicas(3, 2.0), 1.0)
    for x, y in zip((linear, precision, reference), before, strict=True):
        np.testing.assert_array_equal(x, y)
