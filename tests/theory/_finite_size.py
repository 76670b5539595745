"""Exact enumeration and Monte Carlo at small size, for the tests of the theory.

Patterns are Gaussian, which changes nothing at leading order and avoids ties. Labels
are absorbed into the patterns.
"""

import numpy as np


def signs(n_weights):
    """All +-1 vectors of a length, one per row."""
    codes = np.arange(2**n_weights, dtype=np.uint32)[:, None]
    return 1.0 - 2.0 * (codes >> np.arange(n_weights, dtype=np.uint32) & 1)


def stabilities(patterns):
    """Generator over patterns of ``w.xi / sqrt(N)`` for every binary w, factorised.

    Yields arrays of shape (2**ceil(N/2), 2**floor(N/2)).
    """
    n_weights = patterns.shape[1]
    half = (n_weights + 1) // 2
    left = signs(half) @ patterns[:, :half].T / np.sqrt(n_weights)
    right = signs(n_weights - half) @ patterns[:, half:].T / np.sqrt(n_weights)
    for mu in range(len(patterns)):
        yield left[:, mu, None] + right[None, :, mu]


def count_solutions(patterns):
    """Number of binary weight vectors that solve all patterns."""
    solved = True
    for x in stabilities(patterns):
        solved = solved & (x > 0)
    return int(np.sum(solved))


def cross_entropy_minimum(patterns, gamma):
    """Loss per weight at its minimum, error rate there, solutions, and flips.

    Returns
    -------
    energy, error_rate : float
    solved : ndarray of bool, one entry per weight vector
    flips : ndarray of int, Hamming distance of each to the minimiser
    """
    energy, errors = 0.0, 0
    for x in stabilities(patterns):
        energy = energy - x / 2 + np.logaddexp(gamma * x, -gamma * x) / (2 * gamma)
        errors = errors + (x < 0)
    best = np.unravel_index(np.argmin(energy), energy.shape)
    n_weights = patterns.shape[1]
    half = (n_weights + 1) // 2
    left, right = signs(half), signs(n_weights - half)
    flips_left = (half - left @ left[best[0]]) / 2
    flips_right = (n_weights - half - right @ right[best[1]]) / 2
    flips = np.rint(flips_left[:, None] + flips_right).astype(int)
    rate = errors[best] / len(patterns)
    return energy[best] / n_weights, rate, errors == 0, flips


def sphere(rng, shape):
    """Unit vectors along the last axis."""
    w = rng.standard_normal(shape)
    return w / np.linalg.norm(w, axis=-1, keepdims=True)


def votes_right(weights, patterns):
    """Whether the majority of units is right on all patterns.

    Parameters
    ----------
    weights : ndarray of shape (n_draws, n_hidden, n_inputs)
    patterns : ndarray of shape (n_patterns, n_hidden, n_inputs)
    """
    fields = np.einsum("dki,mki->dmk", weights, patterns, optimize=True)
    n_hidden = weights.shape[1]
    return ((fields > 0).sum(axis=2) > n_hidden / 2).all(axis=1)


def log_fraction(rng, patterns, n_draws):
    """Log of the fraction of weights that solve all patterns, and solutions found."""
    weights = sphere(rng, (n_draws, *patterns.shape[1:]))
    solved = votes_right(weights, patterns)
    return np.log(solved.mean()), weights[solved]


def log_pair_fraction(rng, patterns, overlap, n_draws):
    """Log of the fraction of pairs at a mutual overlap (per unit) that both solve.

    The first of the pair is drawn among solutions, its fraction being known; the
    second around it.
    """
    log_first, found = log_fraction(rng, patterns, n_draws)
    first = found[rng.integers(len(found), size=n_draws)]
    other = rng.standard_normal(first.shape)
    other -= (other * first).sum(-1, keepdims=True) * first
    other /= np.linalg.norm(other, axis=-1, keepdims=True)
    second = overlap * first + np.sqrt(1 - overlap**2) * other
    return log_first + np.log(votes_right(second, patterns).mean())


def extrapolate(sizes, means, errors):
    """Intercept at 1/N = 0 of a weighted straight line, with its standard error."""
    design = np.column_stack([np.ones(len(sizes)), 1 / np.asarray(sizes, float)])
    scaled = design / np.asarray(errors)[:, None]
    covariance = np.linalg.inv(scaled.T @ scaled)
    fit = covariance @ scaled.T @ (np.asarray(means) / errors)
    return fit[0], np.sqrt(covariance[0, 0])
