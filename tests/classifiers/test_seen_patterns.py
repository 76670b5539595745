"""What `partial_fit` remembers, and the noise of answers that is fitted to it."""

import pickle
from collections import Counter

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

from skwfm import CeSGDClassifier, LALClassifier
from skwfm.classifiers import base
from skwfm.classifiers.answers import calibration
from skwfm.classifiers.answers.seen import SeenPatterns
from skwfm.datasets import PackedSigns


@pytest.fixture(scope="module")
def noisy():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(900, 6))
    y = np.where(X[:, 0] + 0.5 * X[:, 1] > 0, "yes", "no")
    flip = rng.random(900) < 0.1
    return X, np.where(flip, np.where(y == "yes", "no", "yes"), y)


def in_parts(model, X, y, size, **options):
    for start in range(0, len(y), size):
        part = slice(start, start + size)
        model.partial_fit(X[part], y[part], classes=np.unique(y), **options)
    return model


def content(seen):
    rows = zip(seen.inputs.tolist(), seen.labels, strict=True)
    keys = [(*row, label) for row, label in rows]
    return dict(zip(keys, seen.weight.tolist(), strict=True))


def test_all_patterns_are_counted_while_there_is_room():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 3, size=(400, 3)), rng.integers(0, 2, size=400)
    seen = SeenPatterns(3)
    for start in range(0, 400, 7):
        seen.add(X[start : start + 7], y[start : start + 7], None)
    counts = Counter((*row, label) for row, label in zip(X.tolist(), y, strict=True))
    assert content(seen) == counts


def test_what_is_kept_depends_on_neither_order_nor_parts_nor_repetition(monkeypatch):
    monkeypatch.setattr("skwfm.classifiers.answers.seen.MOST_PATTERNS", 50)
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 9, size=(500, 3)), rng.integers(0, 2, size=500)
    at_once, in_turn = SeenPatterns(3), SeenPatterns(3)
    at_once.add(X, y, None)
    for rows in (*np.array_split(rng.permutation(500), 9), np.arange(500)):
        in_turn.add(X[rows], y[rows], None)
    assert len(at_once.weight) == 50
    assert content(in_turn) == {key: 2 * n for key, n in content(at_once).items()}


def test_the_sample_is_a_fair_one(monkeypatch):
    """Of 1000 patterns 400 are drawn: their mean number is 499.5 +- 11.2."""
    monkeypatch.setattr("skwfm.classifiers.answers.seen.MOST_PATTERNS", 400)
    seen = SeenPatterns(1)
    seen.add(np.arange(1000.0)[:, None], np.zeros(1000), None)
    assert abs(seen.inputs.mean() - 499.5) < 4 * 11.2


def test_memory_is_bounded_for_many_inputs():
    seen = SeenPatterns(100_000)
    assert seen._most == 100
    assert SeenPatterns(4000)._most == 1000


@pytest.mark.parametrize("weighted", [False, True])
def test_noise_is_that_of_all_patterns(noisy, weighted):
    X, y = noisy
    weight = np.tile([1.0, 3.0], 450) if weighted else None
    model = LALClassifier(random_state=0)
    for start in range(0, 900, 30):
        part = slice(start, start + 30)
        some = None if weight is None else weight[part]
        model.partial_fit(X[part], y[part], ["no", "yes"], sample_weight=some)
    problem = model._problem(X, y, weight)
    expected = calibration.fit_noise(problem, model._dense_weights(), None)
    noise = model.answer_noise_
    assert noise.field_noise == pytest.approx(expected.field_noise)
    assert noise.label_noise == pytest.approx(expected.label_noise)


def test_the_last_part_alone_does_not_decide(noisy):
    """A part of patterns that are all wrong used to say that nothing is known."""
    X, y = noisy
    model = in_parts(LALClassifier(random_state=0), X, y, 30)
    wrong = np.flatnonzero(model.predict(X) != y)[:30]
    model.partial_fit(X[wrong], y[wrong])
    loss = log_loss(y, model.predict_proba(X))
    problem = model._problem(X[wrong], y[wrong])
    alone = calibration.fit_noise(problem, model._dense_weights(), None)
    model.answer_noise_ = alone
    assert loss < log_loss(y, model.predict_proba(X)) - 0.02


def test_nothing_is_fitted_before_it_is_asked_for(noisy, monkeypatch):
    X, y = noisy
    calls = []

    def counted(*arguments):
        calls.append(1)
        return calibration.fit_noise(*arguments)

    monkeypatch.setattr(base, "fit_noise", counted)
    model = in_parts(CeSGDClassifier(random_state=0), X, y, 30)
    several = in_parts(
        LALClassifier(random_state=0), X, np.digitize(X[:, 0], [0, 1]), 90
    )
    model.predict(X)
    assert calls == []
    first = model.predict_proba(X)
    assert calls == [1]
    np.testing.assert_array_equal(model.predict_proba(X), first)
    assert calls == [1]
    assert several.n_errors_ > 0
    assert len(calls) == 4
    model.partial_fit(X[:30], y[:30])
    assert model.answer_noise_ is not None
    assert len(calls) == 5


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_errors_on_the_last_part_of_several_classes(noisy):
    X, y = noisy[0], np.digitize(noisy[0][:, 0], [-0.5, 0.5])
    model = in_parts(LALClassifier(random_state=0), X, y, 90)
    again = pickle.loads(pickle.dumps(model))
    assert again.n_errors_ == np.sum(model.predict(X[-90:]) != y[-90:])
    model.partial_fit(X[:50], y[:50])
    assert model.n_errors_ == np.sum(model.predict(X[:50]) != y[:50])
    model.fit(X, y)
    assert model.n_errors_ == np.sum(model.predict(X) != y)


def test_bits_are_remembered_as_signs():
    rng = np.random.default_rng(0)
    X = rng.choice([-1, 1], size=(80, 20)).astype(np.int8)
    y = X[:, 0] > 0
    bits = PackedSigns(np.packbits(X < 0, axis=1), 20)
    models = [LALClassifier(n_hidden=3, random_state=0) for _ in range(2)]
    noises = [
        in_parts(model, inputs, y, 20).answer_noise_
        for model, inputs in zip(models, (X, bits), strict=True)
    ]
    assert noises[0] == noises[1]
    seen = models[1]._answer_noise.seen
    assert seen.inputs.dtype == np.int8
    assert {tuple(row) for row in seen.inputs} == {tuple(row) for row in X}


def test_after_fit_the_noise_is_that_of_the_parts(noisy):
    X, y = noisy
    model = LALClassifier(max_iter=20, random_state=0)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    of_fit = model.answer_noise_
    model.partial_fit(X[:300], y[:300])
    assert len(model._answer_noise.seen.weight) == 300
    assert model.answer_noise_ != of_fit
