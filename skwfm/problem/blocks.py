"""Units that see the same inputs, taken together."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Block:
    """Neighbouring units that see the same inputs.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n)
        Inputs that they see, with the constant input of the intercept last.
    units : slice
        The units.
    entries : slice
        Their weights in the flat vector, unit by unit.
    """

    inputs: np.ndarray
    units: slice
    entries: slice

    def by_unit(self, flat):
        """Return a view of the weights of these units.

        Parameters
        ----------
        flat : ndarray of shape (n_weights,)
            Flat weights of all units.

        Returns
        -------
        weights : ndarray of shape (n_units, n)
            One row per unit.
        """
        return flat[self.entries].reshape(-1, self.inputs.shape[1])
