"""Tables of people in a comparison: columns of every kind, classes, weights."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from skwfm import CeSGDClassifier, LALClassifier
from skwfm.experiments import Contestant, Source, compare, read_source
from skwfm.experiments.data import preparation as preparing
from skwfm.experiments.data.preparation import preparation, prepared
from skwfm.experiments.report.page import render
from skwfm.experiments.study.classes import total_curve
from skwfm.experiments.study.runs import run_key
from skwfm.landscape import local_entropy

LINEAR = Contestant("linear", LogisticRegression())


@pytest.fixture
def frame():
    """Three classes that differ in the size and in the colour."""
    rng = np.random.default_rng(0)
    n = 150
    kind = rng.choice(["cat", "dog", "hen"], n)
    size = rng.standard_normal(n) + 2 * (kind == "dog")
    colour = np.where(rng.random(n) < 0.8, np.where(kind == "hen", "red", "grey"), None)
    return pd.DataFrame(
        {
            "size": np.where(rng.random(n) < 0.1, np.nan, size),
            "colour": colour,
            "seen": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(n) % 9, "D"),
            "weight": 0.5 + rng.random(n),
            "kind": kind,
        }
    )


def test_scores_are_those_of_the_prepared_columns(frame):
    (run,) = compare(
        frame.drop(columns="weight"), [LINEAR], n_seeds=1, seed=4, n_jobs=1
    ).runs
    X_train, y_train, X_test, y_test = read_source(frame.drop(columns="weight")).split(
        4
    )
    scaler = StandardScaler()
    maker = preparation(4).fit(X_train)
    train = scaler.fit_transform(np.asarray(maker.transform(X_train), dtype=float))
    test = scaler.transform(np.asarray(maker.transform(X_test), dtype=float))
    predicted = LogisticRegression().fit(train, y_train).predict(test)
    assert run.balanced_accuracy == balanced_accuracy_score(y_test, predicted)
    assert run.balanced_accuracy > 0.55  # a constant answer: a third


def test_nothing_is_learned_on_test_rows(frame):
    source = read_source(frame.drop(columns="weight"))
    first = prepared(source, 0).source.split(0)
    spoiled = frame.copy()
    rows = source.split(0).X_test.index - 1
    spoiled.loc[rows, "size"], spoiled.loc[rows, "colour"] = 1e6, "violet"
    spoiled = read_source(spoiled.drop(columns="weight"))
    second = prepared(spoiled, 0).source.split(0)
    np.testing.assert_array_equal(second.X_train, first.X_train)
    assert second.X_test.shape == first.X_test.shape
    assert not np.array_equal(second.X_test, first.X_test)


def test_missing_numbers_are_medians_with_an_indicator(frame):
    source = read_source(frame[["size", "kind"]])
    split = prepared(source, 0).source.split(0)
    given = source.split(0).X_train["size"].to_numpy()
    missing = np.isnan(given)
    np.testing.assert_array_equal(split.X_train[:, 1], missing)
    # Counted from one of them, in units of a power of two.
    filled = np.where(missing, np.nanmedian(given), given)
    unit = np.ptp(filled) / np.ptp(split.X_train[:, 0])
    assert np.log2(unit) == pytest.approx(np.round(np.log2(unit)), abs=1e-12)
    np.testing.assert_allclose(np.diff(split.X_train[:, 0]) * unit, np.diff(filled))


def test_key_changes_with_the_preparation_and_the_cells(frame, monkeypatch):
    def key(frame=frame, **how):
        return run_key(LINEAR, read_source(frame, **how), 0)

    changed = frame.copy()
    changed.loc[7, "colour"] = "blue"
    renamed = frame.rename(columns={"colour": "color"})
    weighted = key(weight_column="weight")
    keys = [key(), weighted, key(changed), key(renamed), key(test_size=0.5)]
    monkeypatch.setattr(preparing, "version", lambda name: "0.0")
    keys.append(key())
    monkeypatch.undo()
    made = preparing.preparation
    monkeypatch.setattr(
        preparing,
        "preparation",
        lambda: made().set_params(tablenumbers__vectorizer__cardinality_threshold=3),
    )
    keys.append(key())
    assert len(set(keys)) == len(keys)
    monkeypatch.undo()
    assert key() == key(frame.copy()) == keys[0]


def test_equal_frames_are_equal_whatever_their_memory(frame):
    """Strings of their own, and blocks of pandas that lie elsewhere."""
    again = pd.DataFrame({name: list(frame[name]) for name in frame})
    again["seen"] = again["seen"].astype(frame["seen"].dtype)
    assert read_source(again).digest == read_source(frame).digest


def test_results_do_not_depend_on_n_jobs(frame, tmp_path):
    members = [LINEAR, LALClassifier(max_iter=5)]
    two_classes = frame[frame["kind"] != "hen"]
    runs = [
        compare(
            two_classes, members, measures=["noise_robustness"], n_seeds=2,
            n_jobs=n_jobs,
        ).runs
        for n_jobs in (1, 2)
    ]  # fmt: skip
    one, two = ([{**run.row(), "seconds": None} for run in each] for each in runs)
    assert one == two
    assert all(run.status == "ok" for run in runs[0])


def test_page_and_table_say_what_was_made_of_the_columns(frame, tmp_path):
    result = compare(frame, [LINEAR], weight_column="weight", n_seeds=2, n_jobs=1)
    page = render(result, {}).replace("\u00a0", " ")
    assert "tell cat, dog and hen apart from 112 examples" in page
    made = "columns: 1 of numbers, 1 of categories, 1 of dates; inputs made of them: 9"
    assert made in page
    assert "only 33.3 % balanced accuracy" in page
    assert "Column weight says how much each example counts" in page
    assert "means over the machines of the 3 classes" in page
    json.dumps(result.to_dict(), allow_nan=False)
    assert result.write(tmp_path)


def test_weights_count_in_training_and_in_scores():
    """A table with weights is the table with copies of its rows."""
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((40, 3)), np.tile([0, 1], 20)
    X += y[:, None]
    weights = rng.integers(1, 4, 40).astype(float)
    times = weights.astype(int)
    weighted = Source("w", X, y, X, y, weights=weights, weights_test=weights)
    copies = np.repeat(X, times, axis=0), np.repeat(y, times)
    copied = Source("c", *copies, *copies)
    # Unstandardised: the scaler counts rows.
    members = [LogisticRegression(tol=1e-10)]
    runs = []
    for source in (weighted, copied):
        object.__setattr__(source, "problem", "no scaler")
        runs += compare(source, members, measures=(), n_seeds=1, n_jobs=1).runs
    assert runs[0].test_accuracy == pytest.approx(runs[1].test_accuracy, abs=1e-12)
    assert runs[0].balanced_accuracy == pytest.approx(
        runs[1].balanced_accuracy, abs=1e-12
    )
    plain = Source("p", X, y, X, y, problem="no scaler")
    (unweighted,) = compare(plain, members, measures=(), n_seeds=1, n_jobs=1).runs
    assert unweighted.test_accuracy != runs[0].test_accuracy


@pytest.mark.parametrize("unit", [1 / 90, 1e-300, 1e-320, 1e307])
def test_the_unit_of_weights_does_not_matter(frame, unit):
    """Regularised classifiers would take tiny weights for few examples."""
    frame["weight"] = np.round(2 * frame["weight"])
    scaled = frame.assign(weight=frame["weight"] * unit)
    members = ["LogisticRegression", LALClassifier(max_iter=5)]
    runs = [
        compare(
            each, members, weight_column="weight", measures=(), n_seeds=1, n_jobs=1
        ).runs
        for each in (frame, scaled)
    ]
    for plain, other in zip(*runs, strict=True):
        assert other.status == "ok", other.reason
        assert other.test_accuracy == pytest.approx(plain.test_accuracy, abs=1e-9)


def test_an_algorithm_without_weights_says_so(frame):
    neighbours = Contestant("neighbours", KNeighborsClassifier())
    result = compare(
        frame, [neighbours], weight_column="weight", measures=(), n_seeds=1, n_jobs=1
    )
    (said,) = result.runs[0].warnings
    assert said.startswith("KNeighborsClassifier takes no weights")


class OnePerClass(ClassifierMixin, BaseEstimator):
    """As a committee classifier of several classes: a machine for each."""

    def __init__(self, max_iter=1000, random_state=None):
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        machine = LALClassifier(
            n_hidden=3, max_iter=self.max_iter, random_state=self.random_state
        )
        parameters = machine.get_params()
        self.machines_ = [
            LALClassifier(**parameters).fit(X, y == label) for label in self.classes_
        ]
        self.coef_ = np.stack([m.coef_ for m in self.machines_])
        self.architecture_ = self.machines_[0].architecture_
        return self

    def predict(self, X):
        votes = [m.decision_function(X) for m in self.machines_]
        return self.classes_[np.argmax(votes, axis=0)]


@pytest.fixture
def three_classes():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 60))
    return Source("three", X, np.tile(["a", "b", "c"], 10))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_measures_are_means_over_the_machines_of_the_classes(three_classes):
    members = [
        Contestant("lal", OnePerClass(), "committee"),
        Contestant("given up", OnePerClass(max_iter=1), "committee"),
    ]
    result = compare(three_classes, members, n_seeds=1, n_jobs=1)
    run, given_up = result.runs
    split = three_classes.split(0)
    model = members[0].standardised().seeded(0).fit(split.X_train, split.y_train)
    X = model[0].transform(split.X_train)
    curves = [
        local_entropy(
            machine, X, split.y_train == label, distances=[0.0125, 0.025, 0.05],
            tol=1e-3,
        ).entropy
        for label, machine in zip(model.classes_, model[-1].machines_, strict=True)
    ]  # fmt: skip
    found = run.measures["local_entropy"]
    np.testing.assert_allclose(found.curve.y, np.mean(curves, axis=0))
    assert run.measures["hessian"].is_complete
    assert run.measures["noise_robustness"].curve.y[0] == 0
    assert len(run.first_unit) == 60
    assert "there are training errors" in given_up.measures["local_entropy"].reason


def test_without_machines_there_is_a_dash_and_a_sentence(three_classes):
    posing = Contestant("posing", LogisticRegression(), "committee")
    result = compare(three_classes, [posing], n_seeds=1, n_jobs=1)
    found = result.runs[0].measures["local_entropy"]
    assert set(found.values.values()) == {None}
    assert "needs two classes, or machines_" in found.reason


def test_landscapes_of_machines_with_errors_are_measured_when_asked_for(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 5))
    y = (X[:, 0] > 0) ^ (rng.random(60) < 0.2)
    source = Source("noisy", X, y)
    members = [LALClassifier(n_hidden=1, max_iter=20)]
    study = {"n_seeds": 1, "n_jobs": 1, "cache": tmp_path}
    first = compare(source, members, **study).runs[0].measures
    assert first["local_entropy"].values["local_entropy_d0.05"] is None
    asked = compare(source, members, measures=["local_entropy"], **study)
    again = asked.runs[0]
    assert again.n_train_errors > 0
    assert again.measures["local_entropy"].values["local_entropy_d0.05"] < 0
    both = ["local_entropy", "hessian", "noise_robustness"]
    asked = compare(source, members, measures=both, **study).runs[0].measures
    assert asked["local_entropy"] == again.measures["local_entropy"]
    assert "training errors" in asked["hessian"].reason


def test_an_error_of_the_preparation_is_a_failed_run(frame, monkeypatch):
    from skwfm.experiments.data.preparation import prepared as working

    def broken(source, seed):
        if source.is_table and seed == 1:
            raise ArithmeticError("no numbers to be had")
        return working(source, seed)

    for module in ("compare", "study.runs"):
        name = f"skwfm.experiments.{module}"
        monkeypatch.setattr(sys.modules[name], "prepared", broken)
    result = compare(frame, [LINEAR], measures=(), n_seeds=2, n_jobs=1)
    assert [run.status for run in result.runs] == ["ok", "failed"]
    assert "no numbers to be had" in result.runs[1].reason


def test_learning_curves_of_classes_are_summed():
    """A machine that has ended keeps its last value."""
    assert total_curve([3.0, 1.0]) == [3.0, 1.0]
    assert total_curve([[3, 1], [5], [2, 2, 0]]).tolist() == [10, 8, 6]
    assert len(total_curve([])) == len(total_curve([[], []])) == 0


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_classifiers_of_skwfm_learn_classes_and_weights(frame):
    """Scored, drawn and measured as for two classes."""
    members = [LALClassifier(max_iter=20), CeSGDClassifier(max_iter=20)]
    measures = ["noise_robustness", "hessian"]
    result = compare(
        frame, members, weight_column="weight", measures=measures, n_seeds=1, n_jobs=1
    )
    for run in result.runs:
        assert run.status == "ok"
        assert run.balanced_accuracy > 0.4  # a constant answer: a third
        assert not [said for said in run.warnings if "takes no weights" in said]
        assert len(run.first_unit) == 9
        assert run.measures["noise_robustness"].is_complete
    assert result.figures()
