"""The steepness at which smooth machines still answer as sign machines do."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from skwfm._warn import warn
from skwfm.architectures.symmetries import is_monotone
from skwfm.landscape.hessian.loss import Loss
from skwfm.landscape.hessian.operator import HessianOperator
from skwfm.landscape.hessian.solution import read_solution, smooth

# Beyond this argument, tanh is 1 to the last bit: smooth and sign units agree.
_SATURATION = 20.0
# Relative accuracy of the result.
_ACCURACY = 1e-12
# Largest relative step downwards. For monotone machines a step provably crosses no
# root; for other machines steps are so short that crossing two roots is unlikely.
_PROVEN_STEP, _POINTWISE_STEP = 0.5, 1e-2
# Below this beta times the largest field, tanh is linear: there are no more roots.
_LINEAR = 1e-9


def smallest_beta(models: object, X: ArrayLike, y: ArrayLike) -> float:
    r"""Find the smallest steepness at which all solutions still make no errors.

    It is the smallest beta such that every model, with its sign units replaced by
    tanh(beta x), has no training errors at this beta and at all larger ones. Spectra of
    different solutions are compared at a beta slightly above it.

    Parameters
    ----------
    models : list of fitted classifiers of skwfm, or a single one
        Solutions to compare, without training errors.
    X : array-like of shape (n_samples, n_features)
        Training patterns.
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    beta : float
        At this value, to a relative accuracy of 1e-12, some smooth output is zero.
        It is 0 for parity machines, whose answers do not depend on beta > 0.

    Raises
    ------
    TypeError
        If a model is not a fitted committee machine.
    ValueError
        If a model makes training errors, which no beta can repair, or `models` is
        empty.

    Warns
    -----
    UserWarning
        If some of several solutions are saturated at the common beta.

    Notes
    -----
    The search descends from the beta at which all units are saturated. For committees
    and other monotone machines, monotonicity proves that no output changes its sign
    within a step. For other machines steps are a hundredth of beta, and nothing is
    proven.

    References
    ----------
    Baldassi, Pittorino, Zecchina (2020), caption of Fig. 5.

    Examples
    --------
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import smallest_beta
    >>> X, y = make_random_patterns(20, 30, random_state=0)
    >>> model = LALClassifier(n_hidden=3, random_state=0).fit(X, y)
    >>> smallest_beta([model], X, y) > 0
    True
    """
    models = list(models) if isinstance(models, (list, tuple)) else [models]
    if not models:
        raise ValueError("models=[] has no solution: pass at least one fitted model.")
    solutions = [read_solution(model, X, y) for model in models]
    betas = [_smallest_beta(solution, i) for i, solution in enumerate(solutions)]
    _warn_of_saturation(solutions, betas)
    return max(betas)


def _warn_of_saturation(solutions, betas):
    """Warn if solutions are saturated at the common beta, and say which."""
    beta = max(betas)
    if len(betas) == 1 or not beta:
        return
    saturated = [
        i
        for i, solution in enumerate(solutions)
        if HessianOperator(solution, Loss("mse", beta, None, "tanh")).is_saturated
    ]
    if saturated:
        own = ", ".join(f"{value:.3g}" for value in betas)
        warn(
            f"models {saturated} are saturated at beta={beta:.3g}, which model "
            f"{int(np.argmax(betas))} needs, so that their Hessians show no width "
            "there and cannot be compared with the others': leave that model out, or "
            f"compare each one at its own smallest beta ({own}) and say so.",
            UserWarning,
        )


def _smallest_beta(solution, index):
    n_errors = solution.n_errors()
    if n_errors:
        raise ValueError(
            f"models[{index}] makes {n_errors} training errors with sign units, which "
            "no beta can mend: leave it out or train it to zero errors."
        )
    distances = np.abs(solution.fields)
    if not distances.all():
        raise ValueError(
            f"models[{index}] has a field of exactly 0, so that its smooth machine "
            "never answers as its sign machine does: train with another random_state."
        )
    proven = is_monotone(solution.architecture)
    is_safe = _safe_by_monotonicity if proven else _safe_at_the_end
    longest = _PROVEN_STEP if proven else _POINTWISE_STEP
    beta, step = _SATURATION / distances.min(), longest
    while step > _ACCURACY and beta * distances.max() > _LINEAR:
        if is_safe(solution, beta * (1 - step), beta):
            beta, step = beta * (1 - step), min(2 * step, longest)
        else:
            step /= 2
    return float(beta) if step <= _ACCURACY else 0.0


def _safe_by_monotonicity(solution, low, high):
    """Whether no pattern is wrong anywhere between two steepnesses.

    Right votes are weakest at the lower one, wrong votes strongest at the upper one.
    """
    votes = solution.labels[:, None] * solution.fields
    # tanh(beta x) depends on the product alone: each field is scaled by its own beta.
    fields = np.where(votes > 0, low, high) * solution.fields
    margin = solution.labels * solution.architecture.smooth(fields, 1.0)[0]
    return bool(np.all(margin > 0))


def _safe_at_the_end(solution, low, high):
    return bool(np.all(solution.labels * smooth(solution, low)[0] > 0))
