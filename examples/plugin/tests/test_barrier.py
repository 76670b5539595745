"""Units are matched before a path is measured, and the path stays on the spheres."""

import itertools

import numpy as np
import pytest
from skwfm_robust import ErrorBarrier, WeightedVote, geodesic, match_units

from skwfm import LALClassifier
from skwfm.architectures import FullCommittee, TreeParity
from skwfm.datasets import make_random_patterns


def random_units(n_hidden, n_inputs, seed=0):
    weights = np.random.default_rng(seed).normal(size=(n_hidden, n_inputs))
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)


def test_permuted_units_are_found():
    first = random_units(5, 20)
    shuffled = first[[3, 0, 4, 2, 1]]
    assert np.array_equal(match_units(FullCommittee(5), 20, first, shuffled), first)


def test_no_permutation_is_better():
    first, second = random_units(4, 3, seed=1), random_units(4, 3, seed=2)
    matched = match_units(WeightedVote(4, votes=(1, 1, 1, 2)), 3, first, second)
    # The last unit has two votes and stays.
    best = max(
        np.sum(first[:3] * second[list(order)])
        for order in itertools.permutations(range(3))
    )
    assert np.sum(first[:3] * matched[:3]) == pytest.approx(best)
    assert np.array_equal(matched[3], second[3])


def test_an_even_number_of_signs_is_changed_on_parity_machines():
    first = random_units(3, 12)
    mirrored = first * np.array([[-1.0], [1.0], [-1.0]])
    assert np.array_equal(match_units(TreeParity(3), 12, first, mirrored), first)
    # An odd number would change the answers.
    matched = match_units(TreeParity(3), 12, first, -first)
    assert np.sum(np.sum(first * matched, axis=1) < 0) == 1


@pytest.mark.parametrize("position", [0.0, 0.3, 1.0])
def test_a_geodesic_has_constant_speed(position):
    first, second = random_units(3, 8, seed=1), random_units(3, 8, seed=2)
    between = geodesic(first, second, position)
    angle = np.arccos(np.sum(first * second, axis=1))
    np.testing.assert_allclose(np.linalg.norm(between, axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(
        np.sum(first * between, axis=1), np.cos(position * angle), rtol=1e-12
    )


def test_there_is_no_barrier_to_oneself_nor_to_the_same_units_in_another_order():
    X, y = make_random_patterns(60, 80, random_state=0)
    model = LALClassifier(n_hidden=3, random_state=0).fit(X, y)
    other = LALClassifier(n_hidden=3, random_state=0).fit(X, y)
    other.coef_, other.intercept_ = other.coef_[::-1], other.intercept_[::-1]
    for end in (model, other):
        measure = ErrorBarrier(other=end)
        rates = measure(model, X, y)
        assert measure.values(rates) == [0.0]
        assert np.all(rates == 0)


def test_the_barrier_is_that_of_predictions_along_the_path():
    X, y = make_random_patterns(150, 80, random_state=0)
    first, second = (
        LALClassifier(n_hidden=3, fit_intercept=False, random_state=i).fit(X, y)
        for i in range(2)
    )
    measure = ErrorBarrier(other=second, n_points=9)
    rates = measure(first, X, y)
    assert measure.values(rates)[0] > 0
    matched = match_units(FullCommittee(3), 80, first.coef_, second.coef_)
    middle = LALClassifier(n_hidden=3, fit_intercept=False, random_state=0).fit(X, y)
    middle.coef_ = geodesic(first.coef_, matched, 0.5)
    assert rates[4] == pytest.approx(np.mean(middle.predict(X) != y))


def test_intercepts_are_weights_on_the_same_constant_input():
    X, y = make_random_patterns(60, 80, random_state=0)
    X = X + 0.1
    first = LALClassifier(n_hidden=3, random_state=0, intercept_scaling=2.0).fit(X, y)
    second = LALClassifier(n_hidden=3, random_state=1, intercept_scaling=5.0).fit(X, y)
    rates = ErrorBarrier(other=second)(first, X, y)
    assert rates[0] == rates[-1] == 0


def test_machines_that_do_not_fit_are_named():
    X, y = make_random_patterns(40, 60, random_state=0)
    first = LALClassifier(n_hidden=3, random_state=0).fit(X, y)
    second = LALClassifier(n_hidden=5, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="same architecture"):
        ErrorBarrier(other=second)(first, X, y)
