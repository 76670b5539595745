"""Expectation propagation with +-1 weights: enumeration, identities, other engines."""

from dataclasses import replace

import numpy as np
import pytest

from skwfm.architectures import FullCommittee, TreeCommittee, TreeParity
from skwfm.inference import (
    BinaryPrior,
    BinaryReferencePrior,
    Factors,
    Focusing,
    SphericalPrior,
    infer,
)
from skwfm.inference.ep import weight_sites
from skwfm.inference.ep.engine import EPEngine

MACHINES = [FullCommittee(3), TreeCommittee(3), TreeParity(3)]
# Units of trees have 8 weights in the first, 11 in the second: the covariance is found
# on the patterns' side, and on the weights' side.
SHAPES = [(6, 21), (16, 30)]
TIGHT = {"method": "ep", "tol": 1e-11, "max_sweeps": 3000}
# Central differences with this step: truncation 1e-8, rounding 1e-16 * 100 / 1e-4.
STEP = 1e-4
DIFFERENCE_ERROR = 1e-6


def all_signs(n_weights):
    bits = np.arange(2**n_weights)[:, None] >> np.arange(n_weights)
    return 2.0 * (bits & 1) - 1


def solves(factors, weights):
    """Which rows of flat weights make no error."""
    fields = [
        weights[:, where] @ factors.unit_inputs(l).T
        for l, where in enumerate(factors.unit_slices)
    ]
    hidden = np.where(np.stack(fields, axis=-1) >= 0, 1.0, -1.0)
    output = factors.architecture.output(hidden.reshape(-1, factors.n_hidden))
    return (output.reshape(len(weights), -1) == factors.labels).all(axis=1)


def correlated(machine, n_samples, n_features, seed=0, common=1.0):
    """Real inputs with a common direction, labelled by +-1 weights, returned too."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n_samples, n_features))
    inputs += common * rng.normal(size=(n_samples, 1))
    draft = Factors(inputs, np.ones(n_samples), machine, fit_intercept=True)
    weights = draft.dense(rng.choice([-1.0, 1.0], draft.n_weights))
    hidden = np.where(draft.fields(draft.flat(weights)) >= 0, 1.0, -1.0)
    return replace(draft, labels=machine.output(hidden)), weights


def converge(factors, prior, **options):
    posterior = infer(factors, prior, **{**TIGHT, **options})
    assert posterior.status == "converged"
    return posterior


@pytest.mark.parametrize("machine", [FullCommittee(1), *MACHINES], ids=repr)
@pytest.mark.parametrize("n_samples", [1, 4])
def test_sums_over_all_signs(machine, n_samples):
    """At most 17 weights in a random field, correlated inputs.

    A field is a sum of n signs taken as Gaussian, of excess kurtosis -2/n: each pattern
    makes log Z wrong by less than 1/n and the means by less than half of that.
    """
    n_features = 4 if machine == FullCommittee(3) else 14
    errors, differences = [], []
    for seed in range(12):
        factors, _ = correlated(machine, n_samples, n_features, seed)
        field = 0.5 * np.random.default_rng(seed).normal(size=factors.n_weights)
        weights = all_signs(factors.n_weights)
        weights = weights[solves(factors, weights)]
        logs = weights @ field
        log_z = np.logaddexp.reduce(logs)
        found = converge(factors, BinaryPrior(factors.dense(field)), tol=1e-8)
        errors.append(found.log_evidence - log_z)
        mean = np.exp(logs - log_z) @ weights
        differences.append(factors.flat(found.mean) - mean)
    bound = n_samples / factors.unit_sizes.min()
    assert np.sqrt(np.mean(np.square(errors))) < bound
    assert np.sqrt(np.mean(np.square(differences))) < bound / 2


@pytest.mark.parametrize("n_samples", [4, 6])
def test_correlated_inputs_do_no_harm(n_samples):
    """Inputs whose variance is mostly that of their mean; amp takes that as chance."""
    errors = []
    for seed in range(10):
        factors, _ = correlated(FullCommittee(1), n_samples, 12, seed, common=2.0)
        log_count = np.log(solves(factors, all_signs(13)).sum())
        runs = [
            infer(factors, BinaryPrior(), method=m, max_sweeps=1000)
            for m in ("ep", "amp")
        ]
        errors.append([run.log_evidence - log_count for run in runs])
    ep_error, amp_error = np.sqrt(np.mean(np.square(errors), axis=0))
    assert ep_error < n_samples / 13 / 3
    assert ep_error < amp_error / 3


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
@pytest.mark.parametrize("shape", SHAPES)
def test_means_are_derivatives_of_log_z_by_the_fields(machine, shape):
    factors, _ = correlated(machine, *shape)
    rng = np.random.default_rng(2)
    field = factors.dense(0.4 * rng.normal(size=factors.n_weights))
    direction = factors.dense(rng.normal(size=factors.n_weights))
    middle = converge(factors, BinaryPrior(field))
    up, down = (
        converge(factors, BinaryPrior(field + s * STEP * direction)).log_evidence
        for s in (1, -1)
    )
    expected = np.vdot(direction, middle.mean)
    assert (up - down) / (2 * STEP) == pytest.approx(expected, rel=DIFFERENCE_ERROR)


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
@pytest.mark.parametrize("overlap", [0.6, 0.9])
def test_the_entropy_falls_with_the_overlap_as_its_multiplier_says(machine, overlap):
    factors, weights = correlated(machine, 12, 60)
    middle = converge(factors, BinaryReferencePrior(weights, overlap))
    assert np.vdot(weights, middle.mean) / factors.n_weights == pytest.approx(overlap)
    up, down = (
        converge(
            factors, BinaryReferencePrior(weights, overlap + s * STEP)
        ).absolute_entropy
        for s in (1, -1)
    )
    slope = -middle.multipliers["overlap"][0]
    # The entropy's third derivative is of order (1 - p)^-2.
    error = DIFFERENCE_ERROR + (STEP / (1 - overlap)) ** 2
    assert (up - down) / (2 * STEP) == pytest.approx(slope, rel=error)


PRIORS = {
    "free": lambda w: BinaryPrior(),
    "field": lambda w: BinaryPrior(0.3 * w),
    "reference": lambda w: BinaryReferencePrior(w, 0.7),
    "focusing": lambda w: Focusing(BinaryPrior(0.1 * w), n_replicas=5, gamma=1.0),
}


@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
@pytest.mark.parametrize("machine", MACHINES, ids=repr)
def test_both_sides_give_the_same_covariance(machine, prior, monkeypatch):
    factors, weights = correlated(machine, 8, 30)
    by_patterns = converge(factors, prior(weights))
    monkeypatch.setattr(weight_sites, "_MIN_STIFFNESS", np.inf)
    by_weights = converge(factors, prior(weights))
    np.testing.assert_allclose(by_patterns.mean, by_weights.mean, atol=1e-9)
    np.testing.assert_allclose(by_patterns.variance, by_weights.variance, atol=1e-9)
    if np.isfinite(by_weights.log_evidence):
        expected = pytest.approx(by_weights.absolute_entropy, rel=1e-10)
        assert by_patterns.absolute_entropy == expected


def test_stiff_weights_lose_no_digits():
    """Weights held by fields of 12, variances of 1e-10: log Z is their energy."""
    factors, weights = correlated(TreeCommittee(3), 8, 30)
    posterior = converge(factors, BinaryPrior(12 * weights))
    assert posterior.log_evidence == pytest.approx(12 * factors.n_weights, abs=1e-6)
    assert posterior.mean == pytest.approx(weights, abs=1e-8)


@pytest.mark.parametrize(("alpha", "n_hidden"), [(0.1, 1), (0.4, 1), (0.5, 3)], ids=str)
def test_agrees_with_amp_on_random_patterns(alpha, n_hidden, make_patterns):
    """The engines differ by overlaps of patterns, which amp takes on average.

    They are 1/sqrt(n) each and of either sign: a log-count per pattern of order 1/n,
    and fluctuations with them.
    """
    n_samples, machine = round(501 * alpha), TreeCommittee(n_hidden)
    factors = make_patterns(machine, n_samples, 501)
    here, there = (infer(factors, BinaryPrior(), method=m) for m in ("ep", "amp"))
    assert here.converged
    assert here.entropy == pytest.approx(there.entropy, abs=alpha * n_hidden / 501)
    assert np.sqrt(np.mean((here.mean - there.mean) ** 2)) < 0.05


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "replica"), [(0.1, 0.622779), (0.4, 0.396455)])
def test_entropy_of_the_binary_perceptron_is_that_of_replicas(
    alpha, replica, make_patterns
):
    n_samples, machine = round(alpha * 1001), TreeCommittee(1)
    entropies = [
        infer(
            make_patterns(machine, n_samples, 1001, seed), BinaryPrior(), method="ep"
        ).absolute_entropy
        for seed in range(16)
    ]
    # Beside the sampling error one of order 1 / N.
    allowed = 3 * np.std(entropies, ddof=1) / np.sqrt(16) + 1 / 1001
    assert abs(np.mean(entropies) - replica) < allowed < 0.03 * replica


@pytest.mark.parametrize("shape", SHAPES)
def test_one_replica_or_no_coupling_is_the_plain_prior(shape):
    factors, _ = correlated(TreeCommittee(3), *shape)
    plain = converge(factors, BinaryPrior())
    for n_replicas, gamma in [(1, 3.0), (6, 0.0)]:
        focused = converge(factors, Focusing(BinaryPrior(), n_replicas, gamma))
        np.testing.assert_allclose(focused.mean, plain.mean, atol=1e-10)
        assert focused.log_evidence == pytest.approx(plain.log_evidence)
    weak = converge(factors, Focusing(BinaryPrior(), 10, 1e-6))
    np.testing.assert_allclose(weak.mean, plain.mean, atol=1e-5)
    assert np.isnan(weak.log_evidence)
    strong = converge(factors, Focusing(BinaryPrior(), 10, 1.0), tol=1e-6)
    assert np.mean(strong.mean**2) > 1.2 * np.mean(plain.mean**2)


def test_warm_starts_go_on_where_the_run_ended():
    factors, weights = correlated(FullCommittee(3), 12, 30)
    cold = infer(factors, BinaryPrior(0.1 * weights), method="ep", tol=1e-8)
    options = {"method": "ep", "tol": 1e-8, "warm_start": cold}
    before = cold.state.weight_sites[0].copy()
    warm = infer(factors, BinaryPrior(0.1 * weights), **options)
    assert cold.n_iter > 10
    assert warm.n_iter == 1
    assert warm.log_evidence == pytest.approx(cold.log_evidence, rel=1e-12)
    moved = converge(factors, BinaryPrior(0.2 * weights), warm_start=cold)
    fresh = converge(factors, BinaryPrior(0.2 * weights))
    np.testing.assert_allclose(moved.mean, fresh.mean, atol=1e-8)
    np.testing.assert_array_equal(cold.state.weight_sites[0], before)


def test_states_of_real_weights_do_not_start_signs():
    factors, _ = correlated(FullCommittee(3), 6, 10)
    real = EPEngine.run(factors, SphericalPrior()).state
    signs = EPEngine.run(factors, BinaryPrior()).state
    for state, prior in [(real, BinaryPrior()), (signs, SphericalPrior())]:
        with pytest.raises(ValueError, match=r"both have \+-1 weights"):
            EPEngine.run(factors, prior, state)


def test_patterns_beyond_capacity_are_not_given_a_volume():
    """Random labels at alpha = 3, where the binary perceptron holds 0.83."""
    rng = np.random.default_rng(0)
    factors = Factors(
        rng.normal(size=(150, 50)), rng.choice([-1, 1], 150), FullCommittee(1)
    )
    posterior = EPEngine.run(factors, BinaryPrior(), max_sweeps=300)
    assert not posterior.converged or posterior.absolute_entropy < 0
    if not posterior.converged:
        assert np.isnan(posterior.log_evidence)


def test_pattern_without_inputs_is_refused():
    inputs = np.ones((3, 5))
    inputs[1] = 0
    with pytest.raises(ValueError, match=r"zero on 1 of 3 .*fit_intercept=True"):
        EPEngine.run(Factors(inputs, np.ones(3), FullCommittee(1)), BinaryPrior())


def test_improper_posteriors_are_stiffened():
    """From sites so negative that no Gaussian exists, to the usual fixed point."""
    factors, weights = correlated(FullCommittee(3), 12, 30)
    prior = BinaryPrior(0.1 * weights)
    expected = converge(factors, prior)
    stiffness, push = expected.state.weight_sites
    start = replace(expected.state, weight_sites=(stiffness - 5, push))
    found = EPEngine.run(factors, prior, start, tol=1e-11, max_sweeps=3000)
    assert found.converged
    np.testing.assert_allclose(found.mean, expected.mean, atol=1e-8)
