"""The search for noise with many classes: fewer levels, one third left out once."""

import numpy as np
import pytest

from skwfm import FBPClassifier
from skwfm.classifiers.focusing import noise
from skwfm.inference.noise.held_out import N_FOLDS
from skwfm.inference.noise.search import LABEL_NOISES


def groups(n_classes):
    """Clouds on a circle."""
    rng = np.random.default_rng(0)
    y = np.arange(12 * n_classes) % n_classes
    angle = 2 * np.pi * y / n_classes
    X = 5 * np.column_stack([np.cos(angle), np.sin(angle)])
    return X + 0.3 * rng.standard_normal(X.shape), y


@pytest.fixture
def searches(monkeypatch):
    """What each search was asked for, which then finds no noise: that is faster."""
    found = []

    class Noted(noise.NoiseSearch):
        def run(self):
            found.append((self.label_noises, self.n_folds))
            return super().run() if self.is_fixed else None

    monkeypatch.setattr(noise, "NoiseSearch", Noted)
    return found


@pytest.mark.parametrize(
    ("n_classes", "levels", "n_folds"),
    [(7, LABEL_NOISES, N_FOLDS), (8, LABEL_NOISES[::2], 1)],
)
def test_many_classes_try_fewer_levels_and_leave_patterns_out_once(
    searches, n_classes, levels, n_folds
):
    X, y = groups(n_classes)
    model = FBPClassifier(n_hidden=3, random_state=0).fit(X, y)
    assert searches == [(levels, n_folds)] * n_classes
    assert model.score(X, y) == 1


def test_half_as_many_levels_reach_the_lowest():
    assert LABEL_NOISES[::2][-1] == LABEL_NOISES[-1]


def test_a_given_noise_is_learned_at_whatever_the_number_of_classes(searches):
    X, y = groups(8)
    model = FBPClassifier(n_hidden=3, label_noise=0.05, random_state=0).fit(X, y)
    assert all(levels[-1] == 0.05 for levels, _ in searches)
    assert (np.array(model.label_noise_) == 0.05).all()
    assert model.score(X, y) == 1
