"""Parameters that are set after a fit change neither the model nor go unnoticed."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skwfm import (
    AnnealingClassifier,
    CeSGDClassifier,
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
)
from skwfm.architectures import FullCommittee, TreeCommittee

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
EPOCHS = [LALClassifier, ELALClassifier, CeSGDClassifier, AnnealingClassifier]
ALL = [*(c(n_hidden=3, max_iter=20, random_state=0) for c in EPOCHS),
       FBPClassifier(n_hidden=3, gammas=[0.5, 2.0], random_state=0)]  # fmt: skip
ONLINE = [LALClassifier, CeSGDClassifier]
OTHERS = [
    ({"n_hidden": 5}, r"n_hidden=5 is not .*FullCommittee\(n_hidden=3\): set"),
    ({"architecture": "tree"}, r"architecture='tree' with .*FullCommittee"),
    ({"architecture": TreeCommittee(3)}, r"=TreeCommittee\(n_hidden=3\) is not"),
    ({"fit_intercept": False}, r"fit_intercept=False is not .*call fit"),
    ({"intercept_scaling": 7.0}, r"intercept_scaling=7.0 is not .*2\.236.*call fit"),
]


@pytest.fixture(params=ALL, ids=lambda m: type(m).__name__)
def model(request):
    return clone(request.param)


@pytest.fixture(scope="module")
def cloud():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 5))
    return X, (X[:, 0] > 0).astype(int), rng.integers(0, 3, size=60)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_fitted_model_answers_by_what_it_was_fitted_with(
    model, cloud, fit_intercept, n_classes
):
    X, y = cloud[0], cloud[n_classes - 1]
    model.set_params(fit_intercept=fit_intercept).fit(X, y)
    proba, answers = model.predict_proba(X), model.predict(X)
    model.set_params(fit_intercept=not fit_intercept)
    np.testing.assert_array_equal(model.predict_proba(X), proba)
    np.testing.assert_array_equal(model.predict(X), answers)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), proba)


@pytest.mark.parametrize("algorithm", ONLINE)
def test_noise_that_is_fitted_late(algorithm, cloud):
    X, y, _ = cloud
    model = algorithm(n_hidden=3, random_state=0).partial_fit(X, y)
    changed = copy.deepcopy(model).set_params(fit_intercept=False)
    np.testing.assert_array_equal(changed.predict_proba(X), model.predict_proba(X))


def test_models_of_older_versions(model, cloud):
    X, y, _ = cloud
    proba = model.fit(X, y).predict_proba(X)
    del model._fitted_intercept, model._given_scaling
    np.testing.assert_array_equal(model.predict_proba(X), proba)
    if hasattr(model, "partial_fit"):
        assert model.partial_fit(X, y).predict_proba(X).shape == (60, 2)


@pytest.mark.parametrize("algorithm", EPOCHS)
def test_a_warm_start_needs_the_same_intercepts(algorithm, cloud):
    X, y, _ = cloud
    model = algorithm(n_hidden=3, max_iter=20, random_state=0, warm_start=True)
    proba = model.fit(X, y).predict_proba(X)
    message = r"fit_intercept=False is not .*fit_intercept=True or warm_start=False"
    with pytest.raises(ValueError, match=message):
        model.set_params(fit_intercept=False).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), proba)
    model.set_params(warm_start=False).fit(X, y)
    assert not model.intercept_.any()


@pytest.mark.parametrize("algorithm", ONLINE)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(("params", "message"), OTHERS, ids=str)
def test_partial_fit_refuses_another_machine(
    algorithm, cloud, n_classes, params, message
):
    X, y = cloud[0], cloud[n_classes - 1]
    for start in ("partial_fit", "fit"):
        model = algorithm(n_hidden=3, max_iter=20, random_state=0)
        before = getattr(model, start)(X, y).coef_
        with pytest.raises(ValueError, match=message):
            model.set_params(**params).partial_fit(X, y)
        assert model.coef_ is before


class Sided:
    """A machine that inherits from nothing."""

    def __init__(self, n_hidden=3):
        self.n_hidden, self.inner = n_hidden, FullCommittee(n_hidden)

    def receptive_fields(self, n_features):
        return self.inner.receptive_fields(n_features)

    def output(self, hidden):
        return self.inner.output(hidden)

    def decision(self, hidden):
        return self.inner.decision(hidden)

    def unit_to_fix(self, fields, labels):
        return self.inner.unit_to_fix(fields, labels)


@pytest.mark.parametrize(
    "params",
    [
        {"architecture": FullCommittee},
        {"architecture": FullCommittee(3)},
        {"architecture": Sided},
        {"architecture": "tree", "intercept_scaling": 2},
        {"fit_intercept": False, "intercept_scaling": 5.0},
    ],
    ids=str,
)
def test_partial_fit_goes_on_where_nothing_has_changed(cloud, params):
    X, y, _ = cloud
    model = LALClassifier(n_hidden=3, random_state=0, **params).partial_fit(X, y)
    same = {name: copy.copy(value) for name, value in params.items()}
    assert model.set_params(**same, eta=0.5).partial_fit(X, y).n_iter_ == 2


def test_constant_inputs_that_auto_may_have_chosen(cloud):
    X, y, _ = cloud
    model = LALClassifier(n_hidden=3, architecture="tree", random_state=0)
    model.partial_fit(np.sign(X), y)
    assert model.intercept_scaling_ == 1
    assert model.partial_fit(X, y).n_iter_ == 2
    model.set_params(intercept_scaling=1).partial_fit(X, y)
    model.set_params(intercept_scaling="auto").fit(X, y)
    assert len(np.unique(model.intercept_scaling_)) > 1
    model.partial_fit(X, y)
    model.set_params(intercept_scaling=5.0).fit(X, y)
    with pytest.raises(ValueError, match=r"intercept_scaling='auto' is .*_=5\.0: set"):
        model.set_params(intercept_scaling="auto").partial_fit(X, y)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_partial_fit_follows_rates(cloud, n_classes):
    X, y = cloud[0], cloud[n_classes - 1]
    model = LALClassifier(n_hidden=3, random_state=0).partial_fit(X, y)
    before = model.coef_
    model.set_params(eta=1e-9).partial_fit(X, y)
    assert np.abs(model.coef_ - before).max() < 1e-6


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_new_fit_leaves_nothing_of_the_last(model, cloud, n_classes):
    X, *labels = cloud
    fresh = clone(model).fit(X, labels[n_classes - 2])
    model.fit(X, labels[3 - n_classes]).fit(X, labels[n_classes - 2])
    assert vars(model).keys() == vars(fresh).keys()
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), fresh.predict_proba(X))


@pytest.mark.parametrize("last", [3, np.inf])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_new_fit_forgets_the_other_kind_of_committee(cloud, last, n_classes):
    X, *labels = cloud
    settings = {"label_noise": 0.1, "random_state": 0}
    fresh = FBPClassifier(n_hidden=last, **settings).fit(X, labels[n_classes - 2])
    model = FBPClassifier(n_hidden=np.inf if last == 3 else 3, **settings)
    model.fit(X, labels[0]).set_params(n_hidden=last).fit(X, labels[n_classes - 2])
    assert vars(model).keys() == vars(fresh).keys()
    again = copy.deepcopy(pickle.loads(pickle.dumps(model)))
    np.testing.assert_array_equal(again.predict_proba(X), fresh.predict_proba(X))


def test_infinite_committees_have_no_sharper_odds(cloud):
    assert FBPClassifier(n_hidden=np.inf).fit(*cloud[:2]).odds_scale_ == 1


@pytest.mark.parametrize("algorithm", ONLINE)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_fit_forgets_the_generator_of_parts(algorithm, cloud, n_classes):
    X, y = cloud[0], cloud[n_classes - 1]
    model = algorithm(n_hidden=3, max_iter=5, random_state=0)
    expected = clone(model).fit(X, y).partial_fit(X, y).coef_
    model.partial_fit(X, y, classes=np.unique(y)).fit(X, y).partial_fit(X, y)
    np.testing.assert_array_equal(model.coef_, expected)
    model.fit(X, y).partial_fit(X, y)
    np.testing.assert_array_equal(model.coef_, expected)


class Listener:
    """Keeps what is said of the machine after the first epoch."""

    def __init__(self):
        self.heard = None

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, fitted_estimator=None
    ):
        if self.heard is None and fitted_estimator is not None:
            self.heard = fitted_estimator.decision_function(X), fitted_estimator


@pytest.mark.parametrize("algorithm", EPOCHS)
def test_callbacks_hear_nothing_of_the_last_fit(algorithm, cloud):
    X, y, _ = cloud
    model, heard = algorithm(n_hidden=3, max_iter=3, random_state=0), []
    for _ in range(2):
        listener = Listener()
        model.set_callbacks(listener).fit(X, y)
        heard.append(listener.heard)
    np.testing.assert_array_equal(heard[0][0], heard[1][0])
    machine = heard[0][1]
    weights = [*machine.coef_.T, machine.intercept_ / machine.intercept_scaling_]
    assert np.linalg.norm(weights, axis=0) == pytest.approx(np.ones(3))


@pytest.mark.parametrize("algorithm", EPOCHS)
def test_no_scores_without_samples_kept_aside(algorithm, cloud):
    model = algorithm(n_hidden=1, max_iter=2, random_state=0).fit(cloud[0], cloud[2])
    assert model.validation_scores_ is None
    assert model.best_validation_score_ is None


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_refused_fit_leaves_the_last_one(model, cloud, n_classes):
    X, y = cloud[0], cloud[n_classes - 1]
    expected = model.fit(X, y).predict_proba(X)
    with pytest.raises(ValueError, match="scale the features"):
        model.fit(X * 1e200, y)
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    others = np.where(y == 0, "no", "yes")
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(X[:, :2], others, sample_weight=-np.ones(60))
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    if hasattr(model, "partial_fit"):
        model.partial_fit(X, y)


@pytest.mark.parametrize("algorithm", EPOCHS)
def test_a_refused_warm_start_leaves_the_noise(algorithm, cloud):
    X, y, _ = cloud
    model = algorithm(n_hidden=3, max_iter=5, warm_start=True, random_state=0).fit(X, y)
    noise = model.answer_noise_
    with pytest.raises(ValueError, match="set warm_start=False"):
        model.set_params(n_hidden=5).fit(X, y)
    assert model.answer_noise_ is noise


def test_an_interrupted_fit_leaves_the_posterior(cloud, monkeypatch):
    X, y, _ = cloud
    model = clone(ALL[-1]).fit(X, y)
    expected = model.predict_proba(X)

    def press(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "_solve", press)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), expected)
