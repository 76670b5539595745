"""Measures of a solution: how flat and how robust the minimum around it is."""

from skwfm.landscape.displays import HessianSpectrumDisplay, NoiseRobustnessDisplay
from skwfm.landscape.hessian_beta import smallest_beta
from skwfm.landscape.hessian_operator import HessianOperator, hessian_operator
from skwfm.landscape.local_entropy import local_entropy
from skwfm.landscape.local_entropy_display import LocalEntropyDisplay
from skwfm.landscape.manifold import MinimaManifold, minima_manifold
from skwfm.landscape.robustness import RobustnessCurve, noise_robustness
from skwfm.landscape.scorers import (
    hessian_scorer,
    local_entropy_scorer,
    noise_robustness_scorer,
)
from skwfm.landscape.spectrum import hessian_spectrum
from skwfm.landscape.spectrum_lanczos import SpectralDensity
from skwfm.landscape.spectrum_methods import HessianSpectrum
from skwfm.landscape.transformers import (
    HessianSpectrumTransformer,
    LocalEntropyTransformer,
    NoiseRobustnessTransformer,
)
from skwfm.landscape.transformers_base import flatten_solutions

__all__ = [
    "HessianOperator",
    "HessianSpectrum",
    "HessianSpectrumDisplay",
    "HessianSpectrumTransformer",
    "LocalEntropyDisplay",
    "LocalEntropyTransformer",
    "MinimaManifold",
    "NoiseRobustnessDisplay",
    "NoiseRobustnessTransformer",
    "RobustnessCurve",
    "SpectralDensity",
    "flatten_solutions",
    "hessian_operator",
    "hessian_scorer",
    "hessian_spectrum",
    "local_entropy",
    "local_entropy_scorer",
    "minima_manifold",
    "noise_robustness",
    "noise_robustness_scorer",
    "smallest_beta",
]
