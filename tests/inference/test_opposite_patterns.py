"""Opposite inputs without intercept are one pattern: closed forms and enumeration."""

from itertools import product

import numpy as np
import pytest

from skwfm.architectures import FullCommittee, TreeCommittee, TreeParity
from skwfm.inference import BinaryPrior, Factors, SphericalPrior, infer
from skwfm.landscape import local_entropy
from skwfm.problem.validation import mirror_sign

ENGINES = ["amp", "bp", "ep"]
PAIR = np.array([[1.0, 2, 3, 4], [-1, -2, -3, -4]])


def enumerated(X, y, beta):
    """Log of the mean of exp(-beta errors), and errors, of one unit of signs."""
    weights = np.array(list(product([-1, 1], repeat=X.shape[1])))
    errors = (np.where(X @ weights.T >= 0, 1, -1) != y[:, None]).sum(axis=0)
    counts = np.exp(-beta * errors)
    return np.log(counts.mean()), counts @ errors / counts.sum()


class Solution:
    """Random real weights, which local entropies take as a model."""

    def __init__(self, machine, n_features):
        self.architecture_ = machine
        weights = np.random.default_rng(1).normal(size=(machine.n_hidden, n_features))
        self.coef_ = weights / np.linalg.norm(weights, axis=1, keepdims=True)


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize("n_hidden", [1, 3])
def test_one_of_two_contradictory_opposites_is_wrong(method, n_hidden):
    """Whatever the weights: log Z is -beta, and the posterior is the prior."""
    factors = Factors(PAIR, [1, 1], FullCommittee(n_hidden), beta_ne=3.0)
    found = infer(factors, SphericalPrior(), method=method)
    assert found.expected_errors == pytest.approx(1, abs=1e-9)
    assert found.log_volume * factors.n_weights == pytest.approx(-3, abs=1e-9)


def test_consistent_opposites_halve_the_weights_at_zero_temperature():
    factors = Factors(PAIR, [1, -1], FullCommittee(1), sample_weight=np.ones(2))
    found = infer(factors, SphericalPrior(), method="ep")
    assert found.log_volume * 4 == pytest.approx(-np.log(2), abs=1e-9)


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize(
    "machine", [FullCommittee(3), TreeParity(2), TreeParity(3)], ids=repr
)
def test_opposites_count_as_copies_with_the_label_that_they_imply(machine, method):
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(6, 11)), rng.choice([-1, 1], 6)
    copies, answers = np.vstack([X, X[:4]]), np.r_[y, rng.choice([-1, 1], 4)]
    sides = np.r_[np.ones(6, int), -np.ones(4, int)]
    implied = np.where(sides < 0, mirror_sign(machine, False), 1) * answers
    patterns = (copies, answers), (copies * sides[:, None], implied)
    found = [
        infer(Factors(*p, machine, label_noise=0.2), SphericalPrior(), method=method)
        for p in patterns
    ]
    assert found[0].n_samples == found[1].n_samples == 6
    assert found[0].log_volume == found[1].log_volume
    assert found[0].expected_errors == found[1].expected_errors


def test_with_intercepts_opposites_are_two_patterns():
    factors = Factors(PAIR, [1, 1], FullCommittee(1), True, beta_ne=3.0)
    assert factors.n_samples == 2
    assert not factors.temperature.against.any()


@pytest.mark.parametrize("method", ENGINES)
def test_opposites_of_signs_without_ties_agree_with_enumeration(method):
    X = np.random.default_rng(0).choice([-1, 1], (4, 11))
    y = np.array([-1, -1, 1, 1])
    X, y = np.vstack([X, -X]), np.r_[y, y[:1], -y[1:]]
    found = infer(Factors(X, y, FullCommittee(1), beta_ne=2.0), BinaryPrior(),
                  method=method)  # fmt: skip
    log_z, errors = enumerated(X, y, 2.0)
    assert found.log_volume * 11 == pytest.approx(log_z, abs=0.1)
    assert found.expected_errors == pytest.approx(errors, abs=0.1)


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize("c", [1.0, 0.5])
def test_opposites_of_signs_with_ties_stay_two_patterns(method, c):
    """A tie is answered +1 on both sides: merged, log Z would be -8 instead."""
    X = np.random.default_rng(1).choice([-1, 1], (4, 16))
    X, y = np.vstack([X, -X]), np.ones(8)
    found = infer(Factors(c * X, y, FullCommittee(1), beta_ne=2.0), BinaryPrior(),
                  method=method)  # fmt: skip
    log_z, _ = enumerated(X, y, 2.0)
    assert found.n_samples == 8
    # amp and bp do not know that both fields are opposite: -4.6 for -5.5.
    assert found.log_volume * 16 == pytest.approx(log_z, abs=1)


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize("n_hidden", [1, 3])
def test_for_real_weights_opposites_with_ties_are_one_pattern(method, n_hidden):
    X = np.random.default_rng(1).choice([-1, 1], (4, 16))
    machine = FullCommittee(n_hidden)
    factors = Factors(np.vstack([X, -X]), np.ones(8), machine, beta_ne=1.0)
    factors = factors.for_real_weights.at(beta_ne=2.0)
    assert factors.n_samples == 8
    assert factors.for_real_weights is factors
    found = infer(factors, SphericalPrior(), method=method)
    assert found.expected_errors == pytest.approx(4, abs=1e-9)
    assert found.log_volume * factors.n_weights == pytest.approx(-8, abs=1e-9)


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize("options", [{}, {"beta_ne": 1.5}])
def test_for_real_weights_idle_patterns_change_nothing(method, options):
    """At zero temperature and at others: the same volume as without them."""
    rng = np.random.default_rng(1)
    X, y = rng.choice([-1, 1], (5, 16)), np.array([1, -1, 1, -1, 1])
    machine, sides = FullCommittee(3), (np.vstack([X, -X[:2]]), np.r_[y, -y[:2]])
    both = Factors(*sides, machine, sample_weight=np.ones(7), **options)
    alone = Factors(X, y, machine, sample_weight=[2.0, 2, 1, 1, 1], **options)
    found, expected = (
        infer(f, SphericalPrior(), method=method, tol=1e-10, max_sweeps=1000)
        for f in (both.for_real_weights, alone)
    )
    assert (found.n_samples, expected.n_samples) == (7, 5)
    assert found.log_volume == pytest.approx(expected.log_volume, abs=1e-8)
    errors = expected.expected_errors
    assert found.expected_errors == pytest.approx(errors, abs=1e-6)


@pytest.mark.filterwarnings("ignore:no local entropy")
@pytest.mark.filterwarnings("ignore:the model gets")
@pytest.mark.parametrize("method", [*ENGINES, "mc"])
@pytest.mark.parametrize("most", [3, 8])
def test_fewer_errors_than_contradictory_opposites_have_no_volume(method, most):
    X = np.random.default_rng(0).normal(size=(8, 9))
    X, model = np.vstack([X, -X]), Solution(FullCommittee(3), 9)
    curve = local_entropy(
        model, X, np.ones(16), overlaps=[0.9, 0.5], max_errors=most, method=method,
        n_samples=500, random_state=0,
    )  # fmt: skip
    # All weights make 8 errors.
    np.testing.assert_array_equal(curve.converged, most == 8)
    if most == 8:
        np.testing.assert_array_equal(curve.entropy, 0)


def test_units_that_see_nothing_have_no_mirror():
    """Their answer is +1 on both sides, which the two others can outvote or not."""
    X = np.array([[0.0, 0, 1, 2, 3, 1], [0, 0, -1, -2, -3, -1]])
    machine = TreeCommittee(3)
    for labels, is_possible in (([1, 1], True), ([1, -1], True), ([-1, -1], False)):
        weights = np.random.default_rng(0).normal(size=(3, 2, 1000))
        fields = X.reshape(2, 3, 2).transpose(1, 0, 2) @ weights
        answers = np.sign(np.where(fields >= 0, 1, -1).sum(axis=0))
        is_right = answers == np.array(labels)[:, None]
        assert is_right.all(axis=0).any() == is_possible
        found = Factors(X, labels, machine).contradiction
        assert (found is None) == is_possible
        assert Factors(X, labels, machine, beta_ne=1.0).n_samples == 2
