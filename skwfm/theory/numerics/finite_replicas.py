"""Local entropy of a finite number of replicas at fixed mutual overlap.

    V1 = min_{q0} { ln[(1-q1 + y (q1-q0)) / (1-q1 + y q1)] / (2 y)
                    + q0 / (2 (1-q1 + y (q1-q0)))
                    + alpha / y  E_v ln E_u Phi^y },
    a_l = (sqrt(q1-q0) u_l + sqrt(q0) v_l) / sqrt(1-q1).

Phi^y is a polynomial in the H(a_l): which replicas have which unit wrong. So the
inner average over K variables is a sum of products of one-dimensional integrals,
``E_u H^(y-n) (1-H)^n``. Replicas pushed further apart than typical solutions have
q0 > q1; the variance of u is then negative and the integral runs along the imaginary
axis, through the real saddle point, where it is an orthant probability still.

At a finite inverse temperature replicas that answer wrongly count too, with ``e^-beta``
each: the polynomial has more terms, all of them positive.
"""

import math

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import gammaln, log_ndtr, logsumexp

from skwfm.theory.numerics.gaussian import GAUSS_RANGE, LOG_SQRT_2PI, gaussian_rule
from skwfm.theory.wide_minima import effective_overlap

LOWEST_LOG_A = -7.0
"""Lower end of log(1 + A), A = y (q1 - q0) / (1 - q1), in the search for q0."""

SEARCH_TOLERANCE = 1e-6
N_CONTOUR = 160
"""Trapezoidal nodes of the inner integrals, on a sinh scale."""

FAR = 1e3
"""Beyond this field the Mills ratio is its asymptotic series."""

WIDE = 100.0
"""Variance above which the integrand has two scales, its own and that of the bend of
log H at zero, which a path centred on the saddle point alone steps over."""

WIDE_GROWTH, WIDE_ORDER = 1.5, 8
"""Growth of the panels away from saddle point and bend, and their nodes."""

MAX_ERROR = 1e-2
"""A point whose quadratures differ by more is lost."""

NEWTON_STEPS = 60
EDGES = np.array([-8.5, -4.0, -2.0, -0.7, 0.0, 0.7, 2.0, 4.0, 8.5])


def _powers(a, n_right, n_wrong):
    """Log of ``H(a)^n_right (1 - H(a))^n_wrong`` and two derivatives (a real)."""
    value = n_right * log_ndtr(-a) + n_wrong * log_ndtr(a)
    near = np.clip(a, -FAR, FAR)
    log_density = -0.5 * near**2 - LOG_SQRT_2PI
    mills_right = np.exp(log_density - log_ndtr(-near))
    mills_wrong = np.exp(log_density - log_ndtr(near))
    slope = -n_right * mills_right + n_wrong * mills_wrong
    curvature = n_right * mills_right * (near - mills_right)
    curvature -= n_wrong * mills_wrong * (near + mills_wrong)
    # The Mills ratio, lost to rounding there, is |a| + 1 / |a| or zero.
    n_failing = np.where(a > 0, n_right, n_wrong)
    far = np.abs(a) > FAR
    slope = np.where(far, -n_failing * (a + 1 / np.where(far, a, 1.0)), slope)
    return value, slope, np.where(far, -n_failing, curvature)


def _saddle(centre, variance, n_right, n_wrong):
    """Real solution of ``a = centre + variance * slope(a)``, by damped Newton."""
    a = np.broadcast_to(centre, np.broadcast_shapes(centre.shape, n_right.shape)).copy()
    _, slope, curvature = _powers(a, n_right, n_wrong)
    residual = a - centre - variance * slope
    for _ in range(NEWTON_STEPS):
        step = -residual / (1 - variance * curvature)
        length = np.ones_like(a)
        for _ in range(NEWTON_STEPS):
            trial = a + length * step
            _, slope, trial_curvature = _powers(trial, n_right, n_wrong)
            new = trial - centre - variance * slope
            worse = np.abs(new) > np.abs(residual) * (1 + 1e-9) + 1e-12
            if not worse.any():
                break
            length = np.where(worse, length / 2, length)
        a, residual, curvature = trial, new, trial_curvature
        if np.abs(step).max() < 1e-10 * (1 + np.abs(a).max()):
            break
    return a


def log_unit_averages(centre, variance, n_replicas, max_wrong=None):
    """Log of ``E_u H(a)^(y-n) (1-H(a))^n`` for ``n = 0..y``, ``a = centre + sd u``.

    Parameters
    ----------
    centre : ndarray of shape (n_fields,)
    variance : float
        Of a; may be negative down to ``-1 / y``.
    n_replicas : int
    max_wrong : int or None, default=None
        Largest n wanted; all of them by default.

    Returns
    -------
    log_average : ndarray of shape (max_wrong + 1, n_fields)
    """
    max_wrong = n_replicas if max_wrong is None else max_wrong
    n_wrong = np.arange(max_wrong + 1.0)[:, None]
    n_right = n_replicas - n_wrong
    if variance == 0:
        return _powers(centre[None, :], n_right, n_wrong)[0]
    a = _saddle(centre[None, :], variance, n_right, n_wrong)
    if variance > WIDE:
        return _log_wide_average(a, centre, variance, n_right, n_wrong)
    value, _, curvature = _powers(a, n_right, n_wrong)
    exponent = value - (a - centre) ** 2 / (2 * variance)
    precision = np.abs(1 / variance - curvature)
    slowest = 1 / variance if variance > 0 else -1 / variance - n_replicas
    reach = np.arcsinh(GAUSS_RANGE * np.sqrt(precision / slowest))
    s = np.linspace(-1, 1, N_CONTOUR)
    path = np.sinh(reach[..., None] * s) / np.sqrt(precision)[..., None]
    jacobian = np.cosh(reach[..., None] * s) * (reach / np.sqrt(precision))[..., None]
    z = a[..., None] + (path if variance > 0 else 1j * path)
    integrand = n_right[..., None] * log_ndtr(-z) + n_wrong[..., None] * log_ndtr(z)
    integrand = integrand - (z - centre[:, None]) ** 2 / (2 * variance)
    ratio = np.exp(integrand - exponent[..., None]).real * jacobian
    integral = ratio.sum(axis=-1) * (s[1] - s[0])
    with np.errstate(invalid="ignore", divide="ignore"):
        return exponent + np.log(integral) - 0.5 * math.log(2 * math.pi * abs(variance))


def _log_wide_average(a, centre, variance, n_right, n_wrong):
    """The same by panels that grow away from the saddle ``a`` and from the bend."""
    _, _, curvature = _powers(a, n_right, n_wrong)
    reach = GAUSS_RANGE * math.sqrt(variance)
    finest = min(0.5, 1 / math.sqrt(np.abs(1 / variance - curvature).max()))
    n_steps = math.ceil(math.log(reach / finest) / math.log(WIDE_GROWTH))
    steps = finest * WIDE_GROWTH ** np.arange(n_steps + 1)
    steps = np.concatenate([-steps[::-1], [0.0], steps])
    low, high = a[..., None] - reach, a[..., None] + reach
    edges = np.concatenate([a[..., None] + steps, 0 * a[..., None] + steps], axis=-1)
    edges = np.sort(np.clip(np.concatenate([low, edges, high], -1), low, high), -1)
    x, w = np.polynomial.legendre.leggauss(WIDE_ORDER)
    half = np.diff(edges)[..., None] / 2
    z = edges[..., :-1, None] + half * (1 + x)
    # Sums over nodes, in logs: empty panels drop out.
    with np.errstate(divide="ignore"):
        logs = np.log(half * w) - (z - centre[:, None, None]) ** 2 / (2 * variance)
    logs += n_right[..., None, None] * log_ndtr(-z)
    logs += n_wrong[..., None, None] * log_ndtr(z)
    total = logsumexp(logs, axis=(-2, -1))
    return total - 0.5 * math.log(2 * math.pi * variance)


def _log_convolve(first, second):
    """Log of the convolution over the leading axis of two arrays of logs."""
    size = first.shape[0]
    out = np.full(np.broadcast_shapes(first.shape, second.shape), -np.inf)
    for i in range(size):
        out[i:] = np.logaddexp(out[i:], first[i] + second[: size - i])
    return out


def _three_unit_average(log_average, weights):
    """``E_v ln E_u Phi^y`` for three units.

    At most one unit is wrong in each replica, so unit l is wrong in n_l of them and
    none in the remaining ``y - n_1 - n_2 - n_3``: a multinomial sum.
    """
    y = log_average.shape[0] - 1
    counts = np.arange(y + 1.0)
    single = log_average - gammaln(counts + 1)[:, None]
    last = -gammaln(y - counts + 1) + gammaln(y + 1)
    total = 0.0
    for i in range(weights.size):
        pair = _log_convolve(single[:, i : i + 1], single[:, i:])
        triple = np.full((weights.size - i, weights.size - i), -np.inf)
        for n in range(y + 1):
            rest = last[n:]
            inner = np.logaddexp.reduce(pair[: y + 1 - n] + rest[:, None], axis=0)
            triple = np.logaddexp(triple, inner[:, None] + single[n, i:][None, :])
        multiplicity = _multiplicity(weights, i)
        total += float((multiplicity * triple).sum())
    return total


def _multiplicity(weights, i):
    """Weights of the triples (i, j, k) with i <= j <= k, as a matrix over j, k."""
    size = weights.size - i
    j, k = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    copies = np.where(j == k, np.where(j == 0, 1, 3), np.where(j == 0, 3, 6))
    copies = np.where(k < j, 0, copies)
    return copies * weights[i] * np.outer(weights[i:], weights[i:])


def _log_error_patterns(n_replicas, beta_ne):
    """Log weights of how many replicas have each of three units wrong.

    Parameters
    ----------
    n_replicas : int
    beta_ne : float
        Cost of a replica with two or three wrong units, whose answer is wrong.

    Returns
    -------
    log_weights : ndarray of shape (n_replicas + 1,) * 3
        Coefficients of ``(1 + x + y + z + e^-beta (xy + xz + yz + xyz))^n_replicas``.
    """
    logs = np.full((n_replicas + 1,) * 3, -np.inf)
    logs[0, 0, 0] = 0.0
    for _ in range(n_replicas):
        more = np.full_like(logs, -np.inf)
        for wrong in np.ndindex(2, 2, 2):
            cost = beta_ne if sum(wrong) > 1 else 0.0
            to = tuple(slice(k, None) for k in wrong)
            start = tuple(slice(0, n_replicas + 1 - k) for k in wrong)
            more[to] = np.logaddexp(more[to], logs[start] - cost)
        logs = more
    return logs


def _soft_three_unit_average(log_average, weights, log_patterns):
    """``E_v ln E_u (e^-beta + (1 - e^-beta) Phi)^y`` for three units.

    Parameters
    ----------
    log_average : ndarray of shape (n_replicas + 1, n_fields)
        Result of `log_unit_averages`.
    weights : ndarray of shape (n_fields,)
    log_patterns : ndarray of shape (n_replicas + 1,) * 3
        Result of `_log_error_patterns`.
    """
    third = logsumexp(log_patterns[..., None] + log_average, axis=2)
    second = logsumexp(third[:, :, None, :] + log_average[..., None], axis=1)
    first = [logsumexp(second + unit[:, None, None], axis=0) for unit in log_average.T]
    return float(np.einsum("ijk,i,j,k->", np.array(first), weights, weights, weights))


class FiniteReplicas:
    """Free entropy of ``n_replicas`` replicas as a function of q0.

    Parameters
    ----------
    n_hidden : {1, 3, inf}
    alpha : float
    n_replicas : int
    beta_ne : float, default=inf
        Inverse temperature, positive.
    """

    def __init__(self, n_hidden, alpha, n_replicas, beta_ne=math.inf):
        self.n_hidden = n_hidden
        self.alpha = alpha
        self.n_replicas = n_replicas
        self.beta_ne = beta_ne
        if beta_ne < math.inf and n_hidden == 3:
            self._log_patterns = _log_error_patterns(n_replicas, beta_ne)
        orders = (4, 6) if n_hidden == 3 else (8, 12)
        self._rules = [gaussian_rule(EDGES, order) for order in orders]

    def energy(self, overlap, q0, level=-1):
        """``alpha / y E_v ln E_u Phi^y``."""
        nodes, weights = self._rules[level]
        if self.n_hidden == math.inf:
            overlap, q0 = effective_overlap(overlap), effective_overlap(q0)
        centre = math.sqrt(q0 / (1 - overlap)) * nodes
        variance = (overlap - q0) / (1 - overlap)
        average = self._hard_average if self.beta_ne == math.inf else self._soft_average
        return self.alpha / self.n_replicas * average(centre, variance, weights)

    def _hard_average(self, centre, variance, weights):
        """``E_v ln E_u Phi^y``: all replicas answer rightly."""
        if self.n_hidden == 3:
            logs = log_unit_averages(centre, variance, self.n_replicas)
            return _three_unit_average(logs, weights)
        logs = log_unit_averages(centre, variance, self.n_replicas, max_wrong=0)
        return float(weights @ logs[0])

    def _soft_average(self, centre, variance, weights):
        """The same with ``e^-beta + (1 - e^-beta) Phi``: any number of them errs."""
        logs = log_unit_averages(centre, variance, self.n_replicas)
        if self.n_hidden == 3:
            return _soft_three_unit_average(logs, weights, self._log_patterns)
        y = self.n_replicas
        wrong = np.arange(y + 1.0)
        choices = gammaln(y + 1) - gammaln(wrong + 1) - gammaln(y - wrong + 1)
        costs = choices - self.beta_ne * wrong
        return float(weights @ logsumexp(logs + costs[:, None], axis=0))

    def free_entropy(self, overlap, q0, level=-1):
        """Function whose minimum over q0 is the normalised local entropy."""
        y = self.n_replicas
        spread = 1 - overlap + y * (overlap - q0)
        prior = math.log(spread / (1 - overlap + y * overlap)) / (2 * y)
        return prior + q0 / (2 * spread) + self.energy(overlap, q0, level)

    def solve(self, overlap):
        """Entropy, its error, q0, and whether the minimum lies inside its range."""
        y = self.n_replicas
        top = math.log1p(y * overlap / (1 - overlap))

        def q0_at(log_a):
            return overlap - math.expm1(log_a) * (1 - overlap) / y

        def objective(log_a):
            return self.free_entropy(overlap, max(q0_at(log_a), 0.0), level=0)

        bounds = (LOWEST_LOG_A, top)
        options = {"xatol": SEARCH_TOLERANCE}
        found = minimize_scalar(
            objective, bounds=bounds, method="bounded", options=options
        )
        q0 = max(q0_at(found.x), 0.0)
        coarse = self.free_entropy(overlap, q0, level=0)
        fine = self.free_entropy(overlap, q0)
        inside = found.success and found.x > LOWEST_LOG_A + 1e-3
        resolved = math.isfinite(fine) and abs(fine - coarse) < MAX_ERROR
        return fine, abs(fine - coarse), q0, inside and resolved
