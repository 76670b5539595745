"""Priors that users write: in every engine, against enumeration; bad ones are named."""

from dataclasses import dataclass
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.inference import (
    ENGINES,
    BinaryPrior,
    BoundPrior,
    Factors,
    Focusing,
    GaussianPrior,
    Prior,
    SphericalPrior,
    infer,
)
from skwfm.inference.priors.gaussian import BoundGaussian


class BoundTernary(BoundPrior):
    """Weights 0 or +-1, each with probability 1/3, times ``exp(field w)``."""

    def __init__(self, field):
        self._field = field

    def moments(self, linear, precision):
        field = linear + self._field
        size = 1 / (1 + np.exp(precision / 2) / (2 * np.cosh(field)))
        mean = size * np.tanh(field)
        variance = size - mean**2
        self.linear = mean / variance - linear
        self.precision = 1 / variance - precision
        return mean, variance

    def log_partition(self, linear, precision):
        signs = 2 * np.cosh(linear + self._field) * np.exp(-precision / 2)
        return np.sum(np.log((1 + signs) / 3))


@dataclass
class TernaryPrior(Prior):
    field: np.ndarray

    def bind(self, factors):
        return BoundTernary(factors.flat(self.field))


class ShiftedPrior:
    """Independent Gaussians around a mean; inherits from nothing of ours."""

    def __init__(self, mean, precision):
        self.mean, self.precision = mean, precision

    def bind(self, factors):
        everything = (slice(0, factors.n_weights),)
        field = self.precision * factors.flat(self.mean)
        return BoundGaussian(everything, field=field, fixed_norm=self.precision)


def random_patterns(machine, n_samples, n_features, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n_samples, n_features))
    return Factors(inputs, rng.choice([-1, 1], n_samples), machine), rng


def ternary_sum(factors, field):
    """log Z and means by adding up all ternary weights."""
    weights = np.array(list(product([-1.0, 0.0, 1.0], repeat=factors.n_weights)))
    fields = [
        weights[:, where] @ factors.unit_inputs(l).T
        for l, where in enumerate(factors.unit_slices)
    ]
    hidden = np.where(np.stack(fields, axis=-1) >= 0, 1.0, -1.0)
    output = factors.architecture.output(hidden.reshape(-1, factors.n_hidden))
    solve = (output.reshape(len(weights), -1) == factors.labels).all(axis=1)
    logs = weights[solve] @ field
    log_z = np.logaddexp.reduce(logs)
    mean = np.exp(logs - log_z) @ weights[solve]
    return log_z - factors.n_weights * np.log(3), mean


@pytest.mark.parametrize("method", ENGINES)
def test_ternary_weights_by_enumeration(method):
    """Nine weights in a random field, two patterns of real inputs.

    A field is a sum of nine bounded numbers taken as Gaussian, and amp and bp do not
    see how the patterns overlap: each pattern makes log Z wrong by about 1/9, and the
    means by less.
    """
    errors, differences, changes = [], [], []
    for seed in range(8):
        factors, rng = random_patterns(FullCommittee(1), 2, 9, seed)
        field = 0.5 * rng.normal(size=9)
        log_z, mean = ternary_sum(factors, field)
        prior = TernaryPrior(factors.dense(field))
        found = infer(factors, prior, method=method, max_sweeps=1000)
        assert np.isnan([found.entropy, found.log_volume]).all()
        errors.append(found.log_evidence - log_z)
        differences.append(factors.flat(found.mean) - mean)
        free, _ = prior.bind(factors).moments(np.zeros(9), np.zeros(9))
        changes.append(free - mean)
    assert np.sqrt(np.mean(np.square(errors))) < 2 / 9
    assert np.sqrt(np.mean(np.square(differences))) < 1 / 9
    # What the patterns do is larger than what is allowed.
    assert np.sqrt(np.mean(np.square(changes))) > 2 / 9


@pytest.mark.parametrize("method", ["amp", "ep"])
def test_means_are_derivatives_of_log_z_by_the_field(method):
    """Not so in bp, which takes out single messages as if weights were Gaussian."""
    factors, rng = random_patterns(TreeCommittee(3), 30, 90)
    field = factors.dense(0.3 * rng.normal(size=90))
    direction = factors.dense(rng.normal(size=90))
    options = {"method": method, "tol": 1e-11, "max_sweeps": 3000}
    middle = infer(factors, TernaryPrior(field), **options)
    step = 1e-4
    up, down = (
        infer(factors, TernaryPrior(field + s * direction), **options).log_evidence
        for s in (step, -step)
    )
    expected = np.vdot(direction, middle.mean)
    assert (up - down) / (2 * step) == pytest.approx(expected, rel=1e-6)


def test_engines_agree_for_many_ternary_weights():
    factors, _ = random_patterns(TreeCommittee(3), 300, 999)
    prior = TernaryPrior(np.zeros(factors.dense_shape))
    runs = [infer(factors, prior, method=method) for method in ENGINES]
    for run in runs[1:]:
        assert run.log_evidence == pytest.approx(runs[0].log_evidence, rel=1e-3)
        assert np.sqrt(np.mean((run.mean - runs[0].mean) ** 2)) < 1e-2
        assert np.sqrt(np.mean(run.mean**2)) > 0.1


@pytest.mark.parametrize("method", ENGINES)
def test_gaussians_around_a_mean_are_a_field(method):
    factors, rng = random_patterns(TreeCommittee(3), 20, 60)
    mean = factors.dense(rng.normal(size=60))
    own = infer(factors, ShiftedPrior(mean, 2.5), method=method)
    ours = infer(factors, GaussianPrior(2.5, 2.5 * mean), method=method)
    np.testing.assert_array_equal(own.mean, ours.mean)
    assert own.log_evidence == ours.log_evidence


def bind_to(bound):
    return SimpleNamespace(bind=lambda factors: bound)


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize("wrap", [lambda prior: prior, Focusing], ids=["", "focusing"])
@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ("spherical", r"prior is spherical, .* SphericalPrior\(\).*BinaryPrior\(\)"),
        (None, r"prior is None, which is not a prior.*BoundPrior"),
        (SphericalPrior, r"prior is the class SphericalPrior, .*SphericalPrior\(\)"),
        (bind_to(None), "bind returned a NoneType without is_binary"),
        (
            bind_to(
                SimpleNamespace(
                    moments=0, linear=0, precision=0, is_binary=0, replicas=0
                )
            ),
            "without multipliers, free_entropy_density, is_normalised, has_evidence, "
            "log_partition, entropy: return a subclass of skwfm.inference.BoundPrior",
        ),
    ],
)
def test_what_is_no_prior(prior, message, wrap, method):
    factors, _ = random_patterns(TreeCommittee(3), 5, 9)
    with pytest.raises(TypeError, match=message):
        infer(factors, wrap(prior), method=method)


def test_a_prior_that_ignores_replicas_is_not_focused():
    factors, _ = random_patterns(TreeCommittee(3), 5, 9)
    prior = Focusing(TernaryPrior(np.zeros((3, 9))))
    with pytest.raises(
        TypeError, match="TernaryPrior cannot be focused: its BoundTernary"
    ):
        infer(factors, prior)


def test_bp_asks_for_what_it_adds_to_messages():
    class Silent(BoundTernary):
        def moments(self, linear, precision):
            found = super().moments(linear, precision)
            self.linear = None
            return found

    factors, _ = random_patterns(TreeCommittee(3), 5, 9)
    prior = bind_to(Silent(np.zeros(9)))
    assert infer(factors, prior, method="amp").converged
    with pytest.raises(
        TypeError, match=r"`linear` and `precision` .*moments` of Silent"
    ):
        infer(factors, prior, method="bp")


def test_ep_corrects_gaussian_priors_only():
    factors, _ = random_patterns(TreeCommittee(3), 5, 9)
    for prior in (BinaryPrior(), TernaryPrior(np.zeros((3, 9)))):
        with pytest.raises(ValueError, match="corrected=True needs a Gaussian prior"):
            infer(factors, prior, method="ep", corrected=True)
