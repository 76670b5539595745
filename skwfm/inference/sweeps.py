"""The loop that every engine runs: sweeps, damping, stopping."""

from dataclasses import dataclass

import numpy as np

# Adaptive damping looks at so many sweeps together: the residual of a stable run is not
# monotone either.
_WINDOW = 6
# When the residual has not fallen over a window, the undamped part of a step is
# multiplied by the first factor; when it has, by the second, up to where it began.
_CAUTION = 0.7
_COURAGE = 1.15
# No more damping than this: a run that needs more is diverging.
_MOST = 0.97
# A residual beyond this is a divergence: weights are of order 1.
_DIVERGED = 1e6


@dataclass(frozen=True)
class Sweep:
    """What a callback is told after each sweep.

    Parameters
    ----------
    n_iter : int
        Sweeps done.
    residual : float
        Largest undamped change of a mean.
    damping : float
        Fraction of the old messages that was kept.
    mean : ndarray of shape (n_weights,)
        Flat means of the weights; a view that the next sweep may change.
    """

    n_iter: int
    residual: float
    damping: float
    mean: np.ndarray


class Damping:
    """Fraction of the old messages to keep, fixed or following the residual.

    Parameters
    ----------
    fixed : float or None
        Damping to keep throughout, or None to adapt.
    start : float
        Damping to begin with when adapting, and the least.

    Raises
    ------
    ValueError
        If the damping is not in [0, 1).
    """

    def __init__(self, fixed, start):
        if fixed is not None and not 0 <= fixed < 1:
            raise ValueError(
                f"damping={fixed!r} is not the fraction of a message to keep: pass a "
                "number in [0, 1), or None to adapt it."
            )
        self.value = start if fixed is None else fixed
        self._least = self.value
        self._adapts = fixed is None
        self._window = []

    def follow(self, residual):
        """Take note of a residual.

        Parameters
        ----------
        residual : float
            Largest undamped change of a mean in the last sweep.
        """
        self._window.append(residual)
        if not self._adapts or len(self._window) < 2 * _WINDOW:
            return
        before, now = np.log(np.reshape(self._window, (2, _WINDOW)) + 1e-300).mean(1)
        undamped = (1 - self.value) * (_CAUTION if now >= before else _COURAGE)
        self.value = min(max(1 - undamped, self._least), _MOST)
        self._window = self._window[_WINDOW:]


def run_sweeps(engine, *, damping, tol, max_sweeps, callback=None):
    """Sweep until the means stand still.

    Parameters
    ----------
    engine : object
        With a method `sweep(damping)` that returns the residual, and `mean`.
    damping : Damping
        Fraction of the old messages to keep.
    tol : float
        Residual below which the run has converged.
    max_sweeps : int
        Most sweeps.
    callback : callable, default=None
        Called with a `Sweep` after each; a true answer stops the run.

    Returns
    -------
    status : str
        See `Posterior`.
    residuals : list of float
        Residual of each sweep.
    """
    residuals = []
    try:
        for n_iter in range(1, max_sweeps + 1):
            kept = damping.value
            try:
                residual = float(engine.sweep(kept))
            except FloatingPointError:
                return "diverged", residuals
            residuals.append(residual)
            if not residual < _DIVERGED:
                return "diverged", residuals
            wants_stop = callback is not None and callback(
                Sweep(n_iter, residual, kept, engine.mean)
            )
            if residual < tol:
                return "converged", residuals
            if wants_stop:
                return "stopped", residuals
            damping.follow(residual)
    except KeyboardInterrupt:
        return "interrupted", residuals
    return "max_sweeps", residuals
