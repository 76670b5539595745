"""Lanczos: both ends of a spectrum with residual bounds, and its density."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh_tridiagonal
from sklearn.utils.parallel import Parallel, delayed

# A new direction shorter than this, in units of the norm of the matrix, is rounding.
_BREAKDOWN = 1e-13
# Rounding error of a residual, in units of the norm of the matrix.
_ROUNDING = 100 * np.finfo(float).eps
# Lanczos steps between two tests of convergence.
_STEPS_BETWEEN_TESTS = 10
# Steps per (span / width): a Gauss rule of n nodes integrates a Gaussian of width w on
# a span L with an error of order exp(-2 (2 n w / L)^2) = 3e-14 for n = 2 L / w.
_STEPS_PER_RESOLUTION = 2
# Standard deviations by which the grid of a density extends beyond the spectrum.
_MARGIN = 4


class Krylov:
    """Orthonormal basis in which a symmetric operator is tridiagonal.

    Parameters
    ----------
    operator : LinearOperator
        Symmetric.
    start : ndarray of shape (n,)
        First direction.
    max_steps : int
        Maximum number of vectors, which bounds the memory.
    """

    def __init__(self, operator, start, max_steps):
        self.operator = operator
        self.max_steps = min(max_steps, operator.shape[0])
        self.basis = np.empty((self.max_steps, operator.shape[0]))
        self.diagonal, self.next_to_diagonal = [], []
        self._next = start / np.linalg.norm(start)

    def step(self):
        """Add one vector to the basis.

        Returns
        -------
        goes_on : bool
            False once the space is invariant or full.
        """
        n = len(self.diagonal)
        self.basis[n] = self._next
        image = self.operator.matvec(self._next)
        self.diagonal.append(self._next @ image)
        length = self._orthogonalise(image)
        self.next_to_diagonal.append(length)
        if length <= _BREAKDOWN * self._scale():
            return False
        self._next = image / length
        return n + 1 < self.max_steps

    def restart(self, direction):
        """Continue from another direction once the space is invariant.

        Parameters
        ----------
        direction : ndarray of shape (n,)
            Overwritten.

        Returns
        -------
        goes_on : bool
            False if the direction already lies in the space.
        """
        before = np.linalg.norm(direction)
        if len(self.diagonal) == self.max_steps:
            return False
        length = self._orthogonalise(direction)
        self.next_to_diagonal[-1] = 0.0
        if length <= 1e-8 * before:
            return False
        self._next = direction / length
        return True

    def _orthogonalise(self, vector):
        known = self.basis[: len(self.diagonal)]
        # Twice is enough; after one pass spurious copies of eigenvalues appear.
        for _ in range(2):
            vector -= known.T @ (known @ vector)
        return np.linalg.norm(vector)

    def _scale(self):
        return max(np.max(np.abs(self.diagonal)), np.max(self.next_to_diagonal))

    def ritz(self):
        """Compute eigenvalues and eigenvectors of the tridiagonal matrix.

        Returns
        -------
        values : ndarray of shape (n_steps,)
            Ascending.
        vectors : ndarray of shape (n_steps, n_steps)
            Coefficients in the basis, one vector per column.
        """
        return eigh_tridiagonal(self.diagonal, self.next_to_diagonal[:-1])


def extreme_eigenvalues(operator, draw, n_eigenvalues, which, tol, max_steps):
    """Find the eigenvalues at one or both ends of the spectrum.

    Parameters
    ----------
    operator : LinearOperator
        Symmetric.
    draw : callable
        Returns a random direction in the subspace to search.
    n_eigenvalues : int
        Number at each end.
    which : {"both", "largest", "smallest"}
        The ends.
    tol : float
        Tolerated residual, in units of the largest modulus.
    max_steps : int
        Maximum number of Lanczos steps.

    Returns
    -------
    smallest, largest : ndarray
        Ascending; empty for an end that was not asked for.
    bounds : tuple of two ndarrays
        Norm of the residual ``H v - value v`` of each: within this distance there is an
        eigenvalue.
    converged : bool
        Whether all residuals are within the tolerance.
    """
    krylov = Krylov(operator, draw(), max_steps)
    low = n_eigenvalues if which in ("both", "smallest") else 0
    high = n_eigenvalues if which in ("both", "largest") else 0
    goes_on, converged = True, False
    while goes_on and not converged:
        for _ in range(_STEPS_BETWEEN_TESTS):
            goes_on = krylov.step() or krylov.restart(draw())
            if not goes_on:
                break
        values, vectors = krylov.ritz()
        wanted = _ends(len(values), low, high)
        residuals = krylov.next_to_diagonal[-1] * np.abs(vectors[-1])
        # Half the tolerance: the residuals are computed more exactly below.
        converged = np.all(residuals[wanted] <= tol / 2 * np.abs(values).max())
        converged &= len(values) >= low + high or not goes_on
    bounds = _residual_norms(krylov, values, vectors, wanted)
    converged = bool(np.all(bounds <= tol * np.abs(values).max()))
    n_low = min(low, len(values))
    found = values[wanted]
    low_part, high_part = slice(n_low), slice(len(found) - min(high, len(found)), None)
    return (
        (found[low_part], found[high_part]),
        (bounds[low_part], bounds[high_part]),
        converged,
    )


def _ends(n, low, high):
    """Return the indices of the lowest and highest values, each once."""
    return np.union1d(np.arange(n)[:low], np.arange(n)[max(n - high, 0) :])


def _residual_norms(krylov, values, vectors, wanted):
    scale = np.abs(values).max()
    norms = np.empty(len(wanted))
    for i, column in enumerate(wanted):
        vector = krylov.basis[: len(values)].T @ vectors[:, column]
        vector /= np.linalg.norm(vector)
        residual = krylov.operator.matvec(vector) - values[column] * vector
        norms[i] = np.linalg.norm(residual)
    return norms + _ROUNDING * scale


@dataclass(frozen=True)
class SpectralDensity:
    """Density of eigenvalues, smoothed by a Gaussian.

    Parameters
    ----------
    grid : ndarray of shape (n_points,)
        Eigenvalues.
    density : ndarray of shape (n_points,)
        Fraction of the eigenvalues per unit of the grid.
    error : ndarray of shape (n_points,)
        Standard error of the density over the probes.
    width : float
        Standard deviation of the Gaussian.
    n_probes, n_steps : int
        Numbers of random vectors, and of Lanczos steps from each.
    """

    grid: np.ndarray
    density: np.ndarray
    error: np.ndarray
    width: float
    n_probes: int
    n_steps: int


def spectral_density(operator, rngs, resolution, n_jobs):
    """Estimate the density of eigenvalues by stochastic Lanczos quadrature.

    Parameters
    ----------
    operator : LinearOperator
        Symmetric.
    rngs : list of numpy.random.Generator
        One per probe; two or more.
    resolution : int
        Span of the spectrum divided by the width of the smoothing Gaussian.
    n_jobs : int or None
        Number of threads.

    Returns
    -------
    density : SpectralDensity
        Density with standard errors.
    """
    n_steps = min(_STEPS_PER_RESOLUTION * resolution, operator.shape[0])
    rules = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(_quadrature)(operator, rng, n_steps) for rng in rngs
    )
    low, high = min(v[0] for v, _ in rules), max(v[-1] for v, _ in rules)
    # A matrix whose eigenvalues are all equal needs a width as well.
    span = (high - low) or abs(high) or 1.0
    width = span / resolution
    grid = np.arange(low - _MARGIN * width, high + _MARGIN * width, width / 2)
    curves = np.array([_smoothed(grid, v, w, width) for v, w in rules])
    error = curves.std(axis=0, ddof=1) / np.sqrt(len(rngs))
    return SpectralDensity(grid, curves.mean(axis=0), error, width, len(rngs), n_steps)


def _quadrature(operator, rng, n_steps):
    """Return nodes and weights of the Gauss rule of one probe."""
    probe = rng.choice([-1.0, 1.0], size=operator.shape[0])
    krylov = Krylov(operator, probe, n_steps)
    while krylov.step():
        pass
    values, vectors = krylov.ritz()
    return values, vectors[0] ** 2


def _smoothed(grid, values, weights, width):
    z = (grid[:, None] - values) / width
    return np.exp(-(z**2) / 2) @ weights / (width * np.sqrt(2 * np.pi))
