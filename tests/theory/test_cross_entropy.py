"""Minimisers of the cross-entropy loss and the solutions around them."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import expit, log_ndtr

from skwfm.theory import (
    binary_perceptron_entropy,
    cross_entropy_error_rate,
    cross_entropy_local_entropy,
)
from skwfm.theory.constrained import ConstrainedSolutions, Reference
from skwfm.theory.cross_entropy import CrossEntropyModel
from skwfm.theory.numerics.loss_averages import (
    N_NODES,
    X_NODES,
    X_WEIGHTS,
    cross_entropy,
    tilted_rule,
)


@pytest.mark.parametrize("beta", [0.0, 1.0, 50.0, 1e6])
@pytest.mark.parametrize("gamma", [0.5, 5.0, math.inf])
@pytest.mark.parametrize("omega", [-3.0, 0.2, 2.0])
def test_tilted_rule_against_quad(beta, gamma, omega):
    x, p = np.empty(N_NODES), np.empty(N_NODES)
    log_z = tilted_rule(omega, 0.4, beta, gamma, X_NODES, X_WEIGHTS, x, p)

    def integrand(t):
        gauss = -((t - omega) ** 2) / 0.8 - 0.5 * np.log(0.8 * np.pi)
        return np.exp(gauss - beta * cross_entropy(t, gamma) - log_z)

    points = sorted({0.0, float(p @ x), -30 / max(beta, 10.0)})
    low, high = x.min() - 0.3, x.max() + 0.3
    total = quad(integrand, low, high, points=points, limit=400, epsabs=1e-11)[0]
    assert total == pytest.approx(1, abs=1e-7)
    assert p.sum() == pytest.approx(1)


def test_hard_wall():
    x, p = np.empty(N_NODES), np.empty(N_NODES)
    for omega in (-4.0, 0.3, 3.0):
        log_z = tilted_rule(omega, 0.4, np.inf, np.inf, X_NODES, X_WEIGHTS, x, p)
        assert log_z == pytest.approx(log_ndtr(omega / np.sqrt(0.4)), rel=1e-9)
        assert x.min() >= 0


@pytest.mark.parametrize(
    ("alpha", "gamma", "expected"), [(0.8, 1.0, 0.0591), (0.8, 5.0, 0.0082)]
)
def test_error_rates(alpha, gamma, expected):
    minimum = cross_entropy_error_rate(alpha, gamma)
    assert minimum.error_rate == pytest.approx(expected, abs=6e-5)
    assert minimum.entropy == pytest.approx(0, abs=1e-7)
    assert minimum.error < 1e-6


def plain_averages(rest, beta, gamma, step=0.01, n_nodes=801):
    """The averages over fields by sums on uniform grids, and spins by `quad`."""
    z = np.arange(-8.5, 8.5 + step / 2, step)
    weights = np.exp(-z * z / 2)[:, None] / np.exp(-z * z / 2).sum()
    omega = np.sqrt(1 - rest) * z[:, None]
    low, high = omega, omega + beta * rest
    for _ in range(80):
        mode = (low + high) / 2
        rises = beta * rest * expit(-2 * gamma * mode) > mode - omega
        low, high = np.where(rises, mode, low), np.where(rises, high, mode)
    x, dx = np.linspace(-9, 9, n_nodes, retstep=True)
    dx = np.sqrt(rest) * dx
    x = mode + np.sqrt(rest) * x
    loss = np.maximum(-x, 0) + np.log1p(np.exp(-2 * gamma * abs(x))) / (2 * gamma)
    log_weight = -((x - omega) ** 2) / (2 * rest) - beta * loss
    law = np.exp(log_weight - log_weight.max(1, keepdims=True))
    law /= law.sum(1, keepdims=True)
    # A cell of the grid that zero divides counts in proportion.
    wrong = np.clip(0.5 - x / dx, 0, 1)
    force = ((law * x).sum(1, keepdims=True) - omega) / rest
    return (weights * force**2).sum(), (weights * law * wrong).sum()


def frozen_spins(conjugate):
    """``E sech^2`` by adaptive quadrature in the field itself."""

    def integrand(u):
        return np.exp(-u * u / (2 * conjugate)) / np.cosh(u) ** 2

    total = quad(integrand, 0, 30, points=[1, 4], epsabs=1e-14)[0]
    return total * np.sqrt(2 / np.pi / conjugate)


@pytest.mark.parametrize(
    ("alpha", "gamma", "beta"),
    [(0.4, 0.1, 119.0), (0.4, 0.1, 1432.0), (0.6, 0.3, 170.0), (0.8, 1.0, 34.6)],
)
def test_saddle_and_error_rate_on_a_plain_grid(alpha, gamma, beta):
    saddle = CrossEntropyModel(alpha, gamma).solve(beta)
    square, wrong = plain_averages(1 - saddle.q, beta, gamma)
    assert saddle.conjugate == pytest.approx(alpha * square, rel=1e-6)
    assert 1 - saddle.q == pytest.approx(frozen_spins(alpha * square), rel=1e-6)
    assert saddle.error_rate == pytest.approx(wrong, rel=1e-4)


def test_entropy_approaches_its_zero_temperature_expansion():
    """S = b + O(1/beta); b = -alpha/2 E[ln(1 + c f'') - c f'' / (1 + c f'')]."""
    alpha, gamma = 0.4, 0.1
    z, step = np.linspace(-9, 9, 4001, retstep=True)
    weights = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * step

    def modes(c):
        x = z.copy()
        for _ in range(60):
            x = z + c * expit(-2 * gamma * x)
        return x

    def excess(c):
        return alpha * c**2 * weights @ expit(-2 * gamma * modes(c)) ** 2 - 2 / np.pi

    c = brentq(excess, 0.1, 20)
    bend = c * gamma / 2 / np.cosh(gamma * modes(c)) ** 2
    limit = -alpha / 2 * weights @ (np.log1p(bend) - bend / (1 + bend))
    near, far = (CrossEntropyModel(alpha, gamma).solve(b) for b in (1e4, 2e4))
    # The 1/beta part cancels between two temperatures a factor 2 apart.
    assert 2 * far.entropy - near.entropy == pytest.approx(limit, rel=2e-3)
    wrong = weights @ (modes(c) < 0)
    assert far.error_rate == pytest.approx(wrong, abs=3e-4)


def test_entropy_is_free_entropy_plus_energy():
    saddle = CrossEntropyModel(0.5, 1.0).solve(20.0)
    plain = saddle.free_entropy + 20.0 * 0.5 * saddle.mean_loss
    assert saddle.entropy == pytest.approx(plain, abs=1e-9)


def test_error_rate_is_smooth_in_alpha_at_small_gamma():
    minima = [cross_entropy_error_rate(a, 0.1) for a in np.arange(0.4, 0.66, 0.05)]
    rates = np.array([m.error_rate for m in minima])
    assert minima[0].beta == pytest.approx(1432, abs=1)
    assert rates[0] == pytest.approx(0.07592, abs=1e-5)
    assert np.all(np.diff(rates) > 0)
    assert np.all(np.diff(rates, 2) < 0)
    assert np.abs(np.diff(rates, 3)).max() < 2e-4


def test_unresolved_gamma_is_nan_with_advice():
    with pytest.warns(RuntimeWarning, match="use gamma >= 0.005"):
        minimum = cross_entropy_error_rate(0.4, 1e-3)
    assert np.isnan(minimum.error_rate)
    assert not minimum.converged


@pytest.mark.parametrize("gamma", [10.0, 100.0])
@pytest.mark.parametrize("omega", [-2.0, 0.2, 1.5])
def test_tilted_rule_at_a_steep_wall(gamma, omega):
    """The tail of the loss is a wall of width 1/gamma where beta is huge."""
    beta = 2 * gamma * np.exp(2 * gamma * 0.3)
    x, p = np.empty(N_NODES), np.empty(N_NODES)
    tilted_rule(omega, 0.4, beta, gamma, X_NODES, X_WEIGHTS, x, p)
    t = np.linspace(0.3 - 4 / gamma, 7, 400001)
    loss = np.maximum(-t, 0) + np.log1p(np.exp(-2 * gamma * abs(t))) / (2 * gamma)
    law = np.exp(-((t - omega) ** 2) / 0.8 - beta * loss)
    assert p @ x == pytest.approx(law @ t / law.sum(), rel=2e-5)


def test_stability_is_lost_from_small_loads_on():
    assert cross_entropy_error_rate(0.25, 1.0).rs_stable
    assert not cross_entropy_error_rate(0.30, 1.0).rs_stable


def test_hard_loss_below_capacity_gives_the_solutions():
    minimum = cross_entropy_error_rate(0.4, np.inf)
    assert (minimum.error_rate, minimum.beta) == (0, np.inf)
    assert minimum.entropy == binary_perceptron_entropy(0.4).entropy
    above = cross_entropy_error_rate(0.9, np.inf)
    assert above.error_rate > 0.03
    assert np.isfinite(above.beta)


@pytest.mark.parametrize(("alpha", "gamma", "beta"), [(0.6, 2.0, 5.0), (0.4, 1.0, 40)])
def test_saddle_is_stationary_and_thermodynamic(alpha, gamma, beta):
    model = CrossEntropyModel(alpha, gamma)
    saddle = model.solve(beta)
    h = 1e-4
    for dq, dqh in ((h, 0), (0, h)):
        up = model.free_entropy(saddle.q + dq, saddle.conjugate + dqh, beta)
        down = model.free_entropy(saddle.q - dq, saddle.conjugate - dqh, beta)
        assert (up - down) / (2 * h) == pytest.approx(0, abs=2e-6)
    up, down = (model.solve(beta * (1 + s * h)).free_entropy for s in (1, -1))
    slope = (up - down) / (2 * h * beta)
    assert slope == pytest.approx(-alpha * saddle.mean_loss, rel=1e-5)


def test_without_temperature_all_weights_count():
    assert CrossEntropyModel(0.5, 1.0).entropy(1e-3) == pytest.approx(np.log(2))


@pytest.mark.parametrize(
    ("gamma", "expected"), [(1.0, 0.27510), (2.0, 0.27506), (np.inf, 0.20438)]
)
def test_local_entropy_values(gamma, expected):
    """The third value is converged in every rule and in the limit of large beta."""
    curve = cross_entropy_local_entropy(0.4, gamma, [0.1])
    assert curve.entropy[0] == pytest.approx(expected, rel=1e-4)
    assert curve.cap[0] == pytest.approx(0.32508, abs=1e-5)
    assert curve.error[0] < 1e-5


def test_no_patterns_leave_the_ball():
    curve = cross_entropy_local_entropy(0, 1.0, [0.1, 0.3])
    np.testing.assert_allclose(curve.entropy, curve.cap)


@pytest.mark.parametrize("gamma", [2.0, np.inf])
def test_local_entropy_peaks_at_the_typical_solutions(gamma):
    """At the overlap where the reference is not felt all solutions are counted."""
    minimum = cross_entropy_error_rate(0.4, gamma)
    reference = Reference(minimum.overlap, minimum.conjugate, minimum.beta, gamma)
    p, _ = ConstrainedSolutions(0.4, reference).equilibrium()
    curve = cross_entropy_local_entropy(0.4, gamma, [(1 - p) / 2])
    total = binary_perceptron_entropy(0.4).entropy
    assert curve.entropy[0] == pytest.approx(total, abs=1e-5)


@pytest.mark.parametrize("gamma", [1.0, np.inf])
def test_constrained_saddle_is_stationary(gamma):
    minimum = cross_entropy_error_rate(0.4, gamma)
    reference = Reference(minimum.overlap, minimum.conjugate, minimum.beta, gamma)
    model = ConstrainedSolutions(0.4, reference)
    _, _, t, q = model.solve(np.array([0.1]))[0]
    p, h = 0.8, 1e-4
    qh, th = model.conjugates(p, t, model.patterns(p, t, q))
    fields = np.array([model.aligning_field(p, qh, th), qh, th])
    for dt, dq in ((h, 0), (0, h)):
        up = model.free_entropy(p, t + dt, q + dq, fields)
        down = model.free_entropy(p, t - dt, q - dq, fields)
        assert (up - down) / (2 * h) == pytest.approx(0, abs=2e-4)
    for step in h * np.eye(3):
        up = model.free_entropy(p, t, q, fields + step)
        down = model.free_entropy(p, t, q, fields - step)
        assert (up - down) / (2 * h) == pytest.approx(0, abs=2e-4)


@pytest.mark.slow
def test_constrained_entropy_on_a_plain_grid():
    """The formula of the guide, summed on uniform grids, for the hard reference."""
    alpha, p = 0.4, 0.8
    typical = binary_perceptron_entropy(alpha)
    Q, Qh = typical.overlap, typical.conjugate
    model = ConstrainedSolutions(alpha, Reference(Q, Qh, np.inf, np.inf))
    value, _, t, q = model.solve(np.array([(1 - p) / 2]))[0]
    qh, th = model.conjugates(p, t, model.patterns(p, t, q, 1))
    ph = model.aligning_field(p, qh, th)
    g = np.linspace(-8, 8, 401)
    w = np.exp(-g * g / 2) / np.exp(-g * g / 2).sum()
    c = (p - t) / np.sqrt(1 - Q)
    sigma = np.sqrt(q - t * t / Q - c * c)
    energy = 0.0
    for z, weight in zip(g[::4], w[::4] / w[::4].sum(), strict=True):
        wall = -np.sqrt(Q / (1 - Q)) * z
        s = np.linspace(max(wall, -9), max(wall, 0) + 9, 2001)
        law = np.exp(-s * s / 2)
        law[0] /= 2
        u = t * z / np.sqrt(Q) + c * s[:, None] + sigma * g[None, ::4]
        inner = log_ndtr(u / np.sqrt(1 - q)) @ (w[::4] / w[::4].sum())
        energy += weight * (law @ inner) / law.sum()
    spins = 0.0
    spread = np.sqrt(qh - th**2 / Qh)
    for s in (1, -1):
        prior = w * np.exp(s * np.sqrt(Qh) * g) / (2 * np.cosh(np.sqrt(Qh) * g))
        field = th * g[:, None] / np.sqrt(Qh) + spread * g + (ph - th) * s
        spins += prior @ np.logaddexp(field, -field) @ w
    total = -p * ph + t * th - qh * (1 - q) / 2 + spins + alpha * energy
    assert value == pytest.approx(total, rel=3e-5)


def test_isolated_solutions_have_negative_entropy_nearby():
    near, far = cross_entropy_local_entropy(0.4, np.inf, [1e-3, 0.05]).entropy
    assert near < 0 < far


@pytest.mark.slow
def test_smooth_loss_finds_denser_regions():
    smooth = cross_entropy_local_entropy(0.4, 2.0, [0.01, 0.05]).entropy
    hard = cross_entropy_local_entropy(0.4, np.inf, [0.01, 0.05]).entropy
    assert np.all(smooth > hard + 0.03)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cross_entropy_error_rate(0.5, 0.0), "gamma must be > 0"),
        (lambda: cross_entropy_error_rate(0.5, np.nan), "gamma must be > 0"),
        (lambda: cross_entropy_error_rate(0, 1.0), "alpha must be > 0"),
        (lambda: cross_entropy_error_rate(-1, 1.0), "alpha must be finite"),
        (lambda: cross_entropy_local_entropy(0.84, 1, [0.1]), "not below 0.833"),
        (lambda: cross_entropy_local_entropy(0.4, -1, [0.1]), "gamma must be > 0"),
        (lambda: cross_entropy_local_entropy(0.4, 1, [0.5]), "between 0 and 0.5"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
