"""Numbers made of the columns of a table, on the training rows of each split."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version
from typing import NamedTuple

import joblib
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline

from skwfm.experiments.data.files import check_installed
from skwfm.experiments.data.sources import Source, Split

_VERSIONS = ("pandas", "skrub", "scikit-learn")
# What `TableVectorizer` calls its kinds of columns, in words.
_KINDS = {
    "numeric": "of numbers",
    "low_cardinality": "of categories",
    "high_cardinality": "of text",
    "datetime": "of dates",
}


class Prepared(NamedTuple):
    """What an algorithm is given, and how it was made, in words ("" for an array)."""

    split: Split
    words: str = ""
    warnings: tuple = ()


def preparation(random_state: int | None = None) -> Pipeline:
    """Return the transformer that makes numbers of a table.

    Categories become indicators (one for each of at most 40 values), texts 30 numbers
    each by skrub's ``StringEncoder``, dates their parts and seconds. A missing number
    becomes the median of the others, and an indicator says that it was missing. To
    standardise them is left to what follows.

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

    return make_pipeline(
        TableVectorizer(high_cardinality=StringEncoder(random_state=random_state)),
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
def prepared_split(source: Source, seed: int) -> Prepared:
    """Return the split of one seed, in numbers.

    Parameters
    ----------
    source : Source
        The patterns.
    seed : int
        Seed of the run.

    Returns
    -------
    prepared : Prepared
        Float64 arrays. Nothing about them was learned on test patterns.

    Raises
    ------
    ValueError
        If no column of the training patterns holds anything.
    """
    split = source.split(seed)
    if not source.is_table:
        return Prepared(split)
    pipeline = preparation(seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        X_train = _numbers(pipeline.fit_transform(split.X_train))
        if X_train.shape[1] == 0:
            raise ValueError(
                f"{source.name}: every column is empty in the training examples."
            )
        X_test = _numbers(pipeline.transform(split.X_test))
    split = split._replace(X_train=X_train, X_test=X_test)
    return Prepared(split, _in_words(pipeline, X_train), _messages(caught))


def _numbers(X):
    return np.ascontiguousarray(X, dtype=np.float64)


def _in_words(pipeline, X_train):
    """Say what columns there were and how many inputs they have become."""
    kinds = pipeline[0].kind_to_columns_
    counts = [f"{len(kinds[k])} {said}" for k, said in _KINDS.items() if kinds.get(k)]
    n_empty = pipeline[0].n_features_in_ - sum(map(len, kinds.values()))
    counts += [f"{n_empty} empty"] if n_empty else []
    return f"columns: {', '.join(counts)}; inputs made of them: {X_train.shape[1]}"


def _messages(caught: Iterable):
    """Return the warnings, but for the one that the docs answer."""
    texts = dict.fromkeys(" ".join(str(w.message).split()) for w in caught)
    # Categories that were not among the training rows are no category.
    return tuple(t for t in texts if not t.startswith("Found unknown categories"))
