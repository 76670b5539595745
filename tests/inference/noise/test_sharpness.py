"""How sure answers are where noise cannot say so."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit, ndtr
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skwfm import FBPClassifier
from skwfm.architectures import FullCommittee
from skwfm.inference import Factors, SphericalPrior, infer
from skwfm.inference.noise import sharpness
from skwfm.inference.noise.held_out import Compared
from skwfm.inference.noise.sharpness import best_scale, odds_scale
from skwfm.inference.noise.step import NoiseStep

N_SAMPLES = 20_000


def asked(scale, label_noise=1e-6, weights=None, seed=0):
    """Patterns of one unit whose labels are drawn with scaled log-odds."""
    rng = np.random.default_rng(seed)
    mean = rng.standard_normal((N_SAMPLES, 1))
    machine, labels = FullCommittee(1), np.ones(N_SAMPLES)
    variance = np.ones_like(mean)
    plain = Factors(np.ones((N_SAMPLES, 1)), labels, machine)
    odds = [plain.architecture.channel(mean, variance, y)[0] for y in (labels, -labels)]
    is_positive = rng.random(N_SAMPLES) < expit(scale * (odds[0] - odds[1]))
    labels = np.where(is_positive, 1.0, -1.0)
    factors = Factors(
        rng.standard_normal((N_SAMPLES, 1)), labels, machine,
        label_noise=label_noise, sample_weight=weights,
    )  # fmt: skip
    return factors, (mean, variance)


@pytest.mark.parametrize("scale", [1.5, 3.0])
def test_the_scale_by_which_labels_were_drawn_is_found(scale):
    """Its standard error is about 1.5 % here: four of them."""
    assert best_scale([asked(scale)]) == pytest.approx(scale, rel=0.06)


def test_answers_are_never_less_sure_than_the_posterior():
    assert best_scale([asked(0.5)]) == 1
    assert best_scale([asked(9.0)]) == pytest.approx(4.0, rel=1e-3)


def test_the_scale_is_that_of_the_summed_loss():
    """By a grid, over two folds with weights and noise."""
    weights = np.random.default_rng(5).integers(1, 4, N_SAMPLES).astype(float)
    folds = [asked(2.0, 0.01, weights), asked(1.2, 0.01, seed=1)]

    def loss(scale):
        total = 0.0
        for factors, (mean, variance) in folds:
            logs = [
                factors.architecture.channel(mean, variance, y)[0]
                for y in (factors.labels, -factors.labels)
            ]
            right = 0.01 + 0.98 * expit(scale * (logs[0] - logs[1]))
            total -= factors.temperature.for_label @ np.log(right)
        return total

    grid = np.linspace(1, 4, 301)
    expected = grid[np.argmin([loss(scale) for scale in grid])]
    assert best_scale(folds) == pytest.approx(expected, abs=0.01)


def test_labels_that_contradict_each_other_count_on_both_sides():
    rng = np.random.default_rng(2)
    X = np.repeat(np.linspace(0.1, 2, 20)[:, None], 200, axis=0)
    odds = np.log(ndtr(X[:, 0]) / ndtr(-X[:, 0]))
    labels = np.where(rng.random(len(X)) < expit(2 * odds), 1.0, -1.0)
    factors = Factors(X, labels, FullCommittee(1), label_noise=1e-3)
    moments = factors.inputs, np.ones((20, 1))
    assert factors.n_samples == 20
    assert factors.temperature.against.sum() > 100
    grid = np.linspace(1, 4, 301)
    right = [1e-3 + 0.998 * expit(scale * labels * odds) for scale in grid]
    expected = grid[np.argmax(np.log(right).sum(axis=1))]
    assert 1.5 < expected < 2.5
    assert best_scale([(factors, moments)]) == pytest.approx(expected, abs=0.01)


def test_folds_are_asked_or_else_cavities():
    """Labels of the one were drawn with scale 2, of the other with 3."""
    (fold, in_fold), (whole, cavity) = asked(2.0), asked(3.0, seed=1)
    posterior = SimpleNamespace(cavity=cavity)
    of_fold = SimpleNamespace(field_moments=lambda factors: in_fold)
    whole, fold = Compared(whole, {}), Compared(whole, {}, fold)
    for folds, compared, expected in (
        ([of_fold], [whole, fold], 2.0), ([], [whole], 3.0),
    ):  # fmt: skip
        step = NoiseStep(1e-6, None, posterior, 0.0, folds)
        assert odds_scale(step, compared) == pytest.approx(expected, rel=0.06)
    nothing = NoiseStep(1e-6, None, SimpleNamespace(cavity=None), 0.0)
    assert odds_scale(nothing, [whole]) == 1


@pytest.mark.parametrize("method", ["amp", "bp", "ep"])
def test_cavities_are_what_predictions_come_from(method):
    rng = np.random.default_rng(0)
    X, w = rng.standard_normal((40, 30)), rng.standard_normal((3, 30))
    y = np.sign(np.sign(X @ w.T).sum(axis=1))
    factors = Factors(X, y, FullCommittee(3), label_noise=0.1)
    posterior = infer(factors, SphericalPrior(), method=method, max_sweeps=500)
    predictive = factors.channel(*posterior.cavity)[0].sum()
    assert posterior.cavity[0].shape == (40, 3)
    assert predictive == pytest.approx(posterior.log_predictive, rel=1e-12)
    hard = infer(Factors(X, y, FullCommittee(3)), SphericalPrior(), method=method)
    assert hard.cavity is None


def eights(n_train):
    """One digit against the rest: wide margins, and a few that no rule explains."""
    X, y = load_digits(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    y = y == 8
    return train_test_split(X, y, train_size=n_train, stratify=y, random_state=0)


@pytest.mark.parametrize("n_train", [150, 300])
def test_labels_with_wide_margins_are_predicted_more_surely(n_train):
    X, X_new, y, y_new = eights(n_train)
    model = FBPClassifier(n_hidden=3, random_state=0).fit(X, y)
    assert model.label_noise_ < 0.01
    assert 1.05 < model.odds_scale_ <= 4
    odds, answers = model.decision_function(X_new), model.predict(X_new)
    loss = log_loss(y_new, model.predict_proba(X_new))
    model.odds_scale_ = 1.0
    # Within what the noise allows, and in the same order.
    assert np.abs(odds).max() <= np.log(1 / model.label_noise_ - 1)
    order = np.argsort(model.decision_function(X_new))
    assert np.all(np.diff(odds[order]) >= 0)
    np.testing.assert_array_equal(answers, model.predict(X_new))
    assert loss < log_loss(y_new, model.predict_proba(X_new)) - 0.005


def test_noise_that_is_found_or_given_says_how_sure_answers_are(monkeypatch):
    def forbidden(asked):
        raise AssertionError("the scale is not asked for")

    monkeypatch.setattr(sharpness, "best_scale", forbidden)
    rng = np.random.default_rng(0)
    X, w = rng.standard_normal((200, 10)), rng.standard_normal(10)
    y = (X @ w > 0) ^ (rng.random(200) < 0.15)
    given = FBPClassifier(n_hidden=3, label_noise=0.05, random_state=0).fit(X, y)
    assert given.odds_scale_ == 1
    found = FBPClassifier(n_hidden=3, random_state=0).fit(X, y)
    assert found.label_noise_ > 0.02
    assert found.odds_scale_ == 1
