"""Three methods to compute a spectrum, and their result."""

from dataclasses import dataclass

import numpy as np

from skwfm._checks import as_generator
from skwfm.landscape.hessian.exact import exact_eigenvalues, ranks
from skwfm.landscape.hessian.lanczos import (
    SpectralDensity,
    extreme_eigenvalues,
    spectral_density,
)


@dataclass(frozen=True)
class HessianSpectrum:
    """Eigenvalues of the Hessian of a solution.

    Parameters
    ----------
    beta : float
        Steepness of the units.
    loss : str
        "mse" or "ce".
    method : str
        "exact", "lanczos" or "slq".
    n_weights : int
        Number of free weights N_w, and of eigenvalues.
    n_errors : int
        Number of patterns that the smooth machine gets wrong at this beta.
    trace : float
        Sum of all eigenvalues, in closed form.
    eigenvalues : ndarray or None
        Ascending. All N_w if exact, those at the ends from Lanczos, else None.
    error_bound : ndarray or None
        From Lanczos, the distance from each number within which there is an eigenvalue.
    largest, smallest : float
        Largest and smallest eigenvalue; NaN if not computed.
    n_known_zeros : int
        Number of eigenvalues that are zero because no field changes in their direction.
    converged : bool
        Whether all error bounds are within the tolerance.
    saturated : bool
        Whether the units are so steep that the loss is flat within rounding and the
        eigenvalues cannot be compared with others; see `HessianOperator.is_saturated`.
    density : SpectralDensity or None
        From stochastic Lanczos quadrature.
    blocks : list of ndarrays or None
        Eigenvalues of each unit's diagonal block.
    """

    beta: float
    loss: str
    method: str
    n_weights: int
    n_errors: int
    trace: float
    eigenvalues: np.ndarray | None = None
    error_bound: np.ndarray | None = None
    largest: float = np.nan
    smallest: float = np.nan
    n_known_zeros: int = 0
    converged: bool = True
    saturated: bool = False
    density: SpectralDensity | None = None
    blocks: list | None = None


def spectrum_of(operator, method, **options):
    """Compute the spectrum of a Hessian operator, without warnings.

    Parameters
    ----------
    operator : HessianOperator
        The Hessian.
    method : {"exact", "lanczos", "slq"}
        Method.
    **options
        The parameters of `hessian_spectrum` that the method uses.

    Returns
    -------
    spectrum : HessianSpectrum
        The spectrum.
    """
    compute = {"exact": _exact, "lanczos": _lanczos, "slq": _slq}[method]
    return HessianSpectrum(
        beta=operator.loss.beta,
        loss=operator.loss.name,
        method=method,
        n_weights=operator.shape[0],
        n_errors=operator.solution.n_errors(operator.loss.beta),
        trace=operator.trace(),
        saturated=bool(operator.is_saturated),
        **compute(operator, options),
    )


def _exact(operator, options):
    values, blocks, n_zeros = exact_eigenvalues(operator, options.get("blocks", False))
    return {
        "eigenvalues": values,
        "blocks": blocks,
        "largest": float(values[-1]),
        "smallest": float(values[0]),
        "n_known_zeros": n_zeros,
    }


def _lanczos(operator, options):
    which, n = options["which"], options["n_eigenvalues"]
    n_zeros = _count_zeros(operator, which)
    rng = as_generator(options["random_state"])
    (low, high), (low_bound, high_bound), converged = extreme_eigenvalues(
        operator, lambda: _draw(operator, rng, n_zeros), n, which,
        options["tol"], options["max_iter"],
    )  # fmt: skip
    if which != "largest":
        low, low_bound = _merge_zeros(low, low_bound, n_zeros, slice(n))
    if which != "smallest":
        high, high_bound = _merge_zeros(high, high_bound, n_zeros, slice(-n, None))
    return {
        "eigenvalues": np.concatenate([low, high]),
        "error_bound": np.concatenate([low_bound, high_bound]),
        "largest": float(high[-1]) if len(high) else np.nan,
        "smallest": float(low[0]) if len(low) else np.nan,
        "n_known_zeros": n_zeros,
        "converged": converged,
    }


def _count_zeros(operator, which):
    """Count eigenvalues that must be zero; ranks matter at the lower end only."""
    if which == "largest":
        return operator.n_known_zeros
    sizes = [x.shape[1] for x in operator.solution.unit_inputs]
    found = zip(sizes, ranks(operator.solution), strict=True)
    return sum(n - min(n - operator.tangent, rank) for n, rank in found)


def _draw(operator, rng, n_zeros):
    """Draw a direction, in the span of the inputs if that is not the whole space."""
    solution = operator.solution
    if n_zeros == 0:
        return rng.normal(size=solution.n_weights)
    by_field = rng.normal(size=(len(solution.labels), solution.architecture.n_hidden))
    return operator.project(solution.pull_back(by_field))


def _merge_zeros(values, bounds, n_zeros, part):
    """Insert exact zeros into the values of one end and keep as many as asked for."""
    n = min(n_zeros, max(part.stop or 0, -(part.start or 0)))
    values, bounds = np.append(values, np.zeros(n)), np.append(bounds, np.zeros(n))
    order = np.argsort(values, kind="stable")[part]
    return values[order], bounds[order]


def _slq(operator, options):
    seeds = as_generator(options["random_state"]).spawn(options["n_probes"])
    density = spectral_density(
        operator, seeds, options["resolution"], options["n_jobs"]
    )
    return {"density": density, "n_known_zeros": operator.n_known_zeros}
