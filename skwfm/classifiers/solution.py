"""What a training algorithm returns, how it is checked, and what a fit reports."""

import re
from dataclasses import dataclass, field
from numbers import Integral

import numpy as np

from skwfm._shown import shown


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
    settled : bool, default=True
        Whether the weights are what the algorithm has learned so far. The mean of
        replicas far apart is not: nothing that waits for progress counts such epochs.
    """

    weights: np.ndarray
    loss: float = np.nan
    finished: bool = False
    settled: bool = True


# What a fit reports, with the advice that goes into the warning.
ADVICE = {
    "converged": "",
    "max_iter": (
        "The training stopped at max_iter={max_iter} before its stopping rule held, "
        "with {n_errors} training errors: raise max_iter, or add hidden units if "
        "the patterns cannot be separated{or_rate}."
    ),
    "errors_left": (
        "The stopping rule held with {n_errors} training errors left: slow the "
        "schedule down, start again with another random_state, or add hidden units if "
        "the patterns cannot be separated. Where no machine separates them, stop by "
        "held-out samples (early_stopping=True in LAL, eLAL and ceSGD)."
    ),
    "interrupted": (
        "The training was interrupted after {n_iter} epochs, with {n_errors} training "
        "errors; the best weights so far are kept."
    ),
    "stopped": "",
    "early_stopped": "",
    # Errors are what the noise is for.
    "noisy": "",
}
# In place of that of "max_iter" where the second half of the epochs brought nothing.
NO_PROGRESS = (
    "The training stopped at max_iter={{max_iter}} with {{n_errors}} training errors, "
    "as few as after {epoch} epochs: more epochs will hardly help. Add hidden "
    "units{{or_rate}}; where no machine separates the patterns, set "
    "early_stopping=True to keep the weights that are best on held-out samples."
)


@dataclass(frozen=True)
class Solution:
    """What a training algorithm found.

    Parameters
    ----------
    weights : ndarray of shape (n_hidden, n_features + fit_intercept)
        Weights of each unit, the intercept last, zero outside its receptive field.
        Each row is normalised afterwards.
    n_iter : int
        Epochs done.
    converged : bool
        Whether the stopping rule of the algorithm held.
    status : str, default="converged"
        One of "converged", "max_iter", "errors_left", "early_stopped", "interrupted",
        "stopped" (by a callback) or a sentence with advice of your own.
        In it and in `advice` a parameter's name in braces stands for its value.
    history : list of float, default=[]
        Loss after each epoch.
    advice : str, default=""
        What the warning says, in place of the advice that goes with the status.
    """

    weights: np.ndarray
    n_iter: int
    converged: bool
    status: str = "converged"
    history: list = field(default_factory=list)
    advice: str = ""


def filled_in(advice, facts):
    """Put facts into advice; whatever else stands in braces is left as it is.

    Parameters
    ----------
    advice : str
        With names of facts in braces.
    facts : dict
        By name: parameters of the classifier, and what the fit found.

    Returns
    -------
    advice : str
        For the user.
    """
    has_rate = "eta" in facts
    facts = {**facts, "or_rate": ", or change the learning rate eta" * has_rate}

    def fact(match):
        text, name, is_shown = match[0], match[1], match[2]
        if name not in facts:
            return text
        return repr(facts[name]) if is_shown else str(facts[name])

    return re.sub(r"\{(\w+)(!r)?\}", fact, advice)


def check_solution(solution, origin):
    """Check that an algorithm returned a solution; its weights are checked apart.

    Parameters
    ----------
    solution : object
        What the algorithm returned.
    origin : str
        Class and method that returned it.

    Raises
    ------
    TypeError
        If it is not a `Solution`, or a field is of the wrong type.
    """
    if not isinstance(solution, Solution):
        raise TypeError(
            f"{origin} returned an object of type {type(solution).__name__}: return a "
            "skwfm.classifiers.Solution(weights, n_iter, converged)."
        )
    for name, kinds, wanted in [
        ("n_iter", Integral, "an int, the number of epochs done"),
        ("converged", (bool, np.bool_), "a bool"),
        ("status", str, "a str"),
        ("advice", str, "a sentence"),
    ]:
        value = getattr(solution, name)
        if not isinstance(value, kinds) or (kinds is Integral and value is True):
            raise TypeError(
                f"{origin} returned a Solution with {name}={shown(value)}: pass "
                f"{wanted}."
            )
    if not _are_losses(solution.history):
        history = shown(solution.history)
        raise TypeError(
            f"{origin} returned a Solution with history={history}: pass a list of "
            "numbers, the loss after each epoch."
        )


def _are_losses(history):
    try:
        losses = np.asarray(history)
    except ValueError:  # lists of different lengths
        return False
    return losses.ndim == 1 and losses.dtype.kind in "iuf"


def checked_weights(weights, layout, origin):
    """Check that weights are those of a machine.

    Parameters
    ----------
    weights : array-like of shape (n_hidden, n_features + fit_intercept)
        What the algorithm returned.
    layout : Layout
        Receptive fields of the machine.
    origin : str
        Class and method that returned them.

    Returns
    -------
    weights : ndarray of shape (n_hidden, n_features + fit_intercept)
        In float32 if they came so, else in float64. Rows are scaled by powers of two,
        so that no square overflows.

    Raises
    ------
    ValueError
        If the shape is wrong, weights are not finite real numbers or lie outside the
        receptive fields, or all weights of a unit are zero: it has no direction.
    """
    weights = np.asarray(weights)
    if weights.shape != layout.dense_shape:
        raise ValueError(
            f"{origin} returned weights of shape {weights.shape}; they must have shape "
            f"{layout.dense_shape}: one row a unit, the intercept last."
        )
    if weights.dtype.kind not in "iuf":
        raise ValueError(
            f"{origin} returned weights of dtype {weights.dtype}: return real numbers."
        )
    if weights.dtype != np.float32:
        weights = weights.astype(np.float64)
    _check_units(weights, layout, origin)
    exponents = np.frexp(np.abs(weights).max(axis=1, keepdims=True))[1]
    return np.ldexp(weights, -exponents)


def _check_units(weights, layout, origin):
    inside = layout.dense(layout.flat(weights))
    for counts, fault in [
        ((~np.isfinite(weights)).sum(axis=1), "that are NaN or infinite: keep the last "
         "finite ones, or lower the learning rate"),
        ((weights != inside).sum(axis=1), "outside its receptive field that are not "
         "zero: set them to zero, as problem.layout.dense does"),
        (~inside.any(axis=1) * inside.shape[1], "which are all zero, so that it has no "
         "direction: return at least one that is not"),
    ]:  # fmt: skip
        if counts.any():
            unit = int(np.argmax(counts > 0))
            raise ValueError(
                f"{origin} returned for unit {unit} (of {len(weights)}) "
                f"{counts[unit]} weights {fault}."
            )
