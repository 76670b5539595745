"""The machines of all classes share the inputs, in training and in answering."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

from skwfm import CeSGDClassifier, ELALClassifier, FBPClassifier, LALClassifier
from skwfm.architectures import FullCommittee
from skwfm.architectures.layout import Layout
from skwfm.problem import problem
from skwfm.problem.problem import Problem

X, y = load_iris(return_X_y=True)
CLASSIFIERS = {
    "LAL": LALClassifier(n_hidden=3, max_iter=50, random_state=0),
    "eLAL": ELALClassifier(n_hidden=3, max_iter=20, random_state=0),
    "ceSGD": CeSGDClassifier(n_hidden=3, max_iter=50, random_state=0),
    "fBP": FBPClassifier(n_hidden=3, label_noise=0.05, random_state=0),
    "fBP, machine": FBPClassifier(
        n_hidden=3, label_noise=0.05, answer="machine", random_state=0
    ),
    "infinite": FBPClassifier(n_hidden=np.inf, random_state=0),
}


@pytest.fixture
def calls(monkeypatch):
    """How often inputs were laid out, by what for."""
    counted = {"packed": 0, "products": 0}
    pack, make = Layout.pack_inputs, problem.products_of

    def packed(self, inputs):
        counted["packed"] += 1
        return pack(self, inputs)

    def made(patterns):
        counted["products"] += 1
        return make(patterns)

    monkeypatch.setattr(Layout, "pack_inputs", packed)
    monkeypatch.setattr(problem, "products_of", made)
    return counted


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", ["LAL", "eLAL", "ceSGD"])
def test_inputs_are_laid_out_once(name, calls):
    model = CLASSIFIERS[name].fit(X, y)
    assert calls == {"packed": 1, "products": 1}
    model.predict_proba(X)
    assert calls == {"packed": 2, "products": 2}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("weight", [None, np.linspace(1, 2, len(y)).round()])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_answers_are_those_of_each_machine(name, weight):
    model = CLASSIFIERS[name].fit(X, y, sample_weight=weight)
    columns = [machine.decision_function(X) for machine in model.machines_]
    np.testing.assert_array_equal(model.decision_function(X), np.transpose(columns))
    assert model.n_errors_ == np.sum(model.predict(X) != y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_machines_with_constants_of_their_own_lay_out_their_own():
    model = LALClassifier(n_hidden=3, random_state=0).fit(X, y)
    other = model.machines_[2]
    before = model.decision_function(X)
    other.intercept_scaling_ *= 2  # the intercept weighs half as much, answers the same
    after = model.decision_function(X)
    np.testing.assert_array_equal(after[:, :2], before[:, :2])
    np.testing.assert_array_equal(after[:, 2], other.decision_function(X))
    assert np.any(after[:, 2] != before[:, 2])


def test_unlabelled_patterns_share_all_forms():
    weight = np.linspace(1, 2, len(y))
    labels = np.where(y == 1, 1.0, -1.0)
    patterns = Problem(X, labels, FullCommittee(3), True, 2.0, weight)
    assert patterns.relative_weight is not None
    asked = patterns.unlabelled()
    assert asked.sample_weight is None
    assert asked.relative_weight is None
    assert np.all(asked.labels == 1)
    for form in ("packed_inputs", "products", "blocks"):
        assert getattr(asked, form) is getattr(patterns, form)
    np.testing.assert_array_equal(patterns.labels, labels)
    assert patterns.subset(np.arange(5)).packed_inputs is not asked.packed_inputs
