"""What a prior is: a value with `bind`, and what `bind` returns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import MappingProxyType

import numpy as np

from skwfm.inference.factors import Factors


class Prior(ABC):
    """A distribution of the weights that knows no patterns yet.

    For a prior of your own, subclass this or write any object with a `bind`.
    """

    @abstractmethod
    def bind(self, factors: Factors) -> BoundPrior:
        """Make the prior ready for the weights of a problem.

        Parameters
        ----------
        factors : Factors
            The patterns.

        Returns
        -------
        prior : BoundPrior
            What engines call at every sweep.

        Raises
        ------
        ValueError
            If the parameters do not fit the weights.
        """


class BoundPrior(ABC):
    """What engines ask of a prior; a subclass needs `moments` and `log_partition`.

    Patterns multiply the prior of each weight by ``exp(A w - B w^2 / 2)``, with linear
    terms A and precisions B, one each per weight. Priors that are neither Gaussian nor
    of +-1 weights run in every engine, too; ep then gives each weight its own site.

    Attributes
    ----------
    is_binary : bool
        Whether weights are +-1. When bp leaves a pattern out of a weight's
        distribution, it treats the weight as a sign then, and otherwise as Gaussian,
        which is exact for Gaussian priors only.
    linear, precision : ndarray of shape (n_weights,) or None
        What the prior adds to A and B, for bp: a weight has variance
        ``1 / (B + precision)`` and mean ``(A + linear) / (B + precision)`` or, if it is
        +-1, mean ``tanh(A + linear)``. Set by `moments`; bp rejects a prior where they
        are None.
    multipliers : dict
        Arrays of multipliers that `moments` solves, for the result.
    replicas : Replicas or None
        Other replicas that `moments` takes into account. `Focusing` sets them, and
        rejects a prior where they are None.
    free_entropy_density : float
        The entropy per weight without patterns.
    is_normalised : bool
        Whether no patterns can raise the entropy above that, as when all weights that
        the prior allows count the same. Engines then reject larger ones.

    Examples
    --------
    Weights -1, 0 or 1 with equal probability:

    >>> import numpy as np
    >>> from skwfm.architectures import TreeCommittee
    >>> from skwfm.inference import BoundPrior, Factors, Prior, infer
    >>> class TernaryPrior(Prior):
    ...     def bind(self, factors):
    ...         return BoundTernary()
    >>> class BoundTernary(BoundPrior):
    ...     def moments(self, linear, precision):
    ...         size = 1 / (1 + np.exp(precision / 2) / (2 * np.cosh(linear)))
    ...         mean = size * np.tanh(linear)
    ...         variance = size - mean**2
    ...         self.linear = mean / variance - linear
    ...         self.precision = 1 / variance - precision
    ...         return mean, variance
    ...
    ...     def log_partition(self, linear, precision):
    ...         signs = 2 * np.cosh(linear) * np.exp(-precision / 2)
    ...         return np.sum(np.log((1 + signs) / 3))
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.choice([-1, 1], (10, 99)), rng.choice([-1, 1], 10)
    >>> posterior = infer(Factors(X, y, TreeCommittee(3)), TernaryPrior())
    >>> bool(posterior.converged), round(posterior.log_evidence, 1)
    (True, -6.9)
    """

    is_binary = False
    linear = precision = None
    multipliers = MappingProxyType({})
    replicas = None
    free_entropy_density = np.nan
    is_normalised = False

    @property
    def has_evidence(self) -> bool:
        """Whether log Z is that of one system: not with coupled replicas."""
        return self.replicas is None or not self.replicas.are_coupled

    @abstractmethod
    def moments(
        self, linear: np.ndarray, precision: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Solve the multipliers, if there are any, and give the marginals.

        Parameters
        ----------
        linear, precision : ndarray of shape (n_weights,)
            A and B that the patterns send.

        Returns
        -------
        mean, variance : ndarray of shape (n_weights,)
            Marginals m and v.

        Raises
        ------
        FloatingPointError
            If the messages are not finite or leave no posterior: the run diverged.
        """

    @abstractmethod
    def log_partition(self, linear: np.ndarray, precision: np.ndarray) -> float:
        """Give the sum over weights of ``log int P0(w) exp(A w - B w^2 / 2) dw``.

        Parameters
        ----------
        linear, precision : ndarray of shape (n_weights,)
            A and B of the last `moments`.

        Returns
        -------
        log_partition : float
            The sum, at the multipliers that `moments` found.
        """

    def entropy(self, log_evidence: float) -> float:
        """Give the Legendre transform of log Z per weight.

        Parameters
        ----------
        log_evidence : float
            log Z at the current multipliers.

        Returns
        -------
        entropy : float
            In nats: the log-volume of the weights, for +-1 weights the log of their
            number. That of the prior is not subtracted. NaN by default.
        """
        return np.nan


# What the result of `bind` must have, whether it is a BoundPrior or not.
_ATTRIBUTES = [name for name in vars(BoundPrior) if not name.startswith("_")]


def bind_prior(prior, factors):
    """Bind a prior and check that the result has what engines need.

    Parameters
    ----------
    prior : object
        The prior.
    factors : Factors
        The patterns.

    Returns
    -------
    bound : BoundPrior
        What its `bind` returned.

    Raises
    ------
    TypeError
        If it is not a prior, or what its `bind` returned is not a bound prior.
    """
    if isinstance(prior, type) or not callable(getattr(prior, "bind", None)):
        given = f"the class {prior.__name__}" if isinstance(prior, type) else prior
        raise TypeError(
            f"prior is {given!s}, which is not a prior: pass SphericalPrior(), "
            "ReferencePrior(...), GaussianPrior(), BinaryPrior(), "
            "BinaryReferencePrior(...), a Focusing of one of them, or an object whose "
            "bind(factors) returns a skwfm.inference.BoundPrior."
        )
    bound = prior.bind(factors)
    missing = [name for name in _ATTRIBUTES if not hasattr(bound, name)]
    if missing:
        raise TypeError(
            f"{type(prior).__name__}.bind returned a {type(bound).__name__} without "
            f"{', '.join(missing)}: return a subclass of skwfm.inference.BoundPrior, "
            "which has defaults for most."
        )
    return bound
