"""Replica theory of local entropies: the paper's analytic curves.

The formulas, with what differs from print, are derived in the user guide. Nothing is
compiled at import; the first call of a quadrature compiles it once and caches it.
"""

from skwfm.theory.binary_perceptron import (
    CrossEntropyMinimum,
    binary_perceptron_entropy,
    cross_entropy_error_rate,
)
from skwfm.theory.capacity import Capacity, capacity
from skwfm.theory.franz_parisi import cross_entropy_local_entropy
from skwfm.theory.local_entropy import local_entropy_curve
from skwfm.theory.solution_entropy import solution_entropy
from skwfm.theory.typical import SolutionEntropy

__all__ = [
    "Capacity",
    "CrossEntropyMinimum",
    "SolutionEntropy",
    "binary_perceptron_entropy",
    "capacity",
    "cross_entropy_error_rate",
    "cross_entropy_local_entropy",
    "local_entropy_curve",
    "solution_entropy",
]
