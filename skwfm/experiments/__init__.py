"""Studies over algorithms and seeds, and their reports."""

from .compare import compare
from .comparison import Comparison
from .contestants import Contestant, find_contestants, known_names
from .reading import read_source
from .runs import Run
from .sources import Source, dress_coat

__all__ = [
    "Comparison",
    "Contestant",
    "Run",
    "Source",
    "compare",
    "dress_coat",
    "find_contestants",
    "known_names",
    "read_source",
]
