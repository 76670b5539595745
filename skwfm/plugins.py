"""Find algorithms, architectures and measures, built in or from other packages.

A plugin is a class that an installed distribution names in its metadata, under the
entry-point group ``skwfm.algorithms``, ``skwfm.architectures`` or ``skwfm.measures``.
The built-ins are registered in the same way.
"""

from __future__ import annotations

import importlib
import inspect
import reprlib
from functools import cache
from typing import Literal

from skwfm._entry_points import (
    GROUPS,
    Plugin,
    forget,
    installed,
    normalised,
    requirement,
)

__all__ = ["Plugin", "PluginError", "available", "failure", "get", "refresh", "resolve"]

_Group = Literal["algorithms", "architectures", "measures"]
_KIND = {
    "algorithms": "algorithm",
    "architectures": "architecture",
    "measures": "measure",
}
# Methods that a class must have. An architecture's optional methods are left out: a
# machine without them trains with fewer algorithms.
_METHODS = {
    "algorithms": ("fit", "predict", "get_params"),
    "architectures": ("receptive_fields", "output", "decision"),
    "measures": ("__call__", "values"),
}
# Attributes that an instance must have as well.
_ATTRIBUTES = {
    "algorithms": (),
    "architectures": (),
    "measures": ("name", "columns", "unit", "greater_is_better", "needs"),
}
_BASE = {
    "algorithms": "skwfm.classifiers.BaseCommitteeClassifier",
    "architectures": "skwfm.architectures.Architecture",
    "measures": "skwfm.landscape.Measure",
}


class PluginError(ImportError):
    """An installed plugin cannot be used.

    It is an `ImportError` because, to its user, a plugin that fails in any way is a
    package that cannot be imported. ``__cause__`` is the original error, if there is
    one.
    """


def available(group: _Group) -> tuple[Plugin, ...]:
    """List the installed plugins of a group, importing none of them.

    Parameters
    ----------
    group : {"algorithms", "architectures", "measures"}
        Kind of plugin.

    Returns
    -------
    plugins : tuple of Plugin
        Built-ins first, then the others, by name.

    Raises
    ------
    ValueError
        If there is no such group.
    PluginError
        If the built-ins are missing because skwfm itself is not installed.

    Warns
    -----
    RuntimeWarning
        If the metadata of a distribution cannot be read; it is left out.
    """
    _check_group(group)
    plugins = tuple(plugin for plugin in installed() if plugin.group == group)
    if not any(plugin.builtin for plugin in plugins):
        raise PluginError(
            f"the built-in {group} are not registered: skwfm is imported from a folder "
            "without its installation metadata. Install it, for example with "
            "`pip install .` in its source folder."
        )
    return plugins


def get(group: _Group, name: str) -> type:
    """Load one plugin by name, and only that one.

    Parameters
    ----------
    group : {"algorithms", "architectures", "measures"}
        Kind of plugin.
    name : str
        Name of the plugin, or ``"distribution:name"`` when two distributions register
        the same name.

    Returns
    -------
    plugin_class : type
        The class of the algorithm, the architecture or the measure.

    Raises
    ------
    PluginError
        If the plugin is installed but cannot be imported, instantiated or used as this
        kind of plugin, or if skwfm itself is not installed.
    TypeError
        If `name` is not a string.
    ValueError
        If the group or the name is unknown, or the name ambiguous.
    """
    _check_group(group)
    if not isinstance(name, str):
        raise TypeError(
            f"name must be a string, got {reprlib.repr(name)}. "
            "A class or an instance needs no look-up."
        )
    return _load(_find(group, name))


def failure(plugin: Plugin) -> Exception | None:
    """Load a listed plugin and tell why it cannot be used.

    Parameters
    ----------
    plugin : Plugin
        One of those that `available` lists.

    Returns
    -------
    failure : PluginError, ValueError or None
        What `get` raises for its qualified name; None if it can be used.
    """
    try:
        get(plugin.group, plugin.qualified_name)
    except (PluginError, ValueError) as error:
        return error
    return None


def resolve(group: _Group, spec: object) -> object:
    """Return the class or instance that a parameter stands for.

    Parameters
    ----------
    group : {"algorithms", "architectures", "measures"}
        Kind of plugin.
    spec : str, type or object
        Name of an installed plugin, or a class or an instance with the methods of one.

    Returns
    -------
    plugin : type or object
        The loaded class if `spec` is a name, else `spec` itself.

    Raises
    ------
    PluginError
        As in `get`.
    TypeError
        If `spec` is not a name and lacks methods of this kind of plugin.
    ValueError
        As in `get`.
    """
    _check_group(group)
    if isinstance(spec, str):
        return get(group, spec)
    try:
        _check_methods(group, spec)
    except TypeError as cause:
        raise TypeError(
            f"the {_KIND[group]} is given by name, as a class or as an instance; "
            f"{cause}"
        ) from None
    return spec


def refresh() -> None:
    """Forget what was found, so that the next call sees newly installed packages.

    Modules already imported stay as they are: after *upgrading* a plugin, restart
    Python.
    """
    importlib.invalidate_caches()
    forget()
    _load.cache_clear()


def _check_group(group):
    if not isinstance(group, str) or group not in GROUPS:
        raise ValueError(f"group must be one of {GROUPS}, got {group!r}.")


def _find(group, name):
    """Return the plugin that a plain or qualified name stands for."""
    plugins = available(group)
    distribution, colon, short = name.partition(":")
    if colon:
        owner = normalised(distribution)
        matches = [
            plugin
            for plugin in plugins
            if plugin.name == short and normalised(plugin.distribution) == owner
        ]
    else:
        matches = [p for p in plugins if p.name == name and not p.shadowed]
    if not matches:
        raise ValueError(_unknown(group, name, plugins))
    if len(matches) > 1:
        raise ValueError(_ambiguous(group, name, matches))
    return matches[0]


def _selector(plugin, plugins):
    """Return the shortest name that selects the plugin."""
    same = [p for p in plugins if p.name == plugin.name and not p.shadowed]
    is_plain = same == [plugin] and ":" not in plugin.name
    return plugin.name if is_plain else plugin.qualified_name


def _unknown(group, name, plugins):
    import difflib  # a third of this module's import time, for this message only

    selectors = {_selector(plugin, plugins): plugin for plugin in plugins}
    spellings = {selector.lower(): selector for selector in selectors}
    for selector, plugin in selectors.items():
        for other in (plugin.qualified_name, plugin.reference.rpartition(":")[2]):
            spellings.setdefault(other.lower(), selector)
    wanted = name.lower(), name.lower().rpartition(":")[2]
    close = [m for w in wanted for m in difflib.get_close_matches(w, spellings, n=1)]
    hint = f" Did you mean {spellings[close[0]]!r}?" if close else ""
    return (
        f"unknown {_KIND[group]} {name!r}.{hint} Installed: {', '.join(selectors)}. "
        "A package installed since this session began is found after "
        "skwfm.plugins.refresh()."
    )


def _ambiguous(group, name, matches):
    listed = " and ".join(str(plugin) for plugin in matches)
    names = sorted({plugin.qualified_name for plugin in matches})
    if len(names) > 1:
        remedy = f"Use {' or '.join(map(repr, names))} instead."
    else:
        remedy = f"Ask the authors of {matches[0].distribution} to keep one of them."
    return f"{_KIND[group]} {name!r} is registered more than once: {listed}. {remedy}"


# Without a lock: a plugin may ask for another one while it is being imported in another
# thread. Python's import locks ensure that all callers get the same class.
@cache
def _load(plugin):
    """Import the plugin's class and check it; failures are not cached."""
    from importlib.metadata import EntryPoint  # see _entry_points._scan

    try:
        loaded = EntryPoint(plugin.name, plugin.reference, plugin.group).load()
        _check_class(plugin.group, loaded)
    except KeyboardInterrupt:
        raise
    except BaseException as cause:  # a plugin may even call sys.exit when imported
        raise PluginError(
            f"{_KIND[plugin.group]} {plugin.name!r} of distribution "
            f"{plugin.distribution!r}, version {plugin.version} ({plugin.reference}), "
            f"cannot be used. {type(cause).__name__}: {cause}. "
            f"{_to_install(plugin, cause)}"
            f"Update, reinstall or remove {plugin.distribution}.",
            name=plugin.reference.partition(":")[0],
        ) from cause
    return loaded


def _to_install(plugin, cause):
    """What to install for a plugin, if another package is missing."""
    if not isinstance(cause, ModuleNotFoundError) or not cause.name:
        return ""
    module = cause.name.partition(".")[0]
    if module == plugin.reference.partition(":")[0].partition(".")[0]:
        return ""  # a module of its own
    wanted = requirement(plugin.distribution, module)
    if wanted:
        return f"Install what it needs: pip install {wanted!r}. "
    return (
        f"Install the package that provides {module}, which {plugin.distribution} does "
        f"not declare (often it has that name: pip install {module!r}). "
    )


def _check_class(group, loaded):
    if not inspect.isclass(loaded):
        raise TypeError(f"expected a class, found {reprlib.repr(loaded)}")
    _check_methods(group, loaded)
    # Fails if the constructor needs arguments, or abstract methods are not written.
    instance = loaded(n_hidden=9) if group == "architectures" else loaded()
    if group == "architectures" and not hasattr(instance, "n_hidden"):
        raise TypeError(f"{loaded.__name__} does not store n_hidden")
    _check_methods(group, instance)


def _check_methods(group, candidate):
    missing = [m for m in _METHODS[group] if not callable(getattr(candidate, m, None))]
    if not inspect.isclass(candidate):
        missing += [a for a in _ATTRIBUTES[group] if not hasattr(candidate, a)]
    if missing:
        raise TypeError(
            f"{reprlib.repr(candidate)} is no {_KIND[group]}: "
            f"it lacks {', '.join(missing)}. Inherit from {_BASE[group]}"
        )
