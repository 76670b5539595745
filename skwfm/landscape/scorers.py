"""Scorers of the built-in measures, which list the measures' parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from skwfm._checks import check_positive
from skwfm.landscape.measure import measure_scorer
from skwfm.landscape.measures.hessian import Hessian
from skwfm.landscape.measures.local_entropy import LocalEntropy
from skwfm.landscape.measures.noise_robustness import NoiseAccuracy


def hessian_scorer(
    beta: float | None,
    *,
    measure: Literal["max", "min", "trace", "log10_max", "beta"] = "max",
    loss: Literal["mse", "ce"] = "mse",
    gamma: float | None = None,
    output: Literal["tanh", "identity"] | None = None,
    tangent: bool = False,
) -> Callable[[object, ArrayLike, ArrayLike], float]:
    """Make a scorer that prefers minima of small curvature.

    Parameters
    ----------
    beta : float or None
        Steepness of the units; None takes for each solution 1.01 times its own
        `smallest_beta`.
    measure : {"max", "min", "trace", "log10_max", "beta"}, default="max"
        Largest or smallest eigenvalue, the sum of all, the decimal logarithm of the
        largest, or the steepness itself.
    loss : {"mse", "ce"}, default="mse"
        As in `hessian_spectrum`.
    gamma : float or None, default=None
        Steepness of the cross-entropy.
    output : {"tanh", "identity"} or None, default=None
        Output of the mse.
    tangent : bool, default=False
        Whether to project onto the tangent space of the units' spheres.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y)`` returns minus the measure on these patterns. The
        estimator is a fitted classifier of skwfm or a pipeline that ends with one. NaN,
        with a ConvergenceWarning, if Lanczos does not converge.

    Raises
    ------
    ValueError
        If a parameter is wrong.

    Notes
    -----
    Cross-validation calls a scorer with the patterns left out. For the curvature on
    the training patterns, which is the one in the literature, pass
    ``return_train_score=True`` and take the ``train_`` columns. Patterns on which the
    smooth machine is wrong are included without a warning.

    Examples
    --------
    >>> from sklearn.model_selection import cross_validate
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import hessian_scorer
    >>> X, y = make_random_patterns(40, 60, random_state=0)
    >>> model = LALClassifier(n_hidden=3, random_state=0)
    >>> scores = cross_validate(
    ...     model, X, y, cv=2, scoring={"flatness": hessian_scorer(beta=5.0)},
    ...     return_train_score=True,
    ... )
    >>> scores["train_flatness"] < 0
    array([ True,  True])
    """
    return measure_scorer(
        Hessian(beta, [measure], loss, gamma, output, tangent, n_eigenvalues=1)
    )


def noise_robustness_scorer(
    noise: Literal["coloured", "flip", "gaussian"] = "coloured",
    levels: ArrayLike = (0.1, 0.2),
    *,
    n_draws: int = 10,
    random_state: int | None = 0,
) -> Callable[[object, ArrayLike, ArrayLike], float]:
    """Make a scorer that prefers classifiers whose answers survive noise.

    Parameters
    ----------
    noise : {"coloured", "flip", "gaussian"}, default="coloured"
        As in `noise_robustness`.
    levels : array-like of shape (n_levels,), default=(0.1, 0.2)
        Levels over which the mean is taken.
    n_draws : int, default=10
        Corrupted copies for each level.
    random_state : int or None, default=0
        Seed; an int gives every estimator the same noise.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y)`` returns the mean accuracy under noise. The estimator
        is any fitted classifier.

    Raises
    ------
    ValueError
        If a parameter is wrong.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_val_score
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import noise_robustness_scorer
    >>> X, y = make_random_patterns(40, 60, random_state=0)
    >>> scorer = noise_robustness_scorer("flip")
    >>> cross_val_score(LogisticRegression(), X, y, cv=2, scoring=scorer).shape
    (2,)
    """
    measure = NoiseAccuracy(noise, levels, (), n_draws, max_samples=None)
    return measure_scorer(measure, random_state=random_state)


def local_entropy_scorer(
    distance: float,
    *,
    max_errors: Literal["model"] | int | float = "model",
    method: Literal["auto", "amp", "bp", "ep", "mc"] = "auto",
    tol: float = 1e-4,
    max_sweeps: int = 300,
    n_samples: int = 10_000,
    random_state: int | None = 0,
) -> Callable[[object, ArrayLike, ArrayLike], float]:
    """Make a scorer that prefers wide minima.

    Parameters
    ----------
    distance : float
        Distance ``(1 - overlap) / 2`` from the solution, in (0, 0.5).
    max_errors : "model", int or float, default="model"
        Errors that weights may make to count, as in `local_entropy`.
    method : {"auto", "amp", "bp", "ep", "mc"}, default="auto"
        As in `local_entropy`.
    tol : float, default=1e-4
        Residual at which an engine has converged. The default, coarser than that of
        `local_entropy`, is enough to compare solutions.
    max_sweeps : int, default=300
        Maximum number of sweeps of an engine.
    n_samples : int, default=10000
        Number of samples of "mc".
    random_state : int or None, default=0
        Seed of "mc"; an int gives every estimator the same samples.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y)`` returns the local entropy, in nats per weight: at
        most 0, and the closer to 0 the wider the minimum. The estimator is a fitted
        classifier of skwfm or a pipeline that ends with one. NaN, with a
        ConvergenceWarning, if it does not converge; model selection then reports the
        score as missing.

    Raises
    ------
    ValueError
        If a parameter is wrong.

    Notes
    -----
    Cross-validation calls a scorer with the patterns left out. There a machine makes
    errors as a rule, and the volume counts the weights that make no more of them than
    it does: worse machines have more such neighbours. For the width of the minimum
    that was found pass ``return_train_score=True`` and take the ``train_`` columns.

    Examples
    --------
    >>> from sklearn.model_selection import cross_validate
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import local_entropy_scorer
    >>> X, y = make_random_patterns(40, 60, random_state=0)
    >>> model = LALClassifier(n_hidden=3, random_state=0)
    >>> scores = cross_validate(
    ...     model, X, y, cv=2, scoring={"width": local_entropy_scorer(0.05)},
    ...     return_train_score=True,
    ... )
    >>> scores["train_width"] < 0
    array([ True,  True])
    """
    check_positive("distance", distance, "below 0.5")
    measure = LocalEntropy(
        distance, (), method, tol, max_sweeps, n_samples, np.inf, max_errors
    )
    return measure_scorer(measure, random_state=random_state)
