"""Weights are no evidence of themselves: noise where rows are weighted or resampled."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss

from skwfm import FBPClassifier


def rare(seed, share, size=1.5, n_samples=400):
    """A logistic rule for a rare label, patterns to ask, and their balanced weights."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples + 4000, 8))
    fields = size * X.sum(axis=1) / np.sqrt(8) + 1.2 * np.log(share / (1 - share))
    y = (rng.random(len(X)) < 1 / (1 + np.exp(-fields))).astype(int)
    test = y[n_samples:]
    weight = np.where(test == 1, 0.5 / test.mean(), 0.5 / (1 - test.mean()))
    return X[:n_samples], X[n_samples:], y[:n_samples], test, weight


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_balanced_weights_of_a_rare_class(seed):
    """Log losses of 1.05 to 1.33: each rare row was asked for the label it had told."""
    X, X_test, y, y_test, weight = rare(seed, 0.1)
    settings = {"class_weight": "balanced", "random_state": 0}
    model = FBPClassifier(**settings).fit(X, y)
    known = LogisticRegression(**settings).fit(X, y)
    assert model.label_noise_ > 0.05
    losses = [
        log_loss(y_test, m.predict_proba(X_test), sample_weight=weight)
        for m in (model, known)
    ]
    assert losses[0] < losses[1] + 0.1
    scores = [
        balanced_accuracy_score(y_test, m.predict(X_test)) for m in (model, known)
    ]
    assert scores[0] > scores[1] - 0.06


@pytest.mark.parametrize("share", [0.1, 0.2])
def test_weighted_chance_is_no_rule(share):
    """Log losses of 1.4 to 2.3, where a coin has .69."""
    X, X_test, y, y_test, weight = rare(2, share, size=0.0)
    model = FBPClassifier(class_weight="balanced", random_state=0).fit(X, y)
    found = log_loss(y_test, model.predict_proba(X_test), sample_weight=weight)
    assert found < np.log(2) + 0.05


def logistic(n_samples=300, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples + 3000, 5))
    fields = 1.5 * X @ rng.standard_normal(5) / np.sqrt(5)
    y = (rng.random(len(X)) < 1 / (1 + np.exp(-fields))).astype(int)
    return X[:n_samples], X[n_samples:], y[:n_samples], y[n_samples:]


@pytest.mark.parametrize("weight", [2.9, 100.0])
def test_all_rows_weighted_alike(weight):
    """Separable, it said, with 71 of 300 errors: messages were certain, and wrong."""
    X, X_test, y, y_test = logistic()
    model = FBPClassifier(n_hidden=3, random_state=0)
    plain = log_loss(y_test, model.fit(X, y).predict_proba(X_test))
    model.fit(X, y, sample_weight=np.full(300, weight))
    assert model.status_ == "noisy"
    assert model.label_noise_ > 0.05
    # Labels that count a hundred times leave less of the posterior's own doubts.
    assert log_loss(y_test, model.predict_proba(X_test)) < plain + 0.05


@pytest.mark.parametrize("weight", [0.3, 0.005, 1 + 1e-12])
def test_equal_weights_are_none(weight):
    """Rounding of their mean ordered the rows otherwise: probabilities moved by .3."""
    X, X_test, y, _ = logistic(120)
    model = FBPClassifier(n_hidden=3, random_state=0).fit(X, y)
    expected = model.predict_proba(X_test)
    model.fit(X, y, sample_weight=np.full(120, weight))
    np.testing.assert_array_equal(model.predict_proba(X_test), expected)


def test_a_rare_label_is_not_stored_by_a_constant_answer():
    """Income beside age: messages diverged, and 32 of 32 errors were "nearly none"."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((5000, 6))
    fields = X.sum(axis=1) / np.sqrt(6) - 3.6
    y = (rng.random(5000) < 1 / (1 + np.exp(-fields))).astype(int)
    X[:, 0] *= 1000
    model = FBPClassifier(random_state=0).fit(X[:1000], y[:1000])
    assert model.status_ == "noisy"
    constant = log_loss(y[1000:], np.full(4000, y[:1000].mean()))
    assert log_loss(y[1000:], model.predict_proba(X[1000:])) < constant + 0.02
