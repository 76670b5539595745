"""Data frames raise no warning about names, wherever a model reads them itself."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.callback import ScoringMonitor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm import (
    AnnealingClassifier,
    CeSGDClassifier,
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
)

pytestmark = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]
EPOCHS = [c(n_hidden=3, max_iter=5, random_state=0)
          for c in (LALClassifier, ELALClassifier, CeSGDClassifier,
                    AnnealingClassifier)]  # fmt: skip
FBP = FBPClassifier(n_hidden=3, gammas=[0.5, 2.0], random_state=0)


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 4)), columns=list("abcd"))
    return X, X["a"].gt(0).to_numpy(), rng.integers(0, 3, size=60)


@pytest.mark.parametrize("model", [*EPOCHS, FBP], ids=lambda m: type(m).__name__)
def test_more_classes(model, frame):
    X, _, y = frame
    model = clone(model).fit(X, y)
    assert model.n_errors_ == np.sum(model.predict(X) != y)
    pipeline = make_pipeline(StandardScaler(), clone(model))
    assert pipeline.set_output(transform="pandas").fit(X, y).predict(X).shape == (60,)


@pytest.mark.parametrize("algorithm", [LALClassifier, CeSGDClassifier])
def test_parts(algorithm, frame):
    X, _, y = frame
    model = algorithm(n_hidden=3, random_state=0)
    for part in (slice(30), slice(30, 60)):
        model.partial_fit(X[part], y[part], classes=[0, 1, 2])
    assert model.n_errors_ == np.sum(model.predict(X[30:]) != y[30:])


class Scorer:
    """A callback that scores whenever it can, also on a frame of its own."""

    def __init__(self, X, y):
        self.X, self.y, self.scores = X, y, []

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context, *, X=None):
        assert X.shape[1] == 4

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, fitted_estimator=None
    ):
        fitted = estimator if context.parent is None else fitted_estimator
        self.scores.append((fitted.score(X, y), fitted.score(self.X, self.y)))


@pytest.mark.parametrize("model", EPOCHS, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_callbacks(model, frame, early_stopping):
    X, y, y3 = frame
    model, scorer = clone(model), Scorer(X, y)
    model.set_params(early_stopping=early_stopping, validation_fraction=0.3)
    model.set_callbacks(scorer).fit(X, y)
    assert len(scorer.scores) == model.n_iter_ + 1
    assert scorer.scores[-1][0] == scorer.scores[-1][1] == model.score(X, y)
    monitor = ScoringMonitor(scoring="accuracy")
    clone(model).set_callbacks(monitor).fit(X, y3)
    assert monitor.get_logs().data[0]["accuracy"] > 0


def test_callbacks_without_names_get_arrays(frame):
    X, y, _ = frame
    scorer = Scorer(X.to_numpy(), y)
    clone(EPOCHS[0]).set_callbacks(scorer).fit(X.to_numpy(), y)
    assert len(scorer.scores) > 0
