"""Evidence and predictions of expectation propagation, by independent routes."""

import numpy as np
import pytest
from scipy.special import expit, logit, ndtr
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import Kernel

from skwfm.inference.infinite.answers import NoisyAnswers
from skwfm.inference.infinite.evidence import EvidenceSearch
from skwfm.inference.infinite.kernel import vote_covariance
from skwfm.inference.infinite.process import solve_process
from skwfm.inference.infinite.propagation import propagate

NOISES = [(0.0, 0.0), (0.1, 0.0), (0.0, 0.5), (0.05, 0.3)]


def learned(covariance, labels, noise, **options):
    ones = np.ones(len(labels))
    answers = NoisyAnswers(labels, ones, 0 * ones, *noise)
    return propagate(covariance, answers, tol=1e-9, **options)


@pytest.mark.parametrize("noise", NOISES)
def test_evidence_is_the_probability_of_the_labels(few, label_probability, noise):
    """EP of five patterns is within a hundredth of a nat or so."""
    _, labels, covariance = few
    posterior = learned(covariance, labels, noise)
    assert posterior.status == "converged"
    exact = np.log(label_probability(covariance, labels, *noise))
    assert posterior.log_evidence == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("noise", [(0.1, 0.4), (0.0, 0.4), (0.1, 0.0)])
def test_weights_are_copies(few, label_probability, noise):
    """Two copies with the label and one against it; without noise they share answers.

    EP's own error is larger where labels contradict each other.
    """
    _, labels, covariance = few
    rows = [0, 0, 0, 1, 2]
    signs = labels[rows] * np.array([1, 1, -1, 1, 1])
    weights = np.array([2.0, 1, 1]), np.array([1.0, 0, 0])
    merged = NoisyAnswers(labels[:3], *weights, *noise)
    posterior = propagate(covariance[:3, :3], merged, tol=1e-9)
    copies = covariance[np.ix_(rows, rows)] + 1e-9 * np.eye(5)
    exact = np.log(label_probability(copies, signs, *noise))
    assert posterior.log_evidence == pytest.approx(exact, abs=0.03)


@pytest.mark.parametrize("noise", NOISES[1:])
def test_slopes_are_those_of_the_evidence(few, noise):
    _, labels, covariance = few
    here, step = learned(covariance, labels, noise), 1e-3
    if noise[0]:
        sides = [(expit(logit(noise[0]) + s), noise[1]) for s in (step, -step)]
        up, down = (learned(covariance, labels, n).log_evidence for n in sides)
        assert here.slopes[0] == pytest.approx((up - down) / (2 * step), rel=1e-4)
    if noise[1]:
        sides = [(noise[0], noise[1] * np.exp(s)) for s in (step, -step)]
        up, down = (learned(covariance, labels, n).log_evidence for n in sides)
        assert here.slopes[1] == pytest.approx((up - down) / (2 * step), rel=1e-4)


def test_sites_of_either_sign():
    """Against the inverse matrix."""
    rng = np.random.default_rng(0)
    inputs, others = rng.normal(size=(8, 3)), rng.normal(size=(3, 3))
    covariance = vote_covariance(inputs, inputs, 1.0)
    precision = np.array([2.0, -0.3, 5.0, 0.0, -0.2, 1.0, 3.0, 1e-12])
    linear = rng.normal(size=8)
    process = solve_process(covariance, precision, linear)
    posterior = np.linalg.inv(np.linalg.inv(covariance) + np.diag(precision))
    np.testing.assert_allclose(process.variance, posterior.diagonal(), rtol=1e-6)
    np.testing.assert_allclose(process.mean, posterior @ linear, rtol=1e-6)
    ratio = np.linalg.slogdet(np.eye(8) + covariance * precision)[1]
    log_partition = (linear @ posterior @ linear - ratio) / 2
    assert process.log_partition == pytest.approx(log_partition, rel=1e-6)
    across = vote_covariance(others, inputs, 1.0)
    project = across @ np.linalg.inv(covariance)
    variance = 1 - np.sum(project * across, axis=1)
    variance += np.sum((project @ posterior) * project, axis=1)
    mean, found = process.moments(across)
    np.testing.assert_allclose(mean, project @ posterior @ linear, rtol=1e-6)
    np.testing.assert_allclose(found, variance, rtol=1e-6)
    with pytest.raises(FloatingPointError):
        solve_process(covariance, np.full(8, -3.0), linear)


def test_predictions_are_those_of_large_committees():
    """501 units, drawn from the prior and weighted; five standard errors and EP's own.

    Labels are those of a committee's sign, flipped with probability 0.1.
    """
    rng = np.random.default_rng(1)
    inputs, labels = rng.normal(size=(7, 2)), np.array([1.0, 1, -1, -1])
    augmented = np.hstack([inputs, np.ones((7, 1))]).astype(np.float32)
    eps, answers = 0.1, []
    for _ in range(30):
        weights = rng.standard_normal((500 * 501, 3), dtype=np.float32)
        units = (weights @ augmented.T > 0).reshape(500, 501, 7)
        answers.append(np.where(units.sum(axis=1) > 250, 1, -1))
    answers = np.concatenate(answers)
    right = answers[:, :4] == labels
    weights = np.prod(np.where(right, 1 - eps, eps), axis=1)
    positive = answers[:, 4:] > 0
    truth = weights @ positive / weights.sum()
    error = np.sqrt(((positive - truth).T ** 2) @ weights**2) / weights.sum()

    covariance = vote_covariance(inputs[:4], inputs[:4], 1.0)
    posterior = learned(covariance, labels, (eps, 0.0))
    across = vote_covariance(inputs[4:], inputs[:4], 1.0)
    mean, variance = posterior.process.moments(across)
    assert np.all(np.abs(ndtr(mean / np.sqrt(variance)) - truth) < 5 * error + 0.01)
    # The probability of the labels, by the same draws.
    spread = weights.std() / np.sqrt(len(weights))
    probability = np.exp(posterior.log_evidence)
    tolerance = 5 * spread + 0.02 * probability
    assert probability == pytest.approx(weights.mean(), abs=tolerance)


class ArcSine(Kernel):
    """The kernel in scikit-learn's form."""

    def __init__(self, constant=1.0):
        self.constant = constant

    def __call__(self, X, Y=None, eval_gradient=False):
        return vote_covariance(X, X if Y is None else Y, self.constant)

    def diag(self, X):
        return np.ones(len(X))

    def is_stationary(self):
        return False


def test_against_laplace_of_scikit_learn():
    """A logistic output is a probit one with 1.7 times the scale, nearly."""
    rng = np.random.default_rng(2)
    inputs = rng.normal(size=(80, 2))
    labels = np.where(inputs[:, 0] + 0.3 * rng.normal(size=80) > 0, 1, -1)
    others = rng.normal(size=(50, 2))
    laplace = GaussianProcessClassifier(ArcSine(1.0), optimizer=None)
    theirs = laplace.fit(inputs, labels).predict_proba(others)[:, 1]
    covariance = vote_covariance(inputs, inputs, 1.0)
    posterior = learned(covariance, labels.astype(float), (0.0, 1.7))
    mean, variance = posterior.process.moments(vote_covariance(others, inputs, 1.0))
    ours = ndtr(mean / np.sqrt(variance + 1.7**2))
    assert np.ptp(theirs) > 0.3
    np.testing.assert_allclose(ours, theirs, atol=0.02)


def flipped(share, n_samples=400, seed=0):
    """Labels of a curved rule, with a margin, some of them flipped."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(3 * n_samples, 2))
    rule = inputs[:, 0] ** 2 + inputs[:, 1] - 1
    chosen = np.argsort(-np.abs(rule))[:n_samples]
    labels = np.where(rule[chosen] > 0, 1.0, -1.0)
    labels[rng.choice(n_samples, round(share * n_samples), replace=False)] *= -1
    return inputs[chosen], labels


@pytest.mark.parametrize("share", [0.0, 0.05, 0.1, 0.2])
def test_flips_are_found(share):
    inputs, labels = flipped(share)
    ones = np.ones(len(labels))
    answers = NoisyAnswers(labels, ones, 0 * ones, output_noise=1.0)
    search = EvidenceSearch(inputs, answers, "auto", "auto", np.random.default_rng(0))
    committee = search.run()
    tolerance = share / 3 if share else 0.02
    assert committee.answers.label_noise == pytest.approx(share, abs=tolerance)
    assert committee.posterior.status == "converged"
    # The evidence is stationary there: so many flips are expected.
    if share:
        expected = committee.posterior.flips / len(labels)
        assert committee.answers.label_noise == pytest.approx(expected, rel=0.05)
