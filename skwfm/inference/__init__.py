"""Message passing: posterior marginals and volumes of weights that make no error."""

from skwfm.inference.engines.base import Engine
from skwfm.inference.engines.choice import default_method
from skwfm.inference.factors import Factors
from skwfm.inference.focusing import (
    FocusingStep,
    focusing_steps,
    geometric_protocol,
)
from skwfm.inference.infer import ENGINES, infer
from skwfm.inference.infinite.evidence import InfiniteCommittee
from skwfm.inference.posterior import Posterior
from skwfm.inference.priors import (
    BinaryPrior,
    BinaryReferencePrior,
    BoundPrior,
    Focusing,
    GaussianPrior,
    Prior,
    ReferencePrior,
    SphericalPrior,
)

__all__ = [
    "ENGINES",
    "BinaryPrior",
    "BinaryReferencePrior",
    "BoundPrior",
    "Engine",
    "Factors",
    "Focusing",
    "FocusingStep",
    "GaussianPrior",
    "InfiniteCommittee",
    "Posterior",
    "Prior",
    "ReferencePrior",
    "SphericalPrior",
    "default_method",
    "focusing_steps",
    "geometric_protocol",
    "infer",
]
