"""Sizes of +-1 weights of which no sum is rounded."""

import numpy as np
import pytest

from skwfm.architectures.layout import unit_norm
from skwfm.problem.ties import exactly_summed


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 2, 3, 31, 32, 33, 784, 1023, 1024, 4001])
def test_sums_are_exact_in_any_order(n, dtype):
    rng = np.random.default_rng(n)
    signs = rng.choice([-1, 1], size=(3, n))
    weights = exactly_summed(unit_norm(signs.astype(dtype)))
    assert weights.dtype == dtype
    np.testing.assert_array_equal(np.sign(weights), signs)
    size = np.abs(weights).max()
    np.testing.assert_array_equal(np.abs(weights), size)
    np.testing.assert_allclose(size, n**-0.5, rtol=2 * n * np.finfo(dtype).eps)
    for row, whole in zip(weights, signs.sum(axis=1), strict=True):
        shuffled = rng.permutation(row)
        assert np.cumsum(shuffled, dtype=dtype)[-1] == dtype(whole) * size
        # Intermediate sums as well: none needs digits that it does not have.
        np.testing.assert_array_equal(
            np.cumsum(shuffled, dtype=dtype) / size,
            np.cumsum(np.sign(shuffled), dtype=dtype),
        )


def test_other_weights_are_left_as_they_are():
    rng = np.random.default_rng(0)
    weights = unit_norm(rng.normal(size=(3, 40)))
    weights[1, 5:] = 0
    np.testing.assert_array_equal(exactly_summed(weights), weights)


def test_each_unit_has_its_own_size():
    signs = np.array([[1.0, -1, 1, 0, 0], [0, 0, 0, 1, -1]])
    weights = exactly_summed(unit_norm(signs))
    np.testing.assert_array_equal(weights == 0, signs == 0)
    np.testing.assert_allclose(np.linalg.norm(weights, axis=1), 1, rtol=1e-14)
