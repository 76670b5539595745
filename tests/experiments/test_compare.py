"""The study: equal splits, honest averages, independence of n_jobs, failures."""

import csv
import json

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm.experiments import Contestant, Source, compare


def without_times(comparison):
    return [{**run.row(), "seconds": None} for run in comparison.runs]


def test_scores_are_those_of_scikit_learn(source, cheap):
    run = compare(source, cheap, n_seeds=1, seed=7, n_jobs=1).runs[1]
    X_train, y_train, X_test, y_test = source.split(7)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X_train, y_train)
    assert run.algorithm == "linear"
    assert run.test_accuracy == model.score(X_test, y_test)
    predicted = model.predict(X_test)
    assert run.balanced_accuracy == balanced_accuracy_score(y_test, predicted)
    assert run.n_train_errors == sum(model.predict(X_train) != y_train)
    assert (run.n_train, run.n_test) == (len(y_train), len(y_test)) == (90, 30)


def test_splits_are_stratified_and_differ_between_seeds(source):
    splits = [source.split(seed) for seed in (0, 1, 0)]
    for split in splits:
        assert np.mean(split.y_test == "yes") == pytest.approx(1 / 3)
    assert np.array_equal(splits[0].X_test, splits[2].X_test)
    assert not np.array_equal(splits[0].X_test, splits[1].X_test)


def test_balanced_subset_of_a_fixed_test_problem(source):
    fixed = Source("fixed", source.X, source.y, source.X, source.y, n_per_class=15)
    first, second = fixed.split(0), fixed.split(1)
    for split in (first, second):
        assert len(split.X_train) == len(np.unique(split.X_train, axis=0)) == 30
        assert (split.y_train == "yes").sum() == 15
        assert len(split.X_test) == 120
    assert not np.array_equal(first.X_train, second.X_train)


def test_csv_reproduces_the_summary(source, cheap, tmp_path):
    result = compare(source, cheap, n_seeds=4, n_jobs=1)
    result.to_csv(tmp_path / "runs.csv")
    with open(tmp_path / "runs.csv", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 8
    scores = {
        name: np.array(
            [float(r["balanced_accuracy"]) for r in rows if r["algorithm"] == name]
        )
        for name in ("tree", "linear")
    }
    for entry in result.summary():
        mine = scores[entry["algorithm"]]
        estimate = entry["balanced_accuracy"]
        assert estimate["mean"] == pytest.approx(mine.mean())
        assert estimate["standard_error"] == pytest.approx(mine.std(ddof=1) / 2)
    gain = {e["algorithm"]: e["balanced_accuracy_gain"] for e in result.summary()}
    difference = scores["linear"] - scores["tree"]
    assert result.reference == "tree"
    assert gain["linear"]["mean"] == pytest.approx(difference.mean())
    assert gain["linear"]["standard_error"] == pytest.approx(difference.std(ddof=1) / 2)
    assert gain["tree"]["mean"] is None


def test_json_agrees_with_csv_and_holds_what_it_ran_on(source, cheap, tmp_path):
    result = compare(source, cheap, n_seeds=2, n_jobs=1)
    result.to_json(tmp_path / "summary.json")
    result.to_csv(tmp_path / "runs.csv")
    document = json.loads((tmp_path / "summary.json").read_text())
    with open(tmp_path / "runs.csv", newline="") as lines:
        for row, run in zip(csv.DictReader(lines), document["runs"], strict=True):
            texts = {k: "" if v is None else str(v) for k, v in run.items()}
            assert row == texts
    assert document["settings"]["seeds"] == [0, 1]
    assert document["settings"]["test_counts"] == {"no": 20, "yes": 10}
    assert document["settings"]["constant_accuracy"] == pytest.approx(2 / 3)
    assert {"python", "skwfm", "scikit-learn", "numpy"} <= set(document["versions"])
    assert document["cpu"]["model"]


def test_table_is_ordered_by_balanced_accuracy(source, cheap):
    dummy = Contestant("constant", DummyClassifier())
    summary = compare(source, [dummy, *cheap], n_seeds=2, n_jobs=1).summary()
    scores = [entry["balanced_accuracy"]["mean"] for entry in summary]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == 0.5


def test_results_do_not_depend_on_n_jobs(source, cheap):
    one = compare(source, cheap, n_seeds=3, n_jobs=1)
    two = compare(source, cheap, n_seeds=3, n_jobs=2)
    assert without_times(one) == without_times(two)
    # The stochastic contestant shows that the seeds do their work.
    assert len({run.test_accuracy for run in one.runs}) > 2


def test_failure_in_a_worker(source, cheap):
    broken = Contestant("broken", LogisticRegression(C=-1))
    result = compare(source, [broken, *cheap], n_seeds=1, n_jobs=2)
    assert [run.status for run in result.runs] == ["failed", "ok", "ok"]
    assert "C" in result.runs[0].reason


def test_progress_reports_every_run(source, cheap, tmp_path):
    seen = []
    kwargs = {"n_seeds": 2, "n_jobs": 1, "cache": tmp_path}
    compare(source, cheap, progress=lambda *step: seen.append(step[:2]), **kwargs)
    assert seen == [(n, 4) for n in range(5)]
    seen.clear()
    compare(source, cheap, progress=lambda *step: seen.append(step[:2]), **kwargs)
    assert seen == [(4, 4)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_seeds": 0}, "n_seeds must be at least 1; got 0"),
        ({"seed": -1}, "seed must lie in .* got -1"),
        ({"n_jobs": 0}, "n_jobs must not be 0"),
        ({"algorithms": []}, "algorithms is empty"),
        ({"algorithms": ["SVC", "SVC"]}, "SVC more than once"),
        ({"algorithms": ["LogisticRegresion"]}, "mean 'LogisticRegression'"),
        ({"algorithms": ["LAL"]}, "'lal'.*data of the paper only"),
    ],
)
def test_bad_arguments(source, arguments, message):
    with pytest.raises(ValueError, match=message):
        compare(source, **{"algorithms": ["SVC"], **arguments})


def test_a_name_in_place_of_the_source_is_explained():
    with pytest.raises(TypeError, match=r"must be a Source.*'eLAL'.*algorithms="):
        compare("eLAL")


def test_warnings_are_recorded(source, recwarn):
    lazy = Contestant("lazy", LogisticRegression(max_iter=1))
    result = compare(source, [lazy], n_seeds=1, n_jobs=1)
    assert "failed to converge" in result.runs[0].warnings[0]
    assert result.summary()[0]["n_with_warnings"] == 1
    assert not recwarn.list


@pytest.mark.slow
def test_wide_minima_beat_the_first_solution_found_on_dress_and_coat():
    names = ["LAL", "eLAL", "ceSGD-slow"]
    result = compare(algorithms=names, n_seeds=10, n_measured=0)
    gains = {e["algorithm"]: e["test_accuracy_gain"] for e in result.summary()}
    for name in ("eLAL", "ceSGD-slow"):
        assert gains[name]["mean"] - 2 * gains[name]["standard_error"] > 0.05


@pytest.mark.slow
def test_skwfm_algorithms_do_not_depend_on_n_jobs():
    names = ["eLAL", "ceSGD-fast", "MLPClassifier", "SVC"]
    one = compare(algorithms=names, n_seeds=2, n_measured=1, n_jobs=1)
    two = compare(algorithms=names, n_seeds=2, n_measured=1, n_jobs=2)
    assert without_times(one) == without_times(two)
    assert [r.curve for r in one.runs] == [r.curve for r in two.runs]
    assert [r.first_unit for r in one.runs] == [r.first_unit for r in two.runs]
