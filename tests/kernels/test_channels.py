"""Compiled channels against 60-digit arithmetic and against plain NumPy twins."""

from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from scipy.special import log_ndtr, logsumexp

from skwfm.architectures import FullCommittee, TreeCommittee, TreeParity

# Relative error allowed; g and Gamma below TINY may have lost digits to underflow.
ACCURACY = 1e-10
TINY = 1e-190


def normal_cdf(u):
    return mp.erfc(-u / mp.sqrt(2)) / 2


def density(u):
    return mp.exp(-u * u / 2) / mp.sqrt(2 * mp.pi)


def exact_counts(right):
    """Probability of each number of right votes among the first units, 0 to all."""
    counts = [[mp.mpf(1)]]
    for p, q in right:
        padded = [mp.mpf(0), *counts[-1], mp.mpf(0)]
        counts.append([a * p + b * q for a, b in pairwise(padded)])
    return counts


def exact_committee(u):
    """log z and d log z / du of a majority, u already times the label."""
    right = [(normal_cdf(x), normal_cdf(-x)) for x in u]
    m = (len(u) - 1) // 2
    before, after = exact_counts(right), exact_counts(right[::-1])[::-1]
    z, z_wrong = mp.fsum(before[-1][m + 1 :]), mp.fsum(before[-1][: m + 1])
    h = []
    for l, x in enumerate(u):
        a, b = before[l], after[l + 1]
        ways = [a[j] * b[m - j] for j in range(len(a)) if 0 <= m - j < len(b)]
        h.append(density(x) * mp.fsum(ways) / z)
    return mp.log(z) if z < 0.5 else mp.log1p(-z_wrong), h


def exact_parity(u):
    """log z and d log z / du of a product, the label being in the first u."""
    biases = [mp.erf(x / mp.sqrt(2)) for x in u]
    z = (1 + mp.fprod(biases)) / 2
    h = [
        density(x) * mp.fprod(biases[:l] + biases[l + 1 :]) / z for l, x in enumerate(u)
    ]
    return mp.log(z), h


def hard_fields(n_hidden):
    """Fields in units of their deviation, from everyday to 40 deviations off."""
    rng = np.random.default_rng(n_hidden)
    scales = [1e-8, 0.01, 1.0, 3.0, 10.0]
    rows = [scale * rng.normal(size=n_hidden) for scale in scales]
    rows += [rng.uniform(-40, 40, n_hidden) for _ in range(3)]
    rows += [np.full(n_hidden, x) for x in (-40.0, -37.6, 0.0, 40.0)]
    rows += [rng.uniform(-40, -30, n_hidden), rng.uniform(30, 40, n_hidden)]
    return np.array(rows)


def relative_error(found, exact):
    exact = [mp.mpf(x) for x in np.ravel(np.array(exact, dtype=object))]
    pairs = zip(np.ravel(found), exact, strict=True)
    return max(
        float(abs(mp.mpf(float(a)) - b) / max(abs(b), mp.mpf(TINY))) for a, b in pairs
    )


def check_against(machine, fields, labels, exact):
    # Powers of two: mean / sqrt(var) is then the field itself, to the last bit.
    var = np.full_like(fields, 4.0)
    log_z, g, gamma = machine.channel(2 * fields, var, labels)
    assert np.isfinite(log_z).all()
    for s, row in enumerate(fields):
        exact_log_z, h = exact(row, labels[s])
        assert relative_error(log_z[s], exact_log_z) < ACCURACY
        assert relative_error(2 * g[s], h) < ACCURACY
        curvature = [a * (mp.mpf(float(x)) + a) for a, x in zip(h, row, strict=True)]
        assert relative_error(4 * gamma[s], curvature) < ACCURACY


@pytest.mark.parametrize("n_hidden", [1, 3, 9, 31])
def test_committee_to_ten_digits(n_hidden):
    fields = hard_fields(n_hidden)
    labels = np.where(np.arange(len(fields)) % 3 == 0, -1.0, 1.0)

    def exact(row, label):
        log_z, h = exact_committee([mp.mpf(float(label * x)) for x in row])
        return log_z, [label * x for x in h]

    with mp.workdps(60):
        check_against(FullCommittee(n_hidden), fields, labels, exact)


@pytest.mark.slow
def test_committee_of_a_hundred_units_to_ten_digits():
    test_committee_to_ten_digits(101)


@pytest.mark.parametrize("n_hidden", [1, 2, 3, 9])
def test_parity_to_ten_digits(n_hidden):
    fields = hard_fields(n_hidden)
    labels = np.where(np.arange(len(fields)) % 3 == 0, -1.0, 1.0)

    def exact(row, label):
        u = [mp.mpf(float(x)) for x in row]
        log_z, h = exact_parity([label * u[0], *u[1:]])
        return log_z, [label * h[0], *h[1:]]

    # erf(40 / sqrt 2) differs from one in the 350th digit.
    with mp.workdps(420):
        check_against(TreeParity(n_hidden), fields, labels, exact)


def numpy_committee(mean, var, labels):
    """Twin in logarithms: counts with and without each unit, one unit at a time."""
    u = labels[:, None] * mean / np.sqrt(var)
    n_hidden = u.shape[1]
    m = (n_hidden - 1) // 2
    right, wrong = log_ndtr(u), log_ndtr(-u)

    def log_counts(units):
        counts = np.full((len(u), n_hidden + 1), -np.inf)
        counts[:, 0] = 0
        for l in units:
            moved = np.full_like(counts, -np.inf)
            moved[:, 1:] = counts[:, :-1] + right[:, [l]]
            counts = np.logaddexp(counts + wrong[:, [l]], moved)
        return counts

    log_z = logsumexp(log_counts(range(n_hidden))[:, m + 1 :], axis=1)
    g = np.empty_like(u)
    for l in range(n_hidden):
        pivot = log_counts([k for k in range(n_hidden) if k != l])[:, m]
        log_h = pivot - u[:, l] ** 2 / 2 - np.log(2 * np.pi) / 2 - log_z
        g[:, l] = labels * np.exp(log_h) / np.sqrt(var[:, l])
    return log_z, g, g * (mean / var + g)


def numpy_parity(mean, var, labels):
    u = mean / np.sqrt(var)
    bias = 2 * np.exp(log_ndtr(u)) - 1
    z = (1 + labels * bias.prod(axis=1)) / 2
    g = np.empty_like(u)
    for l in range(u.shape[1]):
        others = np.delete(bias, l, axis=1).prod(axis=1)
        phi = np.exp(-(u[:, l] ** 2) / 2) / np.sqrt(2 * np.pi * var[:, l])
        g[:, l] = labels * phi * others / z
    return np.log(z), g, g * (mean / var + g)


@pytest.mark.parametrize("n_samples", [1, 7, 8, 9, 100])
@pytest.mark.parametrize(
    ("machine", "twin"), [(TreeCommittee, numpy_committee), (TreeParity, numpy_parity)]
)
def test_compiled_channels_equal_their_numpy_twins(machine, twin, n_samples):
    rng = np.random.default_rng(n_samples)
    shape = (n_samples, 7)
    mean, var = 2 * rng.normal(size=shape), rng.uniform(0.2, 3, size=shape)
    labels = rng.choice([-1.0, 1.0], size=n_samples)
    found = machine(7).channel(mean, var, labels)
    for a, b in zip(found, twin(mean, var, labels), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-14)


def test_hundred_units_equal_the_twin_where_probabilities_underflow():
    rng = np.random.default_rng(0)
    mean = rng.uniform(-40, -10, size=(3, 101))
    ones = np.ones_like(mean), np.ones(3)
    log_z, g, _ = FullCommittee(101).channel(mean, *ones)
    twin_log_z, twin_g, _ = numpy_committee(mean, *ones)
    assert np.all(log_z < -1000)
    np.testing.assert_allclose(log_z, twin_log_z, rtol=1e-12)
    # The twin subtracts logarithms of size 1e4: it keeps eleven digits.
    np.testing.assert_allclose(g, twin_g, rtol=1e-9, atol=TINY)


@pytest.mark.parametrize("machine", [FullCommittee, TreeParity])
def test_labels_are_a_symmetry(machine):
    rng = np.random.default_rng(1)
    mean, var = rng.normal(size=(2, 20, 5))
    var, labels = np.exp(var), rng.choice([-1.0, 1.0], size=20)
    log_z, g, gamma = machine(5).channel(mean, var, labels)
    other = machine(5).channel(-mean, var, -labels)
    np.testing.assert_allclose(other[0], log_z, rtol=1e-14)
    np.testing.assert_allclose(other[1], -g, rtol=1e-14)
    np.testing.assert_allclose(other[2], gamma, rtol=1e-12)


def test_shapes_that_do_not_fit_are_errors():
    with pytest.raises(ValueError, match=r"shapes \(4, 3\), \(4, 2\) and \(4,\)"):
        FullCommittee(3).channel(np.ones((4, 3)), np.ones((4, 2)), np.ones(4))
