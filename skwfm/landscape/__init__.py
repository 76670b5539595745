"""Measures of a solution: how wide the minimum is in which it lies."""

from skwfm.landscape.local_entropy import local_entropy

__all__ = ["local_entropy"]
