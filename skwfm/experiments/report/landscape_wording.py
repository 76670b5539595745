"""What a comparison says of landscapes; numbers come from the results."""

from skwfm.experiments.report.wording import measure
from skwfm.experiments.study import measures

HEADINGS = (
    "algorithm",
    f"local entropy at distance {measures.DISTANCE:g} (0.001 nats per weight)",
    "largest Hessian eigenvalue (log10)",
    f"errors under {100 * measures.LEVEL:g} % noise (%)",
)

FIGURE_TEXT = {
    "entropy": (
        "How many of the weights nearby are solutions, too",
        "Local entropy: the logarithm, per weight, of the share of weights at this "
        "distance from the solution that answer every training example correctly. "
        "Zero would be all of them; higher is wider. Means over the measured seeds, "
        "with standard errors.",
    ),
    "eigenvalue": (
        "Curvature and test error",
        "One point for each solution of the measured seeds. Left is flatter. Look for "
        "an order within each algorithm, too: differences between algorithms alone "
        "could have other reasons.",
    ),
    "spectrum": (
        "The largest eigenvalues of the Hessian, first seed",
        "Curvature of the smoothed training error in its steepest directions, each "
        "solution at its own steepness, which the legend gives.",
    ),
    "noise": (
        "Training examples under noise",
        "Each pixel or feature is redrawn, with the probability below, from the values "
        "it takes in other training examples. Means over all seeds, with standard "
        "errors. At zero noise these are the training errors.",
    ),
}


def cells(row):
    """Write the measures of one algorithm.

    Parameters
    ----------
    row : dict
        Of the summary.

    Returns
    -------
    cells : tuple of str
        In the order of `HEADINGS`, without the name. A dash where a measure does not
        apply.
    """
    return (
        _counted(row["local_entropy"], row["n_measured"], 2, 1000),
        _counted(row["log10_hessian_largest"], row["n_measured"], 1),
        measure(row["noise_error"], 1, 100),
    )


def _counted(estimate, n_measured, digits, scale=1):
    """Add from how many of the measured seeds a mean is, if not from all."""
    text = measure(estimate, digits, scale)
    if not 0 < estimate["n"] < n_measured:
        return text
    return f"{text} ({estimate['n']} of {n_measured})"


def columns():
    """Explain the columns of the table.

    Returns
    -------
    columns : list of (str, str)
        Name and meaning.
    """
    return [
        (
            "local entropy",
            "Logarithm, per weight, of the share of weights at this distance from the "
            "solution that are solutions, too, by message passing (expectation "
            "propagation on images). Nearer to zero is wider. It is an approximation: "
            "trust large differences, not small ones.",
        ),
        (
            "largest eigenvalue",
            "Steepest curvature of the smoothed training error around the solution, as "
            "a power of ten. Units are smoothed to tanh(beta x), each solution with "
            f"{measures.ABOVE_SMALLEST_BETA:g} times the smallest beta at which it "
            "still answers all training examples correctly: a narrow minimum needs "
            "steep units, and counts as sharp.",
        ),
        (
            "errors under noise",
            f"Share of the training examples (at most {measures.MOST_CORRUPTED}) "
            f"answered wrongly when {100 * measures.LEVEL:g} % of the inputs are "
            "redrawn from the values they take in other examples.",
        ),
    ]


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
    settings = comparison.settings
    sentences = [_which_seeds(settings["measured_seeds"], settings["seeds"])]
    for row in summary:
        sentences += [f"{row['algorithm']}: {text}" for text in row["not_measured"]]
        if row["n_unconverged"] > 0:
            sentences.append(
                f"{row['algorithm']}: local entropy did not converge everywhere in "
                f"{row['n_unconverged']} runs; such points are left out."
            )
    return sentences


def _which_seeds(measured, seeds):
    of_machines = "Local entropy and Hessian belong to committee machines and were "
    of_noise = f" Noise was applied on all {len(seeds)} seeds."
    if not measured:
        return of_machines + "not measured." + of_noise
    if len(measured) == 1:
        return f"{of_machines}measured on seed {measured[0]} only.{of_noise}"
    return f"{of_machines}measured on seeds {measured[0]} to {measured[-1]}.{of_noise}"
