"""Covariance of one unit's weights, on the axes that patterns use and on the others."""

from dataclasses import dataclass

import numpy as np

from skwfm.inference.ep.geometry import row_squares


@dataclass(frozen=True, eq=False)
class Spread:
    """Covariance of one unit's weights, from which fields of any input have variances.

    Parameters
    ----------
    basis : ndarray of shape (n_inputs, rank) or None
        Axes that the patterns use; None for all.
    covariance : ndarray of shape (rank, rank)
        Of the weights on these axes; its upper triangle.
    outside : float
        Variance along every other axis.
    """

    basis: np.ndarray | None
    covariance: np.ndarray
    outside: float

    def plain(self):
        """Give arrays and numbers by name.

        Returns
        -------
        parts : dict
            The parameters.
        """
        return {**vars(self), "outside": float(self.outside)}

    def field_variances(self, inputs):
        """Give the variances of the fields of any inputs.

        Parameters
        ----------
        inputs : ndarray of shape (n_samples, n_inputs)
            What the unit sees.

        Returns
        -------
        variances : ndarray of shape (n_samples,)
            One per pattern.
        """
        inside = inputs if self.basis is None else inputs @ self.basis
        upper = self.covariance
        variances = 2 * np.einsum("ij,ij->i", inside @ upper, inside)
        variances -= inside**2 @ upper.diagonal()
        left = np.maximum(row_squares(inputs) - row_squares(inside), 0)
        return variances + self.outside * left
