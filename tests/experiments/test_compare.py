"""The study: equal splits, resuming, independence of n_jobs, failures."""

import csv
import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm.experiments import Contestant, Source, compare
from skwfm.experiments.compare import run_key

FITS = []


class Counting(ClassifierMixin, BaseEstimator):
    """Answers the first class; counts fits and can misbehave in them."""

    def __init__(self, action=None, random_state=None):
        self.action = action
        self.random_state = random_state

    def fit(self, X, y):
        FITS.append(self.random_state)
        self.classes_ = np.unique(y)
        if self.action == "fail":
            raise ArithmeticError("two and two\nis five")
        if self.action == "swallow":
            try:
                os.kill(os.getpid(), signal.SIGINT)
                signal.sigtimedwait([], 1)
            except KeyboardInterrupt:
                pass
        self.status_ = "interrupted" if self.action == "status" else "converged"
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.fixture(autouse=True)
def _forget_fits():
    FITS.clear()


def counting(action=None):
    return Contestant(f"counting {action}", Counting(action))


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


def test_more_seeds_reuse_the_runs_of_fewer(source, tmp_path):
    first = compare(source, [counting()], n_seeds=2, n_jobs=1, cache=tmp_path)
    assert FITS == [0, 1]
    second = compare(source, [counting()], n_seeds=3, n_jobs=1, cache=tmp_path)
    assert FITS == [0, 1, 2]
    assert (first.n_reused, second.n_reused) == (0, 2)
    assert second.runs[:2] == first.runs


def test_key_changes_with_everything_a_run_depends_on(source, monkeypatch):
    def key(contestant=None, source=source, seed=0):
        return run_key(contestant or counting(), source, seed)

    keys = [
        key(),
        key(counting("fail")),
        key(Contestant("counting None", Counting(), version="other 2.0")),
        key(source=Source("clouds", source.X + 1e-9, source.y)),
        key(source=Source("clouds", source.X, source.y, test_size=0.5)),
        key(seed=1),
    ]
    monkeypatch.setattr("skwfm.experiments.runs.__version__", "0.0.0")
    keys.append(key())
    assert len(set(keys)) == len(keys)
    assert key() == keys[-1]


def test_damaged_record_is_repeated_with_a_warning(source, tmp_path):
    compare(source, [counting()], n_seeds=1, n_jobs=1, cache=tmp_path)
    (record,) = tmp_path.iterdir()
    record.write_text("{")
    with pytest.warns(UserWarning, match="cannot be read"):
        compare(source, [counting()], n_seeds=1, n_jobs=1, cache=tmp_path)
    assert len(FITS) == 2
    assert json.loads(record.read_text())["algorithm"] == "counting None"


def test_failure_is_a_row_and_is_tried_again(source, cheap, tmp_path):
    def study():
        return compare(
            source, [*cheap, counting("fail")], n_seeds=2, n_jobs=1, cache=tmp_path
        )

    result = study()
    last = result.summary()[-1]
    assert last["algorithm"] == "counting fail"
    assert (last["n_failed"], last["n_runs"]) == (2, 2)
    assert last["reasons"] == ["ArithmeticError: two and two\nis five"]
    assert len(result.failed) == 2
    assert all(run.status == "ok" for run in result.runs if run.algorithm == "linear")
    again = study()
    assert (again.n_reused, len(FITS)) == (4, 4)


def test_failure_in_a_worker(source, cheap):
    broken = Contestant("broken", LogisticRegression(C=-1))
    result = compare(source, [broken, *cheap], n_seeds=1, n_jobs=2)
    assert [run.status for run in result.runs] == ["failed", "ok", "ok"]
    assert "C" in result.runs[0].reason


@pytest.mark.parametrize("action", ["swallow", "status"])
def test_interrupted_fit_is_not_a_result(source, action, tmp_path):
    """MLPClassifier and skwfm's classifiers return from fit on Ctrl-C."""
    good, bad = counting(), counting(action)
    with pytest.raises(KeyboardInterrupt):
        compare(source, [good, bad], n_seeds=1, n_jobs=1, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    result = compare(source, [good], n_seeds=1, n_jobs=1, cache=tmp_path)
    assert (result.n_reused, len(FITS)) == (1, 2)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


SLOW_STUDY = """
    import sys, time
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin
    from skwfm.experiments import Contestant, Source, compare

    class Sleeper(ClassifierMixin, BaseEstimator):
        def __init__(self, seconds=0, random_state=None):
            self.seconds = seconds
            self.random_state = random_state
        def fit(self, X, y):
            try:
                time.sleep(self.seconds if self.random_state else 0)
            except KeyboardInterrupt:
                pass
            self.classes_ = np.unique(y)
            return self
        def predict(self, X):
            return np.full(len(X), self.classes_[0])

    X, y = np.arange(40.0).reshape(20, 2), np.tile([0, 1], 10)
    def say(n_done, n_runs, run):
        print(n_done, flush=True)
    compare(
        Source("line", X, y), [Contestant("sleeper", Sleeper(60))],
        n_seeds=3, n_jobs=int(sys.argv[1]), cache=sys.argv[2], progress=say,
    )
"""


@pytest.mark.parametrize("n_jobs", ["1", "2"])
def test_ctrl_c_keeps_finished_runs_only(n_jobs, tmp_path):
    script = tmp_path / "study.py"
    script.write_text(textwrap.dedent(SLOW_STUDY))
    study = subprocess.Popen(
        [sys.executable, script, n_jobs, tmp_path / "cache"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while study.stdout.readline() != "1\n":
        assert study.poll() is None
    # A terminal sends Ctrl-C to the workers as well.
    os.killpg(study.pid, signal.SIGINT)
    _, errors = study.communicate(timeout=30)
    assert study.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1  # that of the script itself
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_nothing_half_written(tmp_path, monkeypatch):
    from skwfm.experiments.storage import write_atomically

    target = tmp_path / "runs.csv"
    write_atomically(target, "old")

    def full_disk(*args):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_atomically(target, "new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


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
        ({"algorithms": ["LAL"]}, "'lal'.*Dress/Coat images only"),
    ],
)
def test_bad_arguments(source, arguments, message):
    with pytest.raises(ValueError, match=message):
        compare(source, **{"algorithms": ["SVC"], **arguments})


def test_warnings_are_recorded(source, recwarn):
    lazy = Contestant("lazy", LogisticRegression(max_iter=1))
    result = compare(source, [lazy], n_seeds=1, n_jobs=1)
    assert "failed to converge" in result.runs[0].warnings[0]
    assert result.summary()[0]["n_with_warnings"] == 1
    assert not recwarn.list
