"""How the receptive fields of a machine lie in memory, for the compiled loops."""

import numpy as np

# Columns of a field and weights of a unit are padded to this multiple: one vector of
# float32, two of float64 (skwfm/_kernels/src/simd/levels.h).
PADDING = 16
# The loops read up to 8 bytes where they use fewer: bit rows end with spare bytes.
SPARE_BYTES = 8
# Rows looked at together when testing whether all inputs are +-1.
_ROWS = 1024


class Layout:
    """Packed inputs and weights of one machine on one number of features.

    Units next to each other with the same receptive field form a group, whose inputs
    are stored once. A tree is n_hidden groups of one unit, a full machine one group.

    Parameters
    ----------
    architecture : Architecture
        The machine.
    n_features : int
        Number of inputs.
    intercept : bool
        Whether each unit has one more input that is always 1.

    Attributes
    ----------
    groups : ndarray of shape (n_groups, 5) of int64
        First column, length, padded length, first weight and number of units of each
        group.
    n_weights : int
        Number of weights N_w, intercepts included, padding not.
    size : int
        Length of a flat packed weight vector.
    """

    def __init__(self, architecture, n_features, intercept):
        fields = [np.asarray(f) for f in architecture.receptive_fields(n_features)]
        self.n_hidden = architecture.n_hidden
        self.n_features = n_features
        self.intercept = bool(intercept)
        self._fields, counts = _merge_neighbours(fields)
        lengths = np.array([len(f) for f in self._fields]) + self.intercept
        widths = -(-lengths // PADDING) * PADDING
        columns, weights = _starts(widths), _starts(widths * counts)
        self.groups = np.column_stack(
            [columns[:-1], lengths, widths, weights[:-1], counts]
        ).astype(np.int64)
        self._n_columns = int(columns[-1])
        self.size = int(weights[-1])
        self.n_weights = int((lengths * counts).sum())
        self._input_of_column, self._columns = self._column_maps()
        self._weight_of_entry, self._entries = self._weight_maps()

    def _column_maps(self):
        """Pairs (input, packed column); the intercept is input n_features."""
        pairs = [
            (self._inputs(f), column + np.arange(length))
            for f, (column, length, *_) in zip(self._fields, self.groups, strict=True)
        ]
        return [np.concatenate(part) for part in zip(*pairs, strict=True)]

    def _weight_maps(self):
        """Pairs (entry of the dense matrix, packed weight), units in order."""
        entries, places, unit = [], [], 0
        for f, (_, length, width, start, count) in zip(
            self._fields, self.groups, strict=True
        ):
            for k in range(count):
                entries.append(self._inputs(f) + (unit + k) * self._dense_width)
                places.append(start + k * width + np.arange(length))
            unit += count
        return np.concatenate(places), np.concatenate(entries)

    def _inputs(self, field):
        return np.append(field, self.n_features) if self.intercept else field

    @property
    def _dense_width(self):
        return self.n_features + self.intercept

    def pack_inputs(self, X):
        """Lay the inputs out by receptive field, as bits if they all are +-1.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Inputs, float32 or float64.

        Returns
        -------
        packed : ndarray of shape (n_samples, n_columns)
            Bits in uint8 (set for -1) or the dtype of `X`.
        """
        if _all_signs(X):
            return self._pack_bits(X)
        packed = np.zeros((len(X), self._n_columns), dtype=X.dtype)
        is_input = self._input_of_column < self.n_features
        packed[:, self._columns[is_input]] = X[:, self._input_of_column[is_input]]
        packed[:, self._columns[~is_input]] = 1
        return packed

    def _pack_bits(self, X):
        packed = np.zeros((len(X), self._n_columns // 8 + SPARE_BYTES), dtype=np.uint8)
        is_input = self._input_of_column < self.n_features
        columns, inputs = self._columns[is_input], self._input_of_column[is_input]
        negative = np.zeros((_ROWS, self._n_columns), dtype=bool)
        for start in range(0, len(X), _ROWS):
            block = X[start : start + _ROWS]
            negative[: len(block), columns] = block[:, inputs] < 0
            packed[start : start + _ROWS, :-SPARE_BYTES] = np.packbits(
                negative[: len(block)], axis=1, bitorder="little"
            )
        return packed

    def pack_weights(self, weights, dtype):
        """Flatten a dense weight matrix.

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
        packed = np.zeros(self.size, dtype=dtype)
        packed[self._weight_of_entry] = weights.ravel()[self._entries]
        return packed

    def unpack_weights(self, packed):
        """Give the dense weight matrix back.

        Parameters
        ----------
        packed : ndarray of shape (size,)
            Weights as `pack_weights` returns them.

        Returns
        -------
        weights : ndarray of shape (n_hidden, n_features + intercept)
            Weights, zero outside the receptive fields.
        """
        dense = np.zeros(self.n_hidden * self._dense_width, dtype=packed.dtype)
        dense[self._entries] = packed[self._weight_of_entry]
        return dense.reshape(self.n_hidden, self._dense_width)

    def random_weights(self, rng, dtype):
        """Draw weights uniformly and give each unit norm one.

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
        dense = np.zeros(self.n_hidden * self._dense_width)
        dense[self._entries] = rng.uniform(-1, 1, size=self.n_weights)
        dense = dense.reshape(self.n_hidden, self._dense_width)
        return self.pack_weights(unit_norm(dense), dtype)


def unit_norm(weights):
    """Divide each row by its norm; a row of zeros stays.

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


def _merge_neighbours(fields):
    """Drop each field that equals the one before; count how often it occurs."""
    kept, counts = [], []
    for field in fields:
        if kept and np.array_equal(kept[-1], field):
            counts[-1] += 1
        else:
            kept.append(field)
            counts.append(1)
    return kept, np.array(counts)


def _starts(lengths):
    return np.concatenate([[0], np.cumsum(lengths)])


def _all_signs(X):
    return all(
        np.all(np.abs(X[start : start + _ROWS]) == 1)
        for start in range(0, len(X), _ROWS)
    )
