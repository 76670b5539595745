"""Replicas that are coupled to a common centre, seen from one of them."""

from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np

from skwfm.inference.priors.multipliers import Replicas


@dataclass(frozen=True)
class Focusing:
    """Another prior, for replicas that are coupled to a common centre.

    Parameters
    ----------
    prior : object
        Any of the priors of this module.
    n_replicas : int, default=10
        Number of replicas.
    gamma : float, default=1.0
        Coupling to the centre, >= 0; 0 gives the plain prior.
    """

    prior: object
    n_replicas: int = 10
    gamma: float = 1.0

    def bind(self, factors):
        """Make the prior ready for the weights of a problem.

        Parameters
        ----------
        factors : Factors
            The patterns.

        Returns
        -------
        sites : GaussianSites or SignSites
            One site per weight.

        Raises
        ------
        ValueError
            If there is no replica, or the coupling is negative.
        """
        if not isinstance(self.n_replicas, Integral) or self.n_replicas < 1:
            raise ValueError(
                f"n_replicas={self.n_replicas!r} is not a number of replicas: pass an "
                "integer >= 1."
            )
        if not 0 <= self.gamma < np.inf:
            raise ValueError(
                f"gamma={self.gamma!r} is not a coupling: pass a finite number >= 0."
            )
        sites = self.prior.bind(factors)
        return replace(
            sites, replicas=Replicas(int(self.n_replicas), float(self.gamma))
        )
