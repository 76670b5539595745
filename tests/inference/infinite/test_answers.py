"""Averages of noisy labels over Gaussian votes, against plain integration."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from skwfm.inference.infinite.answers import NoisyAnswers

NOISES = [(0.1, 0.0), (0.0, 0.3), (0.1, 0.3), (0.02, 0.05)]
MEANS = np.array([-1.5, -0.2, 0.0, 0.4, 2.0])
VARIANCES = np.array([0.5, 1.0, 0.1, 0.02, 0.7])


def factor(votes, label, counts, label_noise, output_noise):
    answer = norm.cdf(votes / output_noise) if output_noise else float(votes > 0)
    q = label_noise + (1 - 2 * label_noise) * answer
    q = q if label > 0 else 1 - q
    return q ** counts[0] * (1 - q) ** counts[1]


def integral(mean, variance, *arguments):
    deviation = np.sqrt(variance)
    ends = mean - 9 * deviation, mean + 9 * deviation
    inner = [p for p in (-0.2, 0.0, 0.2, mean) if ends[0] < p < ends[1]]
    return quad(
        lambda f: norm.pdf(f, mean, deviation) * factor(f, *arguments), *ends,
        points=inner, epsabs=1e-13, epsrel=1e-11, limit=400,
    )[0]  # fmt: skip


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("counts", [(1.0, 0.0), (2.0, 0.0), (3.0, 2.0), (0.7, 0.0)])
def test_averages(noise, counts):
    labels = np.array([1.0, -1, 1, -1, 1])
    full = [np.full(5, c) for c in counts]
    answers = NoisyAnswers(labels, *full, *noise)
    log_z = answers.average(MEANS, VARIANCES).log_z
    truth = [
        integral(m, v, y, counts, *noise)
        for m, v, y in zip(MEANS, VARIANCES, labels, strict=True)
    ]
    np.testing.assert_allclose(np.exp(log_z), truth, rtol=1e-6)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("counts", [(1.0, 0.0), (3.0, 2.0), (40.0, 11.0)])
def test_derivatives(noise, counts):
    labels = np.array([1.0, -1, 1, -1, 1])
    full = [np.full(5, c) for c in counts]

    def log_z(mean_step=0.0, log_step=0.0, logit_step=0.0):
        odds = noise[0] / (1 - noise[0]) * np.exp(logit_step)
        changed = odds / (1 + odds), noise[1] * np.exp(log_step)
        answers = NoisyAnswers(labels, *full, *changed)
        return answers.average(MEANS + mean_step, VARIANCES).log_z

    found = NoisyAnswers(labels, *full, *noise).average(MEANS, VARIANCES)
    step = 1e-4
    up, here, down = log_z(step), log_z(), log_z(-step)
    np.testing.assert_allclose(found.g, (up - down) / (2 * step), atol=1e-4)
    curvature = -(up - 2 * here + down) / step**2
    np.testing.assert_allclose(found.gamma, curvature, rtol=1e-3, atol=2e-3)
    by_log = (log_z(0, step) - log_z(0, -step)) / (2 * step)
    np.testing.assert_allclose(found.by_log_noise, by_log, rtol=1e-5, atol=1e-5)
    if noise[0]:
        by_logit = (log_z(0, 0, step) - log_z(0, 0, -step)) / (2 * step)
        slope = found.flips - noise[0] * sum(counts)
        np.testing.assert_allclose(slope, by_logit, rtol=1e-5, atol=1e-5)


def test_many_copies_far_from_what_they_say():
    """Sharp peaks, and Gaussians beside them, are not missed."""
    counts, noise = (300.0, 150.0), (0.0, 0.5)
    answers = NoisyAnswers(np.ones(4), *(np.full(4, c) for c in counts), *noise)
    means, variances = np.array([-2.0, 0.2, 1.0, 3.0]), np.array([0.3, 1.0, 0.01, 0.1])
    found = answers.average(means, variances)
    grid = np.linspace(-4, 5, 2_000_001)
    log_factor = 300 * norm.logcdf(grid / 0.5) + 150 * norm.logsf(grid / 0.5)
    for k in range(4):
        density = log_factor + norm.logpdf(grid, means[k], np.sqrt(variances[k]))
        weights = np.exp(density - density.max())
        truth = np.log(weights.sum() * (grid[1] - grid[0])) + density.max()
        assert found.log_z[k] == pytest.approx(truth, abs=1e-6)
        shift = weights @ (grid - means[k]) / weights.sum() / variances[k]
        assert found.g[k] == pytest.approx(shift, rel=1e-5)


def test_small_output_noise_is_none():
    labels, one = np.array([1.0, -1, 1, -1, 1]), np.ones(5)
    counts = 2 * one, one
    sharp, none = (
        NoisyAnswers(labels, *counts, 0.1, s).average(MEANS, VARIANCES)
        for s in (1e-8, 0.0)
    )
    for first, second in zip(sharp[:4], none[:4], strict=True):
        np.testing.assert_allclose(first, second, atol=1e-5)


def test_two_labels_without_noise():
    with pytest.raises(ValueError, match="different labels: pass a noise > 0"):
        NoisyAnswers(np.ones(1), np.ones(1), np.ones(1))
