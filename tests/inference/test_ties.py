"""Weights +-1 on an even number of +-1 inputs: fields of exactly zero count as +1."""

from itertools import product

import numpy as np
import pytest

from skwfm.architectures import FullCommittee, TreeCommittee, TreeParity
from skwfm.inference import BinaryPrior, BinaryReferencePrior, Factors, infer
from skwfm.inference.ties import pattern_thresholds, tie_thresholds
from skwfm.landscape.volumes.sampling import sample_local_volume


def taught(machine, n_samples, n_features, seed, fit_intercept=False):
    """Random +-1 inputs and weights, and the labels that these give."""
    rng = np.random.default_rng(seed)
    X = rng.choice([-1, 1], (n_samples, n_features))
    draft = Factors(X, np.ones(n_samples), machine, fit_intercept)
    weights = rng.choice([-1, 1], draft.n_weights)
    y = machine.output(hidden(draft, weights[None])[:, 0])
    return Factors(X, y, machine, fit_intercept), weights.astype(float)


def hidden(factors, weights):
    """Signs of the units (the last axis), computed with integers; ties are +1."""
    fields = [
        factors.layout.group_inputs(factors.inputs, group).astype(int)
        @ weights[:, where].T
        for group, where in zip(
            factors.layout.group_of_unit, factors.unit_slices, strict=True
        )
    ]
    return np.where(np.stack(fields, axis=-1) >= 0, 1.0, -1.0)


def log_number(factors):
    """Log of the number of weights that solve, of all 2^N."""
    weights = np.array(list(product([-1, 1], repeat=factors.n_weights)))
    units = hidden(factors, weights)
    answers = factors.architecture.output(units.reshape(-1, units.shape[-1]))
    right = answers.reshape(units.shape[:2]) == factors.labels[:, None]
    return np.log(right.all(axis=0).sum())


@pytest.mark.parametrize(
    ("machine", "n_features"),
    [(TreeCommittee(1), 14), (TreeCommittee(3), 12), (FullCommittee(3), 4),
     (TreeParity(2), 12)],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("method", ["amp", "bp"])
def test_impossible_volumes_solutions_are_counted_with_their_ties(
    machine, n_features, method
):
    """In nats; with the threshold at 0, half of the ties are lost."""
    errors = []
    for seed in range(10):
        factors, _ = taught(machine, 2, n_features, seed)
        found = infer(factors, BinaryPrior(), method=method, max_sweeps=1000)
        counted = found.absolute_entropy * factors.n_weights
        errors.append(counted - log_number(factors))
    # .17 to .68 with the threshold at 0; one part in the number of inputs is left.
    assert np.sqrt(np.mean(np.square(errors))) < 0.15


@pytest.mark.filterwarnings("ignore:bp stopped at max_sweeps")
def test_impossible_volumes_near_binary_weights_with_intercepts():
    """Of 40 draws, 8 had more solutions than weights; the others were .05 too small."""
    found, sampled = [], []
    for seed in range(40):
        factors, weights = taught(TreeCommittee(3), 20, 33, seed, fit_intercept=True)
        prior = BinaryReferencePrior(factors.dense(weights), 0.9)
        posterior = infer(factors, prior, method="bp")
        # Nothing impossible, nothing diverged: a few oscillate without end.
        assert posterior.status in ("converged", "max_sweeps")
        if posterior.converged:
            draws = sample_local_volume(
                factors, weights, 0.9, binary=True, n_samples=2000, seed=0
            )
            found.append(posterior.log_volume)
            sampled.append(draws.log_fraction / factors.n_weights)
    assert len(found) >= 30
    assert np.mean(found) == pytest.approx(np.mean(sampled), abs=0.02)


def log_mean(X, y, beta):
    """Log of the mean of exp(-beta errors) of all +-1 weights of one unit."""
    weights = np.array(list(product([-1, 1], repeat=X.shape[1])))
    errors = (np.where(X @ weights.T >= 0, 1, -1) != y[:, None]).sum(axis=0)
    return np.log(np.exp(-beta * errors).mean())


@pytest.mark.parametrize("method", ["amp", "bp", "ep"])
def test_ties_of_inputs_of_any_size_are_counted(method):
    """With the threshold at 0, ep has -3.1 instead of -3.8 for c other than 1."""
    X, y = np.random.default_rng(3).choice([-1, 1], (8, 16)), -np.ones(8)
    found = [
        16 * infer(Factors(c * X, y, FullCommittee(1), beta_ne=1.0), BinaryPrior(),
                   method=method).log_volume
        for c in (1, 2, 0.5, 0.3)
    ]  # fmt: skip
    assert found[0] == pytest.approx(log_mean(X, y, 1.0), abs=0.05)
    np.testing.assert_allclose(found[1:], found[0], rtol=1e-12)


@pytest.mark.parametrize("method", ["amp", "bp", "ep"])
def test_ties_of_trees_and_intercepts_do_not_depend_on_the_size(method):
    """Units of 3, 2 and 2 inputs, one more each with the intercept."""
    rng = np.random.default_rng(0)
    X, y = rng.choice([-1, 1], (6, 7)), rng.choice([-1, 1], 6)
    reference = rng.choice([-1, 1], 10)
    for fit_intercept in (False, True):
        found = []
        for c in (1, 4, 0.3):
            factors = Factors(
                c * X, y, TreeCommittee(3), fit_intercept, label_noise=0.2,
                intercept_scaling=float(c),
            )  # fmt: skip
            near = factors.dense(reference[: factors.n_weights])
            prior = BinaryReferencePrior(near, 0.7)
            found.append(infer(factors, prior, method=method).log_volume)
        np.testing.assert_allclose(found, found[0], rtol=1e-10)


def test_inputs_on_no_lattice_have_their_threshold_at_zero():
    X = np.random.default_rng(0).choice([-1.0, 1, 2], (6, 8))
    factors, prior = Factors(X, np.ones(6), FullCommittee(3)), BinaryPrior()
    assert not tie_thresholds(factors, prior.bind(factors)).any()
    assert not pattern_thresholds(factors).any()


def test_thresholds_lie_midway_between_0_and_the_field_below():
    """The largest negative field by enumeration, where a field of 0 exists."""
    c, rng = 0.7, np.random.default_rng(0)
    X = c * rng.choice([-1, 0, 1], (20, 8))
    factors = Factors(X, np.ones(20), TreeParity(2))
    weights = np.array(list(product([-1, 1], repeat=4)))
    expected = np.zeros((20, 2))
    for unit in range(2):
        fields = np.round(factors.unit_inputs(unit) @ weights.T, 12)
        below = np.where(fields < 0, fields, -np.inf).max(axis=1)
        has_tie = (fields == 0).any(axis=1) & np.isfinite(below)
        expected[has_tie, unit] = below[has_tie] / 2
    assert 0 < np.count_nonzero(expected) < expected.size
    np.testing.assert_allclose(pattern_thresholds(factors), expected, atol=1e-12)
