"""Callbacks within the protocol of couplings: after each coupling, and each sweep."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skwfm import FBPClassifier
from skwfm.datasets import make_random_patterns

SETTINGS = {
    "architecture": "tree", "n_hidden": 3, "label_noise": 0.0, "random_state": 0,
    "gammas": [0.5, 1.0, 2.0, 4.0],
}  # fmt: skip


class Listener:
    """Note what is told, and do something after the second of a kind."""

    def __init__(self, name="none", act=lambda: None):
        self.name, self.act = name, act
        self.ended, self.scores = [], []

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, fitted_estimator=None
    ):
        self.ended.append(context.task_name)
        if context.task_name == "coupling":
            self.scores.append(fitted_estimator.score(X, y))
        if self.ended.count(self.name) == 2 and context.task_name == self.name:
            return self.act()
        return False


@pytest.fixture
def patterns():
    return make_random_patterns(150, 99, random_state=0)


@pytest.mark.parametrize("answer", ["machine", "posterior"])
def test_couplings_and_sweeps_are_told(patterns, answer):
    listener = Listener()
    model = FBPClassifier(answer=answer, **SETTINGS)
    heard = model.set_callbacks(listener).fit(*patterns)
    plain = FBPClassifier(answer=answer, **SETTINGS).fit(*patterns)
    np.testing.assert_array_equal(heard.coef_, plain.coef_)
    assert listener.ended.count("coupling") == heard.n_iter_ == 4
    assert listener.ended.count("sweep") == heard.n_sweeps_
    assert listener.scores[-1] == heard.score(*patterns)
    if answer == "machine":
        errors = 150 * (1 - np.array(listener.scores))
        np.testing.assert_allclose(errors, heard.loss_curve_)


def test_a_callback_ends_the_protocol(patterns):
    model = FBPClassifier(**SETTINGS)
    model.set_callbacks(Listener("coupling", lambda: True)).fit(*patterns)
    assert (model.status_, model.n_iter_) == ("stopped", 2)
    assert np.isfinite(model.coef_).all()
    model.set_callbacks(Listener("sweep", lambda: True)).fit(*patterns)
    assert (model.status_, model.n_iter_, model.n_sweeps_) == ("stopped", 1, 2)
    assert np.isfinite(model.coef_).all()


@pytest.mark.parametrize("name", ["coupling", "sweep"])
def test_ctrl_c_in_a_callback_leaves_a_model(patterns, name):
    def press():
        raise KeyboardInterrupt

    model = FBPClassifier(**SETTINGS).set_callbacks(Listener(name, press))
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(*patterns)
    assert model.status_ == "interrupted"
    assert 0 <= model.score(*patterns) <= 1
