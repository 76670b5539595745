"""Weights +-1 on an even number of +-1 inputs: fields of exactly zero count as +1."""

from itertools import product

import numpy as np
import pytest

from skwfm.architectures import FullCommittee, TreeCommittee, TreeParity
from skwfm.inference import BinaryPrior, BinaryReferencePrior, Factors, infer
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
