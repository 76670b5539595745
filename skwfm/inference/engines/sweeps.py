"""The loop that every engine runs: sweep, report, adapt the damping, stop."""

from dataclasses import dataclass

import numpy as np

# A residual above this is a divergence: weights are of order 1.
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


def run_sweeps(engine, *, damping, tol, max_sweeps, callback=None):
    """Sweep until the means no longer change.

    Parameters
    ----------
    engine : Engine
        Its `sweep(damping)` returns the residual, its `weights()` the marginals.
    damping : FixedDamping, StepDamping or ResidualDamping
        Fraction of the old messages to keep.
    tol : float
        Residual below which the run has converged.
    max_sweeps : int
        Most sweeps.
    callback : callable, default=None
        Called with a `Sweep` after each; a true return value stops the run.

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
                Sweep(n_iter, residual, kept, engine.weights()[0])
            )
            if residual < tol:
                return "converged", residuals
            if wants_stop:
                return "stopped", residuals
            damping.follow(residual, engine)
    except KeyboardInterrupt:
        return "interrupted", residuals
    return "max_sweeps", residuals
