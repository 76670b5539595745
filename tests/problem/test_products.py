"""Products with +-1 inputs kept as bits against those with unpacked inputs."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.inference import Factors
from skwfm.problem.products import SignProducts


class Comb(TreeCommittee):
    """Each unit sees every third input: no range of columns."""

    def receptive_fields(self, n_features):
        return [np.arange(l, n_features, 3) for l in range(3)]


class Pairs(FullCommittee):
    """Two units see the first half, one sees all: fields overlap, some are shared."""

    def receptive_fields(self, n_features):
        half = np.arange(n_features // 2)
        return [half, half, np.arange(n_features)]


def make_factors(machine, fit_intercept, n_samples=70, n_features=201):
    rng = np.random.default_rng(4)
    inputs = rng.choice(np.array([-1, 1], dtype=np.int8), (n_samples, n_features))
    return Factors(inputs, rng.choice([-1, 1], n_samples), machine(3), fit_intercept)


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("machine", [TreeCommittee, FullCommittee, Comb, Pairs])
def test_bits_give_the_products_of_floats(machine, fit_intercept):
    factors = make_factors(machine, fit_intercept)
    products = SignProducts(factors)
    rng = np.random.default_rng(0)
    flat, coef = rng.normal(size=factors.n_weights), rng.normal(size=(70, 3))
    x = [factors.unit_inputs(l) for l in range(3)]
    units = list(zip(x, factors.unit_slices, coef.T, strict=True))
    pairs = [
        (products.fields(flat).T, [a @ flat[w] for a, w, _ in units]),
        (products.variances(flat).T, [a**2 @ flat[w] for a, w, _ in units]),
        (products.outer(coef), np.concatenate([a.T @ c for a, _, c in units])),
        (
            products.precisions(coef),
            np.concatenate([(a**2).T @ c for a, _, c in units]),
        ),
    ]
    for found, expected in pairs:
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def test_order_of_the_coefficients_in_memory_does_not_matter():
    products = SignProducts(make_factors(TreeCommittee, True))
    coef = np.random.default_rng(0).normal(size=(70, 3))
    by_unit = np.asfortranarray(coef)
    np.testing.assert_array_equal(products.outer(by_unit), products.outer(coef))


def test_inputs_take_two_bits_each():
    factors = make_factors(FullCommittee, False, 1024, 2048)
    assert SignProducts(factors).nbytes == 1024 * 2048 / 4


def test_more_rows_than_are_packed_at_once():
    factors = make_factors(TreeCommittee, False, 2100, 30)
    weights = np.random.default_rng(0).normal(size=30)
    expected = [
        factors.unit_inputs(l) @ weights[10 * l : 10 * l + 10] for l in range(3)
    ]
    found = SignProducts(factors).fields(weights)
    np.testing.assert_allclose(found.T, expected, rtol=1e-12, atol=1e-13)


def test_threads_may_share_the_inputs():
    """The same products from many threads at once as from one."""
    rng = np.random.default_rng(0)
    inputs = rng.choice([-1.0, 1.0], (300, 603))
    factors = Factors(inputs, np.ones(300), TreeCommittee(3))
    weights = rng.standard_normal((40, factors.n_weights))
    expected = [factors.fields(w) for w in weights]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(factors.fields, weights))
    np.testing.assert_array_equal(found, expected)
