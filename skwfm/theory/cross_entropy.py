"""Gibbs measure of the cross-entropy loss over binary weights, and where it freezes."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from skwfm.theory.numerics.gaussian import gaussian_rule, graded_edges
from skwfm.theory.numerics.loss_averages import X_NODES, X_WEIGHTS, loss_averages
from skwfm.theory.typical import (
    first_crossing,
    mean_log_cosh,
    mean_square_sech,
    spin_entropy,
    spin_replicon,
)

FIELD_ORDERS = (6, 8)
LOG_BETA_RANGE = (-6.0, 500.0)
SCAN_START, SCAN_STOP, SCAN_STEP = 1e-9, 14.0, 0.1
"""Scan of -log(1 - q) for the saddle. Entropies beyond are below 1e-6: unresolved."""

MAX_JUMP = 0.5
"""A root further up than this from the one before belongs to another branch."""

LOG_BETA_STEP = 0.25
"""Least step in log(beta) of the walk to zero entropy; small, to stay on one branch."""

STEP_SHARE = 0.4
"""Part of the extrapolated way to the zero that one step of the walk covers."""

ENTROPY_TOLERANCE = 1e-6
"""How near zero the entropy must come for its zero to count as found."""

LOST = 1.0
"""Stands for minus the entropy where the saddle is lost: below any entropy."""

FIELD_WIDTH = 1.5
"""Panels of the field rule near a bend, in units of ``sqrt(1 - q)``."""


@dataclass(frozen=True)
class _Saddle:
    q: float
    conjugate: float
    free_entropy: float
    mean_loss: float
    entropy: float
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
        self.order = order
        self._guess = 0.0

    def _field_rule(self, rest, beta):
        """Rule over the field, narrow where the mean of its tilted law bends.

        The loss moves a preactivation by at most ``beta (1 - q)``, fully where it is
        far below zero and not at all far above; both bends are softened by 1/gamma.
        Halfway between them the mode changes sign, and with it the fraction of wrong
        answers jumps. All this happens within ``sqrt(1 - q)``, which is narrow at low
        temperature.
        """
        reach = beta * rest
        soft = 0.0
        if self.gamma < math.inf:
            soft = math.log1p(2 * self.gamma * reach) / (2 * self.gamma)
        bends = np.array([-reach - soft, -0.5 * reach, soft]) / math.sqrt(1 - rest)
        return gaussian_rule(
            graded_edges(bends, FIELD_WIDTH * math.sqrt(rest)), self.order
        )

    def averages(self, rest, beta):
        """Averages over the field at overlap ``1 - rest``; see `loss_averages`."""
        rule = self._field_rule(rest, beta)
        return loss_averages(*rule, rest, beta, self.gamma, X_NODES, X_WEIGHTS)

    def free_entropy(self, q, conjugate, beta):
        """Free entropy as a function of both order parameters."""
        energy = self.alpha * self.averages(1 - q, beta)[0]
        return -0.5 * conjugate * (1 - q) + mean_log_cosh(conjugate) + energy

    def _rest(self, beta):
        """``1 - q`` at the first self-consistent overlap; None if there is none.

        The scan goes up, uniform in ``u = -log(1 - q)``, and starts just below the
        overlap of the call before, when that is still below the root.
        """

        def excess(u):
            square = self.averages(math.exp(-u), beta)[2]
            return -math.log(mean_square_sech(self.alpha * square)) - u

        start = max(self._guess - SCAN_STEP, SCAN_START)
        if excess(start) <= 0:
            start = SCAN_START
        root = first_crossing(excess, start, SCAN_STOP, SCAN_STEP)
        if root is None or (self._guess and root > self._guess + MAX_JUMP):
            return None
        self._guess = root
        return math.exp(-root)

    def solve(self, beta):
        """Order parameters and averages at the saddle; None where it is lost."""
        rest = self._rest(beta)
        if rest is None:
            return None
        averages = map(float, self.averages(rest, beta))
        log_z, loss, square, curvature, wrong, share = averages
        conjugate = self.alpha * square
        phi = -0.5 * conjugate * rest + mean_log_cosh(conjugate) + self.alpha * log_z
        return _Saddle(
            q=1 - rest,
            conjugate=conjugate,
            free_entropy=phi,
            mean_loss=loss,
            # Equal to phi + beta alpha loss, whose terms grow like beta and cancel.
            entropy=spin_entropy(conjugate) + self.alpha * share,
            error_rate=wrong,
            replicon=self.alpha * curvature * spin_replicon(conjugate),
        )

    def entropy(self, beta):
        """Entropy per weight at the saddle; NaN where it is lost."""
        saddle = self.solve(beta)
        return math.nan if saddle is None else saddle.entropy

    def zero_entropy_beta(self, guess=1.0):
        """Where the entropy vanishes and the measure freezes; NaN if it never does."""

        def minus_entropy(log_beta):
            entropy = self.entropy(math.exp(log_beta))
            # The saddle is lost at low temperature only: the root lies before.
            return LOST if math.isnan(entropy) else -entropy

        beta = math.exp(self._first_zero(minus_entropy, guess))
        saddle = self.solve(beta)
        # Running off the end of the scan looks like a zero, since S vanishes there.
        found = (
            saddle is not None
            and abs(saddle.entropy) < ENTROPY_TOLERANCE
            and -math.log1p(-saddle.q) < SCAN_STOP - 1
        )
        return beta if found else math.nan

    @staticmethod
    def _first_zero(minus_entropy, start):
        """First sign change, approached in steps that stay short of it."""
        value = minus_entropy(start)
        direction = -1.0 if value > 0 else 1.0
        low, stop = start, LOG_BETA_RANGE[direction > 0]
        step = LOG_BETA_STEP
        while direction * (stop - low) > 0:
            high = low + direction * step
            new = minus_entropy(high)
            if new == LOST and step > LOG_BETA_STEP:
                # Perhaps only out of reach from here: the branch has moved too far.
                step = LOG_BETA_STEP
                continue
            if direction * new >= 0:
                return brentq(minus_entropy, low, high, xtol=1e-10)
            slope = direction * (new - value) / step
            to_go = -direction * new / slope if slope > 0 else step
            step = min(2 * step, max(LOG_BETA_STEP, STEP_SHARE * to_go))
            low, value = high, new
        return stop
