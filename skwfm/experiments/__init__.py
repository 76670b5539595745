"""Studies over algorithms and seeds, and their reports."""

from skwfm.experiments.compare import compare
from skwfm.experiments.comparison import Comparison
from skwfm.experiments.data.drawn import DrawnSource, random_patterns
from skwfm.experiments.data.reading import read_source
from skwfm.experiments.data.sources import Source, Split, dress_coat
from skwfm.experiments.study.contestants import Contestant
from skwfm.experiments.study.naming import find_contestants, known_names
from skwfm.experiments.study.records import Measured, Run
from skwfm.experiments.study.results import StudyResult
from skwfm.experiments.study.study import Study

__all__ = [
    "Comparison",
    "Contestant",
    "DrawnSource",
    "Measured",
    "Run",
    "Source",
    "Split",
    "Study",
    "StudyResult",
    "compare",
    "dress_coat",
    "find_contestants",
    "known_names",
    "random_patterns",
    "read_source",
]
