"""MedianBinarizer and PixelShuffler."""

import pickle

import numpy as np
import pytest
from scipy import sparse, stats
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from skwfm.datasets import MedianBinarizer, PixelShuffler, load_dress_coat

# A shuffled row depends on the other rows, which is what these two checks exclude.
NATURE_OF_SHUFFLING = {
    "check_methods_sample_order_invariance": "the result depends on the order",
    "check_methods_subset_invariance": "values move between samples",
}


@pytest.mark.parametrize(
    ("transformer", "expected_failures"),
    [
        (MedianBinarizer(), {}),
        (MedianBinarizer(tie=1), {}),
        (PixelShuffler(), NATURE_OF_SHUFFLING),
    ],
)
@pytest.mark.filterwarnings("ignore:Skipping check check_array_api_input")
def test_scikit_learn_contract(transformer, expected_failures):
    outcomes = check_estimator(
        transformer, expected_failed_checks=expected_failures, on_fail=None
    )
    by_status = {"passed": [], "xfail": [], "skipped": [], "failed": []}
    for outcome in outcomes:
        by_status[outcome["status"]].append(outcome["check_name"])
    assert by_status["failed"] == []
    assert sorted(by_status["xfail"]) == sorted(expected_failures)
    assert set(by_status["skipped"]) <= {"check_array_api_input"}
    assert len(outcomes) == 46


@pytest.mark.parametrize("tie", [-1, 1])
@pytest.mark.parametrize("n_features", [1, 2, 7, 8])
@pytest.mark.parametrize("dtype", ["u1", "i4", "f4", "f8"])
def test_median_binarizer_against_numpy(tie, n_features, dtype):
    # Few levels, so that many samples have values equal to their median.
    X = (
        np.random.default_rng(n_features)
        .integers(0, 5, (200, n_features))
        .astype(dtype)
    )
    median = np.median(X, axis=1, keepdims=True)
    side = np.sign(X - median)
    expected = np.where(side == 0, tie, side)
    np.testing.assert_array_equal(MedianBinarizer(tie).fit_transform(X), expected)


def test_median_binarizer_does_not_round():
    # The mean of these neighbouring numbers rounds to one of them, and the sum of the
    # large ones overflows; the larger one is above the median all the same.
    one = np.float32(1)
    for low, high in [
        (one, np.nextafter(one, one * 2)),
        (np.nextafter(one, 0 * one), one),
    ]:
        X = np.array([[low, high]])
        np.testing.assert_array_equal(MedianBinarizer().fit_transform(X), [[-1, 1]])
        np.testing.assert_array_equal(MedianBinarizer(1).fit_transform(X), [[-1, 1]])
    X = [[1.6e308, 1.7e308], [-1.7e308, -1.6e308]]
    np.testing.assert_array_equal(MedianBinarizer().fit_transform(X), [[-1, 1]] * 2)


def test_median_binarizer_ignores_monotone_changes_of_the_gray_scale():
    X = np.random.default_rng(0).normal(size=(30, 11))
    expected = MedianBinarizer().fit_transform(X)
    np.testing.assert_array_equal(MedianBinarizer().fit_transform(np.exp(X)), expected)
    # A change that reverses the order turns the tie (the median of 11 values) round.
    np.testing.assert_array_equal(MedianBinarizer(tie=1).fit_transform(-X), -expected)


def test_median_binarizer_balances_every_sample():
    X = np.random.default_rng(0).normal(size=(30, 10)) + np.arange(30)[:, None]
    assert not MedianBinarizer().fit_transform(X).sum(axis=1).any()


@pytest.mark.parametrize(("tie", "value"), [(-1, -1.0), (1, 1.0)])
def test_median_binarizer_constant_sample(tie, value):
    assert (MedianBinarizer(tie).fit_transform(np.full((2, 6), 3)) == value).all()


@pytest.mark.parametrize("tie", [0, None, "above", 2.0, [1]])
def test_median_binarizer_bad_tie(tie):
    for call in (MedianBinarizer(tie).fit, MedianBinarizer(tie).transform):
        with pytest.raises(ValueError, match=r"tie=.*use one of -1, 1"):
            call([[1.0, 2.0]])


@pytest.mark.parametrize("transformer", [MedianBinarizer(), PixelShuffler(0)])
@pytest.mark.parametrize(
    "X",
    [
        np.array([[1.0, np.nan], [0.0, 1.0]]),
        np.array([[1.0, np.inf], [0.0, 1.0]]),
        np.array([[1j, 1.0], [0.0, 1.0]]),
        np.array([1.0, 2.0]),
        np.empty((0, 3)),
        np.empty((3, 0)),
    ],
    ids=["nan", "inf", "complex", "1d", "no samples", "no features"],
)
def test_bad_input(transformer, X):
    with pytest.raises(ValueError, match=r"NaN|infinity|Complex|1D|0 sample|0 feature"):
        transformer.fit(X)
    with pytest.raises(ValueError, match=r"NaN|infinity|Complex|1D|0 sample|0 feature"):
        transformer.transform(X)


@pytest.mark.parametrize("transformer", [MedianBinarizer(), PixelShuffler(0)])
def test_sparse_input(transformer):
    with pytest.raises(TypeError, match="Sparse data was passed"):
        transformer.fit(sparse.csr_array(np.eye(4)))


@pytest.mark.parametrize("transformer", [MedianBinarizer(), PixelShuffler(0)])
def test_names_and_output_container(transformer):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(np.eye(4), columns=list("abcd"), index=list("wxyz"))
    fitted = clone(transformer).set_output(transform="pandas").fit(frame)
    assert list(fitted.get_feature_names_out()) == list("abcd")
    result = fitted.transform(frame)
    assert list(result.columns) == list("abcd")
    assert list(result.index) == list("wxyz")
    np.testing.assert_array_equal(result, clone(transformer).fit_transform(np.eye(4)))


@pytest.mark.parametrize("transformer", [MedianBinarizer(), PixelShuffler(0)])
def test_input_is_left_alone_and_pickle_works(transformer):
    X = np.random.default_rng(0).normal(size=(6, 5))
    X.flags.writeable = False
    expected = transformer.fit(X).transform(X)
    assert not np.shares_memory(expected, X)
    restored = pickle.loads(pickle.dumps(transformer))
    np.testing.assert_array_equal(restored.transform(X), expected)


def test_shuffler_keeps_marginals_exactly():
    X = load_dress_coat(n_per_class=250, random_state=0).data
    shuffled = PixelShuffler(0).fit_transform(X)
    assert not np.array_equal(shuffled, X)
    np.testing.assert_array_equal(np.sort(shuffled, axis=0), np.sort(X, axis=0))


def _mean_squared_correlation(X):
    """Give how far M r^2, averaged over pairs of columns, is from independence.

    In standard errors, with M r^2 of every pair. M is the number of samples.

    If the columns are permuted independently, r^2 has the mean 1/(M-1) exactly for
    every pair, whatever the marginals. sqrt(M) r is close to a standard normal, so
    M r^2 has variance 2, and different pairs are uncorrelated.
    """
    n_samples = len(X)
    r = np.corrcoef(X, rowvar=False)
    squared = n_samples * r[np.triu_indices_from(r, k=1)] ** 2
    excess = squared.mean() - n_samples / (n_samples - 1)
    return excess / np.sqrt(2 / squared.size), squared


def test_shuffler_destroys_correlations():
    rng = np.random.default_rng(1)
    n_samples, n_features = 400, 60
    X = rng.normal(size=(n_samples, 1)) + rng.normal(size=(n_samples, n_features))
    assert _mean_squared_correlation(X)[0] > 1000
    deviation, squared = _mean_squared_correlation(PixelShuffler(2).fit_transform(X))
    assert abs(deviation) < 4
    # The whole distribution, not its mean only: r^2 of normal columns is beta
    # distributed.
    beta = stats.beta(0.5, (n_samples - 2) / 2)
    assert stats.kstest(squared / n_samples, beta.cdf).pvalue > 1e-3


def test_shuffler_destroys_correlations_of_real_images():
    X = load_dress_coat(n_per_class=250, random_state=0).data
    # Nearly constant pixels have correlations far from normal.
    X = X[:, np.abs(X.mean(axis=0)) < 0.9]
    assert X.shape[1] > 500
    assert _mean_squared_correlation(X)[0] > 1000
    assert abs(_mean_squared_correlation(PixelShuffler(0).fit_transform(X))[0]) < 4


def test_shuffler_destroys_correlations_with_the_labels():
    X, y = load_dress_coat(n_per_class=250, random_state=0, return_X_y=True)
    gap = _class_gap(X, y)
    shuffled = _class_gap(PixelShuffler(0).fit_transform(X), y)
    # In units of the standard error of a difference of two means of 250.
    assert (gap > 5).sum() > 100
    assert shuffled.max() < 5


def _class_gap(X, y):
    X = X[:, X.std(axis=0) > 0]
    difference = X[y == 0].mean(axis=0) - X[y == 1].mean(axis=0)
    return np.abs(difference) / (X.std(axis=0) * np.sqrt(2 / 250))


def test_shuffler_permutes_uniformly():
    # All 6 orders of 3 samples, over 6000 independently shuffled columns.
    X = np.tile(np.arange(3)[:, None], (1, 6000))
    shuffled = PixelShuffler(0).fit_transform(X)
    counts = np.unique(shuffled, axis=1, return_counts=True)[1]
    assert len(counts) == 6
    assert stats.chisquare(counts).pvalue > 1e-3


def test_shuffler_seeds():
    X = np.arange(60.0).reshape(20, 3)
    fixed = PixelShuffler(0).fit(X)
    np.testing.assert_array_equal(fixed.transform(X), fixed.transform(X))
    np.testing.assert_array_equal(fixed.transform(X), PixelShuffler(0).fit_transform(X))
    assert not np.array_equal(fixed.transform(X), PixelShuffler(1).fit_transform(X))
    for source in (None, np.random.default_rng(0), np.random.RandomState(0)):
        moving = PixelShuffler(source).fit(X)
        assert not np.array_equal(moving.transform(X), moving.transform(X))


def test_shuffler_keeps_new_samples_apart():
    train, test = np.zeros((8, 3)), np.ones((5, 3))
    shuffler = PixelShuffler(0).fit(train)
    assert (shuffler.transform(test) == 1).all()


def test_shuffler_refuses_one_sample():
    with pytest.raises(ValueError, match="minimum of 2 is required"):
        PixelShuffler().fit([[1.0, 2.0]])
    with pytest.raises(ValueError, match="minimum of 2 is required"):
        PixelShuffler().transform([[1.0, 2.0]])


@pytest.mark.parametrize(
    ("seed", "error"), [(-1, ValueError), ("a", TypeError), (0.5, TypeError)]
)
def test_shuffler_bad_seed(seed, error):
    with pytest.raises(error, match=f"random_state={seed!r}"):
        PixelShuffler(seed).fit(np.eye(3))


def test_fitting_the_shuffler_draws_nothing():
    generator = np.random.default_rng(0)
    PixelShuffler(generator).fit(np.eye(3))
    assert generator.random() == np.random.default_rng(0).random()


def test_pipeline():
    X = np.random.default_rng(0).normal(size=(20, 9))
    pipeline = make_pipeline(MedianBinarizer(), PixelShuffler(0))
    result = pipeline.fit_transform(X)
    np.testing.assert_array_equal(
        result.sum(axis=0), MedianBinarizer().fit_transform(X).sum(axis=0)
    )
