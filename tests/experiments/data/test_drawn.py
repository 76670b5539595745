"""Patterns that a function draws: what it may return, and what is said otherwise."""

import re
from functools import partial

import numpy as np
import pytest
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression

from skwfm.experiments import DrawnSource, Split, Study


def draw(seed, n=20):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(2 * n, 3))
    y = np.tile(["a", "b"], n)
    return Split(X[:n], y[:n], X[n:], y[n:])


# The part that is changed, and by what; applied by `draw_other`.
CHANGES = {}


def draw_other(seed, change):
    return CHANGES[change](draw(seed))


def changed(change):
    CHANGES["now"] = change
    return DrawnSource("mine", draw_other, {"change": "now"})


def assert_same(split, expected):
    assert isinstance(split, Split)
    for part, other in zip(split, expected, strict=True):
        np.testing.assert_array_equal(part, other)


def frames(split):
    pd = pytest.importorskip("pandas", reason="needs the extra tables")
    X, y = pd.DataFrame, pd.Series
    return X(split.X_train), y(split.y_train), X(split.X_test), y(split.y_test)


@pytest.mark.parametrize(
    "change",
    [
        lambda split: split,
        tuple,
        list,
        lambda split: [part.tolist() for part in split],
        frames,
    ],
    ids=["split", "tuple", "list", "lists", "frames"],
)
def test_four_of_anything_that_holds_numbers_are_a_split(change):
    source = changed(change)
    assert_same(source.split(3), draw(3))
    run = Study([LogisticRegression()], source, n_seeds=1).run(n_jobs=1).runs[0]
    assert run.status == "ok"


def test_whole_numbers_become_floats_and_floats_keep_their_precision():
    for dtype, found in ((np.int8, np.float64), (bool, np.float64), ("f4", "f4")):
        source = changed(
            lambda s, t=dtype: s._replace(
                X_train=(s.X_train > 0).astype(t), X_test=s.X_test.astype(t)
            )
        )
        split = source.split(0)
        assert split.X_train.dtype == split.X_test.dtype == found


def with_(**parts):
    """Replace parts by functions of what was there."""
    return lambda split: split._replace(
        **{name: change(getattr(split, name)) for name, change in parts.items()}
    )


def sparse(X):
    from scipy.sparse import csr_array

    return csr_array(X)


def with_nan(X):
    X[4, 1] = np.nan
    return X


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda s: s[:2], TypeError, "draw returned a tuple of 2, not 4 arrays"),
        (lambda s: None, TypeError, "draw returned a NoneType, not 4 arrays: return "
         r"Split\(X_train, y_train, X_test, y_test\)"),
        (lambda s: np.ones((4, 2, 2)), TypeError, "returned a ndarray, not 4 arrays"),
        (with_(y_train=lambda y: y[:-1]), ValueError,
         r"X_train of shape \(20, 3\) and y_train of shape \(19,\) do not fit"),
        (with_(y_test=lambda y: y[:, None]), ValueError, r"y_test of shape \(20, 1\)"),
        (with_(X_test=lambda X: X[:, 0]), ValueError, r"X_test of shape \(20,\)"),
        (with_(X_test=lambda X: X[:0], y_test=lambda y: y[:0]), ValueError, "empty"),
        (with_(X_test=lambda X: X[:, :2]), ValueError,
         "X_train has 3 columns and X_test 2: draw the same inputs"),
        (with_(X_train=with_nan), ValueError,
         "train patterns: column 1 holds nan in row 5"),
        (with_(X_test=lambda X: X * np.inf), ValueError, "test patterns: column 0"),
        (with_(X_train=lambda X: X.astype(str)), ValueError,
         "X_train is a ndarray of dtype <U.*: make a dense array of numbers"),
        (with_(X_train=sparse), ValueError, "X_train is a csr_array of dtype object"),
        (with_(X_train=lambda X: X.astype(complex)), ValueError, "dtype complex128"),
        (with_(X_train=lambda X: [[1.0], [1.0, 2.0]]), ValueError,
         "X_train or y_train is no array"),
        (with_(y_train=lambda y: np.full(20, "a")), ValueError,
         "every label in y_train is 'a': draw patterns of two or more classes"),
        (with_(y_test=lambda y: np.full(20, "c")), ValueError,
         "y_test has labels that no training pattern has, 'c': draw"),
        (with_(y_test=lambda y: np.arange(20)), ValueError,
         "has, 0, 1, 10, 11, 12 and 15 more: draw"),
        (with_(y_train=lambda y: np.linspace(0, 1, 20)), ValueError,
         "y_train holds 0.0526.*, which is no class"),
    ],
)  # fmt: skip
def test_what_is_no_split_is_explained(change, error, message):
    with pytest.raises(error, match=f"^mine, seed 7[:,] .*{message}"):
        changed(change).split(7)


def test_a_study_tells_what_is_wrong_with_the_patterns():
    source = changed(lambda split: split[:2])
    with pytest.warns(FitFailedWarning, match=r"mine, seed 0: draw returned"):
        result = Study([LogisticRegression()], source, n_seeds=2).run(n_jobs=1)
    assert len(result.failed) == 2


class Drawer:
    def draw(self, seed):
        return draw(seed)

    @staticmethod
    def draw_static(seed):
        return draw(seed)


def draw_inside():
    def inside(seed):
        return draw(seed)

    return inside


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("draw", "draw='draw' is not callable: pass a function"),
        (None, "draw=None is not callable"),
        (lambda seed: draw(seed), "is no function of a module"),
        (partial(draw, n=3), "is no function of a module.*pass what varies as param"),
        (draw_inside(), "define it by def, outside of other functions"),
        (Drawer().draw, "is no function of a module"),
    ],
)
def test_functions_without_a_name_of_their_own_are_refused(function, message):
    """Two of them had one name: the runs of the first were taken for the second's."""
    with pytest.raises(TypeError, match=message):
        DrawnSource("mine", function)


def test_a_static_method_is_a_function_of_a_module():
    assert_same(DrawnSource("mine", Drawer.draw_static).split(0), draw(0))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ([20], r"parameters=[20] is no mapping: pass, such as, {'n_samples': 100}"),
        ({"m": 3}, "parameters={'m': 3} do not fit draw(seed, n=20), whose first "
         "argument is the seed: got an unexpected keyword argument 'm'"),
        ({"seed": 3}, "multiple values for argument 'seed'"),
    ],
)  # fmt: skip
def test_parameters_that_the_function_does_not_take(parameters, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        DrawnSource("mine", draw, parameters)
