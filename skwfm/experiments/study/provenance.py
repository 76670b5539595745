"""What a result depends on besides its parameters: code, versions, processor."""

import hashlib
import os
import platform
import sys
from contextlib import suppress
from functools import lru_cache
from importlib import metadata
from inspect import isfunction
from pathlib import Path

from skwfm import plugins

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


# Packages whose versions are part of a run's key, or which are too stable to matter.
_VERSIONED = {"skwfm", "sklearn", "numpy", "scipy", *sys.stdlib_module_names}


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
    """Hash the source files of other packages that define the classes of objects.

    They are hashed because the code of a plugin under development changes while its
    version stays the same.

    Parameters
    ----------
    *objects : estimator, Measure or function
        Parameters and base classes count as well.

    Returns
    -------
    digest : str
        Empty if all classes belong to skwfm or scikit-learn.
    """
    modules = {name for part in _parts(objects) for name in _modules(part)}
    files = {path for name in modules for path in _source_files(name)}
    if not files:
        return ""
    found = hashlib.sha256()
    for path in sorted(files):
        found.update(_digest(path, path.stat().st_mtime_ns, path.stat().st_size))
    return found.hexdigest()


def _parts(objects):
    for each in objects:
        yield each
        parameters = getattr(each, "get_params", dict)()
        for name, value in parameters.items():
            yield value
            if name.rpartition("__")[2] == "architecture" and isinstance(value, str):
                # One that cannot be loaded fails in the run itself, with the reason.
                with suppress(ImportError, ValueError):
                    yield plugins.get("architectures", value)


def _modules(part):
    """Name the modules that define a class, an object or a function."""
    if isfunction(part):
        return {part.__module__}
    owner = part if isinstance(part, type) else type(part)
    return {base.__module__ for base in owner.__mro__}


def _source_files(module_name):
    """Every Python file of the package of a module, or the module's own file."""
    top = module_name.partition(".")[0]
    if top in _VERSIONED and top != "__main__":
        return
    package = sys.modules.get(top)
    if getattr(package, "__path__", None) and getattr(package, "__file__", None):
        yield from Path(package.__file__).parent.rglob("*.py")
        return
    own = getattr(sys.modules.get(module_name), "__file__", None)
    if own and Path(own).is_file():
        yield Path(own)


@lru_cache(maxsize=4096)
def _digest(path, modified, size):
    return hashlib.sha256(path.read_bytes()).digest()
