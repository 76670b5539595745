"""Labels that a posterior has not seen, and what cavities say of them."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from skwfm import FBPClassifier
from skwfm.architectures import FullCommittee
from skwfm.inference import Factors, Focusing, SphericalPrior, infer
from skwfm.inference.noise.held_out import N_FOLDS, Compared, left_out
from skwfm.inference.noise.runs import LevelRuns


def rare_class(n_samples, n_features=30, seed=0):
    """Rare binary inputs, and labels of a noisy sum, most of them -1."""
    rng = np.random.default_rng(seed)
    X = (rng.random((n_samples, n_features)) < 0.3).astype(float)
    X = (X - 0.3) / np.sqrt(0.21)
    weights = 1.5 * np.random.default_rng(seed + 100).normal(size=n_features)
    fields = X @ weights / np.sqrt(n_features) - 1
    return X, np.where(rng.random(n_samples) < 1 / (1 + np.exp(-fields)), 1, -1)


def factors_of(X, y, n_hidden=9, **options):
    scaling = np.sqrt(X.shape[1])
    machine = FullCommittee(n_hidden), True
    return Factors(X, y, *machine, intercept_scaling=scaling, **options)


def prepared(factors, asked):
    return Compared(factors, {}, asked)


def weights_of(factors):
    return factors.temperature.for_label + factors.temperature.against


@pytest.mark.parametrize("kind", ["single", "weighted", "repeated"])
def test_each_pattern_is_left_out_once(kind):
    """In part if it was met several times; wholly if it was only weighted."""
    X, y = rare_class(61)
    weight = np.r_[np.full(10, 7.0), np.ones(51)] if kind == "weighted" else None
    if kind == "repeated":
        X, y = np.r_[X, np.repeat(X[:10], 6, axis=0)], np.r_[y, np.repeat(-y[:10], 6)]
    factors = factors_of(X, y, sample_weight=weight, label_noise=0.1)
    folds = left_out(factors, prepared, 0)
    assert len(folds) == N_FOLDS
    asked = [weights_of(fold.asked).sum() for fold in folds]
    assert sum(asked) == pytest.approx(factors.temperature.total)
    for fold, n_asked in zip(folds, asked, strict=True):
        assert fold.total + n_asked == pytest.approx(factors.temperature.total)
        rows = {row.tobytes() for row in fold.factors.inputs}
        shared = [row.tobytes() in rows for row in fold.asked.inputs]
        assert sum(shared) == (10 if kind == "repeated" else 0)


def test_fewer_folds_are_the_first_ones():
    X, y = rare_class(61)
    factors = factors_of(X, y, label_noise=0.1)
    (alone,), folds = left_out(factors, prepared, 0, 1), left_out(factors, prepared, 0)
    np.testing.assert_array_equal(alone.asked.inputs, folds[0].asked.inputs)
    np.testing.assert_array_equal(alone.factors.inputs, folds[0].factors.inputs)


def test_too_few_patterns_are_not_left_out():
    X, y = rare_class(2)
    assert left_out(factors_of(X, y, label_noise=0.1), prepared, 0) == []


def test_all_rows_that_there_can_be_make_one_fold():
    X = np.array([[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)])
    y, weight = X.prod(axis=1), np.full(4, 30.0)
    factors = factors_of(X, y, label_noise=0.1, sample_weight=weight)
    (fold,) = left_out(factors, prepared, 0)
    np.testing.assert_allclose(weights_of(fold.asked), 10)
    np.testing.assert_allclose(weights_of(fold.factors), 20)


def test_likelihood_is_that_of_scikit_learn():
    """Copies and contradictory copies count one by one."""
    X, y = rare_class(40)
    X, y = np.r_[X, X[:7], X[:3]], np.r_[y, -y[:7], y[:3]]
    factors = factors_of(X, y, label_noise=0.07)
    posterior = infer(factors, SphericalPrior(), method="ep", keep_covariance=True)
    plain = factors_of(X, y)
    right = np.exp(plain.channel(*posterior.field_moments(plain))[0])
    positive = np.where(y > 0, right, 1 - right)
    noisy = 0.07 + 0.86 * positive
    found = factors.log_likelihood(*posterior.field_moments(factors))
    assert found == pytest.approx(-len(y) * log_loss(y, noisy))


def test_folds_know_what_cavities_do_not():
    """Cavities of nine units that are alike predict worse than new labels are.

    2000 new labels: their mean log-probability has a standard error of .012.
    """
    X, y = rare_class(300)
    X_new, y_new = rare_class(2000, seed=0)
    X_new, y_new = X_new[300:], y_new[300:]
    factors = factors_of(X, y, label_noise=0.05)
    settings = {"method": "ep", "keep_covariance": True, "random_state": 0}

    def posterior_of(factors):
        found = None
        for noise in (0.3, 0.2, 0.1, 0.05):
            found = infer(
                factors.at(label_noise=noise), SphericalPrior(), warm_start=found,
                **settings,
            )  # fmt: skip
        assert found.converged
        return found

    posterior = posterior_of(factors)
    new = factors_of(X_new, y_new, label_noise=0.05)
    truth = new.log_likelihood(*posterior.field_moments(new)) / len(y_new)
    folds = left_out(factors, prepared, 0)
    by_folds = sum(fold.log_likelihood(posterior_of(fold.factors)) for fold in folds)
    assert by_folds / 300 == pytest.approx(truth, abs=0.05)
    assert posterior.log_predictive / 300 < truth - 0.08


@pytest.mark.parametrize("n_hidden", [3, 9, 21])
@pytest.mark.parametrize("seed", range(4))
def test_units_that_are_alike_do_not_oscillate(n_hidden, seed):
    """At the damping of one unit nine of them answer like the larger class for ever."""
    X, y = rare_class(300, seed=seed)
    share = min(np.mean(y > 0), np.mean(y < 0))
    posterior = None
    for noise in (0.3, 0.2, 0.1, 0.05):
        factors = factors_of(X, y, n_hidden, label_noise=noise)
        posterior = infer(
            factors, SphericalPrior(), method="ep", warm_start=posterior, tol=1e-2,
            random_state=0,
        )  # fmt: skip
        assert posterior.converged
    assert posterior.expected_errors < 0.5 * share * 300


def noisy_majority(n_samples, n_features, seed=0):
    """Labels of a majority of three units, one in ten flipped."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, n_features))
    y = np.sign(np.sign(X @ rng.normal(size=(n_features, 3))).sum(axis=1))
    return X, np.where(rng.random(n_samples) < 0.1, -y, y), y


@pytest.mark.parametrize("seed", range(5))
def test_the_first_step_is_damped(seed):
    """The mean is a ratio of two sums over patterns: damped alike they leave it whole.

    A first step that is as many times too long as there are units ends where all answer
    the same for certain, or is not over after many sweeps.
    """
    X, y, _ = noisy_majority(1000, 40, seed)
    found = infer(
        factors_of(X, y, label_noise=0.2), SphericalPrior(), method="ep",
        max_sweeps=60, tol=1e-2, random_state=seed,
    )  # fmt: skip
    assert found.converged
    assert found.expected_errors < 0.25 * 1000  # a constant answer makes about .45


@pytest.mark.parametrize("seed", range(4))
def test_replicas_tell_units_apart(seed):
    """On few patterns with many inputs, where a linear rule explains all labels."""
    X, y, _ = noisy_majority(200, 300, seed)
    factors = factors_of(X, y, label_noise=0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = infer(
            factors, Focusing(SphericalPrior(), 10, 2.0), method="ep", max_sweeps=60,
            tol=1e-2, random_state=seed,
        )  # fmt: skip
    weights = factors.dense(found.flat_mean)
    assert (np.corrcoef(weights)[np.triu_indices(9, 1)] < 0.9).all()


def test_many_patterns_with_a_rule_that_is_not_linear():
    """Levels are compared on 1000, by 500 others, and then all give the answer."""
    X, y, truth = noisy_majority(4000, 20, seed=1)
    model = FBPClassifier(random_state=0).fit(X[:2000], y[:2000])
    logistic = LogisticRegression().fit(X[:2000], y[:2000])
    assert model.posterior_.n_samples == 2000
    assert 0.05 < model.label_noise_ < 0.2
    losses = [
        log_loss(y[2000:], each.predict_proba(X[2000:])) for each in (model, logistic)
    ]
    assert losses[0] < losses[1]
    # Two standard errors of the difference, of which each has one of .008.
    gain = model.score(X[2000:], truth[2000:]) - logistic.score(X[2000:], truth[2000:])
    assert gain > -0.022


@pytest.mark.parametrize(
    ("n_hidden", "n_samples", "n_features", "seed"),
    [(9, 500, 85, 4), (9, 333, 85, 0), (21, 300, 20, 0), (21, 300, 20, 6)],
)
def test_what_tells_units_apart_does_not_move_the_machine(
    n_hidden, n_samples, n_features, seed
):
    """Else all intercepts may be thrown to where units answer alike for certain."""
    X, y, _ = noisy_majority(n_samples, n_features, seed)
    factors = factors_of(X, y, n_hidden, label_noise=0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = infer(
            factors, Focusing(SphericalPrior(), 10, 2.0), method="ep", max_sweeps=60,
            tol=1e-2, random_state=seed,
        )  # fmt: skip
    assert found.log_predictive > -np.log(2) * n_samples
    assert found.expected_errors < 0.4 * n_samples  # a constant answer makes about .45


def test_a_start_that_predicts_worse_than_a_coin_is_followed_by_others():
    X, y, _ = noisy_majority(500, 85, 5)
    factors = factors_of(X, y, 21, label_noise=0.3)
    runs = LevelRuns(SphericalPrior(), {"method": "ep"}, 5, None)
    here, focusing = [runs.of(factors)], Focusing(SphericalPrior(), 10, 2.0)
    (first,) = runs.run(here, focusing, [None], 60)
    coin = -np.log(2) * 500
    assert first.log_predictive < coin
    n_sweeps = runs.n_iter
    (found,) = runs.from_nothing(here, focusing)
    assert runs.n_iter >= 3 * n_sweeps  # the same start is the first again
    assert found.log_predictive > coin


def test_folds_do_not_vouch_for_a_posterior_that_has_lost_the_rule():
    """The score is at most what the posterior of all says of the labels it has seen."""
    X, y = rare_class(240)
    runs = LevelRuns(SphericalPrior(), {"method": "ep"}, 0, None)
    known = runs.of(factors_of(X, y, 3, label_noise=0.1))
    here = [known, *left_out(known.factors, runs.of, 0)]
    good = runs.run(here, SphericalPrior(), [None] * len(here), 20)
    opposite = runs.of(factors_of(X, -y, 3, label_noise=0.1))
    (lost,) = runs.run([opposite], SphericalPrior(), [None], 20)

    score = runs.step(here, good[0], good).score
    unseen = [
        fold.log_likelihood(of_fold)
        for fold, of_fold in zip(here[1:], good[1:], strict=True)
    ]
    assert score == pytest.approx(sum(unseen))
    seen = known.factors.log_likelihood(*lost.field_moments(known.factors))
    assert seen < sum(unseen)
    assert runs.step(here, lost, [lost, *good[1:]]).score == pytest.approx(seen)
