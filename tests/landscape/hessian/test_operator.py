"""The Hessian operator against finite differences, autograd and plain algebra."""

import known_solutions as common
import numpy as np
import plain_losses as losses
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm import LALClassifier
from skwfm.architectures import FullCommittee
from skwfm.landscape import hessian_operator

LOSSES = {
    "mse": {},
    "mse, identity": {"output": "identity"},
    "ce": {"loss": "ce", "gamma": 1.7},
}
BETA = 1.3


@pytest.fixture(params=list(LOSSES))
def loss(request):
    return LOSSES[request.param]


def small(machine, fit_intercept, wrong=3):
    """Some labels are wrong, so that every term of the second derivative is there."""
    model, X, y = common.random_solution(machine, 12, 11, fit_intercept)
    y[:wrong] *= -1
    return model, X, y


def loss_of_weights(model, X, y, options):
    flat, sizes, fields = losses.free_weights(model)
    loss, gamma = options.get("loss", "mse"), options.get("gamma")
    output = options.get("output") or "tanh"

    def value(w):
        x = losses.plain_fields(w, sizes, fields, X, model.fit_intercept)
        delta = model.architecture_.smooth(x, BETA)[0]
        return losses.plain_loss(delta, y, BETA, loss, gamma, output)

    return value, flat


def test_product_is_the_second_difference_of_the_loss(machine, fit_intercept, loss):
    model, X, y = small(machine, fit_intercept)
    operator = hessian_operator(model, X, y, BETA, **loss)
    value, w = loss_of_weights(model, X, y, loss)
    for v in np.random.default_rng(1).normal(size=(3, len(w))):
        # Fourth order in h: the error is h^4 plus rounding over h^2.
        v /= np.linalg.norm(v)
        h = 3e-3
        steps = [value(w + k * h * v) for k in (-2, -1, 0, 1, 2)]
        second = np.dot([-1, 16, -30, 16, -1], steps) / (12 * h**2)
        assert v @ operator.matvec(v) == pytest.approx(second, rel=1e-7, abs=1e-8)


def test_matrix_is_what_autograd_says(machine, fit_intercept, loss):
    torch = pytest.importorskip("torch", reason="PyTorch is the independent route")
    model, X, y = small(machine, fit_intercept)
    flat, sizes, fields = losses.free_weights(model)
    inputs, labels = torch.tensor(X), torch.tensor(y, dtype=torch.float64)
    kind, gamma = loss.get("loss", "mse"), loss.get("gamma")
    output = loss.get("output") or "tanh"

    def value(w):
        x = losses.plain_fields(
            w, sizes, fields, inputs, fit_intercept, lambda c: torch.stack(c, dim=1)
        )
        delta = decision(torch, model.architecture_, torch.tanh(BETA * x))
        return losses.plain_loss(delta, labels, BETA, kind, gamma, output, np=torch)

    expected = torch.func.hessian(value)(torch.tensor(flat)).numpy()
    operator = hessian_operator(model, X, y, BETA, **loss)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(operator.to_dense(), expected, atol=1e-13 * scale)
    np.testing.assert_allclose(
        operator @ np.eye(len(flat)), expected, atol=1e-13 * scale
    )


def decision(torch, architecture, t):
    """The smooth decision in PyTorch, machine by machine."""
    name = type(architecture).__name__
    if name == "TreeParity":
        return t.prod(dim=1)
    if name == "Overlapping":
        return t[:, 0] + t[:, 1] * t[:, 2] / 2
    return t.sum(dim=1) / t.shape[1] ** 0.5


@pytest.mark.parametrize("tangent", [False, True])
def test_product_matrix_and_trace_agree(machine, fit_intercept, loss, tangent):
    model, X, y = small(machine, fit_intercept)
    operator = hessian_operator(model, X, y, BETA, tangent=tangent, **loss)
    dense = operator.to_dense()
    scale = np.abs(dense).max()
    np.testing.assert_allclose(operator @ np.eye(len(dense)), dense, atol=1e-13 * scale)
    np.testing.assert_allclose(dense, dense.T, atol=1e-14 * scale)
    np.testing.assert_allclose(operator.H @ dense[0], dense @ dense[0], rtol=1e-10)
    assert operator.trace() == pytest.approx(np.trace(dense), rel=1e-12)


def test_tangent_space_is_the_projection_by_an_orthonormal_basis(machine):
    model, X, y = small(machine, True)
    flat, sizes, _ = losses.free_weights(model)
    normals, start = np.zeros((len(flat), len(sizes))), 0
    for l, size in enumerate(sizes):
        normals[start : start + size, l] = flat[start : start + size]
        start += size
    np.testing.assert_allclose(normals.T @ normals, np.eye(len(sizes)), atol=1e-14)
    projector = np.eye(len(flat)) - normals @ normals.T
    free = hessian_operator(model, X, y, BETA).to_dense()
    projected = hessian_operator(model, X, y, BETA, tangent=True).to_dense()
    scale = np.abs(free).max()
    np.testing.assert_allclose(
        projected, projector @ free @ projector, atol=1e-13 * scale
    )


def test_norms_and_weights_outside_the_receptive_fields_do_not_matter():
    model, X, y = small(common.MACHINES["tree"], True)
    expected = hessian_operator(model, X, y, BETA).to_dense()
    scaled = common.make_model(
        model.architecture_, 3 * model.coef_, 3 * model.intercept_
    )
    outside = scaled.coef_ == 0
    scaled.coef_[outside] = 5.0
    found = hessian_operator(scaled, X, y, BETA).to_dense()
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def test_mse_becomes_the_error_rate_as_beta_grows():
    """At beta = 1e4 every output is +-1, and the loss a count."""
    from skwfm.landscape.hessian.loss import Loss

    model, X, y = small(common.MACHINES["full"], False, wrong=5)
    delta = model.architecture_.smooth(X @ model.coef_.T, 1e4)[0]
    value, *_ = Loss("mse", 1e4, None, "tanh").derivatives(delta, y)
    assert value.mean() == pytest.approx(5 / 12, abs=1e-12)


@pytest.mark.parametrize("options", LOSSES.values(), ids=LOSSES)
def test_loss_derivatives_far_out_are_accurate(options):
    """Where tanh saturates, the plain formulas lose all digits."""
    mpmath = pytest.importorskip("mpmath", reason="needs many digits")
    from skwfm.landscape.hessian.loss import check_loss

    loss = check_loss(3.0, **options)
    for delta in (-1.7, -0.4, 0.0, 0.3, 1.7):
        for label in (-1.0, 1.0):
            found = loss.derivatives(np.array([delta]), np.array([label]))
            with mpmath.workdps(60):
                value = exact_loss(mpmath, loss, label)
                for order in range(3):
                    expected = float(mpmath.diff(value, mpmath.mpf(delta), order))
                    assert found[order][0] == pytest.approx(expected, rel=2e-13)


def exact_loss(mp, loss, label):
    def value(d):
        if loss.name == "ce":
            x = label * d
            return -x / 2 + mp.log(2 * mp.cosh(loss.gamma * x)) / (2 * loss.gamma)
        o = mp.tanh(loss.beta * d) if loss.output == "tanh" else d
        return (label - o) ** 2 / 4

    return value


def test_pipelines_are_measured_on_what_their_classifier_sees():
    rng = np.random.default_rng(0)
    X, y = 5 + 3 * rng.normal(size=(30, 10)), rng.integers(0, 2, 30)
    pipeline = make_pipeline(
        StandardScaler(), LALClassifier(n_hidden=3, random_state=0)
    )
    pipeline.fit(X, y)
    found = hessian_operator(pipeline, X, y, BETA).to_dense()
    direct = hessian_operator(pipeline[-1], pipeline[0].transform(X), y, BETA)
    assert np.array_equal(found, direct.to_dense())


def test_labels_of_any_kind():
    model, X, y = small(common.MACHINES["full"], False)
    expected = hessian_operator(model, X, y, BETA).to_dense()
    model.classes_ = np.array(["coat", "dress"])
    found = hessian_operator(model, X, model.classes_[(y + 1) // 2], BETA).to_dense()
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beta": 0.0}, r"beta=0.0 is not a positive finite number.*smallest_beta"),
        ({"beta": -1}, "beta=-1 is not"),
        ({"beta": np.inf}, "beta=inf is not"),
        ({"beta": np.nan}, "beta=nan is not"),
        ({"beta": "1"}, "beta='1' is not"),
        ({"beta": True}, "beta=True is not"),
        ({"beta": 1, "loss": "hinge"}, "loss='hinge' is not known: use one of"),
        ({"beta": 1, "loss": "ce"}, "gamma=None is not a positive"),
        ({"beta": 1, "gamma": 2.0}, "gamma=2.0 has no effect on loss='mse'"),
        ({"beta": 1, "output": "relu"}, "output='relu' is not known"),
        (
            {"beta": 1, "loss": "ce", "gamma": 1.0, "output": "tanh"},
            "output='tanh' has no effect on loss='ce'",
        ),
    ],
)
def test_parameters_that_are_wrong(options, message):
    model, X, y = small(common.MACHINES["full"], False)
    with pytest.raises(ValueError, match=message):
        hessian_operator(model, X, y, **options)


def test_models_that_cannot_be_measured():
    from sklearn.linear_model import LogisticRegression

    model, X, y = small(common.MACHINES["full"], False)
    with pytest.raises(TypeError, match=r"no architecture_.*fitted committee machine"):
        hessian_operator(LogisticRegression().fit(X, y), X, y, 1.0)
    with pytest.raises(NotFittedError, match=r"LALClassifier has no coef_.*fit it"):
        hessian_operator(LALClassifier(), X, y, 1.0)
    with pytest.raises(ValueError, match="X has 5 features, but the model"):
        hessian_operator(model, X[:, :5], y, 1.0)
    with pytest.raises(ValueError, match=r"y contains .* none of the model's classes"):
        hessian_operator(model, X, y + 7, 1.0)
    model.coef_ = np.zeros_like(model.coef_)
    with pytest.raises(ValueError, match="coef_ has units of norm"):
        hessian_operator(model, X, y, 1.0)


class SharpParity(common.Architecture):
    def receptive_fields(self, n_features):
        return [np.arange(n_features)] * self.n_hidden

    def output(self, hidden):
        return hidden.prod(axis=1)


def test_machine_without_smooth_surrogate_is_an_error_that_names_it():
    model, X, y = common.random_solution(SharpParity(3), 8, 5, False)
    with pytest.raises(ValueError, match=r"SharpParity has no smooth surrogate.*write"):
        hessian_operator(model, X, y, 1.0)


def test_numbers_beyond_float64_are_an_error():
    model, X, y = small(FullCommittee(3), False)
    with (
        pytest.raises(ValueError, match="are not finite: lower beta"),
        np.errstate(all="ignore"),
    ):
        hessian_operator(model, 1e-200 * X, y, 1e200)
