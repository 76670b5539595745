"""Random patterns and teacher patterns."""

import numpy as np
import pytest
from scipy import stats

from skwfm.datasets import make_random_patterns, make_teacher_patterns, patterns


class Committee:
    """The least that the teacher needs of an architecture, for these tests."""

    def __init__(self, n_hidden=9, tree=False, as_slices=False):
        self.n_hidden, self.tree, self.as_slices = n_hidden, tree, as_slices

    def receptive_fields(self, n_features):
        if not self.tree:
            return [np.arange(n_features)] * self.n_hidden
        fields = np.array_split(np.arange(n_features), self.n_hidden)
        if self.as_slices:
            return [slice(field[0], field[-1] + 1) for field in fields]
        return fields

    def output(self, hidden):
        return np.where(hidden.sum(axis=1) >= 0, 1, -1)


class Parity(Committee):
    def output(self, hidden):
        return hidden.prod(axis=1)


def test_random_patterns_shapes_and_values():
    X, y = make_random_patterns(random_state=0)
    assert X.shape == (1000, 999)
    assert y.shape == (1000,)
    assert X.dtype == np.float64
    assert y.dtype == np.int64
    assert set(np.unique(X)) == {-1.0, 1.0}
    assert set(np.unique(y)) == {-1, 1}


@pytest.mark.parametrize("dtype", ["int8", "float32", np.int64])
def test_random_patterns_dtype(dtype):
    X, y = make_random_patterns(40, 30, random_state=0, dtype=dtype)
    reference, labels = make_random_patterns(40, 30, random_state=0)
    assert X.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(X, reference)
    np.testing.assert_array_equal(y, labels)


def test_random_patterns_are_unbiased_and_independent():
    X, y = make_random_patterns(500, 400, random_state=1)
    assert abs(X.mean()) * np.sqrt(X.size) < 4
    assert abs(y.mean()) * np.sqrt(y.size) < 4
    # Overlaps of +-1 patterns with each other and with the labels: variance 1/N, 1/M.
    overlaps = (X @ X.T)[np.triu_indices(500, 1)] / np.sqrt(400)
    assert abs((overlaps**2).mean() - 1) < 4 * np.sqrt(2 / overlaps.size)
    assert stats.kstest(y @ X / np.sqrt(500), "norm").pvalue > 1e-3


def test_random_patterns_seeds():
    X, y = make_random_patterns(50, 40, random_state=0)
    again, labels = make_random_patterns(50, 40, random_state=0)
    np.testing.assert_array_equal(X, again)
    np.testing.assert_array_equal(y, labels)
    assert not np.array_equal(X, make_random_patterns(50, 40, random_state=1)[0])
    legacy = np.random.RandomState(0)
    first, second = (make_random_patterns(50, 40, random_state=legacy) for _ in "12")
    assert not np.array_equal(first[0], second[0])


@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize("machine_class", [Committee, Parity])
def test_labels_follow_from_the_returned_teacher(machine_class, tree):
    machine = machine_class(3, tree)
    X, y, coef = make_teacher_patterns(
        300, 20, architecture=machine, return_coef=True, random_state=0
    )
    assert coef.shape == (3, 20)
    fields = np.array([[row @ unit for unit in coef] for row in X])
    np.testing.assert_array_equal(y, machine.output(np.where(fields >= 0, 1, -1)))
    np.testing.assert_allclose(np.linalg.norm(coef, axis=1), 1)
    assert set(np.unique(y)) == {-1, 1}
    assert y.dtype == np.int64
    inside = np.zeros_like(coef, dtype=bool)
    for row, field in zip(inside, machine.receptive_fields(20), strict=True):
        row[field] = True
    np.testing.assert_array_equal(coef != 0, inside)


def test_receptive_fields_may_be_slices():
    by_slice, by_index = (
        make_teacher_patterns(
            30, 10, architecture=Committee(3, True, as_slices), random_state=0
        )
        for as_slices in (True, False)
    )
    np.testing.assert_array_equal(by_slice[1], by_index[1])


def test_zero_fields_count_as_positive(monkeypatch):
    # Weights drawn from a sphere give no zero field, these do on half of the inputs.
    coef = np.array([[1.0, -1.0]]) / np.sqrt(2)
    monkeypatch.setattr(patterns, "_draw_spherical", lambda *arguments: coef)
    X, y = make_teacher_patterns(200, 2, architecture=Committee(1), random_state=0)
    tied = X[:, 0] == X[:, 1]
    assert 60 < tied.sum() < 140
    assert (y[tied] == 1).all()
    np.testing.assert_array_equal(y[~tied], X[~tied, 0])


def test_teacher_weights_are_uniform_on_the_sphere():
    # A component w of a unit vector in n dimensions: (w + 1)/2 follows the beta law
    # with both parameters (n - 1)/2.
    n_features = 6
    coef = make_teacher_patterns(
        1,
        n_features,
        architecture=Committee(3001),
        return_coef=True,
        random_state=0,
    )[2]
    law = stats.beta((n_features - 1) / 2, (n_features - 1) / 2)
    for component in coef.T:
        assert stats.kstest((component + 1) / 2, law.cdf).pvalue > 1e-3
    assert np.abs(coef.mean(axis=0)).max() < 4 / np.sqrt(3001 * n_features)


def _make(n_samples=400, **arguments):
    return make_teacher_patterns(
        n_samples,
        31,
        architecture=Committee(3),
        random_state=5,
        return_coef=True,
        **arguments,
    )


def test_flip():
    X, y, coef = _make(4000)
    for flip in (0.1, 0.3):
        flipped_X, flipped_y, flipped_coef = _make(4000, flip=flip)
        np.testing.assert_array_equal(flipped_X, X)
        np.testing.assert_array_equal(flipped_coef, coef)
        n_flipped = int((flipped_y != y).sum())
        assert stats.binomtest(n_flipped, 4000, flip).pvalue > 1e-3
    np.testing.assert_array_equal(_make(4000, flip=1)[1], -y)


def test_teacher_does_not_depend_on_the_number_of_samples():
    np.testing.assert_array_equal(_make(10)[2], _make(400)[2])
    assert not np.array_equal(
        _make(10)[2],
        make_teacher_patterns(
            10, 31, architecture=Committee(3), random_state=6, return_coef=True
        )[2],
    )


def test_teacher_patterns_can_be_learned_and_random_ones_cannot():
    # Ridge regression as an independent judge: K = 1, M = 10 N.
    from sklearn.linear_model import RidgeClassifier

    X, y = make_teacher_patterns(
        1000, 50, architecture=Committee(1), random_state=0, dtype="float32"
    )
    assert RidgeClassifier().fit(X[:500], y[:500]).score(X[500:], y[500:]) > 0.85
    X, y = make_random_patterns(1000, 50, random_state=0)
    score = RidgeClassifier().fit(X[:500], y[:500]).score(X[500:], y[500:])
    assert abs(score - 0.5) < 4 * 0.5 / np.sqrt(500)


def test_class_and_instance():
    from_class = make_teacher_patterns(
        40, 12, architecture=Committee, n_hidden=5, random_state=0, return_coef=True
    )
    from_instance = make_teacher_patterns(
        40, 12, architecture=Committee(5), random_state=0, return_coef=True
    )
    for one, other in zip(from_class, from_instance, strict=True):
        np.testing.assert_array_equal(one, other)
    assert make_teacher_patterns(
        4, 12, architecture=Committee, random_state=0, return_coef=True
    )[2].shape == (9, 12)


@pytest.mark.parametrize("make", [make_random_patterns, make_teacher_patterns])
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_samples": 0}, ValueError, "n_samples=0 is too small: pass at least 1"),
        ({"n_samples": 2.0}, TypeError, "n_samples=2.0 must be an integer"),
        ({"n_features": -3}, ValueError, "n_features=-3"),
        ({"n_features": "9"}, TypeError, "n_features='9'"),
        ({"dtype": "uint8"}, ValueError, "dtype='uint8' cannot hold -1"),
        ({"random_state": -1}, ValueError, "random_state=-1"),
        ({"random_state": "seed"}, TypeError, "random_state='seed'"),
        ({"random_state": True}, TypeError, "random_state=True"),
    ],
)
def test_bad_arguments(make, arguments, error, message):
    teacher = {"architecture": Committee(3)} if make is make_teacher_patterns else {}
    with pytest.raises(error, match=message):
        make(**{"n_samples": 5, "n_features": 9} | arguments, **teacher)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"flip": 1.5}, ValueError, "flip=1.5 is not a probability"),
        ({"flip": -0.1}, ValueError, "flip=-0.1"),
        ({"flip": np.nan}, ValueError, "flip=nan"),
        ({"flip": "some"}, TypeError, "flip='some' must be a real number"),
        ({"return_coef": 1}, TypeError, "return_coef=1 must be a bool"),
        ({"n_hidden": 0}, ValueError, "n_hidden=0"),
        ({"n_hidden": 1.0}, TypeError, "n_hidden=1.0"),
        ({"n_hidden": 5}, ValueError, "n_hidden=5 contradicts .* has 3 units"),
        ({"architecture": object()}, TypeError, "lacks receptive_fields and output"),
        ({"architecture": None}, TypeError, "architecture=None lacks"),
    ],
)
def test_bad_teacher_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        make_teacher_patterns(5, 9, **{"architecture": Committee(3)} | arguments)
