"""Failed runs are told of, with the place in the code; dead workers, what is kept."""

import json
import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression

from skwfm.cli import main
from skwfm.experiments import Contestant, Study, compare, random_patterns
from skwfm.experiments.paper.plan import Plan
from skwfm.landscape import Measure


class Guest(ClassifierMixin, BaseEstimator):
    """Answers the first class; `fails` on seeds from this on, by `how`."""

    def __init__(self, fails=0, how="raise", random_state=None):
        self.fails = fails
        self.how = how
        self.random_state = random_state

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        if self.random_state >= self.fails:
            self._fail(len(y))
        return self

    def _fail(self, n):
        if self.how == "scikit-learn":
            LogisticRegression(C=-1).fit(np.eye(2), [0, 1])
        if self.how == "deep":
            return self._fail(n + 1)
        raise ArithmeticError(f"{n} patterns are too many")

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


LINEAR = Contestant("linear", LogisticRegression())
DATA = random_patterns(9, 5)


def failed_run(how):
    study = Study([Guest(how=how)], DATA, n_seeds=1)
    with pytest.warns(FitFailedWarning) as caught:
        (run,) = study.run(n_jobs=1).runs
    assert len(caught) == 1
    return run, str(caught[0].message)


def test_failed_runs_are_warned_of_once():
    """All of them could fail without a word."""
    study = Study([Guest(fails=1), LINEAR, Contestant("b", Guest())], DATA, n_seeds=3)
    with pytest.warns(FitFailedWarning) as caught:
        result = study.run(n_jobs=1)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    message = str(caught[0].message)
    assert message.startswith("5 of 9 runs failed (3 of b, 2 of Guest).")
    assert "on seed 0: ArithmeticError: 9 patterns are too many (test_fail" in message
    assert "print(result.failed[0].traceback)" in message
    assert len(result.failed) == 5


def test_compare_warns_as_well(source):
    with pytest.warns(FitFailedWarning, match="1 of 2 runs failed") as caught:
        result = compare(source, [Guest(), LINEAR], measures=(), n_seeds=1, n_jobs=1)
    assert len(caught) == 1
    assert "_fail" in result.failed[0].traceback


def test_nothing_is_said_of_runs_that_succeed(recwarn):
    assert not Study([LINEAR], DATA, n_seeds=2).run(n_jobs=1).failed
    assert not recwarn.list


def test_a_failed_run_names_the_place_and_keeps_the_calls():
    run, _ = failed_run("raise")
    line = Guest._fail.__code__.co_firstlineno + 5
    place = f"(test_failures.py:{line} in _fail)"
    assert run.reason == f"ArithmeticError: 9 patterns are too many {place}"
    assert f'test_failures.py", line {line}, in _fail' in run.traceback
    assert run.traceback.endswith("ArithmeticError: 9 patterns are too many\n")


def test_the_place_is_that_of_other_code():
    """Not the line of scikit-learn that refuses what it is given."""
    run, _ = failed_run("scikit-learn")
    assert run.reason.endswith("in _fail)")
    assert "_param_validation.py" in run.traceback
    broken = Contestant("broken", LogisticRegression(C=-1))
    with pytest.warns(FitFailedWarning):
        (run,) = Study([broken], DATA, n_seeds=1).run(n_jobs=1).runs
    assert run.reason.endswith("Got -1 instead.")  # nobody else's line


def test_calls_to_no_end_are_cut():
    run, _ = failed_run("deep")
    assert run.reason.startswith("RecursionError")
    assert len(run.traceback) < 5000


def test_records_of_runs_are_as_before(tmp_path, source):
    """Failed ones have none, and the others no calls: old records are good."""
    study = Study([LINEAR, Guest()], DATA, n_seeds=1)
    with pytest.warns(FitFailedWarning):
        first = study.run(tmp_path, n_jobs=1)
    (path,) = tmp_path.iterdir()
    assert "traceback" not in json.loads(path.read_text())
    with pytest.warns(FitFailedWarning):
        again = study.run(tmp_path, n_jobs=1)
    assert again.n_reused == 1
    assert again.runs == first.runs


class Broken(Measure):
    """Cannot be taken."""

    name, columns, needs = "broken", ("broken",), "classifier"

    def __call__(self, model, X, y, random_state=None):
        raise KeyError("gone")

    def values(self, result):
        return [result]


def test_a_failed_measure_names_the_place_and_keeps_the_calls(tmp_path):
    """Also when the run is taken from the folder."""
    study = Study([LINEAR], DATA, measures=[Broken()], n_seeds=1)
    for n_reused in (0, 1):
        with pytest.warns(UserWarning, match="gone"):
            result = study.run(tmp_path, n_jobs=1)
        found = result.runs[0].measures["broken"]
        assert result.n_reused == n_reused
        assert found.reason.startswith("KeyError: 'gone' (test_failures.py:")
        assert "in __call__" in found.traceback


def test_the_command_says_it_once(tmp_path, capsys, monkeypatch):
    """By its own lines, without a warning that speaks of Python."""

    def broken(self, X, y, sample_weight=None):
        raise RuntimeError("out of magic")

    monkeypatch.setattr(LogisticRegression, "fit", broken)
    table = tmp_path / "own.csv"
    rows = [f"{x * 7 % 41},{x % 2}" for x in range(40)]
    table.write_text("\n".join(["x,kind", *rows]))
    command = ["compare", "--data", table, "--out", tmp_path / "out", "--n-jobs", 1]
    command += ["--seeds", 2, "--measures", "--algorithms", "LogisticRegression"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert main(list(map(str, command))) == 1
    assert not [str(w.message) for w in caught]
    messages = capsys.readouterr().err
    assert messages.count("out of magic") == 1
    place = f"(test_failures.py:{broken.__code__.co_firstlineno + 1} in broken)"
    assert f"failed (2 runs): RuntimeError: out of magic {place}" in messages


DYING = """
    import os, sys, time, traceback
    from pathlib import Path
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin
    from skwfm.experiments import Study, random_patterns

    class Guest(ClassifierMixin, BaseEstimator):
        def __init__(self, folder=None, random_state=None):
            self.folder = folder
            self.random_state = random_state
        def fit(self, X, y):
            if self.random_state == 3:
                until = time.monotonic() + 60
                while self.others_run() and time.monotonic() < until:
                    time.sleep(0.1)
                os._exit(3)
            self.classes_ = np.unique(y)
            return self
        def others_run(self):
            return self.folder and len(list(Path(self.folder).glob("*.json"))) < 3
        def predict(self, X):
            return np.full(len(X), self.classes_[0])

    folder = sys.argv[1] if len(sys.argv) > 1 else None
    study = Study([Guest(folder)], random_patterns(9, 5), n_seeds=4)
    try:
        study.run(folder, n_jobs=2)
    except Exception as error:
        print("".join(traceback.format_exception_only(error)))
"""


def told_by_dying(tmp_path, *arguments):
    script = tmp_path / "study.py"
    script.write_text(textwrap.dedent(DYING))
    command = [sys.executable, script, *arguments]
    return subprocess.check_output(command, text=True, timeout=100)


def test_a_worker_that_dies_leaves_word_of_what_is_kept(tmp_path):
    folder = tmp_path / "runs"
    told = told_by_dying(tmp_path, folder)
    assert "TerminatedWorkerError" in told
    assert f"3 of 4 runs were finished and are kept in {folder}: start again" in told
    data = "9 random patterns of 5 inputs"
    assert f"probably: Guest (given by the caller) on {data}, seed 3. With" in told
    assert len(list(folder.glob("*.json"))) == 3


def test_without_a_folder_it_is_said_that_runs_are_lost(tmp_path):
    assert "of 4 runs were finished and are lost: give a" in told_by_dying(tmp_path)


def test_any_error_of_a_task_says_what_is_kept(tmp_path):
    """The functions of the paper's experiments raise their own."""
    arguments = [{"base": 10}, {"base": 2.5}]
    with pytest.raises(TypeError) as caught:
        Plan(tmp_path, n_jobs=1).map("numbers", as_number, arguments)
    (note,) = caught.value.__notes__
    assert note.startswith(f"1 of 2 runs were finished and are kept in {tmp_path}")


def as_number(base):
    return {"found": int("11", base)}
