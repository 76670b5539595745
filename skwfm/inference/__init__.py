"""Message passing: posterior marginals and volumes of weights that make no error."""

from skwfm.inference.factors import Factors
from skwfm.inference.infer import infer
from skwfm.inference.posterior import Posterior
from skwfm.inference.priors import (
    BinaryPrior,
    BinaryReferencePrior,
    Focusing,
    GaussianPrior,
    ReferencePrior,
    SphericalPrior,
)

__all__ = [
    "BinaryPrior",
    "BinaryReferencePrior",
    "Factors",
    "Focusing",
    "GaussianPrior",
    "Posterior",
    "ReferencePrior",
    "SphericalPrior",
    "infer",
]
