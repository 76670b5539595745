"""Find and measure wide flat minima.

Committee-machine classifiers and landscape measures with scikit-learn's interface.
Names are loaded on first use, so that ``import skwfm`` costs nothing.
"""

from importlib import import_module

_HOME = {
    "AnnealingClassifier": "skwfm.classifiers",
    "CeSGDClassifier": "skwfm.classifiers",
    "ELALClassifier": "skwfm.classifiers",
    "FBPClassifier": "skwfm.classifiers",
    "LALClassifier": "skwfm.classifiers",
}

__all__ = [*_HOME, "__version__"]


def __getattr__(name):
    if name == "__version__":
        # Importing importlib.metadata takes longer than all the rest of this file.
        return import_module("importlib.metadata").version("skwfm")
    if name not in _HOME:
        raise AttributeError(f"module 'skwfm' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__():
    return sorted({*globals(), *__all__})
