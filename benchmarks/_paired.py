"""One claim: two programs timed in turn, against the limits of the machine.

A pair is one run of each program, directly after each other, in alternating order;
the claim is about the ratio of a pair, so that whatever else the machine does meets
both. Printed are the median over pairs and the quartiles. The limits, flops and
bandwidth, are measured in the same process (_limits.py).
"""

import argparse
import json
import os
import sys
from dataclasses import dataclass

import numpy as np
from _limits import Work, environment, processor_time, usage
from threadpoolctl import threadpool_limits

# Weights of norm one after some hundred updates may differ by so many roundings.
_ROUNDINGS = 100
# The shorter program of a pair is repeated, at most so often, until it is as long.
_MAX_INNER = 50
# A run of so many seconds is not repeated to warm up.
_LONG = 0.5


@dataclass(frozen=True)
class Program:
    """One side of a pair.

    Parameters
    ----------
    name : str
        What it is.
    run : callable
        Trains `n_epochs` epochs from a fixed start and returns (weights, record).
    dtype : dtype
        Of its arithmetic: the peak is that of this dtype.
    work : Work, default=None
        Of one epoch; without it no limit is printed.
    """

    name: str
    run: callable
    dtype: type
    work: Work | None = None


@dataclass(frozen=True)
class Claim:
    """What is claimed of a pair in one dtype.

    Parameters
    ----------
    title : str
        The setting.
    target : float
        The least ratio of times, reference over ours.
    ours, reference : Program
        The two programs.
    n_epochs : int
        Epochs of one run.
    accuracy : callable
        Takes the two results of `Program.run`, returns a dict of numbers to print, the
        largest difference of weights under "max |dw|".
    allowed : float, default=None
        The largest difference for which the programs count as equal; by default a
        hundred roundings.
    """

    title: str
    target: float
    ours: Program
    reference: Program
    n_epochs: int
    accuracy: callable
    allowed: float | None = None


def _warm_up(program):
    """Time a program that may not be in the caches; a long one fills them itself."""
    seconds = processor_time(program)
    if seconds > _LONG:
        return seconds
    return min(seconds, *(processor_time(program) for _ in range(2)))


def time_pairs(ours, reference, repeats):
    """Time two programs in turn.

    Parameters
    ----------
    ours, reference : callable
        The programs, without arguments.
    repeats : int
        Number of pairs.

    Returns
    -------
    seconds : ndarray of shape (repeats, 2)
        Processor time of one run of ours and of the reference, pair by pair.
    """
    programs = [ours, reference]
    warm = np.array([_warm_up(program) for program in programs])
    inner = np.clip(np.round(warm.max() / warm), 1, _MAX_INNER).astype(int)
    seconds = np.empty((repeats, 2))
    for pair in range(repeats):
        for side in (0, 1) if pair % 2 == 0 else (1, 0):
            seconds[pair, side] = processor_time(programs[side], inner[side])
            seconds[pair, side] /= inner[side]
    return seconds


def _check_same(claim, weight_difference):
    """Refuse to compare the times of programs that compute different things."""
    allowed = claim.allowed
    if allowed is None:
        allowed = _ROUNDINGS * np.finfo(claim.ours.dtype).eps
    if not weight_difference <= allowed:
        raise RuntimeError(
            f"the weights of the two programs differ by {weight_difference:.3g}, more "
            f"than {allowed:.3g}: they do not do the same, the times mean nothing"
        )


def measure(claim, repeats):
    """Run both programs of a claim: accuracy, then time in pairs.

    Parameters
    ----------
    claim : Claim
        What is claimed.
    repeats : int
        Number of pairs.

    Returns
    -------
    result : dict
        Numbers and texts, fit for JSON.
    """
    programs = claim.ours, claim.reference
    accuracy = claim.accuracy(*(program.run() for program in programs))
    _check_same(claim, accuracy["max |dw|"])
    seconds = time_pairs(*(program.run for program in programs), repeats)
    ratio = np.quantile(seconds[:, 1] / seconds[:, 0], [0.25, 0.5, 0.75])
    median = np.median(seconds, axis=0) / claim.n_epochs
    # Peaks are the best of many runs, so is what is compared with them.
    least = seconds.min(axis=0) / claim.n_epochs
    return {
        "title": claim.title,
        "dtype": np.dtype(claim.ours.dtype).name,
        "target": claim.target,
        "ratio": float(ratio[1]),
        "quartiles": [float(ratio[0]), float(ratio[2])],
        "met": bool(ratio[1] >= claim.target),
        "epoch_seconds": dict(
            zip([p.name for p in programs], map(float, median), strict=True)
        ),
        "usage": {
            p.name: usage(p.work, p.dtype, t)
            for p, t in zip(programs, least, strict=True)
            if p.work is not None
        },
        "least_epoch_seconds": dict(
            zip([p.name for p in programs], map(float, least), strict=True)
        ),
        "accuracy": accuracy,
    }


def _print_result(result):
    print(f"\n{result['title']}, {result['dtype']}")
    for name, seconds in result["epoch_seconds"].items():
        least = result["least_epoch_seconds"][name]
        print(f"  {name:<18} {seconds * 1e6:.1f} us/epoch, at best {least * 1e6:.1f}")
        if name in result["usage"]:
            _print_usage(result["usage"][name])
    numbers = ", ".join(f"{k} {v:.6g}" for k, v in result["accuracy"].items())
    print(f"  accuracy: {numbers}")
    print(f"  claim: {verdict(result)}")


def _print_usage(u):
    work, peak = u["flops_per_second"] / 1e9, u["peak_flops_per_second"] / 1e9
    moved, cache = u["bytes_per_second"] / 1e9, u["peak_bytes_per_second"] / 1e9
    memory = u["memory_bytes_per_second"] / 1e9
    print(f"    {work:6.1f} Gflop/s, {work / peak:4.0%} of the {peak:.0f} of BLAS")
    print(
        f"    {moved:6.1f} GB/s, {moved / cache:4.0%} of the {cache:.0f} of a copy of "
        f"its size ({memory:.0f} of a large one)"
    )
    print(
        f"    roofline {u['roofline_seconds'] * 1e6:.1f} us, by {u['limit']}: "
        f"reached {u['roofline_fraction']:.0%}"
    )


def verdict(result):
    """Put a result into one line.

    Parameters
    ----------
    result : dict
        What `measure` returns.

    Returns
    -------
    verdict : str
        Claimed and measured ratio, with quartiles.
    """
    low, high = result["quartiles"]
    return (
        f">= {result['target']:g}x, measured {result['ratio']:.2f}x "
        f"[{low:.2f}, {high:.2f}]{'' if result['met'] else '  NOT MET'}"
    )


def parse_arguments(description, default_repeats):
    """Read the command line of a benchmark.

    Parameters
    ----------
    description : str
        First lines of the help.
    default_repeats : int
        Number of pairs if none is given.

    Returns
    -------
    arguments : argparse.Namespace
        With `repeats` and `json`.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--repeats", type=int, default=default_repeats, help="number of pairs"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    arguments = parser.parse_args()
    if arguments.repeats < 1:
        parser.error(f"--repeats={arguments.repeats} must be at least 1")
    if "OPENBLAS_CORETYPE" in os.environ:
        parser.error("unset OPENBLAS_CORETYPE: it changes the speed of the reference")
    return arguments


def main(make_claims, description, default_repeats=40):
    """Measure the claims of a benchmark on one thread and print them.

    Parameters
    ----------
    make_claims : callable
        Returns the claims, one a dtype.
    description : str
        Docstring of the benchmark.
    default_repeats : int, default=40
        Number of pairs if none is given.
    """
    arguments = parse_arguments(description, default_repeats)
    with threadpool_limits(limits=1):
        where = environment()
        if not arguments.json:
            print(", ".join(f"{k} {v}" for k, v in where.items()))
        for claim in make_claims():
            result = measure(claim, arguments.repeats)
            if arguments.json:
                name = os.path.basename(sys.argv[0])
                print(json.dumps({"file": name, **result, "environment": where}))
            else:
                _print_result(result)
