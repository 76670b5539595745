"""Columns whose digits float32 would lose."""

import numpy as np
import pandas as pd
import pytest

from skwfm.experiments import compare, read_source
from skwfm.experiments.data.columns import Numbers
from skwfm.experiments.data.preparation import prepared

RANKS = np.random.default_rng(1).permutation(120)
KIND = np.where(RANKS > 60, "late", "early")
NOON = pd.Timestamp("2024-01-01 12:00")
SECONDS = pd.to_timedelta(RANKS, "s")
COLUMNS = {
    "beyond 2**53": RANKS + 2**53,
    "beyond 2**63": RANKS.astype(np.uint64) + np.uint64(2**63),
    "near -2**63": RANKS + np.int64(-(2**63)),
    "with missing ones": pd.array([2**60 + int(i) for i in RANKS], dtype="Int64"),
    "beyond 64 bits": pd.Series([10**25 + int(i) for i in RANKS], dtype=object),
    "as text": pd.Series([str(10**25 + int(i)) for i in RANKS]),
    "unix seconds": RANKS + 1.7e9,
    "tiny": RANKS * 1e-46,
    "subnormal": RANKS * 1e-320,
    "huge": (RANKS - 60) * 1e306,
    "seconds": NOON + SECONDS * 0.75,
    "with a zone": (NOON + SECONDS).tz_localize("Europe/Rome"),
    "dates as text": (NOON + SECONDS).astype(str),
    "time spans": SECONDS,
}


@pytest.mark.parametrize("name", COLUMNS)
def test_neighbours_stay_apart(name):
    """The last column that is made of the given one, of training and test rows."""
    source = read_source(pd.DataFrame({"t": COLUMNS[name], "kind": KIND}), "kind")
    split = prepared(source, 0).source.split(0)
    rows = [part.index - 1 for part in source.split(0)[::2]]
    made = np.concatenate([split.X_train[:, -1], split.X_test[:, -1]])
    ranks = RANKS[np.concatenate(rows)]
    slope, start = np.polyfit(ranks, made, 1)
    np.testing.assert_allclose(made, start + slope * ranks, rtol=0, atol=slope * 0.01)


@pytest.mark.parametrize("name", ["beyond 2**53", "unix seconds", "seconds", "huge"])
def test_what_differs_in_the_last_digits_is_learned(name):
    frame = pd.DataFrame({"t": COLUMNS[name], "kind": KIND})
    members = ["RandomForestClassifier", "LogisticRegression", "lal"]
    result = compare(frame, members, n_seeds=1, measures=[], n_jobs=1)
    assert all(run.test_accuracy > 0.9 for run in result.runs)


def test_a_test_row_may_be_far_off():
    numbers = Numbers().fit(pd.Series([0.0, 1e-300, 2e-300, np.nan]))
    found = numbers.transform(pd.Series([1e300, -1e300, 1e-300, np.nan]))
    assert np.isfinite(found[:2].astype(np.float32)).all()
    assert found[0] > 1e9 * abs(found[2])
    assert np.isnan(found[3])


@pytest.mark.parametrize("kind", [np.int64, np.uint64, np.float64, object])
def test_kinds_of_numbers_may_differ_between_training_and_test(kind):
    given = pd.Series([0, 1, 2, 3, 4])
    expected = Numbers().fit(given).transform(given)
    for other in (np.int64, np.uint64, np.float64, object):
        numbers = Numbers().fit(given.astype(kind))
        np.testing.assert_array_equal(numbers.transform(given.astype(other)), expected)
