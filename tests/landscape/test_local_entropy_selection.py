"""Local entropy as a scorer and as columns of a table."""

import pickle
import warnings

import numpy as np
import pytest
from known_solutions import fingerprint, global_random_state
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm import LALClassifier
from skwfm.datasets import make_random_patterns
from skwfm.landscape import (
    HessianSpectrumTransformer,
    LocalEntropyTransformer,
    flatten_solutions,
    local_entropy,
    local_entropy_scorer,
)

DISTANCES = [0.1, 0.02]
ON_PATTERNS_LEFT_OUT = pytest.mark.filterwarnings("ignore:the model gets:UserWarning")


@pytest.fixture(scope="module")
def patterns():
    return make_random_patterns(30, 45, random_state=0)


def solutions(patterns, n=3, **parameters):
    make = LALClassifier(n_hidden=3, **parameters)
    return [clone(make).set_params(random_state=i).fit(*patterns) for i in range(n)]


@pytest.mark.parametrize(
    "options", [{"method": "ep", "tol": 1e-8}, {"method": "mc", "n_samples": 1000}]
)
def test_score_is_the_local_entropy(patterns, options):
    (model,) = solutions(patterns, n=1)
    score = local_entropy_scorer(0.001, **options)(model, *patterns)
    curve = local_entropy(
        model, *patterns, distances=[0.001], random_state=0, **options
    )
    assert score == curve.entropy[0] < 0


def test_the_scorer_prefers_wide_minima(patterns):
    """A machine that learned fewer patterns is one of more."""
    X, y = patterns
    score = local_entropy_scorer(0.05)
    few, all_of_them = LALClassifier(random_state=0), LALClassifier(random_state=0)
    narrow = score(all_of_them.fit(X, y), X, y)
    assert score(few.fit(X[:10], y[:10]), X[:10], y[:10]) > narrow


@ON_PATTERNS_LEFT_OUT
def test_grid_search_in_pipelines(patterns):
    pipeline = make_pipeline(StandardScaler(), LALClassifier(random_state=0))
    scoring = {
        "accuracy": "accuracy",
        "width": local_entropy_scorer(0.05, max_errors=0),
    }
    search = GridSearchCV(
        pipeline, {"lalclassifier__n_hidden": [3, 5]}, scoring=scoring,
        refit="width", cv=3, return_train_score=True,
    ).fit(*patterns)  # fmt: skip
    results = search.cv_results_
    for part in ("train", "test"):
        assert np.all(results[f"mean_{part}_width"] < 0)
    # Solutions are nearer to weights that solve than machines are that err.
    assert np.all(results["mean_train_width"] > results["mean_test_width"])
    best = results["mean_test_width"].argmax()
    assert search.best_params_ == results["params"][best]


@ON_PATTERNS_LEFT_OUT
def test_scorer_is_the_same_in_other_processes(patterns):
    scorer = local_entropy_scorer(0.02, method="ep")
    model = LALClassifier(n_hidden=3, random_state=0)
    options = {"cv": 2, "scoring": {"w": scorer}, "return_train_score": True}
    one, two = (
        cross_validate(model, *patterns, n_jobs=n_jobs, **options) for n_jobs in (1, 2)
    )
    # BLAS rounds differently with another number of threads, which workers may have.
    for part in ("train_w", "test_w"):
        np.testing.assert_allclose(one[part], two[part], rtol=1e-10)
    assert pickle.loads(pickle.dumps(scorer)) == scorer


def test_patterns_left_out_are_warned_of(patterns):
    X, y = patterns
    model = LALClassifier(n_hidden=3, random_state=0).fit(X[:15], y[:15])
    assert model.score(X[15:], y[15:]) < 1
    left_out = X[15:], y[15:]
    with pytest.warns(UserWarning, match=r"of 15 patterns wrong.*max_errors='model'"):
        strict = local_entropy_scorer(0.05, max_errors=0)(model, *left_out)
    # By default as many errors count as the model makes, without a warning.
    assert strict < local_entropy_scorer(0.05)(model, *left_out) <= 0


def test_what_does_not_converge_is_nan(patterns):
    (model,) = solutions(patterns, n=1)
    scorer = local_entropy_scorer(0.2, method="ep", max_sweeps=2)
    with pytest.warns(ConvergenceWarning, match="max_sweeps"):
        assert np.isnan(scorer(model, *patterns))
    rows = flatten_solutions([model])
    transformer = LocalEntropyTransformer(
        *patterns, DISTANCES, n_hidden=3, method="ep", max_sweeps=2
    )
    with pytest.warns(ConvergenceWarning, match="max_sweeps"):
        assert np.isnan(transformer.fit_transform(rows)).all()


def test_other_estimators_get_an_error_that_says_what_is_needed(patterns):
    other = LogisticRegression().fit(*patterns)
    message = r"LogisticRegression has no architecture_.*needs a fitted committee"
    for estimator in (other, make_pipeline(StandardScaler(), other)):
        with pytest.raises(TypeError, match=message):
            local_entropy_scorer(0.05)(estimator.fit(*patterns), *patterns)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"distance": 0.5}, r"distances=\[0.5\] cannot be used.*\(0, 0.5\)"),
        ({"distance": [0.1, 0.2]}, r"distance=\[0.1, 0.2\] is not a positive"),
        ({"distance": -0.1}, "distance=-0.1 is not a positive"),
        ({"distance": 0.1, "method": "mcmc"}, "method='mcmc' is unknown"),
        ({"distance": 0.1, "tol": 0}, "tol=0 is not a positive"),
        ({"distance": 0.1, "max_sweeps": 0}, "max_sweeps=0 is not an integer"),
        ({"distance": 0.1, "n_samples": 0}, "n_samples=0 is not a number of draws"),
        ({"distance": 0.1, "random_state": -1}, "random_state=-1 is not an integer"),
    ],
)
def test_scorer_checks_its_parameters_when_made(options, message):
    with pytest.raises(ValueError, match=message):
        local_entropy_scorer(**options)


@pytest.mark.parametrize("architecture", ["full", "tree", "parity"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_columns_are_the_numbers_of_the_function(patterns, architecture, fit_intercept):
    machine = {"architecture": architecture, "fit_intercept": fit_intercept}
    models = solutions(patterns, n=2, **machine)
    rows = flatten_solutions(models)
    found = LocalEntropyTransformer(
        *patterns, DISTANCES, n_hidden=3, tol=1e-8, **machine
    ).fit_transform(rows)
    for model, row in zip(models, found, strict=True):
        curve = local_entropy(model, *patterns, distances=DISTANCES, tol=1e-8)
        np.testing.assert_allclose(row, curve.entropy, rtol=1e-9)


def test_the_length_of_a_row_does_not_matter(patterns):
    rows = flatten_solutions(solutions(patterns, n=1))
    measure = LocalEntropyTransformer(*patterns, n_hidden=3)
    np.testing.assert_allclose(
        measure.fit_transform(3 * rows), measure.fit_transform(rows), rtol=1e-9
    )


def union(patterns, n_jobs=None):
    common = {"n_hidden": 3, "n_jobs": n_jobs}
    curvature = HessianSpectrumTransformer(*patterns, 4.0, measures=["max"], **common)
    return FeatureUnion(
        [
            ("w", LocalEntropyTransformer(*patterns, DISTANCES, **common)),
            ("mc", LocalEntropyTransformer(
                *patterns, [0.001], method="mc", n_samples=1000, **common
            )),
            ("h", curvature),
        ]
    )  # fmt: skip


def test_unions_have_named_columns(patterns):
    pytest.importorskip("pandas")
    rows = flatten_solutions(solutions(patterns))
    both = union(patterns).set_output(transform="pandas")
    frame = both.fit_transform(rows)
    names = [
        "w__local_entropy_d0.1", "w__local_entropy_d0.02",
        "mc__local_entropy_d0.001", "h__hessian_max",
    ]  # fmt: skip
    assert list(frame.columns) == list(both.get_feature_names_out()) == names


def test_nothing_is_changed_and_n_jobs_does_not_matter(patterns):
    rows = flatten_solutions(solutions(patterns))
    before, state = fingerprint(rows, *patterns), global_random_state()
    one = union(patterns).fit_transform(rows)
    two = union(patterns, n_jobs=2).fit_transform(rows)
    assert fingerprint(rows, *patterns) == before
    assert global_random_state() == state
    np.testing.assert_array_equal(one, two)
    assert np.isfinite(one).all()
    again = clone(union(patterns).transformer_list[0][1])
    assert again.distances == DISTANCES
    np.testing.assert_array_equal(again.fit_transform(rows), one[:, :2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"distances": []}, r"distances=\[\] cannot be used"),
        ({"distances": [0.1, 0.6]}, r"distances=\[0.1, 0.6\] cannot be used"),
        ({"method": "mcmc"}, "method='mcmc' is unknown"),
        ({"random_state": None}, "random_state=None is not an integer"),
        ({"n_hidden": 5}, "rows of 138 weights"),
    ],
)
def test_parameters_are_checked_by_fit(patterns, options, message):
    rows = flatten_solutions(solutions(patterns, n=1))
    transformer = LocalEntropyTransformer(*patterns, n_hidden=3)
    with pytest.raises(ValueError, match=message):
        transformer.set_params(**options).fit(rows)


def test_a_unit_without_weights_is_an_error(patterns):
    rows = flatten_solutions(solutions(patterns, n=1))
    rows[:, :46] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match=r"units of norm \[0.\]"):
            LocalEntropyTransformer(*patterns, n_hidden=3).fit_transform(rows)
