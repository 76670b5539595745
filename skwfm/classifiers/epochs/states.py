"""The states that the epochs of an algorithm yield, checked as they come."""

from collections.abc import Generator
from numbers import Real

import numpy as np

from skwfm._shown import shown
from skwfm.classifiers.solution import Epoch


class States:
    """The states of a run, one after the other.

    What a plugin may get wrong is told by an error that names its class. The shape of
    weights is looked at again only when they are in another array than before.

    Parameters
    ----------
    epochs : generator
        What `_epochs` returned.
    layout : Layout
        Receptive fields of the machine.
    origin : str
        Class and method that returned the generator.

    Attributes
    ----------
    weights : ndarray of shape (layout.size,) or None
        Those of the latest state; None before the first.

    Raises
    ------
    TypeError
        If it is no generator, or from `next` if it yields anything but a proper
        `Epoch`.
    ValueError
        From `next`, if it yields nothing at all, or weights that are not packed
        or whose padding is not zero.
    """

    def __init__(self, epochs, layout, origin):
        if not isinstance(epochs, Generator):
            raise TypeError(
                f"{origin} returned an object of type {type(epochs).__name__}: make it "
                "a generator, with `yield Epoch(weights)` before the first epoch and "
                "after each one."
            )
        self._epochs, self._layout, self._origin = epochs, layout, origin
        self._padding = np.setdiff1d(np.arange(layout.size), layout.places)
        self.weights = None

    def __iter__(self):
        return self

    def __next__(self):
        try:
            state = next(self._epochs)
        except StopIteration as end:
            self._check_end(end.value)
            raise
        if not isinstance(state, Epoch):
            raise TypeError(
                f"{self._origin} yielded an object of type {type(state).__name__}: "
                "yield a skwfm.classifiers.Epoch(weights, loss, finished), with packed "
                "weights."
            )
        if state.weights is not self.weights:
            self._check_weights(state.weights)
            self.weights = state.weights
        if self.weights[self._padding].any():
            # Loops over bits would take it for weights.
            raise ValueError(
                f"{self._origin} yielded packed weights whose padding is not zero: "
                "change only weights[layout.places], where layout=problem.layout, or "
                "pack new ones by layout.pack_weights(dense, problem.dtype)."
            )
        is_bool = isinstance(state.finished, _BOOL) and isinstance(state.settled, _BOOL)
        if not (is_bool and isinstance(state.loss, Real)):
            self._check_facts(state)
        return state

    def close(self):
        """End the generator."""
        self._epochs.close()

    def _check_end(self, reason):
        if self.weights is None:
            raise ValueError(
                f"{self._origin} yielded nothing: yield Epoch(weights) before the "
                "first epoch, and another Epoch after each one."
            ) from None
        if not (reason is None or isinstance(reason, str)):
            raise TypeError(
                f"{self._origin} returned {shown(reason)}: return a sentence with "
                "advice where it cannot go on, or nothing."
            ) from None

    def _check_weights(self, weights):
        if not isinstance(weights, np.ndarray):
            raise TypeError(
                f"{self._origin} yielded an Epoch with weights of type "
                f"{type(weights).__name__}: {_REMEDY}."
            )
        if weights.shape != (self._layout.size,) or weights.dtype.kind not in "iuf":
            raise ValueError(
                f"{self._origin} yielded an Epoch with weights of shape "
                f"{weights.shape} and dtype {weights.dtype}; they must be packed, real "
                f"numbers of shape {(self._layout.size,)}: {_REMEDY}."
            )

    def _check_facts(self, state):
        if not (isinstance(state.loss, Real) or _is_number(state.loss)):
            raise TypeError(
                f"{self._origin} yielded an Epoch with loss={shown(state.loss)}: pass "
                "a number, or leave it out."
            )
        for name in ("finished", "settled"):
            value = getattr(state, name)
            if not isinstance(value, _BOOL):
                raise TypeError(
                    f"{self._origin} yielded an Epoch with {name}={shown(value)}: pass "
                    "a bool."
                )


_BOOL = (bool, np.bool_)
_REMEDY = "pass layout.pack_weights(dense, problem.dtype), where layout=problem.layout"


def _is_number(value):
    """Whether it is a real number in an array without axes."""
    return (
        isinstance(value, np.ndarray) and not value.ndim and value.dtype.kind in "iuf"
    )
