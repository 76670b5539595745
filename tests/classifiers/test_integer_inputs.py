"""Integers that are all +-1 are trained on as they are; other integers as floats."""

import tracemalloc

import numpy as np
import pytest

from skwfm import (
    AnnealingClassifier,
    CeSGDClassifier,
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
)
from skwfm.landscape import local_entropy

INTEGERS = [np.int8, np.int16, np.int32, np.int64]


def draw(shape, values=(-1, 1)):
    rng = np.random.default_rng(0)
    X = rng.choice(np.array(values, dtype=np.int8), shape)
    return X, np.where(X[:, :3].sum(axis=1, dtype=int) > 0, 1, -1)


def peak(call, *args, **kwargs):
    """Most memory that a call holds at once, in bytes, and what it returns."""
    tracemalloc.start()
    try:
        result = call(*args, **kwargs)
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("values", [(-1, 1), (-128, 3)])
@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("architecture", ["full", "tree"])
@pytest.mark.parametrize(
    "classifier",
    [
        LALClassifier(max_iter=5),
        CeSGDClassifier(max_iter=5),
        ELALClassifier(max_iter=5),
        FBPClassifier(),
        AnnealingClassifier(max_iter=5),
    ],
    ids=lambda c: type(c).__name__,
)
def test_weights_are_those_of_floats(classifier, architecture, dtype, values):
    X, y = draw((60, 30), values)
    classifier.set_params(architecture=architecture, n_hidden=3, random_state=0)
    classifier.fit(X.astype(float), y)
    coef, errors = classifier.coef_, classifier.n_errors_
    classifier.fit(X.astype(dtype), y)
    assert classifier.coef_.dtype == np.float64
    np.testing.assert_array_equal(classifier.coef_, coef)
    assert classifier.n_errors_ == errors


def test_errors_of_more_samples_than_are_predicted_at_once():
    X, y = draw((2100, 9))
    model = LALClassifier(n_hidden=3, max_iter=200, random_state=0).fit(X, y)
    assert model.n_errors_ == (model.predict(X) != y).sum()


def test_bits_need_no_copy_in_floats():
    X, y = draw((6000, 1000))
    train, model = peak(LALClassifier(n_hidden=3, random_state=0).fit, X, y)
    assert train < 3 * X.nbytes
    measure, entropy = peak(local_entropy, model, X, y, overlaps=[0.9], method="amp")
    assert measure < 3 * X.nbytes
    expected = local_entropy(model, X.astype(float), y, overlaps=[0.9], method="amp")
    np.testing.assert_array_equal(entropy.entropy, expected.entropy)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize(
    "classifier", [LALClassifier, CeSGDClassifier], ids=lambda c: c.__name__
)
def test_parts_of_integers_give_the_weights_of_floats(classifier, dtype):
    parts = [draw((60, 30)), draw((50, 30), (-128, 3)), draw((40, 30))]
    models = [classifier(n_hidden=3, random_state=0) for _ in range(2)]
    for X, y in parts:
        for model, inputs in zip(
            models, (X.astype(dtype), X.astype(float)), strict=True
        ):
            model.partial_fit(inputs, y, classes=[-1, 1])
    np.testing.assert_array_equal(models[0].coef_, models[1].coef_)
    assert models[0].loss_curve_ == models[1].loss_curve_


def test_parts_of_bits_need_no_copy_in_floats():
    X, y = draw((6000, 1000))
    model = LALClassifier(n_hidden=3, random_state=0)
    used, _ = peak(model.partial_fit, X, y, classes=[-1, 1])
    assert used < 3 * X.nbytes


@pytest.mark.parametrize("method", ["predict", "decision_function", "score"])
@pytest.mark.parametrize(
    "model",
    [
        LALClassifier(n_hidden=3, random_state=0),
        FBPClassifier(n_hidden=3, random_state=0, method="amp"),
    ],
    ids=lambda m: type(m).__name__,
)
def test_memory_answers_to_bits_need_no_copy_in_floats(model, method):
    X, y = draw((6000, 1000))
    model.fit(X[:40], y[:40])
    args = (X, y) if method == "score" else (X,)
    # A block of 1024 rows in floats is 1.4 times X, a copy of all rows 8 times.
    used, answers = peak(getattr(model, method), *args)
    assert used < 3 * X.nbytes
    args = (X.astype(float), *args[1:])
    np.testing.assert_allclose(answers, getattr(model, method)(*args), rtol=1e-12)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, bool, np.float32])
def test_memory_answers_to_integers_are_those_to_floats(dtype):
    X, y = draw((300, 12), values=(-128, 3) if dtype == np.int8 else (0, 1))
    model = LALClassifier(n_hidden=3, max_iter=9, random_state=0)
    model.fit(X.astype(float), y)
    answers = model.predict(X.astype(float))
    np.testing.assert_array_equal(model.predict(X.astype(dtype)), answers)
