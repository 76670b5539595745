"""What a training algorithm gives back, and what a fit says of itself."""

from dataclasses import dataclass, field

import numpy as np


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
