"""Loads at which algorithms stop to solve random patterns."""

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
        NaN if the shares do not cross one half in the range.
    """
    rng = np.random.default_rng(seed)
    sizes = [len(solved) for solved in curves[0].values()]
    draws = [
        _difference(curves, [rng.integers(n, size=n) for n in sizes])
        for _ in range(n_draws)
    ]
    centre = _difference(curves, [slice(None)] * len(sizes))
    if np.isnan(draws).mean() > 0.05:
        return Estimate(centre, np.nan, np.nan)
    return Estimate(centre, *map(float, np.nanpercentile(draws, [2.5, 97.5])))


def _difference(curves, rows):
    """Load of the first curve, less that of the second if there is one."""
    found = [
        _half(
            np.array(list(curve)),
            [s[chosen].mean() for s, chosen in zip(curve.values(), rows, strict=True)],
        )
        for curve in curves
    ]
    return found[0] - sum(found[1:])


def _half(loads, shares):
    """First crossing of one half, shares made to fall with the load."""
    shares = np.minimum.accumulate(shares)
    if shares[0] < 0.5 or shares[-1] >= 0.5:
        return np.nan
    after = int(np.argmax(shares < 0.5))
    (x0, x1), (y0, y1) = loads[after - 1 : after + 1], shares[after - 1 : after + 1]
    return float(x0 + (x1 - x0) * (y0 - 0.5) / (y0 - y1))
