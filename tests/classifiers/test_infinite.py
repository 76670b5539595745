"""The infinite committee as a classifier."""

import pickle
from typing import NamedTuple

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from skwfm import CeSGDClassifier, ELALClassifier, FBPClassifier, LALClassifier
from skwfm.classifiers import infinite
from skwfm.inference.infinite import evidence, propagation
from skwfm.landscape import (
    hessian_spectrum,
    local_entropy,
    local_entropy_scorer,
    minima_manifold,
    noise_robustness,
)


@pytest.fixture(scope="module")
def moons():
    X, y = make_moons(300, noise=0.2, random_state=0)
    return StandardScaler().fit_transform(X), np.array(["left", "right"])[y]


@pytest.fixture(scope="module")
def fitted(moons):
    X, y = moons
    return FBPClassifier(n_hidden=np.inf, random_state=0).fit(X[:200], y[:200])


@pytest.mark.parametrize(
    "label_noise", [0.0, pytest.param("auto", marks=pytest.mark.slow)]
)
def test_scikit_learn_contract(label_noise):
    results = check_estimator(
        FBPClassifier(n_hidden=np.inf, label_noise=label_noise),
        on_skip=None,
        on_fail="raise",
    )
    skipped = [r["check_name"] for r in results if r["status"] != "passed"]
    assert skipped in ([], ["check_array_api_input"])


def test_answers(fitted, moons):
    X, y = (part[200:] for part in moons)
    assert fitted.converged_
    assert fitted.score(X, y) > 0.93
    proba, decision = fitted.predict_proba(X), fitted.decision_function(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_allclose(decision, np.log(proba[:, 1] / proba[:, 0]), atol=1e-9)
    np.testing.assert_array_equal(fitted.predict(X), fitted.classes_[proba.argmax(1)])
    assert log_loss(y, proba) < 0.2
    assert fitted.n_errors_ == np.sum(fitted.predict(moons[0][:200]) != moons[1][:200])


def test_attributes(fitted):
    assert fitted.classes_.tolist() == ["left", "right"]
    assert 0 <= fitted.label_noise_ < 0.02
    assert 0 <= fitted.output_noise_ <= 10
    assert fitted.label_noise_ + fitted.output_noise_ > 0
    assert -200 * np.log(2) < fitted.log_evidence_ < 0
    assert fitted.status_ == ("noisy" if fitted.n_errors_ else "converged")
    assert fitted.method_ == "ep"
    assert fitted.n_sweeps_ > fitted.n_iter_ > 3
    assert not hasattr(fitted, "coef_")
    factor = fitted.intercept_scaling_ / np.sqrt(2)
    assert np.isclose(factor, [0.3, 1, 3, 10]).any()


def test_no_other_noise_is_more_probable(moons, fitted):
    """The evidence found is that of a maximum, over both kinds of noise."""
    X, y = (part[:200] for part in moons)
    both = FBPClassifier(n_hidden=np.inf, label_noise="auto", random_state=0).fit(X, y)
    assert both.log_evidence_ > fitted.log_evidence_ - 0.1
    for given in (0.001, 0.05, 0.1):
        other = FBPClassifier(
            n_hidden=np.inf, label_noise=given,
            intercept_scaling=fitted.intercept_scaling_,
        ).fit(X, y)  # fmt: skip
        assert other.label_noise_ == given
        assert other.log_evidence_ < both.log_evidence_ + 0.1
        assert other.predict_proba(X).min() >= given - 1e-9


def test_constant_input_by_evidence(moons, fitted):
    X, y = (part[:200] for part in moons)
    found = {}
    for factor in (0.3, 1.0, 3.0):
        model = FBPClassifier(n_hidden=np.inf, intercept_scaling=factor * np.sqrt(2))
        found[factor] = model.fit(X, y).log_evidence_
        assert model.intercept_scaling_ == factor * np.sqrt(2)
    assert fitted.log_evidence_ > max(found.values()) - 0.05
    without = FBPClassifier(n_hidden=np.inf, fit_intercept=False).fit(X, y)
    # Opposite inputs have opposite answers then.
    np.testing.assert_allclose(
        without.decision_function(-X), -without.decision_function(X), atol=1e-6
    )


def test_copies_and_contradictions():
    """Cells with both labels: probabilities are near the shares in each cell."""
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(8, 3))
    rows = np.repeat(np.arange(8), 200)
    shares = rng.uniform(0.1, 0.9, size=8)
    y = (rng.random(1600) < shares[rows]).astype(int)
    model = FBPClassifier(n_hidden=np.inf).fit(cells[rows], y)
    # Binomial: five standard deviations, and some shrinkage.
    found = model.predict_proba(cells)[:, 1]
    assert np.all(np.abs(found - shares) < 5 * np.sqrt(0.25 / 200) + 0.03)


class PatternsOf(NamedTuple):
    """What is read of a Problem."""

    inputs: np.ndarray
    labels: np.ndarray
    sample_weight: np.ndarray


def test_weights_are_copies(moons):
    X, y = (part[:60] for part in moons)
    weight = np.random.default_rng(0).integers(0, 3, size=60)
    model, copies = (FBPClassifier(n_hidden=np.inf, random_state=0) for _ in range(2))
    copies.fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    model.fit(X, y)  # validates, and learns the classes
    weighted = PatternsOf(X, np.where(y == "right", 1.0, -1.0), weight)
    model._learn_infinite(weighted, np.random.default_rng(0))
    np.testing.assert_allclose(
        model.predict_proba(X), copies.predict_proba(X), atol=1e-9
    )


@pytest.mark.parametrize("dtype", [np.float32, np.int8])
def test_inputs_of_other_types(dtype):
    rng = np.random.default_rng(0)
    X = rng.choice([-1, 1], size=(80, 9)).astype(dtype)
    y = np.where(X[:, :3].sum(axis=1) > 0, 1, 0)
    model = FBPClassifier(n_hidden=np.inf, random_state=0).fit(X, y)
    same = FBPClassifier(n_hidden=np.inf, random_state=0).fit(X.astype(float), y)
    np.testing.assert_array_equal(model.predict_proba(X), same.predict_proba(X))
    assert model.score(X, y) == 1


def test_many_patterns_are_compared_on_a_sample(moons, monkeypatch):
    monkeypatch.setattr(evidence, "_MOST_COMPARED", 100)
    X, y = moons
    fits = [FBPClassifier(n_hidden=np.inf, random_state=0).fit(X, y) for _ in range(2)]
    np.testing.assert_array_equal(*(fit.predict_proba(X) for fit in fits))
    assert fits[0].converged_
    assert len(fits[0].posterior_.linear) == 300
    assert fits[0].score(X, y) > 0.95


def test_copies_of_the_model(fitted, moons):
    X, _ = moons
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert clone(fitted).get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        clone(fitted).predict(X)


def test_one_fit_forgets_the_other(moons):
    X, y = (part[:60] for part in moons)
    few = {"start_noises": None, "gammas": [0.5], "max_sweeps": 5}
    model = FBPClassifier(n_hidden=3, random_state=0, **few)
    for _ in range(2):
        with pytest.warns(ConvergenceWarning):
            model.set_params(n_hidden=3).fit(X, y)
        assert hasattr(model, "coef_")
        assert not hasattr(model, "committee_")
        finite = model.decision_function(X)
        model.set_params(n_hidden=np.inf, max_sweeps=200).fit(X, y)
        assert not hasattr(model, "coef_")
        assert not np.array_equal(model.decision_function(X), finite)
        model.set_params(max_sweeps=5)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_searched_beside_finite_ones(moons):
    """A ring-like rule is beyond three units; log loss prefers infinitely many."""
    X, y = moons
    model = make_pipeline(StandardScaler(), FBPClassifier(gammas=[0.5], max_sweeps=30))
    grid = {"fbpclassifier__n_hidden": [3, np.inf]}
    search = GridSearchCV(model, grid, cv=2, scoring="neg_log_loss").fit(X, y)
    assert search.best_params_["fbpclassifier__n_hidden"] == np.inf


@pytest.mark.parametrize("n_hidden", [-np.inf, np.nan, 2.5, 0, "inf"])
def test_what_is_no_number_of_units(n_hidden, moons):
    with pytest.raises(ValueError, match=r"int in the range \[1, inf\) or a float"):
        FBPClassifier(n_hidden=n_hidden).fit(*moons)
    with pytest.raises(ValueError, match="pass an odd number"):
        FBPClassifier(n_hidden=8).fit(*moons)


@pytest.mark.parametrize("algorithm", [LALClassifier, ELALClassifier, CeSGDClassifier])
def test_other_algorithms_train_weights(algorithm, moons):
    with pytest.raises(ValueError, match=r"use FBPClassifier\(n_hidden=np\.inf\)"):
        algorithm(n_hidden=np.inf).fit(*moons)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"architecture": "tree"}, "architecture='tree' has no infinite committee"),
        ({"architecture": "parity"}, "pass architecture='full'"),
        ({"weights": "binary"}, "weights='binary' needs weights.*'spherical'"),
        ({"method": "amp"}, "method='amp' needs weights.*'auto' or 'ep'"),
        ({"answer": "machine"}, "answer='machine' needs weights.*'posterior'"),
    ],
)
def test_what_needs_weights(parameters, message, moons):
    with pytest.raises(ValueError, match=message):
        FBPClassifier(n_hidden=np.inf, **parameters).fit(*moons)


def test_measures_say_that_there_are_no_weights(fitted, moons):
    X, y = moons
    message = "an infinite committee has no weights. Fit one with a finite n_hidden"
    with pytest.raises(TypeError, match=message):
        local_entropy(fitted, X, y, overlaps=[0.9])
    with pytest.raises(TypeError, match=message):
        hessian_spectrum(fitted, X, y, beta=1.0)
    with pytest.raises(TypeError, match=message):
        minima_manifold(fitted, X, y)
    with pytest.raises(TypeError, match=message):
        local_entropy_scorer(0.1)(fitted, X, y)
    curve = noise_robustness(fitted, X, y, "gaussian", [0.0, 1.0], n_draws=3)
    assert curve.error[0] < curve.error[1]


def test_too_many_patterns(moons, monkeypatch):
    monkeypatch.setattr(infinite, "_MOST_PATTERNS", 100)
    with pytest.raises(ValueError, match=r"300 distinct patterns.*a random sample"):
        FBPClassifier(n_hidden=np.inf).fit(*moons)


def test_too_few_sweeps(moons):
    X, y = moons
    model = FBPClassifier(n_hidden=np.inf, max_sweeps=1, tol=1e-12)
    with pytest.warns(ConvergenceWarning, match="raise max_sweeps") as record:
        model.fit(X[:60], y[:60])
    assert record[0].filename == __file__
    assert not model.converged_
    assert model.status_ == "max_sweeps"
    assert np.isnan(model.log_evidence_)
    assert model.score(X, y) > 0.8


def test_an_interrupt_with_all_patterns_leaves_the_sample(moons, monkeypatch):
    monkeypatch.setattr(evidence, "_MOST_COMPARED", 100)
    solve = propagation.solve_process

    def interrupted_with_all(covariance, *sites):
        if len(covariance) > 100:
            raise KeyboardInterrupt
        return solve(covariance, *sites)

    monkeypatch.setattr(propagation, "solve_process", interrupted_with_all)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model = FBPClassifier(n_hidden=np.inf, random_state=0).fit(*moons)
    assert model.status_ == "interrupted"
    assert len(model.posterior_.linear) == 100
    assert model.score(*moons) > 0.9


def test_progress(moons, capsys):
    X, y = (part[:60] for part in moons)
    model = FBPClassifier(n_hidden=np.inf, verbose=2).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    # The last posterior is no further trial.
    assert len(lines) == (model.n_iter_ - 1) // 2
    assert all("log evidence -" in line for line in lines)


@pytest.mark.parametrize("n_solved", [0, 40])
def test_an_interrupt_leaves_the_best_so_far(n_solved, moons, monkeypatch):
    solve, solved = propagation.solve_process, []

    def interrupted_once(*arguments):
        solved.append(solve(*arguments))
        if len(solved) == n_solved + 2:
            raise KeyboardInterrupt
        return solved[-1]

    monkeypatch.setattr(propagation, "solve_process", interrupted_once)
    model = FBPClassifier(n_hidden=np.inf, random_state=0)
    X, y = (part[:100] for part in moons)
    if n_solved < 40:
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, y)
        return
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(X, y)
    assert model.status_ == "interrupted"
    assert model.score(X, y) > 0.9
    assert len(solved) == n_solved + 2


def test_opposite_patterns_are_copies_without_constants():
    """They moved probabilities by up to .15, and the evidence by half a nat."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 3))
    y = np.where(X[:, 0] + 0.5 * rng.standard_normal(20) > 0, 1, -1)
    model = FBPClassifier(n_hidden=np.inf, fit_intercept=False, random_state=0)
    copies = clone(model).fit(np.vstack([X, X[:8]]), np.r_[y, y[:8]])
    opposite = clone(model).fit(np.vstack([X, -X[:8]]), np.r_[y, -y[:8]])
    assert opposite.log_evidence_ == copies.log_evidence_
    found, expected = opposite.predict_proba(X), copies.predict_proba(X)
    np.testing.assert_array_equal(found, expected)


def test_a_pattern_and_its_opposite_that_disagree():
    """One label is flipped, whatever the answer: the evidence is exact."""
    X, y = np.array([[1.0, 0.3], [-1.0, -0.3]]), np.array([1, 1])
    rows, *counts = infinite.merge_patterns(X, y, np.ones(2), mirror=-1)
    assert len(rows) == 1
    answers = infinite.NoisyAnswers(*counts, label_noise=0.2)
    kernel = evidence.vote_covariance(X[rows], X[rows], 0.0)
    found = propagation.propagate(kernel, answers).log_evidence
    assert found == pytest.approx(np.log(0.2 * 0.8), abs=1e-9)
