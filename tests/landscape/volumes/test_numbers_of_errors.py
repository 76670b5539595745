"""The distribution of the number of errors: moments, bounds and exact tails."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import betabinom, binom

from skwfm.landscape.volumes.numbers_of_errors import log_probabilities, log_share


@pytest.mark.parametrize(
    ("n", "p", "most"), [(40, 0.3, 5), (40, 0.3, 11), (9, 0.5, 1), (400, 0.3, 60)]
)
def test_tail_of_a_binomial_is_exact(n, p, most):
    """Tilted by exp(-beta errors) it is a binomial again; cold, warm and few."""
    odds = most / (n - most)
    beta = np.log(p / (1 - p) / odds)
    log_z = n * np.log(1 - p + p * np.exp(-beta))
    found = log_z + log_share(most, most, most * (1 - most / n), n, beta)
    assert found == pytest.approx(binom.logcdf(most, n, p), rel=1e-12)


def test_tail_of_unequal_rates():
    """Errors that are independent, each with a probability of its own: exact sum."""
    rates = np.random.default_rng(0).beta(0.3, 1.5, size=60)
    exact = np.array([1.0])
    for rate in rates:
        exact = np.convolve(exact, [1 - rate, rate])
    k = np.arange(61)
    for beta in (0.7, 1.5, 3.0):
        tilted = np.exp(-beta * k) * exact
        log_z = np.log(tilted.sum())
        mean = k @ tilted / tilted.sum()
        variance = k**2 @ tilted / tilted.sum() - mean**2
        most = int(mean)
        found = log_z + log_share(most, mean, variance, 60, beta)
        assert found == pytest.approx(np.log(exact[: most + 1].sum()), abs=0.03)


@pytest.mark.parametrize(("mean", "rho"), [(5.0, 0.05), (5.0, 0.6), (28.4, 0.9)])
def test_tail_of_patterns_that_resemble_each_other(mean, rho):
    a, b = (rate * (1 / rho - 1) for rate in (mean / 30, 1 - mean / 30))
    exact = betabinom(30, a, b)
    logs = log_probabilities(mean, exact.var(), 30)
    np.testing.assert_allclose(logs, exact.logpmf(np.arange(31)), rtol=1e-6, atol=1e-9)
    found = log_share(20, mean, exact.var(), 30, 0.0)
    assert found == pytest.approx(exact.logcdf(20), rel=1e-6)


@pytest.mark.parametrize("mean", [0.0, 1e-3, 2.0, 15.0, 29.0, 30.0])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0, 1 + 1e-9, 3.0, 30.0])
def test_moments_and_bounds(mean, share):
    """Variances in units of the binomial's; the largest that can be is 30 of them."""
    variance = share * mean * (1 - mean / 30)
    probabilities = np.exp(log_probabilities(mean, variance, 30))
    k = np.arange(31)
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-12)
    found = probabilities @ k
    assert found == pytest.approx(mean, rel=1e-6)
    if share >= 1:
        spread = probabilities @ (k - found) ** 2
        assert spread == pytest.approx(variance, rel=1e-4, abs=1e-9)


def test_a_certain_number_needs_no_correction():
    assert log_share(3, 3.0, 0.0, 40, 1.0) == pytest.approx(3.0, abs=1e-4)
    assert logsumexp(log_probabilities(0.0, 0.0, 5)) == 0
