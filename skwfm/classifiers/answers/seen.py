"""Patterns that training in parts has seen, of which some are remembered.

After each part the noise of the answers changes, with the weights. It is fitted when a
probability is asked for, to a sample of all patterns, and not to the last part alone.
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import pairwise

import numpy as np
from scipy.sparse import issparse, vstack

from skwfm.classifiers.answers.calibration import (
    MOST_PATTERNS,
    AnswerNoise,
)

# Numbers in the inputs that are kept, at most, and patterns that are kept all the same.
_MOST_NUMBERS, _FEWEST_PATTERNS = 4_000_000, 100
# Patterns hashed at once, where inputs are unpacked for it.
_ROWS = 1024


class SeenPatterns:
    """A random sample of the distinct patterns seen so far, with how often they came.

    Those with the smallest hash values are kept. Which they are does not depend on
    order, parts or repetitions, and one that is kept has been kept since it first came,
    so that its weight is known exactly.

    Parameters
    ----------
    row_size : int
        Numbers in the inputs of a pattern: all, or of sparse ones those stored.

    Attributes
    ----------
    inputs : ndarray or csr_array of shape (n_kept, n_features)
        Inputs.
    labels : ndarray of shape (n_kept,)
        Labels.
    weight : ndarray of shape (n_kept,)
        Sum of their relative weights, over all times that they came.
    """

    def __init__(self, row_size):
        most = max(_FEWEST_PATTERNS, _MOST_NUMBERS // row_size)
        self._most = min(MOST_PATTERNS, most)
        self._keys = np.empty(0, dtype=np.uint64)

    def add(self, X, y, weight):
        """Remember patterns.

        Parameters
        ----------
        X : ndarray, PackedSigns or csr_array of shape (n_samples, n_features)
            Inputs.
        y : ndarray of shape (n_samples,)
            Labels.
        weight : ndarray of shape (n_samples,) or None
            Their weights, relative to each other.
        """
        weight = np.ones(len(y)) if weight is None else weight / weight.mean()
        keys, first, which = np.unique(
            _hashes(X, y), return_index=True, return_inverse=True
        )
        weight = np.bincount(which, weight)
        is_old = np.isin(keys, self._keys)
        if is_old.any():
            np.add.at(
                self.weight, np.searchsorted(self._keys, keys[is_old]), weight[is_old]
            )
        keys, first, weight = (part[~is_old] for part in (keys, first, weight))
        chosen = np.arange(len(keys))[: self._most]  # keys are sorted
        inputs = X[first[chosen]]
        inputs = inputs if issparse(inputs) else np.asarray(inputs)
        self._merge(keys[chosen], inputs, y[first[chosen]], weight[chosen])

    def _merge(self, keys, inputs, labels, weight):
        if len(self._keys):
            keys = np.concatenate([self._keys, keys])
            inputs = _below(self.inputs, inputs)
            labels = np.concatenate([self.labels, labels])
            weight = np.concatenate([self.weight, weight])
        kept = np.argsort(keys)[: self._most]
        self._keys, self.inputs = keys[kept], inputs[kept]
        self.labels, self.weight = labels[kept], weight[kept]


class LateNoise:
    """Noise that is fitted when it is asked for.

    Parameters
    ----------
    seen : SeenPatterns
        The patterns to fit it to.
    name : object, default=None
        The class that the machine tells from all others; None for two classes.
    """

    def __init__(self, seen: SeenPatterns, name: object = None):
        self.seen = seen
        self._name = name
        self._found = None

    def fitted(self, model) -> AnswerNoise | None:
        """Give the noise of a machine, fitted at the first call.

        Parameters
        ----------
        model : classifier
            The machine, for two classes, as the last part left it.

        Returns
        -------
        noise : AnswerNoise or None
            None if the machine has no channel.
        """
        if self._found is None:
            seen = self.seen
            y = seen.labels if self._name is None else seen.labels == self._name
            problem = model._problem(seen.inputs, y, seen.weight)
            self._found = model._find_noise(problem, None)
        return self._found


def _below(first, second):
    if issparse(first) or issparse(second):
        return vstack([first, second], format="csr")
    return np.concatenate([first, second])


def _hashes(X, y):
    names = [str(label).encode() for label in y.tolist()]
    return _sparse_hashes(X, names) if issparse(X) else _dense_hashes(X, names)


def _sparse_hashes(X, names):
    columns = X.indices.astype(np.int64)  # whatever the size of the part allows
    rows = (
        columns[start:end].tobytes() + X.data[start:end].tobytes()
        for start, end in pairwise(X.indptr.tolist())
    )
    return _keys(rows, names)


def _dense_hashes(X, names):
    blocks = (X[start : start + _ROWS] for start in range(0, len(names), _ROWS))
    rows = (row.tobytes() for block in blocks for row in np.ascontiguousarray(block))
    return _keys(rows, names)


def _keys(rows, names):
    digests = (
        blake2b(row + name, digest_size=8).digest()
        for row, name in zip(rows, names, strict=True)
    )
    return np.array([int.from_bytes(digest) for digest in digests], dtype=np.uint64)
