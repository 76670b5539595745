"""Logarithms of probabilities, also of those that are too small for a float."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import logsumexp
from sklearn.base import clone
from sklearn.datasets import load_iris, make_classification
from sklearn.exceptions import NotFittedError

from skwfm import (
    AnnealingClassifier,
    CeSGDClassifier,
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
)
from skwfm.architectures import FullCommittee, TreeCommittee

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
MODELS = {
    "LAL": LALClassifier(max_iter=20, random_state=0),
    "eLAL": ELALClassifier(max_iter=20, n_replicas=3, random_state=0),
    "ceSGD": CeSGDClassifier(max_iter=20, random_state=0),
    "annealing": AnnealingClassifier(n_hidden=9, max_iter=20, random_state=0),
    "fBP": FBPClassifier(n_hidden=3, label_noise=0.05, random_state=0),
    "fBP, no noise": FBPClassifier(
        n_hidden=3, gammas=[0.5, 2.0], label_noise=0, random_state=0
    ),
    "infinite": FBPClassifier(n_hidden=np.inf, label_noise=0.05, random_state=0),
    "infinite, no flips": FBPClassifier(n_hidden=np.inf, label_noise=0, random_state=0),
}
SPARSE = ["LAL", "eLAL", "ceSGD"]


@pytest.fixture(params=[2, 3])
def halves(request):
    X, y = make_classification(
        160, 6, n_informative=4, n_classes=request.param, flip_y=0.05, random_state=3
    )
    names = np.array(["a", "b", "c"])[y]
    return X[:80], names[:80], X[80:]


@pytest.fixture(params=[2, 3])
def fitted(request):
    X, y = load_iris(return_X_y=True)
    rows = y < request.param
    return LALClassifier(n_hidden=3, max_iter=5, random_state=0).fit(X[rows], y[rows])


def with_decisions(model, decision):
    """A fitted classifier that gives these decision values."""
    model._decisions = lambda X, problem=None: np.asarray(decision, dtype=float)
    return model, np.zeros((len(decision), model.n_features_in_))


def assert_consistent(model, X):
    logs, proba = model.predict_log_proba(X), model.predict_proba(X)
    assert logs.shape == (X.shape[0], len(model.classes_))
    np.testing.assert_array_equal(np.isneginf(logs), proba == 0)
    np.testing.assert_allclose(np.exp(logs), proba, rtol=1e-12)
    np.testing.assert_allclose(logsumexp(logs, axis=1), 0, atol=1e-12)
    is_tiny = proba < np.finfo(float).tiny
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(logs[~is_tiny], np.log(proba)[~is_tiny], atol=1e-12)
    assert (logs[is_tiny] < -700).all()
    predicted = model.classes_[logs.argmax(axis=1)]
    np.testing.assert_array_equal(predicted, model.predict(X))


@pytest.mark.parametrize("name", MODELS)
def test_logs_are_those_of_the_probabilities(name, halves):
    X, y, fresh = halves
    model = clone(MODELS[name]).fit(X, y)
    far = np.vstack([fresh, 1e3 * fresh, -1e6 * fresh, np.zeros_like(fresh[:2])])
    assert_consistent(model, far)
    if name in SPARSE:
        assert_consistent(model, csr_array(far))
        np.testing.assert_allclose(
            model.predict_log_proba(csr_array(far)),
            model.predict_log_proba(far),
            rtol=1e-9,
        )


@pytest.mark.parametrize("name", SPARSE)
def test_rows_of_zeros_without_intercepts(name, halves):
    X, y, _ = halves
    model = clone(MODELS[name]).set_params(fit_intercept=False).fit(X, y)
    zeros = csr_array(np.zeros((2, 6)))
    logs = model.predict_log_proba(zeros)
    np.testing.assert_allclose(logs, -np.log(len(model.classes_)))
    assert_consistent(model, zeros)


@pytest.mark.parametrize("fitted", [2], indirect=True)
def test_two_classes_with_extreme_odds(fitted):
    odds = np.array([0.1, -40.0, 40.0, -800.0, 800.0, 1e300, np.inf, -np.inf])
    model, X = with_decisions(fitted, odds)
    logs, proba = model.predict_log_proba(X), model.predict_proba(X)
    exact = -np.logaddexp(0, np.column_stack([odds, -odds]))
    is_zero = proba == 0
    assert is_zero.sum(axis=0).tolist() == [3, 2]
    np.testing.assert_allclose(logs, np.where(is_zero, -np.inf, exact), rtol=1e-14)
    # Neither class is a difference from one, which rounds to zero.
    np.testing.assert_allclose(proba[1:3, [0, 1]], proba[1:3, [1, 0]][::-1], rtol=1e-15)
    assert proba[2, 0] == pytest.approx(np.exp(-40), rel=1e-12, abs=0)
    np.testing.assert_array_equal(np.isneginf(logs), proba == 0)


EXTREME = [[-2e4, -9e3, -1e3], [40.0, 50.0, -900.0], [0.0, -1e300, -1e300]]


@pytest.mark.parametrize("fitted", [3], indirect=True)
@pytest.mark.parametrize("odds", EXTREME, ids=str)
def test_more_classes_with_extreme_odds(fitted, odds):
    model, X = with_decisions(fitted, [odds])
    logs = model.predict_log_proba(X)[0]
    against_all = -np.logaddexp(0, -np.array(odds))
    expected = against_all - logsumexp(against_all)
    expected[np.exp(expected) == 0] = -np.inf
    # The last digits, which tell equal ones apart, are relative to one.
    np.testing.assert_allclose(logs, expected, rtol=1e-12, atol=3e-9)
    assert_consistent(model, X)


@pytest.mark.parametrize("fitted", [3], indirect=True)
def test_impossible_classes(fitted):
    rows = [[900.0, -np.inf, np.inf], [-np.inf, -5e5, -np.inf], [-np.inf] * 3]
    model, X = with_decisions(fitted, rows)
    logs, proba = model.predict_log_proba(X), model.predict_proba(X)
    np.testing.assert_array_equal(np.isneginf(logs), proba == 0)
    assert (proba[np.isneginf(logs)] == 0).all()
    np.testing.assert_allclose(np.exp(logs), proba, rtol=1e-12)
    assert logs[0].argmax() == 2
    assert logs[1, 1] == 0


@pytest.mark.parametrize("fitted", [3], indirect=True)
@pytest.mark.parametrize("odds", [2.1972245773362187, -3.0, 1e9, 1e300])
def test_the_highest_is_that_of_the_answer(fitted, odds):
    """Of decisions that differ in the last digit, whose logarithms are equal."""
    above, far = np.nextafter(odds, np.inf), -abs(odds)
    decisions = [[odds, above, odds], [above, odds, far], [far, odds, above]]
    model, X = with_decisions(fitted, decisions)
    assert model.predict_log_proba(X).argmax(axis=1).tolist() == [1, 0, 2]
    assert model.predict(X).tolist() == [1, 0, 2]


def test_availability(fitted):
    class Voiceless(FullCommittee):
        channel = None

    assert not hasattr(LALClassifier(architecture=Voiceless(3)), "predict_log_proba")
    with pytest.raises(NotFittedError):
        LALClassifier().predict_log_proba([[0.0]])
    tree = LALClassifier(architecture=TreeCommittee(3))
    assert hasattr(tree, "predict_log_proba")
    with pytest.raises(ValueError, match="features"):
        fitted.predict_log_proba(np.zeros((2, 3)))
