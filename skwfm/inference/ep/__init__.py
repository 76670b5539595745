"""Expectation propagation: each unit with its full Gaussian posterior."""
