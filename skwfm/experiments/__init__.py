"""Studies over algorithms and seeds, and their reports."""

from skwfm.experiments.compare import compare
from skwfm.experiments.comparison import Comparison
from skwfm.experiments.data.reading import read_source
from skwfm.experiments.data.sources import Source, dress_coat
from skwfm.experiments.study.contestants import (
    Contestant,
    find_contestants,
    known_names,
)
from skwfm.experiments.study.measures import Measured
from skwfm.experiments.study.records import Run

__all__ = [
    "Comparison",
    "Contestant",
    "Measured",
    "Run",
    "Source",
    "compare",
    "dress_coat",
    "find_contestants",
    "known_names",
    "read_source",
]
