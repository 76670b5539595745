"""Local volumes among +-1 weights: enumeration, sampling and engines agree."""

from itertools import combinations
from math import comb
from types import SimpleNamespace

import numpy as np
import pytest

from skwfm import FBPClassifier, LALClassifier
from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.datasets import load_dress_coat, make_random_patterns
from skwfm.inference import BinaryPrior, Factors, infer
from skwfm.landscape import local_entropy
from skwfm.landscape.volumes.sampling import SignSampler, sample_local_volume

MACHINES = [TreeCommittee(1), TreeCommittee(3), FullCommittee(3)]


def taught(machine, X, seed=0):
    """A model with random +-1 weights, stored with norm one, and its answers."""
    draft = Factors(X, np.ones(len(X)), machine)
    rng = np.random.default_rng(seed)
    coef = draft.dense(rng.choice([-1.0, 1.0], draft.n_weights))
    hidden = np.where(draft.fields(draft.flat(coef)) >= 0, 1.0, -1.0)
    coef /= np.linalg.norm(coef, axis=1, keepdims=True)
    model = SimpleNamespace(coef_=coef, architecture_=machine, weights="binary")
    return model, machine.output(hidden)


def few_weights(machine, n_samples, seed):
    """21 weights and real inputs: sums of +-1 would lie on a lattice."""
    n_features = 7 if machine == FullCommittee(3) else 21
    X = np.random.default_rng(seed).normal(size=(n_samples, n_features))
    return X, *taught(machine, X, seed + 100)


def enumerate_fraction(model, X, y, n_flips):
    """Log of the share of all weights with so many flips that make no error."""
    machine = model.architecture_
    factors = Factors(X, y, machine)
    reference = np.sign(factors.flat(model.coef_))
    flipped = np.array(list(combinations(range(21), n_flips)))
    weights = np.tile(reference, (len(flipped), 1))
    rows = np.arange(len(flipped))[:, None]
    weights[rows, flipped] *= -1
    fields = [
        weights[:, where] @ factors.unit_inputs(l).T
        for l, where in enumerate(factors.unit_slices)
    ]
    hidden = np.where(np.stack(fields, axis=-1) >= 0, 1.0, -1.0)
    output = machine.output(hidden.reshape(-1, machine.n_hidden))
    return np.log((output.reshape(len(weights), -1) == y).all(axis=1).mean())


def sampled(model, X, y, overlap, **options):
    factors = Factors(X, y, model.architecture_)
    reference = np.sign(factors.flat(model.coef_))
    return sample_local_volume(factors, reference, overlap, binary=True, **options)


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
@pytest.mark.parametrize("n_flips", [3, 6])
def test_engines_against_enumeration(machine, n_flips):
    """Gaussian fields of n weights of a unit: a log-fraction off by 1/n a pattern."""
    errors = []
    for seed in range(8):
        X, model, y = few_weights(machine, 4, seed)
        exact = enumerate_fraction(model, X, y, n_flips)
        found = [
            local_entropy(model, X, y, distances=[n_flips / 21], method=m).entropy[0]
            for m in ("ep", "amp", "bp")
        ]
        errors.append(21 * np.array(found) - exact)
    n_inputs = 7 if machine.n_hidden == 3 else 21
    assert np.all(np.sqrt(np.mean(np.square(errors), axis=0)) < 4 / n_inputs)


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
@pytest.mark.parametrize(("n_samples", "how"), [(4, "direct"), (12, "splitting")])
def test_sampling_against_enumeration(machine, n_samples, how):
    X, model, y = few_weights(machine, n_samples, seed=1)
    estimate = sampled(model, X, y, 1 - 2 * 5 / 21, n_samples=2000, seed=0)
    exact = enumerate_fraction(model, X, y, 5)
    assert np.exp(exact) * comb(21, 5) > 1.5  # not the reference's neighbours alone
    assert estimate.method == how
    assert estimate.converged
    assert estimate.log_fraction == pytest.approx(exact, abs=3 * estimate.error)


def test_standard_error_is_honest():
    """Deviations from the truth, in standard errors, have a mean square near 1."""
    X, model, y = few_weights(MACHINES[0], 12, seed=1)
    exact, scores = enumerate_fraction(model, X, y, 5), []
    for seed in range(12):
        estimate = sampled(model, X, y, 1 - 2 * 5 / 21, n_samples=1000, seed=seed)
        scores.append((estimate.log_fraction - exact) / estimate.error)
    # As for real weights: Student's t of 10 populations, crossed once in a thousand.
    assert 0.2 < np.mean(np.square(scores)) < 4.5


@pytest.mark.parametrize("step", [0.01, 0.4, 1.0])
def test_moves_keep_the_number_of_flips_and_forget_the_rest(step):
    factors = Factors(np.ones((1, 12)), np.ones(1), FullCommittee(1))
    sampler, rng = SignSampler(factors, np.ones(12), 0.5), np.random.default_rng(0)
    flips = np.tile(sampler.draw(1, rng), (20000, 1))  # all alike
    for _ in range(40):
        flips = sampler.move(flips, step, rng)
    weights = sampler.weights(flips)
    assert np.all(weights.sum(axis=1) == 6)
    flipped = weights < 0
    together = flipped.T.astype(float) @ flipped / len(flipped)
    # Standard errors are at most 0.5 / sqrt(20000); 144 numbers within five of them.
    singles, pairs = 3 / 12, 3 * 2 / (12 * 11)
    expected = np.full((12, 12), pairs) + (singles - pairs) * np.eye(12)
    np.testing.assert_allclose(together, expected, atol=5 * 0.5 / np.sqrt(20000))


def test_overlaps_between_two_numbers_of_flips_hold_on_average():
    factors = Factors(np.ones((1, 15)), np.ones(1), FullCommittee(1))
    reference = np.where(np.arange(15) % 2, 1.0, -1.0)
    sampler = SignSampler(factors, reference, 0.7)
    overlaps = sampler.weights(sampler.draw(20000, np.random.default_rng(0)))
    overlaps = overlaps @ reference / 15
    np.testing.assert_allclose(np.unique(overlaps), [1 - 6 / 15, 1 - 4 / 15], atol=1e-6)
    assert overlaps.mean() == pytest.approx(0.7, abs=5 * 0.07 / np.sqrt(20000))


def test_nothing_flipped_is_the_reference():
    X, model, y = few_weights(MACHINES[0], 30, seed=1)
    estimate = sampled(model, X, y, 1 - 1e-9, n_samples=100, seed=0)
    assert estimate.log_fraction == 0


def test_zero_fields_count_as_plus_one():
    """Even numbers of +-1 inputs tie often; products must then be zero exactly."""
    rng = np.random.default_rng(0)
    X = rng.choice([-1.0, 1.0], (20, 10))
    factors = Factors(X, np.ones(20), FullCommittee(1))
    sampler = SignSampler(factors, np.ones(10), 0.4)
    flips = sampler.draw(200, rng)
    fields = sampler.weights(flips).astype(int) @ X.astype(int).T
    assert np.any(fields == 0)
    np.testing.assert_array_equal(sampler.errors(flips), np.sum(fields < 0, axis=1))


def test_where_the_overlap_is_typical_the_number_is_that_of_all_solutions():
    """There lambda is 0: the local entropy is the entropy of all solutions."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 60)) + rng.normal(size=(20, 1))
    model, y = taught(FullCommittee(3), X)
    factors = Factors(X, y, model.architecture_)
    everything = infer(factors, BinaryPrior(), method="ep", tol=1e-10)
    typical = np.vdot(np.sign(model.coef_), everything.mean) / factors.n_weights
    assert 0 < typical < 0.9
    curve = local_entropy(model, X, y, overlaps=[typical], method="ep", tol=1e-10)
    same = (1 + typical) / 2
    without = -same * np.log(same) - (1 - same) * np.log(1 - same)
    number = everything.absolute_entropy
    assert curve.entropy[0] + without == pytest.approx(number, rel=1e-8)


@pytest.fixture(scope="module")
def focused():
    X, y = make_random_patterns(24, 303, random_state=0)
    clf = FBPClassifier(
        architecture="tree", n_hidden=3, weights="binary", fit_intercept=False,
        gammas=[0.5, 2.0, 8.0], random_state=0,
    ).fit(X, y)  # fmt: skip
    assert clf.n_errors_ == 0
    return clf, X, y


@pytest.mark.parametrize("method", ["amp", "bp", "ep"])
def test_engines_agree_with_sampling_around_a_focusing_solution(focused, method):
    curve = local_entropy(*focused, overlaps=[0.9, 0.7], method=method)
    assert curve.weights == "binary"
    assert curve.converged.all()
    samples = local_entropy(
        *focused, overlaps=[0.9, 0.7], method="mc", n_samples=4000, random_state=0
    )
    assert samples.weights == "binary"
    # 24 patterns, 101 weights of a unit: log-fractions off by at most 24 / 101.
    allowed = 3 * samples.error + 24 / 101 / 303
    assert np.all(np.abs(curve.entropy - samples.entropy) < allowed)


def test_auto_goes_by_the_model_and_can_be_overruled(focused):
    clf, X, y = focused
    assert local_entropy(clf, X, y, overlaps=[0.8]).weights == "binary"
    real = local_entropy(clf, X, y, overlaps=[0.8], weights="spherical")
    assert real.weights == "spherical"
    bare = SimpleNamespace(coef_=clf.coef_, architecture_=clf.architecture_)
    again = local_entropy(bare, X, y, overlaps=[0.8])
    assert again.weights == "spherical"
    assert again.entropy[0] == real.entropy[0]
    told = local_entropy(bare, X, y, overlaps=[0.8], weights="binary")
    assert told.entropy[0] == local_entropy(clf, X, y, overlaps=[0.8]).entropy[0]


def test_weights_with_an_intercept_among_them():
    X, y = make_random_patterns(20, 63, random_state=0)
    clf = FBPClassifier(
        n_hidden=1, weights="binary", gammas=[0.5, 2.0, 8.0], random_state=0
    ).fit(X, y)
    np.testing.assert_allclose(np.abs(clf.intercept_), 1 / 8)
    curve = local_entropy(clf, X, y, overlaps=[0.8])
    bare = SimpleNamespace(
        coef_=np.column_stack([clf.coef_, clf.intercept_]),
        architecture_=clf.architecture_,
    )
    ones = np.column_stack([X, np.ones(20)])
    same = local_entropy(bare, ones, y, overlaps=[0.8], weights="binary")
    assert curve.entropy[0] == pytest.approx(same.entropy[0], rel=1e-9)


def test_models_that_are_not_binary():
    X, y = make_random_patterns(20, 33, random_state=0)
    model = LALClassifier(n_hidden=3, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=r"unit 0 have sizes.*weights='spherical'"):
        local_entropy(model, X, y, weights="binary")
    with pytest.raises(ValueError, match=r"weights='real' is unknown.*'binary'"):
        local_entropy(model, X, y, weights="real")


@pytest.mark.filterwarnings("ignore:the model gets:UserWarning")
@pytest.mark.slow
def test_images():
    """20 images, one unit: ep within 10 per cent, where amp errs by twice as much.

    amp takes pixels as unrelated.
    """
    X, _ = load_dress_coat(n_per_class=10, random_state=0, return_X_y=True)
    model, y = taught(FullCommittee(1), X)
    options = {"overlaps": [0.9, 0.95], "max_errors": 0}
    samples = local_entropy(model, X, y, method="mc", random_state=0, **options)
    assert samples.converged.all()
    assert local_entropy(model, X, y, **options).method == "ep"
    curves = [local_entropy(model, X, y, method=m, **options) for m in ("ep", "amp")]
    off = [np.abs(curve.entropy - samples.entropy) for curve in curves]
    assert np.all(off[0] < 0.1 * np.abs(samples.entropy) + 2 * samples.error)
    assert np.all(off[1] > 2 * off[0])
