"""Error rates under noise against probabilities in closed form."""

import numpy as np
import pytest
from known_solutions import fingerprint, global_random_state, make_model
from scipy.stats import binom, norm
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm.architectures import FullCommittee
from skwfm.datasets import load_dress_coat
from skwfm.landscape import noise_robustness
from skwfm.landscape.robustness import corrupt


def perceptron(w):
    return make_model(FullCommittee(1), [np.asarray(w, float) / np.linalg.norm(w)])


def check_within_error_bars(curve, expected):
    """Four standard errors; the bars themselves to 30 per cent (500 draws)."""
    assert np.all(np.abs(curve.error - expected) <= 4 * curve.standard_error)


def test_flips_of_a_majority_of_inputs():
    """The sum of 11 inputs, all +1: wrong once 6 or more are flipped."""
    model = perceptron(np.ones(11))
    X, y = np.ones((4, 11)), np.ones(4, dtype=int)
    levels = np.array([0.0, 0.2, 0.3, 0.5, 1.0])
    curve = noise_robustness(model, X, y, "flip", levels, n_draws=500)
    expected = binom.sf(5, 11, levels)
    check_within_error_bars(curve, expected)
    bars = np.sqrt(expected * (1 - expected) / (4 * 500))
    np.testing.assert_allclose(curve.standard_error, bars, rtol=0.3, atol=1e-12)
    assert curve.error[0] == 0
    assert curve.error[-1] == 1


def test_gaussian_noise_in_units_of_each_feature():
    rng = np.random.default_rng(0)
    scales = np.array([1.0, 5.0, 0.2, 0.0])
    X = rng.normal(size=(50, 4)) * scales
    model = perceptron([1.0, -0.5, 2.0, 1.0])
    y, margins = model.predict(X), np.abs(X @ model.coef_[0])
    levels = np.array([0.0, 0.5, 2.0])
    curve = noise_robustness(model, X, y, "gaussian", levels, n_draws=500)
    spread = np.linalg.norm(X.std(axis=0) * model.coef_[0])
    expected = [norm.sf(margins / (s * spread)).mean() if s else 0.0 for s in levels]
    check_within_error_bars(curve, expected)


def test_coloured_noise_redraws_from_the_marginals():
    """One feature, values -1 and +1 in shares 1/4 and 3/4, read by a perceptron."""
    X = np.array([[-1.0], [1.0], [1.0], [1.0]])
    model = perceptron([1.0])
    levels = np.array([0.0, 0.4, 1.0])
    curve = noise_robustness(model, X, [-1, 1, 1, 1], "coloured", levels, n_draws=500)
    check_within_error_bars(curve, levels * 2 * (1 / 4) * (3 / 4))


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_coloured_noise_keeps_each_features_distribution(level):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 3, size=(20000, 3)) * [1.0, 10.0, 100.0]
    noisy = corrupt(X, "coloured", level, np.random.default_rng(1))
    for column, old in zip(noisy.T, X.T, strict=True):
        values, counts = np.unique(column, return_counts=True)
        assert np.array_equal(values, np.unique(old))
        np.testing.assert_allclose(counts / 20000, 1 / 3, atol=0.02)
    # A third of the redrawn values are the old ones.
    assert np.mean(noisy != X) == pytest.approx(level * 2 / 3, abs=0.01)


@pytest.mark.parametrize("noise", ["coloured", "flip"])
@pytest.mark.parametrize("n_samples", [1, 31, 32, 33, 100])
def test_blocks_of_rows_draw_what_is_drawn_at_once(noise, n_samples):
    """The same numbers, in any order of memory, and the generator left as it was."""
    X = np.random.default_rng(0).normal(size=(n_samples, 7))
    at_once, in_blocks = np.random.default_rng(1), np.random.default_rng(1)
    hit = at_once.random(X.shape) < 0.3
    if noise == "flip":
        expected = np.where(hit, -X, X)
    else:
        rows = at_once.integers(n_samples, size=X.shape)
        expected = np.where(hit, np.take_along_axis(X, rows, axis=0), X)
    found = corrupt(X, noise, 0.3, in_blocks)
    np.testing.assert_array_equal(found, expected)
    assert in_blocks.bit_generator.state == at_once.bit_generator.state
    in_columns = corrupt(np.asfortranarray(X), noise, 0.3, np.random.default_rng(1))
    np.testing.assert_array_equal(in_columns, expected)


def test_no_noise_is_the_training_error_of_any_classifier():
    X, y = load_dress_coat(n_per_class=40, random_state=0, return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1e-4)).fit(X, y)
    curve = noise_robustness(model, X, y, levels=[0.0], n_draws=3)
    assert curve.error[0] == pytest.approx(1 - model.score(X, y))
    assert curve.standard_error[0] == pytest.approx(0, abs=1e-15)


def test_frames_stay_frames():
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame({"a": [0.0, 1, 2, 3], "b": [1.0, 0, 1, 0]}, index=list("wxyz"))
    y = np.array(["no", "no", "yes", "yes"])
    model = LogisticRegression().fit(X, y)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        curve = noise_robustness(model, X, y, "gaussian", [0.0, 1.0], n_draws=4)
    plain = noise_robustness(
        LogisticRegression().fit(X.to_numpy(), y), X.to_numpy(), y, "gaussian",
        [0.0, 1.0], n_draws=4,
    )  # fmt: skip
    assert np.array_equal(curve.errors, plain.errors)


@pytest.mark.parametrize("noise", ["coloured", "flip", "gaussian"])
def test_nothing_is_changed_whatever_n_jobs(noise):
    X = np.random.default_rng(0).choice([-1.0, 1.0], size=(30, 9))
    model = perceptron(np.arange(1.0, 10))
    y = model.predict(X)
    before, state = fingerprint(model, X, y), global_random_state()
    one = noise_robustness(model, X, y, noise, n_draws=3)
    two = noise_robustness(model, X, y, noise, n_draws=3, n_jobs=2)
    assert fingerprint(model, X, y) == before
    assert global_random_state() == state
    assert np.array_equal(one.errors, two.errors)
    assert one.errors.shape == (len(one.levels), 3)
    other = noise_robustness(model, X, y, noise, n_draws=3, random_state=1)
    assert not np.array_equal(one.errors, other.errors)


def test_one_draw_has_no_error_bar():
    model = perceptron([1.0, 1.0])
    curve = noise_robustness(model, np.eye(2), [1, 1], levels=[0.1], n_draws=1)
    assert np.isnan(curve.standard_error).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"noise": "pink"}, "noise='pink' is not known: use one of"),
        ({"levels": []}, r"levels=\[\] must be a list of at least one"),
        ({"levels": 0.1}, "levels=0.1 must be a list"),
        ({"levels": [0.1, 1.2]}, r"levels=\[0.1, 1.2\] of coloured .* in \[0, 1\]"),
        ({"levels": [np.nan]}, r"levels=\[nan\]"),
        ({"noise": "gaussian", "levels": [-1]}, "finite and at least 0"),
        ({"noise": "flip"}, r"noise='flip' .*all are \+-1: binarise"),
        ({"n_draws": 0}, "n_draws=0 is not an integer of at least 1"),
    ],
)
def test_parameters_that_are_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        noise_robustness(perceptron([1.0, 1.0]), np.eye(2), [1, 1], **options)


def test_models_without_predict():
    with pytest.raises(TypeError, match="StandardScaler has no predict"):
        noise_robustness(StandardScaler(), np.eye(2), [1, 1])
