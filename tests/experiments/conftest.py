import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from skwfm.experiments import Contestant, Source


@pytest.fixture
def source():
    """Two overlapping clouds, twice as many of one class as of the other."""
    rng = np.random.default_rng(0)
    y = np.repeat(["no", "yes"], [80, 40])
    X = rng.standard_normal((120, 4)) + 0.8 * (y == "yes")[:, None]
    # Unequal scales: without standardisation the scores differ.
    return Source("clouds", X * [1, 30, 0.01, 0.01], y)


@pytest.fixture
def cheap():
    """Two contestants that train in milliseconds; the first one is stochastic."""
    return [
        Contestant("tree", DecisionTreeClassifier(splitter="random")),
        Contestant("linear", LogisticRegression()),
    ]
