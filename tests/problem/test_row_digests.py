"""Rows are told apart by short digests, which take no copy of the inputs."""

import tracemalloc

import numpy as np
import pytest

from skwfm.problem.validation import find_contradiction, row_digests

SIGNS = np.array([[1, -1, 1], [-1, 1, -1], [1, -1, 1], [1, 1, 1], [-1, -1, -1]])
REALS = np.array([[0.0, 2.0], [-0.0, -2.0], [0.0, 2.5], [0.0, 2.0], [-0.0, -2.5]])
MORE_THAN_A_BLOCK = np.random.default_rng(0).choice([-1, 1], (2100, 9))


def as_tuples(X, mirrored):
    """The same by a slow route: a row and whether it is turned round."""
    rows = [tuple(row.tolist()) for row in X]
    leading = [next((v for v in row if v), 0) for row in rows]
    return [
        (tuple(-v for v in row), True) if mirrored and first < 0 else (row, False)
        for row, first in zip(rows, leading, strict=True)
    ]


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("X", [SIGNS, REALS, MORE_THAN_A_BLOCK, np.zeros((2, 3))])
def test_digests_are_equal_where_rows_are(X, dtype, mirrored):
    X = X.astype(dtype)
    digests, expected = list(row_digests(X, mirrored)), as_tuples(X, mirrored)
    assert [turned for _, turned in digests] == [turned for _, turned in expected]
    partner = {}
    for (digest, _), (row, _) in zip(digests, expected, strict=True):
        assert partner.setdefault(digest, row) == row
    assert len(partner) == len({row for row, _ in expected})


def test_unsigned_integers_are_never_turned_round():
    digests = list(row_digests(np.array([[0, 3], [200, 3], [0, 3]], np.uint8), True))
    assert digests[0] == digests[2] != digests[1]


def test_memory_of_looking_for_contradictions_is_small():
    X = np.random.default_rng(0).normal(size=(4000, 500))
    tracemalloc.start()
    try:
        assert find_contradiction(X, np.ones(4000), -1) is None
        assert tracemalloc.get_traced_memory()[1] < X.nbytes
    finally:
        tracemalloc.stop()
