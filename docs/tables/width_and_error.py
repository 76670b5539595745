"""Does width predict the test error at equal training error? width_and_error.csv.

    python docs/tables/width_and_error.py --keel FOLDER

On tables of the benchmark with two classes LAL, eLAL and ceSGD are fitted from several
seeds. Narrowness is the rise of the training error when the weights of every unit move
to overlap 0.95 in random directions. Within a set the ranks of narrowness and of the
test error are compared after what the training error explains is taken from both
(partial correlation of Spearman); the table has means over sets.
"""

import argparse
import csv
import sys
import warnings
from pathlib import Path

import numpy as np
from scipy.stats import rankdata
from sklearn.model_selection import StratifiedKFold

from skwfm import CeSGDClassifier, ELALClassifier, LALClassifier

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from _table_runner import _few_rows, _preparation
from _table_sets import SETS

PATH = Path(__file__).with_suffix(".csv")
NAMES = ("german", "ring", "phoneme", "ionosphere", "chess", "breast-cancer", "yeast3",
         "tic-tac-toe", "titanic", "credit")  # fmt: skip
ALGORITHMS = {"LAL": LALClassifier, "eLAL": ELALClassifier, "ceSGD": CeSGDClassifier}
N_SEEDS, N_ROWS, OVERLAP, N_DRAWS = 6, 500, 0.95, 40
HEAD = ("Runs", "Correlation of narrowness and test error", "The same at equal "
        "training error", "Sets")  # fmt: skip


def narrowness(model, X, y, rng):
    """Rise of the training error at the overlap, mean over draws."""
    scale = model.intercept_scaling_
    weights = np.column_stack([model.coef_, model.intercept_ / scale])
    inputs = np.column_stack([X, np.full(len(X), scale)])
    is_second = y == model.classes_[1]
    errors = []
    for _ in range(N_DRAWS):
        step = rng.standard_normal(weights.shape)
        step -= np.sum(step * weights, axis=1, keepdims=True) * weights
        step /= np.linalg.norm(step, axis=1, keepdims=True)
        moved = OVERLAP * weights + np.sqrt(1 - OVERLAP**2) * step
        votes = np.where(inputs @ moved.T >= 0, 1, -1).sum(axis=1)
        errors.append(np.mean((votes > 0) != is_second))
    return np.mean(errors) - np.mean(model.predict(X) != y)


def measure(name, keel):
    """Return algorithm, narrowness, training and test error of each run on a set."""
    X, y = _few_rows(*SETS[name].read(keel), N_ROWS)
    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    train, test = next(folds.split(X, y))
    maker = _preparation(0)
    X_train, X_test = maker.fit_transform(X.iloc[train]), maker.transform(X.iloc[test])
    X_train, X_test = np.asarray(X_train), np.asarray(X_test)
    runs = []
    for algorithm, seed in ((a, s) for a in ALGORITHMS for s in range(N_SEEDS)):
        model = ALGORITHMS[algorithm](random_state=seed).fit(X_train, y[train])
        rise = narrowness(model, X_train, y[train], np.random.default_rng(seed))
        errors = 1 - model.score(X_train, y[train]), 1 - model.score(X_test, y[test])
        runs.append((algorithm, rise, *errors))
    return runs


def correlation(first, second, given=None):
    """Correlation of ranks, less what the ranks of a third quantity explain."""
    first, second = rankdata(first), rankdata(second)
    others = [np.ones(len(first))] + ([] if given is None else [rankdata(given)])
    others = np.column_stack(others)
    rest = [v - others @ np.linalg.lstsq(others, v)[0] for v in (first, second)]
    norms = [np.linalg.norm(v) for v in rest]
    return rest[0] @ rest[1] / np.prod(norms) if min(norms) > 1e-9 else np.nan


def summary(by_set):
    """Return the lines of the table."""
    lines = [HEAD]
    for label, chosen in (("all three algorithms", set(ALGORITHMS)),
                          *((f"{a} alone", {a}) for a in ALGORITHMS)):  # fmt: skip
        found = []
        for runs in by_set:
            kept = [run[1:] for run in runs if run[0] in chosen]
            rise, training, test = np.array(kept).T
            found.append((correlation(rise, test), correlation(rise, test, training)))
        found = np.array(found)
        n = np.isfinite(found).sum(axis=0)
        mean, error = np.nanmean(found, axis=0), np.nanstd(found, axis=0, ddof=1)
        cells = [f"{m:+.2f} ± {e / np.sqrt(k):.2f}"
                 for m, e, k in zip(mean, error, n, strict=True)]  # fmt: skip
        lines.append((label, *cells, int(n.min())))
    return lines


def main():
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keel", type=Path, metavar="FOLDER")
    keel = parser.parse_args().keel
    warnings.simplefilter("ignore")
    by_set = []
    for name in NAMES:
        by_set.append(measure(name, keel))
        with PATH.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=";", lineterminator="\n").writerows(
                summary(by_set) if len(by_set) > 1 else []
            )


if __name__ == "__main__":
    main()
