"""Local entropy: how many of the weights near a solution solve the problem, too."""

import warnings
from numbers import Integral

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from skwfm.curves import LocalEntropyCurve
from skwfm.inference import ReferencePrior, default_method, infer
from skwfm.inference.spans import span_inputs
from skwfm.landscape.reading import read_factors
from skwfm.landscape.sampling import sample_local_volume

METHODS = ("auto", "amp", "bp", "ep", "mc")
_OVERLAPS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
# A point that does not converge is approached in halves of the way from the last one
# that did, at most so many times.
_MOST_HALVINGS = 4


def local_entropy(
    model,
    X,
    y,
    *,
    overlaps=None,
    distances=None,
    method="auto",
    tol=1e-6,
    max_sweeps=300,
    n_samples=10_000,
    random_state=None,
    n_jobs=None,
):
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
    method : {"auto", "amp", "bp", "ep", "mc"}, default="auto"
        "amp" and "bp" take inputs as uncorrelated, "ep" keeps their correlations, "mc"
        samples. "auto" takes amp for disjoint receptive fields of weakly correlated
        inputs and ep for everything else; the result's `method` says which.
    tol : float, default=1e-6
        Residual at which an engine has converged.
    max_sweeps : int, default=300
        Most sweeps of an engine at each overlap.
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
        converged. "mc" gives standard errors in ``error``.

    Raises
    ------
    ValueError
        If overlaps, method, inputs or labels cannot be used.
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
    _check_method(method, n_samples)
    factors, weights = read_factors(model, X, y)
    if method == "auto":
        method = default_method(factors)
    if method == "mc":
        points = _sample(factors, weights, overlaps, n_samples, random_state, n_jobs)
    else:
        points = _Descent(factors, weights, method, tol, max_sweeps).follow(overlaps)
    entropy, error, advice = points
    _warn(overlaps, entropy, advice)
    return LocalEntropyCurve(
        overlap=overlaps,
        distance=(1 - overlaps) / 2,
        entropy=entropy,
        converged=np.isfinite(entropy),
        method=method,
        error=error,
    )


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

    def __init__(self, factors, weights, method, tol, max_sweeps):
        self._factors, self._weights = factors, weights
        self._options = {"method": method, "tol": tol, "max_sweeps": max_sweeps}
        if method == "ep":
            self._options["spans"] = span_inputs(factors)
        self._reached, self._posterior = 1.0, None

    def follow(self, overlaps):
        """Give entropies, no errors, and advice if a point failed."""
        entropy, advice = np.full(len(overlaps), np.nan), ""
        for index in np.argsort(-overlaps, kind="stable"):
            posterior = self._approach(overlaps[index], _MOST_HALVINGS)
            entropy[index] = posterior.log_volume
            advice = posterior.advice or advice
            if posterior.status in ("interrupted", "contradiction"):
                break
        return entropy, None, advice

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
                ReferencePrior(self._weights, float(overlap)),
                warm_start=self._posterior,
                **self._options,
            )
        if posterior.converged:
            self._reached, self._posterior = overlap, posterior
        return posterior


def _sample(factors, weights, overlaps, n_samples, random_state, n_jobs):
    """Give entropies, their errors, and advice if a point failed."""
    seed = check_random_state(random_state).randint(2**31)
    seeds = np.random.SeedSequence(seed).spawn(len(overlaps))
    prior = ReferencePrior(weights, float(overlaps[0]))
    options = {
        "reference": prior.bind(factors).reference,
        "n_samples": n_samples,
        "n_jobs": n_jobs,
        "spans": span_inputs(factors),
    }
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
