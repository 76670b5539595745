"""Texts about the measures of a comparison; numbers come from the results.

Functions take a `Comparison` and, where it is needed, its summary or one row of it.
"""

from collections import defaultdict
from math import floor, log10

from skwfm.experiments.report.wording import written

# The unit in which a unit of measures is written, and the factor between them.
_WRITTEN = {"fraction": ("%", 100), "nats per weight": ("0.001 nats per weight", 1000)}
# Significant digits of a standard error, or, without one, of a mean.
_ERROR_DIGITS, _MEAN_DIGITS = 2, 3

AGAINST_ERROR = (
    "Measures and test error",
    "One point for each solution measured. Look for a trend within each algorithm as "
    "well: differences between algorithms alone could have other reasons.",
)


def words(name):
    """Write the name of a measure or a column in words."""
    return name.replace("_", " ")


def columns(comparison):
    """Return the measures' columns: name, unit that is written, factor of numbers."""
    return [
        (column, *_WRITTEN.get(entry["unit"], (entry["unit"], 1)))
        for entry in comparison.settings["measures"].values()
        for column in entry["columns"]
    ]


def headings(comparison):
    """Return the headings of the table of measures: (words, unit or "")."""
    return [(words(column), unit) for column, unit, _ in columns(comparison)]


def cells(comparison, row):
    """Write the measures of one algorithm, a dash where a measure does not apply."""
    found = row["measures"]
    return [
        _cell(found[name], scale) if name in found else "–"
        for name, _, scale in columns(comparison)
    ]


def _cell(estimate, scale):
    """Write a mean, and over how many of the measured runs unless over all."""
    text = written(estimate, _n_digits(estimate, scale), scale)
    if not 0 < estimate["n"] < estimate["n_asked"]:
        return text
    return f"{text} ({estimate['n']} of {estimate['n_asked']})"


def _n_digits(estimate, scale):
    """Digits after the point that the standard error leaves significant."""
    size, n_significant = estimate["standard_error"], _ERROR_DIGITS
    if not size:
        size, n_significant = abs(estimate["mean"] or 1), _MEAN_DIGITS
    if not size:
        return 0
    return max(0, n_significant - 1 - floor(log10(scale * size)))


def explained(comparison):
    """Return the measures' names in words, and what their docstrings say."""
    entries = comparison.settings["measures"].items()
    return [(words(name), entry["text"]) for name, entry in entries]


def figure_text(comparison):
    """Return (title, caption) of the figures, by name."""
    captions = {
        f"{name}_curve": (
            words(name).capitalize(),
            f"{entry['text']} Means over the measured seeds, with standard errors.",
        )
        for name, entry in comparison.settings["measures"].items()
    }
    return captions | {"measures_and_error": AGAINST_ERROR}


def notes(comparison, summary):
    """Return sentences on which seeds were measured, and what is missing and why."""
    by_reason = defaultdict(list)
    for row in summary:
        for name, reasons in row["gaps"].items():
            for reason, n_runs in reasons.items():
                whom = f"{row['algorithm']} ({n_runs} runs)"
                by_reason[name, reason].append(whom)
    gaps = [
        f"{words(name)}, not measured or not everywhere for {', '.join(whom)}: {reason}"
        for (name, reason), whom in by_reason.items()
    ]
    return [_which_seeds(comparison.settings), *_classes(comparison.settings), *gaps]


def _classes(settings):
    if len(settings["classes"]) == 2:
        return []
    return [
        "Measures of committee machines are means over the machines of the "
        f"{len(settings['classes'])} classes, each on its class against the rest."
    ]


def _which_seeds(settings):
    without = " without training errors" if settings["solutions_only"] else ""
    kinds = {f"Of committee machines{without}": [], "Of all methods": []}
    of_machines, of_any = kinds.values()
    for name, entry in settings["measures"].items():
        (of_any if entry["needs"] == "classifier" else of_machines).append(words(name))
    where = _seeds(settings["measured_seeds"]), f"on all {len(settings['seeds'])} seeds"
    return " ".join(
        f"{whom}: {', '.join(names)}, measured {seeds}."
        for (whom, names), seeds in zip(kinds.items(), where, strict=True)
        if names
    )


def _seeds(measured):
    if len(measured) > 1:
        return f"on seeds {measured[0]} to {measured[-1]}"
    return f"on seed {measured[0]} only" if measured else "on no seed"
