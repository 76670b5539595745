"""Numbers made of the columns of a table, on the training rows of each split."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import version
from typing import NamedTuple

import joblib
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline

from skwfm.experiments.data.columns import TableNumbers
from skwfm.experiments.data.files import check_installed
from skwfm.experiments.data.sources import Source

_VERSIONS = ("pandas", "skrub", "scikit-learn")
# What skrub's `TableVectorizer` calls its kinds of columns, in words.
_KINDS = {
    "numeric": "of numbers",
    "low_cardinality": "of categories",
    "high_cardinality": "of text",
    "datetime": "of dates",
}


class Prepared(NamedTuple):
    """A source of numbers, and how it was made of a table, in words ("" if not)."""

    source: Source
    words: str = ""


def preparation(random_state: int | None = None) -> Pipeline:
    """Return the transformer that makes numbers of a table.

    Categories become indicators (one for each of at most 40 values), texts 30 numbers
    each by skrub's ``StringEncoder``, dates their parts and the time since one of
    them. Numbers are counted from one of them, too, in units of a power of two: nothing
    of float64 is lost. A missing number becomes the median of the others, and an
    indicator says that it was missing. To standardise them is left to what follows.

    Parameters
    ----------
    random_state : int or None, default=None
        Seed of the encoder of texts.

    Returns
    -------
    pipeline : Pipeline
        Unfitted.

    Raises
    ------
    ImportError
        If pandas or skrub are missing.
    """
    check_installed()
    from skrub import StringEncoder, TableVectorizer

    vectorizer = TableVectorizer(
        high_cardinality=StringEncoder(random_state=random_state)
    )
    return make_pipeline(
        TableNumbers(vectorizer),
        SimpleImputer(strategy="median", add_indicator=True),
    )


def preparation_key(source: Source) -> dict[str, str]:
    """Return what the inputs of a run depend on besides source and seed.

    Parameters
    ----------
    source : Source
        The patterns.

    Returns
    -------
    key : dict of str to str
        Parameters of the preparation and versions of what does it; empty for an array.
    """
    if not source.is_table:
        return {}
    return {"steps": joblib.hash(preparation())} | {n: version(n) for n in _VERSIONS}


# All algorithms of a seed follow each other: one of them prepares for all.
@lru_cache(maxsize=1)
def prepared(source: Source, seed: int) -> Prepared:
    """Make numbers of the split of one seed.

    Parameters
    ----------
    source : Source
        The patterns.
    seed : int
        Seed of the run.

    Returns
    -------
    prepared : Prepared
        A table becomes a source of float64 arrays with fixed test patterns, those of
        this seed, of which nothing was learned. An array stays as it is.

    Raises
    ------
    ValueError
        If no column of the training patterns holds anything.

    Warns
    -----
    UserWarning
        Whatever skrub warns of, but for categories that are not among the training
        patterns. If test patterns hold cells that are no number, or no date, where all
        of the training patterns do.
    """
    if not source.is_table:
        return Prepared(source)
    split, (weights, weights_test) = source.split(seed), source.split_weights(seed)
    pipeline = preparation(seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Found unknown categories")
        X_train = _numbers(pipeline.fit_transform(split.X_train))
        if X_train.shape[1] == 0:
            raise ValueError(
                f"{source.name}: every column is empty in the training examples."
            )
        X_test = _numbers(pipeline.transform(split.X_test))
    numbers = replace(
        source, X=X_train, y=split.y_train, X_test=X_test, y_test=split.y_test,
        n_per_class=None, weights=weights, weights_test=weights_test,
    )  # fmt: skip
    return Prepared(numbers, _in_words(pipeline, X_train))


def _numbers(X):
    return np.ascontiguousarray(X, dtype=np.float64)


def _in_words(pipeline, X_train):
    """Say what columns there were and how many inputs they have become."""
    kinds = pipeline[0].kinds_
    counts = [f"{len(kinds[k])} {said}" for k, said in _KINDS.items() if kinds.get(k)]
    n_empty = pipeline[0].n_features_in_ - sum(map(len, kinds.values()))
    counts += [f"{n_empty} empty"] if n_empty else []
    return f"columns: {', '.join(counts)}; inputs made of them: {X_train.shape[1]}"
