"""Parity machine: the product of the hidden units decides."""

from __future__ import annotations

from typing import Literal

import numpy as np

from skwfm._kernels import channels, training
from skwfm.architectures.base import Architecture, disjoint_fields, tanh_and_slopes
from skwfm.architectures.compiled_channel import run_channel


def _product_of_others(factors):
    """Product over the other columns, without division, as entries may be zero."""
    ones = np.ones((len(factors), 1))
    before = np.cumprod(np.hstack([ones, factors[:, :-1]]), axis=1)
    after = np.cumprod(np.hstack([ones, factors[:, :0:-1]]), axis=1)[:, ::-1]
    return before * after


class TreeParity(Architecture):
    """Parity machine on disjoint parts of the inputs.

    The answer is the product of the units' signs. Such machines have hardly any wide
    flat minima and serve as the control of a comparison.

    Parameters
    ----------
    n_hidden : int, default=9
        Number of hidden units, at most the number of inputs.

    Examples
    --------
    >>> import numpy as np
    >>> from skwfm.architectures import TreeParity
    >>> TreeParity(n_hidden=3).output(np.array([[1, 1, -1], [-1, 1, -1]]))
    array([-1.,  1.])
    """

    _compiled_rule = training.PARITY
    theory_name = "parity"

    @property
    def mirror_sign(self) -> int:
        """Factor of the answer when all hidden units change sign.

        Returns
        -------
        mirror_sign : {1, -1}
            The sign ``(-1)**n_hidden``.
        """
        return (-1) ** self.n_hidden

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

    def output(self, hidden: np.ndarray) -> np.ndarray:
        return np.prod(hidden, axis=1, dtype=float)

    def smooth(
        self, fields: np.ndarray, beta: float, order: Literal[1, 2] = 1
    ) -> tuple[np.ndarray, ...]:
        derivatives = tanh_and_slopes(fields, beta, order)
        value, slope = derivatives[:2]
        result = (value.prod(axis=1), slope * _product_of_others(value))
        if order == 2:
            result += (self._curvature(*derivatives),)
        return result

    def _curvature(self, value, slope, curvature):
        hessian = np.empty((*value.shape, self.n_hidden))
        for l in range(self.n_hidden):
            factors = value.copy()
            factors[:, l] = slope[:, l]
            hessian[:, l] = slope * _product_of_others(factors)
            factors[:, l] = curvature[:, l]
            hessian[:, l, l] = factors.prod(axis=1)
        return hessian

    def unit_to_fix(self, fields: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return np.abs(fields).argmin(axis=1)

    def channel(
        self, mean: np.ndarray, var: np.ndarray, labels: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return run_channel(channels.parity, mean, var, labels)

    def pair_probability(
        self, joint: np.ndarray, first: np.ndarray, second: np.ndarray
    ) -> np.ndarray:
        sign = np.array([-1.0, 1.0])[:, None, None]
        on_first = np.sum(sign * joint.sum(axis=1), axis=0).prod(axis=0)
        on_second = np.sum(sign * joint.sum(axis=0), axis=0).prod(axis=0)
        equal = joint[0, 0] + joint[1, 1] - joint[0, 1] - joint[1, 0]
        on_both = first * second * equal.prod(axis=0)
        return np.maximum(1 + first * on_first + second * on_second + on_both, 0) / 4
