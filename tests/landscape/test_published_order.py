"""What the paper found: the order of the algorithms, and flat means good."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from skwfm.classifiers import published_settings
from skwfm.datasets import load_dress_coat, make_random_patterns
from skwfm.landscape import hessian_spectrum, local_entropy, smallest_beta

pytestmark = pytest.mark.slow


def largest(models, X, y, beta):
    return [
        hessian_spectrum(m, X, y, beta, method="lanczos", which="largest").largest
        for m in models
    ]


def fitted(problem, name, X, y, seed, **changes):
    estimator_class, parameters = published_settings(problem, name)
    return estimator_class(**{**parameters, **changes}, random_state=seed).fit(X, y)


def test_order_of_largest_eigenvalues_on_random_patterns():
    """LAL > ceSGD-fast > eLAL at a common beta, in the mean over ten samples.

    The differences of logarithms lie above zero with their one-sided 95 % interval
    (Student's t, 9 degrees of freedom: 1.83). The coupling of eLAL grows ten times
    faster than published, as elsewhere in these tests.
    """
    changes = {"LAL": {}, "ceSGD-fast": {}, "eLAL": {"lambda1": 1e-3}}
    logs = []
    for seed in range(10):
        X, y = make_random_patterns(1000, 999, random_state=seed)
        models = [
            fitted("random_patterns", name, X.astype(np.float32), y, seed, **change)
            for name, change in changes.items()
        ]
        logs.append(np.log(largest(models, X, y, smallest_beta(models, X, y))))
    steps = -np.diff(logs, axis=1)
    mean, error = steps.mean(axis=0), steps.std(axis=0, ddof=1) / np.sqrt(10)
    assert np.all(mean - 1.83 * error > 0), (mean, error)


def test_wide_minima_differ_at_a_smaller_beta():
    """ceSGD-slow > eLAL > fBP at the smallest beta of the three, five times of five.

    One-sided sign test: 1/32 for each pair. At the beta of LAL all three are saturated,
    with eigenvalues of 1e-10 and less.
    """
    changes = {"ceSGD-slow": {}, "eLAL": {"lambda1": 1e-3}, "fBP": {}}
    for seed in range(5):
        X, y = make_random_patterns(1000, 999, random_state=seed)
        models = [
            fitted("random_patterns", name, X.astype(np.float32), y, seed, **change)
            for name, change in changes.items()
        ]
        assert [model.n_errors_ for model in models] == [0, 0, 0]
        found = largest(models, X, y, smallest_beta(models, X, y))
        assert found[0] > found[1] > found[2]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:the smooth machine:UserWarning")
def test_flat_minima_generalise_on_dress_coat():
    """Rank correlation of largest eigenvalue and test error at the paper's beta of 90.

    The 95 % interval of the correlation over 36 solutions lies above zero.
    """
    X, y = load_dress_coat(n_per_class=250, random_state=0, return_X_y=True)
    test = load_dress_coat(subset="test", return_X_y=True)
    found = dress_coat_solutions(X.astype(np.float32), y, n_seeds=12)
    models = [m for m in found if m.n_errors_ == 0]
    assert len(models) >= 30
    curvature = largest(models, X, y, beta=90)
    errors = [1 - m.score(*test) for m in models]
    low, high = bootstrap(curvature, errors)
    assert low > 0, (low, high)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_wide_minima_generalise_on_dress_coat():
    """Rank correlation of local entropy at distance 0.05 and test error (Fig. 6).

    The 95 % bootstrap interval over 12 solutions of four algorithms lies below zero.
    Most of that is between LAL and the others; within one algorithm three solutions
    decide nothing, and nothing is claimed.
    """
    X, y = load_dress_coat(n_per_class=250, random_state=0, return_X_y=True)
    test = load_dress_coat(subset="test", return_X_y=True)
    names = ["LAL", "eLAL", "ceSGD-fast", "ceSGD-slow"]
    found = dress_coat_solutions(X.astype(np.float32), y, 3, names)
    models = [m for m in found if m.n_errors_ == 0]
    assert len(models) >= 10
    curves = [
        local_entropy(m, X, y, distances=[0.05], method="ep", tol=1e-3) for m in models
    ]
    width = [curve.entropy[0] for curve in curves]
    assert np.isfinite(width).all()
    _, high = bootstrap(width, [1 - m.score(*test) for m in models])
    assert high < 0, high


def dress_coat_solutions(X, y, n_seeds, names=("LAL", "eLAL", "ceSGD-fast")):
    return [
        fitted("dress_coat", name, X, y, seed)
        for seed in range(n_seeds)
        for name in names
    ]


def bootstrap(a, b, n_resamples=2000):
    """95 % interval of the rank correlation over solutions drawn again."""
    rng, pairs = np.random.default_rng(0), np.column_stack([a, b])
    draws = rng.integers(len(pairs), size=(n_resamples, len(pairs)))
    values = [spearmanr(*pairs[d].T).statistic for d in draws]
    return np.quantile(values, [0.025, 0.975])
