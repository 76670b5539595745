"""What of a gap is due to the learning rate."""

import numpy as np
import pytest

from skwfm.experiments.paper.pages.images.rates import (
    IMAGES,
    RANDOM,
    _picture,
    _rows,
    best_rate,
    published_rate,
    rate_claims,
    share_of_rate,
)
from skwfm.experiments.paper.quantities import BALANCED_ERROR

LOW, HIGH = 1e-4, 2e-3
PUBLISHED = {"LAL": LOW, "eLAL": HIGH}


@pytest.fixture
def cells(make_groups):
    """LAL at the rate of eLAL closes four fifths of the gap, by both measures."""
    means = {
        ("LAL", LOW): {"test_error": 0.2, "entropy": -0.020},
        ("LAL", HIGH): {"test_error": 0.12, "entropy": -0.012},
        ("eLAL", LOW): {"test_error": 0.2, "entropy": -0.020},
        ("eLAL", HIGH): {"test_error": 0.1, "entropy": -0.010},
    }
    return make_groups(means, n_runs=20)


def test_published_rates_scale_with_the_inputs():
    assert published_rate(IMAGES, "LAL") == 1e-4
    assert published_rate(RANDOM, "eLAL", 3.0) == pytest.approx(3e-2)


def test_the_share_of_the_rate_is_that_of_the_means(cells):
    value, low, high = share_of_rate(cells, PUBLISHED, BALANCED_ERROR)
    assert value == pytest.approx(0.8, abs=0.02)
    # Propagated errors: one per cent of each mean, over the root of 20 seeds.
    slopes = np.array([2.0, 10.0, 8.0])
    error = np.linalg.norm(slopes * [0.2, 0.12, 0.1]) * 0.01 / np.sqrt(20)
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.4)


def test_without_seeds_in_common_there_is_no_share(cells):
    cells["LAL", LOW] = cells["LAL", LOW][:2]
    assert np.isnan(share_of_rate(cells, PUBLISHED, BALANCED_ERROR).value)


def test_a_gap_of_the_rate_is_not_called_one_of_replicas(cells, verdict_of):
    claims = list(rate_claims(IMAGES, cells, PUBLISHED))
    assert verdict_of(claims, "generalises better", "published") == "holds"
    assert verdict_of(claims, "generalises better", "same rate, 0.002") == "holds"
    assert verdict_of(claims, "finds wider", "same rate, 0.0001") != "holds"
    gap = next(c for c in claims if "gap in test error" in c.text)
    assert gap.verdict == "does not hold"
    assert "learning rate" in gap.why


def test_a_gap_of_replicas_is_called_one(make_groups, verdict_of):
    means = {("LAL", LOW): {"entropy": -0.3}, ("LAL", HIGH): {"entropy": -0.28}}
    means |= {("eLAL", HIGH): {"entropy": -0.1}}
    claims = list(rate_claims(RANDOM, make_groups(means), PUBLISHED))
    assert verdict_of(claims, "made by replicas") == "holds"
    assert verdict_of(claims, "same rate, 0.0001") == "open"  # eLAL was not run there


def test_table_and_figure(cells, assert_readable):
    kinds = {IMAGES: cells, RANDOM: cells}
    assert_readable(_picture(kinds, dict.fromkeys(kinds, PUBLISHED)))
    first = _rows(kinds)[0]
    assert first["rate"] == LOW
    assert float(first["balanced test error (%)"].split()[0]) == pytest.approx(20, 0.01)


def test_a_rate_at_which_lal_seldom_solves_is_not_its_best(cells):
    assert best_rate(cells, PUBLISHED, BALANCED_ERROR) == HIGH
    cells["LAL", HIGH] = cells["LAL", HIGH][:5]
    assert best_rate(cells, PUBLISHED, BALANCED_ERROR) == LOW
    assert best_rate({}, PUBLISHED, BALANCED_ERROR) == LOW
