"""Which files hold the code that objects of other packages depend on."""

import ast
import sys
import sysconfig
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import lru_cache, partial
from importlib.util import find_spec
from inspect import isfunction, ismethod
from itertools import chain
from pathlib import Path

from skwfm import plugins

# Packages whose versions are part of a run's key, or which are too stable to matter.
_VERSIONED = {"skwfm", "sklearn", "numpy", "scipy", *sys.stdlib_module_names}
_SUFFIXES = {".py", ".so", ".pyd"}
_INSTALLED = {"site-packages", "dist-packages"}
_STDLIB = Path(sysconfig.get_path("stdlib"))


def source_files(objects):
    """Find the files with the code of other packages that objects depend on.

    Parameters
    ----------
    objects : iterable of estimator, Measure or function
        Parameters, base classes and functions among the parameters count as well.

    Returns
    -------
    files : set of Path
        All files of the top-level packages of their classes, or the file of a module
        outside of any package. From those that are not installed (or editable), imports
        are followed to whatever else is not installed, those inside functions included.
    """
    names = {name for part in _parts(objects) for name in _modules(part)}
    waiting = list(chain.from_iterable(map(_places_of_module, names)))
    found, known = set(), set()
    while waiting:
        path = waiting.pop()
        if path in known:
            continue
        known.add(path)
        if path.is_dir():
            waiting += _files_of_package(path)
            continue
        found.add(path)
        if _is_local(path) and path.suffix == ".py":
            new = _imports_of(path) - known
            known |= new
            more = chain.from_iterable(_places_of_import(*each) for each in new)
            waiting += filter(_is_local, more)
    return found


def _parts(objects):
    """Every object, and all that it is made of."""
    # With the objects themselves: the id of one that is gone may be taken again.
    waiting, seen = list(objects), {}
    while waiting:
        part = waiting.pop()
        if id(part) not in seen:
            seen[id(part)] = part
            yield part
            waiting += _components(part)


def _components(part):
    if isinstance(part, (type, str)) or isfunction(part):
        return []
    if isinstance(part, (list, tuple, set, frozenset)):
        return list(part)
    if isinstance(part, Mapping):
        return list(part.values())
    if isinstance(part, partial):
        return [part.func, *part.args, *part.keywords.values()]
    if ismethod(part):
        return [part.__self__]
    if hasattr(part, "get_params"):
        return list(_parameters(part))
    if is_dataclass(part):
        return [getattr(part, field.name, None) for field in fields(part)]
    is_of_others = _top(type(part).__module__) not in _VERSIONED
    return list(getattr(part, "__dict__", {}).values()) if is_of_others else []


def _parameters(estimator):
    for name, value in estimator.get_params().items():
        yield value
        if name.rpartition("__")[2] == "architecture" and isinstance(value, str):
            # One that cannot be loaded fails in the run itself, with the reason.
            with suppress(ImportError, ValueError):
                yield plugins.get("architectures", value)


def _modules(part):
    """Name the modules that define a class, an object or a function."""
    owner = part if isinstance(part, type) else type(part)
    # The object's own is that of a function, or of what a decorator made of one.
    found = [getattr(each, "__module__", None) for each in (part, *owner.__mro__)]
    return {name for name in found if isinstance(name, str)}


def _top(name):
    return name.partition(".")[0]


def _places_of_module(name):
    """Return the folder of the package of an imported module, or its own file."""
    top = _top(name)
    if top in _VERSIONED and top != "__main__":
        return []
    package = sys.modules.get(top)
    if getattr(package, "__path__", None) and getattr(package, "__file__", None):
        return [Path(package.__file__).parent]
    own = getattr(sys.modules.get(name), "__file__", None)
    return [Path(own)] if own and Path(own).is_file() else []


def _files_of_package(folder):
    if not _is_local(folder):
        return list(folder.rglob("*.py"))
    return [path for path in folder.rglob("*") if path.suffix in _SUFFIXES]


def _is_local(path):
    """Whether a file can be edited, as it is neither installed nor Python's own."""
    return not (_INSTALLED.intersection(path.parts) or path.is_relative_to(_STDLIB))


def _imports_of(path):
    """Return (folder or None, dotted name) of all that a file imports."""
    status = path.stat()
    imports = _imports(path, status.st_mtime_ns, status.st_size)
    # One dot is the folder of the file itself.
    return {
        (path.parents[level - 1] if level else None, name)
        for level, name in imports
        if level <= len(path.parents)
    }


@lru_cache(maxsize=4096)
def _imports(path, modified, size):
    """Return (number of leading dots, dotted name) of the imports of a file."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(0, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # What is imported from a folder without __init__.py is a module.
            prefix = f"{node.module}." if node.module else ""
            found |= {(node.level, prefix + alias.name) for alias in node.names}
    return found


def _places_of_import(folder, name):
    """Find the package or file of a module without importing it."""
    if folder is not None:
        return _places_below(folder, name)
    top, _, rest = name.partition(".")
    if top in _VERSIONED:
        return []
    try:
        spec = find_spec(top)
    except (ImportError, ValueError, AttributeError):  # a module made by hand
        return _places_of_module(top)
    if spec is None:
        return []
    folders = spec.submodule_search_locations
    if folders is None:
        is_file = spec.origin is not None and Path(spec.origin).is_file()
        return [Path(spec.origin)] if is_file else []
    if spec.origin is not None:
        return [Path(spec.origin).parent]
    return [p for each in folders for p in _places_below(Path(each), rest)]


def _places_below(folder, name):
    """Find a module below a folder that is no package, having no __init__.py."""
    for part in filter(None, name.split(".")):
        folder = folder / part
        if (folder / "__init__.py").is_file():
            return [folder]
        module = folder.with_name(f"{part}.py")
        if module.is_file():
            return [module]
    return []
