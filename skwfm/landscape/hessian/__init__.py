"""Curvature of the smoothed loss at a solution."""
