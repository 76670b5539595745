"""Priors of the weights: spherical or +-1, near a reference, coupled to replicas."""

from skwfm.inference.priors.focusing import Focusing
from skwfm.inference.priors.gaussian import (
    GaussianPrior,
    ReferencePrior,
    SphericalPrior,
)
from skwfm.inference.priors.interface import BoundPrior, Prior
from skwfm.inference.priors.signs import BinaryPrior, BinaryReferencePrior

__all__ = [
    "BinaryPrior",
    "BinaryReferencePrior",
    "BoundPrior",
    "Focusing",
    "GaussianPrior",
    "Prior",
    "ReferencePrior",
    "SphericalPrior",
]
