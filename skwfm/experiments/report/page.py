"""One self-contained HTML page: what was compared, the results, their meaning."""

import base64

from skwfm._shown import shown
from skwfm.experiments.report import landscape_wording
from skwfm.experiments.report.templates import template
from skwfm.experiments.report.wording import (
    FIGURE_TEXT,
    WIDE_FLAT_MINIMA,
    columns,
    constant_balanced,
    duration,
    findings,
    notes,
    prepared,
    told_apart,
    written,
)


def render(comparison, figures):
    """Return the page as HTML that refers to nothing outside itself.

    `figures` are PNG images by name.
    """
    summary, how = comparison.summary(), comparison.settings
    return template("comparison.html").render(
        title=f"Learning {how['data']}: wide flat minima against the rest",
        subtitle=_subtitle(how),
        findings=findings(comparison, summary),
        failures=_failures(summary),
        headings=[heading.format(comparison.reference) for heading in _HEADINGS],
        rows=[*map(_row, summary), _constant(how)],
        notes=notes(comparison, summary),
        columns=columns(comparison),
        explanation=WIDE_FLAT_MINIMA,
        landscapes=_landscapes(comparison, summary),
        figures=_figures(comparison, figures),
        algorithms=_algorithms(how),
        how=_how(how),
        machine=_machine(comparison),
    )


def _subtitle(s):
    return (
        f"{len(s['algorithms'])} algorithms learn to tell {told_apart(s['classes'])} "
        f"from {s['n_train']} examples and are tested on "
        f"{s['n_test']} others, {len(s['seeds'])} times over. Does it help to look for "
        "wide, flat solutions (eLAL, ceSGD) instead of taking the first found (LAL)?"
    )


def _failures(summary):
    return [
        f"{row['algorithm']} failed in {row['n_failed']} of {row['n_runs']} runs: "
        f"{'; '.join(row['reasons'])}"
        for row in summary
        if row["n_failed"]
    ]


_HEADINGS = (
    "algorithm",
    "test accuracy (%)",
    "balanced accuracy (%)",
    "accuracy gain on {} (points)",
    "training errors",
    "epochs",
    "seconds",
)


def _row(row):
    cells = (
        written(row["test_accuracy"], 1, 100),
        written(row["balanced_accuracy"], 1, 100),
        written(row["test_accuracy_gain"], 1, 100, sign=True),
        written(row["n_train_errors"], 1),
        written(row["n_epochs"], 0),
        duration(row["seconds"]),
    )
    return _with_cells(row, () if row["n_failed"] == row["n_runs"] else cells)


def _with_cells(row, cells):
    return {
        "name": row["algorithm"],
        "family": row["family"] if cells else "",
        "n_failed": row["n_failed"],
        "reason": "; ".join(row["reasons"]),
        "cells": cells,
    }


def _constant(settings):
    """The row of the answer that is always the same."""
    scores = 100 * settings["constant_accuracy"], 100 * constant_balanced(settings)
    cells = [f"{score:.1f}" for score in scores] + 4 * ["–"]
    name = "constant answer"
    return {"name": name, "family": "baseline", "n_failed": 0, "cells": cells}


def _landscapes(comparison, summary):
    """The section on measures, None if nothing was measured."""
    if not comparison.settings["measures"]:
        return None
    headings = [
        f"{name} ({unit})" if unit else name
        for name, unit in landscape_wording.headings(comparison)
    ]
    rows = [
        _with_cells(row, landscape_wording.cells(comparison, row))
        for row in summary
        if row["n_failed"] < row["n_runs"]
    ]
    return {
        "headings": ["algorithm", *headings],
        "rows": rows,
        "notes": landscape_wording.notes(comparison, summary),
        "explained": landscape_wording.explained(comparison),
    }


def _figures(comparison, figures):
    texts = FIGURE_TEXT | landscape_wording.figure_text(comparison)
    return [
        {
            "title": texts[name][0],
            "caption": texts[name][1],
            "png": base64.b64encode(png).decode(),
        }
        for name, png in figures.items()
    ]


def _algorithms(settings):
    entries = settings["algorithms"].items()
    return [(name, entry["settings"], _call(entry)) for name, entry in entries]


def _how(settings):
    seeds = settings["seeds"]
    return (
        f"{prepared(settings)}"
        f"Seeds {seeds[0]} to {seeds[-1]} draw the split and are each algorithm's "
        "random_state. The same numbers, run by run, are in "
        "runs.csv and summary.json beside this page."
    )


def _machine(comparison):
    cpu = comparison.cpu
    versions = ", ".join(f"{k} {v}" for k, v in comparison.versions.items())
    return f"{cpu['model']}, {cpu['cores']} cores, {cpu['system']}. {versions}."


# Parameters that do not change the result; seeds are listed separately.
_UNTOLD = {"n_jobs", "random_state", "verbose"}


def _call(entry):
    name = entry["class"].rpartition(".")[2]
    parameters = entry["parameters"].items()
    given = ", ".join(f"{k}={shown(v)}" for k, v in parameters if k not in _UNTOLD)
    return f"{name}({given})"
