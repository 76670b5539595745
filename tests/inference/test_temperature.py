"""Finite temperature: derivatives, copies, enumeration, sampling and the theory."""

import numba
import numpy as np
import pytest

from skwfm.architectures import Architecture, FullCommittee, TreeCommittee, TreeParity
from skwfm.inference import (
    BinaryPrior,
    Factors,
    Focusing,
    GaussianPrior,
    ReferencePrior,
    SphericalPrior,
    infer,
)
from skwfm.inference.priors import BinaryReferencePrior

ENGINES = ["amp", "bp", "ep"]
MACHINES = [FullCommittee(3), TreeCommittee(3), TreeParity(3)]


@numba.njit
def _flat_channel(rates, mean, out):
    """A channel that is no sign's: a product of logistic functions."""
    for s in range(mean.shape[0]):
        for l in range(mean.shape[1]):
            out[s, l] = rates[s] * mean[s, l]


class SoftUnits(Architecture):
    """All units must agree with the label, each with a logistic probability."""

    def receptive_fields(self, n_features):
        return [np.arange(n_features)] * self.n_hidden

    def output(self, hidden):
        return np.where(hidden.min(axis=1) > 0, 1.0, -1.0)

    def channel(self, mean, var, labels):
        u = np.empty_like(mean)
        _flat_channel(labels, mean, u)
        p = 1 / (1 + np.exp(-u))
        log_z = np.log(p).sum(axis=1)
        return log_z, labels[:, None] * (1 - p), p * (1 - p)


TREE_WEIGHTS = np.kron(np.eye(3), np.ones(9))


def run(factors, prior, method="amp", **options):
    return infer(factors, prior, method=method, tol=1e-11, max_sweeps=3000, **options)


@pytest.mark.parametrize(
    "machine", [*MACHINES, SoftUnits(2)], ids=lambda m: type(m).__name__
)
@pytest.mark.parametrize("options", [{"beta_ne": 1.3}, {"label_noise": 0.1}])
def test_derivatives_of_the_channel(machine, options):
    rng = np.random.default_rng(0)
    inputs, labels = rng.normal(size=(12, 9)), rng.choice([-1, 1], 12)
    factors = Factors(inputs, labels, machine, sample_weight=rng.random(12), **options)
    mean = rng.normal(size=(12, machine.n_hidden))
    variance = rng.uniform(0.3, 2, size=mean.shape)
    _, g, gamma = factors.channel(mean, variance)
    step = 1e-5
    for unit in range(machine.n_hidden):
        moved = np.zeros_like(mean)
        moved[:, unit] = step
        up, down = (factors.channel(mean + s * moved, variance) for s in (1, -1))
        slope = (up[0] - down[0]) / (2 * step)
        curvature = -(up[1] - down[1])[:, unit] / (2 * step)
        np.testing.assert_allclose(slope, g[:, unit], rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(curvature, gamma[:, unit], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("prior", [SphericalPrior(), GaussianPrior(), BinaryPrior()])
def test_errors_are_minus_the_derivative_of_log_z(
    method, machine, prior, make_patterns
):
    """At a fixed point, where log Z is stationary with respect to the messages."""
    factors = make_patterns(machine, 60, 45, beta_ne=1.5)
    here, *around = (
        run(factors.at(beta_ne=beta), prior, method) for beta in (1.5, 1.501, 1.499)
    )
    slope = (around[0].log_evidence - around[1].log_evidence) / 0.002
    # Messages of bp leave out terms of the order of one over the number of inputs: .5,
    # .13 and .07 % with 15, 67 and 135 inputs a unit.
    tolerance = 0.01 if method == "bp" else 2e-6
    assert here.expected_errors == pytest.approx(-slope, rel=tolerance)


@pytest.mark.parametrize("method", ENGINES)
def test_evidence_is_stationary_where_noise_is_the_error_rate(method, make_patterns):
    factors = make_patterns(TreeCommittee(3), 200, 45, label_noise=0.2)
    teacher = np.random.default_rng(1).normal(size=45)
    labels = np.where(factors.problem.answers(factors.fields(teacher)) > 0, 1, -1)
    labels[:30] *= -1
    factors = Factors(factors.inputs, labels, TreeCommittee(3), label_noise=0.2)
    noise, posterior = 0.2, None
    for _ in range(40):
        posterior = infer(
            factors.at(label_noise=noise), SphericalPrior(), method=method, tol=1e-9,
            warm_start=posterior,
        )  # fmt: skip
        noise = posterior.expected_errors / 200
    around = [
        run(factors.at(label_noise=noise + step), SphericalPrior(), method).log_evidence
        for step in (-0.01, 0, 0.01)
    ]
    assert 0.1 < noise < 0.2
    assert around[1] > max(around[0], around[2])


def test_both_forms_differ_by_a_constant(make_patterns):
    beta = 1.7
    noise = 1 / (1 + np.exp(beta))
    gibbs = make_patterns(TreeCommittee(3), 60, 45, beta_ne=beta)
    noisy = gibbs.at(label_noise=noise)
    a, b = run(gibbs, SphericalPrior()), run(noisy, SphericalPrior())
    constant = 60 * np.log1p(np.exp(-beta))
    assert b.log_evidence == pytest.approx(a.log_evidence - constant, rel=1e-10)
    assert b.expected_errors == pytest.approx(a.expected_errors, rel=1e-10)
    assert b.entropy == pytest.approx(a.entropy, rel=1e-9)
    assert a.entropy == pytest.approx(
        a.log_volume + beta * a.expected_errors / 45, rel=1e-12
    )


@pytest.mark.parametrize("prior", [SphericalPrior(), BinaryPrior()], ids=repr)
def test_the_entropy_has_one_meaning_at_all_temperatures(prior, make_patterns):
    """Relative to the prior: the log-volume at zero temperature, and the limit."""
    shape = TreeCommittee(3), 20, 45
    exact = run(make_patterns(*shape), prior)
    assert exact.entropy == exact.log_volume < 0
    cold = run(make_patterns(*shape, beta_ne=30.0), prior)
    assert cold.entropy == pytest.approx(exact.entropy, rel=1e-9)
    is_binary = isinstance(prior, BinaryPrior)
    free = np.log(2) if is_binary else (1 + np.log(2 * np.pi)) / 2
    for found in (exact, cold):
        assert found.absolute_entropy - found.entropy == pytest.approx(free, rel=1e-9)


def test_entropy_of_weights_with_errors_by_enumeration(make_patterns):
    """Of all 2^15 signs; random +-1 inputs of a unit are weakly correlated only."""
    beta, differences = 1.0, []
    weights = 2.0 * (np.arange(2**15)[:, None] >> np.arange(15) & 1) - 1
    for seed in range(10):
        factors = make_patterns(TreeCommittee(1), 6, 15, seed=seed, beta_ne=beta)
        found = run(factors, BinaryPrior())
        answers = np.where(weights @ factors.inputs.T >= 0, 1, -1)
        errors = np.sum(answers != factors.labels, axis=1)
        p = np.exp(-beta * errors) / np.exp(-beta * errors).sum()
        number = -np.sum(p * np.log(p)) / 15
        differences.append(found.absolute_entropy - number)
        assert found.entropy == pytest.approx(number - np.log(2), abs=0.02)
    assert abs(np.mean(differences)) < 0.005


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize("options", [{"beta_ne": 2.0}, {"label_noise": 0.1}, {}])
def test_a_weight_is_a_number_of_copies(method, options):
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(30, 12)), rng.choice([-1, 1], 30)
    weight = rng.integers(0, 4, 30)
    machine = TreeCommittee(3)
    copies = np.repeat(np.arange(30), weight)
    rng.shuffle(copies)
    first = np.unique(copies, return_index=True)[1]
    order = np.concatenate([first, np.setdiff1d(np.arange(len(copies)), first)])
    copies = copies[order]
    weighted = Factors(X, y, machine, sample_weight=weight, **options)
    ones = np.ones(len(copies))
    repeated = Factors(X[copies], y[copies], machine, sample_weight=ones, **options)
    assert weighted.n_samples == repeated.n_samples == np.count_nonzero(weight)
    a, b = (run(f, SphericalPrior(), method) for f in (weighted, repeated))
    assert a.converged
    assert a.log_evidence == pytest.approx(b.log_evidence, rel=1e-9)
    np.testing.assert_allclose(a.mean, b.mean, atol=1e-8)
    np.testing.assert_allclose(a.expected_errors, b.expected_errors, atol=1e-7)


def test_contradictory_copies_are_exact():
    """One input with three labels against two: a Gaussian average in closed form."""
    x, beta = np.ones((5, 7)), 0.8
    y = np.array([1, 1, -1, 1, -1])
    factors = Factors(x, y, FullCommittee(1), beta_ne=beta)
    field = np.linspace(-1, 1, 7)[None] + 0.5
    posterior = run(factors, GaussianPrior(field=field), "ep")
    rng = np.random.default_rng(0)
    right = rng.normal(field, size=(400_000, 7)).sum(axis=1) > 0
    average = np.mean(np.exp(-beta * np.where(right, 2, 3)))
    constant = 7 * np.log(2 * np.pi) / 2 + np.sum(field**2) / 2
    assert factors.n_samples == 1
    assert posterior.log_evidence - constant == pytest.approx(np.log(average), abs=5e-3)
    wrong = np.exp(-3 * beta) * np.mean(~right) / average
    assert posterior.expected_errors == pytest.approx(2 + wrong, abs=5e-3)


def test_contradictions_at_zero_temperature_only():
    x, y = np.array([[1.0, -1.0, 1.0]] * 2), np.array([1, -1])
    with pytest.warns(UserWarning, match="two equal patterns"):
        posterior = infer(Factors(x, y, FullCommittee(1)), SphericalPrior())
    assert np.isnan(posterior.log_volume)
    soft = infer(Factors(x, y, FullCommittee(1), beta_ne=1.0), SphericalPrior())
    assert soft.converged
    assert soft.log_evidence != 0
    assert soft.log_volume == pytest.approx(-1 / 3, abs=1e-12)


# Theory, and amp's values of an independent program on other samples of this size.
TABLE = [
    (1, 1, 2, -0.59633, 0.15495),
    (1, 3, 2, -1.90804, 0.20149),
    (1, 3, 1, -1.17052, 0.30114),
    (3, 4, 2, -2.47308, 0.17983),
    (3, 5, 1, -1.94521, 0.29726),
]


@pytest.mark.parametrize("row", TABLE)
@pytest.mark.parametrize("method", ENGINES)
def test_above_capacity_as_the_theory_says(row, method, make_patterns):
    n_hidden, alpha, beta, log_z, error_rate = row
    n_weights = 1998 if method == "amp" else 300
    n_samples = alpha * n_weights
    machine = TreeCommittee(n_hidden)
    factors = make_patterns(machine, n_samples, n_weights, beta_ne=beta)
    posterior = infer(factors, SphericalPrior(), method=method, tol=1e-5)
    # Three standard deviations over samples: those of N = 1998 spread by .02 at most.
    spread = 0.06 * np.sqrt(1998 / n_weights)
    assert posterior.log_volume == pytest.approx(log_z, abs=spread)
    assert posterior.expected_errors / n_samples == pytest.approx(error_rate, abs=0.02)


def errors_of_draws(machine, fields, labels):
    """Errors of many weights, from fields (n_draws, n_samples, n_hidden)."""
    answers = machine.output(
        np.where(fields >= 0, 1.0, -1.0).reshape(-1, fields.shape[2])
    )
    return np.sum(answers.reshape(fields.shape[:2]) != labels, axis=1)


@pytest.mark.parametrize("method", ["bp", "ep"])
@pytest.mark.parametrize("machine", [TreeCommittee(3), FullCommittee(1)])
def test_small_binary_machines_by_enumeration(method, machine):
    """Means over eight samples, within two of their standard errors.

    15 weights are far from infinitely many: samples differ from the exact numbers by
    some 15 per cent, of either sign.
    """
    states = 2 * ((np.arange(2**15)[:, None] >> np.arange(15)) & 1) - 1
    found, expected = np.zeros((2, 3, 2))
    for seed in range(8):
        rng = np.random.default_rng(seed)
        X, y = rng.choice([-1, 1], (12, 15)), rng.choice([-1, 1], 12)
        factors = Factors(X, y, machine, beta_ne=1.0)
        slices = factors.unit_slices
        fields = np.stack([states[:, s] @ X[:, s].T for s in slices], axis=2)
        errors = errors_of_draws(machine, fields, y)
        for row, beta in enumerate((0.5, 1.0, 2.0)):
            posterior = run(factors.at(beta_ne=beta), BinaryPrior(), method)
            weight = np.exp(-beta * errors)
            found[row] += posterior.log_volume, posterior.expected_errors / 12
            mean = weight @ errors / weight.sum()
            expected[row] += np.log(weight.mean()) / 15, mean / 12
    np.testing.assert_allclose(found, expected, rtol=0.11)


@pytest.mark.parametrize("machine", [FullCommittee(3), TreeCommittee(3)])
def test_corrected_ep_on_correlated_inputs_by_sampling(machine):
    """Mean of exp(-beta errors) over draws; the sampling error is below 1 %."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(25, 30)) + 1.5 * rng.normal(size=(25, 3)) @ rng.normal(
        size=(3, 30)
    )
    y = np.where(X[:, 0] + rng.normal(size=25) > 0, 1, -1)
    beta, n_draws = 1.5, 50_000
    factors = Factors(X, y, machine, beta_ne=beta)
    found = run(factors, GaussianPrior(), "ep", corrected=True)
    log_z = found.log_evidence - factors.n_weights * np.log(2 * np.pi) / 2
    fields = np.empty((n_draws, 25, 3))
    for unit in range(3):
        x = factors.unit_inputs(unit)
        fields[:, :, unit] = rng.normal(size=(n_draws, x.shape[1])) @ x.T
    errors = errors_of_draws(machine, fields, y)
    assert log_z == pytest.approx(np.log(np.mean(np.exp(-beta * errors))), rel=0.05)


@pytest.mark.parametrize("method", ENGINES)
def test_zero_temperature_is_the_limit(method, make_patterns):
    cold = make_patterns(TreeCommittee(3), 40, 99)
    soft = make_patterns(TreeCommittee(3), 40, 99, beta_ne=40.0)
    a, b = (run(f, SphericalPrior(), method) for f in (cold, soft))
    assert b.log_evidence == pytest.approx(a.log_evidence, rel=1e-9)
    assert a.expected_errors == 0
    assert b.expected_errors == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize(
    "prior",
    [
        Focusing(SphericalPrior(), 10, 1.0),
        Focusing(BinaryPrior(), 10, 0.5),
        ReferencePrior(TREE_WEIGHTS, 0.8),
        BinaryReferencePrior(TREE_WEIGHTS, 0.8),
    ],
)
def test_every_prior_runs(method, prior, make_patterns):
    factors = make_patterns(TreeCommittee(3), 30, 27, label_noise=0.2)
    posterior = infer(factors, prior, method=method, max_sweeps=2000, random_state=0)
    assert posterior.converged
    assert 0 < posterior.expected_errors < 15


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label_noise": 0.5}, r"label_noise=0\.5 .* number in \[0, 0\.5\)"),
        ({"label_noise": -0.1}, r"label_noise=-0\.1"),
        ({"label_noise": np.nan}, r"label_noise=nan"),
        ({"beta_ne": -1.0}, r"beta_ne=-1\.0 .* number >= 0"),
        ({"beta_ne": np.nan}, r"beta_ne=nan"),
        ({"beta_ne": 1.0, "label_noise": 0.1}, "pass one"),
        ({"sample_weight": [1.0, -1.0]}, "contains -1: pass finite weights >= 0"),
        ({"sample_weight": [np.inf, 1.0]}, "contains inf"),
        ({"sample_weight": [0.0, 0.0]}, "zero for all"),
        ({"sample_weight": [1.0]}, "shape"),
    ],
)
def test_what_is_no_temperature(options, message):
    with pytest.raises(ValueError, match=message):
        Factors(np.ones((2, 3)), np.array([1, -1]), FullCommittee(1), **options)


def test_factors_at_zero_temperature_cannot_be_warmed(make_patterns):
    factors = make_patterns(FullCommittee(1), 5, 9)
    with pytest.raises(ValueError, match="make new Factors"):
        factors.at(beta_ne=1.0)
