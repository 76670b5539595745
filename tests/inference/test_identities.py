"""Physics identities at fixed points: derivatives of the free entropy, and limits."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_ndtr

from skwfm.architectures import FullCommittee, TreeCommittee, TreeParity
from skwfm.inference import (
    BinaryPrior,
    BinaryReferencePrior,
    Factors,
    Focusing,
    GaussianPrior,
    ReferencePrior,
    SphericalPrior,
    infer,
)

MACHINES = [FullCommittee(3), TreeCommittee(3), TreeParity(3)]
TIGHT = {"tol": 1e-11, "max_sweeps": 2000}
# Central differences with this step: truncation 1e-8, rounding 1e-16 * 100 / 1e-4.
STEP = 1e-4
DIFFERENCE_ERROR = 1e-6


def real_patterns(machine, n_samples=30, n_features=60, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n_samples, n_features))
    return Factors(inputs, rng.choice([-1, 1], n_samples), machine, fit_intercept=True)


def random_reference(factors, seed=1):
    flat = np.random.default_rng(seed).normal(size=factors.n_weights)
    dense = factors.dense(flat)
    return dense / np.linalg.norm(dense, axis=1, keepdims=True)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    "make_prior", [lambda h: GaussianPrior(1.3, h), BinaryPrior], ids=["real", "binary"]
)
def test_means_are_derivatives_of_log_z_by_the_fields(machine, make_prior):
    factors = real_patterns(machine)
    rng = np.random.default_rng(2)
    field = factors.dense(0.3 * rng.normal(size=factors.n_weights))
    direction = factors.dense(rng.normal(size=factors.n_weights))
    middle = infer(factors, make_prior(field), **TIGHT)
    up, down = (
        infer(factors, make_prior(field + s * STEP * direction), **TIGHT).log_evidence
        for s in (1, -1)
    )
    expected = np.vdot(direction, middle.mean)
    assert (up - down) / (2 * STEP) == pytest.approx(expected, rel=DIFFERENCE_ERROR)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("binary", [False, True])
def test_the_entropy_falls_with_the_overlap_as_its_multiplier_says(machine, binary):
    factors = real_patterns(machine)
    reference = random_reference(factors)
    prior = ReferencePrior(reference, 0.6)
    if binary:
        prior = BinaryReferencePrior(np.sign(reference), 0.6)
    middle = infer(factors, prior, **TIGHT)
    up, down = (
        infer(factors, replace(prior, overlap=0.6 + s * STEP), **TIGHT).absolute_entropy
        for s in (1, -1)
    )
    slope = -middle.multipliers["overlap"][0]
    assert (up - down) / (2 * STEP) == pytest.approx(slope, rel=DIFFERENCE_ERROR)


@pytest.mark.parametrize("machine", MACHINES)
def test_fixed_multipliers_give_the_same_state_and_the_overlap_as_derivative(machine):
    factors = real_patterns(machine)
    reference = random_reference(factors)
    solved = infer(factors, ReferencePrior(reference, 0.6), **TIGHT)
    norm, pull = (solved.multipliers[k][0] for k in ("norm", "overlap"))
    scaled = reference * np.sqrt(factors.unit_sizes)[:, None]
    fixed = infer(factors, GaussianPrior(norm, pull * scaled), **TIGHT)
    np.testing.assert_allclose(fixed.mean, solved.mean, atol=1e-9)
    assert fixed.log_evidence == pytest.approx(solved.log_evidence, rel=1e-12)
    up, down = (
        infer(factors, GaussianPrior(norm, (pull + s * STEP) * scaled), **TIGHT)
        for s in (1, -1)
    )
    overlap = (up.log_evidence - down.log_evidence) / (2 * STEP) / factors.n_weights
    assert overlap == pytest.approx(0.6, rel=DIFFERENCE_ERROR)


@pytest.mark.parametrize("machine", [TreeCommittee(3), TreeParity(3)])
@pytest.mark.parametrize("schedule", ["sequential", "parallel"])
def test_bp_is_exact_for_one_pattern(machine, schedule):
    factors = real_patterns(machine, n_samples=1)
    rng = np.random.default_rng(2)
    h = 0.5 * rng.normal(size=factors.n_weights)
    found = infer(
        factors, GaussianPrior(2.0, factors.dense(h)), method="bp", schedule=schedule
    )
    variance = factors.variances(np.full(factors.n_weights, 0.5))
    log_z, *_ = factors.channel(factors.fields(h / 2), variance)
    prior = 0.5 * np.sum(np.log(np.pi) + h**2 / 2)
    assert found.converged
    assert found.log_evidence == pytest.approx(log_z[0] + prior, rel=1e-12)


def test_amp_misses_one_pattern_by_the_square_of_the_largest_message():
    factors = real_patterns(TreeCommittee(1), n_samples=1, n_features=300)
    found = infer(factors, GaussianPrior(1.0), **TIGHT)
    prior = 0.5 * factors.n_weights * np.log(2 * np.pi)
    error = found.log_evidence - prior - log_ndtr(0)
    # x^2 ~ 1 / n: the variance that the pattern itself takes away.
    assert 0 < abs(error) < 1 / factors.n_weights


@pytest.mark.parametrize("method", ["amp", "bp"])
@pytest.mark.parametrize("plain", [SphericalPrior(), BinaryPrior()])
def test_focusing_ends_in_the_plain_prior(method, plain, make_patterns):
    factors = make_patterns(TreeCommittee(3), 60, 150)
    options = {"method": method, "tol": 1e-10}
    expected = infer(factors, plain, **options)
    # The default damping depends on nothing but whether replicas are coupled.
    for n_replicas, gamma in [(1, 5.0), (10, 0.0)]:
        found = infer(factors, Focusing(plain, n_replicas, gamma), **options)
        np.testing.assert_array_equal(found.mean, expected.mean)
        assert found.log_evidence == expected.log_evidence
    small = infer(factors, Focusing(plain, 10, 1e-7), **options)
    np.testing.assert_allclose(small.mean, expected.mean, atol=1e-5)
    assert np.isnan(small.log_evidence)
    assert small.converged


@pytest.mark.parametrize("prior", [SphericalPrior(), BinaryPrior()])
@pytest.mark.parametrize("machine", [TreeCommittee(3), FullCommittee(1)])
def test_both_schedules_of_bp_end_at_the_same_point(prior, machine, make_patterns):
    factors = make_patterns(machine, 60, 150)
    runs = [
        infer(factors, prior, method="bp", schedule=schedule, tol=1e-10)
        for schedule in ("sequential", "parallel")
    ]
    np.testing.assert_allclose(runs[0].mean, runs[1].mean, atol=1e-8)
    assert runs[0].log_evidence == pytest.approx(runs[1].log_evidence, rel=1e-10)
    assert runs[0].n_iter < runs[1].n_iter
