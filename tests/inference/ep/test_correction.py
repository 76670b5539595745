"""The correction to expectation propagation is exact for pairs, and helps beyond."""

from itertools import product

import numpy as np
import pytest
from scipy.linalg import block_diag
from scipy.special import ndtr
from scipy.stats import multivariate_normal, norm

from skwfm.architectures import Architecture, FullCommittee, TreeCommittee, TreeParity
from skwfm.inference import (
    BinaryPrior,
    Factors,
    GaussianPrior,
    ReferencePrior,
    SphericalPrior,
    infer,
)
from skwfm.inference.ep import correction as loop_correction
from skwfm.inference.ep import engine as ep_engine
from skwfm.inference.ep.correction import Fields, sign_probabilities
from skwfm.inference.ep.eigen import EigenUnits
from skwfm.inference.ep.engine import EPEngine


class Dictator(Architecture):
    """The first unit decides unless all others agree against it."""

    def receptive_fields(self, n_features):
        return [np.arange(n_features)] * self.n_hidden

    def output(self, hidden):
        others = hidden[:, 1:].sum(axis=1)
        outvoted = np.abs(others) == self.n_hidden - 1
        return np.where(outvoted, np.sign(others), hidden[:, 0])

    def channel(self, mean, var, labels):
        """By the tree of outcomes of three units, and differences."""
        return channel_by_enumeration(self, mean, var, labels)


def channel_by_enumeration(machine, mean, var, labels):
    """Log-probability of the label with its derivatives, from all states."""
    root = np.sqrt(var)
    u = mean / root
    density = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi) / root
    states = np.array(list(product([-1.0, 1.0], repeat=machine.n_hidden)))
    right = machine.output(states)[:, None] == labels
    terms = ndtr(states[:, None, :] * u)
    z = np.sum(terms.prod(axis=2) * right, axis=0)
    g = np.empty_like(u)
    for l in range(machine.n_hidden):
        others = np.delete(terms, l, axis=2).prod(axis=2)
        g[:, l] = np.sum(others * right * states[:, [l]], axis=0) * density[:, l] / z
    return np.log(z), g, g * (mean / var + g)


def corrected(factors, prior, **options):
    posterior = EPEngine.run(
        factors, prior, tol=1e-10, max_sweeps=2000, corrected=True, **options
    )
    assert posterior.status == "converged"
    return posterior


def log_fraction(factors, posterior, field=None):
    """Of log Z, the part that the patterns cost under weights of precision 1."""
    free = factors.n_weights * np.log(2 * np.pi) / 2
    free += 0.0 if field is None else np.sum(field**2) / 2
    return posterior.log_evidence - free


def log_probability(factors, field):
    """Log-probability that N(field, 1) weights are right on two patterns."""
    machine, total = factors.architecture, 0.0
    mean = factors.fields(factors.flat(field))
    states = np.array(list(product([-1.0, 1.0], repeat=machine.n_hidden)))
    answers = machine.output(states)
    for first, a in zip(states, answers, strict=True):
        for second, b in zip(states, answers, strict=True):
            if (a, b) != tuple(factors.labels):
                continue
            total += np.prod(
                [
                    quadrant(
                        factors.unit_inputs(l),
                        mean[:, l],
                        np.array([first[l], second[l]]),
                    )
                    for l in range(machine.n_hidden)
                ]
            )
    return np.log(total)


def quadrant(x, mean, signs):
    """Probability of the signs of two fields."""
    covariance = x @ x.T * np.outer(signs, signs)
    return multivariate_normal(-signs * mean, covariance).cdf(np.zeros(2))


@pytest.mark.parametrize("labels", [(1, 1), (1, -1)])
@pytest.mark.parametrize(
    "machine",
    [FullCommittee(1), FullCommittee(3), TreeCommittee(3), TreeParity(2), Dictator(3)],
    ids=repr,
)
def test_two_patterns_are_exact(machine, labels):
    rng = np.random.default_rng(len(repr(machine)))
    x = rng.standard_normal(12) + 0.5 * rng.standard_normal((2, 12))
    factors = Factors(x, np.array(labels, float), machine)
    field = factors.dense(0.3 * rng.standard_normal(factors.n_weights))
    posterior = corrected(factors, GaussianPrior(1.0, field))
    exact = log_probability(factors, field)
    # The second derivatives are differences, good to about 1e-8.
    assert log_fraction(factors, posterior, field) == pytest.approx(exact, abs=1e-7)
    assert abs(posterior.correction) > 1e-3


@pytest.mark.parametrize("n_hidden", [1, 3, 9])
def test_a_repeated_pattern_costs_nothing(n_hidden):
    x = np.random.default_rng(0).standard_normal((1, 20))
    factors = Factors(np.repeat(x, 2, axis=0), np.ones(2), FullCommittee(n_hidden))
    posterior = corrected(factors, GaussianPrior(1.0))
    cost = -log_fraction(factors, posterior)
    assert cost == pytest.approx(np.log(2), abs=1e-6)
    assert log_fraction(factors, posterior) - posterior.correction < -0.8


@pytest.mark.parametrize("spread", [0.3, 1.0, 3.0])
@pytest.mark.parametrize(("n_samples", "n_hidden"), [(4, 1), (3, 9), (6, 3), (12, 9)])
def test_error_estimate_covers_sampling(n_samples, n_hidden, spread):
    """Patterns like each other, around a common one, or nearly independent."""
    rng = np.random.default_rng([n_samples, n_hidden])
    x = rng.standard_normal(30) + spread * rng.standard_normal((n_samples, 30))
    x *= np.sqrt(30) / np.linalg.norm(x, axis=1, keepdims=True)
    factors = Factors(x, np.ones(n_samples), FullCommittee(n_hidden))
    posterior = corrected(factors, GaussianPrior(1.0))
    sampled, error = sample(x, n_hidden, rng)
    value = log_fraction(factors, posterior)
    plain = value - posterior.correction
    assert abs(value - sampled) < posterior.error + 3 * error
    assert abs(value - sampled) < max(abs(plain - sampled), 3 * error)


def sample(x, n_hidden, rng, n_draws=100_000):
    """Log-fraction of standard normal weights that answer +1, and its error."""
    votes = np.zeros((n_draws, len(x)))
    root = np.linalg.cholesky(x @ x.T)
    for _ in range(n_hidden):
        votes += np.sign(rng.standard_normal(votes.shape) @ root.T)
    fraction = np.mean(np.all(votes > 0, axis=1))
    return np.log(fraction), np.sqrt((1 - fraction) / fraction / n_draws)


def test_no_correction_for_one_pattern_or_independent_ones():
    for x in (np.ones((1, 5)), np.eye(6)[:4]):
        factors = Factors(x, np.ones(len(x)), FullCommittee(3))
        posterior = corrected(factors, SphericalPrior())
        assert posterior.correction == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("machine", [FullCommittee(5), TreeParity(3)], ids=repr)
def test_ring_determinant_and_pairs_by_dense_matrices(machine):
    """-log det(1 - C O) / 2, written out over all fields."""
    factors, fields = fixed_point(machine)
    n_samples, n_hidden = fields.mean.shape
    variance = fields.variance
    coupling = loop_correction._unit_couplings(factors, fields, variance)
    full = np.zeros((2, n_samples, n_hidden, n_samples, n_hidden))
    for l, root in enumerate(fields.roots):
        full[0, :, l, :, l] = root @ root.T
        full[0, np.arange(n_samples), l, np.arange(n_samples), l] = 0
    for mu in range(n_samples):
        full[1, mu, :, mu, :] = coupling[mu]
    c, o = full.reshape(2, n_samples * n_hidden, -1)
    sign, log_det = np.linalg.slogdet(np.eye(len(c)) - c @ o)
    rings = loop_correction._rings(fields.roots, variance, coupling)
    assert sign == 1
    assert rings == pytest.approx(-log_det / 2, rel=1e-9)
    assert abs(rings) > 1e-4
    pairs = loop_correction._Pairs(factors, fields, variance, coupling)
    block = c.reshape(full.shape[1:])[3, :, 5, :].diagonal()[None]
    alone = pairs._rings(np.array([3]), np.array([5]), block)
    chosen = [3 * n_hidden + l for l in range(n_hidden)]
    chosen += [5 * n_hidden + l for l in range(n_hidden)]
    two = np.ix_(chosen, chosen)
    dense = np.linalg.slogdet(np.eye(2 * n_hidden) - c[two] @ o[two])[1]
    assert alone[0] == pytest.approx(-dense / 2, rel=1e-9)


def fixed_point(machine, n_samples=8):
    rng = np.random.default_rng(2)
    x = rng.standard_normal(15) + rng.standard_normal((n_samples, 15))
    factors = Factors(x, np.ones(n_samples), machine)
    field = factors.dense(0.5 * rng.standard_normal(factors.n_weights))
    engine = EPEngine(factors, GaussianPrior(1.0, field).bind(factors))
    while engine.sweep(0.5) > 1e-9:
        pass
    mean, variance = engine._cavity
    mean = engine.field_variance * (mean / variance + engine._linear)
    roots = engine._units.field_roots()
    return factors, Fields(mean, roots, engine._precision, engine._linear)


def test_second_derivatives_of_the_channel():
    """By hand for three units: one of the others decides."""
    factors, fields = fixed_point(FullCommittee(3), 2)
    variance = fields.variance
    mean, cavity = loop_correction._cavity(fields, variance)
    u = mean / np.sqrt(cavity)
    log_z, g, _ = factors.channel(mean, cavity)
    density = norm.pdf(u) / np.sqrt(cavity)
    second = density[:, 0] * density[:, 1] * (1 - 2 * norm.cdf(u[:, 2]))
    expected = second / np.exp(log_z) - g[:, 0] * g[:, 1]
    expected *= (cavity / variance)[:, :2].prod(axis=1)
    coupling = loop_correction._unit_couplings(factors, fields, variance)
    np.testing.assert_allclose(coupling[:, 0, 1], expected, rtol=1e-6)
    np.testing.assert_array_equal(coupling[:, 1, 1], 0)


@pytest.mark.parametrize("machine", [FullCommittee(5), TreeParity(4)], ids=repr)
def test_right_on_both_by_adding_up_states(machine):
    rng = np.random.default_rng(4)
    joint = rng.dirichlet(np.ones(4), (5, 40)).transpose(2, 0, 1)
    joint = joint.reshape(2, 2, 5, 40)[:, :, : machine.n_hidden]
    labels = rng.choice([-1.0, 1.0], (2, 40))
    expected = Architecture.pair_probability(machine, joint, *labels)
    found = machine.pair_probability(joint, *labels)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    outcomes = [
        machine.pair_probability(joint, np.full(40, a), np.full(40, b))
        for a in (-1.0, 1.0)
        for b in (-1.0, 1.0)
    ]
    np.testing.assert_allclose(np.sum(outcomes, axis=0), 1, rtol=1e-12)


@pytest.mark.parametrize("rho", [-1.0, -0.7, 0.0, 0.4, 0.999, 1.0])
@pytest.mark.parametrize("first", [-3.0, 0.0, 0.8])
@pytest.mark.parametrize("second", [-1.1, 0.0, 2.5])
def test_sign_probabilities(first, second, rho):
    joint = sign_probabilities(np.array([first]), np.array([second]), np.array([rho]))
    normal = multivariate_normal([0, 0], [[1, rho], [rho, 1]], allow_singular=True)
    assert joint.sum() == pytest.approx(1, abs=1e-12)
    assert joint[1, 1, 0] == pytest.approx(normal.cdf([first, second]), abs=1e-7)


def test_both_kinds_of_units_give_the_same_correction():
    rng = np.random.default_rng(1)
    x = rng.standard_normal(20) + rng.standard_normal((9, 20))
    factors = Factors(x, np.ones(9), FullCommittee(3))
    weights = rng.standard_normal((3, 20))
    weights *= np.sign(weights.sum(axis=1) * x.mean())[:, None]
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    prior = ReferencePrior(weights, 0.4)
    values = []
    for kind in (None, EigenUnits):
        engine = EPEngine(factors, prior.bind(factors))
        if kind is not None:
            engine._units = engine._new_units(kind)
        while engine.sweep(0.5) > 1e-9:
            pass
        values.append(engine.correction())
    np.testing.assert_allclose(*values, rtol=1e-6)


def test_binary_weights_have_no_correction():
    factors = Factors(np.eye(3), np.ones(3), FullCommittee(1))
    with pytest.raises(ValueError, match=r"corrected=True.*\+-1 weights"):
        infer(factors, BinaryPrior(), method="ep", corrected=True)


@pytest.mark.parametrize("n_kept", [0, 1, 3])
def test_rings_leave_out_patterns_without_coupled_units(n_kept):
    factors, fields = fixed_point(FullCommittee(5))
    n_hidden = fields.mean.shape[1]
    variance = fields.variance
    coupling = loop_correction._unit_couplings(factors, fields, variance)
    coupling[n_kept:] = 0
    chosen = slice(n_kept)
    blocks = [(root @ root.T)[chosen, chosen] for root in fields.roots]
    c = block_diag(*[b - np.diag(np.diag(b)) for b in blocks])
    o = np.zeros((n_hidden, n_kept, n_hidden, n_kept))
    o[:, range(n_kept), :, range(n_kept)] = coupling[chosen]
    log_det = np.linalg.slogdet(np.eye(len(c)) - c @ o.reshape(c.shape))[1]
    rings = loop_correction._rings(fields.roots, variance, coupling)
    assert rings == pytest.approx(-log_det / 2, rel=1e-9, abs=1e-15)
    assert (abs(rings) > 1e-6) == (n_kept > 1)


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
def test_an_expansion_without_meaning_is_said(bad, monkeypatch):
    """Correlations of one and more between units have no Gaussian integral."""
    variance = np.ones((2, 3))
    roots = [np.eye(2)] * 3
    coupling = np.full((2, 3, 3), -0.9)
    coupling[:, range(3), range(3)] = 0
    assert np.isnan(loop_correction._rings(roots, variance, coupling))
    monkeypatch.setattr(ep_engine, "loop_correction", lambda *_: (bad, 1.0))
    factors = Factors(np.eye(3), np.ones(3), FullCommittee(1))
    with pytest.warns(UserWarning, match="corrected=False"):
        posterior = infer(factors, SphericalPrior(), method="ep", corrected=True)
    assert posterior.status == "no_correction"
    assert not posterior.converged
    assert np.isnan([posterior.log_volume, posterior.log_evidence]).all()
