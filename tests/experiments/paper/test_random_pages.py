"""Claims on random patterns follow from the numbers, made up here."""

import numpy as np
import pytest

from skwfm.experiments.paper.pages.random import algorithms, annealing, capacity
from skwfm.experiments.paper.pages.theory import wide_minima_claims as wide

N_SEEDS = 10


def around(levels, seed):
    noise = np.random.default_rng(seed).normal(0, 1e-3, (N_SEEDS, len(levels)))
    return np.array(levels) + noise


def test_the_order_of_local_entropies_is_that_of_the_numbers():
    values = {
        "fBP": around([-0.05, -0.15, -0.32, -0.44, -0.53], 0),
        "eLAL": around([-0.06, -0.17, -0.31, -0.43, -0.52], 1),
        "LAL": around([-0.05, -0.16, -0.30, -0.42, -0.51], 2),
    }
    first, second = algorithms._order_claims(values)
    assert (first.verdict, first.why) == ("holds", "")
    assert first.text.startswith("fBP finds wider minima than eLAL")
    # Wider nowhere: nothing crosses.
    assert (second.verdict, second.why) == ("does not hold", "")


def test_curves_that_cross_are_said_to():
    near, far = around([-0.06, -0.17, -0.31], 0), around([-0.05, -0.16, -0.33], 1)
    assert "cross" in algorithms._crossing(near, far)
    assert algorithms._crossing(near, near - 0.1) == ""


def test_betas_are_the_largest_of_the_smallest():
    smallest = {"LAL": np.array([20.0, 24.0]), "fBP": np.array([1.5, np.nan, 1.9])}
    smallest["eLAL"] = np.array([1.7, 1.8])
    chosen = algorithms._betas(smallest)
    assert chosen == {algorithms.WITH_LAL: 24.0, algorithms.WITHOUT_LAL: 1.9}


def test_one_algorithm_may_set_both_betas(monkeypatch):
    """Then Fig. 5 measures at one value, and shows it in both panels."""
    asked = []

    def made_up(result, measure, n_columns):
        if measure == "hessian":
            level = np.array([[0.1, 9.0], [0.2, 8.0]])
            return {"fBP": level, "LAL": level - [0, 1]}
        asked.append(n_columns)
        return {"fBP": np.array([[1.0], [2.0]]), "LAL": np.array([[3.0], [5.0]])}

    monkeypatch.setattr(algorithms, "solutions", lambda plan, measures=(): None)
    monkeypatch.setattr(algorithms, "by_algorithm", made_up)
    page = algorithms.fig5(None)
    assert asked == [1]
    eigenvalues = [[row["largest_eigenvalue"] for row in t.rows] for t in page.tables]
    assert eigenvalues == [[1.0, 2.0, 3.0, 5.0]] * 2
    assert {row["beta"] for table in page.tables for row in table.rows} == {9.0}


def test_annealing_is_judged_by_errors_that_remain():
    loads = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
    stuck = {a: np.full(N_SEEDS, 9) + np.arange(N_SEEDS) % 2 for a in loads}
    solves = {a: np.full(N_SEEDS, 3 * (a > 0.65)) for a in loads}
    errors = {(201, e): solves for e in ("cross_entropy", "local_entropy")}
    errors[201, "errors"] = stuck
    solved = {k: {a: e == 0 for a, e in v.items()} for k, v in errors.items()}
    verdicts = [c.verdict for c in annealing._claims(errors, solved, 201)]
    assert verdicts == ["holds", "holds", "holds", "open"]


def test_capacity_is_judged_by_where_samples_stop_to_be_solved():
    loads = np.arange(1.2, 3.21, 0.2).round(1)
    ends = {"fBP": 2.75, "LAL": 1.95, "ceSGD-fast": 1.35, "eLAL": 2.0}
    solved = {
        (3, name): {a: np.full(N_SEEDS, a < end) for a in loads}
        for name, end in ends.items()
    }
    assert [c.verdict for c in capacity._claims(solved)] == [
        "holds", "holds", "holds",  # fBP before the others
        "holds", "does not hold", "holds",
    ]  # fmt: skip
    # One that solves all loads that were tried is ahead, by an unknown amount.
    solved[3, "eLAL"] = {a: np.full(N_SEEDS, True) for a in loads}
    claim = list(capacity._claims(solved))[1]
    assert claim.verdict == "does not hold"
    assert "fBP less eLAL: less than -0." in claim.found


def curve(near, far):
    return {"overlap": [0.49, 0.98], "entropy": [far, near], "error": [1e-6, 1e-6]}


@pytest.mark.parametrize(
    ("near", "verdict"), [(-1e-6, "holds"), (-0.1, "does not hold")]
)
def test_minima_are_wide_by_the_value_of_their_own_machine(near, verdict):
    parity = curve(-0.35, -0.35) | {"lower_bound": [-1.5, -0.09]}
    curves = {
        ("tree K=3", 1.0): curve(-1e-6, -100.0),
        ("tree K=inf", 1.0): curve(near, -0.4),
        ("parity K=3", 0.5): parity,
    }
    claims = list(wide.theory_claims(curves))
    assert [c.verdict for c in claims] == ["holds", verdict, "differs", "differs"]
