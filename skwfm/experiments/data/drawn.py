"""Patterns drawn afresh for each seed, from a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import joblib
import numpy as np

from skwfm.datasets import make_random_patterns
from skwfm.experiments.data.sources import Split


@dataclass(frozen=True)
class DrawnSource:
    """Patterns that a function draws for each seed, in place of a `Source`.

    Parameters
    ----------
    name : str
        Name shown in tables and figures.
    draw : callable
        ``draw(seed, **parameters)`` returns a `Split`. A function of a module, so that
        it reaches the workers.
    parameters : mapping
        Arguments of `draw`.
    problem : str, default=None
        Name under which there are published settings. None stands for inputs to be
        standardised before training.
    """

    name: str
    draw: Callable[..., Split]
    parameters: Mapping = field(default_factory=dict)
    problem: str | None = None

    is_table = False

    def __hash__(self):
        return hash(self.digest)

    @property
    def code(self) -> tuple[object, ...]:
        """What the patterns depend on.

        Returns
        -------
        code : tuple of object
            The function that draws, and its arguments.
        """
        return self.draw, *self.parameters.values()

    @property
    def digest(self) -> str:
        """Hash of the name of the function and of its arguments.

        Returns
        -------
        digest : str
            Equal for equal patterns, as long as the function is the same; the code of
            functions of other packages is part of the key of a run.
        """
        name = f"{self.draw.__module__}.{self.draw.__qualname__}"
        return joblib.hash((name, sorted(self.parameters.items())))

    def split(self, seed: int) -> Split:
        """Draw the patterns of one seed.

        Parameters
        ----------
        seed : int
            Seed of the run.

        Returns
        -------
        split : Split
            The same for every algorithm.
        """
        return self.draw(seed, **self.parameters)

    def split_weights(self, seed: int) -> tuple[None, None]:
        """Return no weights: all patterns count alike.

        Parameters
        ----------
        seed : int
            As of `split`.

        Returns
        -------
        train, test : None
        """
        return None, None


def random_patterns(
    n_samples: int, n_features: int, *, n_test: int = 100
) -> DrawnSource:
    """Return random +-1 patterns with random labels, which nothing can generalise.

    Parameters
    ----------
    n_samples, n_features : int
        Size of the training set.
    n_test : int, default=100
        Number of test patterns, as random as the others.

    Returns
    -------
    source : DrawnSource
        Fresh patterns on each seed.
    """
    sizes = {"n_samples": n_samples, "n_features": n_features, "n_test": n_test}
    name = f"{n_samples} random patterns of {n_features} inputs"
    return DrawnSource(name, draw_random, sizes, "random_patterns")


def draw_random(seed: int, n_samples: int, n_features: int, n_test: int) -> Split:
    """Draw random patterns, see `random_patterns`.

    Parameters
    ----------
    seed : int
        Seed of the run; the patterns have their own stream of random numbers.
    n_samples, n_features, n_test : int
        Sizes.

    Returns
    -------
    split : Split
        The patterns.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    X, y = make_random_patterns(n_samples + n_test, n_features, random_state=rng)
    return Split(X[:n_samples], y[:n_samples], X[n_samples:], y[n_samples:])
