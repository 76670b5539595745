"""Numbers of runs, paired by seed."""

import numpy as np
import pytest

from skwfm.experiments.paper.outcomes import (
    advantage,
    aligned,
    order_claims,
    pairs_of,
    pooled,
    solved,
    within,
)
from skwfm.experiments.paper.pages.images.solutions import CURVATURES, ENTROPY_GAP
from skwfm.experiments.paper.quantities import TEST_ERROR, Quantity, log10_column


def test_a_quantity_is_read_by_seed_and_skips_what_is_missing(make_run):
    runs = [make_run("LAL", 3, entropy=-0.5), make_run("LAL", 4)]
    assert ENTROPY_GAP.by_seed(runs) == {3: -0.5, 4: -1e-3}
    for nothing in (None, np.nan):
        quantity = Quantity("x", lambda run, x=nothing: x, 1)
        assert quantity.by_seed(runs) == {}


def test_eigenvalues_without_a_logarithm_are_missing(make_run):
    read = log10_column("largest_eigenvalue_beta90")
    assert read(make_run("LAL", 0, eigenvalue=1e-49)) == pytest.approx(-49)
    for number in (0.0, -1.0, None):
        assert read(_with_eigenvalue(make_run, number)) is None


def _with_eigenvalue(make_run, number):
    run = make_run("LAL", 0)
    run.measures["largest_eigenvalues"].values["largest_eigenvalue_beta90"] = number
    return run


def test_pairs_are_those_of_the_same_seed():
    assert aligned({1: 10.0, 2: 20.0, 3: 30.0}, {3: 3.0, 1: 1.0}) == (
        [10.0, 30.0],
        [1.0, 3.0],
    )


def test_a_missing_seed_does_not_shift_the_pairs(make_run):
    """A run that is gone must not pair the others with wrong seeds."""
    errors = (0.1, 0.3, 0.5, 0.7)
    first = [make_run("a", s, test_error=e) for s, e in enumerate(errors)]
    second = [make_run("b", s, test_error=e + 0.01) for s, e in enumerate(errors)]
    groups = {"a": first[1:], "b": second}
    gap = advantage(groups, "a", "b", TEST_ERROR)
    assert gap == pytest.approx((0.01, 0.01, 0.01))


def test_ahead_is_lower_for_errors_and_higher_for_entropies(images):
    for quantity in (TEST_ERROR, ENTROPY_GAP, *CURVATURES.values()):
        assert advantage(images, "eLAL", "LAL", quantity).low > 0
        assert advantage(images, "LAL", "eLAL", quantity).high < 0


def test_an_order_is_decided_pair_by_pair(images):
    order = ("fBP", "LAL", "not run", "eLAL")
    claims = order_claims(images, order, ENTROPY_GAP, "{0} {1}", "Fig.", "as told")
    assert [c.text for c in claims] == ["fBP LAL", "LAL eLAL"]
    assert [c.verdict for c in claims] == ["holds", "does not hold"]
    assert [c.why for c in claims] == ["", "as told"]


def test_correlation_within_algorithms_ignores_differences_between_them(make_run):
    """Between algorithms x and y rise together, within each of them y falls."""
    rng = np.random.default_rng(0)
    groups = {}
    for place, name in enumerate(("a", "b", "c")):
        x = rng.normal(size=30)
        groups[name] = [
            make_run(name, s, entropy=10 * place + v, test_error=10 * place - v)
            for s, v in enumerate(x)
        ]
    pairs = pairs_of(groups, groups, ENTROPY_GAP, TEST_ERROR)
    assert pooled(pairs).low > 0.5
    assert within(pairs).high < -0.9


def test_too_few_runs_have_no_correlation(make_run):
    pairs = pairs_of({"a": [make_run("a", 0)]}, ["a"], ENTROPY_GAP, TEST_ERROR)
    assert np.isnan(pooled(pairs).value)
    assert np.isnan(within(pairs).value)
    assert np.isnan(pooled({}).value)
    few = {str(k): np.array([[0.0, 1.0], [0.0, 1.0]]) for k in range(9)}
    assert np.isnan(within(few).value)  # as many as 18 runs, but two of each


def test_runs_with_training_errors_are_no_solutions(make_run):
    runs = [make_run("LAL", s, n_train_errors=s) for s in range(3)]
    assert [run.seed for run in solved(runs)] == [0]
