"""Local entropy: how many of the weights near a model make no more errors than it."""

from __future__ import annotations

from functools import partial
from numbers import Integral
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from skwfm._checks import as_numbers, is_one_of
from skwfm._shown import shown
from skwfm._warn import warn
from skwfm.architectures.optional import offers
from skwfm.curves import LocalEntropyCurve
from skwfm.inference import (
    ENGINES,
    BinaryReferencePrior,
    ReferencePrior,
    default_method,
)
from skwfm.inference.bounds import LEAST, bounded_log_volume
from skwfm.inference.ep.geometry import span_inputs
from skwfm.inference.fitted import read_factors
from skwfm.landscape.volumes.descent import Descent
from skwfm.landscape.volumes.errors_allowed import DescentWithErrors
from skwfm.landscape.volumes.sampling import draw_errors, sample_local_volume
from skwfm.landscape.volumes.splitting import Counting

METHODS = ("auto", *ENGINES, "mc")
WEIGHTS = ("auto", "spherical", "binary")
_OVERLAPS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
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
    max_errors: Literal["model"] | int | float = "model",
    beta_ne: float | None = None,
    method: Literal["auto", "amp", "bp", "ep", "mc"] = "auto",
    tol: float = 1e-6,
    max_sweeps: int = 300,
    corrected: bool = True,
    n_samples: int = 10_000,
    random_state: int | np.random.RandomState | None = None,
    n_jobs: int | None = None,
) -> LocalEntropyCurve:
    """Measure the local entropy around a model.

    For every overlap p this is ``V1(p)``: the log of the fraction of weights at overlap
    p with the model that make no more errors than it, per weight. Around a solution
    they get every pattern right. It is 0 where all do.

    Parameters
    ----------
    model : object
        Fitted classifier, pipeline that ends with one, or anything with ``coef_``,
        ``architecture_`` and, unless labels are +-1 and there is no intercept,
        ``classes_`` and ``intercept_``.
    X : array-like of shape (n_samples, n_features)
        Inputs, of training or others.
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
    max_errors : "model", int or float, default="model"
        Errors that weights may make to count: by default as many as the model makes on
        these patterns, or a number, or below 1 a share of the patterns.
    beta_ne : float or None, default=None
        Inverse temperature, instead: weights count ``exp(-beta_ne errors)`` then, and
        the result is the log of the mean, per weight.
    method : {"auto", "amp", "bp", "ep", "mc"}, default="auto"
        "amp" and "bp" take inputs as uncorrelated, "ep" keeps their correlations, "mc"
        samples. "auto" takes amp for disjoint receptive fields of weakly correlated
        inputs, mc for machines without a channel and ep for everything else; the
        result's `method` says which.
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
        Seed of "mc", and of engines where they draw.
    n_jobs : int or None, default=None
        Parallel populations of "mc". Engines go from one overlap to the next.

    Returns
    -------
    curve : LocalEntropyCurve
        V1 in nats per weight, in the order of the overlaps asked for; NaN where not
        converged. In ``error`` "mc" gives standard errors and corrected "ep" an
        estimate of what is still left out. ``errors`` and ``beta_ne`` say how many
        errors are expected, and at which inverse temperature.

    Raises
    ------
    ValueError
        If overlaps, weights, max_errors, beta_ne, method, inputs or labels cannot be
        used; among others, if weights is "binary" and the model's are not all of one
        size.
    NotFittedError
        If the model has no weights.
    TypeError
        If it is not a committee machine.
    NotImplementedError
        If an engine is asked for and the machine has no `channel`.

    Warns
    -----
    ConvergenceWarning
        If some points did not converge.
    UserWarning
        If the model makes more errors than are allowed.

    Notes
    -----
    Where errors are allowed, engines look for the inverse temperature at which as many
    are expected, and take from there the share of the weights that make at most as
    many. If even all weights together make fewer errors on average, 2000 are drawn.
    Corrected "ep" corrects the volume; the errors that it expects are its own.

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
    factors, reference, most = read_factors(model, X, y, max_errors, beta_ne)
    prior_at = _prior_at(weights, factors, reference)
    if method == "auto":
        method = default_method(factors) if _has_channel(factors) else "mc"
    if method == "mc":
        prior = prior_at(float(overlaps[0])).bind(factors)
        options = {"n_samples": n_samples, "n_jobs": n_jobs, "most": most}
        points, advice = _sample(factors, prior, overlaps, random_state, **options)
    else:
        _check_channel(factors, method)
        options = {"method": method, "tol": tol, "max_sweeps": max_sweeps}
        if method == "ep" and weights == "spherical":
            options |= {"spans": span_inputs(factors), "corrected": corrected}
        descent = _descent(factors, prior_at, options, most, random_state)
        points, advice = descent.follow(overlaps)
    entropy, error, errors, betas = points
    least = -np.inf if beta_ne is not None else LEAST
    entropy = np.array([bounded_log_volume(value, least=least) for value in entropy])
    _warn(overlaps, entropy, advice)
    knows_error = method == "mc" or options.get("corrected", False)
    return LocalEntropyCurve(
        overlap=overlaps,
        distance=(1 - overlaps) / 2,
        entropy=entropy,
        converged=np.isfinite(entropy),
        method=method,
        error=error if knows_error else None,
        weights=weights,
        errors=errors,
        beta_ne=betas,
    )


def _descent(factors, prior_at, options, most, random_state):
    """Errors are looked for where some are allowed and no temperature is given."""
    if not most:
        return Descent(factors, prior_at, options)
    prior = prior_at(0.5).bind(factors)
    # Engines are not random, nor is what they are compared with unless one asks for it.
    seed = check_random_state(random_state or 0).randint(2**31)
    known = prior.reference, prior.is_binary, options.get("spans"), seed
    draw = partial(draw_errors, factors, *known)
    return DescentWithErrors(factors, prior_at, options, most, draw)


def _choose_weights(weights, model):
    if not is_one_of(weights, WEIGHTS):
        raise ValueError(f"weights={shown(weights)} is unknown: pass one of {WEIGHTS}.")
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
    given = np.atleast_1d(as_numbers(name, given))
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
    if not is_one_of(method, METHODS):
        raise ValueError(f"method={shown(method)} is unknown: pass one of {METHODS}.")
    if not isinstance(n_samples, Integral) or n_samples < 1:
        raise ValueError(
            f"n_samples={shown(n_samples)} is not a number of draws: pass 1 or more."
        )


def _has_channel(factors):
    return offers(factors.architecture, "channel")


def _check_channel(factors, method):
    """Raise NotImplementedError if an engine cannot take the machine."""
    if not _has_channel(factors):
        name = type(factors.architecture).__name__
        raise NotImplementedError(
            f"method={shown(method)} needs a machine with a `channel`, and {name} has "
            "none: write it as skwfm.architectures.Architecture describes it, or use "
            "method='mc'."
        )


def _sample(factors, prior, overlaps, random_state, *, most, **options):
    """Give entropies, their errors, errors, temperatures, and advice."""
    seed = check_random_state(random_state).randint(2**31)
    seeds = np.random.SeedSequence(seed).spawn(len(overlaps))
    is_counted = most > 0 or not factors.is_soft
    options["counting"] = Counting(most, np.inf if is_counted else factors.beta_ne)
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
    errors = [e.mean_errors for e in estimates]
    betas = np.full(len(overlaps), options["counting"].beta_ne)
    other = ", or use method='ep'" if _has_channel(factors) else ""
    advice = f"raise n_samples{other}."
    return np.array([entropy, error, errors, betas]), advice


def _warn(overlaps, entropy, advice):
    lost = overlaps[np.isnan(entropy)]
    if lost.size:
        warn(
            f"no local entropy at overlaps {lost.tolist()}, given as NaN: {advice}",
            ConvergenceWarning,
        )
