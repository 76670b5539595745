"""Arrays of one's own are checked where they enter, from Python as from a file."""

import numpy as np
import pytest

from skwfm.experiments import Source

LABELS = np.tile([0, 1], 10)


def ordinary():
    return np.random.default_rng(0).standard_normal((20, 3))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, r"mine: column 1 holds nan in row 5"),
        (np.inf, r"mine: column 1 holds inf in row 5"),
        (1e200, r"mine: column 1 holds numbers from .* to 1e\+200, too large"),
    ],
)
def test_an_odd_number_names_its_column(value, message):
    X = ordinary()
    X[4, 1] = value
    with pytest.raises(ValueError, match=message):
        Source("mine", X, LABELS)
    with pytest.raises(
        ValueError, match=message.replace("mine", "mine, test patterns")
    ):
        Source("mine", ordinary(), LABELS, X_test=X, y_test=LABELS)


def test_numbers_too_near_to_each_other_are_no_constant_column():
    X = ordinary()
    X[:, 2] = 1e-300 * np.arange(20)
    with pytest.raises(ValueError, match=r"mine: column 2 .* too near to each other"):
        Source("mine", X, LABELS)


def test_what_can_be_standardised_is_taken():
    X = ordinary()
    X[:, 0], X[:, 1] = 7.0, 1e140 * X[:, 1]
    assert Source("mine", X, LABELS).split(0).X_train.shape == (15, 3)
    whole = np.array([[np.iinfo(np.int64).min], [np.iinfo(np.int64).max]] * 10)
    assert Source("mine", whole, LABELS).split(0).X_train.dtype == np.float64
