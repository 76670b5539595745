"""Probabilities of every classifier, and decisions finer than votes."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import expit
from scipy.stats import norm
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import TunedThresholdClassifierCV

from skwfm import (
    AnnealingClassifier,
    CeSGDClassifier,
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
)
from skwfm.architectures import (
    Architecture,
    FullCommittee,
    TreeCommittee,
    TreeParity,
)
from skwfm.classifiers.answers.calibration import NoisyMachine
from skwfm.problem.problem import Problem

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
QUICK = [
    LALClassifier(max_iter=60, random_state=0),
    ELALClassifier(max_iter=60, n_replicas=3, random_state=0),
    CeSGDClassifier(max_iter=60, random_state=0),
    AnnealingClassifier(n_hidden=9, max_iter=60, random_state=0),
]
ALL = [*QUICK, FBPClassifier(n_hidden=3, gammas=[0.5, 2.0], random_state=0)]


@pytest.fixture(params=ALL, ids=lambda m: type(m).__name__)
def model(request):
    return clone(request.param)


@pytest.fixture(scope="module")
def halves():
    X, y = make_classification(2100, 8, n_informative=5, flip_y=0.1, random_state=3)
    return X[:300], y[:300], X[300:], y[300:]


def test_probabilities_decisions_and_answers_agree(model, halves):
    X, y, fresh, _ = halves
    model.fit(X, y)
    proba, decision = model.predict_proba(fresh), model.decision_function(fresh)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_allclose(proba[:, 1], expit(decision))
    np.testing.assert_array_equal(decision > 0, model.predict(fresh) == 1)


@pytest.mark.parametrize("quick", QUICK, ids=lambda m: type(m).__name__)
def test_votes_are_never_overruled_but_told_apart(quick, halves):
    X, y, fresh, _ = halves
    model = clone(quick).fit(X, y)
    votes = np.where(fresh @ model.coef_.T + model.intercept_ >= 0, 1, -1).sum(axis=1)
    np.testing.assert_array_equal(model.decision_function(fresh) > 0, votes > 0)
    assert len(np.unique(model.decision_function(fresh))) > 1000


def test_one_unit_by_hand(halves):
    """Probit of the field over its noise, mixed with flips."""
    X, y, fresh, _ = halves
    model = LALClassifier(n_hidden=1, max_iter=60, random_state=0).fit(X, y)
    noise = model.answer_noise_
    field = fresh @ model.coef_[0] + model.intercept_[0]
    size = np.sqrt((fresh**2).sum(axis=1) + model.intercept_scaling_**2)
    p = norm.cdf(field / (noise.field_noise * size))
    p = (1 - noise.label_noise) * p + noise.label_noise * (1 - p)
    np.testing.assert_allclose(model.predict_proba(fresh)[:, 1], p, rtol=1e-8)


@pytest.mark.parametrize("quick", QUICK, ids=lambda m: type(m).__name__)
def test_probabilities_are_better_than_the_share_of_a_class(quick, halves):
    """By three standard errors of the gain; and ranks are better than votes' ranks."""
    X, y, fresh, truth = halves
    model = clone(quick).fit(X, y)
    likely = model.predict_proba(fresh)[np.arange(1800), truth]
    gain = np.log(likely) - np.log(np.where(truth, y.mean(), 1 - y.mean()))
    assert gain.mean() > 3 * gain.std() / np.sqrt(1800)
    votes = np.where(fresh @ model.coef_.T + model.intercept_ >= 0, 1, -1).sum(axis=1)
    fine = roc_auc_score(truth, model.decision_function(fresh))
    assert fine > roc_auc_score(truth, votes)


def test_scale_of_the_inputs_does_not_matter(halves):
    X, y, fresh, _ = halves
    model = LALClassifier(max_iter=20, random_state=0, fit_intercept=False).fit(X, y)
    factor, noise = 2.0**7, model.answer_noise_
    assert noise.field_noise > 0
    assert 0 < noise.label_noise < 0.5
    np.testing.assert_allclose(
        model.decision_function(fresh * factor), model.decision_function(fresh)
    )


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("quick", QUICK, ids=lambda m: type(m).__name__)
def test_rows_of_zeros_say_nothing_without_intercepts(quick, sparse, halves):
    X, y, *_ = halves
    model = clone(quick).set_params(fit_intercept=False).fit(X, y)
    zeros = np.zeros((2, 8))
    if sparse and isinstance(model, AnnealingClassifier):
        pytest.skip("takes dense inputs only")
    zeros = csr_array(zeros) if sparse else zeros
    np.testing.assert_allclose(model.predict_proba(zeros), 0.5)
    decision = model.decision_function(zeros)
    # A field of zero counts as +1, for all units.
    assert ((decision > 0) & (decision < 1e-9)).all()
    np.testing.assert_array_equal(model.predict(zeros), [1, 1])
    three = y + (X[:, 0] > 1)
    proba = clone(model).fit(X, three).predict_proba(zeros)
    np.testing.assert_allclose(proba, 1 / 3)


def test_training_on_rows_of_zeros(halves):
    X, y, fresh, _ = halves
    X = np.vstack([X, np.zeros((20, 8))])
    y = np.append(y, np.arange(20) % 2)
    model = LALClassifier(max_iter=20, fit_intercept=False, random_state=0).fit(X, y)
    assert 0 < model.answer_noise_.field_noise < np.inf
    assert np.isfinite(model.decision_function(fresh)).all()


class Voiceless(Architecture):
    """A committee that has nothing but its output."""

    def receptive_fields(self, n_features):
        return [np.arange(n_features)] * self.n_hidden

    def output(self, hidden):
        return np.where(hidden.sum(axis=1) > 0, 1.0, -1.0)

    def unit_to_fix(self, fields, labels):
        return np.abs(fields).argmin(axis=1)


def test_a_machine_without_channel_has_votes_only(halves):
    X, y, fresh, _ = halves
    model = LALClassifier(architecture=Voiceless(3), max_iter=5, random_state=0)
    assert not hasattr(model, "predict_proba")
    model.fit(X, y)
    assert set(model.decision_function(fresh)) <= {-1.0, 1.0}
    with pytest.raises(AttributeError) as error:
        _ = model.predict_proba
    assert "`channel`" in str(error.value.__cause__)


def test_ensembles_calibration_and_thresholds(halves):
    X, y, fresh, truth = halves
    base = CeSGDClassifier(n_hidden=3, max_iter=60, random_state=0)
    pairs = [("one", base), ("other", LogisticRegression())]
    for model in (
        VotingClassifier(pairs, voting="soft"),
        StackingClassifier(pairs, cv=3),
        CalibratedClassifierCV(base, cv=3),
        TunedThresholdClassifierCV(base, cv=3),
    ):
        # A constant answer has under 56 per cent, with a standard error of 1.2.
        assert model.fit(X, y).score(fresh, truth) > 0.65


@pytest.mark.parametrize("odds", [2.1972245773362187, -3.0, 1e9, 1e300])
def test_the_highest_probability_is_that_of_the_answer(odds):
    """Of decisions that differ in the last digit, whose logarithms are equal."""
    model = LALClassifier(n_hidden=1, max_iter=1, random_state=0)
    model.fit([[0.0], [1.0], [2.0]], [0, 1, 2])
    above, far = np.nextafter(odds, np.inf), -abs(odds)
    decisions = np.array([[odds, above, odds], [above, odds, far], [far, odds, above]])
    model._decisions = lambda X: decisions
    proba = model.predict_proba(np.zeros((3, 1)))
    assert proba.argmax(axis=1).tolist() == [1, 0, 2]
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_allclose(proba[0], 1 / 3, rtol=1e-15)


@pytest.mark.parametrize("machine", [FullCommittee(3), TreeCommittee(3), TreeParity(3)])
def test_probabilities_of_labels_are_those_of_both_answers(machine):
    """Also of inputs of zero, which move no field."""
    rng = np.random.default_rng(0)
    inputs = np.vstack([rng.standard_normal((20, 9)), np.zeros((2, 9))])
    labels = rng.choice([-1.0, 1.0], 22)
    problem = Problem(inputs, labels, machine, False)
    weights = rng.standard_normal(problem.layout.dense_shape)
    weights = problem.layout.dense(problem.layout.flat(weights))
    noisy = NoisyMachine(problem, weights)
    for field_noise in (0.1, 1.0, 10.0):
        both = noisy.log_probabilities(field_noise)
        np.testing.assert_array_equal(
            noisy.log_right(field_noise, labels), np.where(labels > 0, *both)
        )
        np.testing.assert_allclose(np.exp(both[0]) + np.exp(both[1]), 1)
