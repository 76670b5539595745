"""Landscape measures of one trained classifier, for a comparison."""

import warnings
from dataclasses import dataclass

import numpy as np

# Where local entropies are taken, and the distance that the table shows.
DISTANCES, DISTANCE = (0.0125, 0.025, 0.05), 0.05
# Differences between algorithms are far above what a residual of this size changes.
TOL = 1e-3
# Shares of the inputs that coloured noise redraws, and the one that the table shows.
LEVELS, LEVEL = (0.0, 0.1, 0.2, 0.3, 0.4), 0.2
N_DRAWS = 5
# Training patterns corrupted at most: enough for an error rate, and kernel machines
# answer slowly.
MOST_CORRUPTED = 1000
# Eigenvalues kept of each Hessian.
N_EIGENVALUES = 20
# Largest relative error bound of the largest one.
ACCURACY = 1e-3
# At the smallest beta itself one smooth output is exactly zero.
ABOVE_SMALLEST_BETA = 1.01
# Operations of one sweep of ep (patterns x inputs x the smaller of the two x units)
# above which local entropies would take far longer than everything else.
MOST_OPERATIONS = 2e10


@dataclass(frozen=True)
class Measures:
    """What was measured of one solution.

    Parameters
    ----------
    noise_error : float or None
        Share of wrong answers on training patterns under coloured noise of `LEVEL`.
    local_entropy : float or None
        At `DISTANCE`, nats per weight.
    hessian_beta : float or None
        Steepness at which the Hessian was taken: `ABOVE_SMALLEST_BETA` times the
        smallest at which this smooth machine still solves.
    hessian_largest : float or None
        Largest eigenvalue of the Hessian there.
    noise_curve : tuple of (level, error, standard error)
        At all `LEVELS`.
    entropy_curve : tuple of (distance, entropy or None)
        At all `DISTANCES`; None where not converged.
    eigenvalues : tuple of float
        The largest ones, descending.
    not_measured : tuple of str
        Why something is missing.
    """

    noise_error: float | None = None
    local_entropy: float | None = None
    hessian_beta: float | None = None
    hessian_largest: float | None = None
    noise_curve: tuple = ()
    entropy_curve: tuple = ()
    eigenvalues: tuple = ()
    not_measured: tuple = ()

    @property
    def was_asked(self):
        """Whether local entropy and Hessian were asked for.

        Returns
        -------
        was_asked : bool
            True also if neither could be measured.
        """
        found = self.entropy_curve or self.eigenvalues or self.not_measured
        return bool(found)

    @property
    def n_unconverged(self):
        """Points of the local entropy that did not converge.

        Returns
        -------
        n : int
            Number of distances.
        """
        return sum(value is None for _, value in self.entropy_curve)

    @property
    def log10_hessian_largest(self):
        """Decimal logarithm of the largest eigenvalue.

        Returns
        -------
        logarithm : float or None
            None where there is no positive eigenvalue.
        """
        if self.hessian_largest is None or self.hessian_largest <= 0:
            return None
        return float(np.log10(self.hessian_largest))


def settings():
    """Return all that the numbers depend on besides model and patterns.

    Returns
    -------
    settings : dict
        JSON-serialisable.
    """
    return {
        "distances": DISTANCES,
        "distance": DISTANCE,
        "tol": TOL,
        "noise": "coloured",
        "noise_levels": LEVELS,
        "noise_level": LEVEL,
        "noise_draws": N_DRAWS,
        "noise_patterns": MOST_CORRUPTED,
        "n_eigenvalues": N_EIGENVALUES,
        "beta_factor": ABOVE_SMALLEST_BETA,
        "most_operations": MOST_OPERATIONS,
    }


def take_measures(estimator, X, y, seed, n_errors, landscape):
    """Measure a trained classifier on its training patterns.

    Parameters
    ----------
    estimator : fitted classifier or Pipeline
        Any classifier; the landscape of committee machines only.
    X : ndarray of shape (n_samples, n_features)
        Training patterns.
    y : ndarray of shape (n_samples,)
        Their labels.
    seed : int
        Seed of the noise.
    n_errors : int
        Training patterns that the classifier gets wrong.
    landscape : bool
        Whether to measure local entropy and Hessian, which take seconds.

    Returns
    -------
    measures : Measures
        What fails or does not apply is None and has a reason.
    """
    found, reasons = [_noise(estimator, X, y, seed)], []
    if landscape and n_errors:
        reasons.append(
            "local entropy and Hessian: not a solution, there are training errors"
        )
    elif landscape:
        for name, measure in (("local entropy", _entropy), ("Hessian", _hessian)):
            try:
                found.append(measure(estimator, X, y))
            except (ValueError, TypeError, ArithmeticError) as error:
                reasons.append(f"{name}: {error}")
    values = {name: value for part in found for name, value in part.items()}
    return Measures(**values, not_measured=tuple(reasons))


def _noise(estimator, X, y, seed):
    from skwfm.landscape import noise_robustness

    curve = noise_robustness(
        estimator, X[:MOST_CORRUPTED], y[:MOST_CORRUPTED], "coloured", LEVELS,
        n_draws=N_DRAWS, random_state=seed,
    )  # fmt: skip
    columns = (curve.levels, curve.error, curve.standard_error)
    return {
        "noise_error": float(curve.error[LEVELS.index(LEVEL)]),
        "noise_curve": tuple(zip(*(map(float, c) for c in columns), strict=True)),
    }


def _entropy(estimator, X, y):
    from sklearn.exceptions import ConvergenceWarning

    from skwfm.landscape import local_entropy

    _check_size(estimator, X)
    with warnings.catch_warnings():
        # What did not converge is None, which the page shows.
        warnings.simplefilter("ignore", ConvergenceWarning)
        curve = local_entropy(estimator, X, y, distances=DISTANCES, tol=TOL)
    values = [float(v) if np.isfinite(v) else None for v in curve.entropy]
    at = values[DISTANCES.index(DISTANCE)]
    points = tuple(zip(DISTANCES, values, strict=True))
    return {"local_entropy": at, "entropy_curve": points}


def _check_size(estimator, X):
    model = estimator[-1] if hasattr(estimator, "named_steps") else estimator
    n_operations = float(X.size) * min(X.shape) * model.architecture_.n_hidden
    if n_operations > MOST_OPERATIONS:
        raise ValueError(
            f"{X.shape[0]} patterns with {X.shape[1]} inputs would take too long; call "
            "skwfm.landscape.local_entropy, with method='amp' or fewer patterns."
        )


def _hessian(estimator, X, y):
    from sklearn.exceptions import ConvergenceWarning

    from skwfm.landscape import hessian_spectrum, smallest_beta

    beta = ABOVE_SMALLEST_BETA * smallest_beta(estimator, X, y)
    if not beta:
        raise ValueError(
            "the smooth machine answers alike at every steepness, so that there is no "
            "smallest one to compare at"
        )
    with warnings.catch_warnings():
        # The bounds tell which of the eigenvalues are known.
        warnings.simplefilter("ignore", ConvergenceWarning)
        spectrum = hessian_spectrum(
            estimator, X, y, beta, method="lanczos", which="largest",
            n_eigenvalues=N_EIGENVALUES,
        )  # fmt: skip
    if not spectrum.error_bound[-1] <= ACCURACY * abs(spectrum.largest):
        raise ArithmeticError("Lanczos did not converge")
    # Numbers within the error of zero are not known.
    known = spectrum.eigenvalues[spectrum.eigenvalues > spectrum.error_bound]
    return {
        "hessian_beta": float(beta),
        "hessian_largest": float(spectrum.largest),
        "eigenvalues": tuple(float(v) for v in np.sort(known)[::-1]),
    }
