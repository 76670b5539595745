"""Write tables and picture of the benchmark on real tables, for its page and README.

    python docs/tables/real_tables.py [--runs DIR]

``DIR`` is the ``--out`` of ``benchmarks/real_tables.py``: its fits on the sets for
reporting replace those in ``real_tables_runs.csv``, from which all else is made.
"""

import argparse
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from _table_report import REFERENCE, by_set, draw, summary  # noqa: E402

RUNS = HERE / "real_tables_runs.csv"
PICTURE = HERE / "real_tables_ranks.svg"
README = ROOT / "README.md"
BEGIN, END = "<!-- real_tables.py writes this -->\n", "<!-- end -->\n"
# What is stored of a fit, with the digits that are worth it.
COLUMNS = ("set_name", "n_rows", "n_classes", "fold", "algorithm", "status",
           "balanced_accuracy", "log_loss", "calibration_error", "seconds")  # fmt: skip
PACKAGES = ("skwfm", "scikit-learn", "numpy", "scipy", "pandas", "skrub")
IN_README = ("fBP", "LAL", "eLAL", "ceSGD", REFERENCE, "LinearSVC", "SVC",
             "RandomForest", "MLP", "HistGradientBoosting")  # fmt: skip
BY_SET = ("LAL", "eLAL", "ceSGD", "fBP", REFERENCE, "SVC", "RandomForest",
          "HistGradientBoosting")  # fmt: skip
LABELS = {
    "LAL-early": "LAL, early stopping",
    "eLAL-early": "eLAL, early stopping",
    "ceSGD-early": "ceSGD, early stopping",
    "fBP-protocol": "fBP, without noise",
}


def load():
    """Return the stored fits as a data frame."""
    return pd.read_csv(RUNS, comment="#")


def store(folder):
    """Take over the fits of complete sets for reporting.

    Parameters
    ----------
    folder : Path
        The ``--out`` of the benchmark.
    """
    records = [pd.read_json(path, typ="series") for path in (folder / "runs").iterdir()]
    runs = pd.DataFrame(records)
    runs = runs[runs["half"] == "report"].reindex(columns=COLUMNS)
    n_fits = runs.groupby("set_name").size()
    complete = n_fits[n_fits == n_fits.max()].index
    runs = runs[runs["set_name"].isin(complete)].sort_values(
        ["set_name", "fold", "algorithm"]
    )
    about = [f"Python {platform.python_version()}"]
    about += [f"{name} {version(name)}" for name in PACKAGES]
    text = runs.to_csv(index=False, float_format="%.4g")
    RUNS.write_text(f"# {_processor()}, {', '.join(about)}\n{text}", "utf-8")


def _processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.processor()


def label(name):
    """Return what a table calls an algorithm."""
    return LABELS.get(name, name)


def summary_table(runs):
    """Return means over sets, best mean rank first."""
    head = ("Algorithm", "Balanced accuracy (%)", f"Less {REFERENCE}'s", "Log loss",
            "Calibration error", "Mean rank", "Seconds", "Without result")  # fmt: skip
    lines = [head]
    for name, row in summary(runs).iterrows():
        without = int(row["failed"] + row["timed_out"])
        gain = f"{100 * row['gain']:+.1f} ± {100 * row['gain_error']:.1f}"
        lines.append(
            (label(name), f"{100 * row['balanced_accuracy']:.1f}",
             "--" if name == REFERENCE else gain, f"{row['log_loss']:.3f}",
             f"{row['calibration_error']:.3f}", f"{row['mean_rank']:.1f}",
             f"{row['median_seconds']:.2g}",
             f"{without} of {int(row['fits'])}" if without else "0")
        )  # fmt: skip
    return lines


def readme_table(runs):
    """Return the columns of README, of fewer algorithms."""
    lines = summary_table(runs)
    wanted = {label(name) for name in IN_README}
    kept = [lines[0], *(line for line in lines[1:] if line[0] in wanted)]
    return [(*line[:4], line[5], line[6]) for line in kept]


def gain_of_choice(runs, names, in_hindsight):
    """Return what choosing one algorithm for each set would gain, in points.

    Parameters
    ----------
    runs : DataFrame
        The stored fits.
    names : sequence of str
        Algorithms to choose from.
    in_hindsight : bool
        Whether the best mean over all folds is taken, as nobody can, or for each fold
        what is best on the others.

    Returns
    -------
    gain, error : float
        Mean balanced accuracy less the reference's, and its standard error over sets.
    """
    gains = []
    for _, fits in runs.groupby("set_name"):
        scores = 100 * _by_fold(fits)
        rivals = scores[list(names)]
        chosen = rivals.sum() - rivals * (not in_hindsight)  # by the other folds
        best = np.take_along_axis(
            rivals.to_numpy(), chosen.to_numpy().argmax(axis=1)[:, None], axis=1
        )
        gains.append(best.mean() - scores[REFERENCE].mean())
    return np.mean(gains), np.std(gains, ddof=1) / np.sqrt(len(gains))


def _by_fold(fits):
    return fits.groupby("fold").apply(
        lambda fold: by_set(fold, "balanced_accuracy").iloc[0], include_groups=False
    )


def sets_table(runs):
    """Return the balanced accuracy on each set."""
    scores = by_set(runs, "balanced_accuracy")
    about = runs.groupby("set_name")[["n_rows", "n_classes"]].first()
    lines = [("Set", "Rows", "Classes", *map(label, BY_SET))]
    for name, row in scores.iterrows():
        numbers = [f"{100 * row[each]:.1f}" for each in BY_SET]
        lines.append((name, *about.loc[name], *numbers))
    return lines


def tables(runs):
    """Return a dict from file name to lines."""
    return {
        "real_tables_summary.csv": summary_table(runs),
        "real_tables_sets.csv": sets_table(runs),
    }


def as_csv(lines):
    """Return the text of a table's file."""
    return "".join(";".join(map(str, line)) + "\n" for line in lines)


def as_markdown(lines):
    """Return the text of a table in README."""
    head, *rest = [f"| {' | '.join(map(str, line))} |\n" for line in lines]
    return "".join([head, "|---" * len(lines[0]) + "|\n", *rest])


def draw_ranks(runs):
    """Draw mean ranks; the same file for the same runs."""
    import matplotlib as mpl

    os.environ["SOURCE_DATE_EPOCH"] = "0"
    with mpl.rc_context({"svg.hashsalt": "skwfm"}):
        draw(by_set(runs, "balanced_accuracy"), "report", PICTURE)


def main():
    """Write everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, metavar="DIR")
    folder = parser.parse_args().runs
    if folder is not None:
        store(folder)
    runs = load()
    for name, lines in tables(runs).items():
        (HERE / name).write_text(as_csv(lines), "utf-8")
    draw_ranks(runs)
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    table = as_markdown(readme_table(runs))
    README.write_text(before + BEGIN + table + END + after, "utf-8")


if __name__ == "__main__":
    main()
