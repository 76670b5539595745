"""Replicas that are coupled to a common centre, seen from one of them."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

import numpy as np

from skwfm._shown import shown
from skwfm.inference.factors import Factors
from skwfm.inference.priors.interface import BoundPrior, Prior, bind_prior
from skwfm.inference.priors.multipliers import Replicas


@dataclass(frozen=True)
class Focusing(Prior):
    """Prior of one of several replicas that are coupled to a common centre.

    Parameters
    ----------
    prior : Prior
        Prior of each replica.
    n_replicas : int, default=10
        Number of replicas.
    gamma : float, default=1.0
        Coupling to the centre, >= 0; 0 gives the plain prior.
    """

    prior: object
    n_replicas: int = 10
    gamma: float = 1.0

    def bind(self, factors: Factors) -> BoundPrior:
        if not isinstance(self.n_replicas, Integral) or self.n_replicas < 1:
            raise ValueError(
                f"n_replicas={shown(self.n_replicas)} is not a number of replicas: "
                "pass an integer >= 1."
            )
        if not 0 <= self.gamma < np.inf:
            raise ValueError(
                f"gamma={shown(self.gamma)} is not a coupling: pass a finite number "
                ">= 0."
            )
        bound = bind_prior(self.prior, factors)
        if bound.replicas is None:
            raise TypeError(
                f"{type(self.prior).__name__} cannot be focused: its "
                f"{type(bound).__name__} has no `replicas` to use in `moments`."
            )
        bound.replicas = Replicas(int(self.n_replicas), float(self.gamma))
        return bound
