"""Compiled loops: arrays in place, no Python objects, no random numbers."""
