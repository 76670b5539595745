"""Free entropy of solutions constrained to a distance from a reference.

The reference is a typical minimiser, with overlap Q and field Qh; the constrained
weights solve all patterns at overlap ``p = 1 - 2 D`` from it. With t their overlap
with the other references and q among themselves,

    S(D) = ext  -p ph + t th - qh (1-q)/2
      + E_z sum_s e^{s sqrt(Qh) z} / (2 cosh) E_x ln 2cosh(th z / sqrt(Qh)
            + sqrt(qh - th^2/Qh) x + (ph - th) s)
      + alpha E_z < E_x ln H[-(t z / sqrt(Q) + c w + sigma x) / sqrt(1-q)] >_w,

c = (p - t) / sqrt(1-Q), sigma^2 = q - t^2/Q - c^2, and w weighted by the loss of the
reference.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, root

from skwfm.theory.binary_perceptron import binary_perceptron_entropy
from skwfm.theory.numerics.gaussian import gaussian_rule, graded_edges
from skwfm.theory.numerics.loss_averages import X_NODES, X_WEIGHTS, constrained_averages

FIELD_EDGES = np.linspace(-8.0, 8.0, 9)
FIELD_ORDERS = (4, 6)
OWN_EDGES = np.linspace(-7.0, 7.0, 7)
OWN_ORDER = 6
SPIN_WIDTH = 0.05
SPIN_ORDERS = (8, 10)
FREE_EDGES = graded_edges([0.0], 0.25)
FREE_ORDERS = (6, 8)
MAX_STEP = 0.025
"""Largest step in distance when the saddle is continued."""

MAX_ERROR = 1e-3
"""A point whose quadratures differ by more is lost: close to the reference, or around
a nearly frozen one, fields are so strong that the rules step over the kinks."""

RESIDUAL = 1e-8
MAX_ITERATIONS = 300
SPREAD_SLACK = 1e-6
"""Negative variances down to this are rounding, and count as zero."""

SMALLEST_SPREAD = 1e-9
"""Least variance that the constrained replicas keep on their own."""


@dataclass(frozen=True)
class Reference:
    """Law of the reference: overlap Q, field Qh, temperature and loss."""

    overlap: float
    conjugate: float
    beta: float
    gamma: float


class ConstrainedSolutions:
    """Free entropy of solutions at fixed overlap with a reference.

    Parameters
    ----------
    alpha : float
    reference : Reference
    """

    def __init__(self, alpha, reference):
        self.alpha = alpha
        self.reference = reference
        self._fields = [gaussian_rule(FIELD_EDGES, order) for order in FIELD_ORDERS]
        self._own = gaussian_rule(OWN_EDGES, OWN_ORDER)
        self._spins = [
            self._spin_rule(*orders)
            for orders in zip(SPIN_ORDERS, FREE_ORDERS, strict=True)
        ]
        self._use(0)

    def _spin_rule(self, spin_order, free_order):
        """Nodes z and x with weights, and the reference's magnetisation at z."""
        # The reference's weights freeze at fields z of 1 / sqrt(Qh).
        strength = math.sqrt(self.reference.conjugate)
        edges = graded_edges([0.0], min(SPIN_WIDTH, 1 / strength))
        z, wz = gaussian_rule(edges, spin_order)
        x, wx = gaussian_rule(FREE_EDGES, free_order)
        tanh = np.tanh(strength * z)
        # s -> -s is undone by z -> -z, x -> -x: only s = +1 is integrated.
        return z[:, None], wz * (1 + tanh), x[None, :], wx, tanh[:, None]

    def _use(self, level):
        """Integrate over the weights' fields by the coarse rule (0) or the fine (1)."""
        rule = self._spins[level]
        self._z, self._wz, self._x, self._wx, self._magnetisation = rule

    def allowed(self, p, t, q):
        """Whether overlaps p, t, q belong to real vectors."""
        Q = self.reference.overlap
        least = t * t / Q + (p - t) ** 2 / (1 - Q)
        return least - SPREAD_SLACK < q < 1

    def patterns(self, p, t, q, level=0):
        """Averages over patterns; see `constrained_averages`."""
        ref = self.reference
        return constrained_averages(
            *self._fields[level],
            *self._own,
            ref.overlap,
            (p, t, q),
            ref.beta,
            ref.gamma,
            X_NODES,
            X_WEIGHTS,
        )

    def conjugates(self, p, t, averages):
        """Fields qh and th from the averages over patterns."""
        Q = self.reference.overlap
        c = (p - t) / math.sqrt(1 - Q)
        variance_slope = 2 * c / math.sqrt(1 - Q) - 2 * t / Q
        th = -self.alpha * (averages[3] + 0.5 * averages[2] * variance_slope)
        return self.alpha * averages[1], th

    def _field(self, ph, qh, th):
        """Argument of ``ln 2cosh`` at s = +1, over z and x."""
        Qh = self.reference.conjugate
        spread = math.sqrt(max(qh - th**2 / Qh, 0.0))
        return th * self._z / math.sqrt(Qh) + spread * self._x + (ph - th)

    def _spin_average(self, values):
        return float(self._wz @ values @ self._wx)

    def aligning_field(self, p, qh, th):
        """Field ph that gives overlap p with the reference."""

        def excess(ph):
            return self._spin_average(np.tanh(self._field(ph, qh, th))) - p

        top = 1.0
        while excess(top) < 0:
            top *= 2
        return brentq(excess, -top, top, xtol=1e-13)

    def update(self, p, t, q):
        """Overlaps produced by the fields that overlaps t and q produce."""
        averages = self.patterns(p, t, q)
        qh, th = self.conjugates(p, t, averages)
        if th**2 > qh * self.reference.conjugate * (1 + SPREAD_SLACK):
            return None
        tanh = np.tanh(self._field(self.aligning_field(p, qh, th), qh, th))
        return self._spin_average(self._magnetisation * tanh), self._spin_average(
            tanh**2
        )

    def _overlaps(self, p, state):
        """Overlaps t and q from the excess ``c = (p - t) / sqrt(1 - Q)`` and q."""
        c, q = state
        return p - math.sqrt(1 - self.reference.overlap) * c, q

    def residual(self, state, p):
        """State produced minus state put in; large where meaningless."""
        t, q = self._overlaps(p, state)
        produced = self.update(p, t, q) if self.allowed(p, t, q) else None
        if produced is None:
            return np.array([1.0, 1.0])
        excess = (p - produced[0]) / math.sqrt(1 - self.reference.overlap)
        return np.array([excess, produced[1]]) - state

    def saddle(self, p, start):
        """State (c, q) at the saddle, or None where it is lost.

        Newton's method where it succeeds, damped iteration where it leaves the
        region of real vectors.
        """
        found = root(self.residual, start, args=(p,), tol=1e-10).x
        if np.abs(self.residual(found, p)).max() < RESIDUAL:
            return found
        state = np.array(start)
        for _ in range(MAX_ITERATIONS):
            t, q = self._overlaps(p, state)
            least = t * t / self.reference.overlap + state[0] ** 2 + SMALLEST_SPREAD
            state[1] = max(q, least)
            change = self.residual(state, p)
            if np.abs(change).max() < RESIDUAL:
                return state
            state = state + 0.5 * change
        return None

    def free_entropy(self, p, t, q, fields=None, level=0):
        """Free entropy; stationary in t, q and the fields (ph, qh, th)."""
        averages = self.patterns(p, t, q, level)
        if fields is None:
            qh, th = self.conjugates(p, t, averages)
            fields = (self.aligning_field(p, qh, th), qh, th)
        ph, qh, th = fields
        self._use(level)
        field = self._field(ph, qh, th)
        spins = self._spin_average(np.logaddexp(field, -field))
        self._use(0)
        prior = -p * ph + t * th - 0.5 * qh * (1 - q)
        return prior + spins + self.alpha * float(averages[0])

    def equilibrium(self):
        """Overlaps of solutions that feel the patterns only, not the reference.

        Then every reference is the same, p = t and ph = th, and q is that of typical
        solutions: the saddle from which the others are continued.
        """
        q = binary_perceptron_entropy(self.alpha).overlap

        # The largest t possible is reached when the reference is itself a solution.
        top = math.sqrt(q * self.reference.overlap) * (1 - SMALLEST_SPREAD)
        t, change = 0.5 * top, 1.0
        while abs(change) > RESIDUAL:
            qh, th = self.conjugates(t, t, self.patterns(t, t, q))
            tanh = np.tanh(self._field(th, qh, th))
            new = min(self._spin_average(self._magnetisation * tanh), top)
            t, change = new, new - t
        return t, np.array([0.0, q])

    def solve(self, distances):
        """Entropy, error and saddle at every distance, continued from equilibrium."""
        results = np.full((distances.size, 4), np.nan)
        p, state = self.equilibrium()
        origin = (1 - p) / 2
        inwards, outwards = distances <= origin, distances > origin
        for side in (inwards, outwards):
            order = np.flatnonzero(side)
            order = order[np.argsort(np.abs(distances[order] - origin))]
            self._continue(origin, state, distances, order, results)
        return results

    def _continue(self, position, state, distances, order, results):
        """Fill results going away from a known saddle, until it is lost."""
        previous = None
        for i in order:
            n_steps = max(math.ceil(abs(position - distances[i]) / MAX_STEP), 1)
            for target in np.linspace(position, distances[i], n_steps + 1)[1:]:
                guess = _extrapolate(previous, position, state, target)
                new = self.saddle(1 - 2 * target, guess)
                if new is None:
                    return
                previous, position, state = (position, state), target, new
            p = 1 - 2 * distances[i]
            t, q = self._overlaps(p, state)
            coarse = self.free_entropy(p, t, q)
            fine = self.free_entropy(p, t, q, level=1)
            if abs(fine - coarse) > MAX_ERROR:
                return
            results[i] = fine, abs(fine - coarse), t, q


def _extrapolate(previous, position, state, target):
    """Linear continuation of the saddle to the next distance."""
    if previous is None or previous[0] == position:
        return state
    slope = (state - previous[1]) / (position - previous[0])
    return state + slope * (target - position)
