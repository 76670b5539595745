"""Passes over sparse rows give the bits of those over the same rows with zeros."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from skwfm._kernels import sparse
from skwfm.architectures import FullCommittee, Layout, TreeCommittee, TreeParity
from skwfm.problem import passes


class Overlapping(FullCommittee):
    """Units whose inputs overlap, in no order."""

    def receptive_fields(self, n_features):
        rng = np.random.default_rng(0)
        return [rng.permutation(n_features)[:40] for _ in range(self.n_hidden)]


MACHINES = [FullCommittee(5), TreeCommittee(9), TreeParity(4), Overlapping(3)]


@pytest.fixture(params=[np.float32, np.float64])
def dtype(request):
    return request.param


@pytest.fixture(params=MACHINES, ids=repr)
def layout(request):
    return Layout(request.param, 217, True, constant=2.5)


@pytest.fixture
def inputs(dtype):
    options = {"density": 0.1, "rng": np.random.default_rng(0), "format": "csr"}
    X = random_array((90, 217), **options).astype(dtype)
    X.data -= 0.5
    X.data[X.indptr[3] : X.indptr[5]] = 0
    X.eliminate_zeros()  # two rows have no entry
    return X


def draws(layout, dtype):
    rng = np.random.default_rng(1)
    weights, rows = layout.random_weights(rng, dtype), rng.permutation(90)[:70]
    coef = rng.normal(size=(70, layout.n_hidden)).astype(dtype)
    coef[rng.random(coef.shape) < 0.5] = 0
    return weights, rows, coef


def test_packed_columns_are_those_of_dense_inputs(layout, inputs):
    packed = layout.pack_inputs(inputs)
    assert packed.dtype == inputs.dtype
    assert packed.has_canonical_format
    assert np.array_equal(packed.toarray(), layout.pack_inputs(inputs.toarray()))


def test_fields_have_the_bits_of_dense_ones(layout, inputs, dtype):
    weights, rows, _ = draws(layout, dtype)
    found = []
    for X in (inputs, inputs.toarray()):
        packed, out = layout.pack_inputs(X), np.empty((70, layout.n_hidden), dtype)
        passes.fields(packed, rows, weights, layout.groups, out)
        found.append(out)
    assert np.array_equal(*found)
    assert np.all(np.ptp(found[0], axis=0) > 0)


def test_sums_have_the_bits_of_dense_ones(layout, inputs, dtype):
    weights, rows, coef = draws(layout, dtype)
    found = []
    for X in (inputs, inputs.toarray()):
        changed = weights.copy()
        passes.outer(layout.pack_inputs(X), rows, coef, layout.groups, changed)
        found.append(changed)
    assert np.array_equal(*found)
    assert not np.array_equal(found[0], weights)


def test_large_indices(inputs):
    layout = Layout(FullCommittee(5), 217, True, constant=2.5)
    packed = layout.pack_inputs(inputs)
    weights, rows, _ = draws(layout, inputs.dtype)
    short, long = (np.empty((70, 5), inputs.dtype) for _ in range(2))
    passes.fields(packed, rows, weights, layout.groups, short)
    columns, starts = (a.astype(np.int64) for a in (packed.indices, packed.indptr))
    sparse.fields(packed.data, columns, starts, rows, weights, layout.groups, long)
    assert np.array_equal(short, long)


def test_a_matrix_without_any_entry():
    layout = Layout(FullCommittee(5), 217, False)
    packed = layout.pack_inputs(csr_array((90, 217)))
    weights, rows, coef = draws(layout, float)
    out, changed = np.ones((70, 5)), weights.copy()
    passes.fields(packed, rows, weights, layout.groups, out)
    passes.outer(packed, rows, coef, layout.groups, changed)
    assert not out.any()
    assert np.array_equal(changed, weights)
