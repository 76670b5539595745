"""One run, whatever the algorithm does in it."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from skwfm.architectures import TreeCommittee
from skwfm.classifiers import LALClassifier
from skwfm.experiments import Contestant, Source, compare
from skwfm.experiments.study.measures import DEFAULT_MEASURES


class Guest(ClassifierMixin, BaseEstimator):
    """Answers the first class; `action` is what it does besides."""

    def __init__(self, action=None):
        self.action = action

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.n_iter_ = np.int64(7)
        if self.action == "exit":
            raise SystemExit(3)
        if self.action == "print":
            print("fitting")
        if self.action == "zero":
            X[:] = 0
        return self

    def predict(self, X):
        if self.action == "print":
            print("predicting")
        if self.action == "zero in predict":
            X[:] = 0
        return np.full(len(X), self.classes_[0])


class Channelless(TreeCommittee):
    channel = None


def guest(action=None, family="committee"):
    return Contestant(f"guest {action}", Guest(action), family)


def only_run(source, contestant, measures=()):
    found = compare(source, [contestant], measures=measures, n_seeds=1, n_jobs=1)
    return found.runs[0]


def test_sys_exit_in_a_fit_is_a_failed_run(source, cheap):
    members = [guest("exit"), *cheap]
    result = compare(source, members, measures=(), n_seeds=1, n_jobs=1)
    assert [run.status for run in result.runs] == ["failed", "ok", "ok"]
    assert result.runs[0].reason.startswith("SystemExit: 3 (test_runs.py:")


def test_what_an_algorithm_prints_goes_to_standard_error(source, capsys):
    assert only_run(source, guest("print")).status == "ok"
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "fitting\n" in printed.err
    assert "predicting\n" in printed.err


@pytest.mark.parametrize("action", ["zero", "zero in predict"])
def test_zeroing_x_in_place_fails_and_spoils_nothing(source, action):
    fixed = Source("fixed", source.X, source.y, source.X, source.y)
    before = source.X.copy()
    plain = replace(fixed, problem="no scaler")
    run = only_run(plain, guest(action))
    assert run.status == "failed"
    assert "read-only" in run.reason
    assert np.array_equal(source.X, before)


def test_epochs_are_counted_where_n_iter_is_set(source):
    """A committee machine need not record a loss; a solver's steps are no epochs."""
    assert only_run(source, guest()).n_epochs == 7
    assert only_run(source, guest(family="standard")).n_epochs is None


def test_a_machine_without_a_channel_keeps_its_measured_run(source):
    """An optional method that is missing costs the measure, not the run."""
    solvable = Source("solvable", source.X, source.X[:, 0] > 0)
    machine = LALClassifier(architecture=Channelless(n_hidden=1), intercept_scaling=1.0)
    run = only_run(solvable, Contestant("lal", machine), measures=DEFAULT_MEASURES)
    assert run.status == "ok"
    assert run.n_train_errors == 0
    assert "not callable" in run.measures["local_entropy"].reason
    assert None not in run.measures["noise_robustness"].values.values()
