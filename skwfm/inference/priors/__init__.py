"""Priors of the weights: spherical or +-1, near a reference, coupled to replicas.

A prior is a value that knows no patterns. Bound to the factors of a problem it becomes
what the engines call at every sweep.
"""

from skwfm.inference.priors.focusing import Focusing
from skwfm.inference.priors.gaussian import (
    GaussianPrior,
    ReferencePrior,
    SphericalPrior,
)
from skwfm.inference.priors.signs import BinaryPrior, BinaryReferencePrior

__all__ = [
    "BinaryPrior",
    "BinaryReferencePrior",
    "Focusing",
    "GaussianPrior",
    "ReferencePrior",
    "SphericalPrior",
]
