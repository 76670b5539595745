"""Volumes against enumeration, Monte Carlo, replica theory and published solutions."""

import numpy as np
import pytest

from skwfm import CeSGDClassifier, LALClassifier
from skwfm.architectures import FullCommittee, TreeCommittee, TreeParity
from skwfm.datasets import make_random_patterns
from skwfm.inference import (
    BinaryPrior,
    BinaryReferencePrior,
    Factors,
    ReferencePrior,
    SphericalPrior,
    infer,
)

ENGINES = ["amp", "bp"]


def all_signs(n_weights):
    bits = np.arange(2**n_weights)[:, None] >> np.arange(n_weights)
    return (2 * (bits & 1) - 1).astype(np.float32)


def solves(factors, weights):
    """Which rows of flat weights make no error."""
    fields = [
        weights[:, where] @ factors.unit_inputs(l).astype(np.float32).T
        for l, where in enumerate(factors.unit_slices)
    ]
    hidden = np.where(np.stack(fields, axis=-1) >= 0, 1.0, -1.0)
    output = factors.architecture.output(hidden.reshape(-1, factors.n_hidden))
    return (output.reshape(len(weights), -1) == factors.labels).all(axis=1)


@pytest.mark.parametrize("n_samples", [2, 4, 6])
@pytest.mark.parametrize("machine", [TreeCommittee, FullCommittee, TreeParity])
@pytest.mark.parametrize("n_hidden", [1, 3])
def test_signs_are_counted_as_by_enumeration(
    machine, n_hidden, n_samples, make_patterns
):
    # 15 weights; odd fields, so that no sign is undecided.
    n_features = 5 if machine is FullCommittee and n_hidden == 3 else 15
    weights = all_signs(15)
    errors = []
    for seed in range(10):
        factors = make_patterns(machine(n_hidden), n_samples, n_features, seed)
        overlaps = factors.inputs @ factors.inputs.T - n_features * np.eye(n_samples)
        # Nearly parallel patterns are what amp and bp are not made for.
        if np.abs(overlaps).max() > 0.6 * n_features:
            continue
        count = solves(factors, weights).sum()
        if count > 0:
            runs = [
                infer(factors, BinaryPrior(), method=m, max_sweeps=1000)
                for m in ENGINES
            ]
            errors.append([run.log_evidence - np.log(count) for run in runs])
    # Two patterns overlap by 1 / sqrt(n), which the engines do not know: log-counts of
    # M log 2 are wrong by less than one per M^2 / 2 pairs and n inputs of a unit.
    n_inputs = n_features if machine is FullCommittee else 15 // n_hidden
    assert len(errors) >= 3
    assert np.abs(np.mean(errors, axis=0)).max() < n_samples**2 / 2 / n_inputs


@pytest.mark.slow
def test_signs_of_21_weights_and_their_marginals_by_enumeration(make_patterns):
    factors = make_patterns(TreeCommittee(1), 4, 21, seed=3)
    weights = all_signs(21)
    solutions = weights[solves(factors, weights)]
    found = infer(factors, BinaryPrior(), method="bp")
    assert found.absolute_entropy == pytest.approx(
        np.log(len(solutions)) / 21, abs=0.005
    )
    np.testing.assert_allclose(
        factors.flat(found.mean), solutions.mean(axis=0), atol=0.1
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("alpha", "replica"), [(0.1, 0.622779), (0.4, 0.396455), (0.6, 0.2278)]
)
def test_entropy_of_the_binary_perceptron_is_that_of_replicas(
    alpha, replica, make_patterns
):
    n_samples, machine = round(alpha * 2001), TreeCommittee(1)
    entropies = [
        infer(
            make_patterns(machine, n_samples, 2001, s), BinaryPrior()
        ).absolute_entropy
        for s in range(16)
    ]
    # Beside the sampling error one of order 1 / N.
    allowed = 3 * np.std(entropies, ddof=1) / np.sqrt(16) + 1 / 2001
    assert abs(np.mean(entropies) - replica) < allowed < 0.03 * replica


@pytest.mark.slow
@pytest.mark.parametrize(("n_hidden", "replica"), [(1, -0.85582), (3, -0.75596)])
def test_volume_of_spherical_weights_is_that_of_replicas(
    n_hidden, replica, make_patterns
):
    n_features = 2000 // n_hidden * n_hidden
    volumes = [
        infer(
            make_patterns(TreeCommittee(n_hidden), n_features, n_features, seed),
            SphericalPrior(),
        ).log_volume
        for seed in range(8)
    ]
    assert np.mean(volumes) == pytest.approx(replica, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("machine", "prior", "alpha"),
    [
        (TreeCommittee(3), SphericalPrior(), 1.0),
        (TreeCommittee(1), BinaryPrior(), 0.5),
    ],
)
def test_amp_and_bp_agree_for_many_weights(machine, prior, alpha, make_patterns):
    factors = make_patterns(machine, int(2001 * alpha), 2001)
    amp, bp = (infer(factors, prior, method=m) for m in ENGINES)
    assert amp.absolute_entropy == pytest.approx(bp.absolute_entropy, abs=1e-3)
    assert amp.log_volume == pytest.approx(bp.log_volume, rel=1e-3)
    assert np.sqrt(np.mean((amp.mean - bp.mean) ** 2)) < 1e-2


def teacher(machine, n_samples, n_features, binary=False, seed=0):
    """Patterns labelled by reference weights, and these."""
    rng = np.random.default_rng(seed)
    inputs = rng.choice([-1.0, 1.0], (n_samples, n_features))
    factors = Factors(inputs, np.ones(n_samples), machine)
    flat = rng.normal(size=factors.n_weights)
    reference = np.sign(flat) if binary else flat
    for where in factors.unit_slices:
        reference[where] /= np.linalg.norm(reference[where])
    hidden = np.where(factors.fields(reference) >= 0, 1.0, -1.0)
    labelled = Factors(inputs, machine.output(hidden), machine)
    return labelled, factors.dense(reference)


def fraction(factors, draw, n_draws=200_000, seed=1):
    """Log-fraction of drawn weights that make no error, and its standard error."""
    rng = np.random.default_rng(seed)
    hits = sum(solves(factors, draw(rng, n_draws // 20)).sum() for _ in range(20))
    return np.log(hits / n_draws), np.sqrt(1 / hits)


def check_local_volumes(factors, prior, draw):
    log_fraction, error = fraction(factors, draw, 20_000)
    # log-fraction of 10 patterns, which overlap by 0.1: ten parts in n_inputs.
    allowed = 3 * error + 10 / factors.unit_sizes[0]
    assert allowed < 0.1 * abs(log_fraction)
    for method in ENGINES:
        found = infer(factors, prior, method=method).log_volume * factors.n_weights
        assert found == pytest.approx(log_fraction, abs=allowed)


@pytest.mark.parametrize("machine", [TreeCommittee(3), TreeParity(3), FullCommittee(3)])
def test_local_volumes_by_direct_sampling(machine):
    n_features = 100 if isinstance(machine, FullCommittee) else 300
    factors, reference = teacher(machine, 10, n_features)
    scaled = factors.flat(reference * np.sqrt(factors.unit_sizes)[:, None])

    def draw(rng, n):
        noise = rng.standard_normal((n, factors.n_weights), dtype=np.float32)
        return (0.9 * scaled + np.sqrt(1 - 0.81) * noise).astype(np.float32)

    check_local_volumes(factors, ReferencePrior(reference, 0.9), draw)


def test_local_number_of_signs_by_direct_sampling():
    factors, reference = teacher(TreeCommittee(3), 10, 303, binary=True)
    signs = np.sign(factors.flat(reference)).astype(np.float32)

    def draw(rng, n):
        flips = rng.random((n, len(signs)), dtype=np.float32) < 0.1
        return np.where(flips, -signs, signs)

    check_local_volumes(factors, BinaryReferencePrior(reference, 0.8), draw)


# Numbers of another program, at overlaps .8, .9, .95.
LAL_VOLUMES = [-0.553, -0.439, -0.305]
CESGD_VOLUMES = [-0.346, -0.186, -0.086]


def volumes_around(model, X, y):
    """Log-volumes at overlaps .8, .9, .95 around what a classifier finds."""
    model.fit(X, y)
    labels = np.where(y == model.classes_[1], 1, -1)
    factors, warm, volumes = Factors(X, labels, model.architecture_), None, []
    for overlap in (0.95, 0.9, 0.8):
        prior = ReferencePrior(model.coef_, overlap)
        warm = infer(factors, prior, warm_start=warm)
        volumes.append(warm.log_volume)
    return volumes[::-1]


@pytest.mark.slow
def test_published_solutions_have_the_volumes_of_another_program():
    common = {
        "architecture": "tree",
        "n_hidden": 9,
        "fit_intercept": False,
        "max_iter": 3000,
        "random_state": 0,
    }
    cesgd = {"gamma0": 3, "beta0": 1, "gamma1": 0, "beta1": 1e-3}
    found = []
    for seed in range(3):
        X, y = make_random_patterns(1000, 999, random_state=seed)
        models = (
            LALClassifier(eta=5e-3, **common),
            CeSGDClassifier(eta=1e-2, stop="zero_error", **cesgd, **common),
        )
        found.append([volumes_around(model, X, y) for model in models])
    expected = [LAL_VOLUMES, CESGD_VOLUMES]
    # That program ran one sample, and samples differ by some per cent.
    np.testing.assert_allclose(np.mean(found, axis=0), expected, rtol=0.08)
    assert np.all(np.diff(found, axis=1) > 0)
