"""Anneal the binary perceptron with each energy: the table of the user guide.

Random patterns, 201 inputs, no intercept, the defaults of `AnnealingClassifier`; all
energies meet the same ten sets of patterns and take the same number of sweeps. Writes
annealing.csv and prints where it was run.
"""

import csv
import platform
import time
import warnings
from pathlib import Path

import numba
import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning

from skwfm import AnnealingClassifier
from skwfm.datasets import make_random_patterns

N_INPUTS, N_SEEDS = 201, 10
ALPHAS = (0.3, 0.4, 0.5, 0.6, 0.7)
ENERGIES = ("errors", "cross_entropy", "local_entropy")


def anneal(energy, alpha, seed):
    """Number of errors at the end, and processor time."""
    X, y = make_random_patterns(round(alpha * N_INPUTS), N_INPUTS, random_state=seed)
    model = AnnealingClassifier(energy=energy, fit_intercept=False, random_state=seed)
    start = time.process_time()
    model.fit(X, y)
    return model.n_errors_, time.process_time() - start


def entry(errors):
    """Share of solved sets, and mean errors with their standard error."""
    spread = np.std(errors, ddof=1) / np.sqrt(len(errors))
    solved = sum(n == 0 for n in errors)
    return f"{solved}/{len(errors)}, {np.mean(errors):.1f} ± {spread:.1f}"


def main():
    """Write the table."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    for energy in ENERGIES:
        anneal(energy, 0.3, 0)  # compiles
    versions = {m.__name__: m.__version__ for m in (numba, np, sklearn)}
    print(platform.processor(), platform.python_version(), versions)
    target = Path(__file__).with_suffix(".csv")
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(["alpha", *(name.replace("_", " ") for name in ENERGIES)])
        for alpha in ALPHAS:
            row = []
            for energy in ENERGIES:
                runs = [anneal(energy, alpha, seed) for seed in range(N_SEEDS)]
                row.append(entry([n for n, _ in runs]))
                seconds = np.median([s for _, s in runs])
                print(alpha, energy, row[-1], f"{seconds:.2f} s", flush=True)
            writer.writerow([alpha, *row])


if __name__ == "__main__":
    main()
