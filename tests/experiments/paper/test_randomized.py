"""Shuffled images, and robustness to noise, on runs made by hand."""

import numpy as np
import pytest

from skwfm.experiments.data.sources import dress_coat
from skwfm.experiments.paper.pages.images.noise import (
    _curves,
    _rows,
    _scatter,
    noise_claims,
)
from skwfm.experiments.paper.pages.images.randomized import (
    _changes,
    change,
    change_claims,
    elal_claims,
    solved_claim,
)
from skwfm.experiments.paper.pages.images.randomized import _curves as _entropies
from skwfm.experiments.paper.pages.images.solutions import (
    ENTROPY_GAP,
    _published_elal,
    _slower_elal,
    draw_shuffled,
)


@pytest.fixture
def shuffled(make_groups):
    """All volumes are smaller than on images, that of eLAL by most."""
    return make_groups(
        {
            name: {"entropy": entropy, "noisy_error": 0.2 * 2**rank, "n_epochs": 120.0}
            for rank, (name, entropy) in enumerate(
                {"eLAL": -5e-3, "ceSGD-slow": -3e-3, "ceSGD-fast": -6e-3,
                 "LAL": -2e-2}.items()
            )
        }
    )  # fmt: skip


def test_shuffling_keeps_the_values_of_each_pixel_and_the_labels():
    plain, mixed = dress_coat().split(3), draw_shuffled(3)
    np.testing.assert_array_equal(plain.y_train, mixed.y_train)
    for before, after in ((plain.X_train, mixed.X_train), (plain.X_test, mixed.X_test)):
        np.testing.assert_array_equal(np.sort(before, 0), np.sort(after, 0))
        assert np.mean(before != after) > 0.05
    again = draw_shuffled(3)
    np.testing.assert_array_equal(again.X_train, mixed.X_train)


def test_change_is_shuffled_less_not(images, shuffled):
    found = change(images, shuffled, "eLAL", ENTROPY_GAP)
    assert found.value == pytest.approx(-5e-3 + 1.25e-3, rel=0.02)


def test_smaller_volumes_and_more_epochs(images, shuffled, verdict_of):
    claims = list(change_claims(images, shuffled))
    assert len(claims) == 5
    assert {claim.verdict for claim in claims} == {"holds"}
    back = list(change_claims(shuffled, images))
    assert {claim.verdict for claim in back} == {"does not hold"}


def test_elal_loses_its_lead(images, shuffled, make_groups, verdict_of):
    """Slightly: by no more than the other algorithm changes."""
    claims = list(elal_claims(images, shuffled))
    assert verdict_of(claims, "ceSGD-slow", "local entropy") == "differs"
    assert verdict_of(claims, "ceSGD-fast", "local entropy") == "differs"
    means = {"eLAL": -2.5e-3, "ceSGD-slow": -3.5e-3}
    mild = make_groups({name: {"entropy": v} for name, v in means.items()})
    some = {name: images[name] for name in means}
    claims = list(elal_claims(some, mild))
    assert verdict_of(claims, "ceSGD-slow", "local entropy") == "holds"
    back = list(elal_claims(shuffled, images))
    assert verdict_of(back, "ceSGD-slow", "local entropy") == "does not hold"


def test_noise_confirms_the_order_that_is_there(images, shuffled, verdict_of):
    kinds = {"images": images, "shuffled images": shuffled}
    claims = list(noise_claims(kinds))
    assert verdict_of(claims, "fBP is more robust", "on images") == "holds"
    assert verdict_of(claims, "agrees", "on images") == "holds"
    assert verdict_of(claims, "precursor") == "holds"
    assert verdict_of(claims, "of one algorithm") in ("open", "does not hold")
    # Entropies of ceSGD are the other way round than its errors at noise.
    assert verdict_of(claims, "eLAL is more", "ceSGD-slow on shuffled") == "holds"


def test_errors_at_noise_are_shares(images):
    rows = _rows({"images": {"LAL": images["LAL"][:1]}})
    assert [row["noise"] for row in rows] == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert rows[2]["error"] == pytest.approx(0.2, rel=0.05)


def test_figures(images, shuffled, assert_readable):
    kinds = {"images": images, "shuffled images": shuffled}
    for picture in (
        _curves(kinds), _scatter(images), _entropies(images, shuffled),
        _changes(images, shuffled),
    ):  # fmt: skip
        assert_readable(picture)


def test_published_elal_is_counted(make_run):
    failing = [make_run("eLAL", s, n_train_errors=50) for s in range(20)]
    assert solved_claim(failing).verdict == "does not hold"
    fine = [make_run("eLAL", s) for s in range(20)]
    assert solved_claim(fine).verdict == "holds"
    assert solved_claim(()).verdict == "open"


def test_slower_elal_keeps_the_coupling():
    slow = _slower_elal().estimator.get_params()
    plain = _published_elal().estimator.get_params()
    assert slow["eta"] == pytest.approx(plain["eta"] / 10)
    product = plain["eta"] * plain["lambda0"]
    assert slow["eta"] * slow["lambda0"] == pytest.approx(product)
    assert {k for k in slow if slow[k] != plain[k]} == {"eta", "lambda0"}
