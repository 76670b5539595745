"""Table and pictures of real_tables.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from _table_rivals import COMMITTEES

from skwfm.experiments.report.plots import COLOUR
from skwfm.experiments.study.contestants import COMMITTEE, STANDARD
from skwfm.experiments.study.storage import write_atomically

HALVES = {"choose": "sets for choosing defaults", "report": "sets for reporting"}
REFERENCE = "LogisticRegression"
# What a fit that failed counts as: an answer drawn evenly from all classes, which is
# even well calibrated. That is left out, not rewarded.
_CHANCE = {
    "balanced_accuracy": lambda runs: 1 / runs["n_classes"],
    "log_loss": lambda runs: np.log(runs["n_classes"]),
    "calibration_error": lambda runs: np.full(len(runs), np.nan),
}
# Ranks need another set for each degree of freedom.
_FEWEST_SETS = 3


def write_report(records: list[dict], folder: Path) -> list[Path]:
    """Write all runs, the summary of each half and its picture.

    Parameters
    ----------
    records : list of dict
        One a fit.
    folder : Path
        Where to write.

    Returns
    -------
    paths : list of Path
        The files.
    """
    columns = dict.fromkeys(["seconds", *_CHANCE], np.nan)
    runs = pd.DataFrame([columns | record for record in records]).drop(columns="key")
    paths = [folder / "runs.csv", folder / "summary.csv"]
    write_atomically(paths[0], runs.to_csv(index=False))
    halves = [runs[runs["half"] == half] for half in HALVES]
    tables = {h: summary(r) for h, r in zip(HALVES, halves, strict=True) if len(r)}
    write_atomically(paths[1], pd.concat(tables, names=["half"]).to_csv())
    for half, table in tables.items():
        print(f"\n{HALVES[half].capitalize()}")
        print(table.round(3).to_string())
        path = folder / f"critical_difference_{half}.png"
        if draw(by_set(runs[runs["half"] == half], "balanced_accuracy"), half, path):
            paths.append(path)
    return paths


def by_set(runs: pd.DataFrame, score: str) -> pd.DataFrame:
    """Average a score over folds, a failed fit counted as chance.

    Parameters
    ----------
    runs : DataFrame
        One row a fit.
    score : str
        Column.

    Returns
    -------
    table : DataFrame
        Sets by algorithms; NaN where an algorithm was not tried.
    """
    filled = runs[score].fillna(pd.Series(_CHANCE[score](runs), runs.index))
    named = runs.assign(**{score: filled})
    return named.pivot_table(score, "set_name", "algorithm")


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Summarise one half of the sets.

    Parameters
    ----------
    runs : DataFrame
        One row a fit.

    Returns
    -------
    table : DataFrame
        One row an algorithm, best mean rank first; means are over sets, after folds.
        "gain" is the mean difference to `REFERENCE` in balanced accuracy, on the same
        sets, "gain_error" its standard error over sets. Ranks are among the algorithms
        that were tried on every set.
    """
    scores = {name: by_set(runs, name) for name in _CHANCE}
    accuracy = scores["balanced_accuracy"]
    table = pd.DataFrame({name: of.mean() for name, of in scores.items()})
    if REFERENCE in accuracy:
        gain = accuracy.sub(accuracy[REFERENCE], axis=0)
        table["gain"], table["gain_error"] = gain.mean(), gain.sem()
    table["mean_rank"] = ranks(accuracy).mean()
    groups = runs.groupby("algorithm")
    table["median_seconds"] = groups["seconds"].median()
    table["sets"] = accuracy.notna().sum()
    table["fits"] = groups.size()
    table["failed"] = groups["status"].agg(lambda s: s.isin(["failed", "died"]).sum())
    table["timed_out"] = groups["status"].agg(lambda s: (s == "time-out").sum())
    table["no_proba"] = groups["status"].agg(
        lambda s: s.str.startswith("no probabilities").sum()
    )
    return table.sort_values(
        ["mean_rank", "balanced_accuracy"], ascending=[True, False]
    )


def ranks(accuracy: pd.DataFrame) -> pd.DataFrame:
    """Rank the algorithms on each set, 1 the best, equal ones alike.

    Parameters
    ----------
    accuracy : DataFrame
        Sets by algorithms.

    Returns
    -------
    ranks : DataFrame
        Without algorithms that were not tried on every set.
    """
    return accuracy.dropna(axis=1).rank(axis=1, ascending=False)


def draw(accuracy: pd.DataFrame, half: str, path: Path) -> bool:
    """Draw mean ranks, with a bar over what the Nemenyi test does not tell apart.

    Parameters
    ----------
    accuracy : DataFrame
        Sets by algorithms.
    half : str
        Key of `HALVES`.
    path : Path
        PNG to write.

    Returns
    -------
    drawn : bool
        False if there are too few sets or algorithms.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from scikit_posthocs import critical_difference_diagram, posthoc_nemenyi_friedman

    complete = accuracy.dropna(axis=1)
    if complete.shape[1] < 2 or len(complete) < _FEWEST_SETS:
        return False
    figure = Figure(figsize=(9, 1.2 + 0.22 * complete.shape[1]), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    alike = posthoc_nemenyi_friedman(complete)
    colours = {
        name: COLOUR[COMMITTEE if name in COMMITTEES else STANDARD] for name in complete
    }
    critical_difference_diagram(
        ranks(complete).mean(), alike, ax=axes, color_palette=colours,
        label_fmt_left="{label} ({rank:.1f})", label_fmt_right="({rank:.1f}) {label}",
    )  # fmt: skip
    axes.set_title(
        f"Mean rank of the balanced accuracy on {len(complete)} {HALVES[half]}; "
        "joined: no difference at 5 % (Nemenyi)",
        fontsize=9,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    return True
