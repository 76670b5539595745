"""How a run of expectation propagation starts, stops and fails."""

from types import SimpleNamespace

import numpy as np
import pytest

from skwfm.architectures import FullCommittee
from skwfm.inference import Factors, ReferencePrior, SphericalPrior
from skwfm.inference.engines.damping import ResidualDamping
from skwfm.inference.ep import engine as ep_engine
from skwfm.inference.ep.engine import EPEngine
from skwfm.inference.ep.geometry import Span
from skwfm.inference.priors.interface import bind_prior

DAMPED_STEPS = SimpleNamespace(has_combined_steps=False)


@pytest.fixture
def factors():
    rng = np.random.default_rng(0)
    inputs = rng.choice([-1.0, 1.0], (12, 30))
    return Factors(inputs, rng.choice([-1.0, 1.0], 12), FullCommittee(3))


def unsolvable():
    """Far more random labels than a perceptron can learn, no two patterns equal."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((60, 5))
    return Factors(inputs, rng.choice([-1.0, 1.0], 60), FullCommittee(1))


def test_warm_start_is_at_the_fixed_point(factors):
    cold = EPEngine.run(factors, SphericalPrior(), tol=1e-8)
    warm = EPEngine.run(factors, SphericalPrior(), cold.state, tol=1e-8)
    assert cold.n_iter > 10
    assert warm.n_iter == 1
    assert warm.log_evidence == pytest.approx(cold.log_evidence, rel=1e-12)


def test_warm_start_at_another_overlap(factors):
    weights = np.ones((3, 30)) / np.sqrt(30)
    near = EPEngine.run(factors, ReferencePrior(weights, 0.5))
    warm = EPEngine.run(factors, ReferencePrior(weights, 0.45), near.state, tol=1e-9)
    cold = EPEngine.run(factors, ReferencePrior(weights, 0.45), tol=1e-9)
    assert warm.absolute_entropy == pytest.approx(cold.absolute_entropy, rel=1e-12)


@pytest.mark.parametrize("temperature", [{}, {"label_noise": 0.05}])
def test_combined_steps_reach_the_same_fixed_point_sooner(temperature, monkeypatch):
    """The slow twin makes the damped steps alone."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(60, 50)) + 2 * rng.normal(size=(60, 3)) @ rng.normal(
        size=(3, 50)
    )
    labels = np.where(inputs @ rng.normal(size=50) >= 0, 1.0, -1.0)
    factors = Factors(inputs, labels, FullCommittee(3), **temperature)
    sweeps = {}
    for name, near in (("combined", ep_engine._NEAR), ("damped", -1.0)):
        monkeypatch.setattr(ep_engine, "_NEAR", near)
        found = EPEngine.run(factors, SphericalPrior(), tol=1e-10, max_sweeps=2000)
        assert found.converged
        sweeps[name] = found.n_iter, found.log_evidence, found.flat_mean
    assert sweeps["combined"][0] < 0.7 * sweeps["damped"][0]
    assert sweeps["combined"][1] == pytest.approx(sweeps["damped"][1], rel=1e-10)
    np.testing.assert_allclose(sweeps["combined"][2], sweeps["damped"][2], atol=1e-8)


def test_combined_steps_do_not_change_the_damping(factors):
    """The residual after them may rise, which damping would not have prevented."""
    engine = EPEngine(factors, bind_prior(SphericalPrior(), factors))
    rule = ResidualDamping(0.5)
    for combined, residual, damping in (
        (False, 0.1, 0.475),
        (True, 0.2, 0.475),
        (True, 0.1, 0.475),
        (False, 0.2, 0.6325),
    ):
        engine._acceleration.has_combined = combined
        rule.follow(residual, engine)
        assert rule.value == pytest.approx(damping, rel=1e-12)


def test_state_is_a_copy(factors):
    cold = EPEngine.run(factors, SphericalPrior(), max_sweeps=3)
    before = cold.state.precision.copy()
    EPEngine.run(factors, SphericalPrior(), cold.state)
    np.testing.assert_array_equal(cold.state.precision, before)


def test_sites_of_some_patterns_among_more(factors):
    """The others have no sites yet: the posterior is that of the few."""
    rows, soft = np.array([1, 4, 5, 9]), factors.soft()
    few = EPEngine.run(soft.take(rows), SphericalPrior(), tol=1e-8)
    state = few.state.among(rows, 12)
    start = EPEngine(soft, bind_prior(SphericalPrior(), soft), state)
    np.testing.assert_allclose(start.weights()[0], few.flat_mean, atol=1e-6)
    np.testing.assert_allclose(start.weights()[1], few.flat_variance, atol=1e-6)


def test_state_of_another_problem(factors):
    other = Factors(factors.inputs[:5], factors.labels[:5], factors.architecture)
    state = EPEngine.run(other, SphericalPrior()).state
    with pytest.raises(ValueError, match=r"shape \(5, 3\).*needs \(12, 3\)"):
        EPEngine.run(factors, SphericalPrior(), state)


def test_pattern_without_inputs_is_refused(factors):
    inputs = factors.inputs.copy()
    inputs[4] = 0
    blind = Factors(inputs, factors.labels, factors.architecture)
    with pytest.raises(ValueError, match=r"zero on 1 of \d+ .*fit_intercept=True"):
        EPEngine.run(blind, SphericalPrior())
    seen = Factors(inputs, factors.labels, factors.architecture, fit_intercept=True)
    assert EPEngine.run(seen, SphericalPrior()).converged


def test_unsolvable_patterns_do_not_converge():
    posterior = EPEngine.run(unsolvable(), SphericalPrior())
    assert not posterior.converged
    assert posterior.status in ("max_sweeps", "diverged")
    assert np.isnan([posterior.log_evidence, posterior.log_volume]).all()


def test_contradiction_is_named(factors):
    inputs = np.vstack([factors.inputs, factors.inputs[:1]])
    labels = np.append(factors.labels, -factors.labels[0])
    posterior = EPEngine.run(
        Factors(inputs, labels, factors.architecture), SphericalPrior(), max_sweeps=50
    )
    assert not posterior.converged
    assert np.isnan(posterior.log_volume)


def test_residuals_and_max_sweeps(factors):
    posterior = EPEngine.run(factors, SphericalPrior(), max_sweeps=4, tol=1e-12)
    assert (posterior.status, posterior.n_iter) == ("max_sweeps", 4)
    assert posterior.residuals.shape == (4,)
    assert np.all(np.diff(posterior.residuals) < 0)
    assert np.isfinite(posterior.mean).all()


def test_callback_sees_and_stops(factors):
    seen, mean = [], np.empty(factors.n_weights)

    def stop_at_five(sweep):
        seen.append((sweep.n_iter, sweep.residual))
        mean[:] = sweep.mean
        return sweep.n_iter == 5

    posterior = EPEngine.run(factors, SphericalPrior(), callback=stop_at_five)
    assert posterior.status == "stopped"
    assert [sweep for sweep, _ in seen] == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal([r for _, r in seen], posterior.residuals)
    np.testing.assert_array_equal(factors.dense(mean), posterior.mean)


def test_interruption_leaves_a_posterior(factors):
    def interrupt(sweep):
        if sweep.n_iter == 3:
            raise KeyboardInterrupt

    posterior = EPEngine.run(factors, SphericalPrior(), callback=interrupt)
    assert (posterior.status, posterior.converged) == ("interrupted", False)
    assert np.isfinite(posterior.mean).all()
    assert np.isnan(posterior.log_evidence)


def test_improper_posterior_raises_lambda():
    """Sites so negative that the first Lambda fails: a larger one is found."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((6, 10))
    factors = Factors(inputs, np.ones(6), FullCommittee(1))
    state = ep_engine.EPState(np.full((6, 1), -5.0), np.zeros((6, 1)), np.ones(1))
    engine = EPEngine(factors, SphericalPrior().bind(factors), state)
    precision = inputs.T @ inputs / 10 * -5.0
    engine.sweep(0.5)
    norm = engine.prior.multipliers["norm"][0]
    assert norm > -np.linalg.eigvalsh(precision)[0] > 1
    assert np.trace(np.linalg.inv(norm * np.eye(10) + precision)) == pytest.approx(
        10, rel=2e-3
    )
    assert EPEngine.run(factors, SphericalPrior(), state).converged


def test_damping_eases_and_brakes():
    damping = ResidualDamping(0.7)
    eased = []
    for residual in (1.0, 0.5, 0.25):
        damping.follow(residual, DAMPED_STEPS)
        eased.append(damping.value)
    assert eased == sorted(eased, reverse=True)
    for residual in range(1, 60):
        damping.follow(residual, DAMPED_STEPS)
        assert eased[-1] < damping.value <= 1 - 0.03 / residual


def test_large_residuals_shorten_the_steps():
    damping = ResidualDamping(0.8)
    for residual in (100.0, 10.0):
        damping.follow(residual, DAMPED_STEPS)
        assert 0.2 / residual <= 1 - damping.value < 0.3 / residual
    damping.follow(0.5, DAMPED_STEPS)
    assert damping.value < 0.8


def test_given_damping_is_kept(factors):
    values = []
    EPEngine.run(
        factors,
        SphericalPrior(),
        damping=0.4,
        callback=lambda sweep: values.append(sweep.damping),
    )
    assert set(values) == {0.4}
    with pytest.raises(ValueError, match=r"damping=1.0.*\[0, 1\)"):
        EPEngine.run(factors, SphericalPrior(), damping=1.0)


def test_fixed_point_does_not_depend_on_damping_or_noise(factors):
    prior = SphericalPrior()
    runs = [
        EPEngine.run(factors, prior, tol=1e-10, damping=0.2),
        EPEngine.run(factors, prior, tol=1e-10, rng=np.random.default_rng(0)),
    ]
    entropies = [run.absolute_entropy for run in runs]
    assert entropies[0] == pytest.approx(entropies[1], rel=1e-12)


@pytest.mark.parametrize("shape", [(6, 11), (11, 6), (7, 7)])
def test_span_keeps_geometry(shape):
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal(shape)
    inputs[2] = inputs[1]  # repeated patterns leave an axis empty
    span, weights = Span.from_inputs(inputs), rng.standard_normal(shape[1])
    rotated = span.rotate(weights)
    assert span.rank == min(shape)
    np.testing.assert_allclose(
        span.coordinates @ rotated[: span.rank], inputs @ weights, atol=1e-12
    )
    np.testing.assert_allclose(span.rotate(rotated, back=True), weights, atol=1e-12)
    mixed = rng.standard_normal(shape[0])
    for precision in (mixed, np.abs(mixed), -np.abs(mixed)):
        np.testing.assert_allclose(
            np.triu(span.gram(precision)),
            np.triu(span.coordinates.T @ (precision[:, None] * span.coordinates)),
            atol=1e-12,
        )
    matrix = np.eye(span.rank) + np.triu(span.gram(np.abs(mixed)))
    inverse = np.linalg.inv(matrix + np.triu(matrix, 1).T)
    upper = np.linalg.cholesky(np.linalg.inv(inverse)).T
    root = span.factored(upper)
    np.testing.assert_allclose(
        root @ root.T, span.coordinates @ inverse @ span.coordinates.T, atol=1e-12
    )
    roots = span.weight_variances(np.linalg.cholesky(inverse), 0.3)
    np.testing.assert_allclose(span.factored_variances(upper, 0.3), roots, atol=1e-12)
