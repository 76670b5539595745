"""Typical calls on difficult tables leak no warnings of NumPy from inside.

Advice (ConvergenceWarning and UserWarning) is welcome; a RuntimeWarning tells nobody
what to do.
"""

import numpy as np
import pytest

from skwfm import (
    AnnealingClassifier,
    CeSGDClassifier,
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
)
from skwfm.architectures import FullCommittee, TreeCommittee, TreeParity
from skwfm.inference import (
    BinaryPrior,
    BinaryReferencePrior,
    Factors,
    Focusing,
    GaussianPrior,
    ReferencePrior,
    SphericalPrior,
    infer,
)
from skwfm.landscape import (
    hessian_spectrum,
    local_entropy,
    minima_manifold,
    noise_robustness,
)

pytestmark = [
    pytest.mark.filterwarnings("error::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

TABLES = ["standardised", "one-hot", "constant columns", "low rank", "0/1", "huge"]
SHORT = {"n_hidden": 3, "random_state": 0}
FOCUS = {"gammas": [0.5, 1.0], "max_sweeps": 20, **SHORT}
METHODS = ["amp", "bp", "ep"]
CLASSIFIERS = [
    LALClassifier(max_iter=40, **SHORT),
    ELALClassifier(max_iter=40, **SHORT),
    CeSGDClassifier(max_iter=40, **SHORT),
    AnnealingClassifier(max_iter=40, **SHORT),
    AnnealingClassifier(max_iter=40, energy="local_entropy", **SHORT),
    FBPClassifier(weights="binary", **FOCUS),
    *(
        FBPClassifier(method=m, answer="posterior", **FOCUS)
        for m in ("amp", "bp", "ep")
    ),
]


def table(kind, n_samples=16, n_features=18):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_samples, n_features))
    if kind == "one-hot":
        X = np.hstack([np.eye(6)[rng.integers(0, 6, n_samples)] for _ in range(3)])
    elif kind == "constant columns":
        X[:, :3], X[:, 3:6] = 0, 1
    elif kind == "low rank":
        X = X[:, :2] @ rng.normal(size=(2, n_features))
    elif kind == "0/1":
        X = (X > 0).astype(float)
    elif kind == "huge":
        X *= 1e140
    return X, rng.choice([-1, 1], n_samples)


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=lambda c: type(c).__name__)
def test_warnings_of_classifiers_and_measures_are_advice(kind, classifier):
    X, y = table(kind)
    model = classifier.fit(X, y)
    assert np.isfinite(model.coef_).all()
    assert set(model.predict(X)) <= {-1, 1}
    for method in METHODS:
        overlaps, run = [0.5, 1 - 1e-8], {"max_sweeps": 20}
        local_entropy(model, X, y, overlaps=overlaps, method=method, **run)
    for beta in (1e-4, 1.0, 1e6):
        hessian_spectrum(model, X, y, beta=beta)
    noise_robustness(model, X, y, "gaussian", levels=[0.5], n_draws=2)
    minima_manifold(model, X, y, beta=1.0)


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("machine", [TreeCommittee(3), FullCommittee(3), TreeParity(3)])
def test_warnings_of_engines_are_advice(kind, method, machine):
    X, y = table(kind)
    factors = Factors(X, y, machine, fit_intercept=True)
    reference = factors.dense(np.ones(factors.n_weights))
    for prior in (
        SphericalPrior(),
        GaussianPrior(),
        BinaryPrior(),
        Focusing(SphericalPrior(), 5, 1.0),
        ReferencePrior(reference, 0.7),
        BinaryReferencePrior(reference, 0.7),
    ):
        for damping in (None, 0.0):
            infer(factors, prior, method=method, damping=damping, max_sweeps=15)


@pytest.mark.parametrize("scale", [1e154, 1e300])
def test_inputs_whose_squares_overflow_are_named(scale):
    X, y = table("standardised")
    model = LALClassifier(**SHORT).fit(X, y)
    calls = [
        lambda: LALClassifier().fit(scale * X, y),
        lambda: local_entropy(model, scale * X, y, overlaps=[0.5]),
        lambda: hessian_spectrum(model, scale * X, y, beta=1.0),
        lambda: minima_manifold(model, scale * X, y, beta=1.0),
        lambda: noise_robustness(model, scale * X, y, "gaussian", levels=[0.5]),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"squares overflow.*scale the features"):
            call()
    for method in METHODS:
        factors = Factors(scale * X, y, FullCommittee(3))
        assert not infer(factors, SphericalPrior(), method=method).log_volume > 0
    # Votes of units do not depend on the scale of the inputs.
    plain = LALClassifier(fit_intercept=False, **SHORT).fit(X, y)
    np.testing.assert_array_equal(plain.predict(scale * X), plain.predict(X))
