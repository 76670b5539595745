"""The constant input of intercepts, searched by how well labels are predicted."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from skwfm import FBPClassifier, LALClassifier
from skwfm.architectures import TreeCommittee
from skwfm.classifiers.focusing import scales
from skwfm.classifiers.focusing.noise import NoPosteriorError, _trained
from skwfm.datasets import make_random_patterns
from skwfm.inference import Factors
from skwfm.landscape import noise_robustness, read_model

SEARCHED = FBPClassifier(
    n_hidden=1, label_noise=0.1, intercept_scaling="search", random_state=0
)
DEFAULT = np.sqrt(2)
CONSTANTS = DEFAULT, DEFAULT / 3, 3 * DEFAULT
FITTED = ("coef_", "intercept_", "intercept_scaling_", "label_noise_", "odds_scale_",
          "log_evidence_", "method_", "gamma_", "loss_curve_", "n_iter_")  # fmt: skip


def threshold(n_samples, noise=0.1, seed=1):
    """One threshold far from zero, which a single unit knows."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-2, 2, size=(n_samples, 2))
    y = (X[:, 0] > 1.2).astype(int)
    return X, np.where(rng.random(n_samples) < noise, 1 - y, y)


def band(n_samples, noise=0.1, seed=1):
    """Two of them: one label for -1 < x < 1, the other outside."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-2, 2, size=(n_samples, 2))
    y = (np.abs(X[:, 0]) > 1).astype(int)
    return X, np.where(rng.random(n_samples) < noise, 1 - y, y)


def with_constant(scaling, model=SEARCHED, **settings):
    return clone(model).set_params(intercept_scaling=scaling, **settings)


def assert_same(model, other):
    for name in FITTED:
        np.testing.assert_array_equal(getattr(model, name), getattr(other, name), name)


@pytest.fixture(scope="module")
def patterns():
    return threshold(60)


@pytest.fixture(scope="module")
def fitted(patterns):
    return clone(SEARCHED).fit(*patterns)


@pytest.fixture(scope="module")
def three(patterns):
    """Fits at the constants that are tried, given by hand."""
    return [with_constant(c).fit(*patterns) for c in CONSTANTS]


@pytest.fixture
def found(monkeypatch):
    """What each search for noise finds, in turn."""
    return change_finding(monkeypatch, lambda n, find: find())


def change_finding(monkeypatch, change):
    """Let ``change(n, find)`` give what the n-th search for noise finds."""
    found, find_noise = [], scales.find_noise

    def changed(*arguments):
        found.append(change(len(found), lambda: find_noise(*arguments)))
        return found[-1]

    monkeypatch.setattr(scales, "find_noise", changed)
    return found


def test_thresholds_far_from_zero_are_reached():
    """Without flips the default answers .72 of new patterns rightly, this .98."""
    X, y = band(2000, noise=0, seed=2)
    model = clone(SEARCHED).set_params(n_hidden=3).fit(*band(100))
    default = with_constant("auto", model).fit(*band(100))
    assert model.intercept_scaling_ == 3 * DEFAULT
    assert model.score(X, y) > default.score(X, y) + 0.1
    assert model.score(X, y) > 0.95


def test_it_is_the_best_of_three_by_hand(fitted, three):
    """At a given noise what is compared are the cavities' predictions."""
    scores = [model.posterior_.log_predictive for model in three]
    assert np.argmax(scores) != 0
    assert_same(fitted, three[np.argmax(scores)])
    assert fitted.posterior_.log_predictive == max(scores)
    assert fitted.n_sweeps_ == sum(model.n_sweeps_ for model in three)
    assert fitted.status_ == "noisy"


@pytest.mark.parametrize(
    "settings", [{"label_noise": "auto"}, {"gammas": [0.5, 2.0]}], ids=str
)
def test_the_best_of_three_where_noise_or_coupling_is_found(settings, found):
    X, y = threshold(40)
    model = clone(SEARCHED).set_params(**settings)
    three = [with_constant(c, model).fit(X, y) for c in CONSTANTS]
    model.fit(X, y)
    scores = [each.score for each in found]
    assert len(scores) == 6
    assert scores[:3] == scores[3:]
    assert_same(model, three[np.argmax(scores[:3])])
    assert model.n_sweeps_ == sum(each.n_sweeps_ for each in three)


def test_the_default_is_not_searched(found, three, patterns):
    default = with_constant("auto").fit(*patterns)
    assert len(found) == 1
    assert_same(default, three[0])


def test_scores_are_those_of_a_pattern():
    """Levels may be compared on some patterns, and patterns may have weights."""
    X, y = threshold(40)
    weight = np.full(40, 3.0)
    weighted = clone(SEARCHED).fit(X, y, sample_weight=weight)
    copies = clone(SEARCHED).fit(np.repeat(X, 3, axis=0), np.repeat(y, 3))
    assert weighted.intercept_scaling_ == copies.intercept_scaling_
    np.testing.assert_allclose(weighted.coef_, copies.coef_, atol=1e-6)


def test_equal_scores_leave_the_default(monkeypatch, three, patterns):
    change_finding(monkeypatch, lambda n, find: replace(find(), score=-0.5))
    assert_same(clone(SEARCHED).fit(*patterns), three[0])


def test_every_class_has_its_own():
    X, _ = threshold(90, seed=0)
    y = np.where(X[:, 0] > 1.2, "far", np.where(X[:, 1] > 0, "up", "down"))
    model = clone(SEARCHED).fit(X, y)
    assert isinstance(model.intercept_scaling_, list)
    assert model.intercept_scaling_ == [m.intercept_scaling_ for m in model.machines_]
    assert len(set(model.intercept_scaling_)) > 1
    for machine, name in zip(model.machines_, model.classes_, strict=True):
        norms = np.linalg.norm(machine._dense_weights(), axis=1)
        np.testing.assert_allclose(norms, 1)
        problem, weights = read_model(machine, X, y == name)
        fields = problem.fields(
            problem.layout.pack_weights(weights, float), np.arange(len(X))
        )
        expected = X @ machine.coef_.T + machine.intercept_
        np.testing.assert_allclose(fields, expected, atol=1e-12)
        noise_robustness(machine, X, y == name, levels=[0.1])
    planes = LogisticRegression().fit(X, y)
    assert model.score(X, y) > planes.score(X, y) - 0.05
    decision = np.column_stack([m.decision_function(X) for m in model.machines_])
    np.testing.assert_array_equal(model.decision_function(X), decision)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    at_once = clone(model).set_params(n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(at_once.coef_, model.coef_)
    # What is not searched any more is one number again.
    assert model.set_params(intercept_scaling=2.0).fit(X, y).intercept_scaling_ == 2


def test_units_of_different_size(monkeypatch, found):
    """A tree's default is one constant for each unit; all are multiplied."""
    X = np.random.default_rng(0).uniform(-2, 2, size=(80, 4))
    y = (X[:, 0] + X[:, 1] > 1).astype(int) + (X[:, 2] > 1) + (X[:, 3] > 1) > 1
    model = clone(SEARCHED).set_params(architecture="tree", n_hidden=3).fit(X, y)
    default = np.sqrt([2, 1, 1])
    scores = [each.score for each in found]
    constant = (default, default / 3, 3 * default)[np.argmax(scores)]
    np.testing.assert_array_equal(model.intercept_scaling_, constant)
    np.testing.assert_allclose(np.linalg.norm(model._dense_weights(), axis=1), 1)
    # By hand only a number can be given.
    monkeypatch.setattr(FBPClassifier, "_resolve_scaling", lambda *_: constant)
    assert_same(model, with_constant("auto", model).fit(X, y))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_machines_to_start_from_keep_their_answers_at_any_constant():
    """Also where it differs from unit to unit, and they cannot be told of it."""
    X, y = band(60)
    X, y = np.column_stack([X, X[:, ::-1]]), 2 * y - 1
    signs = []
    for multiple in (1, 3):
        constant = multiple * np.sqrt([2, 1, 1])
        options = {"fit_intercept": True, "intercept_scaling": constant}
        factors = Factors(X, y, TreeCommittee(3), beta_ne=1.0, **options)
        weights = _trained(factors, seed=0)
        np.testing.assert_allclose(np.linalg.norm(weights, axis=1), 1)
        flat = flat_weights(weights, factors)
        signs.append(factors.fields(flat) > 0)
    assert 0 < signs[0].mean() < 1
    np.testing.assert_array_equal(*signs)


def flat_weights(weights, factors):
    fields = factors.architecture.receptive_fields(4)
    rows = zip(weights, fields, strict=True)
    return np.concatenate([row[[*field, -1]] for row, field in rows])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weights": "binary"}, "weights='binary' .*: pass weights='spherical'; or"),
        ({"label_noise": 0.0}, "label_noise=0.0: pass label_noise='auto', or above 0"),
        (
            {"label_noise": "auto", "gammas": [1.0]},
            r"gammas=\[1.0\] beside label_noise='auto' .* leave gammas out",
        ),
        (
            {"label_noise": "auto", "gammas": [1.0], "start_noises": [0.2]},
            r"start_noises=\[0.2\] beside label_noise='auto' .* leave start_noises out",
        ),
    ],
)
def test_what_compares_no_predictions_is_named(settings, message, patterns):
    with pytest.raises(ValueError, match=r"intercept_scaling='search' .*" + message):
        clone(SEARCHED).set_params(**settings).fit(*patterns)


def test_other_classifiers_do_not_search(patterns):
    with pytest.raises(ValueError, match="'intercept_scaling' parameter"):
        LALClassifier(intercept_scaling="search").fit(*patterns)


def test_without_intercepts_there_is_nothing_to_search(found, patterns):
    settings = {"fit_intercept": False, "label_noise": 0.2}
    model = clone(SEARCHED).set_params(**settings).fit(*patterns)
    assert len(found) == 1
    assert model.intercept_scaling_ == 1.0
    assert_same(model, with_constant("auto", **settings).fit(*patterns))


def test_infinite_committees_search_anyway(patterns):
    settings = {"n_hidden": np.inf, "label_noise": "auto"}
    one, other = (
        with_constant(c, **settings).fit(*patterns) for c in ("search", "auto")
    )
    assert one.intercept_scaling_ == other.intercept_scaling_
    np.testing.assert_array_equal(
        one.predict_proba(patterns[0]), other.predict_proba(patterns[0])
    )


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_labels_without_a_rule_keep_the_default():
    X, y = make_random_patterns(24, 4, random_state=0)
    X = X * np.random.default_rng(0).uniform(0.5, 1.5, size=X.shape)
    model = clone(SEARCHED).set_params(label_noise="auto").fit(X, y)
    default = with_constant("auto", model).fit(X, y)
    # One unit cannot store them: the most noise that is tried, at the default.
    assert model.label_noise_ == default.label_noise_ == 0.3
    assert model.intercept_scaling_ == default.intercept_scaling_
    assert_same(model, default)


class Listener:
    """Note what is told, and do something after the n-th level of noise."""

    def __init__(self, n=0, act=lambda: False):
        self.n, self.act, self.n_levels, self.scores = n, act, 0, []

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, fitted_estimator=None
    ):
        if context.task_name == "coupling":
            self.scores.append(fitted_estimator.decision_function(X))
        self.n_levels += context.task_name == "noise level"
        is_time = context.task_name == "noise level" and self.n_levels == self.n
        return self.act() if is_time else False


def test_separable_labels_are_learned_at_the_best_constant(found):
    """By the protocol without noise, whose callbacks are told of that constant."""
    X, y = threshold(40, noise=0, seed=2)
    listener = Listener()
    model = clone(SEARCHED).set_params(label_noise="auto")
    model.set_callbacks(listener).fit(X, y)
    scores = [each.score for each in found]
    best = np.argmax(scores)
    assert best > 0
    assert found[best].is_separable
    assert (model.label_noise_, model.n_errors_) == (0, 0)
    by_hand = with_constant(CONSTANTS[best], model).fit(X, y)
    assert_same(model, by_hand)
    np.testing.assert_array_equal(listener.scores[-1], model.decision_function(X))


def test_a_callback_ends_all_searches(patterns, three):
    listener = Listener(2, lambda: True)
    model = clone(SEARCHED).set_callbacks(listener).fit(*patterns)
    assert model.status_ == "stopped"
    assert not model.converged_
    # The second level of noise is the first of the second search.
    assert listener.n_levels == 2
    np.testing.assert_array_equal(model.coef_, three[0].coef_)


def test_ctrl_c_leaves_the_best_so_far(patterns, three):
    def press():
        raise KeyboardInterrupt

    model = clone(SEARCHED).set_callbacks(Listener(2, press))
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(*patterns)
    assert model.status_ == "interrupted"
    assert model.intercept_scaling_ == DEFAULT
    np.testing.assert_array_equal(model.coef_, three[0].coef_)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_ctrl_c_anywhere_in_a_search(n, monkeypatch, patterns, three):
    def press(number, find):
        if number == n:
            raise KeyboardInterrupt
        return find()

    change_finding(monkeypatch, press)
    model = clone(SEARCHED)
    if n == 0:
        with pytest.raises(KeyboardInterrupt):
            model.fit(*patterns)
        return
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(*patterns)
    np.testing.assert_array_equal(model.coef_, three[0].coef_)


def test_after_ctrl_c_no_protocol_begins(monkeypatch, patterns):
    def press(number, find):
        if number == 1:
            raise KeyboardInterrupt
        return replace(find(), is_separable=True)

    change_finding(monkeypatch, press)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model = clone(SEARCHED).fit(*patterns)
    assert model.label_noise_ == 0.1

    def nothing_known(number, find):
        return replace(press(number, find), best=None, score=-np.inf)

    change_finding(monkeypatch, nothing_known)
    with pytest.raises(KeyboardInterrupt):
        clone(SEARCHED).fit(*patterns)


def test_a_constant_without_posterior_is_left_out(monkeypatch, patterns, three):
    def fail(number, find):
        if number in failing:
            raise NoPosteriorError("no posterior")
        return find()

    change_finding(monkeypatch, fail)
    failing = [2]
    model = clone(SEARCHED).fit(*patterns)
    scores = [each.posterior_.log_predictive for each in three[:2]]
    assert_same(model, three[np.argmax(scores)])
    change_finding(monkeypatch, fail)
    failing = [0]
    with pytest.raises(ValueError, match="no posterior"):
        clone(SEARCHED).fit(*patterns)


def test_constants_that_leave_the_precision_are_left_out(found, patterns):
    """Three times the default would overflow when squared; a third does not."""
    X, y = patterns[0].astype(np.float32) * np.float32(2.0**61), patterns[1]
    model = clone(SEARCHED).fit(X, y)
    assert len(found) == 2
    assert model.intercept_scaling_ in np.ldexp(CONSTANTS[:2], 61)
    assert np.isfinite(model.predict_proba(X)).all()


def test_every_constant_is_a_line(capsys, patterns, three):
    model = clone(SEARCHED).set_params(verbose=1000)
    model.fit(*patterns)
    lines = capsys.readouterr().out.splitlines()
    names = "the default", "a third of the default", "three times the default"
    assert lines == [
        f"[FBPClassifier] intercept_scaling {name}: predictive log-likelihood "
        f"{each.posterior_.log_predictive / 60:.4f} per pattern"
        for name, each in zip(names, three, strict=True)
    ]


def test_it_can_be_one_of_a_grid(patterns):
    grid = {"intercept_scaling": ["auto", "search", 1.0]}
    search = GridSearchCV(clone(SEARCHED), grid, cv=2).fit(*patterns)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert (
        search.best_estimator_.get_params()["intercept_scaling"]
        in grid["intercept_scaling"]
    )
