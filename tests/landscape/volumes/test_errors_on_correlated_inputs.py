"""Errors allowed where patterns resemble each other, or are copies: exact draws."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale

from skwfm import LALClassifier
from skwfm.architectures import FullCommittee
from skwfm.datasets import make_random_patterns
from skwfm.landscape import local_entropy
from skwfm.landscape.volumes.errors_allowed import Drawn

N_DRAWS = 100_000


def errors_at(weights, X, y, overlap, n_draws=N_DRAWS):
    """Errors of full committees drawn at an overlap, independent of the package.

    Rows of `weights` are units of norm one, for the columns of X.
    """
    rng, reference = np.random.default_rng(3), weights.ravel()
    size, found = np.linalg.norm(reference), []
    for _ in range(n_draws // 5000):
        noise = rng.standard_normal((5000, reference.size))
        noise -= np.outer(noise @ reference, reference) / size**2
        noise *= size / np.linalg.norm(noise, axis=1, keepdims=True)
        drawn = overlap * reference + np.sqrt(1 - overlap**2) * noise
        fields = drawn.reshape(-1, weights.shape[1]) @ X.T
        votes = np.sign(fields).reshape(5000, len(weights), -1).sum(axis=1)
        found.append(np.sum(np.where(votes > 0, 1, -1) != y, axis=1))
    return np.concatenate(found)


def near_copies():
    """Thirty near copies of one pattern, which the reference answers wrongly."""
    rng = np.random.default_rng(1)
    w = rng.standard_normal(40)
    w /= np.linalg.norm(w)
    x = rng.standard_normal(40)
    x -= (x @ w) * w
    x = x * np.sqrt(40) / np.linalg.norm(x) + 0.45 * np.sqrt(40) * w
    X = x + 0.02 * rng.standard_normal((30, 40))
    model = SimpleNamespace(
        coef_=w[None], architecture_=FullCommittee(1), classes_=np.array([-1, 1]),
        intercept_=np.zeros(1), fit_intercept=False,
    )  # fmt: skip
    return model, X, -np.ones(30, dtype=int)


@pytest.mark.filterwarnings("ignore:the model gets .* patterns wrong")
@pytest.mark.parametrize("method", ["amp", "ep"])
def test_near_copies_are_wrong_together(method):
    """Of 30 nearly all or nearly none: "0 +- 0" it was, and -1.4 +- .3 of 20."""
    model, X, y = near_copies()
    errors = errors_at(model.coef_, X, y, 0.5)
    for most in (20, 25, 29):
        curve = local_entropy(
            model, X, y, overlaps=[0.5], max_errors=most, method=method
        )
        # Three standard errors of the draws that it is compared with.
        assert 40 * curve.entropy[0] == pytest.approx(
            np.log(np.mean(errors <= most)), abs=0.3
        )


@pytest.mark.filterwarnings("ignore:the model gets .* patterns wrong")
def test_what_draws_contradict_is_not_given():
    """-.65 +- .02 it was; in 400 000 draws -5.88."""
    model, X, y = near_copies()
    with pytest.warns(ConvergenceWarning, match="contradict.*pass method='mc'"):
        curve = local_entropy(model, X, y, overlaps=[0.7], max_errors=29, method="ep")
    found = curve.entropy[0], curve.error[0], curve.errors[0], curve.beta_ne[0]
    assert np.isnan(found).all()
    assert not curve.converged[0]


@pytest.mark.filterwarnings("ignore:the model gets .* patterns wrong")
@pytest.mark.parametrize("n_hidden", [1, 3])
def test_volumes_of_an_ordinary_table(n_hidden):
    """The number of errors is broad and skewed: off by half a nat, with no error."""
    X, y = load_breast_cancer(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(X))[:120]
    X, y = scale(X)[rows], y[rows]
    model = LALClassifier(n_hidden=n_hidden, random_state=0, early_stopping=True)
    model.fit(X, y)
    constant = model.intercept_scaling_
    weights = np.column_stack([model.coef_, model.intercept_ / constant])
    inputs = np.column_stack([X, np.full(len(X), constant)])
    labels = np.where(y == model.classes_[1], 1, -1)
    for overlap in (0.8, 0.4):
        errors = errors_at(weights, inputs, labels, overlap)
        for most in (5, 10, 20, 40):
            count = np.sum(errors <= most)
            assert count > 100
            curve = local_entropy(
                model, X, y, overlaps=[overlap], max_errors=most, method="ep"
            )
            found, error = weights.size * np.array([curve.entropy[0], curve.error[0]])
            expected = np.log(count / N_DRAWS)
            exact = np.sqrt(1 / count - 1 / N_DRAWS)
            # Three standard errors, and what the lowest orders leave out.
            assert abs(found - expected) < 3 * np.hypot(error, exact) + 0.04


@pytest.mark.filterwarnings("ignore:the model gets .* patterns wrong")
@pytest.mark.parametrize("method", ["amp", "ep"])
def test_copies_are_wrong_together(method):
    """Of every pattern five times: at most four errors are none."""
    X, y = make_random_patterns(60, 99, random_state=0)
    model = LALClassifier(
        architecture="tree", n_hidden=3, fit_intercept=False, random_state=0
    ).fit(X, y)
    options = {"overlaps": [0.9, 0.6], "method": method, "random_state": 0}
    for few in (0, 3):
        once = local_entropy(model, X, y, max_errors=few, **options)
        for n_copies, more in ((2, 1), (5, 4)):
            copies = np.vstack([X] * n_copies), np.tile(y, n_copies)
            most = n_copies * few + more
            found = local_entropy(model, *copies, max_errors=most, **options)
            # Betas are found up to two errors of a hundred.
            np.testing.assert_allclose(found.entropy, once.entropy, rtol=0.004)
            if few == 0:
                np.testing.assert_array_equal(found.entropy, once.entropy)


@pytest.mark.filterwarnings("ignore:the model gets .* patterns wrong")
def test_engines_are_not_random():
    """Not even where they draw; a seed may be given."""
    model, X, y = near_copies()
    options = {"overlaps": [0.5], "max_errors": 30, "method": "ep"}
    one, two = (local_entropy(model, X, y, **options).entropy for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert one == 0
    options["max_errors"] = 29
    seeded = [
        local_entropy(model, X, y, random_state=seed, **options).entropy[0]
        for seed in (1, 1, 2)
    ]
    assert seeded[0] == seeded[1] != seeded[2]


def test_what_few_draws_tell():
    errors = np.array([3] * 50 + [5] * 150 + [9] * 1800)
    drawn = Drawn(errors)
    assert drawn.share(3) is None
    share, error = drawn.share(5)
    assert share == pytest.approx(np.log(0.1))
    assert error == pytest.approx(np.sqrt(0.9 / 200))
    assert drawn.share(9) == (0.0, 0.0)
    known, _ = drawn.log_mean(0.3)
    assert known == pytest.approx(np.log(np.mean(np.exp(-0.3 * errors))))
    beta = drawn.coldest(8.0)
    assert drawn.log_mean(beta) is not None
    assert drawn.log_mean(2 * beta) is None
    mean, variance = drawn.moments(0.0)
    assert (mean, variance) == pytest.approx((errors.mean(), errors.var()))
