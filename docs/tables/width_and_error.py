"""Does width predict the test error? width_and_error.csv.

    python docs/tables/width_and_error.py --keel FOLDER

Tables of the benchmark with two classes are cut in three: LAL, eLAL and ceSGD are
fitted to the first part from several seeds, at the learning rate that is best on the
second part, and tested on the third. How narrow their minima are is measured on the
first part, by the local entropy among weights with no more errors, the largest
eigenvalue of the Hessian, the noise of inputs, and random moves of the weights. Within
a table the ranks of a measure and of the test error are compared; "at equal training
error" what the training error explains is taken from both (partial correlation of
Spearman). The runs are stored in width_and_error_runs.csv, whose lines of the tables
that are run are replaced.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.model_selection import StratifiedKFold

from skwfm import CeSGDClassifier, ELALClassifier, LALClassifier
from skwfm.landscape import hessian_spectrum, local_entropy, noise_robustness

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_suffix(".csv")
RUNS = Path(__file__).with_name("width_and_error_runs.csv")
TABLES = ("german", "ring", "phoneme", "ionosphere", "chess", "breast-cancer", "yeast3",
          "tic-tac-toe", "titanic", "credit")  # fmt: skip
ALGORITHMS = {"LAL": LALClassifier, "eLAL": ELALClassifier, "ceSGD": CeSGDClassifier}
ETAS = ("auto", 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1)
# Ranks of fewer runs say nothing once the training error is taken out.
FEWEST = 5
N_SEEDS, N_CHOOSING, N_ROWS = 6, 3, 750
OVERLAP, BETA, LEVEL, N_DRAWS = 0.95, 3.0, 0.1, 40
# Measures of narrowness: all are larger where a minimum is narrower.
MEASURES = {
    "entropy": "Less local entropy",
    "eigenvalue": "Largest eigenvalue of the Hessian",
    "inputs": "Rise of the training error by noise of the inputs",
    "weights": "Rise of the training error by moves of the weights",
}
# Within algorithms or among all runs; at equal training error or not.
COLUMNS = (False, False), (False, True), (True, False), (True, True)
HEAD = ("Narrowness by", "All runs", "All, at equal training error", "Runs of an "
        "algorithm", "These, at equal training error", "Runs measured")  # fmt: skip


def parts(name, keel):
    """Give the three parts of a table, in the numbers learned on the first."""
    sys.path.append(str(ROOT / "benchmarks"))
    from _table_runner import _few_rows, _preparation
    from _table_sets import SETS

    X, y = _few_rows(*SETS[name].read(keel), N_ROWS)
    splitter = StratifiedKFold(3, shuffle=True, random_state=0)
    rows = [part for _, part in splitter.split(X, y)]
    maker = _preparation(0).fit(X.iloc[rows[0]])
    return [(np.asarray(maker.transform(X.iloc[part])), y[part]) for part in rows]


def best_rate(algorithm, first, second):
    """Give the learning rate with the highest mean accuracy on the second part."""

    def score(eta):
        models = [algorithm(eta=eta, random_state=s) for s in range(N_CHOOSING)]
        return np.mean([model.fit(*first).score(*second) for model in models])

    return max(ETAS, key=score)


def weights_moved(model, X, y, rng):
    """Rise of the training error at the overlap, mean over random directions."""
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


def narrowness(model, X, y, seed):
    """Measure one run in all ways."""
    curve = local_entropy(model, X, y, overlaps=[OVERLAP])
    spectrum = hessian_spectrum(model, X, y, BETA, method="lanczos", which="largest")
    robust = noise_robustness(model, X, y, levels=[0.0, LEVEL], n_draws=N_DRAWS)
    return {
        "entropy": -curve.entropy[0],
        "eigenvalue": spectrum.eigenvalues[-1],
        "inputs": robust.error[1] - robust.error[0],
        "weights": weights_moved(model, X, y, np.random.default_rng(seed)),
    }


def measure(name, keel):
    """Return all runs on a table."""
    first, second, third = parts(name, keel)
    runs = []
    for algorithm, make in ALGORITHMS.items():
        eta = best_rate(make, first, second)
        for seed in range(N_SEEDS):
            model = make(eta=eta, random_state=seed).fit(*first)
            errors = {
                "training_error": 1 - model.score(*first),
                "test_error": 1 - model.score(*third),
            }
            about = {"table": name, "algorithm": algorithm, "eta": eta, "seed": seed}
            runs.append({**about, **errors, **narrowness(model, *first, seed)})
    return pd.DataFrame(runs)


def correlation(first, second, given=None):
    """Correlation of ranks, less what the ranks of a third quantity explain.

    NaN for fewer than `FEWEST` runs.
    """
    if len(first) < FEWEST:
        return np.nan
    first, second = rankdata(first), rankdata(second)
    others = [np.ones(len(first))] + ([] if given is None else [rankdata(given)])
    others = np.column_stack(others)
    rest = [v - others @ np.linalg.lstsq(others, v)[0] for v in (first, second)]
    norms = [np.linalg.norm(v) for v in rest]
    return rest[0] @ rest[1] / np.prod(norms) if min(norms) > 1e-9 else np.nan


def by_table(runs, name, is_within, is_partial):
    """Give the correlation with the test error of each table, NaN if there is none.

    Within algorithms it is the mean over these.
    """
    keys = ["table", "algorithm"] if is_within else ["table"]
    columns = [name, "test_error", *(["training_error"] if is_partial else [])]
    groups = runs.dropna(subset=[name]).groupby(keys)[columns]
    found = groups.apply(lambda each: correlation(*each.to_numpy().T))
    return found.groupby("table").mean()


def mean_and_error(values):
    """Give the mean over tables and its standard error."""
    values = values.dropna()
    return float(values.mean()), float(values.sem())


def summary(runs):
    """Return the lines of the table."""
    lines = [HEAD]
    for name, label in MEASURES.items():
        cells = [
            "{:+.2f} ± {:.2f} ({})".format(*mean_and_error(found), found.count())
            for found in (by_table(runs, name, *which) for which in COLUMNS)
        ]
        lines.append((label, *cells, str(runs[name].notna().sum())))
    return lines


def as_csv(lines):
    """Put lines together."""
    return "".join(";".join(line) + "\n" for line in lines)


def load():
    """Read the stored runs."""
    return pd.read_csv(RUNS)


def main():
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keel", type=Path, metavar="FOLDER")
    parser.add_argument("--tables", nargs="*", default=list(TABLES), choices=TABLES)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in arguments.tables:
        runs = measure(name, arguments.keel)
        if RUNS.exists():
            others = load()
            others = others[others["table"] != name]
            runs = pd.concat([others, runs], ignore_index=True)
        order = runs["table"].map(TABLES.index).sort_values(kind="stable").index
        runs = runs.loc[order]
        runs.to_csv(RUNS, index=False, float_format="%.5g", lineterminator="\n")
        print(name, flush=True)
    TABLE.write_text(as_csv(summary(load())), "utf-8")
    print(TABLE.read_text("utf-8"))


if __name__ == "__main__":
    main()
