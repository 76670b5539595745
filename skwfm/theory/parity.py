"""Parity machines: typical volumes, and the capacity of two units.

Fields at q = 0 are independent coin flips, and q = 0 always solves the equations. It is
stable for three units or more, whose ``log Phi`` has no second derivatives there. Two
units have one,

    d1 d2 log Phi = (2 / pi) tanh(beta / 2),

so that the replicon ``2 alpha (2 / pi)^2 tanh(beta / 2)^2`` passes one at alpha =
pi^2 / 8 (for solutions), and q grows from zero beyond.
"""

import math

import numpy as np
from scipy.optimize import minimize
from scipy.special import ndtr
from scipy.stats import norm

from skwfm.theory.numerics.gaussian import composite_rule, gaussian_rule
from skwfm.theory.typical import (
    SolutionEntropy,
    binary_entropy,
    coin_flip_error,
    spherical_volume,
)

PAIR_STABILITY = math.pi**2 / 8
"""Patterns per weight above which two units have typical solutions with q > 0."""

PAIR_RS_CAPACITY = 2 / (1 - 2 / math.pi)
"""Where q reaches one: half of the fields are wrong, ``E min(v1^2, v2^2) = 1 - 2/pi``
is the squared distance of those."""


def coin_flip_stability(n_hidden, alpha, beta_ne):
    """Replicon number of a parity machine at q = 0.

    Parameters
    ----------
    n_hidden : int or inf
        At least two.
    alpha : float
        Patterns per weight.
    beta_ne : float
        Inverse temperature.

    Returns
    -------
    stability : float
        Zero for three units or more.
    """
    return alpha / PAIR_STABILITY * math.tanh(beta_ne / 2) ** 2 if n_hidden == 2 else 0


def parity_volume(n_hidden, alpha, weights, beta_ne=math.inf):
    """Typical volume of a parity machine; see :func:`solution_entropy`.

    Parameters
    ----------
    n_hidden : int or inf
        At least two.
    alpha : float
        Patterns per weight.
    weights : {"spherical", "binary"}
        Which weights there are.
    beta_ne : float, default=inf
        Inverse temperature.

    Returns
    -------
    volume : SolutionEntropy
        Replica symmetric.
    """
    stability = float(coin_flip_stability(n_hidden, alpha, beta_ne))
    if stability < 1:
        return _coin_flips(alpha, weights, beta_ne, stability)
    volume = spherical_volume if weights == "spherical" else binary_entropy
    return volume(n_hidden, alpha, beta_ne, parity=True)


def _coin_flips(alpha, weights, beta_ne, stability):
    """Result at q = 0: every pattern is a coin flip for the weights that count.

    At ``beta_ne=inf`` each pattern halves the volume.
    """
    start = math.log(2) if weights == "binary" else 0.0
    wrong = coin_flip_error(beta_ne)
    # log of the mean of 1 and e^-beta
    log_weight = -math.log(2) + (math.log1p(math.exp(-beta_ne)) if wrong else 0.0)
    cost = beta_ne * wrong if wrong else 0.0
    return SolutionEntropy(
        start + alpha * log_weight + alpha * cost,
        0.0,
        0.0,
        stability,
        0.0,
        log_volume=alpha * log_weight,
        expected_error_rate=wrong,
    )


class PairBreaking:
    """One-step symmetry breaking at capacity, two units: q1 -> 1, m -> 0.

    The formula is that of three units of a committee. A field is right where both
    units have one sign, and elsewhere the smaller of the two sizes is its distance:
    conditioning on it makes the inner average one-dimensional.

    Parameters
    ----------
    order : int, default=8
        Nodes per panel.
    """

    def __init__(self, order=8):
        half = [0.4, 1.0, 2.0, 4.0, 8.5]
        self.v, self.w = gaussian_rule([-x for x in half[::-1]] + [0.0, *half], order)
        edges = [0.0, 0.1, 0.25, 0.5, 0.8, 1.2, 1.8, 2.6, 3.6, 5.0, 7.0, 10.0]
        self.t, self.dt = composite_rule(edges, order)

    def alpha(self, c, q0):
        """Capacity bound at given parameters.

        Parameters
        ----------
        c : float
            Positive, the limit of m / (1 - q1).
        q0 : float
            Overlap of two clusters of solutions, in [0, 1).

        Returns
        -------
        alpha : float
        """
        s, mean = math.sqrt(1 - q0), math.sqrt(q0) * self.v[:, None]
        damped = self.dt * np.exp(-c * self.t**2 / 2)
        # Per node of v: a unit has this size and sign, or a larger one.
        up, down = (norm.pdf(x, mean, s) * damped for x in (self.t, -self.t))
        above, below = (ndtr((x - self.t) / s) for x in (mean, -mean))
        positive = ndtr(mean[:, 0] / s)
        right = np.outer(positive, positive) + np.outer(1 - positive, 1 - positive)
        # The first is up and the second down; the smaller size is either one's.
        wrong = up @ below.T + above @ down.T
        total = float(self.w @ np.log(right + wrong + wrong.T) @ self.w)
        spread = 1 + c * (1 - q0)
        return 0.5 * (math.log(spread) + c * q0 / spread) / -total

    def minimum(self):
        """Smallest bound over c and q0; q0 = 0 is not the best.

        Returns
        -------
        alpha : float
        """

        def objective(x):
            return self.alpha(math.exp(x[0]), 1 / (1 + math.exp(-x[1])))

        options = {"xatol": 1e-3, "fatol": 1e-9}
        return minimize(
            objective, [2.0, 0.0], method="Nelder-Mead", options=options
        ).fun
