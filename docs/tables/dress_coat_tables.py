"""Write the tables of the pages from ``dress_coat_runs.csv``.

    python docs/tables/dress_coat_tables.py

Every number on Dress/Coat in the guide comes from here, so that they cannot
contradict each other: the pages include the tables, and a test compares what is written
with what this script would write.
"""

import csv
from pathlib import Path

import numpy as np
from scipy.stats import t as student

HERE = Path(__file__).parent

N_SUBSETS = 10
PUBLISHED = ("LAL, published rate", "eLAL, published", "ceSGD-fast", "ceSGD-slow")
# Mean and standard deviation of the epochs, as published.
PUBLISHED_EPOCHS = {
    "LAL, published rate": "61 ± 21",
    "eLAL, published": "190 ± 40",
    "ceSGD-fast": "460 ± 334",
    "ceSGD-slow": "3570 ± 50",
}
HEADLINE = (
    "LAL, published rate", "LAL, default rate", "LAL, rate 1e-3", "eLAL, published",
    "eLAL, default", "fBP", "fBP, default", "SVC", "RandomForestClassifier",
)  # fmt: skip
# What the text compares: the first less the second, on the same subsets.
RATE_OR_WIDTH = (
    ("eLAL, published", "LAL, published rate"),
    ("LAL, default rate", "LAL, published rate"),
    ("eLAL, published", "LAL, default rate"),
    ("eLAL, default", "LAL, default rate"),
    ("fBP", "LAL, default rate"),
    ("ceSGD-slow", "ceSGD-fast"),
    ("SVC", "eLAL, published"),
    ("RandomForestClassifier", "eLAL, published"),
)
FBP_MINUS = (
    "LAL, published rate", "LAL, default rate", "eLAL, published", "eLAL, default",
    "ceSGD-slow", "LogisticRegression", "SVC", "RandomForestClassifier",
    "MLPClassifier",
)  # fmt: skip
FBP_PAIRS = (
    *(("fBP", name) for name in FBP_MINUS),
    *(("fBP, default", name) for name in FBP_MINUS[5:]),
)
SCORES = ("test_accuracy", "test_balanced", "held_out_accuracy", "held_out_balanced")
SCORE_TITLES = ("Test", "Test, balanced", "Held out", "Held out, balanced")
# Of log losses, in nats.
LOSSES = ("test_log_loss", "held_out_log_loss")
LOSS_TITLES = ("Log loss, test", "Log loss, held out")


class Runs:
    """The stored runs.

    Parameters
    ----------
    path : Path
        The file that dress_coat.py writes.
    """

    def __init__(self, path=HERE / "dress_coat_runs.csv"):
        lines = path.read_text("utf-8").splitlines()
        self.environment = lines[0].removeprefix("# ")
        self.rows = list(csv.DictReader(lines[1:]))
        self.algorithms = list(dict.fromkeys(row["algorithm"] for row in self.rows))

    def by_seed(self, algorithm, field):
        """Return a dict from seed to value, of the runs in which it was measured."""
        return {
            int(row["seed"]): float(row[field])
            for row in self.rows
            if row["algorithm"] == algorithm and row[field]
        }

    def values(self, algorithm, field):
        """Return the values over the subsets as an array."""
        return np.array(list(self.by_seed(algorithm, field).values()))

    def differences(self, first, second, field):
        """Return first less second on the subsets that both have."""
        a, b = self.by_seed(first, field), self.by_seed(second, field)
        return np.array([a[seed] - b[seed] for seed in a if seed in b])


def mean_and_error(values, scale=100, digits=1):
    """Return "mean ± standard error"."""
    if len(values) < 2:
        return "--"
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{scale * np.mean(values):.{digits}f} ± {scale * error:.{digits}f}"


def interval(values, scale=100):
    """Return the mean and the 95 % interval of Student's t."""
    if len(values) < 2:
        return "--"
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    half = student.ppf(0.975, len(values) - 1) * error
    low, mean, high = scale * (np.mean(values) + half * np.array([-1, 0, 1]))
    return f"{mean:+.1f} ({low:+.1f} to {high:+.1f})"


def median_and_range(values, scale, digits):
    """Return "median (least to greatest)"."""
    if not len(values):
        return "--"
    low, mid, high = scale * np.quantile(values, [0, 0.5, 1])
    text = f"{mid:.{digits}f}"
    return (
        text if len(values) == 1 else f"{text} ({low:.{digits}f} to {high:.{digits}f})"
    )


def local_entropy(runs, algorithm):
    """Return the local entropy in 0.001 nats per weight, and of how many runs."""
    values = runs.values(algorithm, "local_entropy")
    values = values[np.isfinite(values)]
    digits = 1 if len(values) and np.median(values) < -0.002 else 2
    return median_and_range(values, 1e3, digits), len(values)


def accuracy_table(runs):
    """Return scores of all algorithms, the best test accuracy first."""
    order = sorted(
        runs.algorithms, key=lambda name: -np.mean(runs.values(name, "test_balanced"))
    )
    head = ("Algorithm", "Subsets", *SCORE_TITLES, *LOSS_TITLES, "Training errors")
    lines = []
    for name in order:
        errors = runs.values(name, "training_errors")
        scores = [mean_and_error(runs.values(name, field)) for field in SCORES]
        scores += [mean_and_error(runs.values(name, f), 1, 3) for f in LOSSES]
        lines.append((name, len(errors), *scores, f"{np.mean(errors):.1f}"))
    return [head, *lines]


def differences_table(runs, pairs):
    """Return paired differences with their 95 % intervals."""
    lines = [("Difference", "Subsets", *SCORE_TITLES)]
    for first, second in pairs:
        differences = [runs.differences(first, second, field) for field in SCORES]
        label = f"{first} minus {second}"
        lines.append((label, len(differences[0]), *map(interval, differences)))
    return lines


def landscape_table(runs):
    """Return what the solutions are like: width, curvature, errors under noise."""
    head = (
        "Algorithm", "Local entropy (0.001 nats per weight)",
        "Largest eigenvalue (log10)", "Subsets", "Errors at 20 % noise (%)",
    )  # fmt: skip
    lines = []
    for name in runs.algorithms:
        noise = runs.values(name, "noise_errors")
        if not len(noise):
            continue
        entropy, n = local_entropy(runs, name)
        curvature = median_and_range(runs.values(name, "log10_hessian"), 1, 1)
        lines.append((name, entropy, curvature, n or "--", mean_and_error(noise)))
    return [head, *lines]


def epochs_table(runs):
    """Return epochs as published and as measured, mean and standard deviation."""
    lines = [("Algorithm", "Published", "Measured", "Runs with errors left")]
    for name in PUBLISHED:
        by_seed = runs.by_seed(name, "epochs")
        errors = runs.by_seed(name, "training_errors")
        done = [epochs for seed, epochs in by_seed.items() if errors[seed] == 0]
        measured = f"{np.mean(done):.0f} ± {np.std(done, ddof=1):.0f}"
        left = f"{len(errors) - len(done)} of {len(errors)}"
        lines.append((name, PUBLISHED_EPOCHS[name], measured, left))
    return lines


def seconds_table(runs):
    """Return the processor time of a fit, median and range."""
    lines = [("Algorithm", "Seconds a fit", "Subsets")]
    for name in runs.algorithms:
        if n := len(runs.values(name, "seconds")):
            lines.append((name, seconds(runs, name), n))
    return lines


def seconds(runs, name):
    """Return the processor time of a fit in two digits or so."""
    values = runs.values(name, "seconds")
    digits = 2 if np.median(values) < 0.1 else 1 if np.median(values) < 10 else 0
    return median_and_range(values, 1, digits)


def tables(runs):
    """Return a dict from file name to lines."""
    return {
        "dress_coat_headline.csv": headline_table(runs),
        "dress_coat_accuracy.csv": accuracy_table(runs),
        "dress_coat_rate_or_width.csv": differences_table(runs, RATE_OR_WIDTH),
        "dress_coat_fbp.csv": differences_table(runs, FBP_PAIRS),
        "dress_coat_landscape.csv": landscape_table(runs),
        "dress_coat_published.csv": published_table(runs),
        "dress_coat_epochs.csv": epochs_table(runs),
        "dress_coat_seconds.csv": seconds_table(runs),
    }


def headline_table(runs):
    """Return what the landing page shows."""
    head = (
        "Algorithm", "Test accuracy (%)", "Balanced (%)",
        "Local entropy (0.001 nats per weight)",
    )  # fmt: skip
    lines = []
    for name in HEADLINE:
        scores = [mean_and_error(runs.values(name, field)) for field in SCORES[:2]]
        n = len(runs.values(name, "test_accuracy"))
        label = name if n == N_SUBSETS else f"{name} ({n} subsets)"
        lines.append((label, *scores, local_entropy(runs, name)[0]))
    return [head, *lines]


def published_table(runs):
    """Return scores and times of the published settings."""
    lines = [("Algorithm", "Test accuracy", "Balanced", "Seconds a fit")]
    for name in PUBLISHED:
        scores = [mean_and_error(runs.values(name, field)) for field in SCORES[:2]]
        lines.append((name, *scores, seconds(runs, name)))
    return lines


def as_csv(lines):
    """Return the text of a table's file."""
    return "".join(";".join(map(str, line)) + "\n" for line in lines)


def main():
    """Write all tables."""
    runs = Runs()
    for name, lines in tables(runs).items():
        (HERE / name).write_text(as_csv(lines), "utf-8")


if __name__ == "__main__":
    main()
