"""What skwfm asks of plugins: one test for each promise."""

import numpy as np
import pytest
from skwfm_robust import (
    ErrorBarrier,
    LeastSquaresClassifier,
    RobustEnsembleClassifier,
    WeightedVote,
    WindowedVote,
)

from skwfm.plugins import available
from skwfm.testing import check_algorithm, parametrize_with_checks

MACHINES = [
    WeightedVote,
    WeightedVote(5, votes=(3, 2, 2, 1, 1)),
    WeightedVote(4),
    WindowedVote,
]


@parametrize_with_checks("architectures", MACHINES)
def test_architectures(check):
    check()


@parametrize_with_checks("measures", [ErrorBarrier, ErrorBarrier(n_points=5)])
def test_measures(check):
    check()


def test_duck_typed_algorithm():
    check_algorithm(LeastSquaresClassifier)


# Few epochs: scikit-learn's checks ask for a classifier, not for its convergence.
@parametrize_with_checks(
    "algorithms",
    [RobustEnsembleClassifier(n_replicas=2, pull0=0.05, pull1=0.1, random_state=0)],
)
def test_algorithm(check):
    check()


def test_all_are_registered():
    names = {
        plugin.name
        for group in ("algorithms", "architectures", "measures")
        for plugin in available(group)
        if plugin.distribution == "skwfm-robust"
    }
    assert names == {
        *("robust", "least_squares", "weighted", "windows", "error_barrier"),
    }


@pytest.mark.parametrize("votes", [(1, 1), (1, 1, 2), (3, -1, 1), (1.0, 1.0, 1.0)])
def test_votes_that_are_no_odd_vote_are_refused(votes):
    with pytest.raises(ValueError, match="positive integers"):
        WeightedVote(3, votes=votes)


@pytest.mark.parametrize(
    "wrong", [{"n_replicas": 0}, {"batch_size": 2.5}, {"gamma": 0.0}, {"beta1": -1.0}]
)
def test_wrong_parameters_are_named(wrong):
    X, y = np.eye(4), [0, 1, 0, 1]
    [name] = wrong
    with pytest.raises(ValueError, match=f"{name}="):
        RobustEnsembleClassifier(n_hidden=1, **wrong).fit(X, y)
