"""Fig. 6, on runs made by hand: what is claimed is what the numbers say."""

import numpy as np
import pytest

from skwfm.experiments.data.sources import dress_coat
from skwfm.experiments.paper.pages.images.claims import (
    focusing_claims,
    generalisation_claims,
    replication_claims,
    solved_claim,
    width_claims,
)
from skwfm.experiments.paper.pages.images.fig6 import image_page
from skwfm.experiments.paper.pages.images.solutions import (
    images_of_one_subset,
    solutions,
)
from skwfm.experiments.paper.pages.images.spread import (
    deviation,
    spread_claims,
    spread_rows,
    variance_ratio,
)


def test_the_published_order_holds_where_it_is_there(images):
    claims = list(width_claims(images))
    assert len(claims) == 12  # four pairs, by entropy and at two steepnesses
    assert {claim.verdict for claim in claims} == {"holds"}


def test_the_reversed_order_does_not_hold(images):
    names = ("fBP", "eLAL", "ceSGD-slow", "ceSGD-fast", "LAL")
    reversed_ = {
        name: images[other] for name, other in zip(names, names[::-1], strict=True)
    }
    claims = list(width_claims(reversed_))
    assert {claim.verdict for claim in claims} == {"does not hold"}
    assert all(claim.why for claim in claims)


def test_a_correlation_between_algorithms_is_not_one_within(images, verdict_of):
    """Noise of the runs is independent, so that within algorithms there is none."""
    claims = list(generalisation_claims(images))
    assert verdict_of(claims, "over all runs") == "holds"
    assert verdict_of(claims, "local entropy, all runs") == "holds"
    inside = [c for c in claims if "of one algorithm" in c.text]
    assert len(inside) == 3
    assert "holds" not in {claim.verdict for claim in inside}
    assert all("learning" in claim.why for claim in inside)


def test_rate_and_replicas_are_told_apart(images, verdict_of):
    claims = list(replication_claims(images))
    assert verdict_of(claims, "significantly", "test error") == "holds"
    found = verdict_of(claims, "replicas generalise", "default rate")
    assert found in ("open", "does not hold")


def test_focusing_is_counted_and_compared(images, make_run, verdict_of):
    claims = list(focusing_claims(images, solutions(images)))
    assert verdict_of(claims, "cannot be run") == "does not hold"
    assert verdict_of(claims, "better than eLAL") == "holds"
    failing = {"fBP": [make_run("fBP", s, n_train_errors=1) for s in range(20)]}
    claims = list(focusing_claims(failing, solutions(failing)))
    assert verdict_of(claims, "cannot be run") == "holds"
    assert verdict_of(claims, "better than eLAL") == "open"
    assert list(focusing_claims({}, {})) == []


def test_runs_with_errors_are_counted_by_algorithm(images, make_run):
    assert solved_claim(images).verdict == "holds"
    images["ceSGD-slow"][0] = make_run("ceSGD-slow", 0, n_train_errors=2)
    claim = solved_claim(images)
    assert claim.verdict == "differs"
    assert claim.found == "47 of 48 runs; 1 of ceSGD-slow do not"


def test_the_page_is_readable(images, assert_readable):
    page = image_page("fig6", "title", ["text"], images)
    for picture in page.pictures:
        assert_readable(picture)
    means, runs = page.tables
    assert len(runs.rows) == 72
    assert [row["algorithm"] for row in means.rows][:2] == ["fBP", "eLAL"]
    assert means.rows[0]["test error (%)"].startswith("6.5")  # .16 * .8 ** 4


def test_the_page_of_nothing_measured_is_open(make_run):
    """Runs that all end with errors leave an empty page, not an error."""
    runs = {"LAL": [make_run("LAL", s, n_train_errors=1) for s in range(3)]}
    page = image_page("fig6", "title", ["text"], runs)
    assert {claim.verdict for claim in page.claims} <= {"open", "differs"}


def test_one_subset_is_the_same_for_every_seed():
    source = images_of_one_subset(5)
    first, second = source.split(0), source.split(1)
    np.testing.assert_array_equal(first.X_train, second.X_train)
    np.testing.assert_array_equal(first.X_train, dress_coat().split(5).X_train)
    assert source.problem == "dress_coat"


@pytest.mark.parametrize("ratio", [1.0, 4.0])
def test_intervals_of_spread_cover_at_the_stated_level(ratio):
    """1000 draws: the share that covers is .95 within 3.3 standard errors."""
    rng = np.random.default_rng(1)
    hits = np.zeros(2)
    for _ in range(1000):
        first, second = np.sqrt(ratio) * rng.normal(size=12), rng.normal(size=9)
        _, low, high = variance_ratio(first, second)
        hits[0] += low <= ratio <= high
        _, low, high = deviation(np.std(second, ddof=1), len(second))
        hits[1] += low <= 1 <= high
    assert np.all(np.abs(hits / 1000 - 0.95) < 0.023)


def test_the_published_spread_is_compared_with_both_kinds(verdict_of):
    rng = np.random.default_rng(0)
    one = {"ceSGD-slow": 3000 + 50 * rng.normal(size=50)}
    fresh = {"ceSGD-slow": 3000 + 400 * rng.normal(size=50)}
    claims = list(spread_claims(one, fresh))
    assert verdict_of(claims, "on one subset of images") == "holds"
    assert verdict_of(claims, "on fresh subsets of images") == "differs"
    assert verdict_of(claims, "vary more") == "holds"
    assert verdict_of(spread_claims(one, one), "vary more") == "open"
    rows = {row["algorithm"]: row for row in spread_rows(one, fresh)}
    assert len(rows) == 4
    assert rows["LAL"]["one subset"] is None  # it was not run


def test_nothing_is_claimed_of_spread_without_runs():
    assert list(spread_claims({}, {})) == []
    assert np.isnan(variance_ratio([1.0, 2.0], [3.0]).value)
    assert np.isnan(deviation(1.0, 1).low)
