"""Experiments on random patterns."""
