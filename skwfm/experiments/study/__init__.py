"""Runs of algorithms on data: who takes part, what is measured, what is kept."""
