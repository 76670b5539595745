"""What a comparison says of its measures; numbers come from the results."""

from collections import defaultdict
from math import floor, log10

from skwfm.experiments.report.wording import measure

# Units in which numbers of a unit are customarily written, and the factor.
_WRITTEN = {"fraction": ("%", 100), "nats per weight": ("0.001 nats per weight", 1000)}
# Significant digits of a standard error, or, without one, of a mean.
_ERROR_DIGITS, _MEAN_DIGITS = 2, 3

AGAINST_ERROR = (
    "Measures and test error",
    "One point for each solution measured. Look for an order within each algorithm, "
    "too: differences between algorithms alone could have other reasons.",
)


def words(name):
    """Write the name of a measure or a column in words.

    Parameters
    ----------
    name : str
        Identifier.

    Returns
    -------
    words : str
        With blanks.
    """
    return name.replace("_", " ")


def columns(comparison):
    """List the columns that the measures add to a table.

    Parameters
    ----------
    comparison : Comparison
        The results.

    Returns
    -------
    columns : list of (str, str, float)
        Name, unit in which it is written, and factor of the numbers.
    """
    return [
        (column, *_WRITTEN.get(entry["unit"], (entry["unit"], 1)))
        for entry in comparison.settings["measures"].values()
        for column in entry["columns"]
    ]


def headings(comparison):
    """Name the columns of the table of measures.

    Parameters
    ----------
    comparison : Comparison
        The results.

    Returns
    -------
    headings : list of (str, str)
        Name in words and unit, which may be empty.
    """
    return [(words(column), unit) for column, unit, _ in columns(comparison)]


def cells(comparison, row):
    """Write the measures of one algorithm.

    Parameters
    ----------
    comparison : Comparison
        The results.
    row : dict
        Of the summary.

    Returns
    -------
    cells : list of str
        In the order of `headings`. A dash where a measure does not apply.
    """
    found = row["measures"]
    return [
        _cell(found[name], scale) if name in found else "–"
        for name, _, scale in columns(comparison)
    ]


def _cell(estimate, scale):
    """Add from how many of the runs measured a mean is, if not from all."""
    text = measure(estimate, _n_digits(estimate, scale), scale)
    if not 0 < estimate["n"] < estimate["n_asked"]:
        return text
    return f"{text} ({estimate['n']} of {estimate['n_asked']})"


def _n_digits(estimate, scale):
    """Digits after the point: as many as the standard error leaves meaning."""
    size, n_significant = estimate["standard_error"], _ERROR_DIGITS
    if not size:
        size, n_significant = abs(estimate["mean"] or 1), _MEAN_DIGITS
    if not size:
        return 0
    return max(0, n_significant - 1 - floor(log10(scale * size)))


def explained(comparison):
    """Explain the measures.

    Parameters
    ----------
    comparison : Comparison
        The results.

    Returns
    -------
    explained : list of (str, str)
        Name in words and what the measure says of itself.
    """
    entries = comparison.settings["measures"].items()
    return [(words(name), entry["text"]) for name, entry in entries]


def figure_text(comparison):
    """Give titles and captions of the figures.

    Parameters
    ----------
    comparison : Comparison
        The results.

    Returns
    -------
    text : dict of str to (str, str)
        By name of the figure.
    """
    captions = {
        f"{name}_curve": (
            words(name).capitalize(),
            f"{entry['text']} Means over the measured seeds, with standard errors.",
        )
        for name, entry in comparison.settings["measures"].items()
    }
    return captions | {"measures_and_error": AGAINST_ERROR}


def notes(comparison, summary):
    """Say on which seeds was measured, and what is missing and why.

    Parameters
    ----------
    comparison : Comparison
        The results.
    summary : list of dict
        Its summary.

    Returns
    -------
    sentences : list of str
        One or more.
    """
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
    return [_which_seeds(comparison.settings), *gaps]


def _which_seeds(settings):
    kinds = {"Of committee machines without training errors": [], "Of all methods": []}
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
