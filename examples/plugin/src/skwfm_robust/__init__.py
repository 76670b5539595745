"""A sample plugin of skwfm: an algorithm, two architectures and a measure."""

from skwfm_robust.algorithm import RobustEnsembleClassifier
from skwfm_robust.architectures import WeightedVote, WindowedVote
from skwfm_robust.barrier import ErrorBarrier
from skwfm_robust.geodesic import geodesic, match_units
from skwfm_robust.least_squares import LeastSquaresClassifier

__all__ = [
    "ErrorBarrier",
    "LeastSquaresClassifier",
    "RobustEnsembleClassifier",
    "WeightedVote",
    "WindowedVote",
    "geodesic",
    "match_units",
]
