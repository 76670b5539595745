"""Whether the posterior that answers has settled is said, and what is known if not."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import make_circles, make_moons
from sklearn.preprocessing import scale

from skwfm import FBPClassifier


@pytest.mark.parametrize(
    "patterns",
    [
        make_moons(300, noise=0.3, random_state=0),
        make_circles(300, noise=0.15, factor=0.5, random_state=0),
    ],
)
def test_messages_that_move_have_not_converged(patterns):
    """Residuals of .4 and 18 were "converged"."""
    X, y = scale(patterns[0]), patterns[1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = FBPClassifier(random_state=0).fit(X, y)
    assert model.status_ == "noisy"
    assert model.posterior_.residuals[-1] > 0.1
    assert not model.converged_
    assert np.isnan(model.log_evidence_)
    assert model.score(X, y) > 0.8


def test_messages_that_rest_have():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 4))
    y = X[:, 0] + rng.standard_normal(200) > 0
    model = FBPClassifier(n_hidden=1, label_noise=0.2, random_state=0).fit(X, y)
    assert model.posterior_.residuals[-1] < 0.1
    assert model.converged_
