"""What a fitted classifier answers, and how sure it is."""

from skwfm.classifiers.answers.calibration import AnswerNoise
from skwfm.classifiers.answers.seen import LateNoise, SeenPatterns

__all__ = ["AnswerNoise", "LateNoise", "SeenPatterns"]
