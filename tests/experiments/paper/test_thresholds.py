"""Loads at which half of the samples are solved."""

import numpy as np
import pytest

from skwfm.experiments.paper.thresholds import limit

LOADS = (1.0, 1.2, 1.4, 1.6, 1.8)


def solved(threshold, rng, n_samples=40, width=0.08):
    """Samples whose own limits scatter around a threshold."""
    own = rng.normal(threshold, width, n_samples)
    return {load: own > load for load in LOADS}


def test_the_threshold_is_found():
    for seed, truth in enumerate(np.linspace(1.15, 1.65, 6)):
        found = limit(solved(truth, np.random.default_rng(seed)), n_draws=300)
        assert found.low <= truth <= found.high
        assert abs(found.value - truth) < 0.1
        assert 0.19 < found.high - found.low < 0.45


def test_few_samples_do_not_tell_more_than_the_grid():
    """Two samples that agree: the crossing lies anywhere between two loads."""
    curve = {load: np.full(2, load < 1.5) for load in LOADS}
    found = limit(curve, n_draws=100)
    assert found == pytest.approx((1.5, 1.4, 1.6))


def test_differences_of_two_algorithms():
    rng = np.random.default_rng(0)
    high, low = solved(1.65, rng), solved(1.15, rng)
    found = limit(high, low, n_draws=300)
    assert found.low > 0
    assert abs(found.value - 0.5) < 0.1
    assert limit(high, high, n_draws=50).low < 0 < limit(high, high, n_draws=50).high


def test_no_crossing_is_no_number():
    always = {load: np.ones(5, bool) for load in LOADS}
    assert np.isnan(limit(always, n_draws=20)).all()
    never = {load: np.zeros(5, bool) for load in LOADS}
    assert limit(never, n_draws=20).text() == "no number"
