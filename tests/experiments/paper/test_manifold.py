"""Dimension of the set of minima: claims from records, and a quick run."""

import pytest

from skwfm.experiments.paper.pages.random.manifold import (
    _picture,
    _rows,
    manifold_claims,
    manifold_of,
)
from skwfm.experiments.paper.reproduce import reproduce


def record(dimension=17, hessian_zeros=17, n_repeated=0, converged=True):
    return {
        "seed": 0, "architecture": "full", "n_hidden": 3, "n_features": 9,
        "n_weights": 27, "n_patterns": 10, "n_repeated": n_repeated,
        "dimension": dimension, "hessian_zeros": hessian_zeros, "log10_gap": None,
        "residual": 1e-14, "converged": converged,
    }  # fmt: skip


def test_all_as_expected_holds(verdict_of):
    claims = list(manifold_claims([record()] * 50 + [record(19, 19, 2)] * 50))
    assert {claim.verdict for claim in claims} == {"holds"}


def test_another_dimension_does_not_hold(verdict_of):
    claims = list(manifold_claims([record(18, 17)] * 50 + [record(17, 19, 2)] * 50))
    assert verdict_of(claims, "form a manifold") == "does not hold"
    assert verdict_of(claims, "Hessian") == "holds"
    assert verdict_of(claims, "that differ") == "does not hold"


def test_what_did_not_converge_decides_nothing():
    claims = list(manifold_claims([record(converged=False)] * 50))
    assert {claim.verdict for claim in claims} == {"open"}


@pytest.mark.parametrize("repeated", [False, True])
def test_one_problem(repeated):
    found = manifold_of(0, "tree", 3, 21, 0.5, repeated)
    assert found["converged"]
    assert found["n_repeated"] == repeated
    assert found["dimension"] == 21 - 10 + repeated


def test_table_and_figure(assert_readable):
    records = [record(), record(19, 19, 2), record(converged=False)]
    (row,) = _rows(records)
    assert (row["problems"], row["converged"]) == (3, 2)
    assert row["dimension as expected"] == 2
    assert_readable(_picture(records))


@pytest.mark.slow
def test_the_quick_page(tmp_path):
    (page,) = reproduce(["manifold"], tmp_path, quick=True, n_jobs=1)
    assert page.claims[0].found.startswith("18 of 18")
    assert (tmp_path / "manifold.svg").stat().st_size > 1000
    assert "manifold" in (tmp_path / "index.html").read_text()
