"""Infinite committees: more classes than two, and weights."""

import pickle

import numpy as np
import pytest
from sklearn.datasets import load_iris

from skwfm import FBPClassifier
from skwfm.landscape import local_entropy


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_three_classes(n_jobs):
    X, y = load_iris(return_X_y=True)
    model = FBPClassifier(n_hidden=np.inf, n_jobs=n_jobs, random_state=0)
    model.fit(X[::2], y[::2])
    proba = model.predict_proba(X[1::2])
    assert proba.shape == (75, 3)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert model.score(X[1::2], y[1::2]) > 0.9
    assert model.output_noise_.shape == model.log_evidence_.shape == (3,)
    assert not hasattr(model, "coef_")
    assert len(model.machines_) == 3
    with pytest.raises(TypeError, match="has no weights"):
        local_entropy(model.machines_[0], X, y == 0, overlaps=[0.9])
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X[1::2]), proba)


def test_weights_are_copies():
    X, y = load_iris(return_X_y=True)
    X, y = X[50:], y[50:]
    weight = np.random.default_rng(0).integers(0, 3, len(y))
    model = FBPClassifier(n_hidden=np.inf)
    weighted = model.fit(X, y, sample_weight=weight).predict_proba(X)
    model.fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    np.testing.assert_allclose(model.predict_proba(X), weighted, atol=1e-6)


def test_a_change_of_n_hidden_leaves_nothing_behind():
    X, y = load_iris(return_X_y=True)
    X, y = X[50:], y[50:]
    model = FBPClassifier(n_hidden=1, label_noise=0.1, random_state=0)
    finite = model.fit(X, y).predict_proba(X)
    infinite = model.set_params(n_hidden=np.inf).fit(X, y).predict_proba(X)
    assert not np.allclose(infinite, finite, atol=1e-3)
    model.set_params(n_hidden=1).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), finite)
