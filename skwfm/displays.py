"""All displays in one place: made from results, drawn by ``plot``.

No other module of the package imports from here. Matplotlib is imported when something
is drawn.
"""

from skwfm._plotting import algorithm_style
from skwfm.landscape.displays import (
    HessianSpectrumDisplay,
    LocalEntropyDisplay,
    NoiseRobustnessDisplay,
)
from skwfm.theory.display import TheoryCurveDisplay

__all__ = [
    "HessianSpectrumDisplay",
    "LocalEntropyDisplay",
    "NoiseRobustnessDisplay",
    "TheoryCurveDisplay",
    "algorithm_style",
]
