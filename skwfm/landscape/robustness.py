"""Training error when the inputs are corrupted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_consistent_length

from skwfm._checks import as_generator, as_numbers, check_count, is_one_of
from skwfm._shown import shown
from skwfm.problem.inputs import check_dense
from skwfm.problem.validation import check_squares

NOISES = ("coloured", "flip", "gaussian")
# Largest meaningful level: a probability, or for gaussian noise any multiple of the
# standard deviation.
_HIGHEST_LEVEL = {"coloured": 1.0, "flip": 1.0, "gaussian": np.inf}
# Rows whose noise is drawn at a time: fresh memory costs more than drawing.
_ROWS = 32


@dataclass(frozen=True)
class RobustnessCurve:
    """Error rate against the level of the noise.

    Parameters
    ----------
    noise : str
        Kind of noise.
    levels : ndarray of shape (n_levels,)
        Levels as given.
    error : ndarray of shape (n_levels,)
        Fraction of wrong answers, mean over draws.
    standard_error : ndarray of shape (n_levels,)
        Standard error of that mean; NaN for a single draw.
    errors : ndarray of shape (n_levels, n_draws)
        Error rate of each draw.
    """

    noise: str
    levels: np.ndarray
    error: np.ndarray
    standard_error: np.ndarray
    errors: np.ndarray


def noise_robustness(
    model: object,
    X: ArrayLike,
    y: ArrayLike,
    noise: Literal["coloured", "flip", "gaussian"] = "coloured",
    levels: ArrayLike = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3),
    *,
    n_draws: int = 20,
    random_state: int | np.random.Generator | None = 0,
    n_jobs: int | None = None,
) -> RobustnessCurve:
    """Measure the error rate of a classifier on corrupted inputs.

    Parameters
    ----------
    model : fitted classifier or Pipeline
        Anything with `predict`. It is never changed.
    X : array-like of shape (n_samples, n_features)
        Inputs, usually those of the training. A data frame is passed on as one.
    y : array-like of shape (n_samples,)
        Labels.
    noise : {"coloured", "flip", "gaussian"}, default="coloured"
        "coloured": each input is redrawn, with probability `level`, from the values
        that this feature takes in `X`. "flip": each input changes its sign with
        probability `level`; for +-1 inputs only. "gaussian": noise is added, of
        `level` times the standard deviation of the feature in `X`.
    levels : array-like of shape (n_levels,), default=(0.0, 0.05, ..., 0.3)
        Probabilities in [0, 1], or for "gaussian" any non-negative numbers.
    n_draws : int, default=20
        Corrupted copies of `X` for each level.
    random_state : int, Generator or None, default=0
        Seed. Each draw has a generator of its own.
    n_jobs : int or None, default=None
        Number of workers over draws. The numbers do not depend on it.

    Returns
    -------
    curve : RobustnessCurve
        Mean error rates with their standard errors.

    Raises
    ------
    TypeError
        If the model has no `predict`, or inputs are sparse.
    ValueError
        If a parameter is wrong.

    Notes
    -----
    Coloured noise keeps the distribution of each input and destroys only correlations:
    a pixel that is nearly always black remains so.

    Errors are counted against `y`, noise or not: at level 0 the curve starts at the
    model's own error rate, and what noise adds is the rise above it. Where labels
    themselves are wrong, a model that is right on such a pattern counts as wrong; noise
    that turns its answer round then lowers the error.

    References
    ----------
    Baldassi, Pittorino, Zecchina (2020), section "Numerical Experiments", which leaves
    the procedure to its appendix: how inputs are redrawn here is our reading.

    Examples
    --------
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import noise_robustness
    >>> X, y = make_random_patterns(60, 101, random_state=0)
    >>> model = LALClassifier(n_hidden=3, random_state=0).fit(X, y)
    >>> curve = noise_robustness(model, X, y, "flip", levels=[0.0, 0.5])
    >>> float(curve.error[0]), bool(curve.error[1] > 0.4)
    (0.0, True)
    """
    levels = check_noise(noise, levels, n_draws)
    if not hasattr(model, "predict"):
        raise TypeError(
            f"{type(model).__name__} has no predict: pass a fitted classifier as model."
        )
    check_dense(X, "noise_robustness")
    values = check_array(X, dtype="numeric", input_name="X")
    y = column_or_1d(y)
    check_consistent_length(values, y)
    if noise == "flip" and not np.all(np.abs(values) == 1):
        raise ValueError(
            "noise='flip' changes signs and needs inputs that all are +-1: binarise "
            "them, or use noise='coloured'."
        )
    if noise == "gaussian":
        check_squares(values, values.dtype)  # of which it takes the standard deviation
    seeds = as_generator(random_state).spawn(len(levels) * n_draws)
    errors = Parallel(n_jobs=n_jobs)(
        delayed(_error_rate)(model, X, values, y, noise, level, rng)
        for level, rng in zip(np.repeat(levels, n_draws), seeds, strict=True)
    )
    return _curve(noise, levels, np.reshape(errors, (len(levels), n_draws)))


def check_noise(noise, levels, n_draws):
    """Check the parameters of the noise.

    Parameters
    ----------
    noise : str
        Kind.
    levels : array-like of shape (n_levels,)
        Levels.
    n_draws : int
        Number of draws.

    Returns
    -------
    levels : ndarray of shape (n_levels,)
        As floats.

    Raises
    ------
    ValueError
        If one of them is wrong.
    """
    if not is_one_of(noise, NOISES):
        raise ValueError(f"noise={shown(noise)} is not known: use one of {NOISES}.")
    check_count("n_draws", n_draws, 1)
    values = as_numbers("levels", levels)
    if values.ndim != 1 or not len(values):
        raise ValueError(
            f"levels={shown(levels)} must be a list of at least one number."
        )
    highest = _HIGHEST_LEVEL[noise]
    if not np.all((values >= 0) & (values <= highest) & np.isfinite(values)):
        allowed = "in [0, 1]" if highest == 1 else "finite and at least 0"
        raise ValueError(f"levels={shown(levels)} of {noise} noise must be {allowed}.")
    return values


def _curve(noise, levels, errors):
    n_draws = errors.shape[1]
    deviation = (
        errors.std(axis=1, ddof=1) if n_draws > 1 else np.full(len(levels), np.nan)
    )
    return RobustnessCurve(
        noise, levels, errors.mean(axis=1), deviation / np.sqrt(n_draws), errors
    )


def _error_rate(model, X, values, y, noise, level, rng):
    noisy = corrupt(values, noise, level, rng)
    if hasattr(X, "columns"):
        noisy = type(X)(noisy, columns=X.columns, index=getattr(X, "index", None))
    return np.mean(np.asarray(model.predict(noisy)) != y)


def corrupt(X, noise, level, rng):
    """Return corrupted inputs; the originals are not changed.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Inputs.
    noise : {"coloured", "flip", "gaussian"}
        Kind, see `noise_robustness`.
    level : float
        Level.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    noisy : ndarray of shape (n_samples, n_features)
        A new array; floating-point for gaussian noise.
    """
    if noise == "gaussian":
        return X + level * X.std(axis=0) * rng.normal(size=X.shape)
    blocks = [slice(i, i + _ROWS) for i in range(0, len(X), _ROWS)]
    hits = [rng.random(X[block].shape) < level for block in blocks]
    if noise == "flip":
        return np.where(np.concatenate(hits), -X, X)
    noisy, flat, columns = X.copy(), X.ravel(), np.arange(X.shape[1])
    for block, hit in zip(blocks, hits, strict=True):
        rows = rng.integers(len(X), size=hit.shape)
        others = flat[rows * X.shape[1] + columns]
        np.copyto(noisy[block], others, where=hit)
    return noisy
