"""Products with the inputs, layouts of the weights, and patterns that are none."""

import numpy as np
import pytest

from skwfm.architectures import (
    Architecture,
    FullCommittee,
    TreeCommittee,
    TreeParity,
)
from skwfm.inference import Factors
from skwfm.problem.validation import mirror_sign

MACHINES = [FullCommittee, TreeCommittee, TreeParity]


def make_factors(machine, binary, fit_intercept, dtype=float):
    rng = np.random.default_rng(5)
    inputs = rng.choice([-1, 1], (13, 23)) if binary else rng.normal(size=(13, 23))
    labels = rng.choice([-1, 1], 13)
    return Factors(inputs.astype(dtype), labels, machine(3), fit_intercept)


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("machine", MACHINES)
def test_products_are_those_of_each_unit_with_its_inputs(
    machine, binary, fit_intercept
):
    factors = make_factors(machine, binary, fit_intercept)
    rng = np.random.default_rng(0)
    flat, coef = rng.normal(size=factors.n_weights), rng.normal(size=(13, 3))
    units = list(zip(range(3), factors.unit_slices, strict=True))
    x = [factors.unit_inputs(l) for l in range(3)]
    pairs = [
        (factors.fields(flat), [x[l] @ flat[w] for l, w in units]),
        (factors.variances(flat), [x[l] ** 2 @ flat[w] for l, w in units]),
        (factors.outer(coef), [x[l].T @ coef[:, l] for l in range(3)]),
        (factors.precisions(coef), [x[l].T ** 2 @ coef[:, l] for l in range(3)]),
    ]
    for found, expected in pairs:
        join = np.column_stack if found.ndim == 2 else np.concatenate
        np.testing.assert_allclose(found, join(expected), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("machine", MACHINES)
def test_fields_are_those_of_the_dense_weights(machine):
    factors = make_factors(machine, binary=False, fit_intercept=True)
    flat = np.random.default_rng(0).normal(size=factors.n_weights)
    dense = factors.dense(flat)
    with_one = np.hstack([factors.inputs, np.ones((13, 1))])
    expected = with_one @ dense.T / np.sqrt(factors.unit_sizes)
    np.testing.assert_allclose(factors.fields(flat), expected, atol=1e-12)
    np.testing.assert_array_equal(factors.flat(dense), flat)


def test_signs_of_any_dtype_give_the_same_bits():
    flat = np.random.default_rng(0).normal(size=23)
    fields = [
        make_factors(TreeCommittee, True, False, dtype).fields(flat)
        for dtype in (np.int8, np.float32, np.float64)
    ]
    assert make_factors(TreeCommittee, True, False, np.int8).inputs.dtype == np.int8
    np.testing.assert_array_equal(fields[0], fields[1])
    np.testing.assert_array_equal(fields[0], fields[2])


@pytest.mark.parametrize(
    ("inputs", "labels", "message"),
    [
        (np.ones(3), np.ones(3), r"inputs have shape \(3,\)"),
        (np.ones((0, 3)), np.ones(0), "at least one pattern"),
        (np.array([["a"]]), np.ones(1), "pass a real array"),
        (np.ones((2, 3)), np.ones(3), r"labels have shape \(3,\) for 2 patterns"),
        (np.ones((2, 3)), np.array([1, 0]), "labels contain 0: pass labels"),
        (np.ones((2, 3)), np.array([1, np.nan]), "labels contain nan"),
        (np.array([[1, 2, 3], [1, np.nan, 3]]), np.ones(2), "pattern 1 contain NaN"),
        (np.array([[np.inf, 2, 3]]), np.ones(1), "pattern 0 contain NaN or infinity"),
    ],
)
def test_patterns_that_are_none(inputs, labels, message):
    with pytest.raises(ValueError, match=message):
        Factors(inputs, labels, TreeCommittee(3))


def test_contradictions_are_found_and_repeats_are_none():
    x = np.array([[1.0, -1, 0.0], [1, 1, 1], [1, -1, -0.0], [1, 1, 1]])
    assert Factors(x, [1, -1, -1, -1], TreeCommittee(3)).contradiction == (0, 2)
    assert Factors(x, [1, -1, 1, -1], TreeCommittee(3)).contradiction is None


class Rule(Architecture):
    """Units of all inputs and an output rule of its own."""

    def __init__(self, n_hidden, rule):
        super().__init__(n_hidden)
        self.rule = rule

    def receptive_fields(self, n_features):
        return [np.arange(n_features)] * self.n_hidden

    def output(self, hidden):
        return self.rule(hidden)


@pytest.mark.parametrize(
    ("machine", "fit_intercept", "mirror"),
    [
        (TreeCommittee(3), False, -1),
        (FullCommittee(101), False, -1),
        (TreeCommittee(3), True, None),
        (TreeParity(3), False, -1),
        (TreeParity(2), False, 1),
        (TreeParity(2), True, None),
        (Rule(3, lambda h: h[:, 1]), False, -1),
        (Rule(4, lambda h: np.prod(h, axis=1)), False, 1),
        # "And" answers (1, 1) and (-1, -1) differently, (1, -1) and (-1, 1) alike.
        (Rule(2, lambda h: np.minimum(h[:, 0], h[:, 1])), False, None),
        (Rule(13, lambda h: h[:, 1]), False, None),
    ],
    ids=[f"case {i}" for i in range(10)],
)
def test_opposite_patterns_contradict_where_the_machine_has_a_mirror(
    machine, fit_intercept, mirror
):
    assert mirror_sign(machine, fit_intercept) == mirror
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 110))
    x[:, 0] = 0.0
    x[3] = -x[1]
    for factor in (1, -1):
        factors = Factors(x, [1, 1, -1, factor], machine, fit_intercept=fit_intercept)
        wrong = mirror is not None and factor != mirror
        assert factors.contradiction == ((1, 3) if wrong else None)


def test_a_pattern_of_zeros_is_its_own_opposite():
    x = np.zeros((2, 5))
    assert Factors(x, [1, 1], TreeCommittee(3)).contradiction is None
    assert Factors(x, [1, -1], TreeCommittee(3)).contradiction == (0, 1)


def test_some_patterns_keep_their_weights_and_temperature():
    X = np.random.default_rng(0).standard_normal((5, 4))
    weight = np.array([1.0, 3.0, 2.0, 1.0, 5.0])
    factors = Factors(X, np.ones(5), FullCommittee(1), False, weight, label_noise=0.2)
    some = factors.take(np.array([1, 4]))
    assert some.temperature.total == 8
    assert some.label_noise == 0.2
    np.testing.assert_array_equal(some.inputs, X[[1, 4]])


def test_softened_copies_keep_their_weights():
    """Merged at zero temperature by label, and again at a finite one, with both."""
    X, y = np.ones((5, 3)), np.array([1, 1, 1, -1, -1])
    hard = Factors(X, y, FullCommittee(1), sample_weight=np.array([2, 1, 1, 1, 0.5]))
    assert hard.n_samples == 2
    np.testing.assert_array_equal(np.sort(hard.temperature.for_label), [1.5, 4])
    soft = hard.soft()
    assert soft.n_samples == 1
    np.testing.assert_array_equal(soft.temperature.for_label, [4])
    np.testing.assert_array_equal(soft.temperature.against, [1.5])
