"""Annealing as a classifier: weights, schedules, ends, machines of any kind."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from skwfm import AnnealingClassifier
from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.classifiers.annealing.schedule import Schedule, automatic_betas
from skwfm.datasets import make_random_patterns
from skwfm.experiments.study.naming import default_names, find_contestants

ENERGIES = ["errors", "cross_entropy", "local_entropy"]
few = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def patterns():
    return make_random_patterns(30, 101, random_state=1)


@pytest.mark.parametrize("architecture", ["full", "tree", "parity"])
@pytest.mark.parametrize("energy", ENERGIES)
@pytest.mark.parametrize("n_hidden", [1, 3])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_few_patterns_are_learnt(
    patterns, energy, architecture, n_hidden, fit_intercept
):
    X, y = patterns
    model = AnnealingClassifier(
        energy=energy, architecture=architecture, n_hidden=n_hidden,
        fit_intercept=fit_intercept, max_iter=500, random_state=0,
    ).fit(X[:15], y[:15])  # fmt: skip
    assert model.converged_
    assert model.status_ == "converged"
    assert model.score(X[:15], y[:15]) == 1.0
    assert len(model.loss_curve_) == model.n_iter_
    sizes = [len(f) for f in model.architecture_.receptive_fields(101)]
    for row, bias, n in zip(model.coef_, model.intercept_, sizes, strict=True):
        np.testing.assert_allclose(np.abs(row[row != 0]), (n + fit_intercept) ** -0.5)
        assert np.sum(row != 0) == n
        assert abs(bias) == pytest.approx(fit_intercept * (n + 1) ** -0.5)


@few
def test_biases_of_real_inputs_have_the_size_of_the_constant_input():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 8))
    model = AnnealingClassifier(n_hidden=3, intercept_scaling=2.5, max_iter=20)
    model.fit(X, X[:, 0] > 0)
    np.testing.assert_allclose(np.abs(model.intercept_), 2.5 / 3)
    np.testing.assert_allclose(np.abs(model.coef_), 1 / 3)


@few
def test_an_even_number_of_inputs_leaves_nothing_to_rounding():
    """Fields of zero are right for no label in training."""
    for seed in range(10):
        X, y = make_random_patterns(30, 102, random_state=seed)
        model = AnnealingClassifier(fit_intercept=False, random_state=seed).fit(X, y)
        assert model.status_ == "converged"
        assert np.all(np.abs(X @ np.sign(model.coef_[0])) > 1)


@few
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_features", "fit_intercept"), [(31, True), (32, False)])
def test_fields_that_cancel_are_answered_alike_in_all_company(
    n_features, fit_intercept, dtype
):
    """Row by row and in one call 29 and 39 of 500 answers differed."""
    X, y = make_random_patterns(60, n_features, random_state=1)
    asked, _ = make_random_patterns(500, n_features, random_state=2)
    model = AnnealingClassifier(
        n_hidden=3, fit_intercept=fit_intercept, max_iter=20, random_state=0
    ).fit(X.astype(dtype), y)
    asked = asked.astype(dtype)
    sums = asked @ np.sign(model.coef_.T) + np.sign(model.intercept_)
    assert np.sum(sums == 0) > 100
    exact = np.sign(np.where(sums >= 0, 1, -1).sum(axis=1))
    together = model.predict(asked)
    np.testing.assert_array_equal(together, exact)
    alone = np.concatenate([model.predict(row[None]) for row in asked])
    np.testing.assert_array_equal(alone, together)
    assert model.n_errors_ == np.sum(model.predict(X.astype(dtype)) != y)


@few
@pytest.mark.parametrize("energy", ENERGIES)
def test_more_classes_do_not_depend_on_threads(energy):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, size=80)
    X = rng.normal(size=(80, 5)) + 3 * np.eye(4, 5)[y]
    model = AnnealingClassifier(energy=energy, n_hidden=3, max_iter=30, random_state=0)
    alone = clone(model).fit(X, y)
    together = clone(model).set_params(n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(alone.coef_, together.coef_)
    assert alone.loss_curve_ == together.loss_curve_
    assert alone.beta_start_.shape == alone.beta_end_.shape == (4,)


@few
def test_copies_are_weights():
    """Errors add up exactly: the flips are the same, on any scale of weights."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 6)), rng.integers(2, size=60)
    weight = rng.integers(1, 4, size=60)
    model = AnnealingClassifier(
        energy="errors", n_hidden=3, max_iter=20, random_state=0
    )
    weighted = clone(model).fit(X, y, sample_weight=weight)
    model.set_params(beta_start=weighted.beta_start_, beta_end=weighted.beta_end_)
    copied = clone(model).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    np.testing.assert_array_equal(weighted.coef_, copied.coef_)
    assert weighted.loss_curve_ == copied.loss_curve_
    scaled = clone(model).set_params(beta_start="auto", beta_end="auto")
    scaled.fit(X, y, sample_weight=4 * weight)
    np.testing.assert_array_equal(weighted.coef_, scaled.coef_)


class Duck:
    """The answers of a tree, and nothing else."""

    def __init__(self, n_hidden=3):
        self.n_hidden = n_hidden

    def receptive_fields(self, n_features):
        return TreeCommittee(self.n_hidden).receptive_fields(n_features)

    def output(self, hidden):
        return TreeCommittee(self.n_hidden).output(hidden)

    decision = output


class Smooth(Duck):
    def smooth(self, fields, beta):
        return TreeCommittee(self.n_hidden).smooth(fields, beta)


@few
@pytest.mark.parametrize("energy", ENERGIES)
def test_machines_that_inherit_from_nothing(energy):
    X, y = make_random_patterns(20, 33, random_state=0)
    model = AnnealingClassifier(
        energy=energy, n_hidden=3, fit_intercept=False, n_replicas=3, max_iter=60,
        random_state=0,
    )  # fmt: skip
    machine = Smooth if energy == "cross_entropy" else Duck
    found = clone(model).set_params(architecture=machine(3)).fit(X, y)
    tree = clone(model).set_params(architecture="tree").fit(X, y)
    np.testing.assert_array_equal(found.coef_, tree.coef_)
    np.testing.assert_allclose(found.loss_curve_, tree.loss_curve_)


@few
def test_many_units_in_python():
    X, y = make_random_patterns(20, 57, random_state=0)
    model = AnnealingClassifier(
        energy="errors", fit_intercept=False, max_iter=3, random_state=0
    )
    found = clone(model).set_params(architecture=Duck(19)).fit(X, y)
    model.set_params(architecture="tree", n_hidden=19).fit(X, y)
    np.testing.assert_array_equal(found.coef_, model.coef_)


def test_what_the_cross_entropy_needs(patterns):
    with pytest.raises(NotImplementedError, match=r"needs `smooth` .* Duck lacks"):
        AnnealingClassifier(architecture=Duck()).fit(*patterns)


@few
def test_an_instance_brings_its_own_number_of_units(patterns):
    model = AnnealingClassifier(architecture=FullCommittee(5), max_iter=2)
    assert model.fit(*patterns).coef_.shape == (5, 101)
    with pytest.raises(ValueError, match="n_hidden=9 has no effect"):
        AnnealingClassifier(architecture=FullCommittee(5), n_hidden=9).fit(*patterns)


def test_schedules_go_from_first_to_last():
    geometric = Schedule((0.5, 8.0), (0.1, 0.4), 5, False)
    assert [geometric.at(k)[0] for k in range(5)] == pytest.approx([0.5, 1, 2, 4, 8])
    linear = geometric._replace(is_linear=True)
    assert [linear.at(k)[0] for k in (0, 2, 4, 9)] == pytest.approx([0.5, 4.25, 8, 8])
    assert [linear.at(k)[1] for k in (0, 2, 4)] == pytest.approx([0.1, 0.2, 0.4])
    assert Schedule((1.0, 2.0), (1.0, 2.0), 1, False).at(0) == (1.0, 1.0)


def test_automatic_temperatures_follow_the_scale_of_the_energy():
    changes = np.array([3.0, -4.0, 0.0, 5.0])
    first, last = automatic_betas("errors", changes, 1.0)
    assert 0 < first < last
    scaled = automatic_betas("errors", 7 * changes, 7.0)
    assert scaled == pytest.approx((first / 7, last / 7))
    assert np.all(np.isfinite(automatic_betas("errors", 0 * changes, 1.0)))


@few
def test_given_temperatures_are_taken(patterns):
    model = AnnealingClassifier(beta_start=0.3, beta_end=0.4, max_iter=3)
    model.fit(*patterns)
    assert (model.beta_start_, model.beta_end_) == (0.3, 0.4)
    model.set_params(beta_start="auto", beta_end="auto").fit(*patterns)
    assert 0.3 != model.beta_start_ < model.beta_end_


def test_advice_at_the_end_of_the_schedule(patterns):
    X, y = make_random_patterns(100, 101, random_state=0)
    model = AnnealingClassifier(energy="errors", max_iter=5, random_state=0)
    with pytest.warns(ConvergenceWarning, match="max_iter=5 sweeps .* 'errors'"):
        model.fit(X, y)
    assert model.status_ == "max_iter"
    assert model.n_errors_ == np.sum(model.predict(X) != y) > 0


def test_warm_starts_go_on_from_the_weights(patterns):
    model = AnnealingClassifier(random_state=0).fit(*patterns)
    cold = model.set_params(warm_start=True, beta_start=1e6, beta_end=1e6)
    coef, energy = model.coef_, model.loss_curve_[-1]
    cold.set_params(max_iter=1).fit(*patterns)
    assert cold.converged_
    assert cold.loss_curve_[0] <= energy
    assert np.mean(np.sign(coef) == np.sign(cold.coef_)) > 0.6


class Interrupter:
    """A callback that presses Ctrl-C in the third sweep."""

    n_epochs = 0

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context):
        if context.task_name != "epoch":
            return
        self.n_epochs += 1
        if self.n_epochs == 3:
            raise KeyboardInterrupt


def test_interruption_leaves_a_usable_classifier():
    X, y = make_random_patterns(90, 101, random_state=0)
    model = AnnealingClassifier(energy="local_entropy", random_state=0)
    with pytest.warns(ConvergenceWarning, match="interrupted after 3 epochs"):
        model.set_callbacks(Interrupter()).fit(X, y)
    assert model.status_ == "interrupted"
    assert len(np.unique(np.abs(model.coef_))) == 1
    assert model.score(X, y) > 0.5


@few
def test_early_stopping_by_held_out_samples():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 11))
    y = (X.sum(axis=1) > 0) ^ (rng.random(200) < 0.2)
    model = AnnealingClassifier(early_stopping=True, n_iter_no_change=10)
    model.fit(X, y)
    assert model.status_ == "early_stopped"
    scores = model.validation_scores_
    # Patience starts anew with each new best, of these or of the training errors.
    assert np.argmax(scores) + 1 + 10 <= len(scores) < model.max_iter


@few
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_pickle_and_grid_search(patterns, dtype):
    X, y = patterns
    model = AnnealingClassifier(max_iter=30, random_state=0).fit(X.astype(dtype), y)
    assert model.coef_.dtype == dtype
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    search = GridSearchCV(model, {"energy": ENERGIES, "architecture__n_hidden": [1, 3]})
    assert search.fit(X, y).best_params_["energy"] in ENERGIES


def test_it_is_compared_if_named():
    for quick in (False, True):
        assert "annealing" not in default_names(None, quick)
    (contestant,) = find_contestants(["annealing"], None)
    assert isinstance(contestant.estimator, AnnealingClassifier)


def test_numba_is_loaded_by_the_first_fit_only():
    code = "import sys, skwfm; skwfm.AnnealingClassifier(); print(*sys.modules)"
    command = [sys.executable, "-P", "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "numba" not in run.stdout.split()


@pytest.mark.slow
@few
def test_errors_get_stuck_where_the_other_energies_do_not():
    """The paper's check, N = 201, alpha = 0.5, the first ten seeds.

    If energies were equally good, one of two would leave fewer errors in nine or more
    of ten paired sets with probability 22 / 2**10 = 0.02 at most.
    """
    n_errors = {energy: [] for energy in ENERGIES}
    for seed in range(10):
        X, y = make_random_patterns(100, 201, random_state=seed)
        for energy in ENERGIES:
            model = AnnealingClassifier(
                energy=energy, fit_intercept=False, random_state=seed
            ).fit(X, y)
            n_errors[energy].append(model.n_errors_)
    for energy in ("cross_entropy", "local_entropy"):
        fewer = np.array(n_errors[energy]) < n_errors["errors"]
        assert fewer.sum() >= 9
        assert n_errors[energy].count(0) >= 7
    assert n_errors["errors"].count(0) <= 1
