"""What a machine is: receptive fields, output rule, channel, smooth surrogate."""

from skwfm.architectures.base import Architecture
from skwfm.architectures.committee import FullCommittee, TreeCommittee
from skwfm.architectures.layout import Layout
from skwfm.architectures.parity import TreeParity

__all__ = ["Architecture", "FullCommittee", "Layout", "TreeCommittee", "TreeParity"]
