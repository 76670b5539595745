"""Claim: a sweep of belief propagation takes at most 5 ns per edge.

Edges are the pairs of a pattern and a weight. 1000 random +-1 patterns of 999 inputs
for a tree committee of 9 units with spherical weights, and 400 of 1001 for a binary
perceptron, one thread, both schedules, float64. Timed is a sweep of a running engine:
all cavities, the channel, all new messages, and the prior. A sweep ends when the means
stand still, which is checked at the end: printed is the residual.
"""

import json
import os
import sys
import time

import numpy as np
from _limits import environment
from _paired import parse_arguments
from threadpoolctl import threadpool_limits

from skwfm.architectures import TreeCommittee
from skwfm.datasets import make_random_patterns
from skwfm.inference import BinaryPrior, Factors, SphericalPrior
from skwfm.inference.engines.bp import BPEngine

TARGET_NS = 5.0
SETTINGS = [
    ("spherical, tree N=999 K=9 M=1000", 1000, 999, 9, SphericalPrior()),
    ("binary, perceptron N=1001 M=400", 400, 1001, 1, BinaryPrior()),
]


def measure(n_samples, n_features, n_hidden, prior, schedule, repeats):
    """Time the sweeps of one engine.

    Parameters
    ----------
    n_samples, n_features, n_hidden : int
        Sizes.
    prior : object
        Prior of the weights.
    schedule : {"sequential", "parallel"}
        Order of the updates.
    repeats : int
        Number of sweeps.

    Returns
    -------
    seconds : ndarray of shape (repeats,)
        Processor time of each sweep.
    residual : float
        Largest change of a mean in the last sweep.
    """
    X, y = make_random_patterns(n_samples, n_features, random_state=0)
    factors = Factors(X, y, TreeCommittee(n_hidden))
    engine = BPEngine(factors, prior.bind(factors), schedule=schedule)
    seconds = np.empty(repeats)
    for sweep in range(repeats):
        start = time.process_time()
        residual = engine.sweep(0.3)
        seconds[sweep] = time.process_time() - start
    return seconds, residual


def main():
    """Measure all settings and print them."""
    arguments = parse_arguments(__doc__, default_repeats=100)
    with threadpool_limits(limits=1):
        where = environment()
        if not arguments.json:
            print(", ".join(f"{k} {v}" for k, v in where.items()))
        for title, n_samples, n_features, n_hidden, prior in SETTINGS:
            for schedule in ("sequential", "parallel"):
                seconds, residual = measure(
                    n_samples, n_features, n_hidden, prior, schedule, arguments.repeats
                )
                per_edge = 1e9 * np.quantile(seconds, [0.25, 0.5, 0.75])
                per_edge /= n_samples * n_features
                report(f"{title}, {schedule}", per_edge, residual, arguments, where)


def report(title, per_edge, residual, arguments, where):
    """Print one result.

    Parameters
    ----------
    title : str
        The setting.
    per_edge : ndarray of shape (3,)
        Quartiles of the time in nanoseconds.
    residual : float
        Largest change of a mean in the last sweep.
    arguments : argparse.Namespace
        With `json`.
    where : dict
        The machine.
    """
    low, middle, high = map(float, per_edge)
    if arguments.json:
        # The ratio is that of the target to the time, so that larger is better.
        result = {"title": title, "dtype": "float64", "target": 1.0}
        result |= {"ratio": TARGET_NS / middle, "ns_per_edge": middle}
        result["quartiles"] = [TARGET_NS / high, TARGET_NS / low]
        result |= {"met": middle <= TARGET_NS, "residual": residual}
        name = os.path.basename(sys.argv[0])
        print(json.dumps({"file": name, **result, "environment": where}))
        return
    verdict = "" if middle <= TARGET_NS else "  NOT MET"
    print(f"\n{title}\n  residual after {arguments.repeats} sweeps {residual:.2g}")
    print(
        f"  claim: <= {TARGET_NS:g} ns per edge, measured {middle:.2f} "
        f"[{low:.2f}, {high:.2f}]{verdict}"
    )


if __name__ == "__main__":
    main()
