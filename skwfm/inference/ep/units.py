"""Posterior of all units of a machine under EP's sites: what `EPEngine` works with."""

from abc import ABC, abstractmethod


class Units(ABC):
    """Posterior of all units of a machine.

    Attributes
    ----------
    weight_sites : tuple of two ndarrays of shape (n_weights,) or None
        Copies of the natural parameters of the weights' own sites; None if the prior
        enters exactly.
    violation : float
        Mismatch with the prior after `solve`: of the constraints that multipliers
        hold, or between weights' sites and the moments that the prior demands.
    """

    weight_sites = None
    violation = 0.0

    @abstractmethod
    def solve(self, precision, linear, residual=0.0):
        """Find the posterior under given sites on the fields.

        Parameters
        ----------
        precision, linear : ndarray of shape (n_samples, n_hidden)
            Natural parameters of the sites.
        residual : float, default=0.0
            Mismatch of the sites: the prior's constraints need not be met much better.

        Returns
        -------
        mean, variance : ndarray of shape (n_samples, n_hidden)
            Of the fields.

        Raises
        ------
        FloatingPointError
            If the sites are not finite, or no multiplier or weights' site makes the
            posterior proper.
        """

    @abstractmethod
    def log_partition(self):
        """Give the log-integral of the unnormalised posterior.

        Returns
        -------
        log_partition : float
            In nats, summed over units.
        """

    @abstractmethod
    def weights(self):
        """Give the marginals of the weights.

        Returns
        -------
        mean, variance : ndarray of shape (n_weights,)
            Flat.
        """

    def spreads(self):
        """Give the covariance of each unit's weights.

        Returns
        -------
        spreads : list of n_hidden Spread or None
            None if it is not kept.
        """
        return None
