"""Quadratures and inner extrema beneath the replica formulas."""
