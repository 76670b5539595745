"""Finished runs are kept and reused; failed and interrupted ones are not."""

import importlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import FitFailedWarning
from sklearn.naive_bayes import GaussianNB

from skwfm._entry_points import Plugin
from skwfm.experiments import Contestant, Source, Study, compare
from skwfm.experiments.study import measures
from skwfm.experiments.study.execution import finish
from skwfm.experiments.study.provenance import source_hash
from skwfm.experiments.study.runs import RunTask, run_key
from skwfm.experiments.study.storage import RunStore
from skwfm.landscape.measures import LocalEntropy, NoiseRobustness

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
                FITS.append("interrupted")
        self.status_ = "interrupted" if self.action == "status" else "converged"
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.fixture(autouse=True)
def _forget_fits():
    FITS.clear()


def counting(action=None):
    return Contestant(f"counting {action}", Counting(action))


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
        # No random state of its own: the seed still chooses the split.
        key(Contestant("counting None", GaussianNB())),
        key(Contestant("counting None", GaussianNB()), seed=1),
    ]
    monkeypatch.setattr("skwfm.experiments.study.runs.__version__", "0.0.0")
    keys.append(key())
    assert len(set(keys)) == len(keys)
    assert key() == keys[-1]


def test_key_knows_what_is_measured(source, monkeypatch):
    """Measures, their parameters and the versions of their packages."""
    kinds = [], [LocalEntropy()], [LocalEntropy(tol=1e-5)], [NoiseRobustness()]
    keys = [run_key(counting(), source, 0, measures) for measures in kinds]
    keys.append(run_key(counting(), source, 0, [LocalEntropy(), NoiseRobustness()]))
    assert len(set(keys)) == len(keys)
    assert run_key(counting(), source, 0, [LocalEntropy()]) == keys[1]
    other = Plugin("local_entropy", "skwfm", "0.0", "", "measures")
    monkeypatch.setattr(measures, "registered", lambda *names: other)
    assert run_key(counting(), source, 0, [LocalEntropy()]) not in keys


def test_key_changes_with_the_code_of_an_editable_plugin(source, tmp_path, monkeypatch):
    """Also with another file of its package, under an unchanged version."""
    package = tmp_path / "edited_plugin"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from sklearn.dummy import DummyClassifier\n"
        "class Edited(DummyClassifier):\n    pass\n"
    )
    inner = package / "inner.py"
    inner.write_text("RATE = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    edited = importlib.import_module("edited_plugin")

    def key():
        return run_key(Contestant("edited", edited.Edited()), source, 0)

    before = key()
    assert key() == before
    inner.write_text("RATE = 22\n")
    assert key() != before
    assert source_hash(GaussianNB(), LocalEntropy()) == ""


def test_only_committee_machines_are_measured_or_not():
    """A standard method has nothing to measure on any seed, so nothing to repeat.

    Of a class of others only the fitted model tells what it is.
    """
    chosen = [LocalEntropy(), NoiseRobustness()]
    members = [
        Contestant("counting", Counting(), "committee"),
        counting(),
        Contestant("counting for reference", Counting(), "standard"),
        Contestant("bayes", GaussianNB()),
    ]
    data = Source("line", np.arange(20.0).reshape(10, 2), np.tile([0, 1], 5))
    study = Study(members, data, measures=chosen, n_seeds=2, n_measured=1)
    asked = [[t.measures for t in study.tasks(seed)] for seed in study.seeds]
    assert asked == [4 * [chosen], 2 * [chosen[1:]] + 2 * [chosen]]


def test_damaged_record_is_repeated_with_a_warning(source, tmp_path):
    compare(source, [counting()], n_seeds=1, n_jobs=1, cache=tmp_path)
    (record,) = tmp_path.iterdir()
    record.write_text("{")
    with pytest.warns(UserWarning, match="cannot be read"):
        compare(source, [counting()], n_seeds=1, n_jobs=1, cache=tmp_path)
    assert len(FITS) == 2
    assert json.loads(record.read_text())["algorithm"] == "counting None"


@pytest.mark.parametrize(
    "damage",
    [
        [],
        {},
        {"status": "failed"},
        {"test_accuracy": float("nan")},
        {"balanced_accuracy": 1.5},
        {"seconds": float("inf")},
        {"n_test": "ten"},
        {"measures": []},
    ],
)
def test_valid_json_of_a_wrong_record_is_not_believed(source, damage, tmp_path):
    study = {"n_seeds": 1, "n_jobs": 1, "cache": tmp_path}
    first = compare(source, [counting()], **study).runs
    (path,) = tmp_path.iterdir()
    if damage:
        damage = json.loads(path.read_text()) | damage
    path.write_text(json.dumps(damage))
    with pytest.warns(UserWarning, match="the run is repeated"):
        again = compare(source, [counting()], **study)
    assert (again.n_reused, len(FITS)) == (0, 2)
    assert again.runs[0].test_accuracy == first[0].test_accuracy


def test_failure_is_a_row_and_is_tried_again(source, cheap, tmp_path):
    def study():
        members = [*cheap, counting("fail")]
        with pytest.warns(FitFailedWarning, match="2 of 6 runs failed"):
            return compare(source, members, n_seeds=2, n_jobs=1, cache=tmp_path)

    result = study()
    last = result.summary()[-1]
    assert last["algorithm"] == "counting fail"
    assert (last["n_failed"], last["n_runs"]) == (2, 2)
    (reason,) = last["reasons"]
    assert reason.startswith("ArithmeticError: two and two\nis five (test_resuming.py:")
    assert len(result.failed) == 2
    assert all(run.status == "ok" for run in result.runs if run.algorithm == "linear")
    again = study()
    assert (again.n_reused, len(FITS)) == (4, 4)


@pytest.mark.parametrize("action", ["swallow", "status"])
def test_interrupted_fit_is_not_a_result(source, action, tmp_path):
    """MLPClassifier and skwfm's classifiers return from fit on Ctrl-C."""
    good, bad = counting(), counting(action)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        compare(source, [good, bad], n_seeds=1, n_jobs=1, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    result = compare(source, [good], n_seeds=1, n_jobs=1, cache=tmp_path)
    assert (result.n_reused, FITS.count(0)) == (1, 2)
    assert signal.getsignal(signal.SIGINT) is handler


def test_worker_leaves_ctrl_c_to_the_study(source, tmp_path):
    """Else a swallowed Ctrl-C in a worker would pass for a finished run."""
    task = RunTask(counting("swallow"), source, 0)
    try:
        run = finish(task, task.key(), RunStore(tmp_path), study_pid=-1)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    assert FITS == [0]
    assert run.status == "ok"


SLOW_STUDY = """
    import os, sys, time
    from pathlib import Path
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin
    from skwfm.experiments import Contestant, Source, compare

    class Sleeper(ClassifierMixin, BaseEstimator):
        def __init__(self, seconds=0, random_state=None):
            self.seconds = seconds
            self.random_state = random_state
        def fit(self, X, y):
            Path(f"{sys.argv[2]}-{os.getpid()}").touch()  # a worker has begun
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


def wait_for_workers(study, folder, n_workers):
    """One that still imports its modules does not yet leave Ctrl-C to the study."""
    while len(list(folder.glob("cache-*"))) < n_workers:
        assert study.poll() is None
        time.sleep(0.05)


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
    wait_for_workers(study, tmp_path, int(n_jobs))
    # A terminal sends Ctrl-C to the workers as well.
    os.killpg(study.pid, signal.SIGINT)
    _, errors = study.communicate(timeout=30)
    assert study.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1  # that of the script itself
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_killed_study_leaves_no_workers(tmp_path):
    """They hold its pipe, which ends only when the last of them has ended."""
    script = tmp_path / "study.py"
    script.write_text(textwrap.dedent(SLOW_STUDY))
    study = subprocess.Popen(
        [sys.executable, script, "2", tmp_path / "cache"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while study.stdout.readline() != "1\n":
        assert study.poll() is None
    wait_for_workers(study, tmp_path, 2)
    study.kill()
    study.communicate(timeout=20)  # a sleeper takes 60 s


LATE_WORKER = """
    import multiprocessing, os, sys, time
    from pathlib import Path
    import numpy as np
    from sklearn.naive_bayes import GaussianNB
    from skwfm.experiments import Contestant, Source
    from skwfm.experiments.study.execution import finish
    from skwfm.experiments.study.runs import RunTask
    from skwfm.experiments.study.storage import RunStore

    def begin_late(study_pid):
        X, y = np.arange(40.0).reshape(20, 2), np.tile([0, 1], 10)
        while os.getppid() == study_pid:
            time.sleep(0.01)
        run = RunTask(Contestant("late", GaussianNB()), Source("line", X, y), 0)
        try:
            finish(run, "key", RunStore(None), study_pid)
        finally:
            Path(sys.argv[1]).touch()

    fork = multiprocessing.get_context("fork")
    fork.Process(target=begin_late, args=[os.getpid()]).start()
    os._exit(0)  # without waiting, as if killed
"""


def test_killed_study_leaves_no_workers_before_their_first_run(tmp_path):
    script, finished = tmp_path / "study.py", tmp_path / "finished"
    script.write_text(textwrap.dedent(LATE_WORKER))
    command = [sys.executable, script, finished]
    # The worker holds the pipe, which ends when it does.
    subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert not finished.exists()


def test_files_have_the_permissions_that_the_umask_leaves(tmp_path, monkeypatch):
    """Without asking for it, which sets it to zero for a moment, in all threads."""
    from skwfm.experiments.study.storage import write_atomically

    before = os.umask(0o027)
    with monkeypatch.context() as patch:
        patch.setattr(os, "umask", None)
        write_atomically(tmp_path / "runs.csv", "new")
    os.umask(before)
    assert (tmp_path / "runs.csv").stat().st_mode & 0o777 == 0o640


def test_nothing_half_written(tmp_path, monkeypatch):
    from skwfm.experiments.study.storage import write_atomically

    target = tmp_path / "runs.csv"
    write_atomically(target, "old")

    def full_disk(*args):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_atomically(target, "new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
