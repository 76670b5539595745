"""What a result depends on besides its parameters: code, versions, processor."""

import hashlib
import os
import platform
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from skwfm import plugins
from skwfm.experiments.study.source_files import source_files

PACKAGES = (
    "skwfm",
    "scikit-learn",
    "numpy",
    "scipy",
    "numba",
    "joblib",
    "threadpoolctl",
    "rich",
    "matplotlib",
)


def versions():
    """Return the versions of Python and of the packages in use.

    Returns
    -------
    versions : dict of str to str
        "not installed" for a missing package.
    """
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def cpu():
    """Return the kind of processor and the number of cores this process may use.

    Returns
    -------
    cpu : dict
        ``model`` (str), ``cores`` (int) and ``system`` (str).
    """
    from joblib import cpu_count

    return {
        "model": _cpu_model(),
        "cores": cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _cpu_model():
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine() or "unknown"
    names = [line for line in text.splitlines() if line.startswith("model name")]
    return names[0].split(":", 1)[1].strip() if names else platform.machine()


def instruction_set():
    """Return the instruction set that the compiled loops use, of those they know.

    Returns
    -------
    name : str
        "baseline" if this processor has no wider vectors. Results do not depend on it.
    """
    from skwfm._kernels import training

    return training.instruction_sets()[0]


def blas():
    """Return the linear-algebra libraries loaded by NumPy and SciPy.

    Returns
    -------
    libraries : list of str
        Name, version, threads and kernel of each.
    """
    import scipy.linalg  # noqa: F401  loads SciPy's library
    from threadpoolctl import threadpool_info

    return [
        f"{lib['internal_api']} {lib['version']}, {lib['num_threads']} threads, "
        f"{lib.get('architecture', 'generic')} ({os.path.basename(lib['filepath'])})"
        for lib in threadpool_info()
        if lib["user_api"] == "blas"
    ]


def provenance(*objects):
    """Return what objects were run with.

    Parameters
    ----------
    *objects : estimator or Measure
        As of `source_hash`.

    Returns
    -------
    provenance : dict
        JSON-serialisable: versions of the packages, installed plugins of others,
        processor, and the hash of the source code of classes of others.
    """
    return {
        "versions": versions(),
        "plugins": _plugins(),
        "cpu": cpu()["model"],
        "source": source_hash(*objects),
    }


def _plugins():
    """Distributions of others that registered anything, with their versions."""
    groups = ("algorithms", "architectures", "measures")
    entries = (entry for group in groups for entry in plugins.available(group))
    return sorted({f"{e.distribution} {e.version}" for e in entries if not e.builtin})


def source_hash(*objects):
    """Hash the source files of other packages that objects depend on.

    They are hashed because the code of a plugin under development changes while its
    version stays the same.

    Parameters
    ----------
    *objects : estimator, Measure or function
        As of `source_files`.

    Returns
    -------
    digest : str
        Empty if all code belongs to skwfm, scikit-learn, NumPy, SciPy or Python.
    """
    files = source_files(objects)
    if not files:
        return ""
    found = hashlib.sha256()
    for path in sorted(files):
        found.update(_digest(path, path.stat().st_mtime_ns, path.stat().st_size))
    return found.hexdigest()


@lru_cache(maxsize=4096)
def _digest(path, modified, size):
    return hashlib.sha256(path.read_bytes()).digest()
