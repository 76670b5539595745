"""The loop that every engine runs: sweeps, damping, stopping."""

from dataclasses import dataclass

import numpy as np

# Adaptive damping looks at so many sweeps together.
_WINDOW = 4
# Steps that undo each other (cosine of successive steps below the first number) call
# for damping, steps that follow each other (above the second) for less.
_OSCILLATING, _CREEPING = -0.2, 0.2
# What the undamped part of a step is multiplied by then.
_CAUTION, _COURAGE = 0.7, 1.15
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
    """Fraction of the old messages to keep, fixed or following the steps.

    Parameters
    ----------
    fixed : float or None
        Damping to keep throughout, or None to adapt.
    start : float
        Damping to begin with when adapting.
    engine : object, default=None
        The engine, whose `mean` is compared from sweep to sweep; needed to adapt.

    Raises
    ------
    ValueError
        If the damping is not in [0, 1).
    """

    def __init__(self, fixed, start, engine=None):
        if fixed is not None and not 0 <= fixed < 1:
            raise ValueError(
                f"damping={fixed!r} is not the fraction of a message to keep: pass a "
                "number in [0, 1), or None to adapt it."
            )
        self.value = start if fixed is None else fixed
        self._engine = engine if fixed is None else None
        self._mean = self._step = None
        self._cosines = []

    def follow(self, residual):
        """Take note of a sweep.

        Parameters
        ----------
        residual : float
            Its residual, which other rules of damping go by; this one compares the
            directions of successive steps.
        """
        if self._engine is None:
            return
        mean = self._engine.mean
        if self._mean is not None:
            step = mean - self._mean
            if self._step is not None:
                norms = np.linalg.norm(step) * np.linalg.norm(self._step)
                self._cosines.append(np.vdot(step, self._step) / (norms or 1.0))
            self._step = step
        self._mean = mean.copy()
        if len(self._cosines) == _WINDOW:
            self._adapt(np.mean(self._cosines))
            self._cosines = []

    def _adapt(self, cosine):
        undamped = 1 - self.value
        if cosine < _OSCILLATING:
            undamped *= _CAUTION
        elif cosine > _CREEPING:
            undamped *= _COURAGE
        self.value = min(max(1 - undamped, 0.0), _MOST)


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
