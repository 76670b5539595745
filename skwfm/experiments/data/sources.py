"""The patterns of a comparison, and how a seed splits them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import joblib
import numpy as np

from skwfm.experiments.data.checks import check_numbers

if TYPE_CHECKING:
    from pandas import DataFrame


class Split(NamedTuple):
    """Training and test patterns of one seed, the same for every algorithm.

    Parameters
    ----------
    X_train : ndarray of shape (n_train, n_features)
        Training patterns; rows of a data frame, if the source is a table.
    y_train : ndarray of shape (n_train,)
        Their labels.
    X_test : ndarray of shape (n_test, n_features)
        Test patterns, of the same kind.
    y_test : ndarray of shape (n_test,)
        Their labels, all of which are among those of the training patterns.
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True, eq=False)
class Source:
    """Patterns of two or more classes and the rule that splits them.

    Parameters
    ----------
    name : str
        Name shown in tables and figures.
    X : ndarray or DataFrame of shape (n_samples, n_features)
        Training patterns, or all patterns when `X_test` is None. A data frame may hold
        categories, texts, dates and missing values: on the training patterns of each
        split it is learned how to make numbers of them, see `preparation`.
    y : ndarray of shape (n_samples,)
        Their labels.
    X_test : ndarray or DataFrame of shape (n_test, n_features), default=None
        Fixed test patterns. None splits `X` for every seed, stratified.
    y_test : ndarray of shape (n_test,), default=None
        Their labels.
    n_per_class : int, default=None
        Number of training patterns drawn at random from each class for each seed; None
        trains on all. Only for fixed test patterns.
    test_size : float, default=0.25
        Share of the patterns kept for testing, when `X_test` is None.
    problem : str, default=None
        Name under which there are published settings; None for own data, which is
        standardised before training.
    image_shape : tuple of int, default=None
        Shape of one pattern when it is an image.
    class_names : tuple of str, default=None
        Names of the labels, in their order; None shows the labels.
    weights : ndarray of shape (n_samples,), default=None
        How much each pattern of `X` counts, in training and in scores; None counts all
        alike.
    weights_test : ndarray of shape (n_test,), default=None
        The same of `X_test`.
    weight_name : str, default=None
        Name of the weights, for reports.

    Raises
    ------
    ValueError
        If arrays of one's own hold numbers that are missing, infinite, or such that
        they cannot be standardised.
    """

    name: str
    X: np.ndarray | DataFrame
    y: np.ndarray
    X_test: np.ndarray | DataFrame | None = None
    y_test: np.ndarray | None = None
    n_per_class: int | None = None
    test_size: float = 0.25
    problem: str | None = None
    image_shape: tuple | None = None
    class_names: tuple | None = None
    weights: np.ndarray | None = None
    weights_test: np.ndarray | None = None
    weight_name: str | None = None

    def __post_init__(self):
        """Check arrays of one's own; tables are checked as they are made numbers of."""
        if self.problem is not None or self.is_table:
            return
        check_numbers(self.X, self.y, self.name)
        if self.X_test is not None:
            check_numbers(self.X_test, self.y_test, f"{self.name}, test patterns")

    def __eq__(self, other):
        return isinstance(other, Source) and self.digest == other.digest

    def __hash__(self):
        return hash(self.digest)

    @property
    def is_table(self) -> bool:
        """Whether the patterns are a data frame, to be made numbers of.

        Returns
        -------
        is_table : bool
            False for an array.
        """
        return hasattr(self.X, "iloc")

    @cached_property
    def digest(self) -> str:
        """Hash of the patterns, their weights and the splitting rule.

        Returns
        -------
        digest : str
            Equal for equal patterns and rules.
        """
        arrays = _hashable(self.X), self.y, _hashable(self.X_test), self.y_test
        rule = self.n_per_class, self.test_size
        if self.weights is None:
            return joblib.hash((*arrays, *rule))
        weights = of_mean_one(self.weights), of_mean_one(self.weights_test)
        return joblib.hash((*arrays, *rule, *weights))

    # Functions that draw patterns: there are none, see `DrawnSource`.
    code = ()

    @property
    def classes(self) -> np.ndarray:
        """The labels, in order.

        Returns
        -------
        classes : ndarray of shape (n_classes,)
            Labels.
        """
        return np.unique(self.y)

    def split(self, seed: int) -> Split:
        """Return the training and test patterns of one seed.

        Parameters
        ----------
        seed : int
            Seed of the run; the split has its own stream of random numbers.

        Returns
        -------
        split : Split
            The arrays; of a table, its rows as data frames.
        """
        train, test = self._rows(seed)
        X_test, y_test = self.X_test, self.y_test
        if test is not None:
            X_test, y_test = _rows_of(self.X, test), self.y[test]
        parts = Split(_rows_of(self.X, train), self.y[train], X_test, y_test)
        if self.is_table:
            return parts
        # Patterns may be stored as small integers; every algorithm gets floats.
        return parts._replace(
            X_train=np.asarray(parts.X_train, dtype=np.float64),
            X_test=np.asarray(parts.X_test, dtype=np.float64),
        )

    def split_weights(self, seed: int) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Return the weights of the training and test patterns of one seed.

        Parameters
        ----------
        seed : int
            As of `split`.

        Returns
        -------
        train, test : ndarray or None
            In the order of the patterns; None if all count alike.
        """
        if self.weights is None:
            return None, None
        train, test = self._rows(seed)
        held_out = self.weights_test if test is None else self.weights[test]
        return self.weights[train], held_out

    def _rows(self, seed):
        """Rows of `X` to train on, and to test on unless test patterns are fixed."""
        # A spawned seed, so that the split and an estimator seeded with the same
        # integer do not share random numbers.
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
        if self.X_test is not None:
            return self._balanced(rng), None
        from sklearn.model_selection import train_test_split

        return train_test_split(
            np.arange(len(self.y)),
            test_size=self.test_size,
            stratify=self.y,
            random_state=int(rng.integers(2**31)),
        )

    def _balanced(self, rng):
        if self.n_per_class is None:
            return np.arange(len(self.y))
        members = (np.flatnonzero(self.y == label) for label in self.classes)
        chosen = [rng.choice(m, self.n_per_class, replace=False) for m in members]
        return rng.permutation(np.concatenate(chosen))


def of_mean_one(weights: np.ndarray | None) -> np.ndarray | None:
    """Divide weights by their mean, so that their unit does not matter.

    A classifier that is regularised would take an example of weight 0.01 for the
    hundredth part of one, and trust its regularisation instead.

    Parameters
    ----------
    weights : ndarray of shape (n_samples,) or None
        Positive numbers; None for none.

    Returns
    -------
    weights : ndarray of shape (n_samples,) or None
        Of mean one; None for none.
    """
    if weights is None:
        return None
    # A power of two of which no sum overflows and no digits are lost.
    _, exponent = np.frexp(np.max(weights))
    weights = np.ldexp(np.asarray(weights, dtype=np.float64), -exponent)
    return weights / weights.mean()


def _rows_of(X, rows):
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def _hashable(X):
    """What of a data frame decides on results: joblib would hash its memory as well."""
    if not hasattr(X, "iloc"):
        return X
    from pandas.util import hash_pandas_object

    dtypes = [str(dtype) for dtype in X.dtypes]
    return list(map(str, X.columns)), dtypes, hash_pandas_object(X, index=False).values


def dress_coat(n_per_class: int = 250) -> Source:
    """Return the Dress/Coat images of Fashion-MNIST that ship with skwfm.

    Parameters
    ----------
    n_per_class : int, default=250
        Training images drawn per class and seed; 250 as in the paper.

    Returns
    -------
    source : Source
        Binarised 28 x 28 images; every seed is tested on all 677 test images.
    """
    from skwfm.datasets import load_dress_coat

    train = load_dress_coat(subset="train", dtype=np.int8)
    test = load_dress_coat(subset="test", dtype=np.int8)
    return Source(
        name="Dress/Coat",
        X=train.data,
        y=train.target,
        X_test=test.data,
        y_test=test.target,
        n_per_class=n_per_class,
        problem="dress_coat",
        image_shape=train.images.shape[1:],
        class_names=tuple(map(str, train.target_names)),
    )
