"""Focusing finds solutions with every engine and says how it got there."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.datasets import load_dress_coat, make_random_patterns
from skwfm.inference import (
    BinaryPrior,
    Factors,
    Focusing,
    SphericalPrior,
    focusing_steps,
    geometric_protocol,
    infer,
)

GAMMAS = np.geomspace(0.5, 30, 6)
# That a coupling does not converge is part of the protocol.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def correlated():
    """Random labels on correlated inputs, fewer than the weights of one unit."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((60, 3)) @ rng.standard_normal((3, 80))
    inputs += rng.standard_normal(inputs.shape)
    return Factors(inputs, rng.choice([-1.0, 1.0], 60), FullCommittee(3))


@pytest.fixture(scope="module")
def random_tree():
    return Factors(*make_random_patterns(150, 303, random_state=0), TreeCommittee(3))


def follow(factors, method, gammas=GAMMAS, prior=None, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return list(
            focusing_steps(
                factors, prior or SphericalPrior(), gammas, 5, method=method,
                random_state=0, tol=1e-3, max_sweeps=60, **options,
            )
        )  # fmt: skip


def test_ep_solves_correlated_patterns(correlated):
    last = follow(correlated, "ep")[-1]
    assert last.n_errors == 0
    hidden = np.where(correlated.inputs @ last.weights.T >= 0, 1.0, -1.0)
    np.testing.assert_array_equal(np.sign(hidden.sum(axis=1)), correlated.labels)
    np.testing.assert_allclose(np.linalg.norm(last.weights, axis=1), 1)
    overlaps = (last.weights @ last.weights.T)[np.triu_indices(3, 1)]
    assert np.all(overlaps < 0.99)


@pytest.mark.parametrize("method", ["amp", "bp", "ep"])
def test_every_engine_solves_random_patterns_on_a_tree(random_tree, method):
    steps = follow(random_tree, method)
    assert [step.gamma for step in steps] == list(GAMMAS)
    assert steps[-1].n_errors == 0
    assert 0 < steps[0].concentration < steps[-1].concentration < 1


def test_binary_weights_are_signs(random_tree):
    last = follow(random_tree, "amp", prior=BinaryPrior(), binary=True)[-1]
    assert last.n_errors == 0
    sizes = np.unique(np.abs(last.weights).round(12))
    np.testing.assert_allclose(sizes, [0, 1 / np.sqrt(101)])


def test_no_coupling_is_the_plain_posterior(correlated):
    options = {"method": "ep", "random_state": 0, "tol": 1e-8, "max_sweeps": 400}
    (step,) = focusing_steps(correlated, SphericalPrior(), [0.0], **options)
    plain = infer(correlated, SphericalPrior(), **options)
    assert step.posterior.converged
    np.testing.assert_allclose(step.posterior.mean, plain.mean, atol=1e-5)


def test_steps_go_on_from_each_other(correlated):
    warm = follow(correlated, "ep")[1]
    cold = follow(correlated, "ep", GAMMAS[1:])[0]
    assert warm.gamma == cold.gamma
    assert warm.posterior.residuals[0] < cold.posterior.residuals[0]


def test_interruption_ends_the_protocol(correlated):
    sweeps = []

    def interrupt(sweep):
        sweeps.append(sweep)
        if len(sweeps) == 30:
            raise KeyboardInterrupt

    steps = follow(correlated, "ep", callback=interrupt)
    assert steps[-1].posterior.status == "interrupted"
    assert len(steps) < len(GAMMAS)
    assert np.isfinite(steps[-1].weights).all()


def test_published_protocol():
    gammas = list(geometric_protocol())
    assert len(gammas) == 30
    assert gammas[0] == pytest.approx(0.5)
    assert gammas[-1] == pytest.approx(30)
    assert np.allclose(np.diff(np.log(gammas)), np.log(60) / 29)


@pytest.mark.slow
def test_first_sweeps_on_images_are_not_thrown_off():
    """Where a fixed damping of 0.8 leads to residuals above 100, shortened steps stay.

    A residual of 1 is a step of one standard deviation.
    """
    X, y = load_dress_coat(n_per_class=250, random_state=8, return_X_y=True)
    labels = np.where(y == np.unique(y)[1], 1.0, -1.0)
    factors = Factors(X, labels, FullCommittee(9))
    fixed, adaptive = (
        infer(
            factors, Focusing(SphericalPrior(), 10, 0.5), method="ep",
            damping=damping, max_sweeps=4, random_state=1008,
        ).residuals.max()
        for damping in (0.8, None)
    )  # fmt: skip
    assert fixed > 100
    assert adaptive < 10


class TestStartNoises:
    """Coming down from noisy labels, for any engine."""

    def factors(self, labels=None):
        rng = np.random.default_rng(3)
        X, w = rng.standard_normal((60, 40)), rng.standard_normal((3, 40))
        y = np.sign(np.sign(X @ w.T).sum(axis=1)) if labels is None else labels
        return Factors(X, y, FullCommittee(3))

    def steps(self, factors, method="ep", noises=(0.3, 0.1, 0.03), **options):
        options = {"method": method, "random_state": 0, "max_sweeps": 8, **options}
        found = focusing_steps(
            factors, SphericalPrior(), [1.0, 4.0], start_noises=noises, **options
        )
        return list(found)

    @pytest.mark.parametrize("method", ["ep", "amp"])
    def test_first_coupling_starts_where_the_last_noise_ended(self, method):
        factors = self.factors()
        (first, _), softer, start = self.steps(factors, method), factors.soft(), None
        options = {"method": method, "random_state": 0, "max_sweeps": 8}
        coupled = Focusing(SphericalPrior(), 10, 1.0)
        for noise in (0.3, 0.1, 0.03):
            at_noise = softer.at(label_noise=noise)
            start = infer(at_noise, coupled, warm_start=start, **options)
        expected = infer(factors, coupled, warm_start=start, **options)
        np.testing.assert_allclose(
            first.posterior.flat_mean, expected.flat_mean, rtol=1e-9, atol=1e-12
        )

    def test_few_sweeps_are_enough(self):
        assert self.steps(self.factors())[-1].n_errors == 0

    def test_noises_not_above_that_of_the_factors_are_left_out(self):
        factors = self.factors().soft().at(label_noise=0.2)
        some, one = (self.steps(factors, noises=n) for n in ((0.3, 0.1), (0.3,)))
        np.testing.assert_array_equal(some[-1].weights, one[-1].weights)

    def test_patterns_with_two_labels_start_without(self):
        rng = np.random.default_rng(0)
        X = np.repeat(rng.standard_normal((20, 30)), 2, axis=0)
        factors = Factors(X, rng.choice([-1.0, 1.0], 40), FullCommittee(3))
        with_noises, without = self.steps(factors), self.steps(factors, noises=())
        assert len(with_noises) == len(without)
        for step, other in zip(with_noises, without, strict=True):
            np.testing.assert_array_equal(step.weights, other.weights)

    def test_an_interrupted_noise_ends_the_protocol(self):
        def interrupt(sweep):
            raise KeyboardInterrupt

        (step,) = self.steps(self.factors(), callback=interrupt)
        assert step.outcome == "interrupted"
        assert step.gamma == 1.0
