"""Train every algorithm on ten subsets of Dress/Coat and write the tables of the docs.

    python docs/tables/dress_coat.py --n-jobs 2

Writes ``dress_coat_runs.csv``, one line per algorithm and subset, and from it the
tables of ``dress_coat_tables.py``. Finished runs are kept in ``--cache``, so that the
same command goes on where it was stopped. Most of the time goes to fBP and to local
entropies.
"""

import argparse
import csv
import json
import platform
import warnings
from pathlib import Path
from time import process_time

import dress_coat_tables
import joblib
import numpy as np
import scipy
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, LinearSVC
from threadpoolctl import threadpool_limits

import skwfm
from skwfm.classifiers import (
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
    published_settings,
)
from skwfm.datasets import load_dress_coat
from skwfm.inference import geometric_protocol
from skwfm.landscape import (
    hessian_spectrum,
    local_entropy,
    noise_robustness,
    smallest_beta,
)

HERE = Path(__file__).parent
RUNS = HERE / "dress_coat_runs.csv"
SEEDS = range(10)
FIELDS = (
    "algorithm", "seed", "test_accuracy", "test_balanced", "test_log_loss",
    "held_out_accuracy", "held_out_balanced", "held_out_log_loss", "training_errors",
    "epochs", "seconds", "local_entropy", "log10_hessian", "noise_errors",
)  # fmt: skip
OVERLAP = 0.9


def published(name):
    """Return an unfitted classifier with published settings."""
    estimator_class, parameters = published_settings("dress_coat", name)
    return estimator_class(**parameters)


# The committees first, in the order of the tables. None has an intercept, so that two
# rows of one algorithm differ in their rates and couplings alone.
COMMITTEES = {
    "LAL, published rate": lambda: published("LAL"),
    "LAL, default rate": lambda: LALClassifier(fit_intercept=False),
    "LAL, rate 1e-3": lambda: LALClassifier(eta=1e-3, fit_intercept=False),
    "eLAL, published": lambda: published("eLAL"),
    "eLAL, default": lambda: ELALClassifier(fit_intercept=False),
    "ceSGD-fast": lambda: published("ceSGD-fast"),
    "ceSGD-slow": lambda: published("ceSGD-slow"),
    "fBP": lambda: published("fBP"),
    # As on random patterns, from labels without noise.
    "fBP, 30 couplings": lambda: published("fBP").set_params(
        gammas=tuple(geometric_protocol()), start_noises=None
    ),
    "fBP, default": lambda: FBPClassifier(fit_intercept=False),
}
# scikit-learn's defaults; limits of iterations raised so that the solvers finish.
STANDARD = {
    "LogisticRegression": lambda: LogisticRegression(max_iter=1000),
    "LinearSVC": lambda: LinearSVC(max_iter=20_000),
    "SVC": SVC,
    "RandomForestClassifier": RandomForestClassifier,
    "MLPClassifier": lambda: MLPClassifier(max_iter=1000),
}


def subset(seed):
    """Return the 500 images of a seed and the other training images."""
    X, y = load_dress_coat(n_per_class=250, random_state=seed, return_X_y=True)
    X_all, y_all = load_dress_coat(return_X_y=True)
    # No two training images are equal, so that pixels identify them.
    chosen = {row.tobytes() for row in X}
    rest = np.array([row.tobytes() not in chosen for row in X_all])
    return X, y, X_all[rest], y_all[rest]


def scores(model, seed):
    """Return accuracies and log losses on new images, and training errors."""
    X, y, X_rest, y_rest = subset(seed)
    record = {"training_errors": int(np.sum(model.predict(X) != y))}
    test = load_dress_coat(subset="test", return_X_y=True)
    probable = with_probabilities(model, X, y)
    for name, (X_new, y_new) in {"test": test, "held_out": (X_rest, y_rest)}.items():
        answers = model.predict(X_new)
        record[f"{name}_accuracy"] = float(np.mean(answers == y_new))
        record[f"{name}_balanced"] = float(balanced_accuracy_score(y_new, answers))
        probabilities = probable.predict_proba(X_new)
        record[f"{name}_log_loss"] = float(log_loss(y_new, probabilities))
    return record


def with_probabilities(model, X, y):
    """Return the model, or Platt's probabilities of one that has none."""
    if hasattr(model, "predict_proba"):
        return model
    return CalibratedClassifierCV(clone(model), ensemble=False).fit(X, y)


def landscape(model, X, y):
    """Return local entropy (nats per weight) and curvature, None if not a solution."""
    if model.n_errors_:  # of the machine, not of a posterior
        return {"local_entropy": None, "log10_hessian": None}
    entropy = local_entropy(model, X, y, overlaps=[OVERLAP], tol=1e-3)
    return {
        "local_entropy": float(entropy.entropy[0]),
        "log10_hessian": log10_curvature(model, X, y),
    }


def log10_curvature(model, X, y):
    """Return it at the smallest beta, None where any beta answers right."""
    smallest = smallest_beta(model, X, y)
    if smallest == 0:
        return None
    # At the smallest beta itself one smooth output is exactly zero.
    spectrum = hessian_spectrum(
        model, X, y, 1.01 * smallest, method="lanczos", which="largest",
        n_eigenvalues=1,
    )  # fmt: skip
    return float(np.log10(spectrum.largest))


def run(name, seed, measured):
    """Train and measure; return the record."""
    X, y, *_ = subset(seed)
    model = (COMMITTEES | STANDARD)[name]()
    if "random_state" in model.get_params():
        model.set_params(random_state=seed)
    with warnings.catch_warnings():
        # Errors left and points that do not converge are in the tables.
        warnings.simplefilter("ignore", ConvergenceWarning)
        start = process_time()
        model.fit(X, y)
        record = {"seconds": process_time() - start} | scores(model, seed)
        noise = noise_robustness(
            model, X, y, "coloured", (0.2,), n_draws=5, random_state=seed
        )
        record["noise_errors"] = float(noise.error[0])
        if name in COMMITTEES:
            record["epochs"] = int(model.n_iter_)
        if measured:
            record |= landscape(model, X, y)
    return {"algorithm": name, "seed": seed} | record


def environment():
    """Return processor and versions, which decide the times and the last digits."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.split(":")[1].strip() for line in lines if "model name" in line]
    modules = (skwfm, sklearn, np, scipy)
    versions = [f"{module.__name__} {module.__version__}" for module in modules]
    return ", ".join([models[0] if models else platform.processor(), *versions])


def key_of(name):
    """Return what a stored run must agree with to be used."""
    model = (COMMITTEES | STANDARD)[name]()
    return [environment(), type(model).__name__, repr(model.get_params())]


def run_path(cache, name, seed):
    """Return the file of a run."""
    return cache / f"{name.replace(' ', '_')}-{seed}.json"


def stored_record(cache, name, seed):
    """Return the record of a run from the cache, None if there is no such run."""
    path = run_path(cache, name, seed)
    stored = json.loads(path.read_text("utf-8")) if path.exists() else {"key": None}
    return stored["record"] if stored["key"] == key_of(name) else None


def finish_run(cache, name, seed, measured):
    """Train and store what the cache does not have."""
    measured = measured and name in COMMITTEES
    record = stored_record(cache, name, seed)
    if record and (not measured or "local_entropy" in record):
        return
    # One thread: the same sums in the same order on every machine, and fair times.
    with threadpool_limits(1):
        record = run(name, seed, measured)
    path = run_path(cache, name, seed)
    unfinished = path.with_suffix(".unfinished")
    text = json.dumps({"key": key_of(name), "record": record})
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)
    print(name, seed, flush=True)


def collect(cache):
    """Write all finished runs, and where they ran, to one file."""
    records = [
        record
        for name in COMMITTEES | STANDARD
        for seed in SEEDS
        if (record := stored_record(cache, name, seed))
    ]
    with RUNS.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {environment()}\n")
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        for record in records:
            writer.writerow({k: rounded(v) for k, v in record.items()})


def rounded(value):
    """Return floats with six digits."""
    return f"{value:.6g}" if isinstance(value, float) else value


def main():
    """Train what is missing, write runs and tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument(
        "--measured", type=int, default=3, help="seeds with a landscape"
    )
    parser.add_argument("--rows", nargs="*", default=[*STANDARD, *COMMITTEES])
    parser.add_argument("--cache", type=Path, default=HERE.parent / "_build/dress_coat")
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    joblib.Parallel(arguments.n_jobs)(
        joblib.delayed(finish_run)(
            arguments.cache, name, seed, seed < arguments.measured
        )
        for name in arguments.rows
        for seed in SEEDS
    )
    collect(arguments.cache)
    dress_coat_tables.main()


if __name__ == "__main__":
    main()
