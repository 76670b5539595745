"""The parts work with each other and with what skwfm and scikit-learn offer."""

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from skwfm_robust import (
    ErrorBarrier,
    LeastSquaresClassifier,
    RobustEnsembleClassifier,
    WeightedVote,
    WindowedVote,
)

from skwfm import FBPClassifier, LALClassifier
from skwfm.datasets import make_random_patterns
from skwfm.experiments import Source, compare
from skwfm.landscape import (
    MeasureTransformer,
    flatten_solutions,
    hessian_spectrum,
    local_entropy,
    measure_scorer,
)


@pytest.fixture(scope="module")
def patterns():
    return make_random_patterns(60, 120, random_state=0)


@pytest.fixture(scope="module")
def robust(patterns):
    machine = WeightedVote(3, votes=(2, 2, 1))
    return RobustEnsembleClassifier(architecture=machine, random_state=0).fit(*patterns)


def test_replicas_collapse_on_a_solution(robust, patterns):
    assert robust.converged_
    assert robust.n_errors_ == 0
    assert robust.score(*patterns) == 1
    assert robust.loss_curve_[-1] < robust.loss_curve_[0]
    assert robust.predict_proba(patterns[0]).shape == (60, 2)


def test_the_centre_lies_where_solutions_are_denser_than_around_lal(patterns):
    """Its local entropy is higher on all of three instances."""
    for seed in range(3):
        X, y = make_random_patterns(60, 120, random_state=seed)
        options = {"architecture": "weighted", "n_hidden": 3, "random_state": seed}
        wide = RobustEnsembleClassifier(**options).fit(X, y)
        narrow = LALClassifier(eta=1e-3, **options).fit(X, y)
        volumes = [
            local_entropy(model, X, y, overlaps=[0.9]).entropy[0]
            for model in (wide, narrow)
        ]
        assert volumes[0] > volumes[1]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_sample_weights_count_as_copies():
    """In one batch per epoch, from the same start, up to rounding."""
    X, y = make_random_patterns(30, 40, random_state=0)
    weight = np.where(np.arange(30) < 10, 2.0, 1.0)
    copies = np.repeat(np.arange(30), weight.astype(int))
    # Rates are relative to the mean weight.
    model = RobustEnsembleClassifier(
        n_hidden=3, eta=0.01, n_replicas=1, batch_size=1000, max_iter=20, random_state=0
    )
    weighted = model.fit(X, y, sample_weight=weight).coef_.copy()
    model.set_params(eta=0.01 * 30 / 40)
    copied = model.fit(X[copies], y[copies]).coef_
    np.testing.assert_allclose(weighted, copied, rtol=1e-8, atol=1e-10)


def test_hessian_and_local_entropy(robust, patterns):
    spectrum = hessian_spectrum(robust, *patterns, beta=2.0)
    assert np.isfinite(spectrum.eigenvalues).all()
    curve = local_entropy(robust, *patterns, overlaps=[0.8, 0.95])
    assert curve.converged.all()
    assert np.all(curve.entropy < 0)


@pytest.mark.parametrize("machine", [WeightedVote(4), WindowedVote(5)])
def test_algorithms_of_skwfm_learn_the_machines(machine, patterns):
    for algorithm in (LALClassifier, FBPClassifier):
        model = algorithm(architecture=machine, random_state=0).fit(*patterns)
        assert model.n_errors_ == 0


def test_grid_search_in_processes(patterns):
    search = GridSearchCV(
        RobustEnsembleClassifier(
            architecture=WindowedVote(4), pull0=0.01, random_state=0
        ),
        {
            "architecture__overlap": [0.0, 1.0],
            "architecture__votes": [None, (2, 2, 2, 1)],
        },
        scoring=measure_scorer(ErrorBarrier(n_points=5)),
        cv=2,
        n_jobs=2,
        error_score="raise",
    )
    with joblib.parallel_config(backend="loky"):
        search.fit(*patterns)
    assert len(search.cv_results_["params"]) == 4
    assert np.all(search.cv_results_["mean_test_score"] <= 0)
    assert search.best_estimator_.architecture_.n_hidden == 4


def test_a_column_of_a_comparison(patterns):
    result = compare(
        Source("random", *patterns),
        [
            RobustEnsembleClassifier(architecture="weighted", n_hidden=3),
            LeastSquaresClassifier(),
            "least_squares",
        ],
        measures=["error_barrier"],
        n_seeds=2,
        n_measured=2,
        n_jobs=1,
    )
    assert {run.status for run in result.runs} == {"ok"}
    barriers = [run.row()["error_barrier"] for run in result.runs]
    assert np.isfinite(barriers).all()


def test_the_duck_typed_classifier_is_measured(patterns):
    X, y = patterns
    model = LeastSquaresClassifier().fit(X, y)
    assert model.n_errors_ == 0
    assert np.isfinite(hessian_spectrum(model, X, y, beta=1.0).eigenvalues).all()
    rows = flatten_solutions([model])
    barrier = MeasureTransformer(ErrorBarrier(), X, y, n_hidden=1)
    assert barrier.fit_transform(rows).shape == (1, 1)
