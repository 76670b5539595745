"""Products of matrices of signs with vectors, against NumPy's, on every level."""

from fractions import Fraction

import numpy as np
import pytest

from skwfm._kernels import training

# One row, one lane short of a block, one block, several at once with and without rest.
N_ROWS = [1, 7, 8, 9, 40, 75]
# Less than a lookup, odd numbers of lookups, one word, more than one.
N_TERMS = [1, 3, 4, 12, 64, 65, 111, 200]


@pytest.fixture(params=training.instruction_sets())
def instruction_set(request):
    used = training.use_instruction_set(request.param)
    yield request.param
    training.use_instruction_set(used)


def as_words(signs):
    """Bits of eight rows side by side; what is not there has bits of both kinds."""
    n_rows, n_terms = signs.shape
    shape = -(-n_rows // 8) * 8, -(-n_terms // 64) * 64
    bits = np.random.default_rng(1).random(shape) < 0.5
    bits[:n_rows, :n_terms] = signs < 0
    powers = np.uint64(1) << np.arange(64, dtype=np.uint64)
    words = (bits.reshape(shape[0], -1, 64) * powers).sum(axis=2, dtype=np.uint64)
    return np.ascontiguousarray(words.reshape(-1, 8, words.shape[1]).transpose(0, 2, 1))


def sums(signs, terms):
    words = as_words(signs)
    n_rows, n_terms = signs.shape
    product = [[0, words[0].size, n_rows, 0, n_terms, 0]]
    table, out = np.full(4 * n_terms + 32, np.nan), np.empty(n_rows)
    training.sign_sums(words.ravel(), np.array(product), terms, table, out)
    return out


def draw(n_rows, n_terms):
    rng = np.random.default_rng(n_rows * n_terms)
    return rng.choice([-1.0, 1.0], (n_rows, n_terms)), rng.normal(size=n_terms)


@pytest.mark.parametrize("n_terms", N_TERMS)
@pytest.mark.parametrize("n_rows", N_ROWS)
def test_sums_are_those_of_numpy(n_rows, n_terms, instruction_set):
    signs, terms = draw(n_rows, n_terms)
    bound = n_terms * np.finfo(float).eps * np.abs(terms).sum()
    np.testing.assert_allclose(sums(signs, terms), signs @ terms, rtol=0, atol=bound)


@pytest.mark.parametrize("n_terms", N_TERMS)
@pytest.mark.parametrize("n_rows", N_ROWS)
def test_every_level_gives_the_same_bits(n_rows, n_terms, instruction_set):
    signs, terms = draw(n_rows, n_terms)
    found = sums(signs, terms)
    training.use_instruction_set("baseline")
    assert found.tobytes() == sums(signs, terms).tobytes()


def test_errors_do_not_exceed_those_of_a_plain_sum(instruction_set):
    signs, terms = draw(64, 200)
    exact = [sum(Fraction(x) for x in row * terms) for row in signs]
    plain = np.cumsum(signs * terms, axis=1)[:, -1]

    def worst(found):
        pairs = zip(found, exact, strict=True)
        return max(abs(Fraction(float(a)) - b) for a, b in pairs)

    assert worst(sums(signs, terms)) <= worst(plain)


def test_rows_do_not_depend_on_their_neighbours(instruction_set):
    signs, terms = draw(75, 111)
    order = np.random.default_rng(2).permutation(75)
    np.testing.assert_array_equal(sums(signs[order], terms), sums(signs, terms)[order])
    np.testing.assert_array_equal(sums(signs[:3], terms), sums(signs, terms)[:3])


def test_products_share_bits_and_memory(instruction_set):
    """Two units on one matrix and one on another, as on receptive fields."""
    a, b = draw(13, 23)[0], draw(13, 40)[0]
    words = [as_words(a), as_words(b)]
    products = np.array([
        [0, words[0][0].size, 13, 0, 23, 0],
        [0, words[0][0].size, 13, 23, 23, 13],
        [words[0].size, words[1][0].size, 13, 46, 40, 26],
    ])  # fmt: skip
    terms = np.random.default_rng(0).normal(size=86)
    table, out = np.empty(4 * 40 + 32), np.full(40, np.nan)
    training.sign_sums(
        np.concatenate([w.ravel() for w in words]), products, terms, table, out
    )
    np.testing.assert_array_equal(out[:13], sums(a, terms[:23]))
    np.testing.assert_array_equal(out[13:26], sums(a, terms[23:46]))
    np.testing.assert_array_equal(out[26:39], sums(b, terms[46:]))
    assert np.isnan(out[39])
