"""One reading of models for all measures: pipelines, intercepts, refusals."""

from types import SimpleNamespace

import numpy as np
import pytest
from known_solutions import fingerprint, make_model, random_solution
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm import LALClassifier
from skwfm.architectures import FullCommittee
from skwfm.datasets import make_random_patterns
from skwfm.inference.fitted import read_factors
from skwfm.landscape import local_entropy
from skwfm.landscape.hessian.solution import read_solution

READERS = [read_factors, read_solution]


@pytest.fixture
def solution():
    return random_solution(FullCommittee(3), 20, 12, True)


def test_both_readings_hold_the_same_weights_and_fields(solution):
    """Message passing scales weights to norm sqrt(n_l) and inputs by 1 / sqrt(n_l)."""
    factors, weights, _ = read_factors(*solution)
    other = read_solution(*solution)
    assert factors.n_weights == other.n_weights == 39
    np.testing.assert_array_equal(factors.labels, other.labels)
    fields = factors.fields(np.sqrt(13) * factors.flat(weights))
    np.testing.assert_allclose(fields, other.fields, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("reader", READERS)
def test_pipelines_are_read_as_their_last_step(reader):
    X, y = make_random_patterns(20, 12, random_state=0)
    X = 3 * X + np.arange(12.0)
    pipeline = make_pipeline(
        StandardScaler(), LALClassifier(n_hidden=3, random_state=0)
    )
    before = fingerprint(pipeline.fit(X, y), X, y)
    whole = reader(pipeline, X, y)
    part = reader(pipeline[-1], pipeline[:-1].transform(X), y)
    assert fingerprint(pipeline, X, y) == before
    first, second = (r[0] if isinstance(r, tuple) else r for r in (whole, part))
    probe = np.random.default_rng(0).normal(size=first.n_weights)
    compute = "fields" if reader is read_factors else "fields_of"
    np.testing.assert_array_equal(
        *(getattr(r, compute)(probe) for r in (first, second))
    )


def test_local_entropy_of_a_pipeline():
    X, y = make_random_patterns(20, 33, random_state=0)
    pipeline = make_pipeline(
        StandardScaler(), LALClassifier(n_hidden=3, random_state=0)
    )
    whole = local_entropy(pipeline.fit(X, y), X, y, overlaps=[0.8])
    part = local_entropy(pipeline[-1], pipeline[:-1].transform(X), y, overlaps=[0.8])
    assert whole.entropy == part.entropy
    assert np.isfinite(whole.entropy)


@pytest.mark.filterwarnings("ignore:the model gets:UserWarning")
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("value", [0.0, 0.3])
def test_a_free_intercept_counts_even_if_it_is_zero(reader, value):
    """Without the parameter, what is stored decides."""
    model, X, y = random_solution(FullCommittee(3), 20, 12, False)
    model.intercept_ = np.full(3, value)

    def n_weights(model):
        result = reader(model, X, y)
        return (result[0] if isinstance(result, tuple) else result).n_weights

    model.fit_intercept = True
    assert n_weights(model) == 39
    model.fit_intercept = False
    assert n_weights(model) == 36
    raw = SimpleNamespace(
        coef_=model.coef_, intercept_=model.intercept_, architecture_=FullCommittee(3)
    )
    assert n_weights(raw) == (39 if value else 36)


@pytest.mark.parametrize("reader", READERS)
def test_what_cannot_be_read(reader, solution):
    model, X, y = solution
    with pytest.raises(
        NotFittedError, match=r"LALClassifier has no coef_.*fit it first"
    ):
        reader(LALClassifier(), X, y)
    with pytest.raises(
        NotFittedError, match=r"LALClassifier has no coef_.*fit it first"
    ):
        reader(make_pipeline(StandardScaler(), LALClassifier()), X, y)
    other = LogisticRegression().fit(X, y)
    with pytest.raises(TypeError, match="needs a fitted committee machine"):
        reader(other, X, y)
    with pytest.raises(TypeError, match=r"object has no coef_, architecture_: this"):
        reader(object(), X, y)
    with pytest.raises(ValueError, match=r"X has 11 features.*shape \(3, 12\)"):
        reader(model, X[:, 1:], y)
    with pytest.raises(ValueError, match=r"y contains 5, which is none.*\[-1, 1\]"):
        reader(model, X, np.where(y == 1, 5, y))
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples"):
        reader(model, X, y[1:])
    one_class = make_model(FullCommittee(3), model.coef_)
    one_class.classes_ = np.array([1])
    with pytest.raises(ValueError, match=r"model has the classes \[1\]"):
        reader(one_class, X, np.ones(20))
