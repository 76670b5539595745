"""Anderson acceleration of a fixed-point iteration."""

import numpy as np

# Earlier steps that are combined.
_MEMORY = 6
# A combined step is at most this many times as long as the damped one.
_LONGEST_STEP = 5.0
# If the residual grows by this factor, earlier steps say nothing about the next.
_WORSE = 1.5
# Where so many steps bring no smaller residual, damped steps are left alone.
_MOST_IDLE_STEPS = 15
# Share of the Gram matrix' trace added to its diagonal, against rounding.
_RIDGE = 1e-8


class Anderson:
    """Combine a damped step with earlier ones to the smallest predicted residual.

    Slow directions are then followed in large steps without larger steps in the others,
    which would make them oscillate. See D. G. Anderson, J. ACM 12, 547 (1965).

    Attributes
    ----------
    has_combined : bool
        Whether the last step was combined with earlier ones.
    """

    def __init__(self):
        self._best, self._n_idle, self._scale = np.inf, 0, None
        self.forget()

    def forget(self):
        """Start again, without earlier steps."""
        self._places, self._residuals, self._last = [], [], np.inf
        self.has_combined = False

    def site_steps(self, sites, steps, deviation, share):
        """Lengthen damped steps of sites.

        Parameters
        ----------
        sites, steps : tuple of ndarray of shape (n_samples, n_hidden)
            Precisions and linear terms, and the damped steps of both.
        deviation : ndarray of shape (n_samples, n_hidden)
            Of the fields; those of the first call are the units of all steps.
        share : float
            Share of the undamped steps that the damped ones make.

        Returns
        -------
        steps : ndarray of shape (2, n_samples, n_hidden)
            The combined steps.
        """
        if self._scale is None:
            self._scale = np.array([deviation**2, deviation])
        place = (self._scale * np.array(sites)).ravel()
        residual = (self._scale * np.array(steps)).ravel() / share
        return (
            self.step(place, residual, share).reshape(self._scale.shape) / self._scale
        )

    def step(self, place, residual, share):
        """Give the next step.

        Parameters
        ----------
        place : ndarray of shape (n,)
            Where the iteration is.
        residual : ndarray of shape (n,)
            The undamped step from there.
        share : float
            Share of it that a damped step makes.

        Returns
        -------
        step : ndarray of shape (n,)
            The combined step.
        """
        size, damped = np.linalg.norm(residual), share * residual
        self.has_combined = False
        self._n_idle = 0 if size < self._best else self._n_idle + 1
        self._best = min(self._best, size)
        if self._n_idle > _MOST_IDLE_STEPS:
            return damped
        if size > _WORSE * self._last:
            self.forget()
        self._last = min(self._last, size)
        self._places = [*self._places[-_MEMORY:], place]
        self._residuals = [*self._residuals[-_MEMORY:], residual]
        if len(self._places) == 1:
            return damped
        by_place, by_residual = (
            np.diff(rows, axis=0) for rows in (self._places, self._residuals)
        )
        gram = by_residual @ by_residual.T
        gram[np.diag_indices_from(gram)] += _RIDGE * np.trace(gram)
        try:
            mixture = np.linalg.solve(gram, by_residual @ residual)
        except np.linalg.LinAlgError:  # all earlier residuals are equal
            return damped
        self.has_combined = True
        step = damped - (by_place + share * by_residual).T @ mixture
        length, most = np.linalg.norm(step), _LONGEST_STEP * np.linalg.norm(damped)
        return step if length <= most else step * (most / length)
