"""Displays of the results of measures."""

from skwfm.landscape.displays.hessian import HessianSpectrumDisplay
from skwfm.landscape.displays.local_entropy import LocalEntropyDisplay
from skwfm.landscape.displays.robustness import NoiseRobustnessDisplay

__all__ = ["HessianSpectrumDisplay", "LocalEntropyDisplay", "NoiseRobustnessDisplay"]
