"""Replicas of eLAL that start together, or cancel each other."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from skwfm import ELALClassifier


@pytest.fixture(scope="module")
def tumours():
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.mark.parametrize("n_samples", [100, 130])
def test_a_warm_start_trains_on_whatever_the_size_of_a_batch(tumours, n_samples):
    X, y = tumours
    first, second = slice(n_samples), slice(n_samples, 2 * n_samples)
    model = ELALClassifier(warm_start=True, random_state=0).fit(X[first], y[first])
    assert (model.predict(X[second]) != y[second]).any()
    model.fit(X[second], y[second])
    assert (model.n_errors_, model.status_) == (0, "converged")
    assert model.n_iter_ > 1
    model.fit(X[second], y[second])
    assert model.n_iter_ == 1  # nothing is left to do


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_warm_start_ends_where_no_machine_is_right():
    X = np.array([[1.0, 0.5], [1.0, 0.5], [-1.0, 0.2], [0.3, -1.0]])
    model = ELALClassifier(
        n_hidden=3, n_replicas=3, lambda1=0.1, warm_start=True, random_state=0
    )
    model.fit(X, [0, 1, 0, 1]).fit(X, [1, 0, 1, 0])
    assert 1 < model.n_iter_ < 100  # until the coupling is strongest
    assert model.status_ == "errors_left"
    assert model.n_errors_ >= 1


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("in_parts", [False, True])
def test_units_with_one_input(seed, in_parts):
    X, y = np.array([[-2.0], [-1], [1], [2]]), [0, 0, 1, 1]
    machine = {"architecture": "tree", "n_hidden": 1} if in_parts else {}
    model = ELALClassifier(fit_intercept=False, random_state=seed, **machine)
    np.testing.assert_array_equal(np.abs(model.fit(X, y).coef_), 1)
    assert model.n_errors_ == np.sum(model.predict(X) != y)


def test_units_with_one_input_on_threads():
    X, y = np.array([[-2.0], [-1], [1], [2]]), [0, 0, 1, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one, two = (
            ELALClassifier(fit_intercept=False, random_state=1, n_jobs=n).fit(X, y)
            for n in (1, 2)
        )
    np.testing.assert_array_equal(one.coef_, two.coef_)
