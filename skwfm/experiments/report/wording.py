"""Texts about a comparison; numbers come from the results, never from here.

Functions take a `Comparison` and, where it is needed, its summary.
"""

FIGURE_TEXT = {
    "accuracy": (
        "Accuracy on test patterns",
        "Pale points: single seeds. Full points: their mean, with its standard error.",
    ),
    "time": (
        "What the accuracy costs",
        "Up is better, left is faster. Searching for wide minima takes longer than "
        "taking the first solution found.",
    ),
    "learning": (
        "Learning curves of the first seed",
        "LAL and eLAL: wrong answers met in each epoch (eLAL: mean over its copies). "
        "ceSGD: cross-entropy, summed over the examples and sharpened as it goes, so "
        "compare shapes, not heights. Of several classes: the sum over their machines.",
    ),
    "weights": (
        "Weights of one hidden unit, first seed",
        "A committee machine has several such units. Grainy images keep much of the "
        "random start; smooth ones show what the training images have in common.",
    ),
}

WIDE_FLAT_MINIMA = (
    "A network has far more weights than it has examples, so a great many weight "
    "settings answer every training example correctly. They do not all answer new "
    "ones equally well.",
    "Picture the number of training errors as a landscape over the weights. Some "
    "solutions lie in narrow clefts: change the weights a little and errors appear. "
    "Others lie in wide flat valleys, the wide flat minima: most settings nearby are "
    "right as well. A wide solution does not depend on the accidents of one training "
    "set, which is why it can be expected to do better on new examples.",
    "LAL stops at the first solution it finds, usually a narrow one. eLAL trains many "
    "copies that attract each other, and ceSGD uses a loss that asks for a safe "
    "margin and is sharpened slowly (ceSGD-fast: quickly); both aim at wider regions. "
    "All of them train the same kind of machine, a few hidden sign units that vote, on "
    "the same examples, so they differ only in the solutions they find. The "
    "standard methods show what a good score on this task looks like.",
)


# More are counted, not listed.
_CLASSES_SHOWN = 6


def written(estimate, digits, scale=1, sign=False):
    """Write a mean and its standard error.

    Parameters
    ----------
    estimate : dict
        ``mean`` and ``standard_error``, each possibly None.
    digits : int
        Digits after the point.
    scale : float, default=1
        Factor, 100 for per cent.
    sign : bool, default=False
        Whether to write a plus sign.

    Returns
    -------
    text : str
        For example "93.1 ± 0.4"; a dash when there is no mean.
    """
    mean, error = estimate["mean"], estimate["standard_error"]
    if mean is None:
        return "–"
    text = f"{scale * mean:{'+' if sign else ''}.{digits}f}".replace("-", "−")
    return text if error is None else f"{text} ± {scale * error:.{digits}f}"


def duration(estimate, error=True):
    """Write an estimate in seconds, with more digits for short times."""
    shown = estimate if error else {**estimate, "standard_error": None}
    return written(shown, 2 if (estimate["mean"] or 1) >= 0.1 else 3)


def findings(comparison, summary):
    """Return the main results as sentences: paired differences, best, baseline."""
    done = [row for row in summary if row["n_failed"] < row["n_runs"]]
    if not done:
        return ["No algorithm finished a run."]
    gains = [
        _against(row, comparison.reference)
        for row in done
        if row["family"] == "committee"
        and row["test_accuracy_gain"]["mean"] is not None
    ]
    return [*gains, _best(done), _constant(comparison, done)]


def _best(done):
    best = done[0]
    sentence = (
        f"Best balanced accuracy: {best['algorithm']}, "
        f"{written(best['balanced_accuracy'], 1, 100)} %"
    )
    committees = [row for row in done if row["family"] == "committee"]
    if committees and committees[0] is not best:
        row = committees[0]
        sentence += (
            f"; best committee machine: {row['algorithm']}, "
            f"{written(row['balanced_accuracy'], 1, 100)} %"
        )
    return sentence + "."


def _against(row, reference):
    name = row["algorithm"]
    gains = [row["test_accuracy_gain"], row["balanced_accuracy_gain"]]
    verdicts = {_clear_sign(gain) for gain in gains}
    if verdicts in ({1}, {-1}):
        sizes = [written({**gain, "mean": abs(gain["mean"])}, 1, 100) for gain in gains]
        verb = "beats" if verdicts == {1} else "is behind"
        start = f"{name} {verb} {reference} by"
    else:
        sizes = [written(gain, 1, 100, sign=True) for gain in gains]
        start = f"No clear winner between {name} and {reference}:"
    return (
        f"{start} {sizes[0]} points of test accuracy and {sizes[1]} of balanced "
        "accuracy."
    )


def _clear_sign(gain):
    """Sign of a difference beyond two standard errors, else 0."""
    mean, error = gain["mean"], gain["standard_error"]
    if error is None or abs(mean) <= 2 * error:
        return 0
    return 1 if mean > 0 else -1


def _constant(comparison, done):
    constant = comparison.settings["constant_accuracy"]
    below = [r["algorithm"] for r in done if r["test_accuracy"]["mean"] < constant]
    frequent = comparison.settings["constant_answer"]
    chance = 100 * constant_balanced(comparison.settings)
    sentence = (
        f"Always answering {frequent} would already score {100 * constant:.1f} % "
        f"accuracy, but only {chance:.3g} % balanced accuracy."
    )
    if below:
        sentence += f" Below it in accuracy: {', '.join(below)}."
    return sentence


def constant_balanced(settings):
    """Return the balanced accuracy of a constant answer."""
    return 1 / len(settings["classes"])


def told_apart(classes):
    """Write what has to be told from what."""
    if len(classes) == 2:
        return f"{classes[0]} from {classes[1]}"
    if len(classes) > _CLASSES_SHOWN:
        return f"{len(classes)} classes apart"
    return f"{', '.join(classes[:-1])} and {classes[-1]} apart"


def prepared(settings):
    """Say what was done to the inputs."""
    if not settings["standardised"]:
        return ""
    how = ""
    if settings["preparation"]:
        how = (
            "The same was done for every algorithm, on the training examples alone: "
            "categories, texts and dates became numbers (skrub's TableVectorizer), "
            "missing values medians with an indicator; on the first seed "
            f"{settings['preparation']}. "
        )
    return f"{how}Every input is standardised on the training examples. "


def columns(comparison):
    """Return the names and meanings of the columns of the table."""
    reference = comparison.reference
    return [
        ("± values", "Standard error of the mean over seeds."),
        ("test accuracy", "Share of the test examples answered correctly."),
        (
            "balanced accuracy",
            "The same share, computed for each class and averaged, so that "
            "the frequent class cannot hide the rare one. The table is ordered by it.",
        ),
        (
            f"gain on {reference}",
            f"Test accuracy minus that of {reference} on the same split, averaged "
            "over seeds, in percentage points. On equal splits the luck of the split "
            "cancels.",
        ),
        (
            "training errors",
            f"Training examples (of {comparison.settings['n_train']}) the finished "
            "model still gets wrong.",
        ),
        (
            "epochs",
            "Passes over the training examples until the algorithm stopped; a dash "
            "for methods that do not work in passes.",
        ),
        (
            "seconds",
            "Time to train once. Runs trained side by side (--n-jobs) share the "
            "machine, so compare times roughly.",
        ),
        (
            "constant answer",
            "The score of always answering the most frequent class of the test set.",
        ),
    ]


def notes(comparison, summary):
    """Return sentences on what the numbers leave out: their errors, warnings."""
    sentences = [_limits_of_the_errors(comparison.settings)]
    if comparison.settings["weights"]:
        sentences.append(
            f"Column {comparison.settings['weights']} says how much each example "
            "counts, in training and in both accuracies; training errors are counted "
            "without it."
        )
    for row in summary:
        if row["n_with_warnings"]:
            sentences.append(
                f"{row['algorithm']}: {row['n_with_warnings']} of {row['n_runs']} runs "
                f"ended with a warning ({'; '.join(row['warnings'][:2])})."
            )
    return sentences


def _limits_of_the_errors(settings):
    n_test = settings["n_test"]
    # Binomial standard deviation at an accuracy of 90 %, in points.
    sampling = 100 * (0.1 * 0.9 / n_test) ** 0.5
    if not settings["fixed_test"]:
        return (
            "All splits are drawn from the same examples and overlap, so the ± values "
            "somewhat understate the uncertainty."
        )
    shared = "" if settings["subsampled"] else " and are trained on the same examples"
    return (
        f"All seeds share one test set of {n_test} examples{shared}. The sampling "
        f"error of that set, about {sampling:.1f} points for an accuracy near 90 %, "
        "comes on top of the ± values and is common to all rows."
    )
