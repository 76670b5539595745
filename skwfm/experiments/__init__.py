"""Studies over algorithms and seeds, and their reports."""

from skwfm.experiments.compare import compare
from skwfm.experiments.comparison import Comparison
from skwfm.experiments.contestants import Contestant, find_contestants, known_names
from skwfm.experiments.measures import Measures
from skwfm.experiments.reading import read_source
from skwfm.experiments.records import Run
from skwfm.experiments.sources import Source, dress_coat

__all__ = [
    "Comparison",
    "Contestant",
    "Measures",
    "Run",
    "Source",
    "compare",
    "dress_coat",
    "find_contestants",
    "known_names",
    "read_source",
]
