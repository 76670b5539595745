"""Losses of a smooth machine, and checks of their parameters."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from skwfm._checks import check_positive, is_one_of
from skwfm._shown import shown

LOSSES = ("mse", "ce")
OUTPUTS = ("tanh", "identity")


@dataclass(frozen=True)
class Loss:
    """A loss of one pattern as a function of the smooth decision Delta.

    Parameters
    ----------
    name : {"mse", "ce"}
        ``(s - o)^2 / 4`` or ``-x/2 + log(2 cosh(gamma x)) / (2 gamma)``, x = s Delta.
    beta : float
        Steepness of the units and, for mse, of the output.
    gamma : float or None
        Steepness of the cross-entropy.
    output : {"tanh", "identity"} or None
        For mse, whether o is tanh(beta Delta) or Delta.
    """

    name: str
    beta: float
    gamma: float | None = None
    output: str | None = None

    def derivatives(self, delta, labels):
        """Compute the loss and its derivatives with respect to the decision.

        Parameters
        ----------
        delta : ndarray of shape (n_samples,)
            Smooth decisions.
        labels : ndarray of shape (n_samples,)
            Right answers; for the identity output any real targets.

        Returns
        -------
        value, first, second : ndarray of shape (n_samples,)
            Loss of each pattern, and its derivatives.
        """
        if self.name == "ce":
            return self._cross_entropy(delta, labels)
        if self.output == "identity":
            residual = delta - labels
            return residual**2 / 4, residual / 2, np.full(len(delta), 0.5)
        return self._smoothed_errors(delta, labels)

    def _cross_entropy(self, delta, labels):
        x = 2 * self.gamma * labels * delta
        wrong = expit(-x)
        value = np.logaddexp(0, -x) / (2 * self.gamma)
        return value, -labels * wrong, 2 * self.gamma * wrong * expit(x)

    def _smoothed_errors(self, delta, labels):
        # In terms of m = s tanh(beta Delta); 1 - m and 1 - m^2 without cancellation.
        x = 2 * self.beta * labels * delta
        m, one_minus = np.tanh(x / 2), 2 * expit(-x)
        slope = 2 * one_minus * expit(x)
        second = (self.beta * slope) * (self.beta * (slope / 2 + m * one_minus))
        return one_minus**2 / 4, -labels * self.beta * slope * one_minus / 2, second


def check_loss(beta, loss="mse", gamma=None, output=None):
    """Make a Loss from the parameters of the user.

    Parameters
    ----------
    beta : float
        Steepness of the units.
    loss : {"mse", "ce"}, default="mse"
        Name of the loss.
    gamma : float or None, default=None
        Steepness of the cross-entropy; required for "ce", None otherwise.
    output : {"tanh", "identity"} or None, default=None
        Output of the mse; None stands for "tanh".

    Returns
    -------
    loss : Loss
        The loss, with checked parameters.

    Raises
    ------
    ValueError
        If a parameter is wrong or would have no effect.
    """
    check_positive("beta", beta, "for instance what smallest_beta returns")
    if not is_one_of(loss, LOSSES):
        raise ValueError(f"loss={shown(loss)} is not known: use one of {LOSSES}.")
    if loss == "ce":
        if output is not None:
            raise ValueError(
                f"output={shown(output)} has no effect on loss='ce': leave it None."
            )
        check_positive("gamma", gamma, "for instance the one of the training")
        return Loss("ce", beta, gamma)
    if gamma is not None:
        raise ValueError(
            f"gamma={shown(gamma)} has no effect on loss='mse': leave it None, or use "
            "loss='ce'."
        )
    if not is_one_of(output, (None, *OUTPUTS)):
        raise ValueError(f"output={shown(output)} is not known: use one of {OUTPUTS}.")
    return Loss("mse", beta, None, output or "tanh")
