"""How the inputs and weights of a machine lie in memory, by receptive field."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike
from scipy.sparse import issparse

from skwfm._kernels import packing
from skwfm.architectures.base import Architecture
from skwfm.architectures.rows import row_blocks
from skwfm.architectures.sparse_rows import pack_sparse

# Columns of a group and weights of a unit are padded to this multiple: one vector of
# float32, two of float64 (skwfm/_kernels/src/simd/levels.h).
PADDING = 16
# The loops read 8 bytes even where they use fewer: rows of bits end with spare bytes.
SPARE_BYTES = 8


class Layout:
    """How the inputs and weights of one machine lie in memory.

    Weights have three forms, which are converted only here: *dense*, a matrix with a
    row for each unit, the intercept last and zeros outside the receptive fields;
    *flat*, these rows concatenated without the zeros; *packed*, flat with each unit's
    weights padded, as the compiled loops read them.

    Neighbouring units with the same receptive field form a group, whose inputs are
    stored once. A tree is n_hidden groups of one unit, a full machine one group.

    Parameters
    ----------
    architecture : Architecture
        The machine.
    n_features : int
        Number of inputs.
    intercept : bool
        Whether each unit has one more input that is constant.
    constant : float or ndarray of shape (n_hidden,), default=1.0
        That input, for each unit if they differ.

    Attributes
    ----------
    receptive_fields : list of n_groups ndarrays of int
        Inputs that the units of each group see.
    groups : ndarray of shape (n_groups, 5) of int64
        First column, length, padded length, first weight and number of units of each
        group.
    group_of_unit : ndarray of shape (n_hidden,) of int
        Group of each unit.
    first_units : ndarray of shape (n_groups,) of int
        First unit of each group.
    constants : ndarray of shape (n_groups,)
        The constant input of each group; ones without intercept.
    n_weights : int
        Number of weights N_w, intercepts included, padding not.
    size : int
        Length of a packed weight vector.
    dense_shape : tuple of int
        Shape (n_hidden, n_features + intercept) of a dense weight matrix.
    unit_sizes : ndarray of shape (n_hidden,)
        Number of inputs n_l of each unit, the intercept included.
    unit_slices : list of n_hidden slice
        Where each unit's weights are in a flat vector.
    places : ndarray of shape (n_weights,)
        Where the weights of a flat vector are in a packed one.
    columns : ndarray of shape (n_weights,)
        Packed column of the input of each weight of a flat vector.
    """

    def __init__(
        self,
        architecture: Architecture,
        n_features: int,
        intercept: bool,
        constant: float | np.ndarray = 1.0,
    ):
        fields = [np.asarray(f) for f in architecture.receptive_fields(n_features)]
        self.n_hidden = architecture.n_hidden
        self.n_features = n_features
        self.intercept = bool(intercept)
        constants = np.broadcast_to(constant if intercept else 1.0, len(fields))
        self.receptive_fields, counts = _merge_neighbours(fields, constants)
        lengths = np.array([len(f) for f in self.receptive_fields]) + self.intercept
        widths = -(-lengths // PADDING) * PADDING
        columns, weights = _starts(widths), _starts(widths * counts)
        self.groups = np.column_stack(
            [columns[:-1], lengths, widths, weights[:-1], counts]
        ).astype(np.int64)
        self._n_columns = int(columns[-1])
        self.size = int(weights[-1])
        self.n_weights = int((lengths * counts).sum())
        self.dense_shape = self.n_hidden, n_features + self.intercept
        self.first_units = _starts(counts)[:-1]
        self.constants = constants[self.first_units]
        self.group_of_unit = np.repeat(np.arange(len(counts)), counts)
        self.unit_sizes = lengths[self.group_of_unit]
        ends = _starts(self.unit_sizes).tolist()
        self.unit_slices = [slice(*pair) for pair in pairwise(ends)]
        self._map_columns()
        self._map_weights()

    def _map_columns(self):
        """Find the input of each column that has one; n_features is the intercept."""
        inputs = [self._inputs(field) for field in self.receptive_fields]
        columns = [start + np.arange(n) for start, n, *_ in self.groups]
        self._input_of_column = np.concatenate(inputs)
        self._columns = np.concatenate(columns)

    def _map_weights(self):
        """Find the dense entry, packed place and packed column of each weight."""
        entries, places, columns = [], [], []
        for field, group in zip(self.receptive_fields, self.groups, strict=True):
            column, length, width, start, count = group
            for k in range(count):
                row = len(entries) * self.dense_shape[1]
                entries.append(self._inputs(field) + row)
                places.append(start + k * width + np.arange(length))
                columns.append(column + np.arange(length))
        self._entries = np.concatenate(entries)
        self.places = np.concatenate(places)
        self.columns = np.concatenate(columns)

    def _inputs(self, field):
        return np.append(field, self.n_features) if self.intercept else field

    def group_inputs(self, X: np.ndarray, group: int) -> np.ndarray:
        """Return the inputs that the units of a group see.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Inputs.
        group : int
            The group.

        Returns
        -------
        inputs : ndarray of shape (n_samples, n_l)
            In float64, the constant input of the intercept last.
        """
        field = self.receptive_fields[group]
        shape = len(X), len(field) + self.intercept
        seen = np.full(shape, self.constants[group])
        seen[:, : len(field)] = X[:, field]
        return seen

    def pack_inputs(self, X: np.ndarray) -> np.ndarray:
        """Arrange the inputs by receptive field, as bits if all that are seen are +-1.

        Parameters
        ----------
        X : ndarray or csr_array of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        packed : ndarray or csr_array of shape (n_samples, n_columns)
            Bits in uint8 (set for -1) or the dtype of `X`, float64 for integers.
        """
        if issparse(X):
            return pack_sparse(self, X)
        if not np.all(self.constants == 1):
            return self._pack_reals(X)
        packed = np.zeros((len(X), self._n_columns // 8 + SPARE_BYTES), dtype=np.uint8)
        for field, group in zip(self.receptive_fields, self.groups, strict=True):
            bits = packed[:, group[0] // 8 :]
            for start, block in row_blocks(X, field):
                if not packing.pack_rows(block, bits[start:]):
                    return self._pack_reals(X)
        return packed

    def _pack_reals(self, X):
        dtype = X.dtype if X.dtype.kind == "f" else np.float64
        packed = np.zeros((len(X), self._n_columns), dtype=dtype)
        is_input = self._input_of_column < self.n_features
        packed[:, self._columns[is_input]] = X[:, self._input_of_column[is_input]]
        packed[:, self._columns[~is_input]] = self.constants[: np.sum(~is_input)]
        return packed

    def flat(self, dense: np.ndarray) -> np.ndarray:
        """Extract the weights from a dense matrix.

        Parameters
        ----------
        dense : ndarray of shape (n_hidden, n_features + intercept)
            Weights; entries outside the receptive fields are ignored.

        Returns
        -------
        flat : ndarray of shape (n_weights,)
            The weights, unit by unit.
        """
        return np.asarray(dense).ravel()[self._entries]

    def dense(self, flat: np.ndarray) -> np.ndarray:
        """Arrange flat weights as a matrix.

        Parameters
        ----------
        flat : ndarray of shape (n_weights,)
            One number per weight.

        Returns
        -------
        dense : ndarray of shape (n_hidden, n_features + intercept)
            The numbers, zeros outside the receptive fields.
        """
        dense = np.zeros(self.dense_shape, dtype=flat.dtype)
        dense.ravel()[self._entries] = flat
        return dense

    def pack(self, flat: np.ndarray, dtype: DTypeLike = np.float64) -> np.ndarray:
        """Pad flat weights as the compiled loops read them.

        Parameters
        ----------
        flat : ndarray of shape (n_weights,)
            One number per weight.
        dtype : dtype, default=float64
            Either float32 or float64.

        Returns
        -------
        packed : ndarray of shape (size,)
            The numbers, zeros in the padding.
        """
        packed = np.zeros(self.size, dtype=dtype)
        packed[self.places] = flat
        return packed

    def pack_weights(self, weights: np.ndarray, dtype: DTypeLike) -> np.ndarray:
        """Pack a dense weight matrix.

        Parameters
        ----------
        weights : ndarray of shape (n_hidden, n_features + intercept)
            Weights, zero outside the receptive fields.
        dtype : dtype
            Either float32 or float64.

        Returns
        -------
        packed : ndarray of shape (size,)
            The weights by unit, padded with zeros.
        """
        return self.pack(self.flat(weights), dtype)

    def unpack_weights(self, packed: np.ndarray) -> np.ndarray:
        """Turn packed weights into the dense matrix.

        Parameters
        ----------
        packed : ndarray of shape (size,)
            Weights as `pack_weights` returns them.

        Returns
        -------
        weights : ndarray of shape (n_hidden, n_features + intercept)
            Weights, zero outside the receptive fields.
        """
        return self.dense(packed[self.places])

    def random_weights(self, rng: np.random.Generator, dtype: DTypeLike) -> np.ndarray:
        """Draw uniform weights and scale each unit to norm one.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        dtype : dtype
            Either float32 or float64.

        Returns
        -------
        packed : ndarray of shape (size,)
            Packed weights.
        """
        dense = self.dense(rng.uniform(-1, 1, size=self.n_weights))
        return self.pack_weights(unit_norm(dense), dtype)


def unit_norm(weights):
    """Divide each row by its norm; a row of zeros is left unchanged.

    Parameters
    ----------
    weights : ndarray of shape (n_hidden, n)
        Weights of each unit.

    Returns
    -------
    weights : ndarray of shape (n_hidden, n)
        Rows of norm one.
    """
    norms = np.linalg.norm(weights, axis=1, keepdims=True)
    return weights / np.where(norms > 0, norms, 1)


def _merge_neighbours(receptive_fields, constants):
    """Merge equal receptive fields of neighbours; count how often each occurs."""
    kept, counts = [], []
    for unit, indices in enumerate(receptive_fields):
        same_constant = constants[unit] == constants[unit - 1]
        if kept and same_constant and np.array_equal(kept[-1], indices):
            counts[-1] += 1
        else:
            kept.append(indices)
            counts.append(1)
    return kept, np.array(counts)


def _starts(lengths):
    return np.concatenate([[0], np.cumsum(lengths)])
