"""Packing of inputs and weights by receptive field."""

import numpy as np
import pytest

from skwfm.architectures import (
    Architecture,
    FullCommittee,
    Layout,
    TreeCommittee,
)


class Interleaved(Architecture):
    """Unit l sees the inputs l, l + K, ...; the last two units see the same."""

    def receptive_fields(self, n_features):
        fields = [
            np.arange(n_features)[l :: self.n_hidden] for l in range(self.n_hidden)
        ]
        fields[-1] = fields[-2]
        return fields

    def output(self, hidden):
        return hidden[:, 0]


def dense_weights(layout, rng):
    return layout.unpack_weights(layout.random_weights(rng, np.float64))


@pytest.mark.parametrize(
    "machine", [FullCommittee(5), TreeCommittee(5), Interleaved(5)]
)
@pytest.mark.parametrize("intercept", [False, True])
def test_weights_survive_packing(machine, intercept):
    layout = Layout(machine, 37, intercept)
    weights = dense_weights(layout, np.random.default_rng(0))
    assert weights.shape == (5, 37 + intercept)
    again = layout.unpack_weights(layout.pack_weights(weights, np.float64))
    assert np.array_equal(again, weights)
    assert np.count_nonzero(weights) == layout.n_weights


@pytest.mark.parametrize(
    "machine", [FullCommittee(5), TreeCommittee(5), Interleaved(5)]
)
@pytest.mark.parametrize("intercept", [False, True])
def test_random_weights_are_unit_and_inside_their_fields(machine, intercept):
    layout = Layout(machine, 37, intercept)
    weights = dense_weights(layout, np.random.default_rng(1))
    assert np.allclose(np.linalg.norm(weights, axis=1), 1)
    for row, field in zip(weights, machine.receptive_fields(37), strict=True):
        inside = np.zeros(37 + intercept, dtype=bool)
        inside[field] = True
        inside[37:] = True
        assert np.array_equal(row != 0, inside)


def test_units_with_one_field_share_their_inputs():
    full = Layout(FullCommittee(9), 100, False)
    assert full.groups.tolist() == [[0, 100, 112, 0, 9]]
    tree = Layout(TreeCommittee(3), 100, True)
    assert tree.groups.tolist() == [
        [0, 35, 48, 0, 1],
        [48, 34, 48, 48, 1],
        [96, 34, 48, 96, 1],
    ]
    assert Layout(Interleaved(5), 50, False).groups[-1, -1] == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_signs_become_bits_and_reals_do_not(dtype):
    rng = np.random.default_rng(2)
    layout = Layout(TreeCommittee(3), 50, True)
    signs = rng.choice([-1, 1], size=(2000, 50)).astype(dtype)
    bits = layout.pack_inputs(signs)
    assert bits.dtype == np.uint8
    assert bits.nbytes < signs.nbytes / 8
    assert layout.pack_inputs(signs * dtype(1.5)).dtype == dtype
    spoiled = signs.copy()
    spoiled[1999, 49] = 0
    assert layout.pack_inputs(spoiled).dtype == dtype


def test_packed_rows_hold_each_field_then_the_intercept():
    layout = Layout(Interleaved(3), 8, True)
    X = np.arange(16, dtype=float).reshape(2, 8) / 2
    packed = layout.pack_inputs(X)
    (c0, n0), (c1, n1) = layout.groups[0, :2], layout.groups[1, :2]
    assert np.array_equal(packed[1, c0 : c0 + n0], [*X[1, 0::3], 1])
    assert np.array_equal(packed[1, c1 : c1 + n1], [*X[1, 1::3], 1])
