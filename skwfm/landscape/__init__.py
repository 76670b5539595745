"""Measures of a solution: how flat and how robust the minimum around it is."""

from skwfm.landscape.displays import (
    HessianSpectrumDisplay,
    LocalEntropyDisplay,
    NoiseRobustnessDisplay,
)
from skwfm.landscape.hessian.lanczos import SpectralDensity
from skwfm.landscape.hessian.operator import HessianOperator, hessian_operator
from skwfm.landscape.hessian.results import HessianSpectrum
from skwfm.landscape.hessian.smallest_beta import smallest_beta
from skwfm.landscape.hessian.spectrum import hessian_spectrum
from skwfm.landscape.manifold import MinimaManifold, minima_manifold
from skwfm.landscape.measure import Curve, Measure, measure_scorer
from skwfm.landscape.robustness import RobustnessCurve, noise_robustness
from skwfm.landscape.scorers import (
    hessian_scorer,
    local_entropy_scorer,
    noise_robustness_scorer,
)
from skwfm.landscape.transformers import (
    HessianSpectrumTransformer,
    LocalEntropyTransformer,
    NoiseRobustnessTransformer,
)
from skwfm.landscape.transformers_base import MeasureTransformer, flatten_solutions
from skwfm.landscape.volumes.local_entropy import local_entropy
from skwfm.problem.fitted import read_model

__all__ = [
    "Curve",
    "HessianOperator",
    "HessianSpectrum",
    "HessianSpectrumDisplay",
    "HessianSpectrumTransformer",
    "LocalEntropyDisplay",
    "LocalEntropyTransformer",
    "Measure",
    "MeasureTransformer",
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
    "measure_scorer",
    "minima_manifold",
    "noise_robustness",
    "noise_robustness_scorer",
    "read_model",
    "smallest_beta",
]
