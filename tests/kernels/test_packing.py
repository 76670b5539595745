"""Bits of inputs against NumPy's, for every dtype, shape and place of a stranger."""

import numpy as np
import pytest

from skwfm._kernels import packing

DTYPES = [np.int8, np.int16, np.int32, np.int64, np.float32, np.float64]
# Less than a byte, odd bytes, one word, more than one.
N_COLUMNS = [1, 7, 12, 64, 65, 200]
N_ROWS = [1, 8, 63, 64, 130]
# What differs from +-1 in its lowest or highest bits, where a dtype has it.
STRANGERS = [0, 2, 3, -2, -3, 127, -128]


def draw(n_rows, n_columns, dtype=np.int8):
    rng = np.random.default_rng(n_rows * n_columns)
    return rng.choice(np.array([-1, 1], dtype), (n_rows, n_columns))


def as_words(signs):
    """Bits of eight rows side by side, zeros beyond the matrix."""
    shape = -(-signs.shape[0] // 8) * 8, -(-signs.shape[1] // 64) * 64
    bits = np.zeros(shape, dtype=bool)
    bits[: signs.shape[0], : signs.shape[1]] = signs < 0
    powers = np.uint64(1) << np.arange(64, dtype=np.uint64)
    words = (bits.reshape(shape[0], -1, 64) * powers).sum(axis=2, dtype=np.uint64)
    return words.reshape(-1, 8, words.shape[1]).transpose(0, 2, 1)


def pack(x, step=64):
    """Words by row and by column, some rows at a time."""
    words = [np.zeros(as_words(m).shape, dtype=np.uint64) for m in (x, x.T)]
    blocks = range(0, len(x), step)
    return all(packing.pack_words(x[i : i + step], i, *words) for i in blocks), *words


@pytest.mark.parametrize("n_columns", N_COLUMNS)
@pytest.mark.parametrize("n_rows", N_ROWS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_are_those_of_numpy(dtype, n_rows, n_columns):
    x = draw(n_rows, n_columns, dtype)
    x.flags.writeable = False
    n_bytes = -(-n_columns // 8)
    bits = np.full((n_rows, n_bytes + 1), 99, dtype=np.uint8)
    assert packing.are_signs(x)
    assert packing.pack_rows(x, bits)
    expected = np.packbits(x < 0, axis=1, bitorder="little")
    np.testing.assert_array_equal(bits[:, :n_bytes], expected)
    assert (bits[:, n_bytes] == 99).all()
    for step in (64, 128):
        is_valid, by_row, by_column = pack(x, step)
        assert is_valid
        np.testing.assert_array_equal(by_row, as_words(x))
        np.testing.assert_array_equal(by_column, as_words(x.T))


def test_a_part_of_the_columns():
    x = draw(70, 200)
    _, by_row, by_column = pack(x[:, 30:101])
    np.testing.assert_array_equal(by_row, as_words(x[:, 30:101]))
    np.testing.assert_array_equal(by_column, as_words(x[:, 30:101].T))


def strangers(dtype):
    if np.issubdtype(dtype, np.integer):
        return [*STRANGERS, np.iinfo(dtype).max, np.iinfo(dtype).min]
    near = [np.nextafter(dtype(s), dtype(t)) for s in (-1, 1) for t in (0, 9 * s)]
    return [*STRANGERS, *near, -0.0, 0.5, np.nan, np.inf, -np.inf]


@pytest.mark.parametrize("place", [(0, 0), (0, 63), (69, 64), (129, 99), (64, 17)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_one_input_that_is_no_sign_is_seen(dtype, place):
    for stranger in strangers(dtype):
        x = draw(130, 100, dtype)
        x[place] = stranger
        assert not packing.are_signs(x)
        assert not packing.pack_rows(x, np.empty((130, 13), dtype=np.uint8))
        assert not pack(x)[0]
