"""Data sets of the paper, synthetic patterns, and the transformers that make them."""

from skwfm.architectures.packed_signs import PackedSigns
from skwfm.datasets.binarizer import MedianBinarizer
from skwfm.datasets.dress_coat import load_dress_coat
from skwfm.datasets.fashion_mnist import fetch_fashion_mnist
from skwfm.datasets.patterns import make_random_patterns, make_teacher_patterns
from skwfm.datasets.shuffler import PixelShuffler

__all__ = [
    "MedianBinarizer",
    "PackedSigns",
    "PixelShuffler",
    "fetch_fashion_mnist",
    "load_dress_coat",
    "make_random_patterns",
    "make_teacher_patterns",
]
