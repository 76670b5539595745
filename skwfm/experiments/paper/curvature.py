"""Curvature at several values of beta at once, as the figures compare it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skwfm.landscape.hessian.spectrum import hessian_spectrum
from skwfm.landscape.measure import Measure


@dataclass(frozen=True)
class LargestEigenvalues(Measure):
    """Steepest curvature of the smoothed training error, at the same beta for all.

    Parameters
    ----------
    betas : tuple of float
        Steepness of the units, one column each.
    """

    betas: tuple = (90.0,)

    name = "largest_eigenvalues"
    greater_is_better = False
    needs = "smooth"

    @property
    def columns(self):
        return tuple(f"largest_eigenvalue_beta{beta:.6g}" for beta in self.betas)

    def __call__(self, model, X, y, random_state=None):
        return [
            hessian_spectrum(
                model, X, y, beta, method="lanczos", which="largest",
                random_state=random_state,
            )
            for beta in self.betas
        ]  # fmt: skip

    def values(self, result):
        return [found.largest if found.converged else np.nan for found in result]
