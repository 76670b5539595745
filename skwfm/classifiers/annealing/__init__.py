"""Simulated annealing of +-1 weights: energies, single flips, schedules."""
