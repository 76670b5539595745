"""Random patterns and the machines they are given to."""

import numpy as np
import pytest

from skwfm.inference import Factors


@pytest.fixture
def make_patterns():
    """Return a maker of factors with random +-1 patterns and labels."""

    def make(machine, n_samples, n_features, seed=0, **options):
        rng = np.random.default_rng(seed)
        inputs = rng.choice(np.array([-1, 1], dtype=np.int8), (n_samples, n_features))
        labels = rng.choice([-1, 1], n_samples)
        return Factors(inputs, labels, machine, **options)

    return make
