"""Local entropy: how many of the weights near a solution solve the problem, too."""

from __future__ import annotations

import warnings
from functools import partial
from numbers import Integral
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from skwfm.curves import LocalEntropyCurve
from skwfm.inference import (
    ENGINES,
    BinaryReferencePrior,
    ReferencePrior,
    default_method,
    infer,
)
from skwfm.inference.bounds import bounded_log_volume
from skwfm.inference.ep.geometry import span_inputs
from skwfm.inference.fitted import read_factors
from skwfm.landscape.volumes.sampling import sample_local_volume

METHODS = ("auto", *ENGINES, "mc")
WEIGHTS = ("auto", "spherical", "binary")
_OVERLAPS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
# A point that does not converge is approached in halves of the way from the last one
# that did, at most so many times.
_MOST_HALVINGS = 4
# Sizes of +-1 weights may differ by so much, relatively: float32 is accepted.
_SAME_SIZE = 1e-5


def local_entropy(
    model: object,
    X: ArrayLike,
    y: ArrayLike,
    *,
    overlaps: ArrayLike | None = None,
    distances: ArrayLike | None = None,
    weights: Literal["auto", "spherical", "binary"] = "auto",
    method: Literal["auto", "amp", "bp", "ep", "mc"] = "auto",
    tol: float = 1e-6,
    max_sweeps: int = 300,
    corrected: bool = True,
    n_samples: int = 10_000,
    random_state: int | np.random.RandomState | None = None,
    n_jobs: int | None = None,
) -> LocalEntropyCurve:
    """Measure the local entropy around a solution.

    For every overlap p this is ``V1(p)``: the log of the fraction of weights at overlap
    p with the solution that get every pattern right, per weight. It is 0 where all do.

    Parameters
    ----------
    model : object
        Fitted classifier, pipeline that ends with one, or anything with ``coef_``,
        ``architecture_`` and, unless labels are +-1 and there is no intercept,
        ``classes_`` and ``intercept_``.
    X : array-like of shape (n_samples, n_features)
        Inputs that the model learned.
    y : array-like of shape (n_samples,)
        Their labels.
    overlaps : array-like of shape (n_overlaps,), default=None
        Overlaps p, in (0, 1); by default from 0.5 to 0.99.
    distances : array-like of shape (n_overlaps,), default=None
        Distances ``(1 - p) / 2`` instead of overlaps.
    weights : {"auto", "spherical", "binary"}, default="auto"
        Which weights count: real ones of norm one, or those that differ from the
        model's by signs only, in a fraction ``(1 - p) / 2`` of places. "auto" takes
        binary if the model's `weights` parameter says so (as in
        ``FBPClassifier(weights="binary")``), and spherical otherwise; the result's
        `weights` says which.
    method : {"auto", "amp", "bp", "ep", "mc"}, default="auto"
        "amp" and "bp" take inputs as uncorrelated, "ep" keeps their correlations, "mc"
        samples. "auto" takes amp for disjoint receptive fields of weakly correlated
        inputs and ep for everything else; the result's `method` says which.
    tol : float, default=1e-6
        Residual at which an engine has converged.
    max_sweeps : int, default=300
        Most sweeps of an engine at each overlap.
    corrected : bool, default=True
        Whether "ep" adds what its sites leave out, to lowest orders. That removes most
        of its error where patterns are alike or units depend on each other, and gives
        an estimate of the rest, for some seconds more at each overlap. Binary weights
        have no correction.
    n_samples : int, default=10000
        Draws, or particles, of "mc" at each overlap.
    random_state : int, RandomState instance or None, default=None
        Seed of "mc".
    n_jobs : int or None, default=None
        Parallel populations of "mc". Engines go from one overlap to the next.

    Returns
    -------
    curve : LocalEntropyCurve
        V1 in nats per weight, in the order of the overlaps asked for; NaN where not
        converged. In ``error`` "mc" gives standard errors and corrected "ep" an
        estimate of what is still left out.

    Raises
    ------
    ValueError
        If overlaps, weights, method, inputs or labels cannot be used; among others, if
        weights is "binary" and the model's are not all of one size.
    NotFittedError
        If the model has no weights.
    TypeError
        If it is not a committee machine.

    Warns
    -----
    ConvergenceWarning
        If some points did not converge.
    UserWarning
        If the model gets patterns wrong.

    Notes
    -----
    Engines go from large overlaps to small ones, each started from the one before. The
    overlap and the norm hold on average over units, as in the published calculations.
    "mc" holds the overlap of binary weights in every draw.

    References
    ----------
    .. [1] Baldassi, Pittorino, Zecchina, "Shaping the learning landscape in neural
       networks around wide flat minima", PNAS 117, 161 (2020).

    Examples
    --------
    >>> import numpy as np
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import local_entropy
    >>> X, y = make_random_patterns(n_samples=40, n_features=99, random_state=0)
    >>> model = LALClassifier(
    ...     architecture="tree", n_hidden=3, fit_intercept=False, random_state=0
    ... ).fit(X, y)
    >>> curve = local_entropy(model, X, y, overlaps=[0.9, 0.5])
    >>> curve.method, curve.converged.all()
    ('amp', np.True_)
    >>> bool(curve.entropy[1] < curve.entropy[0] < 0)
    True
    """
    overlaps = _read_overlaps(overlaps, distances)
    weights = _choose_weights(weights, model)
    _check_method(method, n_samples)
    factors, reference = read_factors(model, X, y)
    prior_at = _prior_at(weights, factors, reference)
    if method == "auto":
        method = default_method(factors)
    if method == "mc":
        prior = prior_at(float(overlaps[0])).bind(factors)
        options = {"n_samples": n_samples, "n_jobs": n_jobs}
        points = _sample(factors, prior, overlaps, random_state, **options)
    else:
        options = {"method": method, "tol": tol, "max_sweeps": max_sweeps}
        if method == "ep" and weights == "spherical":
            options |= {"spans": span_inputs(factors), "corrected": corrected}
        points = _Descent(factors, prior_at, options).follow(overlaps)
    entropy, error, advice = points
    entropy = np.array([bounded_log_volume(value) for value in entropy])
    _warn(overlaps, entropy, advice)
    return LocalEntropyCurve(
        overlap=overlaps,
        distance=(1 - overlaps) / 2,
        entropy=entropy,
        converged=np.isfinite(entropy),
        method=method,
        error=error,
        weights=weights,
    )


def _choose_weights(weights, model):
    if weights not in WEIGHTS:
        raise ValueError(f"weights={weights!r} is unknown: pass one of {WEIGHTS}.")
    if weights != "auto":
        return weights
    model = model[-1] if isinstance(model, Pipeline) else model
    is_binary = getattr(model, "weights", None) == "binary"
    return "binary" if is_binary else "spherical"


def _prior_at(weights, factors, reference):
    """What makes a prior of an overlap."""
    if weights == "spherical":
        return partial(ReferencePrior, reference)
    flat = factors.flat(reference)
    for unit, where in enumerate(factors.unit_slices):
        sizes = np.abs(flat[where])
        if not sizes.min() >= (1 - _SAME_SIZE) * sizes.max() > 0:
            raise ValueError(
                f"weights='binary' needs weights of one size, but those of unit {unit} "
                f"have sizes from {sizes.min():.3g} to {sizes.max():.3g}: pass a model "
                "with +-1 weights, such as FBPClassifier(weights='binary'), or "
                "weights='spherical'."
            )
    return partial(BinaryReferencePrior, reference)


def _read_overlaps(overlaps, distances):
    if overlaps is not None and distances is not None:
        raise ValueError(
            "overlaps and distances both given: pass one, distance = (1 - overlap) / 2."
        )
    name, given = "overlaps", _OVERLAPS if overlaps is None else overlaps
    if distances is not None:
        name, given = "distances", distances
    given = np.atleast_1d(np.asarray(given, dtype=float))
    values = 1 - 2 * given if distances is not None else given
    outside = ~((values > 0) & (values < 1))
    if given.ndim != 1 or not given.size or outside.any():
        limit = "(0, 0.5)" if distances is not None else "(0, 1)"
        raise ValueError(
            f"{name}={given.tolist()} cannot be used: pass numbers in {limit}. At "
            "overlap 1 there is only the solution itself."
        )
    return values


def _check_method(method, n_samples):
    if method not in METHODS:
        raise ValueError(f"method={method!r} is unknown: pass one of {METHODS}.")
    if not isinstance(n_samples, Integral) or n_samples < 1:
        raise ValueError(
            f"n_samples={n_samples!r} is not a number of draws: pass an integer >= 1."
        )


class _Descent:
    """Posteriors at falling overlaps, each started from the one before."""

    def __init__(self, factors, prior_at, options):
        self._factors, self._prior_at = factors, prior_at
        self._options = options
        self._reached, self._posterior = 1.0, None

    def follow(self, overlaps):
        """Give entropies, their errors if known, and advice if a point failed."""
        (entropy, error), advice = np.full((2, len(overlaps)), np.nan), ""
        for index in np.argsort(-overlaps, kind="stable"):
            posterior = self._approach(overlaps[index], _MOST_HALVINGS)
            entropy[index] = posterior.log_volume
            error[index] = posterior.error / self._factors.n_weights
            advice = posterior.advice or advice
            if posterior.status in ("interrupted", "contradiction"):
                break
        known = self._options.get("corrected", False)
        return entropy, error if known else None, advice

    def _approach(self, overlap, n_halvings):
        """Go to an overlap; if that fails, by way of one half as far."""
        posterior = self._infer(overlap)
        while posterior.status in ("max_sweeps", "diverged") and n_halvings:
            n_halvings -= 1
            if not self._approach((self._reached + overlap) / 2, n_halvings).converged:
                break
            posterior = self._infer(overlap)
        return posterior

    def _infer(self, overlap):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            posterior = infer(
                self._factors,
                self._prior_at(float(overlap)),
                warm_start=self._posterior,
                **self._options,
            )
        if posterior.status in ("converged", "no_correction"):
            self._reached, self._posterior = overlap, posterior
        return posterior


def _sample(factors, prior, overlaps, random_state, **options):
    """Give entropies, their errors, and advice if a point failed."""
    seed = check_random_state(random_state).randint(2**31)
    seeds = np.random.SeedSequence(seed).spawn(len(overlaps))
    options.update(reference=prior.reference, binary=prior.is_binary)
    if not prior.is_binary:
        options["spans"] = span_inputs(factors)
    estimates = [
        sample_local_volume(factors, overlap=overlap, seed=seed, **options)
        for overlap, seed in zip(overlaps, seeds, strict=True)
    ]
    values = [(e.log_fraction, e.error) for e in estimates]
    entropy, error = np.transpose(values) / factors.n_weights
    entropy[[not e.converged for e in estimates]] = np.nan
    return entropy, error, "raise n_samples, or use method='ep'."


def _warn(overlaps, entropy, advice):
    lost = overlaps[np.isnan(entropy)]
    if lost.size:
        warnings.warn(
            f"no local entropy at overlaps {lost.tolist()}, given as NaN: {advice}",
            ConvergenceWarning,
            stacklevel=3,
        )
