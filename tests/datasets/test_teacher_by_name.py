"""Teachers of the built-in architectures, asked for by their registered names."""

import numpy as np
import pytest

from skwfm.datasets import make_teacher_patterns


def _answer(name, hidden):
    votes = hidden.sum(axis=1)
    return hidden.prod(axis=1) if name == "parity" else np.sign(votes)


@pytest.mark.parametrize("name", ["full", "tree", "parity"])
def test_labels_of_a_named_teacher(name):
    X, y, coef = make_teacher_patterns(
        200, 20, architecture=name, n_hidden=3, return_coef=True, random_state=0
    )
    assert coef.shape == (3, 20)
    expected_inputs = 60 if name == "full" else 20
    assert np.count_nonzero(coef) == expected_inputs
    np.testing.assert_array_equal(y, _answer(name, np.where(X @ coef.T >= 0, 1, -1)))


def test_default_teacher_is_a_full_committee_of_nine_units():
    coef = make_teacher_patterns(5, 20, return_coef=True, random_state=0)[2]
    assert coef.shape == (9, 20)
    assert np.count_nonzero(coef) == 180


def test_unknown_name():
    with pytest.raises(ValueError, match="fully"):
        make_teacher_patterns(5, 20, architecture="fully")


@pytest.mark.parametrize("name", ["full", "tree"])
def test_even_committee_is_refused(name):
    with pytest.raises(ValueError, match="n_hidden"):
        make_teacher_patterns(5, 20, architecture=name, n_hidden=4)


@pytest.mark.parametrize("name", ["tree", "parity"])
def test_more_units_than_inputs_are_refused(name):
    with pytest.raises(ValueError, match="n_hidden"):
        make_teacher_patterns(5, 4, architecture=name, n_hidden=5)
