"""Figures that are theory for infinitely large machines."""
