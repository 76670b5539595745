"""The published numbers: epochs of every algorithm, and what flatness is worth."""

import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import balanced_accuracy_score

from skwfm.classifiers import published_settings
from skwfm.classifiers.published import PUBLISHED_EPOCHS
from skwfm.datasets import load_dress_coat, make_random_patterns

N_SEEDS = 10


def patterns(problem, seed):
    if problem == "random_patterns":
        X, y = make_random_patterns(1000, 999, random_state=100 + seed)
    else:
        X, y = load_dress_coat(n_per_class=250, random_state=seed, return_X_y=True)
    return X.astype(np.float32), y


def fits(problem, name):
    estimator_class, parameters = published_settings(problem, name)
    for seed in range(N_SEEDS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = estimator_class(**parameters, random_state=seed)
            yield model.fit(*patterns(problem, seed))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("problem", "name"),
    [
        ("random_patterns", "LAL"),
        ("random_patterns", "ceSGD-fast"),
        ("dress_coat", "LAL"),
        ("dress_coat", "ceSGD-fast"),
        ("dress_coat", "eLAL"),
    ],
)
def test_published_epochs(problem, name):
    models = list(fits(problem, name))
    assert all(model.converged_ for model in models)
    mean, sd = PUBLISHED_EPOCHS[problem, name]
    assert abs(np.mean([model.n_iter_ for model in models]) - mean) < 2 * sd


@pytest.mark.slow
def test_slow_gradient_on_random_patterns_ends_where_published():
    """Its last gamma, 0.1 * 1.0004^T, within 20 per cent: 17.95 as published."""
    models = list(fits("random_patterns", "ceSGD-slow"))
    gammas = [0.1 * 1.0004**model.n_iter_ for model in models]
    assert 0.8 * 17.95 < np.mean(gammas) < 1.2 * 17.95
    assert np.median([model.n_errors_ for model in models]) == 0


@pytest.fixture(scope="module")
def accuracies():
    X, y = load_dress_coat(subset="test", return_X_y=True)
    return {
        name: np.array(
            [
                (model.score(X, y), balanced_accuracy_score(y, model.predict(X)))
                for model in fits("dress_coat", name)
            ]
        )
        for name in ("LAL", "eLAL", "ceSGD-slow")
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["eLAL", "ceSGD-slow"])
def test_wide_minima_generalise_better_on_real_images(accuracies, name):
    """Better than LAL by 5 points of accuracy, and so with 99 % confidence by 3."""
    gain = 100 * (accuracies[name] - accuracies["LAL"])[:, 0]
    assert gain.mean() >= 5
    assert stats.ttest_1samp(gain, 3, alternative="greater").pvalue < 0.01
    balanced = (accuracies[name] - accuracies["LAL"])[:, 1]
    assert stats.ttest_1samp(balanced, 0, alternative="greater").pvalue < 0.01


def test_settings_are_complete_and_valid():
    for problem, name in PUBLISHED_EPOCHS:
        estimator_class, parameters = published_settings(problem, name)
        model = estimator_class(**parameters)
        model._validate_params()
        assert model.n_hidden == 9
        assert not model.fit_intercept


def test_unknown_settings():
    with pytest.raises(ValueError, match=r"'mnist'.*dress_coat.*ceSGD-fast"):
        published_settings("mnist", "LAL")


def test_settings_are_copies():
    published_settings("dress_coat", "LAL")[1]["eta"] = 1.0
    assert published_settings("dress_coat", "LAL")[1]["eta"] == 1e-4
