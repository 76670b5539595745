"""The patterns of a comparison, and how a seed splits them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import joblib
import numpy as np


class Split(NamedTuple):
    """Training and test patterns of one seed, the same for every algorithm."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True)
class Source:
    """Two-class patterns and the rule that splits them.

    Parameters
    ----------
    name : str
        Name shown in tables and figures.
    X : ndarray of shape (n_samples, n_features)
        Training patterns, or all patterns when `X_test` is None.
    y : ndarray of shape (n_samples,)
        Their labels.
    X_test : ndarray of shape (n_test, n_features), default=None
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
        Names of the two labels, in their order; None shows the labels.
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray | None = None
    y_test: np.ndarray | None = None
    n_per_class: int | None = None
    test_size: float = 0.25
    problem: str | None = None
    image_shape: tuple | None = None
    class_names: tuple | None = None

    @cached_property
    def digest(self) -> str:
        """Hash of the patterns and of the splitting rule.

        Returns
        -------
        digest : str
            Equal for equal patterns and rules.
        """
        arrays = (self.X, self.y, self.X_test, self.y_test)
        return joblib.hash((*arrays, self.n_per_class, self.test_size))

    @property
    def classes(self) -> np.ndarray:
        """The two labels, in order.

        Returns
        -------
        classes : ndarray of shape (2,)
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
            The arrays.
        """
        # A spawned seed, so that the split and an estimator seeded with the same
        # integer do not share random numbers.
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
        if self.X_test is None:
            parts = self._stratified(int(rng.integers(2**31)))
        else:
            chosen = self._balanced(rng)
            parts = Split(self.X[chosen], self.y[chosen], self.X_test, self.y_test)
        # Patterns may be stored as small integers; every algorithm gets floats.
        return parts._replace(
            X_train=np.asarray(parts.X_train, dtype=np.float64),
            X_test=np.asarray(parts.X_test, dtype=np.float64),
        )

    def _stratified(self, seed):
        from sklearn.model_selection import train_test_split

        X_train, X_test, y_train, y_test = train_test_split(
            self.X,
            self.y,
            test_size=self.test_size,
            stratify=self.y,
            random_state=seed,
        )
        return Split(X_train, y_train, X_test, y_test)

    def _balanced(self, rng):
        if self.n_per_class is None:
            return np.arange(len(self.y))
        members = (np.flatnonzero(self.y == label) for label in self.classes)
        chosen = [rng.choice(m, self.n_per_class, replace=False) for m in members]
        return rng.permutation(np.concatenate(chosen))


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
