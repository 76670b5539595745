"""Intervals cover what they say, and verdicts follow from them."""

import numpy as np
import pytest
from scipy import stats

from skwfm.experiments.paper.claims import (
    Estimate,
    agrees,
    correlation,
    difference,
    independent_difference,
    is_between,
    is_greater,
    mean,
    share,
)

N_TRIALS = 1000
# The number that covers is binomial: its 99.9 % range around the stated 95 %.
LEAST, MOST = stats.binom(N_TRIALS, 0.95).ppf([5e-4, 1 - 5e-4])


def covered(estimates, truth):
    return sum(e.low <= truth <= e.high for e in estimates)


def test_the_interval_of_a_mean_covers_it_as_often_as_it_says():
    rng = np.random.default_rng(0)
    found = [mean(rng.normal(2, 3, 6)) for _ in range(N_TRIALS)]
    assert LEAST <= covered(found, 2) <= MOST


def test_pairs_remove_what_both_share():
    rng = np.random.default_rng(1)
    found = []
    for _ in range(N_TRIALS):
        shared = rng.normal(0, 10, 8)
        found.append(difference(shared + rng.normal(1, 1, 8), shared))
    assert LEAST <= covered(found, 1) <= MOST
    assert np.mean([e.high - e.low for e in found]) < 3


def test_welch_covers_with_unequal_samples():
    rng = np.random.default_rng(2)
    found = [
        independent_difference(rng.normal(1, 1, 12), rng.normal(0, 4, 7))
        for _ in range(N_TRIALS)
    ]
    assert LEAST <= covered(found, 1) <= MOST


@pytest.mark.parametrize("truth", [0.02, 0.5, 0.9])
def test_the_interval_of_a_share_covers_at_least_as_often(truth):
    """Clopper and Pearson's is exact, hence wide: never below 95 %."""
    counts = np.random.default_rng(3).binomial(20, truth, N_TRIALS)
    assert covered([share(c, 20) for c in counts], truth) >= LEAST


def test_correlation_of_ranks():
    x = np.arange(20.0)
    assert correlation(x, np.exp(x)).value == pytest.approx(1)
    assert is_greater(correlation(x, x + 3 * np.sin(x))) == "holds"
    noise = np.random.default_rng(0).normal(size=(2, 40))
    assert is_greater(correlation(*noise)) == "open"


def test_missing_numbers_are_left_out():
    assert mean([1.0, None, 3.0]).value == 2
    assert difference([1.0, np.nan, 5.0], [0.0, 1.0, 4.0]).value == 1
    single = mean([4.0])
    assert single.value == 4
    assert np.isnan(single.low)
    assert is_greater(single) == "open"
    assert mean([]).text() == "no number"
    assert single.text(1) == "4.0, no interval"


def test_verdicts():
    above, across = Estimate(2, 1, 3), Estimate(1, -1, 3)
    assert is_greater(above) == "holds"
    assert is_greater(above, 4) == "does not hold"
    assert is_greater(across) == "open"
    assert is_between(above, 0, 4) == "holds"
    assert is_between(above, 2, 4) == "open"
    assert is_between(above, 5, 6) == "does not hold"
    assert agrees(Estimate(10, 9, 11), 10.5, 12) == "holds"
    assert agrees(Estimate(10, 9, 11), 12, 13) == "differs"
    assert agrees(Estimate(10, 0, 20), 9, 11) == "open"  # says too little
    assert agrees(Estimate(10, np.nan, np.nan), 9, 11) == "open"
    assert Estimate(0.123, 0.1, 0.15).text(1, 100, "%") == "12.3 [10.0, 15.0] %"
