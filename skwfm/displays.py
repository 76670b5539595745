"""All displays in one place: made from results, drawn by ``plot``.

A facade on top of the house: nothing in it imports from here. Matplotlib is imported
when something is drawn, not before.
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
