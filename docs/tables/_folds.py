"""Folds of the benchmark's tables, in standardised numbers, for the scripts here."""

import sys
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm.experiments.data.preparation import preparation

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from _table_sets import SETS


def folds(name, keel, n_rows, n_folds):
    """Give inputs and labels of both parts of each fold, from at most so many rows."""
    X, y = SETS[name].read(keel)
    rows = np.sort(np.random.default_rng(0).permutation(len(y))[:n_rows])
    X, y = X.iloc[rows].reset_index(drop=True), y[rows]
    splitter = StratifiedKFold(n_folds, shuffle=True, random_state=0)
    for train, test in splitter.split(X, y):
        numbers = make_pipeline(preparation(0), StandardScaler())
        inputs = numbers.fit_transform(X.iloc[train]), numbers.transform(X.iloc[test])
        yield *(np.asarray(each, dtype=float) for each in inputs), y[train], y[test]
