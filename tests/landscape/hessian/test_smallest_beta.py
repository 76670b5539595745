"""The smallest steepness without errors, against roots known otherwise."""

import numpy as np
import pytest
from known_solutions import MACHINES, make_model, random_solution
from scipy.optimize import brentq

from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.landscape import smallest_beta


def with_fields(fields):
    """A tree of one input a unit and weight one: inputs are the fields."""
    X = np.atleast_2d(np.asarray(fields, dtype=float))
    return make_model(TreeCommittee(X.shape[1]), np.eye(X.shape[1])), X


def test_one_pattern_is_a_root_of_one_equation():
    model, X = with_fields([0.1, 0.2, -1.0])
    root = brentq(
        lambda b: np.tanh(0.1 * b) + np.tanh(0.2 * b) - np.tanh(b), 1, 100, xtol=1e-14
    )
    assert smallest_beta(model, X, [1]) == pytest.approx(root, rel=1e-10)
    assert smallest_beta([model], -X, [-1]) == pytest.approx(root, rel=1e-10)


def test_the_largest_of_several_roots_counts():
    """The sum of five tanh goes + - + as beta grows, so there are two roots."""
    fields = np.array([4.0, 0.05, 0.05, -1.0, -1.2])

    def delta(b):
        return np.tanh(b * fields).sum()

    grid = np.geomspace(1e-3, 1e3, 20001)
    signs = np.sign([delta(b) for b in grid])
    changes = np.flatnonzero(np.diff(signs))
    assert len(changes) == 2
    last = brentq(delta, grid[changes[-1]], grid[changes[-1] + 1], xtol=1e-14)
    model, X = with_fields(fields)
    assert smallest_beta(model, X, [1]) == pytest.approx(last, rel=1e-10)


def test_fields_that_agree_need_no_steepness():
    model, X = with_fields([[0.1, 0.2, 3.0], [1.0, 2.0, 0.1]])
    assert (
        smallest_beta(model, X, [1, 1]) == 0 or smallest_beta(model, X, [1, 1]) < 1e-8
    )


@pytest.mark.parametrize("name", ["full", "tree", "overlapping", "perceptron"])
@pytest.mark.parametrize("seed", range(5))
def test_random_solutions_against_a_scan(name, seed):
    model, X, y = random_solution(MACHINES[name], 40, 15, True, seed)
    found = smallest_beta(model, X, y)
    fields = X @ model.coef_.T + model.intercept_

    def n_errors(beta):
        return np.sum(y * model.architecture_.smooth(fields, beta)[0] <= 0)

    above = np.geomspace(max(found, 1e-6) * (1 + 1e-9), 1e4, 3000)
    assert all(n_errors(b) == 0 for b in above)
    if name == "perceptron":
        assert found == 0
    else:
        assert n_errors(found * (1 - 1e-9)) > 0


def test_the_most_demanding_model_decides():
    solutions = [random_solution(FullCommittee(3), 30, 15, False, s) for s in range(3)]
    X = solutions[0][1]
    each = []
    for model, _, _ in solutions:
        model.coef_ = solutions[0][0].coef_ + 1e-3 * model.coef_
        y = model.predict(X)
        each.append((smallest_beta(model, X, y), model, y))
    same = [e for e in each if np.array_equal(e[2], each[0][2])]
    assert len(same) > 1
    together = smallest_beta([m for _, m, _ in same], X, same[0][2])
    assert together == max(b for b, _, _ in same)


def test_parity_needs_none():
    model, X, y = random_solution(MACHINES["parity"], 30, 15, False)
    assert smallest_beta(model, X, y) == 0


def test_errors_name_the_model():
    model, X, y = random_solution(MACHINES["full"], 30, 15, False)
    wrong = y.copy()
    wrong[:2] *= -1
    with pytest.raises(ValueError, match=r"models\[0\] makes 2 training errors"):
        smallest_beta([model], X, wrong)
    with pytest.raises(ValueError, match=r"models=\[\] has no solution"):
        smallest_beta([], X, y)
    flat, X = with_fields([0.0, 1.0, 1.0])
    with pytest.raises(ValueError, match=r"models\[0\] has a field of exactly 0"):
        smallest_beta(flat, X, [1])
