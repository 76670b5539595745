"""Gaussian quadratures and tail functions of the replica formulas.

Everything here is about numbers, nothing about machines: the rest of
:mod:`skwfm.theory` is built on this module and on nothing above it.
"""

import functools
import math

import numpy as np
from scipy.stats import norm, qmc

from skwfm._jit import jit

GAUSS_RANGE = 8.5
"""Where Gaussian integrals are cut; the mass beyond is 2e-17."""

ASYMPTOTIC_FROM = 30.0
"""Above this argument log H is its asymptotic series (erfc underflows at 37)."""

LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)


@jit
def _log_upper_tail(x):
    """Log H(x) for x >= ASYMPTOTIC_FROM: four terms leave 1e-11 relative."""
    inverse = 1.0 / (x * x)
    series = -inverse * (1.0 - inverse * (3.0 - inverse * (15.0 - 105.0 * inverse)))
    return -0.5 * x * x - LOG_SQRT_2PI - math.log(x) + math.log1p(series)


@jit
def log_tails(x):
    """Both tails of a standard Gaussian, in logs.

    Parameters
    ----------
    x : float
        Threshold.

    Returns
    -------
    upper, lower : float
        ``log P[z > x]`` and ``log P[z < x]``, each to full relative precision.
    """
    size = abs(x)
    tail = 0.5 * math.erfc(size / math.sqrt(2.0))
    if size > ASYMPTOTIC_FROM:
        small = _log_upper_tail(size)
    else:
        small = math.log(tail)
    large = math.log1p(-tail)
    if x > 0:
        return small, large
    return large, small


# Saddle points are found by thousands of calls with the same few orders.
_legendre = functools.cache(np.polynomial.legendre.leggauss)


def composite_rule(edges, order):
    """Gauss-Legendre rule of the same order on every panel.

    Parameters
    ----------
    edges : array-like of shape (n_panels + 1,)
        Increasing panel edges.
    order : int
        Nodes per panel.

    Returns
    -------
    nodes, weights : ndarray of shape (n_panels * order,)
        Nodes in increasing order, and weights for the plain measure dx.
    """
    edges = np.asarray(edges, dtype=float)
    x, w = _legendre(order)
    half = np.diff(edges)[:, None] / 2
    middle = (edges[1:] + edges[:-1])[:, None] / 2
    return (middle + half * x).ravel(), (half * w).ravel()


def gaussian_rule(edges, order):
    """Composite rule for the Gaussian measure ``Dv``, normalised to sum to one.

    Parameters
    ----------
    edges : array-like of shape (n_panels + 1,)
        Increasing panel edges; they should reach +-``GAUSS_RANGE``.
    order : int
        Nodes per panel.

    Returns
    -------
    nodes, weights : ndarray of shape (n_panels * order,)
        Nodes and weights with ``sum(weights) == 1``.
    """
    nodes, weights = composite_rule(edges, order)
    weights = weights * np.exp(-0.5 * nodes**2)
    return nodes, weights / weights.sum()


def graded_edges(centres, width, *, coarse=1.6, limit=GAUSS_RANGE):
    """Panel edges that are narrow around given points and wide elsewhere.

    Parameters
    ----------
    centres : sequence of float
        Points around which the integrand varies quickly.
    width : float
        Scale of that variation; panels double in width away from a centre.
    coarse : float, default=1.6
        Widest panel.
    limit : float, default=GAUSS_RANGE
        Outermost edges, symmetric.

    Returns
    -------
    edges : ndarray
        Increasing, from ``-limit`` to ``limit``.
    """
    centres = [c for c in centres if abs(c) < limit] or [0.0]
    edges = {-limit, limit}
    for sign in (-1, 1):
        for centre in centres:
            edges.update(_march(centre, sign, centres, width, coarse, limit))
    edges = np.array(sorted(edges))
    keep = np.concatenate([[True], np.diff(edges) > 0.3 * min(width, coarse)])
    keep[-1] = True
    return edges[keep]


def _march(centre, sign, centres, width, coarse, limit):
    """Edges walked from one centre until another centre is nearer."""
    position, points = centre, [centre]
    while abs(position) < limit:
        position += sign * min(coarse, max(width, abs(position - centre)))
        nearest = min(abs(position - other) for other in centres)
        if nearest < abs(position - centre) or abs(position) >= limit - 0.5:
            break
        points.append(position)
    return points


def with_edge(edges, position):
    """Panel edges with one more at a position, if it lies between the outermost.

    Parameters
    ----------
    edges : ndarray
        Increasing panel edges.
    position : float
        Where an integrand bends or jumps.

    Returns
    -------
    edges : ndarray
        Increasing, without repetition.
    """
    if not edges[0] < position < edges[-1]:
        return edges
    return np.union1d(edges, position)


@jit
def _ordered_nodes(edges, x, w, cut):
    """Nodes with v[0] >= v[1] >= v[2]; the density of the sorted triple.

    The middle value runs over every panel; the other two over the panels on their
    side of it, the one that holds it being cut there. Where an integrand has its
    kinks on the diagonals only, it is smooth on each piece.
    """
    panels, order = edges.size - 1, x.size
    nodes, weights = [], []
    for j in range(panels):
        for s in range(order):
            half = (edges[j + 1] - edges[j]) / 2
            middle = edges[j] + half * (1 + x[s])
            w_middle = 6 * half * w[s] * math.exp(-middle * middle / 2)
            for i in range(j, panels):
                start = max(edges[i], middle)
                half_1 = (edges[i + 1] - start) / 2
                for r in range(order):
                    high = start + half_1 * (1 + x[r])
                    w_high = w_middle * half_1 * w[r] * math.exp(-high * high / 2)
                    for k in range(j + 1):
                        stop = min(edges[k + 1], middle)
                        half_2 = (stop - edges[k]) / 2
                        for t in range(order):
                            low = edges[k] + half_2 * (1 + x[t])
                            weight = w_high * half_2 * w[t] * math.exp(-low * low / 2)
                            if weight > cut:
                                nodes.append((high, middle, low))
                                weights.append(weight)
    return np.array(nodes), np.array(weights)


NEGLIGIBLE_WEIGHT = 1e-17


def ordered_triple_rule(edges, order):
    """Quadrature for a symmetric function of three Gaussian variables.

    Parameters
    ----------
    edges : array-like of shape (n_panels + 1,)
        Increasing panel edges shared by the three variables.
    order : int
        Gauss-Legendre nodes per panel and variable.

    Returns
    -------
    nodes : ndarray of shape (n_nodes, 3)
        Each row in decreasing order.
    weights : ndarray of shape (n_nodes,)
        Positive, ``sum(weights) == 1``.
    """
    x, w = np.polynomial.legendre.leggauss(order)
    nodes, weights = _ordered_nodes(
        np.asarray(edges, dtype=float), x, w, NEGLIGIBLE_WEIGHT
    )
    return nodes, weights / weights.sum()


def lattice_rule(n_dims, log2_points, seed):
    """Scrambled Sobol points mapped to sorted Gaussian vectors.

    Parameters
    ----------
    n_dims : int
        Number of variables.
    log2_points : int
        Base-2 logarithm of the number of points.
    seed : int or numpy.random.Generator
        Randomises the points; independent seeds give independent unbiased estimates.

    Returns
    -------
    nodes : ndarray of shape (2**log2_points, n_dims)
        Each row in decreasing order.
    weights : ndarray of shape (2**log2_points,)
        All equal, ``sum(weights) == 1``.
    """
    sobol = qmc.Sobol(n_dims, scramble=True, rng=np.random.default_rng(seed))
    uniform = sobol.random_base2(log2_points)
    tiny = 2.0**-54
    nodes = -np.sort(-norm.ppf(np.clip(uniform, tiny, 1 - tiny)), axis=1)
    return np.ascontiguousarray(nodes), np.full(len(nodes), 1 / len(nodes))
