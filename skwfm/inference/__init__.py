"""Message passing: posterior marginals and volumes of weights that make no error."""

from skwfm.inference.engines.choice import default_method
from skwfm.inference.factors import Factors
from skwfm.inference.focusing import (
    FocusingStep,
    focusing_steps,
    geometric_protocol,
)
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
    "FocusingStep",
    "GaussianPrior",
    "Posterior",
    "ReferencePrior",
    "SphericalPrior",
    "default_method",
    "focusing_steps",
    "geometric_protocol",
    "infer",
]
