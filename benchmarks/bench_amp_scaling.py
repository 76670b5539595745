"""Claim: amp on 10^4 patterns of 10^4 inputs fits in 1 GB, and its time and memory grow
no faster than the number of edges from 10^3 by 10^3 on.

Random +-1 patterns, stored in int8, for a tree committee of 9 units, spherical weights,
as many patterns M as weights N_w, one thread. Every size has a process of its own: it
draws the patterns, packs them, makes sweeps with damping 0.3 and tells the median
processor time of a sweep and the largest memory that the process ever had, interpreter
and libraries included.

What is linear in what: a sweep multiplies the inputs twice, 4 M N_w flops; the inputs
are kept as bits in two orders, M N_w / 4 bytes, beside the M N_w bytes of the patterns
in int8. The rest, channel and messages, grows like N_w + 9 M. So both the time of a
sweep and the memory beyond what an idle process has are at most proportional to M N_w:
time and memory per edge may not be larger at 10^4 than at 10^3, within 10 per cent. The
memory at 10^3 is too small beside the interpreter to be measured; it is counted from
2000 by 2000 on.

``--plot FILE`` draws both against M N_w.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

import numpy as np
from _limits import environment
from _paired import verdict
from threadpoolctl import threadpool_limits

N_HIDDEN, DAMPING, N_SWEEPS = 9, 0.3, 15
SIZES = [1000, 2000, 4000, 7000, 10000]
GIGABYTE = 1e9
# Smaller growth than linear is allowed, larger is not: but times are noisy.
NOISE = 1.1


def measure(size):
    """Sweep at one size, in this process.

    Parameters
    ----------
    size : int
        Number of patterns and of inputs; 0 measures an idle process.

    Returns
    -------
    result : dict
        Size, processor time of a sweep, residual and peak memory in bytes.
    """
    from skwfm.architectures import TreeCommittee
    from skwfm.datasets import make_random_patterns
    from skwfm.inference import Factors, SphericalPrior
    from skwfm.inference.engines.amp import AMPEngine

    seconds, residual = [], None
    size_or_least = max(size, N_HIDDEN)
    X, y = make_random_patterns(
        size_or_least, size_or_least, random_state=0, dtype=np.int8
    )
    factors = Factors(X, y, TreeCommittee(N_HIDDEN))
    engine = AMPEngine(factors, SphericalPrior().bind(factors))
    for _ in range(N_SWEEPS):
        start = time.process_time()
        residual = engine.sweep(DAMPING)
        seconds.append(time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak *= 1 if sys.platform == "darwin" else 1024
    middle = float(np.median(seconds))
    return {"size": size, "seconds": middle, "residual": residual, "bytes": peak}


def measure_all():
    """Measure every size and an idle process, each in a new process.

    Returns
    -------
    results : dict
        By size.
    """
    results = {}
    for size in [0, *SIZES]:
        command = [sys.executable, __file__, "--size", str(size)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        results[size] = json.loads(done.stdout)
    return results


def make_claims(results):
    """Compare the largest size with the smallest, and with a gigabyte.

    Parameters
    ----------
    results : dict
        What `measure_all` returns.

    Returns
    -------
    claims : list of dict
        Three, in the form of `_paired.measure`; ratios of one are limits.
    """
    idle, (small, next_small, *_, large) = results[0]["bytes"], SIZES
    time_small, time_large = (results[n]["seconds"] / n**2 for n in (small, large))
    memory_small, memory_large = (
        (results[n]["bytes"] - idle) / n**2 for n in (next_small, large)
    )
    ratios = {
        "1 GB over the memory at 10^4 by 10^4": GIGABYTE / results[large]["bytes"],
        "time per edge, 10^3 over 10^4": NOISE * time_small / time_large,
        "memory per edge, 2000 over 10^4": NOISE * memory_small / memory_large,
    }
    return [
        {
            "title": f"amp, tree K=9, {name}",
            "dtype": "float64",
            "target": 1.0,
            "ratio": ratio,
            "quartiles": [ratio, ratio],
            "met": ratio >= 1,
        }
        for name, ratio in ratios.items()
    ]


def print_table(results):
    """Print one line a size.

    Parameters
    ----------
    results : dict
        What `measure_all` returns.
    """
    idle = results[0]["bytes"]
    print(f"idle process {idle / 1e6:.0f} MB")
    print("M = N_w   sweep, ms   ns per edge   memory, MB   bytes per edge   residual")
    for size in SIZES:
        r = results[size]
        print(
            f"{size:7d} {1e3 * r['seconds']:11.2f} {1e9 * r['seconds'] / size**2:13.3f}"
            f" {r['bytes'] / 1e6:12.0f} {(r['bytes'] - idle) / size**2:16.2f}"
            f" {r['residual']:10.2g}"
        )


def plot(results, path):
    """Draw time and memory against the number of edges.

    Parameters
    ----------
    results : dict
        What `measure_all` returns.
    path : str
        Where the picture goes.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    edges = np.array([float(n) ** 2 for n in SIZES])
    seconds = np.array([results[n]["seconds"] for n in SIZES])
    memory = np.array([results[n]["bytes"] for n in SIZES])
    panels = [
        (1e3 * seconds, "processor time of a sweep (ms)", None),
        (memory / 1e6, "largest memory of the process (MB)", results[0]["bytes"] / 1e6),
    ]
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for ax, (values, label, floor) in zip(axes, panels, strict=True):
        through_last = (values[-1] - (floor or 0)) * edges / edges[-1] + (floor or 0)
        ax.loglog(edges, through_last, color="0.6", lw=1, label="linear")
        ax.loglog(edges, values, "o-", color="C0", label="measured")
        if floor is not None:
            ax.axhline(floor, color="C1", ls=":", label="idle process")
            ax.axhline(GIGABYTE / 1e6, color="C3", ls="--", label="1 GB")
            ax.set_yticks([100, 200, 400, 1000], ["100", "200", "400", "1000"])
            ax.minorticks_off()
        ax.set_xlabel(r"edges $M N_w$")
        ax.set_ylabel(label)
        ax.legend(frameon=False)
    figure.savefig(path, dpi=150)


def main():
    """Measure, print, and draw if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plot", metavar="FILE", help="draw the results")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--repeats", type=int, help="ignored: sizes are the repeats")
    parser.add_argument("--size", type=int, help="measure one size and print JSON")
    arguments = parser.parse_args()
    with threadpool_limits(limits=1):
        if arguments.size is not None:
            print(json.dumps(measure(arguments.size)))
            return
        where, results = environment(), measure_all()
    for claim in make_claims(results):
        if arguments.json:
            name = os.path.basename(sys.argv[0])
            print(json.dumps({"file": name, **claim, "environment": where}))
        else:
            print(f"{claim['title']}: {verdict(claim)}")
    if not arguments.json:
        print(", ".join(f"{k} {v}" for k, v in where.items()))
        print_table(results)
    if arguments.plot:
        plot(results, arguments.plot)


if __name__ == "__main__":
    main()
