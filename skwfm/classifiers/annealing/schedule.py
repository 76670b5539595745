"""Temperature and coupling along an annealing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# First inverse temperature, times the root mean square change of energy by a flip of
# random weights; and the last, in units of the mean weight of a pattern. Chosen on
# three instances of the binary perceptron, 400 and 500 weights, alpha = 0.5 and 0.6.
_FIRST = {"errors": 1.0, "cross_entropy": 1.0, "local_entropy": 2.0}
_LAST = {"errors": 10.0, "cross_entropy": 30.0, "local_entropy": 2.0}


class Schedule(NamedTuple):
    """Inverse temperature and coupling, from their first value to their last.

    Parameters
    ----------
    betas : tuple of float
        First and last inverse temperature.
    couplings : tuple of float
        First and last coupling of a pair of replicas.
    n_steps : int
        Sweeps, of which the last has the last values.
    is_linear : bool
        Whether the inverse temperature grows linearly; else geometrically.
    """

    betas: tuple[float, float]
    couplings: tuple[float, float]
    n_steps: int
    is_linear: bool

    def at(self, step):
        """Give the values of one sweep.

        Parameters
        ----------
        step : int
            Number of sweeps before.

        Returns
        -------
        beta, coupling : float
            Inverse temperature, and coupling of a pair.
        """
        part = min(step / max(self.n_steps - 1, 1), 1.0)
        if self.is_linear:
            beta = self.betas[0] + part * (self.betas[1] - self.betas[0])
        else:
            beta = _between(*self.betas, part)
        return beta, _between(*self.couplings, part)


def _between(first, last, part):
    return float(first ** (1 - part) * last**part)


def automatic_betas(energy, changes, importance):
    """Choose inverse temperatures that fit the scale of an energy.

    Parameters
    ----------
    energy : {"errors", "cross_entropy", "local_entropy"}
        The energy.
    changes : ndarray of shape (n_weights,)
        Changes of energy by single flips of random weights.
    importance : float
        Mean weight of the patterns.

    Returns
    -------
    first, last : float
        Inverse temperatures, the last at least as large as the first.
    """
    size = float(np.sqrt(np.mean(changes**2))) or importance
    last = _LAST[energy] / importance
    return min(_FIRST[energy] / size, last), last
