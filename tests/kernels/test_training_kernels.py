"""Every compiled loop against a slow NumPy twin written from the equations."""

import numpy as np
import pytest

from skwfm._kernels import training
from skwfm.architectures import FullCommittee, Layout, TreeCommittee, TreeParity

MACHINES = [FullCommittee(5), FullCommittee(9), TreeCommittee(5), TreeParity(4)]
# Rounding of a sum of some hundred products of order one, in units of the dtype's eps.
ROUNDING = 200


class Case:
    """A small learning problem, dense and packed."""

    def __init__(self, machine, dtype, real, intercept=True, n_samples=87, n=93):
        rng = np.random.default_rng(7)
        shape = n_samples, n
        X = rng.normal(size=shape) if real else rng.choice([-1.0, 1.0], shape)
        self.X = X.astype(dtype)
        self.machine, self.rule = machine, machine._compiled_rule
        self.labels = rng.choice([-1, 1], size=n_samples).astype(dtype)
        self.layout = Layout(machine, n, intercept)
        self.groups = self.layout.groups
        self.packed = self.layout.pack_inputs(self.X)
        self.weights = self.layout.random_weights(rng, dtype)
        self.rows = rng.permutation(n_samples)
        self.inputs = np.hstack([X, np.ones((n_samples, 1))]) if intercept else X
        self.mask = self.layout.unpack_weights(self.weights) != 0
        self.tol = ROUNDING * float(np.finfo(dtype).eps)
        self.scratch = np.zeros((100, machine.n_hidden), dtype)

    def dense(self, weights=None):
        weights = self.weights if weights is None else weights
        return self.layout.unpack_weights(weights).astype(np.float64)


@pytest.fixture(params=MACHINES, ids=repr)
def machine(request):
    return request.param


@pytest.fixture(params=["bits", "real"])
def real(request):
    return request.param == "real"


@pytest.fixture(params=[np.float32, np.float64], ids=["f32", "f64"])
def case(request, machine, real):
    return Case(machine, request.param, real)


def normalised(weights):
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)


def least_action_batch(machine, inputs, labels, weights, mask, eta):
    """The rule of science section 3, one pattern at a time."""
    fields = inputs @ weights.T
    n_wrong = 0
    for x, h, s in zip(inputs, fields, labels, strict=True):
        signs = np.where(h >= 0, 1, -1)
        if machine.output(signs[None])[0] == s:
            continue
        n_wrong += 1
        unit = machine.unit_to_fix(h[None], np.array([s]))[0]
        weights[unit] -= eta * signs[unit] * x * mask[unit]
    return n_wrong


def cross_entropy_batch(machine, inputs, labels, weights, mask, eta, gamma, beta):
    value, gradient = machine.smooth(inputs @ weights.T, beta)
    margin = labels * value
    loss = -margin / 2 + np.logaddexp(gamma * margin, -gamma * margin) / (2 * gamma)
    slope = -0.5 + 0.5 * np.tanh(gamma * margin)
    step = (slope * labels)[:, None] * gradient
    weights -= eta * (step.T @ inputs) * mask
    return loss.sum()


def test_fields(case):
    for rows in (case.rows, case.rows[:1], case.rows[:6]):
        out = np.full((len(rows), case.machine.n_hidden), np.nan, case.X.dtype)
        training.fields(case.packed, rows, case.weights, case.groups, out)
        expected = case.inputs[rows] @ case.dense().T
        assert np.allclose(out, expected, rtol=0, atol=case.tol)


def test_outer_then_normalise(case):
    coef = np.random.default_rng(0).normal(size=(87, case.machine.n_hidden))
    weights = case.weights.copy()
    coef = coef.astype(case.X.dtype)
    training.outer(case.packed, case.rows, coef, case.groups, weights)
    expected = case.dense() + (coef.T @ case.inputs[case.rows]) * case.mask
    assert np.allclose(case.dense(weights), expected, rtol=0, atol=100 * case.tol)
    training.normalise(case.groups, weights)
    assert np.allclose(case.dense(weights), normalised(expected), atol=case.tol)
    # Padding is clean again: the next fields must not see what `outer` left there.
    assert np.count_nonzero(weights) <= case.layout.n_weights


def test_bits_give_the_same_numbers_as_reals():
    for dtype in (np.float32, np.float64):
        case = Case(FullCommittee(9), dtype, real=False)
        as_reals = np.zeros((87, case.groups[0, 2]), dtype)
        as_reals[:, :94] = case.inputs
        coef = case.scratch[:87] + dtype(0.3)
        results = []
        for packed in (case.packed, as_reals):
            weights, out = case.weights.copy(), case.scratch[:87].copy()
            training.fields(packed, case.rows, weights, case.groups, out)
            training.outer(packed, case.rows, coef, case.groups, weights)
            training.normalise(case.groups, weights)
            results.append((out, weights))
        assert np.array_equal(results[0][0], results[1][0])
        assert np.array_equal(results[0][1], results[1][1])


def test_inputs_and_weights_of_different_precision_are_refused():
    case = Case(FullCommittee(5), np.float64, real=True)
    weights = case.weights.astype(np.float32)
    out = case.scratch.astype(np.float32)
    with pytest.raises(TypeError, match="float64 inputs need float64 weights"):
        training.fields(case.packed, case.rows, weights, case.groups, out)


@pytest.mark.parametrize("batch_size", [1, 20, 87, 100])
def test_least_action_epoch(case, batch_size):
    weights, dense = case.weights.copy(), case.dense()
    eta, n_wrong = 0.05, 0
    for start in range(0, 87, batch_size):
        rows = case.rows[start : start + batch_size]
        n_wrong += least_action_batch(
            case.machine, case.inputs[rows], case.labels[rows], dense, case.mask, eta
        )
        dense = normalised(dense)
    counted = training.lal_epoch(
        case.packed, case.labels, case.rows, batch_size, weights, case.groups, eta,
        case.rule, case.scratch,
    )  # fmt: skip
    assert counted == n_wrong > 0
    assert np.allclose(case.dense(weights), dense, rtol=0, atol=case.tol)


@pytest.mark.parametrize("batch_size", [1, 20, 87])
def test_cross_entropy_epoch(case, batch_size):
    weights, dense = case.weights.copy(), case.dense()
    eta, gamma, beta, loss = 0.03, 2.3, 0.7, 0.0
    for start in range(0, 87, batch_size):
        rows = case.rows[start : start + batch_size]
        loss += cross_entropy_batch(
            case.machine, case.inputs[rows], case.labels[rows], dense, case.mask, eta,
            gamma, beta,
        )  # fmt: skip
        dense = normalised(dense)
    k = case.machine.n_hidden
    scratch = np.zeros((4, batch_size * k + 16), case.X.dtype)
    summed = training.cesgd_epoch(
        case.packed, case.labels, case.rows, batch_size, weights, case.groups, eta,
        gamma, beta, case.rule, scratch, k,
    )  # fmt: skip
    assert summed == pytest.approx(loss, rel=case.tol)
    assert np.allclose(case.dense(weights), dense, rtol=0, atol=10 * case.tol)


def test_cross_entropy_gradient_is_the_derivative_of_the_loss(machine):
    case = Case(machine, np.float64, real=True)
    k, gamma, beta, eta = machine.n_hidden, 1.3, 0.4, 1e-6

    def epoch(weights, rate):
        scratch = np.zeros((4, 87 * k + 16))
        return training.cesgd_epoch(
            case.packed, case.labels, case.rows, 87, weights, case.groups, rate, gamma,
            beta, case.rule, scratch, k,
        )  # fmt: skip

    # A small step down the gradient, then back on the spheres: the loss falls by
    # eta |tangential gradient|^2, which the step itself measures.
    weights = case.weights.copy()
    before = epoch(weights, eta)
    drop = before - epoch(weights, 0.0)
    step = case.dense(weights) - case.dense()
    assert drop == pytest.approx(np.sum(step**2) / eta, rel=1e-3)


def test_zero_rate_changes_nothing(case):
    weights, k = case.weights.copy(), case.machine.n_hidden
    scratch = np.zeros((4, 87 * k + 16), case.X.dtype)
    training.cesgd_epoch(
        case.packed, case.labels, case.rows, 87, weights, case.groups, 0.0, 1.0, 1.0,
        case.rule, scratch, k,
    )  # fmt: skip
    assert np.array_equal(weights, case.weights)


def test_entropic_batch(case):
    rng, dtype = np.random.default_rng(5), case.X.dtype
    replicas = np.stack([case.layout.random_weights(rng, dtype) for _ in range(3)])
    dense = [case.dense(w) for w in replicas]
    orders = np.stack([rng.permutation(87) for _ in range(3)])
    mean = np.empty_like(replicas[0])
    training.replica_mean(replicas, mean)
    centre, expected = np.mean(dense, axis=0), 0
    eta, coupling, start, n_rows = 0.05, 4.0, 20, 30
    for a in range(3):
        rows = orders[a, start : start + n_rows]
        expected += least_action_batch(
            case.machine, case.inputs[rows], case.labels[rows], dense[a], case.mask, eta
        )
        dense[a] = normalised(dense[a] + coupling * eta * (centre - dense[a]))
    counted = training.elal_batch(
        case.packed, case.labels, orders, start, n_rows, replicas, mean, case.groups,
        eta, coupling, case.rule, case.scratch,
    )  # fmt: skip
    assert counted == expected > 0
    for weights, reference in zip(replicas, dense, strict=True):
        assert np.allclose(case.dense(weights), reference, rtol=0, atol=case.tol)


def test_count_errors(case):
    hidden = np.where(case.inputs @ case.dense().T >= 0, 1, -1)
    wrong = case.machine.output(hidden) != case.labels
    arguments = (case.packed, case.labels, case.weights, case.groups, case.rule)
    assert training.count_errors(*arguments, case.rows, case.scratch) == wrong.sum() > 0
    assert training.count_errors(*arguments, case.rows, case.scratch, True) == 1
    right = np.flatnonzero(~wrong)
    assert training.count_errors(*arguments, right, case.scratch, True) == 0


def test_a_field_of_zero_counts_as_positive():
    layout = Layout(FullCommittee(1), 16, False)
    packed = layout.pack_inputs(np.eye(16)[:2])
    weights = np.zeros(16)
    scratch = np.empty((64, 1))
    for label, expected in ((1.0, 0), (-1.0, 2)):
        labels = np.full(2, label)
        n_wrong = training.count_errors(
            packed, labels, weights, layout.groups, 0, np.arange(2), scratch
        )
        assert n_wrong == expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_smooth_functions_keep_relative_accuracy(dtype):
    """A few units in the last place, against extended precision."""
    eps, reach = np.finfo(dtype).eps, 40.0 if dtype == np.float32 else 350.0
    tiny = np.logspace(-30, 0, 800)
    x = np.concatenate([np.linspace(-reach, reach, 1600), tiny]).astype(dtype)
    value, slope = np.empty_like(x), np.empty_like(x)
    training.tanh(x, 1.0, value, slope)
    exact = x.astype(np.longdouble)
    assert np.allclose(value, np.tanh(exact), rtol=4 * eps, atol=0)
    assert np.allclose(slope, 1 / np.cosh(exact) ** 2, rtol=8 * eps, atol=0)
    loss, pull = x.copy(), np.empty_like(x)
    training.cross_entropy(loss, 1.0, pull)
    decay = np.exp(-2 * np.abs(exact))
    expected = np.log1p(decay) / 2 + np.maximum(-exact, 0)
    assert np.allclose(loss, expected, rtol=8 * eps, atol=0)
    assert np.allclose(pull, np.where(exact < 0, 1, decay) / (1 + decay), rtol=8 * eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_smooth_functions_far_out_are_finite(dtype):
    x = np.repeat(np.array([-1e6, -1e3, 1e3, 1e6], dtype), 16)
    value, slope = np.empty_like(x), np.empty_like(x)
    training.tanh(x, 1.0, value, slope)
    assert np.array_equal(value, np.sign(x))
    assert np.all((slope >= 0) & (slope < 1e-30))
    loss, pull = x.copy(), np.empty_like(x)
    training.cross_entropy(loss, 1.0, pull)
    assert np.allclose(loss, np.maximum(-x, 0), rtol=1e-6, atol=1e-30)
    assert np.allclose(pull, x < 0, atol=1e-30)
