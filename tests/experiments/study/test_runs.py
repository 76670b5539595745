"""One run, whatever the algorithm does in it."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from skwfm.experiments import Contestant, compare


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


def guest(action=None, family="committee"):
    return Contestant(f"guest {action}", Guest(action), family)


def only_run(source, contestant):
    return compare(source, [contestant], measures=(), n_seeds=1, n_jobs=1).runs[0]


def test_sys_exit_in_a_fit_is_a_failed_run(source, cheap):
    members = [guest("exit"), *cheap]
    result = compare(source, members, measures=(), n_seeds=1, n_jobs=1)
    assert [run.status for run in result.runs] == ["failed", "ok", "ok"]
    assert result.runs[0].reason == "SystemExit: 3"


def test_what_an_algorithm_prints_goes_to_standard_error(source, capsys):
    assert only_run(source, guest("print")).status == "ok"
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "fitting\n" in printed.err
    assert "predicting\n" in printed.err
