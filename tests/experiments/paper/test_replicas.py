"""How many replicas eLAL needs, on runs made by hand."""

import numpy as np
import pytest

from skwfm.experiments.paper.pages.random.replicas import (
    _picture,
    name_of,
    replica_claims,
    with_replicas,
)


@pytest.fixture
def groups(make_groups):
    """Ten replicas are as wide as ceSGD-slow, 100 nearly as wide as fBP."""
    means = {"fBP": 0.10, name_of(100): 0.11, "eLAL": 0.15, name_of(10): 0.201}
    means["ceSGD-slow"] = 0.2
    return make_groups({name: {"entropy": -v} for name, v in means.items()})


def test_only_the_number_of_replicas_differs():
    few, published = with_replicas(3), with_replicas(20)
    assert (published.name, few.name) == ("eLAL", "eLAL, 3 replicas")
    numbers = published.estimator.get_params()
    assert few.estimator.get_params() == {**numbers, "n_replicas": 3}
    assert numbers["eta"] == 1e-2
    assert with_replicas(3, 333).estimator.eta == pytest.approx(3e-2)


def test_claims_hold_where_numbers_say_so(groups):
    claims = list(replica_claims(groups))
    assert len(claims) == 9
    assert {claim.verdict for claim in claims} == {"holds"}


def test_too_few_replicas_do_not_match(groups, verdict_of):
    groups[name_of(10)] = [
        run for run in groups["eLAL"] if run.seed < 0
    ]  # nothing was solved
    claims = [c for c in replica_claims(groups) if "0.05" in c.text]
    assert verdict_of(claims, "match") == "open"
    groups[name_of(10)] = groups["ceSGD-slow"]
    groups["ceSGD-slow"] = groups["eLAL"]
    claims = [c for c in replica_claims(groups) if "0.05" in c.text]
    assert verdict_of(claims, "match") == "does not hold"


def test_more_than_fbp_is_not_closer(groups, verdict_of):
    """Wider than fBP by more than 20 replicas are narrower."""
    groups["fBP"], groups[name_of(100)] = groups["eLAL"], groups["fBP"]
    groups["eLAL"] = groups["ceSGD-slow"]
    claims = [c for c in replica_claims(groups) if "0.05" in c.text]
    assert verdict_of(claims, "wider minima") == "holds"
    assert verdict_of(claims, "closer") == "open"


def test_without_runs_all_is_open():
    assert {claim.verdict for claim in replica_claims({})} == {"open"}


def test_figure(groups, assert_readable):
    picture = _picture(groups, (10, 20, 100))
    assert_readable(picture)
    assert len(picture.figure.axes) == 3
    for axes in picture.figure.axes:
        assert np.all(np.isfinite(axes.get_lines()[0].get_ydata()))
