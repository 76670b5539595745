"""Features are selected by the norms of their weights, as the user guide says."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.feature_selection import RFE, RFECV, SelectFromModel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm import CeSGDClassifier, LALClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
MODELS = [
    LALClassifier(max_iter=100, random_state=0),
    CeSGDClassifier(n_hidden=3, early_stopping=True, random_state=0),
]


def norms(model):
    weights = model.coef_.reshape(-1, model.coef_.shape[-1])
    return np.linalg.norm(weights, axis=0)


@pytest.fixture(params=[2, 3], ids="{} classes".format)
def table(request):
    """Three informative features and seven others."""
    X, y = make_classification(
        400, 10, n_informative=3, n_redundant=0, n_classes=request.param,
        n_clusters_per_class=1, class_sep=2.0, shuffle=False, random_state=1,
    )  # fmt: skip
    return StandardScaler().fit_transform(X), y


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("chooser", [SelectFromModel, RFE])
def test_selectors(model, chooser, table):
    X, y = table
    number = {SelectFromModel: "max_features", RFE: "n_features_to_select"}[chooser]
    selector = chooser(model, importance_getter=norms, **{number: 3}).fit(X, y)
    chosen = selector.get_support()
    assert 1 <= chosen.sum() <= 3
    assert chosen[:3].sum() > chosen[3:].sum()
    assert selector.transform(X).shape == (400, chosen.sum())
    score = selector.score(X, y) if chooser is RFE else selector.estimator_.score(X, y)
    assert score > 0.8


def test_pipelines_and_cross_validation(table):
    X, y = table
    model = make_pipeline(StandardScaler(), MODELS[1])
    selector = RFECV(model, importance_getter=lambda m: norms(m[-1]), step=4, cv=2)
    assert selector.fit(X, y).get_support()[:3].any()
