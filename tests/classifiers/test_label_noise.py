"""Noise of labels: found by how well labels are predicted, or given."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import AdaBoostClassifier
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import (
    check_class_weight_classifiers,
    check_estimator,
)

from skwfm import FBPClassifier
from skwfm.architectures import FullCommittee
from skwfm.classifiers import cesgd
from skwfm.datasets import make_random_patterns
from skwfm.inference import Factors, Focusing, SphericalPrior, infer
from skwfm.inference.noise import runs, search
from skwfm.inference.noise.search import LABEL_NOISES, NoiseSearch


def flipped(share, n_samples=400, n_features=12, seed=0):
    """Labels of a hyperplane with a margin, a share of them flipped."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((3 * n_samples, n_features))
    fields = X @ rng.standard_normal(n_features) / np.sqrt(n_features)
    chosen = np.argsort(-np.abs(fields))[:n_samples]
    X, y = X[chosen], np.where(fields[chosen] > 0, 1, -1)
    wrong = rng.choice(n_samples, round(share * n_samples), replace=False)
    y[wrong] *= -1
    return X, y


@pytest.mark.parametrize("share", [0.0, 0.05, 0.1, 0.2])
def test_known_noise_is_found(share):
    """Within a third of the truth; so many labels are flipped, exactly."""
    X, y = flipped(share)
    model = FBPClassifier(n_hidden=3, label_noise="auto", random_state=0).fit(X, y)
    tolerance = share / 3 if share else 0.02
    assert model.label_noise_ == pytest.approx(share, abs=tolerance)
    if share:
        assert model.status_ == "noisy"
        assert model.log_evidence_ < 0
    else:
        assert model.n_errors_ == 0


@pytest.mark.parametrize("share", [0.0, 0.05, 0.1, 0.2])
def test_predictions_at_a_known_noise(share):
    """At most a point less accurate than SVC, a log loss at most that of LR.

    Held-out labels come from the same noisy source; a point is 20 of them.
    """
    X, y = flipped(share, n_samples=2400)
    order = np.random.default_rng(1).permutation(2400)
    train, test = order[:400], order[400:]
    model = FBPClassifier(n_hidden=3, label_noise="auto", random_state=0)
    logistic, svc = LogisticRegression(), SVC()
    for each in (model, logistic, svc):
        each.fit(X[train], y[train])
    assert model.score(X[test], y[test]) > svc.score(X[test], y[test]) - 0.01
    losses = [log_loss(y[test], m.predict_proba(X[test])) for m in (model, logistic)]
    assert losses[0] <= losses[1]


def test_noise_is_as_likely_as_any_other():
    """The evidence at the noise found is no lower than around it."""
    X, y = flipped(0.1)
    settings = {"n_hidden": 1, "fit_intercept": False, "method": "ep"}
    model = FBPClassifier(label_noise="auto", random_state=0, **settings).fit(X, y)
    factors = Factors(X, y, model.architecture_, label_noise=model.label_noise_)
    here, *around = (
        infer(factors.at(label_noise=e), SphericalPrior(), method="ep").log_evidence
        for e in model.label_noise_ * np.array([1.0, 0.5, 1.7])
    )
    assert here > max(around)
    posterior = infer(factors, SphericalPrior(), method="ep")
    assert model.log_evidence_ == pytest.approx(12 * posterior.log_volume, abs=0.2)
    assert model.label_noise_ == pytest.approx(posterior.expected_errors / 400, rel=0.1)


def test_flipped_labels_of_a_real_table():
    X, y = load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(0)
    parts = train_test_split(X, y, random_state=0, stratify=y)
    scaler = StandardScaler().fit(parts[0])
    train, test, labels, truth = *map(scaler.transform, parts[:2]), *parts[2:]
    for part in (labels, truth):  # held-out labels come from the same noisy source
        part[rng.random(len(part)) < 0.1] ^= 1
    noisy = FBPClassifier(label_noise="auto", random_state=0).fit(train, labels)
    logistic = LogisticRegression().fit(train, labels)
    losses = [log_loss(truth, m.predict_proba(test)) for m in (noisy, logistic)]
    assert losses[0] < losses[1]
    assert 0.06 < noisy.label_noise_ < 0.14
    assert noisy.score(test, truth) > 0.85


def test_labels_without_a_rule_are_taken_as_they_are():
    """Random patterns: the published protocol, bit for bit."""
    X, y = make_random_patterns(60, 99, random_state=0)
    settings = {"architecture": "tree", "n_hidden": 3, "random_state": 0}
    searched = FBPClassifier(label_noise="auto", **settings).fit(X, y)
    plain = FBPClassifier(**settings).fit(X, y)
    np.testing.assert_array_equal(searched.coef_, plain.coef_)
    assert searched.label_noise_ == plain.label_noise_ == 0
    assert np.isnan(plain.log_evidence_)
    assert searched.n_errors_ == 0


def test_noise_given_is_used():
    X, y = flipped(0.1, n_samples=150)
    model = FBPClassifier(n_hidden=3, label_noise=0.15, random_state=0).fit(X, y)
    assert model.label_noise_ == 0.15
    # No probability is more certain than the noise allows.
    probabilities = model.predict_proba(X)
    assert probabilities.min() >= 0.15 - 1e-9
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    machine = model.classes_[(model.architecture_.output(
        np.where(X @ model.coef_.T + model.intercept_ >= 0, 1.0, -1.0)
    ) > 0).astype(int)]  # fmt: skip
    assert model.n_errors_ == np.sum(machine != y)
    one = FBPClassifier(n_hidden=3, label_noise=0.15, answer="machine", random_state=0)
    np.testing.assert_array_equal(one.fit(X, y).predict(X), machine)


def test_many_patterns_are_searched_on_a_sample():
    X, y = flipped(0.1, n_samples=1500)
    settings = {"n_hidden": 3, "random_state": 0, "label_noise": "auto"}
    model = FBPClassifier(**settings).fit(X, y)
    again = FBPClassifier(**settings).fit(X, y)
    np.testing.assert_array_equal(model.coef_, again.coef_)
    assert model.label_noise_ == pytest.approx(0.1, abs=0.03)
    # The evidence is that of all patterns.
    assert model.log_evidence_ == pytest.approx(
        1500 * (0.1 * np.log(0.1) + 0.9 * np.log(0.9)), rel=0.15
    )


def test_what_the_sample_says_is_kept_if_nothing_else_converges(monkeypatch):
    def only_few(factors, *arguments, **options):
        posterior = infer(factors, *arguments, **options)
        if factors.n_samples > 500:
            posterior = replace(posterior, log_predictive=np.nan)
        return posterior

    monkeypatch.setattr(runs, "infer", only_few)
    X, y = flipped(0.1, n_samples=700)
    model = FBPClassifier(n_hidden=3, label_noise="auto", random_state=0).fit(X, y)
    assert model.posterior_.n_samples == 500
    assert np.isnan(model.log_evidence_)  # that of all patterns is not known
    assert model.score(X, y) > 0.87


def test_cavities_of_all_do_not_unlearn_what_others_confirm(monkeypatch):
    """They may be worse than chance where the noise is lower than the labels'."""

    def pessimistic(factors, *arguments, **options):
        posterior = infer(factors, *arguments, **options)
        if factors.n_samples > 500:
            posterior = replace(posterior, log_predictive=-700.0, converged=True)
        return posterior

    monkeypatch.setattr(runs, "infer", pessimistic)
    X, y = flipped(0.1, n_samples=700)
    model = FBPClassifier(n_hidden=3, random_state=0).fit(X, y)
    assert model.posterior_.n_samples == 700
    assert model.label_noise_ == pytest.approx(0.1, abs=0.03)


def test_a_quarter_of_many_patterns_is_asked(monkeypatch):
    sizes = []

    def counting(factors, *arguments, **options):
        sizes.append(factors.n_samples)
        return infer(factors, *arguments, **options)

    monkeypatch.setattr(runs, "infer", counting)
    X, y = flipped(0.1, n_samples=2000)
    FBPClassifier(n_hidden=3, random_state=0).fit(X, y)
    assert list(dict.fromkeys(sizes)) == [1000, 1500, 2000]


def test_what_diverges_at_the_end_changes_nothing(monkeypatch):
    levels, diverged = set(), []

    def diverging(factors, *arguments, **options):
        posterior = infer(factors, *arguments, **options)
        if factors.n_samples < 700:
            return posterior
        if factors.label_noise not in levels:
            levels.add(factors.label_noise)
            return replace(posterior, converged=False)
        diverged.append(posterior)  # the same level again: going on to convergence
        nothing = np.full_like(posterior.flat_mean, np.nan)
        return replace(
            posterior, flat_mean=nothing, residuals=np.empty(0), converged=False,
            status="diverged",
        )  # fmt: skip

    monkeypatch.setattr(runs, "infer", diverging)
    X, y = flipped(0.1, n_samples=700)
    model = FBPClassifier(n_hidden=3, random_state=0).fit(X, y)
    assert len(diverged) == 1
    assert np.isfinite(model.predict_proba(X)).all()
    assert model.label_noise_ == pytest.approx(0.1, abs=0.03)


def test_wide_units_are_searched_on_fewer_patterns(monkeypatch):
    monkeypatch.setattr(search, "_MOST_OF_WIDE", 150)
    for n_features, n_compared in [(150, 200), (151, 150)]:
        X, y = flipped(0.0, n_samples=200, n_features=n_features)
        factors = Factors(X, y, FullCommittee(1), beta_ne=1.0)
        tried = NoiseSearch(factors, SphericalPrior(), options={"method": "ep"})
        best = tried.run()
        assert tried.runs.steps[0].posterior.n_samples == n_compared
        assert best.posterior.n_samples == 200


def test_what_a_sample_learns_by_chance_is_no_rule():
    """500 of these random patterns predict each other by chance, all 1000 do not."""
    X, y = make_random_patterns(1000, 999, random_state=0)
    model = FBPClassifier(
        architecture="tree", fit_intercept=False, label_noise="auto", random_state=0
    ).fit(X, y)
    assert model.label_noise_ == 0
    assert model.n_errors_ == 0


def test_divergence_at_a_given_noise_keeps_the_focused_posterior(monkeypatch):
    def without_replicas_nothing(factors, prior, **options):
        posterior = infer(factors, prior, **options)
        if isinstance(prior, SphericalPrior):
            nothing = np.full_like(posterior.flat_mean, np.nan)
            return replace(posterior, flat_mean=nothing, log_predictive=np.nan)
        return posterior

    monkeypatch.setattr(runs, "infer", without_replicas_nothing)
    X, y = flipped(0.1, n_samples=100)
    model = FBPClassifier(n_hidden=3, label_noise=0.1, random_state=0).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()
    assert np.isfinite(model.coef_).all()


def test_couplings_are_followed_at_a_given_noise():
    X, y = flipped(0.1, n_samples=120)
    settings = {"n_hidden": 3, "label_noise": 0.1, "method": "ep", "random_state": 0}
    gammas = [0.5, 1.0, 2.0]
    model = FBPClassifier(gammas=gammas, **settings).fit(X, y)
    assert model.n_iter_ == len(model.loss_curve_) == 3
    assert model.gamma_ in gammas
    assert model.label_noise_ == 0.1
    assert model.status_ == "noisy"
    assert np.isnan(model.log_evidence_)  # replicas are coupled
    # The posterior is the fixed point at that noise and coupling.
    factors = Factors(
        X, y, model.architecture_, True, label_noise=0.1,
        intercept_scaling=model.intercept_scaling_,
    )  # fmt: skip
    prior = Focusing(SphericalPrior(), 10, model.gamma_)
    same = infer(factors, prior, method="ep", tol=1e-6, warm_start=model.posterior_)
    np.testing.assert_allclose(same.flat_mean, model.posterior_.flat_mean, atol=0.02)
    assert model.score(X, y) > 0.85


def test_every_level_is_a_line(capsys):
    X, y = flipped(0.1, n_samples=100)
    model = FBPClassifier(n_hidden=3, label_noise=0.1, verbose=1, random_state=0)
    model.fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(model.loss_curve_)
    for line, n_errors in zip(lines, model.loss_curve_, strict=True):
        assert line.startswith(f"[FBPClassifier] noise 0.1: {n_errors} errors, ")
        assert -np.log(2) < float(line.split()[-3]) < 0


class AtLevel:
    """A callback that does something at the second level."""

    def __init__(self, act):
        self.act, self.n_levels = act, 0

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context):
        if context.task_name != "noise level":
            return False
        self.n_levels += 1
        return self.act() if self.n_levels == 2 else False


@pytest.mark.parametrize("gammas", [None, [0.5, 1.0, 2.0]])
def test_callbacks_end_the_search(gammas):
    X, y = flipped(0.1, n_samples=100)
    noise = "auto" if gammas is None else 0.1
    settings = {"n_hidden": 3, "gammas": gammas, "label_noise": noise}
    model = FBPClassifier(random_state=0, **settings)
    model.set_callbacks(AtLevel(lambda: True)).fit(X, y)
    assert (model.status_, model.n_iter_) == ("stopped", 2)
    assert np.isfinite(model.predict_proba(X)).all()

    def press_ctrl_c():
        raise KeyboardInterrupt

    model.set_callbacks(AtLevel(press_ctrl_c))
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(X, y)
    assert (model.status_, model.n_iter_) == ("interrupted", 2)


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({"label_noise": 0.0}, "set label_noise='auto'"),
        ({"gammas": [0.5]}, "set gammas=None"),
        ({"label_noise": 0.0, "gammas": [0.5]}, "label_noise='auto' and gammas=None"),
        ({"weights": "binary"}, "set weights='spherical'"),
    ],
    ids=str,
)
def test_errors_at_zero_temperature_point_to_the_noise(settings, advice):
    X, y = flipped(0.2, n_samples=100)
    model = FBPClassifier(n_hidden=1, max_sweeps=20, random_state=0, **settings)
    with pytest.warns(ConvergenceWarning, match=advice):
        model.fit(X, y)


def test_contradictory_copies():
    rng = np.random.default_rng(0)
    cells = rng.standard_normal((12, 3))
    rows = rng.integers(12, size=600)
    rates = 1 / (1 + np.exp(-3 * cells[:, 0]))
    y = (rng.random(600) < rates[rows]).astype(int)
    model = make_pipeline(FBPClassifier(label_noise="auto", random_state=0))
    model.fit(cells[rows], y)
    best = np.mean(np.maximum(rates, 1 - rates)[rows])
    assert model.score(cells[rows], y) > best - 0.05


def test_lower_levels_end_where_predictions_get_worse():
    X, y = flipped(0.2)
    factors = Factors(X, y, FullCommittee(1), beta_ne=1.0)
    tried = NoiseSearch(factors, SphericalPrior(), options={"method": "ep"})
    best = tried.run()
    assert best.label_noise == pytest.approx(0.2, abs=0.05)
    assert len(tried.runs.steps) < len(LABEL_NOISES)
    assert tried.runs.n_iter > sum(step.n_iter for step in tried.runs.steps)


@pytest.mark.parametrize(
    ("n_runs", "n_samples"), [(1, 100), (2, 100), (7, 600), (5, 2000)]
)
def test_an_interrupt_leaves_the_best_so_far(n_runs, n_samples, monkeypatch):
    """Ctrl-C in some run of message passing: no further run is begun."""
    done = []

    def interrupted_once(*arguments, **options):
        posterior = infer(*arguments, **options)
        done.append(posterior)
        if len(done) == n_runs:
            posterior = replace(posterior, status="interrupted", converged=False)
        return posterior

    monkeypatch.setattr(runs, "infer", interrupted_once)
    X, y = flipped(0.1, n_samples=n_samples)
    model = FBPClassifier(n_hidden=3, label_noise="auto", random_state=0)
    if n_runs < 2:
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, y)
    else:
        with pytest.warns(ConvergenceWarning, match="interrupted"):
            model.fit(X, y)
        assert model.status_ == "interrupted"
        assert not model.converged_
        assert np.isfinite(model.predict_proba(X)).all()
        # The evidence of a sample is not that of all.
        assert n_samples == 100 or np.isnan(model.log_evidence_)
    assert len(done) == n_runs


@pytest.mark.parametrize("noise", [0.5, -0.1, np.nan, "some"])
def test_what_is_no_noise(noise):
    X, y = flipped(0.0, n_samples=30)
    with pytest.raises(ValueError, match="label_noise"):
        FBPClassifier(label_noise=noise).fit(X, y)


def test_binary_weights_have_no_noise_of_their_own():
    X, y = make_random_patterns(20, 99, random_state=0)
    settings = {"weights": "binary", "n_hidden": 3, "architecture": "tree"}
    with pytest.raises(ValueError, match=r"label_noise=0\.1 needs weights='spherical'"):
        FBPClassifier(label_noise=0.1, **settings).fit(X, y)
    searched = FBPClassifier(label_noise="auto", random_state=0, **settings).fit(X, y)
    plain = FBPClassifier(random_state=0, **settings).fit(X, y)
    np.testing.assert_array_equal(searched.coef_, plain.coef_)
    assert len(np.unique(np.abs(plain.coef_[plain.coef_ != 0]))) == 1


def test_unfitted():
    with pytest.raises(NotFittedError):
        FBPClassifier(label_noise="auto").predict(np.ones((1, 3)))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learn_contract():
    # Its features are twenty times the constant input: hardly any machine gives
    # opposite inputs the same answer.
    may_fail = {"check_class_weight_classifiers": "intercepts cannot reach so far"}
    check_estimator(
        FBPClassifier(n_hidden=3, label_noise="auto"), expected_failed_checks=may_fail
    )


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_class_weights_decide_where_intercepts_can():
    model = FBPClassifier(n_hidden=3, label_noise=0.05, intercept_scaling=100.0)
    check_class_weight_classifiers("FBPClassifier", model)


@pytest.mark.parametrize("n_hidden", [1, np.inf])
def test_weights_below_one_are_shares(n_hidden):
    """All together they would say as little as one pattern."""
    X, y = flipped(0.1, n_samples=200)
    model = FBPClassifier(n_hidden=n_hidden, random_state=0)
    shares = clone(model).fit(X, y, sample_weight=np.full(200, 1 / 256))
    np.testing.assert_array_equal(
        shares.predict_proba(X),
        clone(model).fit(X, y, sample_weight=np.ones(200)).predict_proba(X),
    )
    assert 0.05 < shares.label_noise_ < 0.15


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_boosting_gives_shares():
    X, y = flipped(0.1)
    model = FBPClassifier(n_hidden=1, random_state=0)
    boosted = AdaBoostClassifier(model, n_estimators=2).fit(X, y)
    assert boosted.estimators_[0].score(X, y) > 0.88


@pytest.mark.parametrize("noise", ["auto", 0.1])
def test_an_interrupt_while_a_start_is_trained_ends_the_search(noise, monkeypatch):
    """Least of all may the inner training take Ctrl-C for its own."""
    run_epoch, n_epochs = cesgd._compiled_epoch, []

    def interrupted_once(*arguments):
        n_epochs.append(1)
        if len(n_epochs) == 50:
            raise KeyboardInterrupt
        return run_epoch(*arguments)

    monkeypatch.setattr(cesgd, "_compiled_epoch", interrupted_once)
    X, y = flipped(0.1, n_samples=100)
    model = FBPClassifier(n_hidden=3, label_noise=noise, random_state=0)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(X, y)
    assert (model.status_, len(n_epochs)) == ("interrupted", 50)
    assert model.label_noise_ == pytest.approx(0.1, abs=0.1)
