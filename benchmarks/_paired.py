"""One claim: two programs timed in turn, against the limits of the machine.

A pair is one run of each program, directly after each other, in alternating order;
the claim is about the ratio of a pair, so that whatever else the machine does meets
both. Printed are the median over pairs and the quartiles. The limits, flops and
bandwidth, are measured in the same process.
"""

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import dataclass
from functools import cache

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

# Matrices of this order stay in the cache of one core and let BLAS reach its peak.
_GEMM_ORDER = 512
# Bytes copied to measure the memory: beyond any cache of today's processors.
_MEMORY_BYTES = 2**29
# A probe is the best of so many runs: a peak is what nothing else disturbed.
_PROBE_RUNS = 30
# Weights of norm one after some hundred updates may differ by so many roundings.
_ROUNDINGS = 100
# The shorter program of a pair is repeated, at most so often, until it is as long.
_MAX_INNER = 50


@dataclass(frozen=True)
class Work:
    """What one epoch of a program must do.

    Parameters
    ----------
    flops : float
        Floating-point additions and multiplications of one epoch.
    traffic : float
        Bytes that one epoch reads and writes.
    footprint : float
        Bytes of distinct memory that it visits; says which cache serves it.
    """

    flops: float
    traffic: float
    footprint: float


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
    work : Work
        Of one epoch.
    """

    name: str
    run: callable
    dtype: type
    work: Work


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
    """

    title: str
    target: float
    ours: Program
    reference: Program
    n_epochs: int
    accuracy: callable


@cache
def flops_peak(dtype):
    """Measure the flops per second of BLAS on matrices in cache.

    Parameters
    ----------
    dtype : dtype
        float32 or float64.

    Returns
    -------
    peak : float
        Flops per second.
    """
    a = np.random.default_rng(0).normal(size=(2, _GEMM_ORDER, _GEMM_ORDER))
    a = a.astype(dtype)
    out = np.empty_like(a[0])
    return 2 * _GEMM_ORDER**3 / _least_time(lambda: np.matmul(a[0], a[1], out=out))


@cache
def bandwidth(footprint):
    """Measure the bytes per second, read and written, of copies within some memory.

    Parameters
    ----------
    footprint : float
        Bytes of source and destination together.

    Returns
    -------
    bandwidth : float
        Bytes per second.
    """
    source = np.zeros(max(int(footprint) // 16, 64))
    target = np.ones_like(source)
    n_copies = max(1, int(2**22 / footprint))

    def copy():
        for _ in range(n_copies):
            np.copyto(target, source)

    return 2 * source.nbytes * n_copies / _least_time(copy)


def _least_time(function):
    function()
    return min(_time(function) for _ in range(_PROBE_RUNS))


def _time(function, n_times=1):
    # With one thread the processor's time is the time on an idle machine; it leaves out
    # the moments in which other processes had the core.
    start = time.process_time()
    for _ in range(n_times):
        function()
    return time.process_time() - start


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
    warm = np.array([min(_time(f) for _ in range(3)) for f in programs])
    inner = np.clip(np.round(warm.max() / warm), 1, _MAX_INNER).astype(int)
    seconds = np.empty((repeats, 2))
    for pair in range(repeats):
        for side in (0, 1) if pair % 2 == 0 else (1, 0):
            seconds[pair, side] = _time(programs[side], inner[side]) / inner[side]
    return seconds


def _usage(program, seconds):
    """Compare what was done in `seconds` with the peaks of the machine."""
    work, flops = program.work, flops_peak(program.dtype)
    local, memory = bandwidth(work.footprint), bandwidth(_MEMORY_BYTES)
    bounds = {"flops": work.flops / flops, "bandwidth": work.traffic / local}
    limit = max(bounds, key=bounds.get)
    return {
        "least_epoch_seconds": seconds,
        "flops_per_second": work.flops / seconds,
        "peak_flops_per_second": flops,
        "bytes_per_second": work.traffic / seconds,
        "peak_bytes_per_second": local,
        "memory_bytes_per_second": memory,
        "limit": limit,
        "roofline_seconds": bounds[limit],
        "roofline_fraction": bounds[limit] / seconds,
    }


def _check_same(weight_difference, dtype):
    """Refuse to compare the times of programs that compute different things."""
    allowed = _ROUNDINGS * np.finfo(dtype).eps
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
    _check_same(accuracy["max |dw|"], claim.ours.dtype)
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
        "usage": {p.name: _usage(p, t) for p, t in zip(programs, least, strict=True)},
        "accuracy": accuracy,
    }


def environment():
    """Describe processor, libraries and BLAS kernels.

    Returns
    -------
    environment : dict of str
        Names and versions.
    """
    libraries = [i for i in threadpool_info() if i["user_api"] == "blas"]
    # SciPy may bring a second BLAS: NumPy's is the one that is measured.
    libraries.sort(key=lambda library: "numpy" not in library["filepath"])
    blas = libraries[0] if libraries else {}
    return {
        "cpu": _cpu_name(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas.get('internal_api')} {blas.get('version')}",
        "blas_kernels": str(blas.get("architecture")),
        "threads": str(blas.get("num_threads")),
    }


def _cpu_name():
    try:
        with open("/proc/cpuinfo") as lines:
            return next(s for s in lines if s.startswith("model name"))[13:].strip()
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _print_result(result):
    print(f"\n{result['title']}, {result['dtype']}")
    for name, seconds in result["epoch_seconds"].items():
        usage = result["usage"][name]
        least = usage["least_epoch_seconds"]
        print(f"  {name:<18} {seconds * 1e6:.1f} us/epoch, at best {least * 1e6:.1f}:")
        _print_usage(usage)
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
