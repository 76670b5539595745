"""Focusing by expectation propagation finds solutions and says how it got there."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from skwfm.architectures import FullCommittee
from skwfm.datasets import load_dress_coat
from skwfm.inference import Factors, SphericalPrior, ep
from skwfm.inference.focusing_ep import focus, focusing_steps

GAMMAS = np.geomspace(0.5, 30, 6)


@pytest.fixture(scope="module")
def factors():
    """Random labels on correlated inputs, half as many as weights of one unit."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((60, 3)) @ rng.standard_normal((3, 80))
    inputs += rng.standard_normal(inputs.shape)
    return Factors(inputs, rng.choice([-1.0, 1.0], 60), FullCommittee(3))


@pytest.fixture(scope="module")
def result(factors):
    return focus(factors, GAMMAS, n_replicas=5, rng=0, max_sweeps=60)


def test_ends_without_errors(factors, result):
    assert result.n_errors == 0
    assert result.converged
    hidden = np.where(factors.inputs @ result.weights.T >= 0, 1.0, -1.0)
    np.testing.assert_array_equal(np.sign(hidden.sum(axis=1)), factors.labels)
    np.testing.assert_allclose(np.linalg.norm(result.weights, axis=1), 1)


def test_diagnostics_tell_every_step(result):
    np.testing.assert_array_equal(result.gammas, GAMMAS)
    assert result.errors.shape == result.residuals.shape == GAMMAS.shape
    assert result.errors[-1] == 0
    assert np.all((result.concentrations > 0) & (result.concentrations < 1))
    assert GAMMAS.size <= result.n_sweeps <= 60 * GAMMAS.size


def test_noise_tells_units_apart(factors, result):
    overlaps = (result.weights @ result.weights.T)[np.triu_indices(3, 1)]
    assert np.all(overlaps < 0.99)
    again = focus(factors, GAMMAS, n_replicas=5, rng=0, max_sweeps=60)
    np.testing.assert_array_equal(again.weights, result.weights)


def test_no_coupling_is_the_plain_posterior(factors):
    (step,) = focusing_steps(factors, [0.0], rng=0, tol=1e-8, max_sweeps=300)
    plain = ep.run(
        factors,
        SphericalPrior(),
        tol=1e-8,
        rng=np.random.default_rng(0),
        max_sweeps=300,
    )
    assert step.posterior.converged
    np.testing.assert_allclose(step.posterior.mean, plain.mean, atol=1e-5)


def test_steps_are_lazy_and_go_on_from_each_other(factors):
    steps = focusing_steps(factors, GAMMAS, rng=0, max_sweeps=60)
    first, second = next(steps), next(steps)
    assert (first.gamma, second.gamma) == tuple(GAMMAS[:2])
    cold = next(focusing_steps(factors, GAMMAS[1:], rng=0, max_sweeps=60))
    assert second.posterior.residuals[0] < cold.posterior.residuals[0]


def test_interruption_ends_the_protocol(factors):
    sweeps = []

    def interrupt(sweep):
        sweeps.append(sweep)
        if len(sweeps) == 30:
            raise KeyboardInterrupt

    result = focus(factors, GAMMAS, rng=0, callback=interrupt)
    assert result.posterior.status == "interrupted"
    assert not result.converged
    assert len(result.gammas) < len(GAMMAS)
    assert np.isfinite(result.weights).all()


def test_no_couplings():
    factors = Factors(np.eye(3), np.ones(3), FullCommittee(1))
    with pytest.raises(ValueError, match="gammas is empty"):
        focus(factors, [])


@pytest.mark.slow
def test_dress_coat():
    """Nine units on 500 images: no errors, and better than nine in ten on new ones."""
    train = load_dress_coat(n_per_class=250, random_state=0)
    test = load_dress_coat(subset="test")
    coat = np.max(train.target)
    labels = np.where(train.target == coat, 1.0, -1.0)
    factors = Factors(train.data, labels, FullCommittee(9))
    result = focus(factors, np.geomspace(0.5, 30, 12), rng=0)
    assert result.n_errors == 0
    votes = np.where(test.data @ result.weights.T >= 0, 1, -1).sum(axis=1)
    assert balanced_accuracy_score(test.target == coat, votes > 0) > 0.88
