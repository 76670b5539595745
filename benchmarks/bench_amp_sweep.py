"""Claim: an amp sweep on a tree is 5 times faster than its NumPy twin with BLAS.

1000 random +-1 patterns of 999 inputs for a tree committee of 9 units, spherical
weights, float64. Both do the first 5 sweeps from the same start, damping 0.3, and must
reach the same means; printed is the largest difference.

The twin is the same equations in vectorised NumPy (_amp_twin.py). Its channel works in
logarithms, which is what makes it right for fields 40 standard deviations off, as ours
is. A second pair gives this up: probabilities as they are, which underflow at 38
standard deviations.

Work of a sweep (M samples, N_w weights): 2 M N_w flops each for the fields and for the
sums over patterns, and about 3 K^2 a pattern in the channel. Both read the inputs
twice: ours in two orders as bits, NumPy in float64.
"""

import numpy as np
from _amp_twin import NumpyAmp, log_channel, plain_channel
from _limits import Work
from _paired import Claim, Program, main

from skwfm.architectures import TreeCommittee
from skwfm.datasets import make_random_patterns
from skwfm.inference import Factors, SphericalPrior
from skwfm.inference.engines.amp import AMPEngine

N_HIDDEN, N_SWEEPS, DAMPING = 9, 5, 0.3


def our_sweeps(factors, n_sweeps):
    """Sweep from the prior with the engine.

    Parameters
    ----------
    factors : Factors
        The patterns.
    n_sweeps : int
        Number of sweeps.

    Returns
    -------
    mean : ndarray of shape (n_hidden, n_inputs)
        Means of the weights.
    norm : float
        Lambda.
    """
    prior = SphericalPrior().bind(factors)
    engine = AMPEngine(factors, prior)
    for _ in range(n_sweeps):
        engine.sweep(DAMPING)
    return engine.mean.reshape(N_HIDDEN, -1), prior.multipliers["norm"][0]


def count_work(factors, traffic, footprint):
    """Count the work of one sweep.

    Parameters
    ----------
    factors : Factors
        The patterns.
    traffic, footprint : float
        Bytes of inputs that a sweep reads, and that there are.

    Returns
    -------
    work : Work
        Of one sweep.
    """
    n_samples, n_weights = factors.n_samples, factors.n_weights
    flops = 4 * n_samples * n_weights + 3 * n_samples * N_HIDDEN**2
    return Work(flops, traffic, footprint)


def compare(ours, reference):
    """Compare two results.

    Parameters
    ----------
    ours, reference : tuple of (ndarray, float)
        Means and Lambda.

    Returns
    -------
    accuracy : dict
        Largest difference of the means, and both Lambdas.
    """
    return {
        "max |dw|": float(np.abs(ours[0] - reference[0]).max()),
        "Lambda ours": float(ours[1]),
        "Lambda reference": float(reference[1]),
    }


def make_claims():
    """Pair our sweeps with both of NumPy's.

    Yields
    ------
    claim : Claim
        A pair.
    """
    X, y = make_random_patterns(1000, 999, random_state=0)
    factors = Factors(X, y, TreeCommittee(N_HIDDEN))
    bits = 2 * factors.n_samples * factors.n_weights / 8
    ours = count_work(factors, bits, bits)
    for name, channel in [
        ("in logarithms", log_channel),
        ("underflowing", plain_channel),
    ]:
        twin = NumpyAmp(factors, channel)

        def run_twin(twin=twin):
            twin.restart()
            for _ in range(N_SWEEPS):
                twin.sweep(DAMPING)
            return twin.mean, twin.norm

        numpy_work = count_work(factors, 2 * twin.x.nbytes, twin.x.nbytes)
        yield Claim(
            f"amp sweep, tree N=999 K=9 M=1000, twin {name}",
            5.0,
            Program("skwfm", lambda: our_sweeps(factors, N_SWEEPS), np.float64, ours),
            Program("NumPy twin", run_twin, np.float64, numpy_work),
            N_SWEEPS,
            compare,
        )


if __name__ == "__main__":
    main(make_claims, __doc__)
