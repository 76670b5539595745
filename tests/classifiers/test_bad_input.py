"""Every bad input gets an error that names it and the remedy."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skwfm import (
    AnnealingClassifier,
    CeSGDClassifier,
    ELALClassifier,
    LALClassifier,
)

ALGORITHMS = [LALClassifier, ELALClassifier, CeSGDClassifier, AnnealingClassifier]


@pytest.fixture(params=ALGORITHMS)
def algorithm(request):
    return request.param


@pytest.fixture
def good():
    rng = np.random.default_rng(0)
    return rng.normal(size=(20, 12)), np.arange(20) % 2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_missing_and_infinite_inputs(algorithm, good, bad):
    X, y = good
    X[3, 4] = bad
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        algorithm().fit(X, y)
    fitted = algorithm(max_iter=1)
    with pytest.warns(ConvergenceWarning):
        fitted.fit(*((np.nan_to_num(X, posinf=0, neginf=0)), y))
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        fitted.predict(X)


def test_labels(algorithm, good):
    X, y = good
    for labels, message in [
        (np.zeros(20), "one class"),
        (np.linspace(0, 1, 20), "Unknown label type|continuous"),
        (np.where(y, 1.0, np.nan), "NaN"),
        (y[:-1], "inconsistent numbers of samples"),
        (None, "requires y to be passed"),
    ]:
        with pytest.raises(ValueError, match=message):
            algorithm().fit(X, labels)


def test_shapes_and_types(algorithm, good):
    X, y = good
    for inputs, labels, error, message in [
        (X[:1], y[:1], ValueError, "one class"),
        (X[:0], y[:0], ValueError, "0 sample"),
        (X[:, :0], y, ValueError, "0 feature"),
        (X[:, 0], y, ValueError, "Reshape your data"),
        (X + 1j, y, ValueError, "Complex data not supported"),
        (np.full(X.shape, "a"), y, ValueError, "could not convert string"),
        (X[None], y, ValueError, "dim 3"),
    ]:
        with pytest.raises(error, match=message):
            algorithm().fit(inputs, labels)


def test_one_feature(algorithm, good):
    X, y = good
    X = np.where(y, 1.0, -1.0)[:, None]
    assert algorithm(n_hidden=1, random_state=0).fit(X, y).score(X, y) == 1.0
    with pytest.raises(ValueError, match=r"n_hidden=3 .*n_features=1 .*lower n_hidden"):
        algorithm(n_hidden=3, architecture="tree").fit(X, y)


def test_other_number_of_features_in_predict(algorithm, good):
    X, y = good
    with pytest.warns(ConvergenceWarning):
        fitted = algorithm(max_iter=1).fit(X, y)
    with pytest.raises(ValueError, match="X has 5 features, but"):
        fitted.predict(X[:, :5])


@pytest.mark.parametrize("n_hidden", [2, 10])
def test_even_committees(algorithm, good, n_hidden):
    with pytest.raises(ValueError, match=f"n_hidden={n_hidden} .*odd.*{n_hidden + 1}"):
        algorithm(n_hidden=n_hidden).fit(*good)


@pytest.mark.parametrize("architecture", ["tree", "parity"])
def test_more_units_than_inputs(algorithm, good, architecture):
    with pytest.raises(ValueError, match=r"n_hidden=13 .*n_features=12"):
        algorithm(n_hidden=13, architecture=architecture).fit(*good)


def test_unknown_architecture(algorithm, good):
    with pytest.raises(ValueError, match=r"unknown architecture 'ful'.*mean 'full'"):
        algorithm(architecture="ful").fit(*good)
    with pytest.raises(TypeError, match="by name, as a class or as an instance"):
        algorithm(architecture=3).fit(*good)


COMMON = [("n_hidden", 0), ("n_hidden", 2.5), ("max_iter", 0), ("n_jobs", 1.5)]
COMMON += [("fit_intercept", "no"), ("random_state", "seed"), ("verbose", -1)]
BATCHES = [("eta", 0.0), ("eta", -1e-3), ("eta", "fast"), ("batch_size", 0)]
ENTROPIC = [("n_replicas", 1), ("lambda0", -1.0), ("lambda1", -0.1), ("tol", -1.0)]
GRADIENT = [("gamma0", 0.0), ("gamma1", -0.1), ("beta0", -1.0), ("beta1", -0.1)]
GRADIENT += [("stop", "never"), ("tol", -1.0), ("eta", np.nan), ("eta", np.inf)]
METROPOLIS = [("energy", "entropy"), ("gamma", 0.0), ("steepness", -1.0)]
METROPOLIS += [("n_replicas", 1), ("coupling_start", 0.0), ("coupling_end", -1.0)]
METROPOLIS += [("beta_start", 0.0), ("beta_end", "cold"), ("schedule", "fast")]
BAD = [(a, *p) for a in ALGORITHMS for p in COMMON]
BAD += [(a, *p) for a in ALGORITHMS if a is not AnnealingClassifier for p in BATCHES]
BAD += [(AnnealingClassifier, *p) for p in METROPOLIS]
BAD += [(ELALClassifier, *p) for p in ENTROPIC]
BAD += [(CeSGDClassifier, *p) for p in GRADIENT]


@pytest.mark.parametrize(("algorithm_", "name", "value"), BAD)
def test_parameters_out_of_range(algorithm_, name, value, good):
    with pytest.raises(
        ValueError, match=f"The '{name}' parameter of .* must be .* Got"
    ):
        algorithm_(**{name: value}).fit(*good)


def test_unknown_parameter(algorithm):
    with pytest.raises(TypeError, match="learning_rate"):
        algorithm(learning_rate=1)
