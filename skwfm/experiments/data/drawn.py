"""Patterns drawn afresh for each seed, from a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import joblib
import numpy as np

from skwfm._shown import shown
from skwfm.datasets import make_random_patterns
from skwfm.experiments.data.checks import check_numbers
from skwfm.experiments.data.sources import Split


@dataclass(frozen=True)
class DrawnSource:
    """Patterns that a function draws for each seed, in place of a `Source`.

    Parameters
    ----------
    name : str
        Name shown in tables and figures.
    draw : callable
        ``draw(seed, **parameters)`` returns a `Split`, or four arrays, lists or data
        frames of numbers in its order. A function of a module: runs are kept under its
        name, and it reaches the workers by it.
    parameters : mapping
        Arguments of `draw`.
    problem : str, default=None
        Name under which there are published settings. None stands for inputs to be
        standardised before training.

    Raises
    ------
    TypeError
        If `draw` is no function of a module, or does not take the parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from skwfm.experiments import DrawnSource, Split
    >>> def draw_halves(seed, n_samples):
    ...     rng = np.random.default_rng(seed)
    ...     X = rng.normal(size=(2 * n_samples, 10))
    ...     y = np.where(X[:, 0] > 0, "right", "left")
    ...     return Split(X[:n_samples], y[:n_samples], X[n_samples:], y[n_samples:])
    >>> source = DrawnSource("halves", draw_halves, {"n_samples": 50})
    >>> source.split(seed=0).X_test.shape
    (50, 10)
    """

    name: str
    draw: Callable[..., Split]
    parameters: Mapping = field(default_factory=dict)
    problem: str | None = None

    is_table = False

    def __post_init__(self):
        """Check all that can be checked without drawing."""
        _check_function(self.draw)
        _check_parameters(self.draw, self.parameters)

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

        Raises
        ------
        TypeError
            If `draw` returns anything but four arrays.
        ValueError
            If they do not fit each other, hold anything but finite numbers, or there
            are not the same two or more classes to learn and to test.
        """
        found = self.draw(seed, **self.parameters)
        return _checked(found, f"{self.name}, seed {seed}")

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


def _check_function(draw):
    if not callable(draw):
        raise TypeError(
            f"draw={shown(draw)} is not callable: pass a function of a seed and of "
            "parameters that returns a Split."
        )
    # Two of them would have the same name, and one be taken for the other.
    if "<" in getattr(draw, "__qualname__", "<") or inspect.ismethod(draw):
        raise TypeError(
            f"draw={draw!r} is no function of a module, by whose name its runs are "
            "kept: define it by def, outside of other functions, and pass what varies "
            "as parameters."
        )


def _check_parameters(draw, parameters):
    if not isinstance(parameters, Mapping):
        raise TypeError(
            f"parameters={shown(parameters)} is no mapping: pass, such as, "
            "{'n_samples': 100}."
        )
    try:
        signature = inspect.signature(draw)
    except (TypeError, ValueError):  # that of compiled code may be unknown
        return
    try:
        signature.bind(0, **parameters)
    except TypeError as error:
        raise TypeError(
            f"parameters={shown(dict(parameters))} do not fit {draw.__name__}"
            f"{signature}, whose first argument is the seed: {error}."
        ) from error


def _checked(found, where):
    """Make a split of what was drawn, or say what is wrong with it."""
    n_parts = len(Split._fields)
    if not isinstance(found, (tuple, list)) or len(found) != n_parts:
        n_found = f" of {len(found)}" if isinstance(found, (tuple, list)) else ""
        raise TypeError(
            f"{where}: draw returned a {type(found).__name__}{n_found}, not {n_parts} "
            f"arrays: return Split({', '.join(Split._fields)})."
        )
    train = _checked_part(*found[:2], "train", where)
    test = _checked_part(*found[2:], "test", where)
    n_features = train[0].shape[1], test[0].shape[1]
    if n_features[0] != n_features[1]:
        raise ValueError(
            f"{where}: X_train has {n_features[0]} columns and X_test {n_features[1]}: "
            "draw the same inputs for both."
        )
    _check_classes(train[1].tolist(), test[1].tolist(), where)
    return Split(*train, *test)


def _checked_part(X, y, part, where):
    kind = type(X).__name__
    try:
        X, y = np.asarray(X), np.asarray(y)
    except ValueError as error:  # lists of several lengths
        raise ValueError(
            f"{where}: X_{part} or y_{part} is no array: {error}"
        ) from error
    if X.dtype.kind not in "biuf":
        raise ValueError(
            f"{where}: X_{part} is a {kind} of dtype {X.dtype}: make a dense array of "
            "numbers of it in draw."
        )
    if X.ndim != 2 or y.shape != (len(X),) or X.size == 0:
        raise ValueError(
            f"{where}: X_{part} of shape {X.shape} and y_{part} of shape {y.shape} do "
            "not fit or are empty: they must be (n_samples, n_features) and "
            "(n_samples,)."
        )
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    check_numbers(X, y, f"{where}, {part} patterns")
    return X, y


def _check_classes(learned, tested, where):
    """Check the labels to be learned, and that all of those tested are among them."""
    odd = [y for y in learned if isinstance(y, float) and not y.is_integer()]
    if odd:
        raise ValueError(
            f"{where}: y_train holds {odd[0]}, which is no class: labels must be texts "
            "or whole numbers."
        )
    if len(set(learned)) < 2:
        raise ValueError(
            f"{where}: every label in y_train is {learned[0]!r}: draw patterns of two "
            "or more classes."
        )
    new = sorted({repr(y) for y in set(tested) - set(learned)})
    if new:
        more = f" and {len(new) - 5} more" if len(new) > 5 else ""
        raise ValueError(
            f"{where}: y_test has labels that no training pattern has, "
            f"{', '.join(new[:5])}{more}: draw training patterns of every class."
        )


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
