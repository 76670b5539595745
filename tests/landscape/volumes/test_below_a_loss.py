"""Volumes of the weights with few errors, or with errors at a cost."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.model_selection import cross_validate

from skwfm import CeSGDClassifier, LALClassifier
from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.datasets import make_random_patterns
from skwfm.inference import Factors, ReferencePrior, SphericalPrior, infer
from skwfm.landscape import local_entropy, local_entropy_scorer
from skwfm.theory import local_entropy_curve, solution_entropy

ENGINES = ["amp", "bp", "ep"]
MOST = (2, 3, 4, 6)
N_DRAWS = 200_000


def centre(factors, prior, tol=1e-6):
    """A model whose units are the normalised means of a posterior."""
    mean = infer(factors, prior, tol=tol).mean
    coef = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return SimpleNamespace(coef_=coef, architecture_=factors.architecture)


def taught(machine, n_samples=40, n_weights=90, seed=0):
    """Real patterns with a teacher's labels, and the centre of what fits them."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, n_weights))
    factors = Factors(X, np.ones(n_samples), machine)
    fields = factors.fields(rng.standard_normal(n_weights))
    y = np.where(factors.problem.answers(fields) > 0, 1, -1)
    return centre(Factors(X, y, machine, beta_ne=2.0), SphericalPrior()), X, y


def count_errors(weights, X, y, slices):
    """Errors of many flat weights, tree committees."""
    votes = sum(np.sign(weights[:, s] @ X[:, s].T) for s in slices)
    return np.sum(votes * y < 0, axis=1)


def drawn_on_the_shell(model, X, y, overlap, n_draws):
    """Errors of weights drawn in full at an overlap: independent of the package."""
    rng = np.random.default_rng(1)
    slices = [np.flatnonzero(row) for row in model.coef_]
    reference = model.coef_.sum(axis=0) / np.sqrt(len(model.coef_))
    errors = []
    for _ in range(n_draws // 20_000):
        noise = rng.standard_normal((20_000, len(reference)))
        noise -= (noise @ reference)[:, None] * reference
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        weights = overlap * reference + np.sqrt(1 - overlap**2) * noise
        errors.append(count_errors(weights, X, y, slices))
    return np.concatenate(errors)


@pytest.fixture(scope="module", params=[1, 3], ids=["perceptron", "tree"])
def problem(request):
    return taught(TreeCommittee(request.param))


@pytest.fixture(scope="module")
def drawn(problem):
    """Log-fractions of at most so many errors; each from fifty draws or more."""
    errors = drawn_on_the_shell(*problem, 0.5, N_DRAWS)
    counts = np.array([np.sum(errors <= most) for most in MOST])
    assert counts[0] >= 50
    return np.log(counts / N_DRAWS)


@pytest.mark.parametrize(
    ("method", "tolerance"), [("amp", 0.06), ("bp", 0.06), ("ep", 0.06), ("mc", 0.05)]
)
def test_volumes_are_those_of_direct_draws(problem, drawn, method, tolerance):
    """Two standard errors of the draws are at most 4 per cent (fewest errors)."""
    options = {"overlaps": [0.5], "method": method, "n_samples": 4000}
    for most, expected in zip(MOST, drawn, strict=True):
        curve = local_entropy(*problem, max_errors=most, random_state=0, **options)
        assert 90 * curve.entropy[0] == pytest.approx(expected, rel=tolerance)
        if method == "mc":
            assert curve.errors[0] <= most
        else:
            assert curve.errors[0] == pytest.approx(most, abs=0.02 * most + 0.02)
            assert 0.3 < curve.beta_ne[0] < 5


@pytest.mark.parametrize("method", [*ENGINES, "mc"])
def test_around_a_solution_errors_are_none(method):
    """Bit for bit, and for engines what `infer` gives at zero temperature."""
    X, y = make_random_patterns(30, 99, random_state=0)
    model = LALClassifier(
        architecture="tree", n_hidden=3, fit_intercept=False, random_state=0
    ).fit(X, y)
    options = {"overlaps": [0.97], "method": method, "random_state": 0}
    options |= {"n_samples": 2000, "corrected": False}
    default = local_entropy(model, X, y, **options)
    none = local_entropy(model, X, y, max_errors=0, **options)
    assert default.entropy[0] == none.entropy[0] < 0
    assert default.errors[0] == none.errors[0] == 0
    assert np.isinf(default.beta_ne[0])
    if method != "mc":
        sign = 1 if model.classes_[1] == 1 else -1
        factors = Factors(X, sign * y, model.architecture_)
        prior = ReferencePrior(model.coef_, 0.97)
        known = infer(factors, prior, method=method, max_sweeps=300).log_volume
        assert none.entropy[0] == pytest.approx(known, rel=1e-6)


@pytest.mark.parametrize("method", [*ENGINES, "mc"])
def test_more_errors_more_volume_up_to_all(problem, method):
    options = {"overlaps": [0.5, 0.8], "method": method, "n_samples": 1000}
    curves = [
        local_entropy(*problem, max_errors=most, random_state=0, **options)
        for most in (2, 4, 6, 9, 40)
    ]
    entropy = np.array([curve.entropy for curve in curves])
    assert np.all(np.diff(entropy, axis=0) >= 0)
    assert np.all(entropy[:3, 0] < 0)
    assert np.all(entropy[0] < 0)
    assert np.all(entropy[-1] == 0)
    if method != "mc":
        assert np.all(curves[-1].beta_ne == 0)
        assert np.all(curves[-1].errors < 40)


def test_a_share_of_the_patterns_is_a_number(problem):
    share, number = (
        local_entropy(*problem, overlaps=[0.5], max_errors=most).entropy
        for most in (0.1, 4)
    )
    assert share == number


@pytest.mark.parametrize("method", ENGINES)
def test_slope_is_the_inverse_temperature(method):
    """Legendre: dV / d errors = beta_ne / N_w; the curvature leaves 3 per cent."""
    model, X, y = taught(TreeCommittee(3), 150, 300)
    options = {"overlaps": [0.6], "method": method, "corrected": False, "tol": 1e-8}
    fewer, here, more = (
        local_entropy(model, X, y, max_errors=most, **options) for most in (11, 12, 13)
    )
    slope = 300 * (more.entropy[0] - fewer.entropy[0]) / 2
    # Beta itself is found as well as the number of errors, to some per cent.
    assert slope == pytest.approx(here.beta_ne[0], rel=0.06)
    assert fewer.beta_ne[0] > here.beta_ne[0] > more.beta_ne[0] > 0.5


@pytest.mark.filterwarnings("ignore:The training stopped at max_iter")
@pytest.mark.filterwarnings("ignore:the model gets .* of 25 patterns wrong")
@pytest.mark.parametrize("machine", [FullCommittee(3), TreeCommittee(3)])
def test_errors_at_a_cost_on_correlated_inputs(machine):
    """Sampling against corrected ep; two standard errors are below 4 per cent.

    The errors that ep expects are not corrected: they may be a fifth off.
    """
    rng = np.random.default_rng(2)
    X = rng.normal(size=(25, 30)) + 1.5 * rng.normal(size=(25, 3)) @ rng.normal(
        size=(3, 30)
    )
    y = np.where(X[:, 0] + rng.normal(size=25) > 0, 1, -1)
    model = CeSGDClassifier(
        architecture=machine, fit_intercept=False, max_iter=20, random_state=0
    )
    model.fit(X, y)
    for counted in ({"beta_ne": 1.5}, {"max_errors": 3}):
        sampled, found = (
            local_entropy(
                model, X, y, overlaps=[0.5], method=method, n_samples=8000,
                random_state=0, **counted,
            )
            for method in ("mc", "ep")
        )  # fmt: skip
        assert 2 * sampled.error < 0.04 * np.abs(sampled.entropy)
        assert found.entropy == pytest.approx(sampled.entropy, rel=0.05)
        assert found.errors == pytest.approx(sampled.errors, rel=0.2)


@pytest.mark.filterwarnings("ignore:the model gets 4 of 40 patterns wrong")
@pytest.mark.parametrize("method", ["amp", "ep", "mc"])
def test_weights_of_plus_minus_one(method):
    """Direct draws of 18 flips among 90 weights; two standard errors are 2 per cent."""
    model, X, y = taught(TreeCommittee(3))
    model.coef_ = np.sign(model.coef_)
    reference, slices = model.coef_.sum(axis=0), [slice(0, 30), slice(30, 60)]
    slices.append(slice(60, 90))
    rng = np.random.default_rng(0)
    places = rng.permuted(np.tile(np.arange(90), (100_000, 1)), axis=1)[:, :18]
    weights = np.tile(reference, (100_000, 1))
    np.put_along_axis(weights, places, -np.take(reference, places), axis=1)
    errors = count_errors(weights, X, y, slices)
    for most in (2, 4):
        expected = np.log(np.mean(errors <= most))
        curve = local_entropy(
            model, X, y, overlaps=[0.6], weights="binary", max_errors=most,
            method=method, n_samples=4000, random_state=0,
        )  # fmt: skip
        assert curve.weights == "binary"
        assert 90 * curve.entropy[0] == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("method", ["amp", "ep", "mc"])
def test_contradictory_copies_cost_everyone_one_error(problem, method):
    """A new input with both labels: all weights make one more error, exactly."""
    model, X, y = problem
    new = np.random.default_rng(9).standard_normal((1, 90))
    both = np.vstack([X, new, new]), np.append(y, [1, -1])
    options = {"overlaps": [0.5], "method": method, "random_state": 0}
    for most in (3, 6):
        plain = local_entropy(model, X, y, max_errors=most, **options)
        more = local_entropy(model, *both, max_errors=most + 1, **options)
        # Betas, and what is drawn, are found independently.
        tolerance = 0.05 if method == "mc" else 0.01
        assert more.entropy == pytest.approx(plain.entropy, rel=tolerance)
    soft, contradictory = (
        local_entropy(model, *patterns, beta_ne=1.0, **options).entropy[0]
        for patterns in ((X, y), both)
    )
    tolerance = 0.02 if method == "mc" else 1e-8
    assert 90 * (soft - contradictory) == pytest.approx(1.0, rel=tolerance)


@pytest.mark.filterwarnings("ignore:The training stopped at max_iter")
def test_noisy_data_and_held_out_folds_have_finite_volumes():
    X, y = make_random_patterns(60, 45, random_state=0)
    y[:9] = -y[:9]
    model = CeSGDClassifier(n_hidden=3, max_iter=5, random_state=0)
    scores = cross_validate(
        model, X, y, cv=3, scoring={"width": local_entropy_scorer(0.1)},
        return_train_score=True, return_estimator=True,
    )  # fmt: skip
    assert all(np.any(m.predict(X) != y) for m in scores["estimator"])
    for which in ("test_width", "train_width"):
        assert np.all(np.isfinite(scores[which]))
        assert np.all(scores[which] <= 0)
    assert np.any(scores["test_width"] < 0)


@pytest.mark.parametrize(
    ("n_hidden", "alpha", "beta"), [(1, 1, 2.0), (1, 3, 2.0), (3, 4, 2.0), (3, 5, 1.0)]
)
def test_measured_points_lie_on_the_curves_of_the_theory(n_hidden, alpha, beta):
    """Around the posterior's mean, which is the best centre at the typical overlap.

    Mutual overlap q of the theory is overlap sqrt(q) with the centre. Three samples of
    1998 weights differed from the theory by .016 in root mean square, three standard
    deviations of one sample are allowed (99.7 per cent). Without a temperature the
    curves of solutions would be several tenths lower, or not exist.
    """
    rng = np.random.default_rng(4)
    X = rng.choice([-1, 1], (alpha * 1998, 1998)).astype(np.int8)
    factors = Factors(X, rng.choice([-1, 1], len(X)), TreeCommittee(n_hidden), False)
    soft = Factors(X, factors.labels, factors.architecture, beta_ne=beta)
    model = centre(soft, SphericalPrior(), tol=1e-4)
    volume = solution_entropy("tree", n_hidden, alpha, beta_ne=beta)
    overlaps = np.array([volume.overlap, min(volume.overlap + 0.2, 0.9)])
    theory = local_entropy_curve("tree", n_hidden, alpha, overlaps, beta_ne=beta)
    measured = local_entropy(
        model, X, factors.labels, overlaps=np.sqrt(overlaps), beta_ne=beta,
        method="amp", tol=1e-4,
    )  # fmt: skip
    np.testing.assert_allclose(measured.entropy, theory.entropy, atol=0.048)
    rate = measured.errors[0] / len(X)
    assert rate == pytest.approx(volume.expected_error_rate, abs=0.015)
