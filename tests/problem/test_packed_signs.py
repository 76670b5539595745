"""Inputs that come as bits: what arrays give, in an eighth of the memory of int8."""

import tracemalloc

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split

from skwfm import (
    AnnealingClassifier,
    CeSGDClassifier,
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
)
from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.datasets import PackedSigns
from skwfm.inference import Factors, SphericalPrior, infer
from skwfm.landscape import hessian_spectrum, local_entropy

RNG = np.random.default_rng(0)
X = RNG.choice(np.array([-1, 1], dtype=np.int8), (70, 30))
Y = np.where(X[:, :3].sum(axis=1) > 0, "yes", "no")
PACKED = PackedSigns(np.packbits(X < 0, axis=1), 30)


@pytest.mark.parametrize("bitorder", ["big", "little"])
def test_arrays_and_selections_are_those_of_the_signs(bitorder):
    packed = PackedSigns(np.packbits(X < 0, axis=1, bitorder=bitorder), 30, bitorder)
    assert (packed.shape, len(packed), packed.dtype) == (X.shape, 70, X.dtype)
    np.testing.assert_array_equal(packed, X)
    assert np.asarray(packed, dtype=np.float32).dtype == np.float32
    mask = RNG.random(70) < 0.5
    for rows in (slice(3, 20), [5, 2, 2], mask, np.arange(4)):
        assert isinstance(packed[rows], PackedSigns)
        np.testing.assert_array_equal(packed[rows], X[rows])
    np.testing.assert_array_equal(packed[7], X[7])
    np.testing.assert_array_equal(packed[2:9, 4:25], X[2:9, 4:25])
    np.testing.assert_array_equal(packed[2:9, [7, 1]], X[2:9, [7, 1]])


@pytest.mark.parametrize(
    ("bits", "n_features", "bitorder", "message"),
    [
        (X, 30, "big", "dtype int8: pass uint8"),
        (PACKED.bits[0], 30, "big", r"shape \(4,\).*two dimensions"),
        (PACKED.bits, 33, "big", "n_features=33"),
        (PACKED.bits, 24, "big", "n_features=24"),
        (PACKED.bits, 30, "middle", "bitorder='middle'"),
    ],
)
def test_what_is_not_packed_is_named(bits, n_features, bitorder, message):
    with pytest.raises(ValueError, match=message):
        PackedSigns(bits, n_features, bitorder)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("settings", [{}, {"architecture": "tree"}], ids=str)
@pytest.mark.parametrize("options", [{}, {"fit_intercept": False}], ids=str)
@pytest.mark.parametrize(
    "classifier",
    [
        LALClassifier(max_iter=30),
        LALClassifier(max_iter=5, early_stopping=True),
        LALClassifier(max_iter=5, intercept_scaling=3.0),
        CeSGDClassifier(max_iter=5),
        ELALClassifier(max_iter=5),
        AnnealingClassifier(max_iter=5),
        FBPClassifier(gammas=[0.5, 1.0]),
        FBPClassifier(gammas=[0.5], method="amp", answer="posterior"),
        FBPClassifier(label_noise=0.1, max_sweeps=20, method="amp"),
    ],
    ids=str,
)
def test_weights_and_answers_are_those_of_arrays(classifier, options, settings):
    classifier.set_params(n_hidden=3, random_state=0, **options, **settings)
    coef = classifier.fit(X, Y).coef_
    answers = classifier.decision_function(X), classifier.predict(X)
    errors = classifier.n_errors_
    np.testing.assert_array_equal(classifier.fit(PACKED, Y).coef_, coef)
    assert classifier.n_errors_ == errors
    np.testing.assert_array_equal(classifier.decision_function(PACKED), answers[0])
    np.testing.assert_array_equal(classifier.predict(PACKED), answers[1])


def test_parts_come_as_bits():
    models = [LALClassifier(n_hidden=3, random_state=0) for _ in range(2)]
    for rows in (slice(0, 40), slice(40, 70)):
        for model, inputs in zip(models, (X, PACKED), strict=True):
            model.partial_fit(inputs[rows], Y[rows], classes=["no", "yes"])
    np.testing.assert_array_equal(models[0].coef_, models[1].coef_)


def test_splits_and_searches_of_scikit_learn():
    model = LALClassifier(n_hidden=1, random_state=0)
    expected = cross_val_score(model, X, Y)
    np.testing.assert_array_equal(cross_val_score(model, PACKED, Y), expected)
    train, test, *_ = train_test_split(PACKED, Y, random_state=0)
    assert isinstance(train, PackedSigns)
    assert len(train) + len(test) == 70
    search = GridSearchCV(model, {"n_hidden": [1, 3]}, error_score="raise")
    assert search.fit(PACKED, Y).best_params_ == search.fit(X, Y).best_params_


@pytest.mark.parametrize("method", ["amp", "bp", "ep", "mc"])
@pytest.mark.parametrize("max_errors", [0, 3])
def test_local_entropies_are_those_of_arrays(method, max_errors):
    model = LALClassifier(n_hidden=3, random_state=0).fit(X, Y)
    options = {"overlaps": [0.9], "method": method, "random_state": 0}
    options |= {"max_errors": max_errors, "corrected": False, "n_samples": 5000}
    mine, expected = (
        local_entropy(model, x[:30], Y[:30], **options) for x in (PACKED, X)
    )
    np.testing.assert_array_equal(mine.entropy, expected.entropy)


@pytest.mark.filterwarnings("ignore:the smooth machine")
def test_other_measures_take_them_as_arrays():
    model = LALClassifier(n_hidden=3, random_state=0).fit(X, Y)
    mine, expected = (hessian_spectrum(model, x, Y, beta=5.0) for x in (PACKED, X))
    np.testing.assert_array_equal(mine.eigenvalues, expected.eigenvalues)


@pytest.mark.parametrize("machine", [FullCommittee(3), TreeCommittee(3)], ids=repr)
@pytest.mark.parametrize("options", [{}, {"beta_ne": 1.0}], ids=str)
@pytest.mark.parametrize("method", ["amp", "bp", "ep"])
def test_engines_take_bits(machine, options, method):
    labels = np.where(Y[:20] == "yes", 1, -1)
    factors = [Factors(x[:20], labels, machine, **options) for x in (PACKED, X)]
    mine, expected = (infer(f, SphericalPrior(), method=method) for f in factors)
    assert mine.log_evidence == expected.log_evidence


def test_contradictions_and_copies_are_seen():
    twice = PACKED[[0, 1, 0, 2]]
    labels = np.array([1, 1, -1, 1])
    assert Factors(twice, labels, FullCommittee(3)).contradiction == (0, 2)
    merged = Factors(twice, labels, FullCommittee(3), beta_ne=1.0)
    assert isinstance(merged.inputs, PackedSigns)
    assert merged.inputs.shape == (3, 30)


def test_bad_shapes_are_those_of_scikit_learn():
    model = LALClassifier(n_hidden=3, random_state=0)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(PACKED, Y[:-1])
    model.fit(PACKED, Y)
    with pytest.raises(ValueError, match="30 features"):
        model.predict(PackedSigns(PACKED.bits, 31))


def peak(call):
    tracemalloc.start()
    try:
        return call(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_bits_are_never_unpacked_as_a_whole():
    """Beside the bits: one block of 1024 rows in floats, 8 MB, and packed copies."""
    bits = RNG.integers(0, 256, (30_000, 125), dtype=np.uint8)  # int8: 30 MB
    packed = PackedSigns(bits, 1000)
    labels = np.where(packed[:, :1].ravel() > 0, 1, -1)
    model = LALClassifier(n_hidden=1, random_state=0)
    model, used = peak(lambda: model.fit(packed, labels))
    assert used < 20e6
    _, used = peak(lambda: model.predict(packed))
    assert used < 12e6
    options = {"overlaps": [0.9], "method": "amp"}
    _, used = peak(lambda: local_entropy(model, packed, labels, **options))
    assert used < 25e6
