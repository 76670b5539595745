"""Committee-machine classifiers: one training algorithm a file."""

from skwfm.classifiers.annealing.annealing import AnnealingClassifier
from skwfm.classifiers.answers.calibration import AnswerNoise
from skwfm.classifiers.base import BaseCommitteeClassifier
from skwfm.classifiers.cesgd import CeSGDClassifier
from skwfm.classifiers.elal import ELALClassifier
from skwfm.classifiers.epochs.iterative import IterativeClassifier, OnlineMixin
from skwfm.classifiers.fbp import FBPClassifier
from skwfm.classifiers.lal import LALClassifier
from skwfm.classifiers.published import published_settings
from skwfm.classifiers.solution import Epoch, Solution
from skwfm.problem.problem import Problem

__all__ = [
    "AnnealingClassifier",
    "AnswerNoise",
    "BaseCommitteeClassifier",
    "CeSGDClassifier",
    "ELALClassifier",
    "Epoch",
    "FBPClassifier",
    "IterativeClassifier",
    "LALClassifier",
    "OnlineMixin",
    "Problem",
    "Solution",
    "published_settings",
]
