"""Binary perceptron: solutions, and minimisers of the cross-entropy loss (Fig. 2)."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from skwfm.theory.capacity import capacity
from skwfm.theory.checks import check_alpha, check_gamma, warn_lost
from skwfm.theory.numerics.gaussian import gaussian_rule
from skwfm.theory.numerics.loss_averages import X_NODES, X_WEIGHTS, loss_averages
from skwfm.theory.solution_entropy import solution_entropy
from skwfm.theory.typical import (
    first_crossing,
    mean_log_cosh,
    mean_square_tanh,
    spin_replicon,
)

FIELD_EDGES = np.linspace(-8.5, 8.5, 11)
FIELD_ORDERS = (7, 10)
LOG_BETA_RANGE = (-6.0, 500.0)
SCAN_START, SCAN_STOP, SCAN_STEP = 1e-9, 9.0, 0.1
"""Scan of -log(1 - q) for the saddle; beyond 9 the weights are as good as frozen."""

MAX_JUMP = 0.5
"""A root further up than this from the one before belongs to another branch."""

LOG_BETA_STEP = 0.25
"""Step in log(beta) of the walk to zero entropy; small, to stay on one branch."""

FAR_ENTROPY = 0.2
"""Above this entropy the walk takes double steps."""

ENTROPY_TOLERANCE = 1e-6
"""How near zero the entropy must come for its zero to count as found."""


def binary_perceptron_entropy(alpha):
    """Entropy of the solutions of the binary perceptron.

    Parameters
    ----------
    alpha : float
        Patterns per weight, below the capacity 0.8331.

    Returns
    -------
    result : SolutionEntropy
        With ``.entropy`` (nats per weight), ``.overlap`` and ``.conjugate``.

    Raises
    ------
    ValueError
        If ``alpha`` is negative or at least the capacity.

    References
    ----------
    W. Krauth and M. Mezard, J. Phys. France 50, 3057 (1989).

    Examples
    --------
    >>> from skwfm.theory import binary_perceptron_entropy
    >>> round(binary_perceptron_entropy(0.4).entropy, 6)
    0.396455
    """
    return solution_entropy("perceptron", 1, alpha, weights="binary")


@dataclass(frozen=True)
class CrossEntropyMinimum:
    """Minimisers of the cross-entropy loss of the binary perceptron.

    Parameters
    ----------
    error_rate : float
        Fraction of training patterns classified wrongly.
    energy : float
        Loss per weight, ``alpha`` times the mean loss of a pattern.
    beta : float
        Inverse temperature at which the entropy vanishes; infinite if it stays
        positive (hard loss below the capacity: the minimisers are the solutions).
    overlap, conjugate : float
        Order parameters q and qh there.
    entropy : float
        Entropy there: zero, or that of the solutions if ``beta`` is infinite.
    stability : float
        Replicon number; the replica-symmetric saddle is stable below 1.
    error : float
        Estimated absolute error of ``error_rate``.
    """

    error_rate: float
    energy: float
    beta: float
    overlap: float
    conjugate: float
    entropy: float
    stability: float
    error: float

    @property
    def rs_stable(self):
        """Whether the replica-symmetric saddle is locally stable.

        Returns
        -------
        rs_stable : bool
            False where replica symmetry is broken.
        """
        return self.stability < 1

    @property
    def converged(self):
        """Whether a saddle of zero entropy was found; everything is NaN if not.

        Returns
        -------
        converged : bool
            Whether the numbers mean anything.
        """
        return not math.isnan(self.beta)


@dataclass(frozen=True)
class _Saddle:
    q: float
    conjugate: float
    free_entropy: float
    mean_loss: float
    error_rate: float
    replicon: float


class CrossEntropyModel:
    """Gibbs measure of the cross-entropy loss over binary weights.

        phi = -qh (1-q)/2 + E ln 2cosh(sqrt(qh) z) + alpha E ln Z0,
        Z0 = int Dz1 exp(-beta f_gamma(sqrt(q) z0 + sqrt(1-q) z1)).

    Parameters
    ----------
    alpha, gamma : float
    order : int
        Nodes per panel of the field rule.
    """

    def __init__(self, alpha, gamma, order=FIELD_ORDERS[0]):
        self.alpha = alpha
        self.gamma = gamma
        self.rule = gaussian_rule(FIELD_EDGES, order)
        self._guess = 0.0

    def averages(self, q, beta):
        """Averages over the field; see `loss_averages`."""
        return loss_averages(*self.rule, q, beta, self.gamma, X_NODES, X_WEIGHTS)

    def free_entropy(self, q, conjugate, beta):
        """Free entropy as a function of both order parameters."""
        energy = self.alpha * self.averages(q, beta)[0]
        return -0.5 * conjugate * (1 - q) + mean_log_cosh(conjugate) + energy

    def _overlap(self, beta):
        """First overlap that reproduces itself, scanning up; None if there is none.

        The scan is uniform in ``-log(1 - q)`` and starts just below the overlap of
        the call before, when that is still below the root.
        """

        def excess(u):
            q = -math.expm1(-u)
            return mean_square_tanh(self.alpha * self.averages(q, beta)[2]) - q

        start = max(self._guess - SCAN_STEP, SCAN_START)
        if excess(start) <= 0:
            start = SCAN_START
        root = first_crossing(excess, start, SCAN_STOP, SCAN_STEP)
        if root is None or (self._guess and root > self._guess + MAX_JUMP):
            return None
        self._guess = root
        return -math.expm1(-root)

    def solve(self, beta):
        """Order parameters and averages at the saddle; None where it is lost."""
        q = self._overlap(beta)
        if q is None:
            return None
        log_z, loss, square, curvature, wrong = map(float, self.averages(q, beta))
        conjugate = self.alpha * square
        phi = -0.5 * conjugate * (1 - q) + mean_log_cosh(conjugate) + self.alpha * log_z
        replicon = self.alpha * curvature * spin_replicon(conjugate)
        return _Saddle(q, conjugate, phi, loss, wrong, replicon)

    def entropy(self, beta):
        """Entropy per weight at the saddle; NaN where it is lost."""
        saddle = self.solve(beta)
        if saddle is None:
            return math.nan
        return saddle.free_entropy + beta * self.alpha * saddle.mean_loss

    def zero_entropy_beta(self, guess=1.0):
        """Where the entropy vanishes and the measure freezes; NaN if it never does."""

        def minus_entropy(log_beta):
            entropy = self.entropy(math.exp(log_beta))
            # The saddle is lost at low temperature only: the root lies before.
            return 1.0 if math.isnan(entropy) else -entropy

        root = self._first_zero(minus_entropy, guess)
        lost = abs(minus_entropy(root)) > ENTROPY_TOLERANCE
        return math.nan if lost else math.exp(root)

    @staticmethod
    def _first_zero(minus_entropy, start):
        """First sign change, walking in the direction of the zero in equal steps."""
        direction = -1.0 if minus_entropy(start) > 0 else 1.0
        low, stop = start, LOG_BETA_RANGE[direction > 0]
        value = minus_entropy(low)
        while direction * (stop - low) > 0:
            far = 2.0 if abs(value) > FAR_ENTROPY else 1.0
            high = low + direction * LOG_BETA_STEP * far
            value = minus_entropy(high)
            if direction * value >= 0:
                return brentq(minus_entropy, low, high, xtol=1e-10)
            low = high
        return stop


def _solutions_as_minimum(alpha):
    """Hard loss below the capacity: the minimisers are the typical solutions."""
    result = binary_perceptron_entropy(alpha)
    return CrossEntropyMinimum(
        error_rate=0.0,
        energy=0.0,
        beta=math.inf,
        overlap=result.overlap,
        conjugate=result.conjugate,
        entropy=result.entropy,
        stability=result.stability,
        error=0.0,
    )


def cross_entropy_error_rate(alpha, gamma):
    """Error rate of the minimisers of the cross-entropy loss, binary perceptron.

    The loss of a pattern is ``f_gamma(x) = -x/2 + log(2 cosh(gamma x)) / (2 gamma)``
    of its stability ``x = s w.xi / sqrt(N)``. Its minimisers are described by the
    replica-symmetric measure at the temperature where the entropy vanishes (frozen
    one-step symmetry breaking).

    Parameters
    ----------
    alpha : float
        Patterns per weight, positive; it may exceed the capacity.
    gamma : float
        Robustness parameter, positive; ``numpy.inf`` is the hinge ``max(-x, 0)``.

    Returns
    -------
    minimum : CrossEntropyMinimum
        With ``.error_rate``, ``.beta`` (zero-entropy), ``.energy``, ``.overlap``,
        ``.stability``, ``.rs_stable``, ``.error``. The saddle is unstable for
        ``gamma=1`` from alpha = 0.27 on; the numbers are then approximate.

    Raises
    ------
    ValueError
        If ``alpha`` or ``gamma`` is not positive.

    References
    ----------
    C. Baldassi, F. Pittorino, R. Zecchina, PNAS 117, 161 (2020), Fig. 2.

    Examples
    --------
    >>> from skwfm.theory import cross_entropy_error_rate
    >>> round(cross_entropy_error_rate(0.8, 5.0).error_rate, 4)
    0.0082
    """
    gamma = check_gamma(gamma)
    alpha = check_alpha(alpha)
    if alpha == 0:
        raise ValueError("alpha must be > 0: without patterns there is no error rate.")
    if gamma == math.inf and alpha < solution_limit():
        return _solutions_as_minimum(alpha)
    model = CrossEntropyModel(alpha, gamma)
    beta = model.zero_entropy_beta()
    if math.isnan(beta):
        warn_lost([False], "loads")
        return CrossEntropyMinimum(*8 * (math.nan,))
    coarse = model.solve(beta)
    model.rule = gaussian_rule(FIELD_EDGES, FIELD_ORDERS[1])
    fine = model.solve(beta)
    return CrossEntropyMinimum(
        error_rate=fine.error_rate,
        energy=alpha * fine.mean_loss,
        beta=beta,
        overlap=fine.q,
        conjugate=fine.conjugate,
        entropy=fine.free_entropy + beta * alpha * fine.mean_loss,
        stability=fine.replicon,
        error=abs(fine.error_rate - coarse.error_rate),
    )


def solution_limit():
    """Capacity of the binary perceptron."""
    return capacity("perceptron", 1, "binary", "rs")
