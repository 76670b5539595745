"""Read which plugins the installed distributions register, importing none of them."""

import re
import threading
from dataclasses import dataclass, replace
from functools import lru_cache

from skwfm._warn import warn

__all__ = ["GROUPS", "Plugin", "forget", "installed", "normalised", "requirement"]

GROUPS = ("algorithms", "architectures", "measures")
_OWN_DISTRIBUTION = "skwfm"

# What a requirement starts with, and the extra that it belongs to.
_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")

# Two threads must not scan at once, nor one keep what it read before a `forget`.
_lock = threading.Lock()


@dataclass(frozen=True)
class Plugin:
    """One entry of the registry, known without importing it.

    Parameters
    ----------
    name : str
        Name under which the class is registered.
    distribution : str
        Installed distribution that registers it.
    version : str
        Version of that distribution.
    reference : str
        Where the class is, as ``"module:Class"``.
    group : {"algorithms", "architectures", "measures"}
        Group it belongs to.
    builtin : bool
        Whether it comes with skwfm.
    shadowed : bool
        Whether its name is that of a built-in. The plain name then means the built-in,
        and this plugin is reached by `qualified_name` only.
    """

    name: str
    distribution: str
    version: str
    reference: str
    group: str
    builtin: bool = False
    shadowed: bool = False

    @property
    def qualified_name(self) -> str:
        """Name that no other distribution can take.

        Returns
        -------
        qualified_name : str
            As ``"distribution:name"``.
        """
        return f"{self.distribution}:{self.name}"

    def __str__(self):
        return f"{self.qualified_name} (version {self.version}, {self.reference})"


def normalised(distribution):
    """Return the name by which pip compares distributions.

    Parameters
    ----------
    distribution : str
        Name of a distribution in any spelling.

    Returns
    -------
    normalised : str
        The one spelling of PEP 503: lower case, words joined by ``-``.
    """
    return re.sub(r"[-_.]+", "-", distribution).lower()


def requirement(distribution, project):
    """Say what to install to meet a requirement that a distribution declares.

    Parameters
    ----------
    distribution : str
        An installed distribution.
    project : str
        What it may require, in any spelling.

    Returns
    -------
    wanted : str or None
        What pip is given: the requirement with its versions or, if only an extra of
        the distribution has it, the distribution with that extra. None if it declares
        no such thing.
    """
    from importlib import metadata  # see _scan

    for text in metadata.requires(distribution) or ():
        wanted, _, marker = (part.strip() for part in text.partition(";"))
        if normalised(_PROJECT.match(wanted)[0]) != normalised(project):
            continue
        extra = _EXTRA.search(marker)
        return f"{distribution}[{extra[1]}]" if extra else wanted
    return None


def installed():
    """Read the plugins of every installed distribution, once.

    Returns
    -------
    plugins : tuple of Plugin
        Of all groups, built-ins first.
    """
    with _lock:
        return _scan()


def forget():
    """Make the next call of `installed` read the metadata again."""
    with _lock:
        _scan.cache_clear()


@lru_cache(maxsize=1)
def _scan():
    # Most of the import time of the registry, for sessions that name no plugin.
    from importlib import metadata

    copies = {}
    for distribution in metadata.distributions():
        plugins = _read(distribution)
        if plugins:
            # The same distribution found again further down sys.path is not imported.
            copies.setdefault(normalised(plugins[0].distribution), plugins)
    found = [plugin for plugins in copies.values() for plugin in plugins]
    taken = {(plugin.group, plugin.name) for plugin in found if plugin.builtin}
    marked = (
        replace(p, shadowed=not p.builtin and (p.group, p.name) in taken) for p in found
    )
    return tuple(sorted(marked, key=_order))


def _order(plugin):
    return not plugin.builtin, plugin.name, plugin.distribution, plugin.reference


def _read(distribution):
    """Return the plugins of one distribution; warn if its metadata are broken."""
    try:
        text = distribution.read_text("entry_points.txt") or ""
        # Most distributions end here, before the slower parsing.
        if not any(f"{_OWN_DISTRIBUTION}.{group}" in text for group in GROUPS):
            return []
        return _parse(distribution)
    except Exception as cause:
        warn(
            f"{_called(distribution)} in {distribution.locate_file('')} is left out of "
            f"the plugins because its metadata cannot be read "
            f"({type(cause).__name__}: {cause}). Reinstall or remove it.",
            RuntimeWarning,
        )
        return []


def _called(distribution):
    """Name of a distribution, or of the folder of its metadata if that is lost."""
    try:
        if name := distribution.metadata["Name"]:
            return f"the distribution {name!r}"
    except Exception:
        pass
    folder = getattr(distribution, "_path", None)
    return "a distribution" if folder is None else f"the distribution of {folder.name}"


def _parse(distribution):
    name = distribution.metadata["Name"]
    builtin = normalised(name) == _OWN_DISTRIBUTION
    version = distribution.version or "unknown"
    plugins = [
        Plugin(entry.name, name, version, entry.value, group, builtin)
        for group in GROUPS
        for entry in distribution.entry_points.select(
            group=f"{_OWN_DISTRIBUTION}.{group}"
        )
    ]
    return list(dict.fromkeys(plugins))
