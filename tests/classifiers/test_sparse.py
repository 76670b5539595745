"""Sparse inputs give the machines of the same inputs with zeros, without the zeros."""

import pickle
import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skwfm import (
    AnnealingClassifier,
    CeSGDClassifier,
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
)
from skwfm.inference import Factors
from skwfm.landscape import hessian_spectrum, local_entropy, noise_robustness
from skwfm.problem.problem import Problem

ALGORITHMS = [LALClassifier, ELALClassifier, CeSGDClassifier]
# Ours and NumPy's tanh differ by roundings, which training may multiply.
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-13}
SETTINGS = [
    {},
    {"early_stopping": True, "n_iter_no_change": 5},
    {"fit_intercept": False, "class_weight": "balanced"},
    {"architecture": "tree", "n_hidden": 5},
    {"architecture": "parity", "n_hidden": 3},
]
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(params=ALGORITHMS, ids=lambda a: a.__name__)
def algorithm(request):
    return request.param


@pytest.fixture(params=[np.float32, np.float64])
def dtype(request):
    return request.param


def texts(n_classes=2, dtype=float, n_samples=150, n_features=60):
    """Counts of words, of which some are more frequent in a class."""
    rng = np.random.default_rng(0)
    y = rng.integers(n_classes, size=n_samples)
    topics = rng.gamma(0.2, size=(n_classes, n_features))
    X = rng.poisson(6 * topics[y] / topics.sum(axis=1)[y, None])
    return sparse.csr_array(X, dtype=dtype), np.array(["a", "b", "c"])[y]


def assert_same(model, twin, X, dtype):
    exact = not isinstance(model, CeSGDClassifier)
    tolerance = 0 if exact else TOLERANCE[dtype]
    for machine, other in zip(model.machines_, twin.machines_, strict=True):
        assert machine.coef_.dtype == dtype
        assert machine.n_iter_ == other.n_iter_
        assert machine.status_ == other.status_
        assert machine.n_errors_ == other.n_errors_
        for name in ("coef_", "intercept_", "loss_curve_"):
            here, there = getattr(machine, name), getattr(other, name)
            assert np.allclose(here, there, rtol=tolerance, atol=tolerance)
    for method in ("decision_function", "predict_proba"):
        here, there = getattr(model, method)(X), getattr(twin, method)(X.toarray())
        assert np.allclose(here, there, rtol=100 * tolerance, atol=100 * tolerance)
    assert np.array_equal(model.predict(X), twin.predict(X.toarray()))


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_same_machine_as_of_dense_inputs(algorithm, settings, n_classes, dtype):
    X, y = texts(n_classes, dtype)
    model = algorithm(max_iter=8, random_state=0, **settings)
    weight = np.random.default_rng(1).integers(0, 3, size=len(y))
    for options in ({}, {"sample_weight": weight}):
        twin = clone(model).fit(X.toarray(), y, **options)
        assert_same(model.fit(X, y, **options), twin, X, dtype)


@pytest.mark.parametrize("algorithm_", [LALClassifier, CeSGDClassifier])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_training_in_parts(algorithm_, n_classes, dtype):
    X, y = texts(n_classes, dtype)
    options = {"eta": 0.02, "n_hidden": 5, "intercept_scaling": 1.0}
    model = algorithm_(random_state=0, **options)
    twin = clone(model)
    for rows in np.array_split(np.arange(len(y)), 3) * 2:
        model.partial_fit(X[rows], y[rows], classes=np.unique(y))
        twin.partial_fit(X[rows].toarray(), y[rows], classes=np.unique(y))
    # The noise of answers is fitted to the same patterns in another order.
    assert np.allclose(model.coef_, twin.coef_, atol=TOLERANCE[dtype])
    probabilities = model.predict_proba(X), twin.predict_proba(X.toarray())
    assert np.allclose(*probabilities, atol=100 * TOLERANCE[dtype])
    model.partial_fit(X.toarray(), y)  # parts of both kinds
    assert model.partial_fit(X, y).score(X, y) > 0.8
    assert np.isfinite(model.predict_proba(X)).all()


def test_what_parts_remember_stays_sparse():
    X, y = texts(n_samples=50)
    model = LALClassifier().partial_fit(X, y).partial_fit(X, y)
    seen = model._answer_noise.seen
    assert sparse.issparse(seen.inputs)
    assert len(seen.weight) == len(np.unique(np.c_[X.toarray(), y == "a"], axis=0))
    assert seen.weight.sum() == 2 * len(y)


@pytest.mark.parametrize("kind", ["csr_matrix", "csc_array", "coo_array", "lil_array"])
def test_every_sparse_format(algorithm, kind):
    X, y = texts()
    model = algorithm(max_iter=5, random_state=0).fit(X, y)
    X = getattr(sparse, kind)(X)
    twin = clone(model).fit(X, y)
    assert np.array_equal(model.coef_, twin.coef_)
    assert np.array_equal(model.predict(X), twin.predict(X))


def test_entries_in_disorder_are_sorted_in_a_copy():
    X, y = texts()
    model = LALClassifier(max_iter=5, random_state=0)
    expected = clone(model).fit(X, y).coef_
    entries = np.concatenate(
        [
            np.repeat(np.arange(a, b)[::-1], 2)
            for a, b in zip(X.indptr, X.indptr[1:], strict=False)
        ]
    )
    parts = X.data[entries] / 2, X.indices[entries], 2 * X.indptr
    disordered = sparse.csr_array(parts, X.shape)
    before = [array.copy() for array in parts]
    assert np.array_equal(model.fit(disordered, y).coef_, expected)
    after = disordered.data, disordered.indices, disordered.indptr
    assert all(map(np.array_equal, before, after))


def test_integers_become_floats(algorithm):
    X, y = texts()
    model = algorithm(max_iter=5, random_state=0).fit(X, y)
    counts = X.astype(np.int64)
    assert np.array_equal(clone(model).fit(counts, y).coef_, model.coef_)
    assert np.array_equal(model.predict_proba(counts), model.predict_proba(X))


def test_intercepts_are_scaled_as_for_dense_inputs():
    rng = np.random.default_rng(0)
    for X in (rng.choice([-1.0, 1.0], (30, 12)), rng.choice([-1.0, 0, 1.0], (30, 12))):
        y = X[:, 0] > 0
        dense = LALClassifier(max_iter=1).fit(X, y).intercept_scaling_
        found = LALClassifier(max_iter=1).fit(sparse.csr_array(X), y)
        assert found.intercept_scaling_ == dense


def test_threads_and_pickles():
    X, y = texts(3)
    model = ELALClassifier(max_iter=10, n_replicas=3, random_state=0)
    alone = clone(model).fit(X, y)
    together = model.set_params(n_jobs=2).fit(X, y)
    assert np.array_equal(alone.coef_, together.coef_)
    again = pickle.loads(pickle.dumps(alone))
    assert np.array_equal(again.predict_proba(X), alone.predict_proba(X))


def test_texts_in_a_pipeline():
    X, y = texts()
    words = np.array([f"word{i}" for i in range(X.shape[1])])
    counts = X.astype(int).toarray()
    documents = [" ".join(np.repeat(words, row)) for row in counts]
    model = LALClassifier(eta=0.05, intercept_scaling=1.0, random_state=0)
    pipe = make_pipeline(TfidfVectorizer(), model)
    assert cross_val_score(pipe, documents, y, cv=3).mean() > 0.8


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_nothing_of_the_dense_size_is_allocated(algorithm, method):
    if not hasattr(algorithm, method):
        pytest.skip("eLAL does not train in parts")
    n_samples, n_features, n_words = 4000, 20_000, 20
    rng = np.random.default_rng(0)
    columns = rng.integers(n_features, size=n_samples * n_words)
    starts = np.arange(0, len(columns) + 1, n_words)
    shape = n_samples, n_features
    X = sparse.csr_array((np.ones(len(columns)), columns, starts), shape)
    y = rng.integers(2, size=n_samples)
    small = {"n_replicas": 2, "max_iter": 1} if algorithm is ELALClassifier else {}
    model = algorithm(n_hidden=3, **small)
    if algorithm is not ELALClassifier:
        model.set_params(max_iter=1)
    tracemalloc.start()
    getattr(model, method)(X, y)
    model.predict_proba(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    dense = 8 * n_samples * n_features
    # A matrix for predictions, its squares and weights are much less, even twice.
    assert peak < 0.1 * dense


@pytest.mark.parametrize("algorithm_", [FBPClassifier, AnnealingClassifier])
@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.coo_matrix])
def test_others_name_the_ways_out(algorithm_, kind):
    X, y = texts()
    message = (
        rf"{algorithm_.__name__} takes dense.*toarray.*TruncatedSVD.*LALClassifier"
    )
    with pytest.raises(TypeError, match=message):
        algorithm_().fit(kind(X), y)


def test_predictions_of_others_name_the_ways_out():
    X, y = texts(n_samples=20)
    fitted = FBPClassifier(n_hidden=1, random_state=0).fit(X.toarray(), y)
    for method in (fitted.predict, fitted.decision_function, fitted.predict_proba):
        with pytest.raises(TypeError, match=r"FBPClassifier takes dense.*toarray"):
            method(X)


def test_measures_name_the_ways_out():
    X, y = texts()
    model = LALClassifier(random_state=0).fit(X, y)
    for measure, options in [
        (local_entropy, {"overlaps": [0.9]}),
        (hessian_spectrum, {"beta": 1.0}),
        (noise_robustness, {}),
    ]:
        with pytest.raises(TypeError, match=r"dense inputs only.*toarray.*Truncated"):
            measure(model, X, y, **options)
    with pytest.raises(TypeError, match=r"message passing takes dense.*toarray"):
        Factors(X, np.where(y == "a", 1, -1), model.architecture_)


def test_products_are_those_of_dense_inputs(dtype):
    X, y = texts(dtype=dtype)
    model = LALClassifier(n_hidden=3, max_iter=1, random_state=0).fit(X, y)
    machine = np.where(y == "a", 1, -1), model.architecture_, True, 2.0
    here, there = Problem(X, *machine).products, Problem(X.toarray(), *machine).products
    rng = np.random.default_rng(0)
    flat, coef = rng.normal(size=3 * 61), rng.normal(size=(len(y), 3))
    for name in ("fields", "variances"):
        assert np.array_equal(getattr(here, name)(flat), getattr(there, name)(flat))
    for name in ("outer", "precisions"):
        assert np.array_equal(getattr(here, name)(coef), getattr(there, name)(coef))
