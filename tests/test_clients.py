"""Libraries that know scikit-learn's interface only work with the classifiers.

Each test needs one of them, which no extra installs::

    pip install mlxtend mapie shap optuna imbalanced-learn skore
"""

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm import FBPClassifier, LALClassifier

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


def client(name):
    return pytest.importorskip(name, reason=f"{name} is not installed")


@pytest.fixture
def clouds():
    """Two clouds in the plane, one of which is rarer."""
    rng = np.random.default_rng(0)
    y = (rng.random(160) < 0.3).astype(int)
    return rng.normal(size=(160, 2)) + 2.0 * y[:, np.newaxis], y


@pytest.fixture(params=["lal", "fbp"])
def estimator(request):
    models = {
        "lal": LALClassifier(n_hidden=3, max_iter=50, random_state=0),
        "fbp": FBPClassifier(n_hidden=3, label_noise=0.1, random_state=0),
    }
    return models[request.param]


def test_soft_voting_and_decision_regions_of_mlxtend(clouds, estimator):
    client("mlxtend")
    pyplot = client("matplotlib.pyplot")
    from mlxtend.classifier import EnsembleVoteClassifier
    from mlxtend.plotting import plot_decision_regions

    X, y = clouds
    members = [make_pipeline(StandardScaler(), estimator), estimator]
    vote = EnsembleVoteClassifier(members, voting="soft").fit(X, y)
    assert vote.score(X, y) > 0.85
    figure, axes = pyplot.subplots()
    plot_decision_regions(X, y, clf=vote, ax=axes)
    assert axes.collections
    pyplot.close(figure)


def test_conformal_sets_of_mapie_cover_as_often_as_they_say(clouds, estimator):
    client("mapie")
    from mapie.classification import SplitConformalClassifier

    X, y = clouds
    rng = np.random.default_rng(1)
    fresh_y = (rng.random(2000) < 0.3).astype(int)
    fresh_X = rng.normal(size=(2000, 2)) + 2.0 * fresh_y[:, np.newaxis]
    conformal = SplitConformalClassifier(
        estimator.fit(X[:80], y[:80]), confidence_level=0.9, prefit=True
    )
    conformal.conformalize(X[80:], y[80:])
    _, sets = conformal.predict_set(fresh_X)
    covered = sets[np.arange(2000), fresh_y, 0].mean()
    # With 80 labels for the calibration the coverage is Beta(73, 8): 0.8 to 0.97.
    assert 0.79 < covered < 0.98


def test_values_of_shap_add_up_to_the_decision(clouds, estimator):
    shap = client("shap")
    X, y = clouds
    model = estimator.fit(X, y)
    explainer = shap.Explainer(model.decision_function, X[:40])
    values = explainer(X[:5])
    total = values.base_values + values.values.sum(axis=1)
    np.testing.assert_allclose(total, model.decision_function(X[:5]), rtol=1e-6)


def test_search_of_optuna(clouds):
    optuna = client("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    X, y = clouds

    def objective(trial):
        model = LALClassifier(
            n_hidden=trial.suggest_int("n_hidden", 1, 5, step=2),
            eta=trial.suggest_float("eta", 1e-3, 1e-1, log=True),
            max_iter=30,
            random_state=0,
        )
        return cross_val_score(model, X, y, cv=3).mean()

    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0)
    )
    study.optimize(objective, n_trials=6)
    assert study.best_value > 0.85
    assert set(study.best_params) == {"n_hidden", "eta"}


def test_pipelines_and_ensembles_of_imbalanced_learn(clouds, estimator):
    client("imblearn")
    from imblearn.ensemble import BalancedBaggingClassifier
    from imblearn.over_sampling import SMOTE
    from imblearn.pipeline import make_pipeline as make_sampling_pipeline

    X, y = clouds
    sampled = make_sampling_pipeline(SMOTE(random_state=0), estimator).fit(X, y)
    assert sampled.score(X, y) > 0.85
    bagged = BalancedBaggingClassifier(estimator, n_estimators=3, random_state=0)
    assert bagged.fit(X, y).predict_proba(X).shape == (160, 2)


def test_report_of_skore(clouds, estimator):
    skore = client("skore")
    X, y = clouds
    report = skore.EstimatorReport(
        estimator, X_train=X[:100], y_train=y[:100], X_test=X[100:], y_test=y[100:]
    )
    assert report.metrics.accuracy() > 0.8
