"""FBP on inputs that message passing finds hard: finite answers and fitting advice."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skwfm import FBPClassifier
from skwfm.architectures import FullCommittee

SHORT = {"gammas": [0.5, 1.0, 2.0, 4.0], "max_sweeps": 60, "random_state": 0}


def tables(n_samples, n_features, seed=0):
    rng = np.random.default_rng(seed)
    X = np.sign(rng.normal(size=(n_samples, n_features)))
    return X, rng.choice([0, 1], n_samples)


def recounted(model, X, y):
    return int(np.sum(model.predict(X) != y))


def test_probabilities_where_all_fields_are_zero():
    X, y = tables(20, 27)
    model = FBPClassifier(
        architecture="tree",
        n_hidden=3,
        fit_intercept=False,
        answer="posterior",
        **SHORT,
    ).fit(X, y)
    # Such inputs say nothing; fields of zero count as positive, in all units.
    np.testing.assert_allclose(model.predict_proba(np.zeros((1, 27))), 0.5)
    assert model.predict(np.zeros((1, 27))) == [1]


@pytest.mark.parametrize("settings", [SHORT, {"label_noise": 0.1, "random_state": 0}])
def test_inputs_that_move_no_field_say_nothing(settings):
    X, y = tables(40, 30)
    model = FBPClassifier(n_hidden=3, fit_intercept=False, **settings).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(np.zeros((2, 30))), 0.5)
    decision = model.decision_function(np.zeros((2, 30)))
    assert (np.abs(decision) < 1e-9).all()
    np.testing.assert_array_equal(decision > 0, model.predict(np.zeros((2, 30))))
    assert np.abs(model.decision_function(X)).min() > 1e-9


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("power", [3, 9, 20, -20, 60])
@pytest.mark.parametrize("noise", [{"label_noise": 0.05}, {}], ids=["noise", "none"])
def test_scale_of_inputs_changes_nothing(power, fit_intercept, noise):
    X, y = tables(40, 30)
    settings = {"method": "ep", "n_hidden": 3, "fit_intercept": fit_intercept, **SHORT}
    if noise:
        settings |= {"gammas": None, **noise}
    plain = FBPClassifier(**settings, intercept_scaling=3.0).fit(X, y)
    constant = np.ldexp(3.0, power)
    scaled = FBPClassifier(**settings, intercept_scaling=constant)
    scaled.fit(np.ldexp(X, power), y)
    assert plain.loss_curve_ == scaled.loss_curve_
    assert plain.posterior_.status == scaled.posterior_.status
    np.testing.assert_array_equal(plain.coef_, scaled.coef_)
    np.testing.assert_array_equal(np.ldexp(plain.intercept_, power), scaled.intercept_)
    np.testing.assert_array_equal(
        scaled.predict_proba(np.ldexp(X, power)), plain.predict_proba(X)
    )


@pytest.mark.parametrize("label_noise", [0.02, "auto"])
def test_the_machine_has_no_more_errors_than_the_mean_of_all(label_noise):
    """A machine held near another, or left after a few sweeps, is not the answer."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 15))
    y = np.where(X @ rng.normal(size=15) > 0, 1, -1)
    y[:20] *= -1
    model = FBPClassifier(
        n_hidden=1, fit_intercept=False, random_state=0, label_noise=label_noise
    ).fit(X, y)
    assert np.sum(np.where(X @ model.posterior_.mean[0] > 0, 1, -1) != y) <= 22
    assert model.n_errors_ <= 22  # 20 labels are flipped


def test_divergence_leaves_the_last_finite_weights():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 2, (60, 15)).astype(float), rng.choice([0, 1], 60)
    model = FBPClassifier(
        method="ep", damping=0.0, gammas=[1.0, 3.0], max_sweeps=100, random_state=0
    )
    with pytest.warns(ConvergenceWarning) as record:
        model.fit(X, y)
    assert np.isfinite(model.coef_).all()
    assert np.isfinite(model.predict_proba(X)).all()
    # ep does not advise to use ep.
    assert not any("use method='ep'" in str(w.message) for w in record)


def test_one_hot_tables_do_not_diverge_after_one_coupling():
    rng = np.random.default_rng(0)
    X = np.hstack([np.eye(5)[rng.integers(0, 5, 500)] for _ in range(6)])
    y = (X @ rng.normal(size=30) > 0) ^ (rng.random(500) < 0.1)
    settings = SHORT | {"gammas": [0.5, 1.0], "max_sweeps": 40}
    with pytest.warns(ConvergenceWarning):
        model = FBPClassifier(n_hidden=3, method="ep", **settings).fit(X, y)
    assert model.n_iter_ == 2
    assert np.isfinite(model.coef_).all()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", ["zeros and ones", "constant", "low rank"])
def test_degenerate_tables_raise_no_internal_error(kind):
    rng = np.random.default_rng(0)
    X = {
        "zeros and ones": 1e18 * rng.integers(0, 2, (60, 15)),
        "constant": np.ones((60, 15)),
        "low rank": rng.normal(size=(60, 2)) @ rng.normal(size=(2, 15)),
    }[kind]
    y = rng.choice([0, 1], 60)
    model = FBPClassifier(n_hidden=3, **SHORT | {"max_sweeps": 30})
    model.fit(X, y)
    assert np.isfinite(model.coef_).all()
    assert np.isfinite(model.predict_proba(X)).all()
    assert model.n_errors_ == recounted(model, X, y)


class AlwaysYes(FullCommittee):
    """Answers +1 whatever the units say: labels of -1 cannot be satisfied."""

    def output(self, hidden):
        return np.ones(len(hidden))

    def decision(self, hidden):
        return np.ones(len(hidden))


class Certain(AlwaysYes):
    """Says so with probability zero."""

    def channel(self, mean, var, labels):
        log_z = np.where(labels > 0, 0.0, -np.inf)
        return log_z, np.zeros_like(mean), np.zeros_like(mean)


class Undefined(AlwaysYes):
    """Divides by the probability of what cannot be."""

    def channel(self, mean, var, labels):
        log_z = np.where(labels > 0, 0.0, -np.inf)
        nothing = np.where(labels > 0, 0.0, np.nan)[:, None]
        return log_z, mean * nothing, mean * nothing


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("method", ["amp", "bp", "ep"])
@pytest.mark.parametrize("machine", [Certain, Undefined])
@pytest.mark.parametrize("answer", ["posterior", "machine"])
def test_patterns_that_a_plugin_cannot_satisfy_leave_finite_probabilities(
    machine, method, answer
):
    X, y = tables(30, 15)
    settings = SHORT | {"max_sweeps": 20}
    model = FBPClassifier(
        architecture=machine(3), method=method, answer=answer, **settings
    )
    probabilities = model.fit(X, y).predict_proba(X)
    assert not model.converged_
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    if answer == "posterior":
        np.testing.assert_array_equal(model.predict(X), 1)
    assert model.n_errors_ == (y != 1).sum()


@pytest.mark.parametrize("kind", ["heavy tails", "different scales"])
def test_heavy_tails_and_scales_do_not_end_ep_after_one_coupling(kind):
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(120, 15))
    y = (Z @ rng.normal(size=15) > 0).astype(int)
    tails = np.exp(2 * Z)
    X = {
        "heavy tails": (tails - tails.mean(axis=0)) / tails.std(axis=0),
        "different scales": Z * 10.0 ** rng.integers(-2, 4, 15),
    }[kind]
    model = FBPClassifier(
        n_hidden=3, method="ep", label_noise=0, intercept_scaling=1.0, random_state=0
    ).fit(X, y)
    assert (model.n_iter_, model.n_errors_) == (4, 0)


@pytest.mark.parametrize("answer", ["machine", "posterior"])
@pytest.mark.parametrize("method", ["amp", "ep"])
def test_answers_to_inputs_whose_squares_overflow_raise(method, answer):
    """Probabilities were 1/2 there, whatever the input; at 1e150 they are right."""
    X, _ = tables(20, 12)
    y = (X[:, :5].sum(axis=1) > 0).astype(int)
    X = X * np.arange(1, 13)
    settings = {"fit_intercept": False, "n_hidden": 3, **SHORT}
    model = FBPClassifier(method=method, answer=answer, **settings).fit(X, y)
    far = model.predict_proba(X * 1e150)
    np.testing.assert_allclose(far, model.predict_proba(X), rtol=1e-6)
    if answer == "machine":  # which asks for signs only
        np.testing.assert_array_equal(model.predict(X * 1e154), model.predict(X))
    for predict in (model.predict_proba, model.decision_function):
        with pytest.raises(ValueError, match=r"X has entries up to 1\.2e\+155.*scale"):
            predict(X * 1e154)


def test_a_constant_that_leaves_no_weights_is_named():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 3)), rng.integers(0, 2, size=30)
    model = FBPClassifier(n_hidden=3, intercept_scaling=1e20, random_state=0)
    with pytest.raises(ValueError, match="intercept_scaling='auto' in place of 1e"):
        model.fit(X, y)
