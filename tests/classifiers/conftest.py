"""Small problems that every algorithm solves in a moment."""

import numpy as np
import pytest

from skwfm import CeSGDClassifier, ELALClassifier, LALClassifier
from skwfm.datasets import make_random_patterns

# Rates that suit 60 patterns of 101 inputs.
SMALL = [
    LALClassifier(eta=0.02, random_state=0),
    ELALClassifier(eta=0.02, n_replicas=4, lambda0=1.0, lambda1=0.05, random_state=0),
    CeSGDClassifier(eta=0.01, random_state=0),
]


@pytest.fixture
def patterns():
    return make_random_patterns(60, 101, random_state=1)


@pytest.fixture(params=SMALL, ids=lambda e: type(e).__name__)
def estimator(request):
    from sklearn.base import clone

    return clone(request.param)


@pytest.fixture
def blobs():
    """Two clouds of real-valued inputs."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, size=200)
    return rng.normal(size=(200, 6)) + 2.5 * y[:, None], y
