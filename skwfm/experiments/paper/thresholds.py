"""Loads at which algorithms stop to solve random patterns."""

from __future__ import annotations

import numpy as np

from skwfm.experiments.paper.claims import Estimate


def limit(*curves: dict, n_draws: int = 2000, seed: int = 0) -> Estimate:
    """Interpolate the load at which half of the samples are solved.

    Parameters
    ----------
    *curves : dict of float to ndarray of bool
        Whether each sample is solved, by load. With two, on the same samples, the
        difference of their loads is estimated.
    n_draws : int, default=2000
        Number of bootstrap draws.
    seed : int, default=0
        Their seed.

    Returns
    -------
    estimate : Estimate
        The interval is that of the bootstrap, and holds what the loads that were tried
        leave open: all between the two around the crossing. NaN if the shares do not
        cross one half in the range.
    """
    rng = np.random.default_rng(seed)
    sizes = [len(solved) for solved in curves[0].values()]
    draws = [
        _crossings(curves, [rng.integers(n, size=n) for n in sizes])
        for _ in range(n_draws)
    ]
    found = _crossings(curves, [slice(None)] * len(sizes))
    value, least, most = _spans(found)
    values = [_spans(drawn)[0] for drawn in draws]
    if np.isnan(values).mean() > 0.05:
        return Estimate(value, np.nan, np.nan)
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Estimate(value, float(min(low, least)), float(max(high, most)))


def _crossings(curves, rows):
    """Of each curve the crossing of one half, and the loads before and after it."""
    return [
        _half(
            np.array(list(curve)),
            [s[chosen].mean() for s, chosen in zip(curve.values(), rows, strict=True)],
        )
        for curve in curves
    ]


def _spans(crossings):
    """Value, least and most of a crossing, or of the difference of two."""
    value, least, most = crossings[0]
    for other, below, above in crossings[1:]:
        value, least, most = value - other, least - above, most - below
    return value, least, most


def _half(loads, shares):
    """First crossing of one half, shares made to fall with the load."""
    shares = np.minimum.accumulate(shares)
    if shares[0] < 0.5 or shares[-1] >= 0.5:
        return np.nan, np.nan, np.nan
    after = int(np.argmax(shares < 0.5))
    (x0, x1), (y0, y1) = loads[after - 1 : after + 1], shares[after - 1 : after + 1]
    return float(x0 + (x1 - x0) * (y0 - 0.5) / (y0 - y1)), float(x0), float(x1)
