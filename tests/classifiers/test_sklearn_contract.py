"""The classifiers behave as scikit-learn's own do."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import (
    check_class_weight_classifiers,
    check_estimator,
)

from skwfm import (
    AnnealingClassifier,
    CeSGDClassifier,
    ELALClassifier,
    LALClassifier,
)
from skwfm.datasets import make_random_patterns
from skwfm.testing import check_results

ALGORITHMS = [LALClassifier, ELALClassifier, CeSGDClassifier, AnnealingClassifier]
# The checks of scikit-learn 1.9 for a classifier with sample and class weights. One of
# them, on the array API, runs only where SCIPY_ARRAY_API is set. One more compares
# weights and copies on sparse inputs, where they are taken.
N_CHECKS = 63
N_SPARSE_CHECKS = 1
ARRAY_API = "check_array_api_input"
EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "copies of a sample are met at different moments of an epoch, a sample with a "
        "weight at one"
    ),
    "check_sample_weight_equivalence_on_sparse_data": "the same holds for sparse data",
    "check_class_weight_classifiers": (
        "features are twenty times the size of the constant input, so that hardly any "
        "machine gives opposite inputs the same answer: see "
        "test_class_weights_decide_where_intercepts_can"
    ),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("machine", [("full", 9), ("tree", 1), ("parity", 1)])
def test_every_check_of_scikit_learn(algorithm, machine):
    name, n_hidden = machine
    results = check_estimator(
        algorithm(architecture=name, n_hidden=n_hidden, max_iter=60),
        on_skip=None,
        on_fail="raise",
        expected_failed_checks=EXPECTED_FAILURES,
    )
    takes_sparse = get_tags(algorithm()).input_tags.sparse
    assert takes_sparse == (algorithm is not AnnealingClassifier)
    assert len(results) == N_CHECKS + takes_sparse * N_SPARSE_CHECKS
    outcomes = {r["check_name"]: r["status"] for r in results}
    others = {name for name, status in outcomes.items() if status != "passed"}
    assert others <= {ARRAY_API, *EXPECTED_FAILURES}
    run = EXPECTED_FAILURES.keys() & outcomes.keys()
    assert len(run) == len(EXPECTED_FAILURES) - (not takes_sparse)
    assert all(outcomes[name] in ("xfail", "passed") for name in run)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_class_weights_decide_where_intercepts_can(algorithm):
    check_class_weight_classifiers(
        algorithm.__name__, algorithm(max_iter=100, intercept_scaling=100.0)
    )


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_our_own_contract_for_plugins(algorithm):
    # Of eLAL fewer replicas than the default: on sparse inputs each is trained in turn.
    few = {"n_replicas": 3} if algorithm is ELALClassifier else {}
    results = check_results("algorithms", algorithm(**few))
    failed = [result for result in results if result.status == "failed"]
    assert not failed
    skipped = {result.name for result in results if result.status == "skipped"}
    assert skipped <= {ARRAY_API, *EXPECTED_FAILURES}


@pytest.mark.parametrize("architecture", ["full", "tree", "parity"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_random_patterns_are_learnt(estimator, architecture, fit_intercept):
    X, y = make_random_patterns(30, 301, random_state=1)
    if architecture == "parity":
        # The product of nine small tanh has no slope to follow: fewer units.
        estimator.set_params(n_hidden=3)
    estimator.set_params(architecture=architecture, fit_intercept=fit_intercept)
    estimator.fit(X, y)
    assert estimator.converged_
    assert estimator.status_ == "converged"
    assert estimator.score(X, y) == 1.0
    assert estimator.n_errors_ == 0
    norms = np.hypot(np.linalg.norm(estimator.coef_, axis=1), estimator.intercept_)
    assert np.allclose(norms, 1)
    assert fit_intercept == np.any(estimator.intercept_ != 0)
    assert len(estimator.loss_curve_) == estimator.n_iter_


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_weights_are_zero_outside_the_receptive_fields(estimator, patterns):
    estimator.set_params(architecture="tree").fit(*patterns)
    inside = np.zeros((9, 101), dtype=bool)
    for row, field in zip(
        inside, estimator.architecture_.receptive_fields(101), strict=True
    ):
        row[field] = True
    assert np.all(estimator.coef_[~inside] == 0)
    assert np.all(estimator.coef_[inside] != 0)


@pytest.mark.parametrize(
    "labels",
    [("yes", "no"), (0, 1), (-1, 1), (2.0, 1.0), (True, False), ("a", "b")],
    ids=str,
)
def test_labels_of_any_type(estimator, patterns, labels):
    X, signs = patterns
    y = np.where(signs > 0, *labels)
    predicted = estimator.fit(X, y).predict(X)
    assert np.array_equal(predicted, y)
    assert predicted.dtype == y.dtype
    assert np.array_equal(estimator.classes_, np.unique(y))
    assert np.array_equal(estimator.decision_function(X) > 0, y == np.unique(y)[1])


def test_object_and_categorical_labels(estimator, patterns):
    X, signs = patterns
    y = pd.Series(np.where(signs > 0, "spam", "ham"), dtype="category")
    assert set(estimator.fit(X, y).predict(X)) == {"spam", "ham"}
    assert estimator.fit(X, y.astype(object)).score(X, y) == 1.0


def test_same_seed_same_bits_and_other_seed_other_weights(estimator, patterns):
    first = clone(estimator).fit(*patterns).coef_
    assert np.array_equal(first, clone(estimator).fit(*patterns).coef_)
    other = clone(estimator).set_params(random_state=1).fit(*patterns).coef_
    assert not np.allclose(first, other)


def test_random_state_instances_move_on(estimator, patterns):
    state = np.random.RandomState(0)
    estimator.set_params(random_state=state)
    first = estimator.fit(*patterns).coef_
    assert not np.allclose(first, estimator.fit(*patterns).coef_)


def test_global_random_state_is_left_alone(estimator, patterns):
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    estimator.fit(*patterns)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("n_jobs", [1, 2, 3, -1])
def test_result_does_not_depend_on_threads(n_jobs, patterns):
    estimator = ELALClassifier(
        eta=0.02, n_replicas=5, lambda0=1.0, lambda1=0.05, random_state=0
    )
    alone = clone(estimator).fit(*patterns)
    together = clone(estimator).set_params(n_jobs=n_jobs).fit(*patterns)
    assert np.array_equal(alone.coef_, together.coef_)
    assert alone.loss_curve_ == together.loss_curve_


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_follows_the_inputs(estimator, patterns, dtype):
    X, y = patterns
    estimator.fit(X.astype(dtype), y)
    assert estimator.coef_.dtype == dtype
    assert estimator.intercept_.dtype == dtype
    assert estimator.score(X, y) == 1.0


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("dtype", [np.int8, np.int64, bool, np.float16])
def test_other_numbers_are_converted(estimator, patterns, dtype):
    X, y = patterns
    X = (X > 0).astype(dtype)
    assert estimator.fit(X, y).coef_.dtype == np.float64


def test_read_only_and_fortran_inputs_are_left_alone(estimator, patterns):
    X, y = patterns
    reference = clone(estimator).fit(X, y).coef_
    X, y = np.asfortranarray(X), y.copy()
    X.setflags(write=False)
    y.setflags(write=False)
    assert np.array_equal(clone(estimator).fit(X, y).coef_, reference)


def test_real_inputs_that_happen_to_be_signs_are_treated_alike(estimator, patterns):
    X, y = patterns
    # The default gives signs and real inputs intercepts of different size.
    estimator = estimator.set_params(intercept_scaling=1.0)
    nudged = X.copy()
    nudged[0, 0] *= 1 + 1e-12
    as_bits = clone(estimator).fit(X, y).coef_
    assert np.allclose(clone(estimator).fit(nudged, y).coef_, as_bits, atol=1e-6)


def test_data_frames_keep_their_names(estimator, patterns):
    X, y = patterns
    frame = pd.DataFrame(X, columns=[f"pixel {i}" for i in range(101)])
    estimator.fit(frame, y)
    assert estimator.feature_names_in_[100] == "pixel 100"
    assert estimator.score(frame, y) == 1.0
    with pytest.raises(ValueError, match="feature names"):
        estimator.predict(frame[frame.columns[::-1]])


def test_pickle_and_clone(estimator, patterns):
    X, y = patterns
    again = pickle.loads(pickle.dumps(estimator.fit(X, y)))
    assert np.array_equal(again.decision_function(X), estimator.decision_function(X))
    assert not hasattr(clone(estimator), "coef_")


def test_model_selection(blobs):
    X, y = blobs
    pipe = make_pipeline(StandardScaler(), CeSGDClassifier(max_iter=50, random_state=0))
    grid = {"cesgdclassifier__n_hidden": [1, 3], "cesgdclassifier__eta": [1e-3, 1e-2]}
    with pytest.warns(ConvergenceWarning):
        search = GridSearchCV(pipe, grid, cv=3).fit(X, y)
    assert search.best_score_ > 0.9
    with pytest.warns(ConvergenceWarning):
        scores = cross_val_score(pipe, X, y, cv=3, scoring="roc_auc")
    assert scores.min() > 0.9


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_more_classes_one_versus_rest():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, size=150)
    X = rng.normal(size=(150, 4)) + 4 * np.eye(3, 4)[y]
    model = LALClassifier(max_iter=100, random_state=0)
    assert OneVsRestClassifier(model).fit(X, y).score(X, y) > 0.9
    assert model.fit(X, y).score(X, y) > 0.9


def test_unfitted(estimator, patterns):
    for method in (estimator.predict, estimator.decision_function):
        with pytest.raises(NotFittedError):
            method(patterns[0])


def test_users_may_set_the_fitted_attributes(patterns):
    from skwfm.architectures import FullCommittee

    X, _ = patterns
    model = LALClassifier(n_hidden=1)
    model.coef_, model.intercept_ = np.eye(1, 101), np.zeros(1)
    model.architecture_, model.classes_ = FullCommittee(1), np.array([-1, 1])
    model.n_features_in_ = 101
    assert np.array_equal(model.predict(X), X[:, 0])
