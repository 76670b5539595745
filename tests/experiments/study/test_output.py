"""Where tasks print, and where everybody else does while they run."""

import io
import sys
import threading
import time
from contextlib import redirect_stdout

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import BaseEstimator, ClassifierMixin

from skwfm.experiments import Study, random_patterns
from skwfm.experiments.isolation import task_output

SECONDS = 20  # to wait at most for another thread


class Meeting(ClassifierMixin, BaseEstimator):
    """Two runs that overlap; the one of the seed `first` ends first."""

    here, may_end = None, None  # renewed for each test

    def __init__(self, first=0, random_state=None):
        self.first = first
        self.random_state = random_state

    def fit(self, X, y):
        print(f"fitting {self.random_state}")
        self.here.wait(SECONDS)
        if self.random_state != self.first:
            self.may_end.wait(SECONDS)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.fixture
def run(monkeypatch):
    """Run two overlapping runs in threads."""
    monkeypatch.setattr(Meeting, "here", threading.Barrier(2))
    monkeypatch.setattr(Meeting, "may_end", threading.Event())

    def run(first, progress):
        study = Study([Meeting(first)], random_patterns(9, 5), n_seeds=2)
        with parallel_config(backend="threading"):
            return study.run(n_jobs=2, progress=progress)

    return run


@pytest.mark.parametrize("first", [0, 1])
def test_threads_of_a_study_put_standard_output_back(run, first, capsys):
    """The last to leave put back standard error, which it had found."""

    def progress(n_done, n_runs, last):
        print(f"{n_done} of {n_runs}")
        if last is not None:
            Meeting.may_end.set()

    before = sys.stdout
    run(first, progress)
    assert sys.stdout is before
    printed = capsys.readouterr()
    assert printed.out == "0 of 2\n1 of 2\n2 of 2\n"
    assert sorted(printed.err.splitlines()) == ["fitting 0", "fitting 1"]


@pytest.mark.parametrize("first", [0, 1])
def test_standard_output_is_put_back_after_ctrl_c(run, first, capsys):
    def progress(n_done, n_runs, last):
        if last is not None:
            raise KeyboardInterrupt

    before = sys.stdout
    with pytest.raises(KeyboardInterrupt):
        run(first, progress)
    print("while a thread is still at it")
    Meeting.may_end.set()
    until = time.monotonic() + SECONDS
    while sys.stdout is not before and time.monotonic() < until:
        time.sleep(0.01)
    assert sys.stdout is before
    assert capsys.readouterr().out == "while a thread is still at it\n"


def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join(SECONDS)


def test_threads_of_a_task_are_told_from_those_that_were_there_before(capsys):
    go, end = threading.Event(), threading.Event()

    def print_when_told():
        go.wait(SECONDS)
        print("somebody else")
        end.set()

    other = threading.Thread(target=print_when_told)
    other.start()
    with task_output():
        in_thread(lambda: print("a thread of the task"))
        go.set()
        end.wait(SECONDS)
    other.join(SECONDS)
    printed = capsys.readouterr()
    assert printed.out == "somebody else\n"
    assert printed.err == "a thread of the task\n"


def test_what_others_put_in_place_of_standard_output_stays(capsys):
    before, buffer = sys.stdout, io.StringIO()
    block = task_output()
    block.__enter__()
    with redirect_stdout(buffer):
        block.__exit__(None, None, None)
        print("into the buffer")
    print("after both")
    with task_output():
        print("in a task")
    print("after the task")
    assert buffer.getvalue() == "into the buffer\n"
    assert capsys.readouterr().out == "after both\nafter the task\n"
    assert sys.stdout is before


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_programs_without_a_console_run_tasks(name, monkeypatch):
    """`pythonw` has no standard output and no standard error."""
    monkeypatch.setattr(sys, name, None)
    before = sys.stdout
    with task_output():
        print("nothing to see", flush=True)
    assert sys.stdout is before
