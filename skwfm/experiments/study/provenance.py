"""Hash of the source code of other packages that the result of a run depends on."""

import hashlib
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from skwfm import plugins

# Packages whose versions are part of a run's key, or which are too stable to matter.
_VERSIONED = {"skwfm", "sklearn", "numpy", "scipy", *sys.stdlib_module_names}


def source_hash(*objects):
    """Hash the source files of other packages that define the classes of objects.

    They are hashed because the code of a plugin under development changes while its
    version stays the same.

    Parameters
    ----------
    *objects : estimator or Measure
        Their parameters and base classes count as well.

    Returns
    -------
    digest : str
        Empty if all classes belong to skwfm or scikit-learn.
    """
    modules = {
        base.__module__
        for part in _parts(objects)
        for base in (part if isinstance(part, type) else type(part)).__mro__
    }
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
