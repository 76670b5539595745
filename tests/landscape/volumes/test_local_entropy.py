"""Local entropies of solutions: engines, sampling and theory's identities agree."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from skwfm import LALClassifier
from skwfm.architectures import Architecture, FullCommittee, TreeCommittee
from skwfm.datasets import load_dress_coat, make_random_patterns
from skwfm.inference import Factors, SphericalPrior, default_method, infer
from skwfm.landscape import local_entropy


def solved(architecture, n_samples=30, n_features=99, n_hidden=3, **options):
    X, y = make_random_patterns(n_samples, n_features, random_state=0)
    model = LALClassifier(
        architecture=architecture, n_hidden=n_hidden, random_state=0, **options
    )
    return model.fit(X, y), X, y


@pytest.fixture(scope="module")
def tree():
    return solved("tree", fit_intercept=False)


class Voiceless(TreeCommittee):
    """A machine without a channel."""

    channel = Architecture.channel


@pytest.fixture(scope="module")
def sampled(tree):
    return local_entropy(
        *tree, overlaps=[0.95, 0.99], method="mc", n_samples=4000, random_state=0
    )


@pytest.mark.parametrize("method", ["amp", "bp", "ep"])
def test_engines_agree_with_sampling_on_random_patterns(tree, sampled, method):
    """At this size amp and bp may be off by 5 per cent, ep by less."""
    curve = local_entropy(*tree, overlaps=[0.95, 0.99], method=method)
    assert curve.converged.all()
    assert curve.method == method
    assert sampled.converged.all()
    allowed = 3 * sampled.error + 0.05 * np.abs(sampled.entropy)
    assert np.all(np.abs(curve.entropy - sampled.entropy) < allowed)


def test_curve_has_both_coordinates_and_the_order_asked_for(tree):
    overlaps = np.array([0.6, 0.9, 0.75])
    curve = local_entropy(*tree, overlaps=overlaps)
    np.testing.assert_array_equal(curve.overlap, overlaps)
    np.testing.assert_allclose(curve.distance, (1 - overlaps) / 2)
    by_distance = local_entropy(*tree, distances=(1 - overlaps) / 2)
    np.testing.assert_allclose(by_distance.entropy, curve.entropy, rtol=1e-9)
    assert np.all(np.diff(curve.entropy[np.argsort(overlaps)]) > 0)
    assert curve.error is None


def test_where_the_overlap_is_typical_the_volume_is_that_of_all_solutions(tree):
    """There lambda is 0: V1 plus the entropy without patterns is the total one."""
    model, X, y = tree
    factors = Factors(X, np.where(y == model.classes_[1], 1, -1), model.architecture_)
    everything = infer(factors, SphericalPrior(), method="ep", tol=1e-9)
    # Reference and mean have norms 1 and sqrt(n_l), n_l = 33.
    typical = np.vdot(model.coef_, everything.mean) / np.sqrt(33) / 3
    assert 0 < typical < 0.9
    options = {"method": "ep", "tol": 1e-9, "corrected": False}
    curve = local_entropy(model, X, y, overlaps=[typical], **options)
    total = curve.entropy[0] + np.log(1 - typical**2) / 2
    assert total == pytest.approx(everything.log_volume, rel=1e-9)


def test_model_and_patterns_stay_as_they_are(tree):
    model, X, y = tree
    before = model.coef_.copy(), X.copy(), np.array(y)
    local_entropy(model, X, y, overlaps=[0.8])
    for old, new in zip(before, (model.coef_, X, y), strict=True):
        np.testing.assert_array_equal(old, new)


def test_intercept_and_class_names_are_read():
    X, y = make_random_patterns(20, 33, random_state=0)
    names = np.where(y == 1, "coat", "dress")
    model = LALClassifier(n_hidden=3, random_state=0).fit(X, names)
    assert model.intercept_.any()
    curve = local_entropy(model, X, names, overlaps=[0.8])
    sign = 1 if model.classes_[1] == "coat" else -1
    raw = SimpleNamespace(
        coef_=np.column_stack([model.coef_, model.intercept_]),
        architecture_=FullCommittee(3),
    )
    with_ones = np.column_stack([X, np.ones(20)])
    same = local_entropy(raw, with_ones, sign * y, overlaps=[0.8])
    np.testing.assert_allclose(curve.entropy, same.entropy, rtol=1e-9)


def test_scaling_the_inputs_changes_nothing():
    """Only signs of fields matter: exact in ep, whatever the inputs' scale."""
    model, X, y = solved("full", n_samples=20, n_features=33, fit_intercept=False)
    curves = [
        local_entropy(model, scale * X, y, overlaps=[0.7]).entropy
        for scale in (1.0, 1e3)
    ]
    np.testing.assert_allclose(curves[0], curves[1], rtol=1e-8)


@pytest.mark.parametrize("method", ["amp", "ep", "mc"])
def test_repeated_patterns_change_nothing(tree, method):
    model, X, y = tree
    options = {"overlaps": [0.999], "method": method, "random_state": 0}
    once = local_entropy(model, X, y, **options)
    twice = local_entropy(model, np.vstack([X, X[:9]]), np.append(y, y[:9]), **options)
    assert twice.entropy == once.entropy


def test_auto_chooses_by_fields_and_correlation():
    rng = np.random.default_rng(0)
    X, y = rng.choice([-1.0, 1.0], (60, 90)), np.ones(60)
    assert default_method(Factors(X, y, TreeCommittee(3))) == "amp"
    assert default_method(Factors(X, y, FullCommittee(3))) == "ep"
    few = np.random.default_rng(0).standard_normal((len(y), 7))
    assert default_method(Factors(few, y, FullCommittee(1))) == "ep"
    biased = np.where(rng.random((60, 90)) < 0.9, 1.0, -1.0)
    assert default_method(Factors(biased, y, TreeCommittee(3))) == "ep"
    images = load_dress_coat(n_per_class=30, random_state=0).data
    assert default_method(Factors(images, y, TreeCommittee(9))) == "ep"


def test_corrections_come_with_an_error_and_can_be_left_out(tree):
    options = {"overlaps": [0.9, 0.5], "method": "ep"}
    curve = local_entropy(*tree, **options)
    plain = local_entropy(*tree, corrected=False, **options)
    assert plain.error is None
    assert np.all(curve.error > 0)
    assert np.all(curve.entropy != plain.entropy)
    # Random patterns of a tree have little in common.
    np.testing.assert_allclose(curve.entropy, plain.entropy, rtol=0.01)


def test_sampling_is_reproducible(tree):
    options = {"overlaps": [0.999], "method": "mc", "n_samples": 500}
    first = local_entropy(*tree, random_state=1, **options)
    again = local_entropy(*tree, random_state=1, n_jobs=2, **options)
    assert first.entropy == again.entropy
    assert first.error == again.error


def test_what_does_not_converge_is_nan_and_warned_of(tree):
    with pytest.warns(ConvergenceWarning, match=r"overlaps \[0.8, 0.6\].*max_sweeps"):
        curve = local_entropy(*tree, overlaps=[0.8, 0.6], method="ep", max_sweeps=2)
    assert np.isnan(curve.entropy).all()
    assert not curve.converged.any()


def test_contradiction_is_not_a_number(tree):
    model, X, y = tree
    X, y = np.vstack([X, X[:1]]), np.append(y, -y[0])
    with (
        pytest.warns(UserWarning, match="1 of 31 patterns wrong"),
        pytest.warns(ConvergenceWarning),
    ):
        curve = local_entropy(model, X, y, overlaps=[0.9], max_sweeps=30, max_errors=0)
    assert np.isnan(curve.entropy).all()
    soft = local_entropy(model, X, y, overlaps=[0.9])
    assert soft.converged.all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"overlaps": [0.5, 1.0]}, r"overlaps=\[0.5, 1.0\].*\(0, 1\)"),
        ({"overlaps": [np.nan]}, "overlaps"),
        ({"overlaps": []}, "overlaps"),
        ({"distances": [0.5]}, r"distances=\[0.5\].*\(0, 0.5\)"),
        ({"overlaps": [0.5], "distances": [0.1]}, "pass one"),
        ({"method": "mcmc"}, "'mcmc' is unknown.*'mc'"),
        ({"method": "mc", "n_samples": 0}, "n_samples=0"),
        ({"tol": 0.0}, "tol=0.0"),
        ({"max_errors": 31}, "max_errors=31 .*from 0 to 30"),
        ({"max_errors": -1}, "max_errors=-1"),
        ({"max_errors": "some"}, "max_errors='some'"),
        ({"max_errors": np.nan}, "max_errors=nan"),
        ({"beta_ne": -1.0}, r"beta_ne=-1\.0"),
        ({"beta_ne": 1.0, "max_errors": 1}, "pass one"),
    ],
)
def test_bad_options(tree, options, message):
    with pytest.raises(ValueError, match=message):
        local_entropy(*tree, **options)


def test_bad_patterns_and_models(tree):
    model, X, y = tree
    with pytest.raises(ValueError, match=r"98 features.*\(3, 99\)"):
        local_entropy(model, X[:, 1:], y)
    with pytest.raises(ValueError, match="y contains 7"):
        local_entropy(model, X, np.where(y == y[0], 7, y))
    with pytest.raises(NotFittedError, match=r"LALClassifier has no coef_.*fit it"):
        local_entropy(LALClassifier(), X, y)
    long = SimpleNamespace(coef_=2 * model.coef_, architecture_=TreeCommittee(3))
    with pytest.raises(ValueError, match="norm 2"):
        local_entropy(long, X, y)
    with pytest.warns(UserWarning, match="30 of 30 patterns wrong"):
        local_entropy(model, X, -y, overlaps=[0.1], max_errors=0)


def test_machines_without_a_channel_are_sampled(tree, sampled):
    model, X, y = solved(Voiceless, fit_intercept=False)
    assert np.array_equal(model.coef_, tree[0].coef_)
    curve = local_entropy(
        model, X, y, overlaps=[0.95, 0.99], n_samples=4000, random_state=0
    )
    assert curve.method == "mc"
    assert np.array_equal(curve.entropy, sampled.entropy)
    with pytest.raises(NotImplementedError, match=r"'ep'.*Voiceless.*method='mc'"):
        local_entropy(model, X, y, overlaps=[0.9], method="ep")


def test_advice_of_sampling_fits_the_machine():
    model, X, y = solved(Voiceless, fit_intercept=False)
    with pytest.warns(ConvergenceWarning, match=r"raise n_samples\.$"):
        local_entropy(model, X, y, overlaps=[0.1], n_samples=2, random_state=0)
