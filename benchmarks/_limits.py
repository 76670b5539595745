"""What the machine can do: its peaks, measured in the process that uses them."""

import platform
import time
from dataclasses import dataclass
from functools import cache

import numpy as np
from threadpoolctl import threadpool_info

# Matrices of this order stay in the cache of one core and let BLAS reach its peak.
_GEMM_ORDER = 512
# Bytes copied to measure the memory: beyond any cache of today's processors.
_MEMORY_BYTES = 2**29
# A probe is the best of so many runs: a peak is what nothing else disturbed.
_PROBE_RUNS = 30


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


def processor_time(function, n_times=1):
    """Time a function.

    With one thread the processor's time is the time on an idle machine; it leaves out
    the moments in which other processes had the core.

    Parameters
    ----------
    function : callable
        Without arguments.
    n_times : int, default=1
        Number of calls.

    Returns
    -------
    seconds : float
        Processor time of all calls.
    """
    start = time.process_time()
    for _ in range(n_times):
        function()
    return time.process_time() - start


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


def _leastprocessor_time(function):
    function()
    return min(processor_time(function) for _ in range(_PROBE_RUNS))


def _least_time(function):
    function()
    return min(processor_time(function) for _ in range(_PROBE_RUNS))


def usage(work, dtype, seconds):
    """Compare what was done in some time with the peaks of the machine.

    Parameters
    ----------
    work : Work
        What was done.
    dtype : dtype
        Of the arithmetic: the peak is that of this dtype.
    seconds : float
        The time.

    Returns
    -------
    usage : dict
        Rates, peaks, which of them is the limit, and the fraction of it reached.
    """
    flops = flops_peak(dtype)
    local, memory = bandwidth(work.footprint), bandwidth(_MEMORY_BYTES)
    bounds = {"flops": work.flops / flops, "bandwidth": work.traffic / local}
    limit = max(bounds, key=bounds.get)
    return {
        "flops_per_second": work.flops / seconds,
        "peak_flops_per_second": flops,
        "bytes_per_second": work.traffic / seconds,
        "peak_bytes_per_second": local,
        "memory_bytes_per_second": memory,
        "limit": limit,
        "roofline_seconds": bounds[limit],
        "roofline_fraction": bounds[limit] / seconds,
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
