"""Rates, schedules, inputs and labels that used to end in NaN or obscure errors."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skwfm import CeSGDClassifier, ELALClassifier, LALClassifier

ALGORITHMS = [LALClassifier, ELALClassifier, CeSGDClassifier]


@pytest.fixture
def clouds():
    rng = np.random.default_rng(0)
    return rng.normal(size=(30, 12)), rng.integers(2, size=30)


def assert_usable(model):
    assert np.isfinite(model.coef_).all()
    bias = model.intercept_ / model.intercept_scaling_
    norms = np.hypot(np.linalg.norm(model.coef_, axis=1), bias)
    assert np.allclose(norms, 1)
    assert not model.converged_


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rates_that_overflow(algorithm, dtype, clouds):
    X, y = clouds
    with pytest.raises(ValueError, match=r"eta=1e\+300 makes weights overflow.*lower"):
        algorithm(eta=1e300, random_state=0).fit(X.astype(dtype), y)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(("dtype", "scale"), [(np.float32, 1e30), (float, 1e300)])
def test_inputs_whose_squares_overflow(algorithm, dtype, scale, clouds):
    X, y = clouds
    with pytest.raises(ValueError, match=r"X has entries up to .*scale the features"):
        algorithm(random_state=0).fit((X * scale).astype(dtype), y)


@pytest.mark.parametrize(
    "model",
    [
        CeSGDClassifier(beta1=1e300, max_iter=5),
        CeSGDClassifier(gamma1=1e300, max_iter=5),
        CeSGDClassifier(beta0=1e300, max_iter=5),
    ],
    ids=str,
)
def test_schedules_that_overflow_keep_finite_weights(model, clouds):
    X, _ = clouds
    y = np.arange(30) % 2
    model.set_params(n_hidden=1, random_state=0)
    with pytest.warns(ConvergenceWarning, match="would overflow.*lower"):
        model.fit(X, y)
    assert_usable(model)


@pytest.mark.parametrize("schedule", [{"lambda0": 1e300}, {"lambda1": 1e300}])
def test_couplings_are_capped(schedule, clouds):
    model = ELALClassifier(**schedule, n_hidden=1, max_iter=5, random_state=0)
    with pytest.warns(ConvergenceWarning, match="rule held with .* errors left"):
        model.fit(clouds[0], np.arange(30) % 2)
    assert_usable(model)
    assert model.n_iter_ <= 2


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("pair", [("a", None), ("a", 1)])
def test_labels_that_mix_types(algorithm, pair, clouds):
    y = np.array(pair * 15, dtype=object)
    with pytest.raises(ValueError, match=r"y mixes labels of the types .*one type"):
        algorithm().fit(clouds[0], y)


def test_messages_show_plain_numbers(clouds):
    X, y = clouds
    with pytest.raises(ValueError, match=r"only one class, 7: "):
        LALClassifier().fit(X, np.full(30, 7))
    online = LALClassifier(random_state=0).partial_fit(X, y)
    with pytest.raises(ValueError, match=r"y or classes has 7, which"):
        online.partial_fit(X, np.where(y, 7, 0))
