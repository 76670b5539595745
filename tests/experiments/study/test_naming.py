"""Names, classes and estimators become contestants."""

import sys
from dataclasses import replace

import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm import plugins
from skwfm._entry_points import Plugin
from skwfm.architectures import FullCommittee
from skwfm.classifiers import LALClassifier, published_settings
from skwfm.experiments import Contestant, find_contestants, known_names
from skwfm.experiments.study.contestants import registered
from skwfm.experiments.study.naming import (
    LAL_DEFAULT,
    PUBLISHED,
    default_names,
)


def test_the_default_rate_of_lal_is_compared_on_the_published_machine():
    """Without it the comparison blames narrow minima for what the rate costs."""
    published, default = find_contestants(["LAL", LAL_DEFAULT], "dress_coat")
    parameters = published.estimator.get_params() | {"eta": "auto"}
    assert default.estimator.get_params() == parameters
    assert default.family == "committee"
    assert LAL_DEFAULT in default_names("dress_coat")
    assert LAL_DEFAULT in default_names("dress_coat", quick=True)


@pytest.mark.parametrize("name", [n for n in PUBLISHED if n != LAL_DEFAULT])
def test_published_names_have_the_published_parameters(name):
    (contestant,) = find_contestants([name], "dress_coat")
    cls, parameters = published_settings("dress_coat", name)
    assert type(contestant.estimator) is cls
    assert parameters.items() <= contestant.estimator.get_params().items()
    assert contestant.estimator.fit_intercept is False
    assert contestant.family == "committee"


def test_plugins_go_by_their_own_names():
    lal, qualified, other = find_contestants(["lal", "skwfm:elal", "SkWfm:lal"], None)
    assert type(other.estimator) is LALClassifier
    assert lal.estimator.get_params() == LALClassifier().get_params()
    assert qualified.name == "skwfm:elal"
    assert "skwfm" in lal.version


def test_classes_and_estimators_are_accepted():
    names = [GaussianNB, LALClassifier(eta=0.1), Contestant("mine", GaussianNB())]
    first, second, third = find_contestants(names, None)
    assert (first.name, first.family) == ("GaussianNB", "standard")
    assert (second.estimator.eta, second.family) == (0.1, "committee")
    assert third.name == "mine"


class OwnLAL(LALClassifier):
    pass


@pytest.mark.parametrize(
    ("estimator", "family"),
    [
        (LALClassifier(), "committee"),
        (OwnLAL(), "committee"),
        (make_pipeline(StandardScaler(), LALClassifier()), "committee"),
        (GaussianNB(), "standard"),
        (make_pipeline(StandardScaler(), GaussianNB()), "standard"),
    ],
)
def test_a_named_contestant_is_of_the_family_of_its_estimator(estimator, family):
    """It was "standard" whatever the estimator, so that no landscape was measured."""
    assert Contestant("x", estimator).family == family
    (bare,) = find_contestants([estimator], None)
    assert bare.family == family
    assert Contestant("x", estimator, "standard").family == "standard"


def test_a_registered_algorithm_that_inherits_nothing_is_a_committee(monkeypatch):
    reference = f"{GaussianNB.__module__}:GaussianNB"
    entry = Plugin("mine", "my-dist", "1.0", reference, "algorithms")
    monkeypatch.setattr(plugins, "available", lambda group: (entry,))
    assert Contestant("x", GaussianNB()).family == "committee"


def test_a_class_is_registered_wherever_its_entry_finds_it(monkeypatch):
    """Packages register their classes by the names that they offer them under."""
    entry = Plugin("mine", "my-dist", "1.0", "sklearn.naive_bayes:Own", "algorithms")
    others = [
        replace(entry, reference="not_imported:GaussianNB"),
        replace(entry, reference="sklearn.naive_bayes:Gone"),
    ]
    monkeypatch.setattr(plugins, "available", lambda group: (*others, entry))
    assert registered("algorithms", GaussianNB) is None
    naive_bayes = sys.modules["sklearn.naive_bayes"]
    monkeypatch.setattr(naive_bayes, "Own", GaussianNB, raising=False)
    assert registered("algorithms", GaussianNB) is entry
    assert "not_imported" not in sys.modules


@pytest.mark.parametrize("architecture", ["full", FullCommittee, FullCommittee(9)])
def test_parameters_of_a_machine_are_settings_however_it_is_given(architecture):
    """By name or class it has none of its own until they are set."""
    member = Contestant("lal", LALClassifier(architecture=architecture))
    changed = member.with_parameters({"architecture__n_hidden": 3, "eta": 0.1})
    assert changed.estimator.architecture.n_hidden == 3
    assert changed.estimator.eta == 0.1
    assert changed.settings.endswith("; architecture__n_hidden=3, eta=0.1")
    assert member.estimator.architecture is architecture
    behind = replace(member, estimator=make_pipeline(StandardScaler(), LALClassifier()))
    changed = behind.with_parameters({"lalclassifier__architecture__n_hidden": 5})
    assert changed.estimator[-1].architecture.n_hidden == 5


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"depth": 1}, "settings name depth, which lal does not have: its parameters "
         "are architecture, "),
        ({"depth__n": 1}, "settings name depth__n, which lal does not have"),
        ({"architecture__depth": 1}, r"settings {'architecture__depth': 1} cannot be "
         r"set for lal: architecture__depth cannot be set: FullCommittee has no such "
         r"parameter; choose from \['architecture__n_hidden'\]"),
        ({"architecture": "ful", "architecture__n_hidden": 3},
         "cannot be set for lal: unknown architecture 'ful'. Did you mean 'full'"),
        ({"eta__n": 1}, "settings {'eta__n': 1} cannot be set for lal: "),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_set_are_explained(parameters, message):
    member = Contestant("lal", LALClassifier(architecture="full"))
    with pytest.raises(ValueError, match=message):
        member.with_parameters(parameters)


def test_every_random_state_is_seeded():
    contestant = Contestant("forest", RandomForestClassifier()).standardised()
    seeded = contestant.seeded(5)
    assert seeded[-1].random_state == 5
    assert contestant.estimator[-1].random_state is None


@pytest.mark.parametrize("problem", ["dress_coat", None])
@pytest.mark.parametrize("quick", [False, True])
def test_default_names_are_known(problem, quick):
    names = default_names(problem, quick)
    assert set(names) <= set(known_names(problem))
    assert len(find_contestants(names, problem)) == len(names)


def test_quick_on_own_data_has_elal():
    assert "elal" in default_names(None, quick=True)


def test_fbp_looks_for_the_noise_of_own_data():
    """No machine explains all labels of most tables."""
    for quick in (True, False):
        assert "fbp" in default_names(None, quick)
    (contestant,) = find_contestants(["fbp"], None)
    assert contestant.estimator.label_noise == "auto"
    assert contestant.family == "committee"


@pytest.mark.parametrize(
    ("name", "problem", "guess"),
    [
        ("Elal", "dress_coat", "eLAL"),
        ("cesgd-fst", "dress_coat", "ceSGD-fast"),
        ("randomforest", None, "RandomForestClassifier"),
    ],
)
def test_unknown_name_suggests_one(name, problem, guess):
    with pytest.raises(ValueError, match=f"Did you mean .*{guess}"):
        find_contestants([name], problem)


def test_unknown_name_lists_what_is_known():
    with pytest.raises(ValueError, match=r"Known for this data: .*lal.*MLPClassifier"):
        find_contestants(["xyzzy"], None)


@pytest.mark.parametrize(
    ("name", "problem", "meaning"),
    [
        ("LAL", "dress_coat", "the published settings"),
        ("SVC", "dress_coat", "scikit-learn's classifier"),
        ("SVC", None, "scikit-learn's classifier"),
    ],
)
def test_a_plugin_with_a_taken_name_is_not_passed_over_in_silence(
    name, problem, meaning, monkeypatch
):
    entries = plugins.available("algorithms")
    plugin = replace(entries[0], name=name, distribution="my-dist", builtin=False)
    monkeypatch.setattr(plugins, "available", lambda group: (*entries, plugin))
    message = f"'{name}' means {meaning} here; .* is 'my-dist:{name}'"
    with pytest.warns(UserWarning, match=message):
        find_contestants([name], problem)
    assert f"my-dist:{name}" in known_names(problem)
    assert known_names(problem).count(name) == 1


def test_a_plugin_is_found_by_its_name_where_nothing_else_has_it(monkeypatch):
    """The published settings of LAL do not hold for own data."""
    entries = plugins.available("algorithms")
    lal = next(entry for entry in entries if entry.name == "lal")
    plugin = replace(lal, name="LAL", distribution="my-dist", builtin=False)
    monkeypatch.setattr(plugins, "available", lambda group: (*entries, plugin))
    assert "LAL" in known_names(None)
    (contestant,) = find_contestants(["LAL"], None)
    assert contestant.version.startswith("my-dist")
