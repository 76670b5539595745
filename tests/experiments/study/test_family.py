"""A committee machine is measured, whoever wrote it."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from skwfm.architectures import FullCommittee
from skwfm.experiments import Contestant, Study, compare, random_patterns
from skwfm.experiments.report.page import render

DATA = random_patterns(40, 61)


class Means(ClassifierMixin, BaseEstimator):
    """One unit, along the mean pattern; inherits and registers nothing."""

    def __init__(self, shows=True, random_state=None):
        self.shows = shows
        self.random_state = random_state

    def fit(self, X, y):
        if self.shows == "not on seed 0" and self.random_state == 0:
            raise ArithmeticError("seed 0")
        self.classes_ = np.unique(y)
        mean = np.where(y == self.classes_[1], 1, -1) @ X
        self.coef_ = mean[None] / np.linalg.norm(mean)
        self.intercept_ = np.zeros(1)
        self.n_iter_, self.converged_ = 1, True
        self.n_errors_ = int(np.sum(self.predict(X) != y))
        if self.shows:
            self.architecture_ = FullCommittee(n_hidden=1)
        return self

    def predict(self, X):
        return self.classes_[(X @ self.coef_[0] > 0).astype(int)]


def only_run(algorithm):
    study = Study([algorithm], [DATA], measures=["manifold"], n_seeds=1)
    return study.run(n_jobs=1).runs[0]


def test_a_fitted_model_with_the_attributes_of_a_committee_is_measured():
    run = only_run(Means())
    assert (run.family, run.n_epochs) == ("committee", 1)
    assert run.row()["manifold_dimension"] > 0
    assert run.row()["reason"] == ""


@pytest.mark.parametrize(
    "algorithm", [Means(shows=False), Contestant("for reference", Means(), "standard")]
)
def test_others_and_what_is_there_for_reference_are_not(algorithm):
    run = only_run(algorithm)
    assert (run.family, run.row()["manifold_dimension"]) == ("standard", None)
    assert "manifold: needs a committee machine" in run.row()["reason"]


def test_a_changed_contestant_is_still_decided_by_its_model():
    member = Contestant("means", Means(False)).with_parameters({"shows": True})
    assert only_run(member.standardised()).family == "committee"


def test_a_comparison_tells_the_family_of_the_fitted_models(source):
    """Also if the first run failed."""
    result = compare(
        source,
        [Means("not on seed 0")],
        measures=["noise_robustness"],
        n_seeds=2,
        n_jobs=1,
    )
    assert [run.status for run in result.runs] == ["failed", "ok"]
    assert result.settings["algorithms"]["Means"]["family"] == "committee"
    assert result.summary()[0]["family"] == "committee"
    assert render(result, {})
