"""Averages over seeds, and differences on equal splits."""

from collections import Counter, defaultdict

from skwfm.experiments.study.results import mean_and_error

METRICS = (
    "n_epochs",
    "n_train_errors",
    "test_accuracy",
    "balanced_accuracy",
    "seconds",
)
SCORES = ("test_accuracy", "balanced_accuracy")


def summarise(runs, names, reference):
    """Summarise runs, best balanced accuracy first.

    The order is that of balanced accuracy, in which a constant answer scores one half
    however unequal the classes are.

    Parameters
    ----------
    runs : list of Run
        All runs.
    names : list of str
        The algorithms.
    reference : str
        Algorithm the others are compared with, seed by seed.

    Returns
    -------
    summary : list of dict
        One entry per algorithm; algorithms without a successful run come last.
        ``measures`` has an estimate for each column of the measures asked for, over the
        ``n`` of ``n_asked`` runs that have a number; ``gaps`` counts runs by measure
        and by the reason why numbers are missing.
    """
    rows = [_one_algorithm(runs, name, reference) for name in names]
    return sorted(rows, key=_worst_last)


def _worst_last(row):
    score = row["balanced_accuracy"]["mean"]
    return (1, 0.0) if score is None else (0, -score)


def _one_algorithm(runs, name, reference):
    mine = [run for run in runs if run.algorithm == name]
    good = [run for run in mine if run.status == "ok"]
    failed = [run for run in mine if run.status == "failed"]
    row = {
        "algorithm": name,
        # What a run that failed tells is not decided by a fitted model.
        "family": (good or mine)[0].family,
        "n_runs": len(mine),
        "n_failed": len(failed),
        "n_with_warnings": sum(bool(run.warnings) for run in good),
        "reasons": list(dict.fromkeys(run.reason for run in failed)),
        "warnings": list(dict.fromkeys(w for run in good for w in run.warnings)),
    }
    row |= {m: mean_and_error([getattr(r, m) for r in good]) for m in METRICS}
    row |= _measured(good)
    return row | {f"{m}_gain": _gain(runs, name, reference, m) for m in SCORES}


def _measured(runs):
    """Average over the runs that have a number, and count those that have none."""
    values, gaps = defaultdict(list), defaultdict(Counter)
    for run in runs:
        for name, found in run.measures.items():
            for column, value in found.values.items():
                values[column].append(value)
            if found.reason or not found.is_complete:
                gaps[name][found.reason] += 1
    return {
        "measures": {column: _over_known(found) for column, found in values.items()},
        "gaps": {name: dict(reasons) for name, reasons in gaps.items()},
    }


def _over_known(values):
    n_known = sum(value is not None for value in values)
    return {**mean_and_error(values), "n": n_known, "n_asked": len(values)}


def _gain(runs, name, reference, metric):
    """Average over seeds the score minus that of the reference on the same split."""
    if name == reference:
        return {"mean": None, "standard_error": None}
    scores = {
        (run.algorithm, run.seed): getattr(run, metric)
        for run in runs
        if run.status == "ok"
    }
    seeds = {run.seed for run in runs}
    pairs = ((scores.get((name, s)), scores.get((reference, s))) for s in sorted(seeds))
    return mean_and_error([a - b for a, b in pairs if None not in (a, b)])
