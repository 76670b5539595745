"""Damping that follows the residual."""

import numpy as np

# While the residual falls the damping falls by the first factor a sweep, not below the
# limit; when it rises, the part of the new parameters shrinks by the second.
_EASE, _LEAST_DAMPING = 0.95, 0.2
_BRAKE, _MOST_DAMPING = 0.7, 0.97


class AdaptiveDamping:
    """Less damping while the residual falls, more when it rises.

    Parameters
    ----------
    damping : float
        Where to start, in [0, 1).
    """

    def __init__(self, damping):
        self.damping = damping
        self._last = np.inf

    def after(self, residual):
        """Give the damping of the next update.

        Parameters
        ----------
        residual : float
            Of the present sweep.

        Returns
        -------
        damping : float
            Weight of the old parameters.
        """
        if residual < self._last:
            self.damping = max(_EASE * self.damping, min(self.damping, _LEAST_DAMPING))
        elif np.isfinite(residual):
            step = _BRAKE * (1 - self.damping)
            self.damping = max(min(1 - step, _MOST_DAMPING), self.damping)
        self._last = residual
        return self.damping
