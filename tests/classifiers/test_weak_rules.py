"""Labels that can hardly be predicted: not taken for true unless they are stored."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from skwfm import FBPClassifier
from skwfm.architectures import FullCommittee
from skwfm.classifiers.focusing import doubts, protocol
from skwfm.datasets import make_random_patterns
from skwfm.inference import Factors, SphericalPrior, focusing, infer
from skwfm.inference.noise import runs
from skwfm.inference.noise.search import NoiseSearch

COIN = np.log(2)  # log loss of one who knows nothing


def weak(n_samples, seed, size=0.5, n_features=20):
    """A rule that gets about 57 % right, and 2000 patterns to ask."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples + 2000, n_features))
    fields = size * X @ rng.standard_normal(n_features) / np.sqrt(n_features)
    y = (rng.random(len(X)) < 1 / (1 + np.exp(-fields))).astype(int)
    return X[:n_samples], X[n_samples:], y[:n_samples], y[n_samples:]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("n_samples", [1500, 4000])
def test_weak_rules_are_predicted_as_by_logistic_regression(n_samples, seed):
    """Labels taken for true: log losses from .8 to 1.4. A coin has .693."""
    X, X_test, y, y_test = weak(n_samples, seed)
    model = FBPClassifier(random_state=0).fit(X, y)
    assert model.status_ == "noisy"
    assert model.label_noise_ == pytest.approx(0.3, abs=0.05)
    known = LogisticRegression().fit(X, y)
    losses = [log_loss(y_test, m.predict_proba(X_test)) for m in (model, known)]
    assert losses[0] < losses[1] + 0.02
    errors = np.mean([m.predict(X_test) != y_test for m in (model, known)], axis=1)
    assert errors[0] < errors[1] + 0.03


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_what_is_stored_without_a_rule_is_answered_with_caution(seed):
    """Log losses of .78, 1.16, .84 and .80 when the search said how sure to be."""
    X, X_test, y, y_test = weak(400, seed)
    model = FBPClassifier(random_state=0).fit(X, y)
    assert model.label_noise_ == model.n_errors_ == 0
    assert model.odds_scale_ < 0.2
    answers = model.predict(X_test)
    assert log_loss(y_test, model.predict_proba(X_test)) < COIN + 0.05
    model.odds_scale_ = 1.0
    assert log_loss(y_test, model.predict_proba(X_test)) > 2
    np.testing.assert_array_equal(model.predict(X_test), answers)


def test_random_patterns_are_stored_and_said_to_tell_nothing():
    X, y = make_random_patterns(150, 101, random_state=0)
    model = FBPClassifier(n_hidden=3, random_state=0).fit(X, y)
    assert model.label_noise_ == model.n_errors_ == 0
    fresh, labels = make_random_patterns(1000, 101, random_state=1)
    assert log_loss(labels, model.predict_proba(fresh)) < COIN + 0.05


@pytest.mark.parametrize(("enough", "n_folds"), [(300, 3), (100, 2)])
def test_what_stored_labels_are_worth_is_asked_of_enough(monkeypatch, enough, n_folds):
    """Thirds are left out in turn, and what is kept is stored by the same training."""
    kept = []

    def noted(classifier, factors, rng):
        kept.append(factors)
        return protocol.protocol_steps(classifier, factors, rng)

    monkeypatch.setattr(doubts, "protocol_steps", noted)
    monkeypatch.setattr(doubts, "_ENOUGH", enough)
    X, y = make_random_patterns(150, 101, random_state=0)
    FBPClassifier(n_hidden=3, random_state=0).fit(X, y)
    assert [factors.n_samples for factors in kept] == [100] * n_folds
    assert not any(factors.is_soft for factors in kept)


def test_ctrl_c_while_labels_are_left_out_keeps_the_machine(monkeypatch):
    def interrupted(classifier, factors, rng):
        for step in protocol.protocol_steps(classifier, factors, rng):
            yield replace(step, posterior=replace(step.posterior, status="interrupted"))

    X, y = make_random_patterns(150, 101, random_state=0)
    whole = FBPClassifier(n_hidden=3, random_state=0).fit(X, y)
    monkeypatch.setattr(doubts, "protocol_steps", interrupted)
    model = FBPClassifier(n_hidden=3, random_state=0)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(X, y)
    assert model.status_ == "interrupted"
    np.testing.assert_array_equal(model.coef_, whole.coef_)
    assert model.odds_scale_ == 1e-3


def test_where_nothing_can_be_stored_noise_answers(monkeypatch):
    """An error it was: X and y leave no weights to start from."""

    def diverged(classifier, factors, rng, callback):
        for step in steps(classifier, factors, rng, callback):
            yield replace(step, weights=np.full_like(step.weights, np.nan))

    steps = protocol.protocol_steps
    monkeypatch.setattr(protocol, "protocol_steps", diverged)
    X, X_test, y, y_test = weak(700, 0)
    model = FBPClassifier(n_hidden=3, random_state=0).fit(X, y)
    assert model.status_ == "noisy"
    assert log_loss(y_test, model.predict_proba(X_test)) < COIN
    with pytest.raises(ValueError, match="leave no weights to start from"):
        FBPClassifier(n_hidden=3, label_noise=0.0, random_state=0).fit(X, y)


def test_a_callback_may_end_what_follows_the_protocol():
    class Listener:
        names = ()

        def setup(self, estimator, context): ...

        def teardown(self, estimator, context): ...

        def on_fit_task_begin(self, estimator, context): ...

        def on_fit_task_end(self, estimator, context):
            self.names += (context.task_name,)
            return context.task_name == "noise level" and "coupling" in self.names

    X, _, y, _ = weak(700, 0, size=0.2)
    model = FBPClassifier(n_hidden=3, random_state=0).set_callbacks(Listener())
    assert model.fit(X, y).status_ == "stopped"
    assert model.label_noise_ > 0


def test_a_search_that_has_found_a_rule_is_not_in_doubt():
    X, _, y, _ = weak(300, 0, size=8.0)
    factors = Factors(X, 2 * y - 1, FullCommittee(1), beta_ne=1.0)
    search = NoiseSearch(factors, SphericalPrior(), options={"method": "ep"})
    assert search.run() is not None
    assert search.doubted() is None


def test_doubts_are_of_all_patterns():
    X, _, y, _ = weak(700, 0, size=0.2)
    factors = Factors(X, 2 * y - 1, FullCommittee(1), beta_ne=1.0)
    search = NoiseSearch(factors, SphericalPrior(), options={"method": "ep"})
    assert search.run() is None
    step = search.doubted()
    assert step.posterior.n_samples == 700
    assert step.label_noise <= 0.3


def test_sweeps_with_noise_and_without_are_counted(monkeypatch):
    done = []

    def counted(*arguments, **options):
        done.append(infer(*arguments, **options))
        return done[-1]

    for module in (runs, focusing):
        monkeypatch.setattr(module, "infer", counted)
    X, _, y, _ = weak(700, 0, size=0.2)
    model = FBPClassifier(n_hidden=3, random_state=0).fit(X, y)
    assert model.label_noise_ > 0
    assert model.n_sweeps_ == sum(posterior.n_iter for posterior in done)
