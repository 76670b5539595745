"""Command line: ``skwfm compare``, ``reproduce``, ``plugins``, ``info``."""

from skwfm.cli.main import main

__all__ = ["main"]
