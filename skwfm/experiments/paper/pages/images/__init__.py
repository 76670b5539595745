"""Experiments on images of dresses and coats."""
