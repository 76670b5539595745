"""Committee machines: the majority of the hidden units decides."""

from __future__ import annotations

from typing import Literal

import numpy as np

from skwfm._kernels import channels, training
from skwfm.architectures.base import (
    Architecture,
    disjoint_fields,
    signs,
    tanh_and_slopes,
)
from skwfm.architectures.compiled_channel import run_channel


def _one_more(counts, axis):
    """Shift counts up by one along an axis; the last entry is for that many or more."""
    moved = np.roll(counts, 1, axis)
    first, last = [0 if i == axis else slice(None) for i in range(2)], -1
    moved[tuple(first)] = 0
    first[axis] = last
    moved[tuple(first)] += counts[tuple(first)]
    return moved


class _Committee(Architecture):
    """Majority vote of an odd number of units."""

    _compiled_rule = training.COMMITTEE
    mirror_sign = -1
    is_monotone = True

    def __init__(self, n_hidden: int = 9):
        super().__init__(n_hidden)
        if n_hidden % 2 == 0:
            raise ValueError(
                f"n_hidden={n_hidden} units of a committee can tie: pass an odd "
                f"number, for instance {n_hidden + 1}."
            )

    def output(self, hidden: np.ndarray) -> np.ndarray:
        return np.where(hidden.sum(axis=1) > 0, 1.0, -1.0)

    def decision(self, hidden: np.ndarray) -> np.ndarray:
        return hidden.sum(axis=1) / np.sqrt(self.n_hidden)

    def smooth(
        self, fields: np.ndarray, beta: float, order: Literal[1, 2] = 1
    ) -> tuple[np.ndarray, ...]:
        derivatives = tanh_and_slopes(fields, beta, order)
        root = np.sqrt(self.n_hidden)
        result = (derivatives[0].sum(axis=1) / root, derivatives[1] / root)
        if order == 2:
            curvature = derivatives[2] / root
            result += (curvature[:, :, None] * np.eye(self.n_hidden),)
        return result

    def unit_to_fix(self, fields: np.ndarray, labels: np.ndarray) -> np.ndarray:
        votes_against = signs(fields) != labels[:, None]
        return np.where(votes_against, np.abs(fields), np.inf).argmin(axis=1)

    def channel(
        self, mean: np.ndarray, var: np.ndarray, labels: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return run_channel(channels.committee, mean, var, labels)

    def pair_probability(
        self, joint: np.ndarray, first: np.ndarray, second: np.ndarray
    ) -> np.ndarray:
        # Count the units that are right on the first and on the second pattern, each up
        # to the majority.
        joint = np.where(first > 0, joint, joint[::-1])
        joint = np.where(second > 0, joint, joint[:, ::-1])
        majority = (self.n_hidden + 1) // 2
        counts = np.zeros((majority + 1, majority + 1, joint.shape[-1]))
        counts[0, 0] = 1
        for l in range(self.n_hidden):
            on_first, on_second = _one_more(counts, 0), _one_more(counts, 1)
            on_both = _one_more(on_first, 1)
            counts = joint[0, 0, l] * counts + joint[1, 0, l] * on_first
            counts += joint[0, 1, l] * on_second + joint[1, 1, l] * on_both
        return counts[-1, -1]


class FullCommittee(_Committee):
    """Committee machine whose units all see every input.

    Parameters
    ----------
    n_hidden : int, default=9
        Number of hidden units, odd.

    Examples
    --------
    >>> import numpy as np
    >>> from skwfm.architectures import FullCommittee
    >>> machine = FullCommittee(n_hidden=3)
    >>> machine.output(np.array([[1, 1, -1], [-1, 1, -1]]))
    array([ 1., -1.])
    """

    def receptive_fields(self, n_features: int) -> list[np.ndarray]:
        """Give every unit all inputs.

        Parameters
        ----------
        n_features : int
            Number of inputs.

        Returns
        -------
        receptive_fields : list of n_hidden ndarrays of int
            All indices, n_hidden times.
        """
        return [np.arange(n_features)] * self.n_hidden

    @property
    def theory_name(self) -> str | None:
        """Name in :mod:`skwfm.theory`, which has no full machines of several units.

        Returns
        -------
        theory_name : str or None
            "perceptron" with one unit, else None.
        """
        return "perceptron" if self.n_hidden == 1 else None


class TreeCommittee(_Committee):
    """Committee machine whose units see disjoint parts of the inputs.

    Parameters
    ----------
    n_hidden : int, default=9
        Number of hidden units, odd and at most the number of inputs. The inputs are
        split in their order; the parts' sizes differ by at most one.

    Examples
    --------
    >>> from skwfm.architectures import TreeCommittee
    >>> [len(field) for field in TreeCommittee(n_hidden=3).receptive_fields(8)]
    [3, 3, 2]
    """

    theory_name = "tree"

    def receptive_fields(self, n_features: int) -> list[np.ndarray]:
        """Give each unit its part of the inputs.

        Parameters
        ----------
        n_features : int
            Number of inputs.

        Returns
        -------
        receptive_fields : list of n_hidden ndarrays of int
            Consecutive disjoint ranges.

        Raises
        ------
        ValueError
            If there are fewer inputs than units.
        """
        return disjoint_fields(n_features, self.n_hidden)
