"""Equal and opposite patterns are merged, each total weight by a slow route."""

import numpy as np
import pytest

from skwfm.problem.validation import find_contradiction, merge_patterns


def by_hand(X, y, weight, by_label, mirror, apart):
    """Rows, and total weights of +1 and -1 on them, in a list over the patterns."""
    kept, totals = [], []
    for row, (x, label, w) in enumerate(zip(X, y, weight, strict=True)):
        if w == 0:
            continue
        for place, first in enumerate(kept):
            says = None
            if np.array_equal(x, X[first]):
                says = label
            elif mirror and not apart[row] and np.array_equal(x, -X[first]):
                says = mirror * label
            if says is not None and not (by_label and totals[place][-says] > 0):
                totals[place][says] += w
                break
        else:
            kept.append(row)
            totals.append({label: w, -label: 0.0})
    return kept, totals


@pytest.mark.parametrize("by_label", [False, True])
@pytest.mark.parametrize("mirror", [None, -1, 1])
@pytest.mark.parametrize("kind", ["signs", "reals"])
def test_weights_add_up_over_equal_and_opposite_patterns(kind, mirror, by_label):
    rng = np.random.default_rng(0)
    X = rng.choice([-1, 1], (60, 4)) * (1 if kind == "signs" else rng.normal(size=4))
    y, weight = rng.choice([-1.0, 1.0], 60), rng.integers(0, 4, 60).astype(float)
    apart = X[:, 0] * X[:, 1] > 0
    rows, labels, *counts = merge_patterns(X, y, weight, by_label, mirror, apart)
    kept, totals = by_hand(X, y, weight, by_label, mirror, apart)
    assert rows.tolist() == kept
    for label, agreeing, opposing, total in zip(labels, *counts, totals, strict=True):
        assert (agreeing, opposing) == (total[label], total[-label])
        assert agreeing >= opposing


def test_patterns_without_opposites_keep_their_order():
    X = np.random.default_rng(0).normal(size=(50, 3))
    y, weight = np.where(X[:, 0] > 0, 1.0, -1.0), np.ones(50)
    for mirror in (None, -1, 1):
        rows, labels, for_label, against = merge_patterns(X, y, weight, mirror=mirror)
        np.testing.assert_array_equal(rows, np.arange(50))
        np.testing.assert_array_equal(labels, y)
        assert (for_label == 1).all()
        assert not against.any()


def test_opposite_patterns_that_stay_apart_contradict_only_their_equals():
    X = np.array([[1.0, 2.0], [-1.0, -2.0], [-1.0, -2.0]])
    assert find_contradiction(X, np.array([1, 1, -1]), -1) == (0, 1)
    assert find_contradiction(X, np.array([1, 1, 1]), -1, True) is None
    assert find_contradiction(X, np.array([1, 1, -1]), -1, True) == (1, 2)
