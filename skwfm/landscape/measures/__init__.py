"""The built-in measures, registered as those of other packages are."""

from skwfm.landscape.measures.hessian import Hessian
from skwfm.landscape.measures.local_entropy import LocalEntropy
from skwfm.landscape.measures.manifold import Manifold
from skwfm.landscape.measures.noise_robustness import NoiseRobustness

__all__ = ["Hessian", "LocalEntropy", "Manifold", "NoiseRobustness"]
