"""Keep fitted models: versions in their state, and the types that skops is to trust.

Models are saved by pickle, joblib or skops. Their state says with which versions of
skwfm and of plugins they were made, and a pickle says which plugins it needs before any
class of theirs is looked up.
"""

from __future__ import annotations

import importlib
import inspect
from functools import lru_cache

from skwfm import plugins
from skwfm._entry_points import installed, normalised
from skwfm._warn import warn
from skwfm.plugins import PluginError

__all__ = ["VersionWarning", "trusted_types"]

_VERSIONS = "_skwfm_versions"
# Packages whose classes are in the state of any model and whose versions are theirs.
_NO_PLUGINS = {
    *("builtins", "__main__", "__mp_main__"),
    *("numpy", "pandas", "scipy", "sklearn", "skwfm"),
}
# Public classes in the state of models, besides those that are registered as plugins.
_HELD = (
    "skwfm.architectures.layout.Layout",
    "skwfm.classifiers.answers.calibration.AnswerNoise",
    "skwfm.classifiers.answers.seen.LateNoise",
    "skwfm.classifiers.answers.seen.SeenPatterns",
    "skwfm.datasets.binarizer.MedianBinarizer",
    "skwfm.datasets.shuffler.PixelShuffler",
    "skwfm.inference.infinite.evidence.InfiniteCommittee",
    "skwfm.inference.posterior.Posterior",
    "skwfm.landscape.transformers.HessianSpectrumTransformer",
    "skwfm.landscape.transformers.LocalEntropyTransformer",
    "skwfm.landscape.transformers.NoiseRobustnessTransformer",
    "skwfm.landscape.transformers_base.MeasureTransformer",
)


class VersionWarning(UserWarning):
    """A model was saved with another version of skwfm, or of a plugin, than is here."""


def trusted_types(*distributions: str) -> list[str]:
    """Name the public classes that saved models hold, for ``trusted=`` of skops.

    Parameters
    ----------
    *distributions : str
        Installed plugins whose registered classes you trust as well, such as
        ``"skwfm-robust"``.

    Returns
    -------
    names : list of str
        Classes as ``"module.Class"``, sorted, by the modules that define them. Those of
        plugins are imported to find these; one that cannot be used has the name under
        which it is registered.

    Raises
    ------
    ValueError
        If a distribution registers no plugins.

    Examples
    --------
    >>> from skwfm.persistence import trusted_types
    >>> "skwfm.classifiers.lal.LALClassifier" in trusted_types()
    True
    """
    names = set(_HELD)
    for distribution in ("skwfm", *distributions):
        owner = normalised(distribution)
        entries = [p for p in installed() if normalised(p.distribution) == owner]
        if not entries:
            known = sorted({plugin.distribution for plugin in installed()})
            raise ValueError(
                f"{distribution!r} registers no plugins: pass the name of an installed "
                f"distribution, one of {known}."
            )
        names |= {_name_of_class(entry) for entry in entries}
    return sorted(names)


def _name_of_class(entry):
    """Name the class of a plugin as skops does, not by where else it can be found."""
    registered = entry.reference.replace(":", ".")
    if entry.builtin:
        return registered  # the same, and nothing is imported
    try:
        found = plugins.get(entry.group, entry.qualified_name)
    except (PluginError, ValueError):
        # No model holds it here; and the other classes are to be had all the same.
        return registered
    return f"{found.__module__}.{found.__qualname__}"


class Versioned:
    """Puts versions into the state of an estimator, and compares them when it is read.

    Put it before scikit-learn's classes among the bases.
    """

    def __getstate__(self):
        state = super().__getstate__()
        versions = {"skwfm": _version("skwfm")}
        versions |= {package: version for _, _, package, version in _needed(self)}
        return {**state, _VERSIONS: _shared(tuple(versions.items()))}

    def __setstate__(self, state):
        state = dict(state)
        saved = state.pop(_VERSIONS, {})
        _compare(type(self).__name__, saved)
        super().__setstate__(state)

    def __reduce_ex__(self, protocol):
        function, arguments, *rest = super().__reduce_ex__(protocol)
        needed = _needed(self)
        if not needed:
            return function, arguments, *rest
        # Read in this order: a plugin that is missing raises before its class is asked.
        return _rebuilt, (_Needed(needed), function, arguments), *rest


class _Needed:
    """Classes of plugins; reading it from a pickle checks that they are there."""

    def __init__(self, classes):
        self.classes = classes

    def __reduce__(self):
        return _found, (self.classes,)


def _rebuilt(needed, function, arguments):
    return function(*arguments)


def _found(classes):
    """Raise PluginError unless all classes can be imported."""
    for module, name, package, version in classes:
        needs = f"this model needs {name} of the plugin {package} {version}"
        remedy = f"pip install '{package}{f'=={version}' if version else ''}'."
        try:
            found = importlib.import_module(module)
        except ImportError as cause:
            raise PluginError(
                f"{needs}, which cannot be imported here ({cause}). Install it: "
                f"{remedy}",
                name=module,
            ) from cause
        if not hasattr(found, name.partition(".")[0]):
            raise PluginError(
                f"{needs}, but the installed version {_version(package)} has no such "
                f"class in {module}. Install the other version: {remedy}",
                name=module,
            )
    return _Needed(classes)


def _needed(model):
    """Classes of other packages in a model: module, name, distribution, version."""
    values = [model, *vars(model).values()]
    classes = {v if inspect.isclass(v) else type(v) for v in values}
    foreign = sorted(
        (c.__module__, c.__qualname__)
        for c in classes
        if c.__module__.partition(".")[0] not in _NO_PLUGINS
    )
    return tuple((*names, *_distribution_of(names[0])) for names in foreign)


@lru_cache
def _distribution_of(module):
    """The distribution that a module belongs to, and its version."""
    package = module.partition(".")[0]
    for plugin in installed():
        if plugin.reference.partition(":")[0].partition(".")[0] == package:
            return plugin.distribution, plugin.version
    return package, _version(package)


def _version(distribution):
    """Version of an installed distribution; empty if there is none of that name."""
    from importlib import metadata  # as slow to import as all the rest, see plugins

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _shared(items):
    """Return one dict for all models of equal versions, filled anew.

    The models of one file then share it, also once they are loaded, see `_compare`.
    """
    versions = _dict_of(items)
    versions.update(items)
    return versions


@lru_cache
def _dict_of(items):
    return {}


def _compare(name, saved):
    """Warn of other versions, and let the models of the same file not repeat it."""
    for package, version in list(saved.items()):
        here = _version(package)
        if version and here != version:
            saved.clear()
            warn(
                f"{name} was saved with {package} {version} and is read with {here}: "
                "it may answer otherwise or fail. Fit it again, or install "
                f"{package}=={version}.",
                VersionWarning,
            )
