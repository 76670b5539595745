"""The curvature as a measure where there is no beta to take it at."""

import numpy as np
import pytest

from skwfm import ELALClassifier
from skwfm.experiments import Source, compare
from skwfm.landscape import smallest_beta
from skwfm.landscape.measures import Hessian

RNG = np.random.default_rng(0)
# Apart by more than the spread: a plane separates them, and so does the machine.
X = np.concatenate([RNG.normal(size=(20, 3)) + 6, RNG.normal(size=(20, 3)) - 6])
Y = np.repeat([0, 1], 20)


@pytest.fixture(scope="module")
def separated():
    model = ELALClassifier(n_hidden=3, random_state=0).fit(X, Y)
    assert smallest_beta(model, X, Y) == 0
    return model


def test_where_a_plane_separates_the_classes_there_is_none(separated):
    measure = Hessian(measures=["max", "trace", "beta"])
    with pytest.warns(UserWarning, match="no smallest beta.*a plane separates"):
        result = measure(separated, X, Y)
    assert np.isnan(measure.values(result)).all()
    assert len(measure.values(result)) == 3
    assert measure.curve(result) is None


def test_at_a_beta_of_ones_own_there_is(separated):
    measure = Hessian(beta=1.0)
    assert np.isfinite(measure.values(measure(separated, X, Y))).all()


def test_where_the_machine_makes_errors_there_is_none(separated):
    labels = np.where(np.arange(40) == 7, 1 - Y, Y)
    with pytest.warns(UserWarning, match="no smallest beta.*training errors"):
        result = Hessian()(separated, X, labels)
    assert np.isnan(Hessian().values(result)).all()


def test_a_comparison_says_why_and_of_no_error(recwarn):
    third = RNG.normal(size=(20, 3)) * 0.3 + [6, -6, 0]
    classes = Source("three", np.concatenate([X, third]), np.repeat([0, 1, 2], 20))
    run = compare(
        classes, [ELALClassifier(n_hidden=3)], measures=["hessian"], n_seeds=1, n_jobs=1
    ).runs[0]
    found = run.measures["hessian"]
    assert set(found.values.values()) == {None}
    assert not found.failed
    assert "no smallest beta" in found.reason
    assert "a class from the rest" in found.reason
    assert not [w for w in recwarn if "raised an error" in str(w.message)]
