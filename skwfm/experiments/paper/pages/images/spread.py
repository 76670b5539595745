"""How much epochs vary, which tells whether the published runs share their images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from scipy import stats

from skwfm.classifiers.published import PUBLISHED_EPOCHS
from skwfm.experiments.paper.claims import (
    CONFIDENCE,
    Claim,
    Estimate,
    agrees,
    is_greater,
)

PLACE = "Materials and Methods"
PUBLISHED_RUNS = 50
_TAILS = np.array([(1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2])
Counts = Mapping[str, Sequence[float]]


def deviation(value: float, n_values: int) -> Estimate:
    """Estimate a standard deviation, for normal numbers.

    Parameters
    ----------
    value : float
        Of the sample.
    n_values : int
        Size of the sample.

    Returns
    -------
    estimate : Estimate
        With the interval of chi squared; NaN bounds for fewer than two numbers.
    """
    if n_values < 2:
        return Estimate(value, np.nan, np.nan)
    freedom = n_values - 1
    low, high = value * np.sqrt(freedom / stats.chi2.ppf(_TAILS, freedom))
    return Estimate(value, float(low), float(high))


def variance_ratio(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Estimate the ratio of two variances, for normal numbers.

    Parameters
    ----------
    first, second : sequence of float
        Independent samples.

    Returns
    -------
    estimate : Estimate
        Of the variance of `first` over that of `second`, with the interval of F; NaN
        for fewer than two numbers or no variance.
    """
    if min(len(first), len(second)) < 2 or np.ptp(second) == 0:
        return Estimate(np.nan, np.nan, np.nan)
    ratio = float(np.var(first, ddof=1) / np.var(second, ddof=1))
    low, high = ratio / stats.f.ppf(_TAILS, len(first) - 1, len(second) - 1)
    return Estimate(ratio, float(low), float(high))


def spread_claims(one_subset: Counts, fresh: Counts) -> Iterator[Claim]:
    """Decide whether the published spread is that of one subset of images.

    Parameters
    ----------
    one_subset, fresh : mapping of str to sequence of float
        Epochs of the solutions of each algorithm, on one subset and on fresh ones.

    Yields
    ------
    claim : Claim
        About ceSGD-slow, whose epochs are published with the smallest spread.
    """
    name = "ceSGD-slow"
    if name not in one_subset or name not in fresh:
        return
    centre, spread = PUBLISHED_EPOCHS["dress_coat", name]
    published = deviation(spread, PUBLISHED_RUNS)
    for kind, counts in (("one subset", one_subset), ("fresh subsets", fresh)):
        ours = _deviation(counts[name])
        yield Claim(
            f"epochs of {name} vary by {spread} of {centre}, as on {kind} of images",
            PLACE,
            f"standard deviation on {kind}: {ours.text(0)}",
            _meets(ours, published),
            "the intervals of chi squared meet, for normal numbers",
        )
    ratio = variance_ratio(fresh[name], one_subset[name])
    yield Claim(
        f"epochs of {name} vary more on fresh subsets than on one (not in the paper)",
        PLACE,
        f"ratio of the variances: {ratio.text(2)}",
        is_greater(ratio, 1.0),
        "interval of F for the ratio, for normal numbers",
    )


def _meets(ours, published):
    # An interval that lies apart decides, however wide it is.
    if ours.low > published.high:
        return "differs"
    return agrees(ours, published.low, published.high)


def _deviation(counts):
    value = float(np.std(counts, ddof=1)) if len(counts) > 1 else np.nan
    return deviation(value, len(counts))


def spread_rows(one_subset: Counts, fresh: Counts) -> list[dict]:
    """Return the table of epochs.

    Parameters
    ----------
    one_subset, fresh : mapping of str to sequence of float
        Epochs of the solutions of each algorithm.

    Returns
    -------
    rows : list of dict
        Published means and deviations, and ours.
    """
    rows = []
    for (problem, name), (centre, spread) in PUBLISHED_EPOCHS.items():
        if problem != "dress_coat":
            continue
        one, many = one_subset.get(name, ()), fresh.get(name, ())
        rows.append(
            {
                "algorithm": name,
                "published": f"{centre} ± {spread}",
                "one subset": _mean_and_deviation(one),
                "fresh subsets": _mean_and_deviation(many),
                "ratio of variances": variance_ratio(many, one).text(2),
            }
        )
    return rows


def _mean_and_deviation(counts):
    if not len(counts):
        return None
    return f"{np.mean(counts):.0f} ± {_deviation(counts).text(0)}"
