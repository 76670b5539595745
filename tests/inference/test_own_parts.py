"""Priors and engines of other packages: what they get wrong is named, once, early."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import logsumexp
from sklearn.exceptions import ConvergenceWarning

from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.inference import (
    BinaryPrior,
    BoundPrior,
    Engine,
    Factors,
    Focusing,
    GaussianPrior,
    Prior,
    infer,
)
from skwfm.inference.bounds import has_possible_marginals, without_rounding
from skwfm.inference.engines.held import held_prior, one_number
from skwfm.inference.priors.gaussian import BoundGaussian
from skwfm.inference.priors.multipliers import Replicas

METHODS = "amp", "bp", "ep"
N_WEIGHTS = 33


@pytest.fixture(scope="module")
def factors():
    rng = np.random.default_rng(0)
    X, y = rng.choice([-1.0, 1.0], (10, N_WEIGHTS)), rng.choice([-1.0, 1.0], 10)
    return Factors(X, y, TreeCommittee(3))


@dataclass
class Normal(Prior):
    """Standard normal weights; each test changes something."""

    change: object = None
    bound: type = None

    def bind(self, factors):
        return (self.bound or BoundNormal)(self.change)


class BoundNormal(BoundPrior):
    def __init__(self, change=None):
        self.change = change or (lambda mean, variance, linear, precision: None)

    def moments(self, linear, precision):
        self.linear, self.precision = np.zeros_like(linear), np.ones_like(linear)
        variance = 1 / (precision + 1)
        mean = linear * variance
        changed = self.change(mean, variance, linear, precision)
        return (mean, variance) if changed is None else changed

    def log_partition(self, linear, precision):
        total = precision + 1
        return 0.5 * np.sum(linear**2 / total - np.log(total))


@pytest.mark.parametrize("method", METHODS)
def test_a_right_prior_gives_what_the_same_built_in_gives(factors, method):
    own = infer(factors, Normal(), method=method)
    if method == "ep":  # the built-in is exact there, and has no sites on weights
        assert own.converged
        return
    same = infer(factors, GaussianPrior(), method=method)
    np.testing.assert_allclose(own.flat_mean, same.flat_mean, atol=1e-6)
    normalised = same.log_evidence - N_WEIGHTS * np.log(2 * np.pi) / 2
    assert own.log_evidence == pytest.approx(normalised, abs=1e-6)


def write(target):
    def change(mean, variance, linear, precision):
        {"linear": linear, "precision": precision}[target][0] += 1.0

    return change


WRONG_MOMENTS = {
    "short": (lambda m, v, *_: (m[:3], v), r"shape \(3,\) and float64 of shape \(33,"),
    "column": (lambda m, v, *_: (m[:, None], v), r"float64 of shape \(33, 1\) and"),
    "scalar": (lambda m, v, *_: (m, 0.5), r"shape \(33,\) and float64 of shape \(\)"),
    "alone": (lambda m, v, *_: m, r"gave float64 of shape \(33,\): return two"),
    "three": (lambda m, v, *_: (m, v, v), r"and float64 .* and float64 .*: return two"),
    "nothing": (lambda m, v, *_: 0, r"gave int64 of shape \(\): return two arrays"),
    "words": (lambda m, v, *_: (m.astype(str), v), r"gave <U32 of shape \(33,\)"),
    "complex": (lambda m, v, *_: (m + 0j, v), "gave complex128"),
    "NaN": (lambda m, v, *_: (m * np.nan, v), "NaN or infinity for arguments that"),
    "infinite": (lambda m, v, *_: (m, v / 0), "NaN or infinity .*FloatingPointError"),
    "negative": (lambda m, v, *_: (m, -v), "gave a variance of -1: .*no variance is"),
    "writes A": (write("linear"), "changes its argument linear, which .*on a copy"),
    "writes B": (write("precision"), "changes its argument precision, which .*a copy"),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("change", "message"), WRONG_MOMENTS.values(), ids=WRONG_MOMENTS
)
def test_wrong_moments_are_named(factors, method, change, message):
    with pytest.raises(ValueError, match=rf"^BoundNormal\.moments .*{message}"):
        infer(factors, Normal(change), method=method)


class WritesLate(BoundNormal):
    """Only once messages are there."""

    def log_partition(self, linear, precision):
        linear *= 2
        return super().log_partition(linear, precision)


class Many(BoundNormal):
    def log_partition(self, linear, precision):
        return linear**2


class Word(BoundNormal):
    def log_partition(self, linear, precision):
        return "a lot"


class ShortLinear(BoundNormal):
    def moments(self, linear, precision):
        moments = super().moments(linear, precision)
        self.linear = self.linear[:3]
        return moments


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("bound", "message"),
    [
        (WritesLate, "log_partition changes its argument linear, which belongs to th"),
        (Many, r"log_partition gave an array of shape \(33,\): return one real number"),
        (Word, "log_partition gave 'a lot': return one real number"),
        (ShortLinear, r"linear has shape \(3,\) after `moments`: set .* or None"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_other_faults_of_priors_are_named(factors, method, bound, message):
    with pytest.raises(ValueError, match=rf"^{bound.__name__}\.{message}"):
        infer(factors, Normal(bound=bound), method=method)


class Buffers(BoundNormal):
    """Gives the same arrays again and again."""

    def moments(self, linear, precision):
        mean, variance = super().moments(linear, precision)
        if not hasattr(self, "kept"):
            self.kept = np.empty((2, len(mean)))
        self.kept[:] = mean, variance
        return self.kept


@pytest.mark.parametrize("method", METHODS)
def test_arrays_that_a_prior_fills_again_are_copied(factors, method):
    again = infer(factors, Normal(bound=Buffers), method=method)
    once = infer(factors, Normal(), method=method)
    assert again.n_iter == once.n_iter > 1
    np.testing.assert_array_equal(again.flat_mean, once.flat_mean)


class Coarse(BoundNormal):
    """Lists and single precision are numbers, too, and one precision for all."""

    def moments(self, linear, precision):
        mean, variance = super().moments(linear, precision)
        self.linear, self.precision = 0.0, 1.0
        return [mean.tolist(), variance.astype(np.float32)]

    def log_partition(self, linear, precision):
        return np.array(super().log_partition(linear, precision))


@pytest.mark.parametrize("method", METHODS)
def test_what_can_be_read_as_numbers_is_accepted(factors, method):
    coarse = infer(factors, Normal(bound=Coarse), method=method, tol=1e-4)
    fine = infer(factors, Normal(), method=method, tol=1e-4)
    assert coarse.log_evidence == pytest.approx(fine.log_evidence, abs=1e-3)


class Focusable(BoundNormal):
    def __init__(self, change=None):
        super().__init__(change)
        self.replicas = Replicas()


class OwnGaussian(BoundGaussian):
    """A subclass of another package, of which ep needs no moments."""


class OwnNormal(Prior):
    def bind(self, factors):
        return OwnGaussian((slice(0, factors.n_weights),), fixed_norm=1.0)


@pytest.mark.parametrize("method", METHODS)
def test_subclasses_of_built_in_priors_stay_what_they_are(factors, method):
    own = infer(factors, OwnNormal(), method=method)
    same = infer(factors, GaussianPrior(), method=method)
    assert own.log_evidence == same.log_evidence
    np.testing.assert_array_equal(own.flat_mean, same.flat_mean)


def test_a_held_prior_is_what_it_holds(factors):
    bound = Focusable()
    held = held_prior(bound, N_WEIGHTS)
    assert isinstance(held, Focusable)
    assert type(held).__name__ == "Focusable"
    assert held.replicas is bound.replicas
    held.note = "kept"
    assert bound.note == "kept"
    with pytest.raises(AttributeError, match="nothing"):
        held.nothing  # noqa: B018
    built_in = GaussianPrior().bind(factors)
    assert held_prior(built_in, N_WEIGHTS) is built_in
    focused = infer(factors, Focusing(Normal(bound=Focusable), 3, 0.0), method="amp")
    assert focused.converged


class Exact(Engine):
    """Adds up all +-1 weights; each test changes what a method gives."""

    name = "exact"
    change = staticmethod(lambda method, given: given)

    def __init__(self, factors, prior, state=None, rng=None):
        super().__init__(factors, prior, state, rng)
        signs = itertools.product([-1.0, 1.0], repeat=factors.n_weights)
        self.all = np.array(list(signs))
        problem = self.factors.problem
        wrong = [problem.wrong(self.factors.fields(w)).any() for w in self.all]
        self.logs = np.where(wrong, -np.inf, 0.0)
        self.mean = np.zeros(factors.n_weights)

    def sweep(self, damping):
        shares = np.exp(self.logs - logsumexp(self.logs))
        before, self.mean = self.mean, shares @ self.all
        return self.change("sweep", np.abs(self.mean - before).max())

    def weights(self):
        return self.change("weights", (self.mean, 1 - self.mean**2))

    def log_evidence(self):
        return self.change("log_evidence", logsumexp(self.logs))

    def cavity(self):
        shape = self.factors.n_samples, self.factors.n_hidden
        return self.change("cavity", (np.zeros(shape), np.ones(shape)))

    @property
    def state(self):
        return None


@pytest.fixture(scope="module")
def few():
    """So many patterns that the signs of some weights are certain."""
    rng = np.random.default_rng(0)
    X, y = rng.choice([-1.0, 1.0], (4, 9)), rng.choice([-1.0, 1.0], 4)
    return Factors(X, y, FullCommittee(1))


def rounded(method, given):
    """As exact sums may be rounded."""
    if method != "weights":
        return given
    mean, variance = given
    mean, variance = mean.copy(), variance.copy()
    mean[0], variance[0] = np.nextafter(1, 2), -9e-16
    return mean, variance


def negative(method, given):
    return (given[0], given[1] - 1) if method == "weights" else given


def test_an_exact_engine_is_possible(few, monkeypatch):
    posterior = infer(few, BinaryPrior(), method=Exact)
    assert (posterior.status, posterior.converged) == ("converged", True)
    monkeypatch.setattr(Exact, "change", staticmethod(rounded))
    posterior = infer(few, BinaryPrior(), method=Exact)
    assert posterior.status == "converged"
    assert posterior.flat_variance.min() == 0
    assert posterior.flat_mean.max() == 1
    monkeypatch.setattr(Exact, "change", staticmethod(negative))
    with pytest.warns(ConvergenceWarning, match="that cannot be"):
        assert infer(few, BinaryPrior(), method=Exact).status == "impossible"


def changed(name, value):
    return lambda method, given: value if method == name else given


WRONG_ENGINES = {
    "sweep": (changed("sweep", None), "sweep gave None: return one real number"),
    "residuals": (
        changed("sweep", np.ones(9)),
        r"sweep gave an array of shape \(9,\): return one real",
    ),
    "weights": (
        changed("weights", np.ones(9)),
        r"weights gave float64 of shape \(9,\): return two .* each of shape \(9,\)",
    ),
    "dense": (
        changed("weights", np.ones((2, 1, 9))),
        r"weights gave float64 of shape \(1, 9\) and float64 of shape \(1, 9\)",
    ),
    "evidence": (
        changed("log_evidence", np.ones(4)),
        r"log_evidence gave an array of shape \(4,\): return one real number",
    ),
}


@pytest.mark.parametrize(
    ("change", "message"), WRONG_ENGINES.values(), ids=WRONG_ENGINES
)
def test_wrong_engines_are_named(few, change, message, monkeypatch):
    monkeypatch.setattr(Exact, "change", staticmethod(change))
    with pytest.raises(ValueError, match=rf"^Exact\.{message}"):
        infer(few, BinaryPrior(), method=Exact)


def test_a_wrong_cavity_is_named(few, monkeypatch):
    soft = Factors(few.inputs, few.labels, FullCommittee(1), label_noise=0.1)
    assert infer(soft, BinaryPrior(), method=Exact).cavity is not None
    wrong = changed("cavity", np.ones((2, 4)))
    monkeypatch.setattr(Exact, "change", staticmethod(wrong))
    message = r"^Exact\.cavity gave .*\(4,\): return two .*each of shape \(4, 1\)"
    with pytest.raises(ValueError, match=message):
        infer(soft, BinaryPrior(), method=Exact)
    monkeypatch.setattr(Exact, "change", staticmethod(changed("cavity", None)))
    assert infer(soft, BinaryPrior(), method=Exact).cavity is None


def test_only_rounding_is_allowed_for():
    mean, variance = np.array([1 + 1e-15, -1 - 1e-15, 3.0]), np.array([-9e-16, 0, 1.0])
    np.testing.assert_array_equal(
        without_rounding(mean, variance, True), [[1, -1, 3], [0, 0, 1]]
    )
    same = without_rounding(mean, variance, False)
    np.testing.assert_array_equal(same, [mean, [0, 0, 1]])
    assert not has_possible_marginals(mean, variance, True)
    assert has_possible_marginals(mean[:2], variance[:2], True)
    assert has_possible_marginals(mean, variance, False)
    assert not has_possible_marginals(mean, variance - 1e-12, False)
    # Variances of large means are differences of larger numbers.
    assert has_possible_marginals(np.array([1e3]), np.array([-1e-9]), False)
    assert not has_possible_marginals(np.array([np.nan]), np.ones(1), False)


@pytest.mark.parametrize("number", [1, 2.5, np.float32(3), np.array(4), np.nan])
def test_numbers_are_numbers(number):
    assert one_number(None, "any", number) == pytest.approx(float(number), nan_ok=True)
