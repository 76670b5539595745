"""Runs that fail say so: no impossible number is called converged, no error escapes."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skwfm import LALClassifier
from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.datasets import make_random_patterns
from skwfm.inference import Factors, ReferencePrior, SphericalPrior, infer
from skwfm.inference.bounds import bounded_log_volume
from skwfm.landscape import local_entropy

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture(scope="module")
def strangers():
    """A perceptron and patterns that it did not learn."""
    X, y = make_random_patterns(100, 99, random_state=0)
    model = LALClassifier(n_hidden=1, random_state=0).fit(X[:50], y[:50])
    return model, X[50:], y[50:]


def assert_possible(curve):
    assert np.array_equal(curve.converged, np.isfinite(curve.entropy))
    assert np.all(np.isnan(curve.entropy) | (curve.entropy <= 0))
    assert not np.any(curve.entropy < np.log(np.finfo(float).eps))


@pytest.mark.parametrize("overlaps", [[0.9], [0.99, 0.95, 0.9, 0.8]])
@pytest.mark.parametrize("method", ["amp", "bp", "ep", "mc"])
@pytest.mark.parametrize("max_errors", [0, "model"])
def test_impossible_volumes_are_not_converged(strangers, method, overlaps, max_errors):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        curve = local_entropy(
            *strangers,
            overlaps=overlaps,
            max_errors=max_errors,
            method=method,
            max_sweeps=100,
            n_samples=100,
            random_state=0,
        )
    assert_possible(curve)
    if method == "amp" and max_errors == 0:
        assert not curve.converged[overlaps.index(0.9)]


@pytest.mark.parametrize("gap", [1e-8, 1e-10, 1e-12])
@pytest.mark.parametrize("method", ["amp", "bp", "ep", "mc"])
def test_overlaps_next_to_one_give_no_positive_volume(method, gap):
    X, y = make_random_patterns(30, 33, random_state=0)
    model = LALClassifier(
        architecture="tree", n_hidden=3, random_state=0, fit_intercept=False
    ).fit(X, y)
    curve = local_entropy(
        model, X, y, overlaps=[1 - gap], method=method, n_samples=100, random_state=0
    )
    assert_possible(curve)
    # All weights so near solve.
    np.testing.assert_allclose(curve.entropy[curve.converged], 0, atol=1e-6)


def binary_tree(seed):
    """A tree of +-1 weights with intercepts, fields of which tie, and its patterns."""
    rng = np.random.default_rng(seed)
    X, machine = rng.choice([-1.0, 1.0], (20, 33)), TreeCommittee(3)
    factors = Factors(X, np.ones(20), machine, True)
    flat = rng.choice([-1.0, 1.0], factors.n_weights)
    weights = factors.dense(flat) / np.sqrt(factors.unit_sizes)[:, None]
    model = SimpleNamespace(
        coef_=weights[:, :-1],
        intercept_=weights[:, -1],
        architecture_=machine,
        fit_intercept=True,
        classes_=np.array([-1, 1]),
    )
    return model, X, factors.problem.answers(factors.fields(flat))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("seed", [16, 20, 21, 26, 0])
def test_binary_volumes_of_a_tree_with_intercepts_by_bp(seed):
    patterns = binary_tree(seed)
    options = {"overlaps": [0.9], "weights": "binary", "random_state": 0}
    curve = local_entropy(*patterns, method="bp", **options)
    assert_possible(curve)
    if curve.converged[0]:
        sampled = local_entropy(*patterns, method="mc", n_samples=1000, **options)
        assert curve.entropy[0] == pytest.approx(sampled.entropy[0], abs=0.1)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_corrected_ep_on_low_rank_inputs_with_a_huge_column():
    rng = np.random.default_rng(0)
    for _ in range(5):
        X = rng.normal(size=(30, 2)) @ rng.normal(size=(2, 20))
        X[:, 0] *= 1e8
        model = SimpleNamespace(
            coef_=rng.normal(size=(3, 20)),
            architecture_=FullCommittee(3),
            fit_intercept=False,
            classes_=np.array([-1, 1]),
        )
        model.coef_ /= np.linalg.norm(model.coef_, axis=1, keepdims=True)
        y = np.where(np.sign(X @ model.coef_.T).sum(axis=1) > 0, 1, -1)
        assert_possible(local_entropy(model, X, y, overlaps=[0.9], method="ep"))


def test_volumes_are_held_to_their_bounds():
    assert bounded_log_volume(-0.5) == -0.5
    assert bounded_log_volume(1e-15) == 0
    assert np.isnan(bounded_log_volume(1e-3))
    assert np.isnan(bounded_log_volume(-2e6))
    assert np.isnan(bounded_log_volume(np.nan))


def test_ep_keeps_no_covariance_of_a_run_that_fails_in_its_first_solve():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 6)) * 1e200
    factors = Factors(X, rng.choice([-1.0, 1.0], 20), FullCommittee(3))
    with pytest.warns(ConvergenceWarning, match="ep diverged"):
        posterior = infer(factors, SphericalPrior(), method="ep", keep_covariance=True)
    assert posterior.status == "diverged"
    assert np.isnan(posterior.log_volume)


@pytest.mark.parametrize("method", ["amp", "bp"])
def test_a_start_without_a_posterior_is_a_divergence(method):
    rng = np.random.default_rng(0)
    factors = Factors(
        rng.choice([-1.0, 1.0], (10, 9)), rng.choice([-1.0, 1.0], 10), TreeCommittee(3)
    )
    first = infer(factors, SphericalPrior(), method=method)
    spoiled = first.state
    for part in vars(spoiled).values():
        part[:] = np.nan
    with pytest.warns(ConvergenceWarning, match=f"{method} diverged"):
        again = infer(factors, SphericalPrior(), method=method, warm_start=first)
    assert (again.status, again.converged) == ("diverged", False)
    assert np.isnan(again.log_volume)


def test_ep_keeps_the_last_proper_posterior_when_steps_are_too_long():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (60, 15)).astype(float)
    factors = Factors(X, rng.choice([-1.0, 1.0], 60), FullCommittee(9), True)
    with pytest.warns(ConvergenceWarning):
        posterior = infer(
            factors, SphericalPrior(), method="ep", damping=0.0, random_state=0
        )
    assert not posterior.converged
    assert np.isfinite(posterior.flat_mean).all()
    assert np.all(posterior.flat_variance >= 0)


def test_reference_prior_next_to_one_does_not_raise():
    rng = np.random.default_rng(0)
    factors = Factors(
        rng.choice([-1.0, 1.0], (10, 9)), rng.choice([-1.0, 1.0], 10), TreeCommittee(3)
    )
    reference = factors.dense(rng.choice([-1.0, 1.0], 9))
    for method in ("amp", "bp", "ep"):
        with pytest.warns(ConvergenceWarning):
            run = infer(factors, ReferencePrior(reference, 1 - 1e-15), method=method)
        assert not run.log_volume > 0


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("method", ["amp", "bp", "ep"])
def test_inputs_that_overflow_leak_no_internal_warnings(method):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 9))
    X[3, 4] *= 1e160
    factors = Factors(X, rng.choice([-1.0, 1.0], 20), TreeCommittee(3))
    with pytest.warns(ConvergenceWarning, match=f"{method} diverged"):
        posterior = infer(factors, SphericalPrior(), method=method, max_sweeps=30)
    assert np.isnan(posterior.log_volume)
