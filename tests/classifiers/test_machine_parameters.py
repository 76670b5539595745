"""Parameters of the machine are searched and cloned like any others."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV

from skwfm import ELALClassifier, LALClassifier
from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.datasets import make_random_patterns


class Leaning(FullCommittee):
    """A committee with a parameter of its own."""

    def __init__(self, n_hidden=9, margin=0.0):
        super().__init__(n_hidden)
        self.margin = margin

    def unit_to_fix(self, fields, labels):
        return super().unit_to_fix(fields - self.margin, labels)


class KeywordsOnly(FullCommittee):
    def __init__(self, margin=0.0, **kwargs):
        super().__init__(**kwargs)
        self.margin = margin


@pytest.fixture(scope="module")
def patterns():
    return make_random_patterns(30, 45, random_state=0)


def test_parameters_of_machines():
    machine = Leaning(3)
    assert machine.get_params() == {"margin": 0.0, "n_hidden": 3}
    assert KeywordsOnly(n_hidden=5).get_params() == {"margin": 0.0, "n_hidden": 5}
    assert machine.set_params(n_hidden=5, margin=0.5) is machine
    assert repr(machine) == "Leaning(n_hidden=5, margin=0.5)"
    with pytest.raises(ValueError, match=r"'margn' is no parameter .*'margin'"):
        machine.set_params(margn=1)
    with pytest.raises(ValueError, match="n_hidden=4 units of a committee can tie"):
        machine.set_params(margin=1.0, n_hidden=4)
    assert machine == Leaning(5, 0.5)


@pytest.mark.parametrize("machine", [Leaning(3, 0.2), KeywordsOnly(0.2, n_hidden=3)])
def test_clones_of_instances(machine):
    copied = clone(LALClassifier(architecture=machine)).architecture
    assert copied == machine
    assert copied is not machine


@pytest.mark.parametrize("machine", ["full", FullCommittee, FullCommittee(3)])
def test_number_of_units_by_way_of_the_machine(patterns, machine):
    model = LALClassifier(architecture=machine, random_state=0)
    model.set_params(architecture__n_hidden=5).fit(*patterns)
    expected = LALClassifier(n_hidden=5, random_state=0).fit(*patterns)
    assert np.array_equal(model.coef_, expected.coef_)


def test_classes_keep_the_number_of_units_beside_them():
    model = LALClassifier(architecture=Leaning, n_hidden=3)
    model.set_params(architecture__margin=0.5)
    assert model.architecture == Leaning(3, 0.5)
    model.set_params(n_hidden=5, architecture=Leaning, architecture__margin=0.1)
    assert model.architecture == Leaning(5, 0.1)
    with pytest.raises(ValueError, match=r"architecture__margn .*architecture__margin"):
        LALClassifier(architecture=Leaning).set_params(architecture__margn=0.5)
    with pytest.raises(ValueError, match=r"architecture__q .*FullCommittee.*n_hidden"):
        LALClassifier(architecture="full").set_params(architecture__q=1)


@pytest.mark.parametrize("machine", [Leaning, Leaning(3)])
def test_search_over_parameters_of_the_machine(patterns, machine):
    grid = {"architecture__n_hidden": [3, 5], "architecture__margin": [0.0, 0.3]}
    model = LALClassifier(architecture=machine, eta=0.02, random_state=0)
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(*patterns)
    best = search.best_params_
    assert search.best_estimator_.architecture_.get_params() == {
        name.removeprefix("architecture__"): value for name, value in best.items()
    }
    assert machine in (Leaning, Leaning(3))  # the search has its own copies


def test_what_is_fitted_stays_as_it_is(patterns):
    machine = FullCommittee(3)
    model = LALClassifier(architecture=machine, random_state=0).fit(*patterns)
    answers = model.decision_function(patterns[0])
    model.set_params(architecture__n_hidden=5)
    assert model.architecture_ == FullCommittee(3)
    assert np.array_equal(model.decision_function(patterns[0]), answers)


def test_number_of_units_beside_an_instance_is_not_silent(patterns):
    contradiction = r"n_hidden=21 has no effect .*architecture__n_hidden"
    model = LALClassifier(architecture=FullCommittee(3), random_state=0)
    assert model.fit(*patterns).coef_.shape[0] == 3  # the default says nothing
    with pytest.raises(ValueError, match=contradiction):
        clone(model).set_params(n_hidden=21)
    with pytest.raises(ValueError, match=contradiction):
        GridSearchCV(model, {"n_hidden": [3, 21]}, cv=2).fit(*patterns)
    for algorithm in (LALClassifier, ELALClassifier):
        stated = algorithm(architecture=FullCommittee(3), n_hidden=21)
        with pytest.raises(ValueError, match=contradiction):
            stated.fit(*patterns)
    assert model.set_params(architecture="tree", n_hidden=5).n_hidden == 5
    assert model.set_params(architecture=TreeCommittee(3), n_hidden=3).n_hidden == 3


def test_a_refused_number_of_units_is_shown_by_a_search(patterns):
    model = LALClassifier(architecture=FullCommittee, random_state=0)
    search = GridSearchCV(model, {"n_hidden": [3, 4]}, cv=2)
    with pytest.warns(FitFailedWarning, match="can tie"):
        search.fit(*patterns)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]
