"""Weights of samples and classes."""

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.utils.class_weight import compute_sample_weight

from skwfm import (
    AnnealingClassifier,
    CeSGDClassifier,
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
)
from skwfm.architectures import FullCommittee
from skwfm.classifiers import Problem
from skwfm.classifiers.lal import _compiled_epoch, _python_epoch

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
EPOCHS = [LALClassifier, ELALClassifier, CeSGDClassifier]
ALL = [*EPOCHS, FBPClassifier, AnnealingClassifier]


@pytest.fixture(scope="module")
def noisy():
    return make_classification(
        300, 6, flip_y=0.2, class_sep=0.7, weights=[0.75], random_state=0
    )


@pytest.mark.parametrize("algorithm", ALL)
def test_weights_of_one_change_nothing(algorithm, noisy):
    X, y = noisy
    few = {"gammas": [0.5, 2.0]} if algorithm is FBPClassifier else {"max_iter": 20}
    model = algorithm(n_hidden=3, random_state=0, **few)
    plain = clone(model).fit(X, y).coef_
    weighted = model.fit(X, y, sample_weight=np.ones(len(y))).coef_
    np.testing.assert_allclose(weighted, plain, rtol=1e-12)


@pytest.mark.parametrize("algorithm", ALL)
def test_samples_of_weight_zero_might_as_well_not_be_there(algorithm, noisy):
    X, y = noisy
    few = {"gammas": [0.5, 2.0]} if algorithm is FBPClassifier else {"max_iter": 20}
    model = algorithm(n_hidden=3, random_state=0, **few)
    used = np.arange(len(y)) % 3 > 0
    fewer = clone(model).fit(X[used], y[used])
    weighted = model.fit(X, y, sample_weight=used.astype(float))
    np.testing.assert_array_equal(weighted.coef_, fewer.coef_)
    assert weighted.n_errors_ == fewer.n_errors_


@pytest.mark.parametrize("algorithm", EPOCHS)
def test_the_scale_of_weights_does_not_matter_to_steps(algorithm, noisy):
    X, y = noisy
    model = algorithm(n_hidden=3, random_state=0, max_iter=20)
    weight = np.where(y > 0, 2.0, 0.5)
    one = clone(model).fit(X, y, sample_weight=weight).coef_
    other = model.fit(X, y, sample_weight=weight * 2.0**-20).coef_
    np.testing.assert_allclose(one, other, rtol=1e-9)


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_fbp_takes_a_weight_as_copies(noise):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(25, 8))
    y = np.where(X[:, 0] + 0.3 * rng.normal(size=25) > 0, 1, -1)
    counts = rng.integers(0, 4, size=25)
    order = rng.permutation(counts.sum())
    model = FBPClassifier(
        n_hidden=3, label_noise=noise, gammas=[0.5, 2.0], random_state=0
    )
    copies = X.repeat(counts, axis=0)[order], y.repeat(counts)[order]
    a = clone(model).fit(*copies)
    b = model.fit(X, y, sample_weight=counts)
    np.testing.assert_allclose(a.predict_proba(X), b.predict_proba(X), atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_compiled_epoch_weighs_as_the_python_one(dtype):
    rng = np.random.default_rng(2)
    X = rng.normal(size=(40, 7)).astype(dtype)
    y = rng.choice([-1, 1], size=40).astype(dtype)
    problem = Problem(
        X, y, FullCommittee(3), True, 1.0, sample_weight=rng.random(40) + 0.1
    )
    start = problem.layout.random_weights(rng, dtype)
    results = []
    for run in (_compiled_epoch, _python_epoch):
        weights = start.copy()
        for _ in range(3):
            run(problem, weights, np.arange(40), 0.05, 8)
        results.append(weights)
    assert not np.allclose(results[0], start, atol=1e-2)
    np.testing.assert_allclose(*results, rtol=2e-4 if dtype == np.float32 else 1e-10)


def test_the_weighted_gradient_is_that_of_the_weighted_loss():
    """By finite differences of the loss that the compiled epoch reports."""
    from skwfm.classifiers.cesgd import _compiled_epoch as epoch

    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(30, 5)), rng.choice([-1.0, 1.0], size=30)
    weight = rng.random(30) * 3
    problem = Problem(X, y, FullCommittee(3), False, 1.0, sample_weight=weight)
    w = problem.layout.random_weights(rng, float)
    rows, eta, gamma, beta = np.arange(30), 1e-6, 2.0, 1.5

    def loss(v):
        return epoch(problem, v.copy(), rows, 30, 0.0, gamma, beta)

    stepped = w.copy()
    epoch(problem, stepped, rows, 30, eta, gamma, beta)
    units = problem.layout.unpack_weights(w)
    step = (problem.layout.unpack_weights(stepped) - units) / eta
    gradient = np.zeros_like(units)
    for i in np.ndindex(units.shape):
        for sign in (1, -1):
            moved = units.copy()
            moved[i] += sign * 1e-5
            packed = problem.layout.pack_weights(moved, float)
            gradient[i] += sign * loss(packed) / 2e-5
    # Units are normalised after the step: compare what lies across their weights.
    across = gradient - (gradient * units).sum(1, keepdims=True) * units
    np.testing.assert_allclose(step, -across, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("algorithm", EPOCHS)
def test_a_heavy_class_is_recalled_more_often(algorithm, noisy):
    """Recall of the rarer class in ten fits each: a sign test at 1 in 1000."""
    X, y = noisy
    more = []
    for seed in range(10):
        model = algorithm(n_hidden=3, max_iter=60, random_state=seed)
        light = clone(model).fit(X, y).predict(X)[y == 1].mean()
        model.set_params(class_weight={0: 1.0, 1: 5.0})
        more.append(model.fit(X, y).predict(X)[y == 1].mean() > light)
    assert sum(more) == 10


@pytest.mark.parametrize("algorithm", EPOCHS)
def test_balanced_is_what_scikit_learn_makes_of_it(algorithm, noisy):
    X, y = noisy
    model = algorithm(n_hidden=3, max_iter=20, random_state=0)
    weight = compute_sample_weight("balanced", y)
    by_hand = clone(model).fit(X, y, sample_weight=weight).coef_
    model.set_params(class_weight="balanced")
    np.testing.assert_array_equal(model.fit(X, y).coef_, by_hand)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("algorithm", ALL)
def test_balanced_counts_no_samples_of_weight_zero(algorithm, noisy, n_classes):
    X, y = noisy
    y = y + (n_classes - 2) * (X[:, 0] > 1)
    few = {"gammas": [0.5, 2.0]} if algorithm is FBPClassifier else {"max_iter": 20}
    if algorithm is FBPClassifier:
        few["label_noise"] = 0.1  # else weights do not matter
    model = algorithm(n_hidden=3, random_state=0, class_weight="balanced", **few)
    used = (np.arange(len(y)) % 3 > 0) & ((y == 0) | (np.arange(len(y)) % 2 > 0))
    fewer = clone(model).fit(X[used], y[used])
    weighted = model.fit(X, y, sample_weight=used.astype(float))
    np.testing.assert_array_equal(weighted.coef_, fewer.coef_)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("algorithm", ALL)
def test_weights_whose_sum_overflows(algorithm, noisy):
    X, y = noisy
    remedy = r"more than 1.8e\+308: divide the weights by the largest"
    large = np.full(len(y), 1e308)
    with pytest.raises(ValueError, match=f"sample_weight adds up to {remedy}"):
        algorithm().fit(X, y, sample_weight=large)
    uneven = {0: 1e308, 1: 1e-308}
    with pytest.raises(ValueError, match=rf"class_weight={{0: 1e\+308.*{remedy}"):
        algorithm(class_weight=uneven).fit(X, y)
    with pytest.raises(ValueError, match=rf"class_weight={{0: 100.*{remedy}"):
        algorithm(class_weight={0: 100, 1: 1}).fit(X, y, sample_weight=large)
    if hasattr(algorithm, "partial_fit"):
        with pytest.raises(ValueError, match=f"sample_weight adds up to {remedy}"):
            algorithm().partial_fit(X, y, sample_weight=large)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("size", [2.0**1000, 2.0**-1000])
@pytest.mark.parametrize("algorithm", EPOCHS)
def test_weights_whose_sum_is_just_finite(algorithm, noisy, size):
    X, y = noisy
    model = algorithm(n_hidden=3, random_state=0, max_iter=5)
    one = clone(model).fit(X, y, sample_weight=np.ones(len(y))).coef_
    other = model.fit(X, y, sample_weight=np.full(len(y), size)).coef_
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.full(300, -1.0), "Negative values"),
        (np.full(300, np.nan), "NaN"),
        (np.ones(7), "sample_weight.shape"),
        (np.zeros(300), "non-zero"),
    ],
    ids=["negative", "NaN", "short", "zero"],
)
def test_bad_weights(noisy, weight, message):
    with pytest.raises(ValueError, match=message):
        LALClassifier().fit(*noisy, sample_weight=weight)


def test_bad_class_weights(noisy):
    with pytest.raises(ValueError, match="give at least two classes weight"):
        LALClassifier(class_weight={0: 0.0, 1: 1.0}).fit(*noisy)
    with pytest.raises(ValueError, match="class_weight"):
        LALClassifier(class_weight={0: -1.0, 1: 1.0}).fit(*noisy)
    with pytest.raises(ValueError, match="partial_fit"):
        LALClassifier(class_weight="balanced").partial_fit(*noisy)


@pytest.mark.parametrize("algorithm", [LALClassifier, CeSGDClassifier])
def test_boosting_and_bagging(algorithm, noisy):
    X, y = noisy
    base = algorithm(n_hidden=1, max_iter=20, random_state=0)
    for ensemble in (AdaBoostClassifier, BaggingClassifier):
        model = ensemble(base, n_estimators=5, random_state=0).fit(X, y)
        assert model.score(X, y) > y.mean()
        assert model.score(X, y) > 0.7


def test_weights_are_routed_through_a_search(noisy):
    X, y = noisy
    with sklearn.config_context(enable_metadata_routing=True):
        model = LALClassifier(max_iter=10, random_state=0)
        model.set_fit_request(sample_weight=True)
        model.set_score_request(sample_weight=True)
        search = GridSearchCV(model, {"n_hidden": [1, 3]}, cv=2)
        search.fit(X, y, sample_weight=np.where(y > 0, 1.0, 1e-9))
    assert search.predict(X).mean() > 0.9
