"""Rows that were met several times, and rows that were weighted."""

import numpy as np
import pytest

from skwfm.architectures import FullCommittee
from skwfm.datasets import PackedSigns
from skwfm.inference import Factors
from skwfm.inference.noise.repeats import evidence_unit, is_repeated


def factors_of(X, y, weight=None):
    machine = FullCommittee(3), True
    return Factors(X, y, *machine, sample_weight=weight, label_noise=0.1)


def draws(n_samples, n_features=6, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, n_features))
    return X, np.where(X[:, 0] + rng.standard_normal(n_samples) > 0, 1, -1)


def test_weights_are_no_repetition():
    X, y = draws(50)
    factors = factors_of(X, y, np.r_[np.full(10, 8.0), np.ones(40)])
    assert not is_repeated(factors).any()
    # Ten labels count eight times: sum of squares over sum.
    assert evidence_unit(factors) == pytest.approx((10 * 64 + 40) / 120)
    assert evidence_unit(factors_of(X, y)) == 1.0


def test_what_a_resampler_draws_is_no_repetition():
    X, y = draws(50)
    rows = np.random.default_rng(1).integers(50, size=400)
    assert not is_repeated(factors_of(X[rows], y[rows])).any()


def test_rows_with_both_labels_were_met():
    """All that have many copies, also those whose labels happen to agree."""
    X, y = draws(30)
    X, y = np.repeat(X, 5, axis=0), np.repeat(y, 5)
    y[:30:5] *= -1  # six of thirty
    factors = factors_of(X, y)
    assert is_repeated(factors).all()
    assert evidence_unit(factors) == 1.0


def test_rows_of_few_values_were_met():
    X = np.array([[a, b, c] for a in (0.0, 1) for b in (0.0, 1, 2) for c in (5.0, 7)])
    y = np.where(X[:, 0] > 0, 1, -1)
    assert is_repeated(factors_of(np.repeat(X, 9, axis=0), np.repeat(y, 9))).all()
    more = np.hstack([X, np.arange(12.0)[:, None]])  # a number of its own for each
    assert not is_repeated(
        factors_of(np.repeat(more, 9, axis=0), np.repeat(y, 9))
    ).any()


def test_packed_signs_are_told_like_others():
    """`PackedSigns` have no columns: weights of three or more raised AttributeError."""
    rng = np.random.default_rng(0)
    X, y = rng.choice([-1, 1], (40, 31)), rng.choice([-1, 1], 40)
    grid = np.array([[a, b] for a in (-1, 1) for b in (-1, 1)])
    for signs, labels, expected in ((X, y, False), (grid, grid.prod(axis=1), True)):
        bits = PackedSigns(np.packbits(signs < 0, axis=1), signs.shape[1])
        for inputs in (bits, signs.astype(float)):
            factors = factors_of(inputs, labels, np.full(len(labels), 5.0))
            assert is_repeated(factors).tolist() == [expected] * len(labels)


def test_single_rows_of_such_a_table_are_single():
    X = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    weight = np.array([1.0, 9, 9, 9])
    factors = factors_of(X, np.array([1, -1, -1, 1]), weight)
    found = dict(zip(map(tuple, factors.inputs), is_repeated(factors), strict=True))
    assert found == {(0, 0): False, (0, 1): True, (1, 0): True, (1, 1): True}
