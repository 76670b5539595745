"""What a training algorithm is given and what it gives back."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from skwfm._kernels import training
from skwfm.architectures import Architecture, Layout


@dataclass(frozen=True)
class Problem:
    """Patterns to learn and the machine that shall learn them.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        Inputs, float32 or float64.
    labels : ndarray of shape (n_samples,)
        Labels, +-1, of the dtype of the inputs.
    architecture : Architecture
        The machine.
    fit_intercept : bool
        Whether each unit has one more weight, on a constant input of 1.
    """

    inputs: np.ndarray
    labels: np.ndarray
    architecture: Architecture
    fit_intercept: bool

    @cached_property
    def layout(self):
        """Packed form of inputs and weights.

        Returns
        -------
        layout : Layout
            How they lie in memory.
        """
        return Layout(self.architecture, self.inputs.shape[1], self.fit_intercept)

    @cached_property
    def packed_inputs(self):
        """The inputs as the compiled loops read them.

        Returns
        -------
        packed_inputs : ndarray of shape (n_samples, n_columns)
            Bits if all inputs are +-1, else numbers; see `Layout.pack_inputs`.
        """
        return self.layout.pack_inputs(np.ascontiguousarray(self.inputs))

    @property
    def dtype(self):
        """Dtype of inputs and weights.

        Returns
        -------
        dtype : dtype
            Either float32 or float64.
        """
        return self.inputs.dtype

    @property
    def rule(self):
        """Compiled output rule, or None for an architecture written in Python.

        Returns
        -------
        rule : int or None
            Number of the rule in the compiled loops.
        """
        return getattr(self.architecture, "_compiled_rule", None)

    def learning_rate(self, eta, reach, highest):
        """Choose the rate that the literature would, or take the one given.

        An update moves a unit's preactivation by about eta times the inputs that the
        unit sees, against weights of norm one. The published rates keep that product.

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
        """
        if eta != "auto":
            return eta
        return min(highest, reach * self.layout.n_hidden / self.layout.n_weights)

    def fields(self, weights, rows):
        """Compute the preactivations of some samples.

        Parameters
        ----------
        weights : ndarray of shape (layout.size,)
            Packed weights.
        rows : ndarray of int64
            The samples.

        Returns
        -------
        fields : ndarray of shape (len(rows), n_hidden)
            Preactivations.
        """
        out = np.empty((len(rows), self.layout.n_hidden), dtype=self.dtype)
        training.fields(self.packed_inputs, rows, weights, self.layout.groups, out)
        return out

    def wrong(self, fields, rows):
        """Tell which samples the machine answers wrongly.

        Parameters
        ----------
        fields : ndarray of shape (len(rows), n_hidden)
            Preactivations.
        rows : ndarray of int64
            The samples.

        Returns
        -------
        wrong : ndarray of shape (len(rows),) of bool
            True where the answer is not the label.
        """
        hidden = np.where(fields >= 0, 1.0, -1.0)
        return self.architecture.output(hidden) != self.labels[rows]

    def has_errors(self, weights):
        """Tell whether any pattern is wrong, stopping at the first.

        Parameters
        ----------
        weights : ndarray of shape (layout.size,)
            Packed weights.

        Returns
        -------
        has_errors : bool
            Whether there is a training error.
        """
        rows = np.arange(len(self.labels))
        if self.rule is None:
            return bool(self.wrong(self.fields(weights, rows), rows).any())
        scratch = np.empty((training.SEARCH, self.layout.n_hidden), dtype=self.dtype)
        return bool(
            training.count_errors(
                self.packed_inputs, self.labels, weights, self.layout.groups,
                self.rule, rows, scratch, stop_at_first=True,
            )
        )  # fmt: skip


@dataclass(frozen=True)
class Epoch:
    """State of an iterative algorithm after an epoch.

    Parameters
    ----------
    weights : ndarray of shape (layout.size,)
        Packed weights, updated in place by the epochs to come.
    loss : float
        What the algorithm lowers: training errors met, or summed cross-entropy.
    finished : bool
        Whether the stopping rule of the algorithm holds.
    """

    weights: np.ndarray
    loss: float = np.nan
    finished: bool = False


# What a fit says of itself, with the advice that goes into the warning.
ADVICE = {
    "converged": "",
    "max_iter": (
        "The training stopped at max_iter={max_iter} before its stopping rule held, "
        "with {n_errors} training errors: raise max_iter, change the learning rate "
        "eta, or add hidden units if the patterns cannot be separated."
    ),
    "errors_left": (
        "The stopping rule held with {n_errors} training errors left: slow the "
        "schedule down, start again with another random_state, or add hidden units if "
        "the patterns cannot be separated."
    ),
    "interrupted": (
        "The training was interrupted after {n_iter} epochs, with {n_errors} training "
        "errors; the weights reached so far are kept."
    ),
    "stopped": "",
}


@dataclass(frozen=True)
class Solution:
    """What a training algorithm found.

    Parameters
    ----------
    weights : ndarray of shape (n_hidden, n_features + fit_intercept)
        Weights of each unit, the intercept last; each row is normalised afterwards.
    n_iter : int
        Epochs done.
    converged : bool
        Whether the stopping rule of the algorithm held.
    status : str, default="converged"
        One of "converged", "max_iter", "errors_left", "interrupted", "stopped" (by a
        callback) or a sentence with advice of your own.
    history : list of float, default=[]
        Loss after each epoch.
    """

    weights: np.ndarray
    n_iter: int
    converged: bool
    status: str = "converged"
    history: list = field(default_factory=list)
