"""What must not matter does not: symmetries, on problems that hypothesis draws."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from skwfm import FBPClassifier
from skwfm.architectures import FullCommittee, TreeCommittee, TreeParity
from skwfm.inference import Factors, SphericalPrior, infer
from skwfm.landscape import hessian_spectrum, local_entropy

# The same problems in every run; the state of none is shared.
properties = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
pytestmark = pytest.mark.filterwarnings("ignore:the smooth machine at beta")
KINDS = (FullCommittee(3), FullCommittee(1), TreeCommittee(3), TreeParity(2))
# Label noise, at which posteriors are smooth and message passing has one fixed point.
NOISE = 0.15


@st.composite
def problems(draw, kinds=KINDS):
    """Few random patterns, of +-1 or of real inputs."""
    machine = draw(st.sampled_from(kinds))
    n_features = draw(st.integers(2, 4)) * max(machine.n_hidden, 2)
    n_samples = draw(st.integers(3, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    X = rng.choice([-1.0, 1.0], size=(n_samples, n_features))
    if draw(st.booleans()):
        X = rng.normal(size=X.shape) * rng.uniform(0.5, 2)
    return machine, X, rng.choice([-1.0, 1.0], size=n_samples), rng


def posterior(machine, X, y, **options):
    """By ep: exact enough for symmetries, and it takes any inputs."""
    factors = Factors(X, y, machine, label_noise=NOISE, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = infer(
            factors, SphericalPrior(), method="ep", tol=1e-10, max_sweeps=2000,
            random_state=0,
        )  # fmt: skip
    assume(found.converged)
    return found


def volume(*problem, **options):
    return posterior(*problem, **options).log_volume


@properties
@given(problems())
def test_the_order_of_patterns(problem):
    machine, X, y, rng = problem
    order = rng.permutation(len(y))
    assert volume(machine, X[order], y[order]) == pytest.approx(
        volume(machine, X, y), abs=1e-8
    )


@properties
@given(problems(kinds=[FullCommittee(3), FullCommittee(1)]))
def test_the_order_of_inputs(problem):
    machine, X, y, rng = problem
    order = rng.permutation(X.shape[1])
    assert volume(machine, X[:, order], y) == pytest.approx(
        volume(machine, X, y), abs=1e-8
    )


@properties
@given(problems())
def test_gauge_flips_of_inputs(problem):
    """Weights are as likely with either sign."""
    machine, X, y, rng = problem
    signs = rng.choice([-1.0, 1.0], size=X.shape[1])
    first, flipped = posterior(machine, X, y), posterior(machine, X * signs, y)
    assert flipped.log_volume == pytest.approx(first.log_volume, abs=1e-8)
    assert flipped.expected_errors == pytest.approx(first.expected_errors, abs=1e-6)


@properties
@given(problems())
def test_labels_and_inputs_of_the_other_sign(problem):
    """Answering -x: a committee turns its answer round, two parity units do not."""
    machine, X, y, _ = problem
    other = -y if machine.mirror_sign == -1 else y
    assert volume(machine, -X, other) == pytest.approx(volume(machine, X, y), abs=1e-8)


@properties
@given(problems(), st.sampled_from([0.01, 0.5, 30.0]))
def test_the_scale_of_inputs(problem, scale):
    machine, X, y, _ = problem
    assert volume(machine, scale * X, y) == pytest.approx(
        volume(machine, X, y), abs=1e-7
    )


@properties
@given(problems(), st.integers(2, 3))
def test_copies_are_weights(problem, n_copies):
    machine, X, y, _ = problem
    weight = np.ones(len(y))
    weight[0] = n_copies
    copied = np.concatenate([np.repeat([0], n_copies), np.arange(1, len(y))])
    assert volume(machine, X[copied], y[copied]) == pytest.approx(
        volume(machine, X, y, sample_weight=weight), abs=1e-7
    )


@properties
@given(problems())
def test_volumes_are_fractions(problem):
    """Of the Gibbs measure: no more than all weights, nor less than all wrong."""
    machine, X, y, _ = problem
    found, n_weights = posterior(machine, X, y), machine.n_hidden * X.shape[1]
    if not isinstance(machine, FullCommittee):
        n_weights = X.shape[1]
    least = len(y) * np.log(NOISE) / n_weights
    assert least <= found.log_volume <= 0
    assert 0 <= found.expected_errors <= len(y)


@st.composite
def solved(draw):
    """A machine, and patterns that it labels itself."""
    machine, X, _, rng = draw(problems())
    masks = np.zeros((machine.n_hidden, X.shape[1]))
    for unit, field in enumerate(machine.receptive_fields(X.shape[1])):
        masks[unit, field] = 1
    W = rng.normal(size=masks.shape) * masks
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    fields = X @ W.T
    assume(np.abs(fields).min() > 1e-3)
    y = machine.output(np.where(fields >= 0, 1, -1))
    return machine, X, np.asarray(y, float), W, rng


def model(machine, W):
    return SimpleNamespace(coef_=W, architecture_=machine)


@properties
@given(solved(), st.sampled_from(["mse", "ce"]))
def test_curvature_knows_no_gauge_order_or_scale_of_weights(problem, loss):
    machine, X, y, W, rng = problem
    signs = rng.choice([-1.0, 1.0], size=X.shape[1])
    order = rng.permutation(len(y))
    how = {"beta": 1.5, "loss": loss, "gamma": 1.0 if loss == "ce" else None}
    first = hessian_spectrum(model(machine, W), X, y, **how)
    again = hessian_spectrum(
        model(machine, 3.7 * W * signs), (X * signs)[order], y[order], **how
    )
    np.testing.assert_allclose(
        again.eigenvalues, first.eigenvalues, rtol=1e-7, atol=1e-10
    )


@properties
@given(solved())
def test_curvature_is_a_mean_over_patterns(problem):
    machine, X, y, W, _ = problem
    once = hessian_spectrum(model(machine, W), X, y, beta=1.0)
    twice = hessian_spectrum(
        model(machine, W), np.tile(X, (2, 1)), np.tile(y, 2), beta=1.0
    )
    np.testing.assert_allclose(
        twice.eigenvalues, once.eigenvalues, rtol=1e-7, atol=1e-10
    )


@properties
@given(solved())
def test_local_entropies_know_no_gauge_order_or_copies(problem):
    machine, X, y, W, rng = problem
    signs, order = rng.choice([-1.0, 1.0], X.shape[1]), rng.permutation(len(y))
    how = {"overlaps": [0.9], "method": "ep", "corrected": False, "tol": 1e-9}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = local_entropy(model(machine, W), X, y, **how)
        again = local_entropy(
            model(machine, W * signs), (X * signs)[order], y[order], **how
        )
        copied = local_entropy(
            model(machine, W), np.tile(X, (2, 1)), np.tile(y, 2), **how
        )
    assume(first.converged.all() and again.converged.all() and copied.converged.all())
    assert first.entropy[0] <= 0
    np.testing.assert_allclose(again.entropy, first.entropy, atol=1e-6)
    np.testing.assert_allclose(copied.entropy, first.entropy, atol=1e-6)


@properties
@given(problems(kinds=[FullCommittee(3), TreeCommittee(3)]), st.integers(0, 1000))
def test_names_of_classes_change_no_probability(problem, seed):
    machine, X, y, _ = problem
    assume(len(np.unique(y)) == 2)
    fitted = []
    for names in (np.array(["a", "b"]), np.array([10, 20])):
        classifier = FBPClassifier(
            architecture=machine, label_noise=0.2, random_state=seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted.append(classifier.fit(X, names[(y > 0).astype(int)]))
    first, second = (each.predict_proba(X) for each in fitted)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first.sum(axis=1), 1, rtol=1e-12)
    assert ((first >= 0) & (first <= 1)).all()
