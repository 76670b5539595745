"""Claims of the paper, and the statistics that decide on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
Verdict = Literal["holds", "does not hold", "differs", "open"]


class Estimate(NamedTuple):
    """A number with its confidence interval, at the level `CONFIDENCE`."""

    value: float
    low: float
    high: float

    def text(self, digits: int = 3, scale: float = 1, unit: str = "") -> str:
        """Write value and interval.

        Parameters
        ----------
        digits : int, default=3
            Digits after the point.
        scale : float, default=1
            Factor, such as 100 for per cent.
        unit : str, default=""
            Unit of the scaled numbers.

        Returns
        -------
        text : str
            As ``"0.123 [0.101, 0.145] nats"``; bounds that are missing are said to be.
        """
        if not np.isfinite(self).all():
            known = np.isfinite(self.value)
            value = f"{scale * self.value:.{digits}f} {unit}".rstrip()
            return f"{value}, no interval" if known else "no number"
        value, low, high = (f"{scale * number:.{digits}f}" for number in self)
        return f"{value} [{low}, {high}] {unit}".rstrip()


@dataclass(frozen=True)
class Claim:
    """One claim, and what came out.

    Parameters
    ----------
    text : str
        The claim in our words.
    place : str
        Where it stands, such as ``"Fig. 1"``.
    found : str
        Our number, with its interval.
    verdict : {"holds", "does not hold", "differs", "open"}
        "differs": the claim is right in kind, and a number or a formula of it is not.
        "open": these runs do not decide.
    test : str
        How it was decided, in words.
    why : str, default=""
        What explains a verdict other than "holds".
    """

    text: str
    place: str
    found: str
    verdict: Verdict
    test: str
    why: str = ""


def mean(values: Sequence[float]) -> Estimate:
    """Estimate a mean, by Student's t.

    Parameters
    ----------
    values : sequence of float
        One number per independent run; None and NaN are left out.

    Returns
    -------
    estimate : Estimate
        NaN bounds for fewer than two numbers.
    """
    known = _known(values)
    if len(known) < 2:
        return Estimate(float(known.mean()) if len(known) else np.nan, np.nan, np.nan)
    return _student(known)


def difference(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Estimate the mean of ``first - second`` over pairs, by Student's t.

    Parameters
    ----------
    first, second : sequence of float
        Runs on the same seeds, in the same order; pairs with None or NaN are left out.

    Returns
    -------
    estimate : Estimate
        NaN bounds for fewer than two pairs.
    """
    pairs = np.array([first, second], dtype=float)
    return mean(pairs[0] - pairs[1])


def independent_difference(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Estimate the difference of the means of two samples, by Welch's t.

    Parameters
    ----------
    first, second : sequence of float
        Independent runs; None and NaN are left out.

    Returns
    -------
    estimate : Estimate
        Of the mean of `first` less that of `second`.
    """
    a, b = _known(first), _known(second)
    if min(len(a), len(b)) < 2:
        return Estimate(np.nan, np.nan, np.nan)
    interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval(CONFIDENCE)
    return Estimate(float(a.mean() - b.mean()), *map(float, interval))


def share(n_successes: int, n_trials: int) -> Estimate:
    """Estimate a probability, by Clopper and Pearson.

    Parameters
    ----------
    n_successes, n_trials : int
        Counts of independent trials.

    Returns
    -------
    estimate : Estimate
        Share and interval.
    """
    found = stats.binomtest(int(n_successes), int(n_trials))
    low, high = found.proportion_ci(CONFIDENCE)
    return Estimate(n_successes / n_trials, float(low), float(high))


def correlation(x: Sequence[float], y: Sequence[float], seed: int = 0) -> Estimate:
    """Estimate Spearman's rank correlation, by the bootstrap over pairs.

    Parameters
    ----------
    x, y : sequence of float
        Independent pairs; those with None or NaN are left out.
    seed : int, default=0
        Seed of the bootstrap.

    Returns
    -------
    estimate : Estimate
        NaN for fewer than five pairs.
    """
    pairs = np.array([x, y], dtype=float)
    pairs = pairs[:, np.isfinite(pairs).all(axis=0)]
    if pairs.shape[1] < 5:
        return Estimate(np.nan, np.nan, np.nan)
    rng = np.random.default_rng(seed)
    rows = rng.integers(pairs.shape[1], size=(2000, pairs.shape[1]))
    drawn = [_spearman(*pairs[:, chosen]) for chosen in rows]
    tails = 100 * np.array([(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(_spearman(*pairs), *map(float, np.nanpercentile(drawn, tails)))


def is_greater(estimate: Estimate, than: float = 0.0) -> Verdict:
    """Decide whether a quantity is greater than a number.

    Parameters
    ----------
    estimate : Estimate
        The quantity.
    than : float, default=0.0
        The number.

    Returns
    -------
    verdict : {"holds", "does not hold", "open"}
        "open" if the number lies in the interval, or there is none.
    """
    if estimate.low > than:
        return "holds"
    return "does not hold" if estimate.high < than else "open"


def is_between(estimate: Estimate, low: float, high: float) -> Verdict:
    """Decide whether a quantity lies in a range.

    Parameters
    ----------
    estimate : Estimate
        The quantity.
    low, high : float
        The range.

    Returns
    -------
    verdict : {"holds", "does not hold", "open"}
        "open" if an end of the range lies in the interval, or there is none.
    """
    if low < estimate.low and estimate.high < high:
        return "holds"
    outside = estimate.high < low or high < estimate.low
    return "does not hold" if outside else "open"


def agrees(estimate: Estimate, low: float, high: float) -> Verdict:
    """Decide whether a quantity is what was published.

    Parameters
    ----------
    estimate : Estimate
        The quantity.
    low, high : float
        The published number, less and plus its error.

    Returns
    -------
    verdict : {"holds", "differs", "open"}
        "differs" if the intervals do not meet; "open" if ours is missing, or meets the
        other and is so wide that this says little: wider than the number itself.
    """
    if not np.isfinite(estimate).all():
        return "open"
    if estimate.low > high or low > estimate.high:
        return "differs"
    is_wide = estimate.high - estimate.low > abs(low + high) / 2
    return "open" if is_wide else "holds"


def _known(values):
    numbers = np.array(values, dtype=float)
    return numbers[np.isfinite(numbers)]


def _student(values):
    centre, error = values.mean(), stats.sem(values)
    half = error * stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)
    return Estimate(float(centre), float(centre - half), float(centre + half))


def _spearman(x, y):
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan
    return float(stats.spearmanr(x, y).statistic)
