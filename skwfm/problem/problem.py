"""A machine on patterns: training, likelihood factors and measures work on it."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy.sparse import issparse

from skwfm._kernels import training
from skwfm.architectures import Architecture, Layout
from skwfm.architectures.base import signs
from skwfm.problem import passes
from skwfm.problem.blocks import Block
from skwfm.problem.intercepts import checked_constant
from skwfm.problem.products import SignProducts, products_of
from skwfm.problem.rates import is_automatic

# Patterns whose errors are counted before it is seen whether they are too many already.
_COUNTED = 1024


@dataclass(frozen=True, eq=False)
class Problem:
    """A machine, and the patterns that it is to learn or has learned.

    Parameters
    ----------
    inputs : ndarray or csr_array of shape (n_samples, n_features)
        Inputs, of a real dtype; of an integer dtype if all are +-1.
    labels : ndarray of shape (n_samples,)
        Labels, +-1.
    architecture : Architecture
        The machine.
    fit_intercept : bool
        Whether each unit has a further weight, on a constant input.
    intercept_scaling : float or ndarray of shape (n_hidden,), default=1.0
        The constant input, for each unit if they differ.
    sample_weight : ndarray of shape (n_samples,) or None, default=None
        Positive weights of the patterns; None if all count alike.
    """

    inputs: np.ndarray
    labels: np.ndarray
    architecture: Architecture
    fit_intercept: bool
    intercept_scaling: float | np.ndarray = 1.0
    sample_weight: np.ndarray | None = None

    @cached_property
    def layout(self) -> Layout:
        """How inputs and weights lie in memory, a `Layout`."""
        constant = checked_constant(self.intercept_scaling, self.architecture.n_hidden)
        n_features = self.inputs.shape[1]
        return Layout(self.architecture, n_features, self.fit_intercept, constant)

    def __post_init__(self):
        object.__setattr__(self, "_forms", {})

    def _form(self, name, make):
        """Inputs in some form, made once for all that share them."""
        if name not in self._forms:
            self._forms[name] = make()
        return self._forms[name]

    @property
    def is_binary(self) -> bool:
        """Whether all inputs that units see are +-1, the constant one included."""
        return isinstance(self.products, SignProducts)

    @property
    def packed_inputs(self) -> np.ndarray:
        """Inputs as the compiled loops read them; see `Layout.pack_inputs`."""
        return self._form("packed", lambda: self.layout.pack_inputs(self.inputs))

    @property
    def products(self) -> object:
        """Products of the inputs with flat weights; see `skwfm.problem.products`."""
        return self._form("products", lambda: products_of(self))

    @property
    def blocks(self) -> list[Block]:
        """Inputs in float64 by receptive field, a list of `Block`."""
        return self._form("blocks", self._blocks)

    def _blocks(self):
        counts, lengths = self.layout.groups[:, 4], self.layout.groups[:, 1]
        units, entries = (
            [slice(*pair) for pair in pairwise([0, *np.cumsum(sizes).tolist()])]
            for sizes in (counts, counts * lengths)
        )
        inputs = [self.layout.group_inputs(self.inputs, g) for g in range(len(units))]
        return list(map(Block, inputs, units, entries))

    @property
    def n_samples(self) -> int:
        """Number of patterns M."""
        return len(self.labels)

    @property
    def total_weight(self) -> float:
        """Sum of the patterns' weights; their number if all count alike."""
        weight = self.sample_weight
        return self.n_samples if weight is None else float(weight.sum())

    @cached_property
    def relative_weight(self) -> np.ndarray | None:
        """Weights of the patterns over their mean, as training by steps takes them.

        Learning rates then mean the same whatever the weights add up to.
        """
        if self.sample_weight is None:
            return None
        mean = self.total_weight / self.n_samples
        return (self.sample_weight / mean).astype(self.dtype)

    @property
    def dtype(self) -> np.dtype:
        """Dtype of weights in training: that of the inputs, float64 for integers."""
        dtype = self.inputs.dtype
        return dtype if dtype.kind == "f" else np.dtype(np.float64)

    @property
    def rule(self) -> int | None:
        """Number of the output rule in the compiled loops; None if it is in Python."""
        # Next to passes over many sparse columns, loops in Python take no time.
        rule = getattr(self.architecture, "_compiled_rule", None)
        return None if issparse(self.inputs) else rule

    def with_labels(self, labels: np.ndarray) -> Problem:
        """Return the same machine on the same inputs with other labels.

        Parameters
        ----------
        labels : ndarray of shape (n_samples,)
            Labels, or real targets.

        Returns
        -------
        problem : Problem
            A new problem, which shares the inputs in all their forms.
        """
        other = copy(self)
        object.__setattr__(other, "labels", labels)
        return other

    def unlabelled(self) -> Problem:
        """Return the same machine on the same inputs, which it is to answer.

        Returns
        -------
        problem : Problem
            A new problem, all whose labels are 1 and count alike.
        """
        other = self.with_labels(np.ones(self.n_samples))
        vars(other).pop("relative_weight", None)
        object.__setattr__(other, "sample_weight", None)
        return other

    def subset(self, rows: np.ndarray) -> Problem:
        """Give some of the patterns to the same machine.

        Parameters
        ----------
        rows : ndarray of int
            The patterns.

        Returns
        -------
        problem : Problem
            A new one.
        """
        machine = self.architecture, self.fit_intercept, self.intercept_scaling
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        return Problem(self.inputs[rows], self.labels[rows], *machine, weight)

    def learning_rate(
        self, eta: float | Literal["auto"], reach: float, highest: float
    ) -> float:
        """Return the given learning rate, or for "auto" one that scales as published.

        An update changes a unit's field by about eta times the number of inputs that
        the unit sees, at weights of norm one. The published rates keep that product.

        Parameters
        ----------
        eta : float or "auto"
            The user's choice.
        reach : float
            Product of the rate and the number of inputs per unit.
        highest : float
            Largest rate, for units of few inputs.

        Returns
        -------
        eta : float
            The rate.

        Raises
        ------
        ValueError
            If `eta` is neither "auto" nor a positive finite number.
        """
        if is_automatic(eta):
            return min(highest, reach * self.layout.n_hidden / self.layout.n_weights)
        return eta

    def fields(self, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Compute the fields (preactivations) of some patterns.

        Parameters
        ----------
        weights : ndarray of shape (layout.size,)
            Packed weights.
        rows : ndarray of int64
            The patterns.

        Returns
        -------
        fields : ndarray of shape (len(rows), n_hidden)
            Fields.
        """
        out = np.empty((len(rows), self.layout.n_hidden), dtype=self.dtype)
        passes.fields(self.packed_inputs, rows, weights, self.layout.groups, out)
        return out

    def answers(self, fields: np.ndarray) -> np.ndarray:
        """Return the machine's answers.

        Parameters
        ----------
        fields : ndarray of shape (n, n_hidden)
            Fields of the units, of any scale.

        Returns
        -------
        answers : ndarray of shape (n,)
            Answers, +-1.
        """
        return self.architecture.output(signs(fields))

    def wrong(
        self, fields: np.ndarray, rows: np.ndarray | slice = slice(None)
    ) -> np.ndarray:
        """Return which patterns the machine answers wrongly.

        Parameters
        ----------
        fields : ndarray of shape (len(rows), n_hidden)
            Fields.
        rows : ndarray of int64, default=all
            The patterns.

        Returns
        -------
        wrong : ndarray of shape (len(rows),) of bool
            True where the answer differs from the label.
        """
        return self.answers(fields) != self.labels[rows]

    def has_errors(self, weights: np.ndarray) -> bool:
        """Return whether any pattern is wrong; the search stops at the first.

        Parameters
        ----------
        weights : ndarray of shape (layout.size,)
            Packed weights.

        Returns
        -------
        has_errors : bool
            Whether there is a training error.
        """
        return self._count(weights, np.arange(self.n_samples), stop_at_first=True) > 0

    def count_errors(self, weights: np.ndarray, at_most: float = np.inf) -> float:
        """Count the wrong patterns by weight, as long as there are not too many.

        Parameters
        ----------
        weights : ndarray of shape (layout.size,)
            Packed weights.
        at_most : float, default=inf
            Counting stops soon after this number is exceeded.

        Returns
        -------
        n_errors : int or float
            Total weight of the wrong patterns, their number if all count alike, if that
            is at most `at_most`; else any number above.
        """
        weights = np.ascontiguousarray(weights, dtype=self.dtype)
        rows, n_wrong = np.arange(self.n_samples), 0
        for start in range(0, self.n_samples, _COUNTED):
            n_wrong += self._count(weights, rows[start : start + _COUNTED])
            if n_wrong > at_most:
                break
        return n_wrong

    def _count(self, weights, rows, stop_at_first=False):
        is_weighted = self.sample_weight is not None and not stop_at_first
        if self.rule is None or is_weighted:
            wrong = self.wrong(self.fields(weights, rows), rows)
            if is_weighted:
                return float(self.sample_weight[rows[wrong]].sum())
            return int(wrong.sum())
        scratch = np.empty((training.SEARCH, self.layout.n_hidden), dtype=self.dtype)
        # Those of a fitted model on float32 inputs come in float64.
        labels = self.labels.astype(self.dtype, copy=False)
        return training.count_errors(
            self.packed_inputs, labels, weights, self.layout.groups,
            self.rule, rows, scratch, stop_at_first=stop_at_first,
        )  # fmt: skip
