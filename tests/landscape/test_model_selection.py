"""Scorers and transformers inside scikit-learn."""

import pickle

import numpy as np
import pytest
from known_solutions import fingerprint, global_random_state
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm import LALClassifier, plugins
from skwfm.architectures import Architecture
from skwfm.datasets import make_random_patterns
from skwfm.landscape import (
    HessianSpectrumTransformer,
    MeasureTransformer,
    NoiseRobustnessTransformer,
    flatten_solutions,
    hessian_operator,
    hessian_scorer,
    measure_scorer,
    minima_manifold,
    noise_robustness,
    noise_robustness_scorer,
)
from skwfm.landscape.measure import unmet_need
from skwfm.landscape.measures import (
    Hessian,
    LocalEntropy,
    Manifold,
    NoiseRobustness,
)

BETA = 4.0
MACHINES = [("full", True), ("full", False), ("tree", True), ("tree", False)]


@pytest.fixture(scope="module")
def patterns():
    return make_random_patterns(30, 45, random_state=0)


def solutions(patterns, architecture="full", fit_intercept=True, n=4):
    make = LALClassifier(
        architecture=architecture, fit_intercept=fit_intercept, n_hidden=3
    )
    return [clone(make).set_params(random_state=i).fit(*patterns) for i in range(n)]


def extreme(model, X, y, **options):
    values = np.linalg.eigvalsh(
        hessian_operator(model, X, y, BETA, **options).to_dense()
    )
    return {"max": values[-1], "min": values[0], "trace": values.sum()}


@pytest.mark.parametrize("measure", ["max", "min", "trace"])
@pytest.mark.parametrize(
    "options", [{}, {"tangent": True}, {"loss": "ce", "gamma": 2.0}], ids=str
)
def test_hessian_scorer_is_minus_the_measure(patterns, measure, options):
    model = solutions(patterns, n=1)[0]
    score = hessian_scorer(BETA, measure=measure, **options)(model, *patterns)
    expected = extreme(model, *patterns, **options)
    scale = max(map(abs, expected.values()))
    assert score == pytest.approx(-expected[measure], abs=1e-8 * scale)


def test_noise_scorer_is_the_mean_accuracy(patterns):
    model = solutions(patterns, n=1)[0]
    score = noise_robustness_scorer("flip", [0.1, 0.3], n_draws=5)(model, *patterns)
    curve = noise_robustness(model, *patterns, "flip", [0.1, 0.3], n_draws=5)
    assert score == pytest.approx(1 - curve.error.mean())


def test_grid_search_with_several_scorers_in_pipelines(patterns):
    pipeline = make_pipeline(StandardScaler(), LALClassifier(random_state=0))
    scoring = {
        "accuracy": "accuracy",
        "flatness": hessian_scorer(BETA),
        "robustness": noise_robustness_scorer(levels=[0.1], n_draws=3),
    }
    search = GridSearchCV(
        pipeline, {"lalclassifier__n_hidden": [3, 5]}, scoring=scoring,
        refit="flatness", cv=3, return_train_score=True,
    ).fit(*patterns)  # fmt: skip
    results = search.cv_results_
    for name in scoring:
        assert np.isfinite(results[f"mean_test_{name}"]).all()
    best = results["mean_test_flatness"].argmax()
    assert search.best_params_ == results["params"][best]


def test_scorers_are_the_same_in_other_processes(patterns):
    scoring = {"a": hessian_scorer(BETA), "b": noise_robustness_scorer(n_draws=2)}
    model = LALClassifier(n_hidden=3, random_state=0)
    one = cross_validate(model, *patterns, cv=2, scoring=scoring)
    two = cross_validate(model, *patterns, cv=2, scoring=scoring, n_jobs=2)
    for name in ("test_a", "test_b"):
        assert np.array_equal(one[name], two[name])
    for scorer in scoring.values():
        assert pickle.loads(pickle.dumps(scorer)) == scorer


def test_other_estimators_get_an_error_that_says_what_is_needed(patterns):
    other = LogisticRegression().fit(*patterns)
    message = r"LogisticRegression has no architecture_.*needs a fitted committee"
    with pytest.raises(TypeError, match=message):
        hessian_scorer(BETA)(other, *patterns)
    with pytest.raises(TypeError, match=message):
        hessian_scorer(BETA)(make_pipeline(StandardScaler(), other), *patterns)
    assert 0 < noise_robustness_scorer()(other, *patterns) <= 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: hessian_scorer(0), "beta=0 is not a positive"),
        (lambda: hessian_scorer(1, measure="median"), r"measures=\['median'\]: use"),
        (lambda: noise_robustness_scorer(levels=[]), r"levels=\(?\[?\]?\)? must be"),
        (lambda: noise_robustness_scorer("pink"), "noise='pink' is not known"),
    ],
)
def test_scorers_check_their_parameters_when_made(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(("architecture", "fit_intercept"), MACHINES)
def test_transformers_give_the_numbers_of_the_functions(
    patterns, architecture, fit_intercept
):
    models = solutions(patterns, architecture, fit_intercept)
    rows = flatten_solutions(models)
    machine = {
        "architecture": architecture, "n_hidden": 3, "fit_intercept": fit_intercept
    }  # fmt: skip
    hessian = HessianSpectrumTransformer(*patterns, BETA, **machine)
    noise = NoiseRobustnessTransformer(*patterns, "flip", [0.0, 0.2], **machine)
    found, errors = hessian.fit_transform(rows), noise.fit_transform(rows)
    for model, row, error in zip(models, found, errors, strict=True):
        expected = extreme(model, *patterns)
        scale = max(map(abs, expected.values()))
        np.testing.assert_allclose(row, list(expected.values()), atol=1e-8 * scale)
        curve = noise_robustness(model, *patterns, "flip", [0.0, 0.2], n_draws=10)
        assert np.array_equal(error, curve.error)


def union(patterns, n_jobs=None):
    return FeatureUnion(
        [
            ("h", HessianSpectrumTransformer(
                *patterns, BETA, n_hidden=3, measures=["max", "trace"], n_jobs=n_jobs
            )),
            ("n", NoiseRobustnessTransformer(
                *patterns, levels=[0.05, 0.1], n_hidden=3, n_jobs=n_jobs
            )),
        ],
        verbose_feature_names_out=False,
    )  # fmt: skip


def test_unions_have_named_columns(patterns):
    pd = pytest.importorskip("pandas")
    rows = flatten_solutions(solutions(patterns))
    both = union(patterns).set_output(transform="pandas")
    frame = both.fit_transform(rows)
    assert isinstance(frame, pd.DataFrame)
    names = [
        "hessian_max",
        "hessian_trace",
        "noise_coloured_0.05",
        "noise_coloured_0.1",
    ]
    assert list(frame.columns) == names
    assert list(both.get_feature_names_out()) == names
    np.testing.assert_array_equal(frame, union(patterns).fit_transform(rows))


def test_regression_on_landscape_features(patterns):
    rows = flatten_solutions(solutions(patterns, n=8))
    model = make_pipeline(union(patterns), StandardScaler(), LinearRegression())
    assert np.isfinite(model.fit(rows, np.arange(8.0)).predict(rows)).all()


def test_transformers_leave_everything_as_it_is(patterns):
    rows = flatten_solutions(solutions(patterns))
    before, state = fingerprint(rows, *patterns), global_random_state()
    one = union(patterns).fit_transform(rows)
    two = union(patterns, n_jobs=2).fit_transform(rows)
    assert fingerprint(rows, *patterns) == before
    assert global_random_state() == state
    assert np.array_equal(one, two)
    for _, transformer in union(patterns).transformer_list:
        again = clone(transformer)
        assert repr(again) == repr(transformer)
        assert again.get_params().keys() == transformer.get_params().keys()


def test_labels_of_any_kind(patterns):
    X, y = patterns
    rows = flatten_solutions(solutions(patterns))
    words = np.where(y > 0, "right", "left")
    options = {"n_hidden": 3}
    expected = HessianSpectrumTransformer(X, y, BETA, **options).fit_transform(rows)
    found = HessianSpectrumTransformer(X, words, BETA, **options).fit_transform(rows)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beta": -1.0}, "beta=-1.0 is not a positive"),
        ({"measures": []}, r"measures=\[\]: use some of"),
        ({"n_hidden": 5}, r"rows of 138 weights, but FullCommittee\(n_hidden=5\)"),
        ({"fit_intercept": False}, "change architecture, n_hidden or fit_intercept"),
        ({"labels": np.zeros(30)}, r"labels has the classes .*: pass labels of two"),
    ],
)
def test_parameters_are_checked_by_fit(patterns, options, message):
    rows = flatten_solutions(solutions(patterns))
    transformer = HessianSpectrumTransformer(*patterns, BETA, n_hidden=3)
    with pytest.raises(ValueError, match=message):
        transformer.set_params(**options).fit(rows)


def test_solutions_of_different_machines_do_not_flatten(patterns):
    models = solutions(patterns, n=1) + solutions(patterns, fit_intercept=False, n=1)
    with pytest.raises(ValueError, match=r"models have \[138, 135\] weights"):
        flatten_solutions(models)
    with pytest.raises(ValueError, match=r"models have \[\] weights"):
        flatten_solutions([])


class Bare:
    """What the table of attributes of the plugin page names, and nothing else."""

    def __init__(self, model):
        for name in ("coef_", "intercept_", "classes_", "architecture_"):
            setattr(self, name, getattr(model, name))

    def fit(self, X, y):
        return self

    def predict(self, X):
        hidden = np.where(X @ self.coef_.T + self.intercept_ >= 0, 1.0, -1.0)
        return self.architecture_.output(hidden)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_models_need_no_parameter_fit_intercept(patterns, fit_intercept):
    models = solutions(patterns, fit_intercept=fit_intercept, n=2)
    bare = [Bare(model) for model in models]
    rows = flatten_solutions(bare)
    assert np.array_equal(rows, flatten_solutions(models))
    for name in ("hessian", "local_entropy", "noise_robustness", "manifold"):
        measure = plugins.get("measures", name)()
        scorer = measure_scorer(measure, column=measure.columns[0])
        assert scorer(bare[0], *patterns) == scorer(models[0], *patterns)


def test_a_column_is_picked_by_name(patterns):
    model = solutions(patterns, n=1)[0]
    measure = Hessian(BETA, ["max", "trace"])
    score = measure_scorer(measure, column="hessian_trace")(model, *patterns)
    assert score == hessian_scorer(BETA, measure="trace")(model, *patterns)
    for column in (None, "hessian_min"):
        message = r"no column of hessian: pass one of \['hessian_max', 'hessian_trace'"
        with pytest.raises(ValueError, match=message):
            measure_scorer(measure, column=column)


@pytest.mark.parametrize("measure", ["manifold", Manifold, Manifold()], ids=str)
def test_measures_by_name_class_and_instance(patterns, measure):
    model = solutions(patterns, n=1)[0]
    dimension = minima_manifold(model, *patterns).dimension
    assert measure_scorer(measure)(model, *patterns) == dimension
    transformer = MeasureTransformer(measure, *patterns, n_hidden=3)
    (row,) = clone(transformer).fit_transform(flatten_solutions([model]))
    assert row.tolist() == [dimension]
    assert transformer.fit(flatten_solutions([model])).get_feature_names_out() == [
        "manifold_dimension"
    ]


def test_the_named_transformer_is_the_general_one(patterns):
    rows = flatten_solutions(solutions(patterns))
    measure = NoiseRobustness("flip", (0.1, 0.3), (), n_draws=10)
    general = MeasureTransformer(measure, *patterns, n_hidden=3, random_state=5)
    named = NoiseRobustnessTransformer(
        *patterns, "flip", [0.1, 0.3], n_hidden=3, random_state=5
    )
    found = general.fit_transform(rows)
    assert np.array_equal(found, named.fit_transform(rows))
    assert list(general.feature_names_out_) == ["noise_flip_0.1", "noise_flip_0.3"]
    assert not np.array_equal(
        found, general.set_params(random_state=6).fit_transform(rows)
    )


@pytest.mark.parametrize("measure", [None, 3, dict, len])
def test_what_is_no_measure_is_an_error(measure):
    with pytest.raises(TypeError, match=r"the measure is given by name.*lacks"):
        measure_scorer(measure)


def test_needs_say_what_is_missing(patterns):
    class Mute(Architecture):
        def receptive_fields(self, n_features):
            return [np.arange(n_features)] * self.n_hidden

        def output(self, hidden):
            return hidden[:, 0]

    model, linear = solutions(patterns, n=1)[0], LogisticRegression().fit(*patterns)
    assert unmet_need(NoiseRobustness(), linear) == ""
    for measure in (Hessian(), LocalEntropy(), LocalEntropy(method="mc")):
        assert unmet_need(measure, model) == ""
        assert unmet_need(measure, make_pipeline(StandardScaler(), model)) == ""
        assert "LogisticRegression has no arch" in unmet_need(measure, linear)
    mute = Bare(model)
    mute.architecture_ = Mute(3)
    assert "method smooth, but Mute has none" in unmet_need(Hessian(), mute)
    assert "method channel, but Mute has none" in unmet_need(LocalEntropy(), mute)
    assert unmet_need(LocalEntropy(method="mc"), mute) == ""
