"""Ties count where weights are +-1, for each pattern by itself; real ones have none."""

from itertools import product

import numpy as np
import pytest

from skwfm.architectures import FullCommittee
from skwfm.inference import BinaryPrior, Factors, SphericalPrior, infer

ENGINES = ["amp", "bp", "ep"]


def log_mean(X, y, beta):
    """Log of the mean of exp(-beta errors) of all +-1 weights of one unit."""
    weights = np.array(list(product([-1, 1], repeat=X.shape[1])))
    errors = (np.where(X @ weights.T >= 0, 1, -1) != y[:, None]).sum(axis=0)
    counts = np.exp(-beta * errors) if np.isfinite(beta) else errors == 0
    return np.log(counts.mean())


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize("n_samples", [8, 40])
def test_ties_of_zeros_and_ones_are_those_of_each_pattern(method, n_samples):
    """Also in more than one chunk of bp, which visits them in random order."""
    rng, beta = np.random.default_rng(3), 1.0 if n_samples == 8 else 0.2
    X, y = rng.integers(0, 2, (n_samples, 16)), -np.ones(n_samples)
    expected, found = log_mean(X, y, beta), []
    for c in (1, 2, 0.3):
        factors = Factors(c * X, y, FullCommittee(1), beta_ne=beta)
        posterior = infer(factors, BinaryPrior(), method=method, random_state=0,
                          tol=1e-10, max_sweeps=1000)  # fmt: skip
        found.append(16 * posterior.log_volume)
    np.testing.assert_allclose(found[1:], found[0], rtol=1e-6)
    # With the thresholds at 0 it is .2 to .35 off for 8 patterns. Inputs of 0 and 1
    # correlate the fields, which only ep knows.
    assert found[0] == pytest.approx(expected, abs=0.03 if method == "ep" else 0.2)


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize("n_hidden", [1, 3])
def test_real_weights_get_one_of_two_opposites_wrong(method, n_hidden):
    X = np.random.default_rng(1).choice([-1, 1], (4, 16))
    machine = FullCommittee(n_hidden)
    factors = Factors(np.vstack([X, -X]), np.ones(8), machine, beta_ne=2.0)
    found = infer(factors, SphericalPrior(), method=method)
    assert found.expected_errors == pytest.approx(4, abs=1e-9)
    assert found.log_volume * factors.n_weights == pytest.approx(-8, abs=1e-9)
    again = infer(factors, SphericalPrior(), method=method, warm_start=found)
    assert again.converged


def test_the_correction_leaves_out_patterns_that_count_nothing():
    rng = np.random.default_rng(1)
    X, y = rng.choice([-1, 1], (5, 16)), np.array([1, -1, 1, -1, 1])
    sides = np.vstack([X, -X[:2]]), np.r_[y, -y[:2]]
    found, expected = (
        infer(Factors(*patterns, FullCommittee(3), sample_weight=np.ones(len(y))),
              SphericalPrior(), method="ep", corrected=True, tol=1e-10)
        for patterns, y in ((sides, sides[1]), ((X, y), y))
    )  # fmt: skip
    assert found.n_samples == 7
    assert found.correction == pytest.approx(expected.correction, abs=1e-7)
    assert found.log_volume == pytest.approx(expected.log_volume, abs=1e-8)


@pytest.mark.parametrize("method", ENGINES)
def test_weights_of_signs_can_answer_both_of_two_opposites_by_a_tie(method):
    """Real weights have no ties: the labels of both contradict each other."""
    factors = Factors(np.array([[1.0, 1], [-1, -1]]), [1, 1], FullCommittee(1))
    assert log_mean(factors.inputs, factors.labels, np.inf) == np.log(0.5)
    found = infer(factors, BinaryPrior(), method=method, damping=0.5, max_sweeps=1000)
    assert found.converged
    assert np.isfinite(found.log_volume)
    assert factors.contradiction == (0, 1)
