"""Quadratures against closed forms, tails against scipy."""

import numpy as np
import pytest
from scipy.special import log_ndtr

from skwfm.theory.numerics.gaussian import (
    gaussian_rule,
    graded_edges,
    lattice_rule,
    log_tails,
    ordered_triple_rule,
)

# E of the largest and E of the square of the middle of three Gaussians.
MEAN_LARGEST = 1.5 / np.sqrt(np.pi)
SQUARE_MIDDLE = 1 - np.sqrt(3) / np.pi
EDGES = [-8.5, -4.0, -1.5, 0.0, 1.5, 4.0, 8.5]


@pytest.mark.parametrize("x", [-300.0, -40.0, -3.0, 0.0, 1e-9, 2.0, 29.9, 30.1, 300.0])
def test_log_tails_have_full_relative_precision(x):
    upper, lower = log_tails(x)
    assert upper == pytest.approx(log_ndtr(-x), rel=3e-11, abs=0)
    assert lower == pytest.approx(log_ndtr(x), rel=3e-11, abs=0)


def test_gaussian_rule_moments():
    nodes, weights = gaussian_rule(graded_edges([0.3, -1.0], 0.1), 8)
    moments = [weights @ nodes**k for k in (0, 1, 2, 4, 6)]
    np.testing.assert_allclose(moments, [1, 0, 1, 3, 15], atol=1e-10)


def test_graded_edges_are_narrow_where_asked():
    edges = graded_edges([1.0], 0.05)
    assert np.all(np.diff(edges) > 0)
    near = np.diff(edges)[np.searchsorted(edges, 1.0)]
    assert near == pytest.approx(0.05)
    assert (edges[0], edges[-1]) == (-8.5, 8.5)


def test_ordered_triple_rule_is_ordered_and_exact():
    nodes, weights = ordered_triple_rule(EDGES, 10)
    assert np.all(np.diff(nodes, axis=1) <= 0)
    assert weights @ nodes[:, 0] == pytest.approx(MEAN_LARGEST, rel=1e-10)
    assert weights @ nodes[:, 1] ** 2 == pytest.approx(SQUARE_MIDDLE, rel=1e-9)


def test_lattice_rule_agrees_with_the_ordered_rule():
    estimates = []
    for seed in range(6):
        nodes, weights = lattice_rule(3, 12, seed)
        estimates.append(weights @ nodes[:, 1] ** 2)
    error = np.std(estimates, ddof=1) / np.sqrt(6)
    assert error < 1e-3
    assert abs(np.mean(estimates) - SQUARE_MIDDLE) < 5 * error
