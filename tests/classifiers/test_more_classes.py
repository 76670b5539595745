"""More than two classes: one machine for each, on shared inputs."""

import pickle
import signal
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from skwfm import (
    AnnealingClassifier,
    CeSGDClassifier,
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
)
from skwfm.architectures import FullCommittee
from skwfm.classifiers import BaseCommitteeClassifier, Solution
from skwfm.landscape import local_entropy, noise_robustness

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
QUICK = [
    LALClassifier(n_hidden=3, max_iter=60, random_state=0),
    ELALClassifier(n_hidden=3, max_iter=60, n_replicas=3, random_state=0),
    CeSGDClassifier(n_hidden=3, max_iter=60, random_state=0),
    FBPClassifier(n_hidden=3, gammas=[0.5, 2.0], max_sweeps=30, random_state=0),
    # Weights of one size have the thresholds that the constant input gives them.
    AnnealingClassifier(n_hidden=3, max_iter=60, intercept_scaling=2, random_state=0),
]


@pytest.fixture(params=QUICK, ids=lambda m: type(m).__name__)
def model(request):
    return clone(request.param)


@pytest.fixture(scope="module")
def clouds():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, size=160)
    X = rng.normal(size=(160, 5)) + 3 * np.eye(4, 5)[y]
    return X, np.array(["d", "b", "a", "c"])[y]


def test_shapes_and_attributes(model, clouds):
    X, y = clouds
    model.fit(X, y)
    assert model.classes_.tolist() == ["a", "b", "c", "d"]
    assert model.coef_.shape == (4, 3, 5)
    assert model.intercept_.shape == (4, 3)
    assert model.decision_function(X).shape == (160, 4)
    assert model.n_errors_ == (model.predict(X) != y).sum()
    assert model.score(X, y) > 0.9
    assert len(model.loss_curve_) == len(model.machines_) == 4


def test_each_machine_is_the_fit_of_its_class_alone(model, clouds):
    """Inputs are shared, answers are not."""
    X, y = clouds
    model.fit(X, y)
    for k, name in enumerate(model.classes_):
        machine = model.machines_[k]
        np.testing.assert_array_equal(machine.coef_, model.coef_[k])
        assert machine.n_errors_ == (machine.predict(X) != (y == name)).sum()
        np.testing.assert_array_equal(
            machine.decision_function(X), model.decision_function(X)[:, k]
        )


def test_two_classes_have_one_machine_which_is_the_classifier(model, clouds):
    X, y = clouds
    assert model.fit(X, y == "a").machines_ == [model]


def test_machines_need_a_fit(model):
    with pytest.raises(AttributeError, match="call fit first"):
        _ = model.machines_


@pytest.mark.parametrize("n_jobs", [2, -1])
def test_result_does_not_depend_on_n_jobs(model, clouds, n_jobs):
    X, y = clouds
    alone = clone(model).fit(X, y)
    together = clone(model).set_params(n_jobs=n_jobs).fit(X, y)
    np.testing.assert_array_equal(alone.coef_, together.coef_)
    np.testing.assert_array_equal(alone.predict_proba(X), together.predict_proba(X))


def test_pickle(model, clouds):
    X, y = clouds
    again = pickle.loads(pickle.dumps(model.fit(X, y)))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_answers_do_not_tie(model, clouds):
    X, y = clouds
    decision = np.sort(model.fit(X, y).decision_function(X), axis=1)
    assert np.all(decision[:, -1] > decision[:, -2])


@pytest.mark.parametrize(
    "odds", [[-2e4, -9e3, -1e3], [40.0, 50.0, -3.0], [900.0, 800.0, np.inf]], ids=str
)
def test_probabilities_of_certain_machines(odds, monkeypatch):
    model = LALClassifier()
    monkeypatch.setattr(model, "decision_function", lambda X: np.array([odds]))
    monkeypatch.setattr(model, "architecture_", FullCommittee(9), raising=False)
    proba = model.predict_proba(np.ones((1, 2)))[0]
    assert proba.sum() == pytest.approx(1)
    assert proba.argmax() == np.argmax(odds)


def test_measures_take_machines_and_say_so(clouds):
    X, y = clouds
    model = LALClassifier(n_hidden=3, random_state=0, max_iter=60).fit(X, y)
    with pytest.raises(ValueError, match="machines_"):
        local_entropy(model, X, y)
    curve = local_entropy(model.machines_[1], X, y == "b", overlaps=[0.9])
    assert curve.entropy.shape == (1,)
    curve = noise_robustness(model, X, y, random_state=0)
    assert np.isfinite(curve.error).all()


def test_one_warning_tells_of_all_machines(clouds):
    X, y = clouds
    flipped = np.where(np.random.default_rng(1).random(160) < 0.2, "a", y)
    with pytest.warns(ConvergenceWarning, match=r"of 4 machines") as seen:
        LALClassifier(max_iter=5, random_state=0).fit(X, flipped)
    assert len([w for w in seen if w.category is ConvergenceWarning]) == 1
    assert seen[0].filename == __file__


def test_ctrl_c_keeps_what_is_trained_and_says_so(clouds, monkeypatch):
    X, y = clouds
    epochs = LALClassifier._epochs
    fits = []

    def interrupted(self, *args):
        fits.append(self)
        if len(fits) == 2:
            yield next(epochs(self, *args))
            raise KeyboardInterrupt
        yield from epochs(self, *args)

    monkeypatch.setattr(LALClassifier, "_epochs", interrupted)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model = LALClassifier(n_hidden=3, random_state=0, max_iter=60).fit(X, y)
    assert len(fits) == 2
    ends = [machine.status_ for machine in model.machines_]
    assert ends[1:] == ["interrupted"] * 3
    assert model.status_ == "interrupted"
    assert model.predict(X).shape == y.shape


@pytest.fixture
def ctrl_c():
    """Raise KeyboardInterrupt on Ctrl-C, also in a shell's job in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def endless(epochs, n_machines):
    """Epochs that never end; Ctrl-C is pressed once so many machines have begun."""
    begun = set()

    def _epochs(self, *args):
        for n_done, state in enumerate(epochs(self, *args)):
            yield replace(state, finished=False)
            if n_done == 2:
                begun.add(id(self))
                if len(begun) == n_machines:
                    main = threading.main_thread().ident
                    signal.pthread_kill(main, signal.SIGINT)

    return _epochs


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to threads")
@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("n_jobs", [2, 4])
@pytest.mark.parametrize(
    "algorithm",
    [LALClassifier, ELALClassifier, CeSGDClassifier, AnnealingClassifier],
)
def test_ctrl_c_keeps_what_threads_have_trained(algorithm, clouds, monkeypatch, n_jobs):
    X, y = clouds
    monkeypatch.setattr(algorithm, "_epochs", endless(algorithm._epochs, n_jobs))
    model = algorithm(n_hidden=3, random_state=0, max_iter=10**9, n_jobs=n_jobs)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(X, y)
    assert model.status_ == "interrupted"
    n_epochs = [machine.n_iter_ for machine in model.machines_]
    assert len(n_epochs) == 4
    assert np.sum(np.array(n_epochs) > 0) == n_jobs
    assert model.predict_proba(X).shape == (160, 4)
    assert pickle.loads(pickle.dumps(model)).n_iter_ == max(n_epochs)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_is_raised_where_training_cannot_be_ended(clouds, monkeypatch):
    X, y = clouds

    def _solve(self, problem, rng):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return Bare._solve(self, problem, rng)

    monkeypatch.setattr(FBPClassifier, "_solve", _solve)
    with pytest.raises(KeyboardInterrupt):
        FBPClassifier(n_hidden=3, n_jobs=2).fit(X, y)


def test_ctrl_c_before_the_last_class_of_fbp_is_raised(clouds, monkeypatch):
    X, y = clouds
    model = clone(next(m for m in QUICK if isinstance(m, FBPClassifier)))
    solve, fits = FBPClassifier._solve, []

    def interrupted(self, problem, rng):
        fits.append(self)
        status = "interrupted" if len(fits) == 2 else "converged"
        return replace(solve(self, problem, rng), status=status)

    monkeypatch.setattr(FBPClassifier, "_solve", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert len(fits) == 2


class Bare(BaseCommitteeClassifier):
    """An algorithm with few parameters, as a plugin may have them."""

    def __init__(self, random_state=None):
        super().__init__(n_hidden=3, random_state=random_state)

    def _solve(self, problem, rng):
        weights = problem.layout.random_weights(rng, problem.dtype)
        return Solution(problem.layout.unpack_weights(weights), 1, False, "max_iter")


def test_an_algorithm_without_n_jobs_learns_classes_and_weights(clouds):
    X, y = clouds
    model = Bare(random_state=0).fit(X, y, sample_weight=np.arange(160) % 2 + 1.0)
    assert model.predict_proba(X).shape == (160, 4)
    assert model.n_errors_ == (model.predict(X) != y).sum() > 0


def test_partial_fit_learns_all_classes(clouds):
    X, y = clouds
    model = LALClassifier(n_hidden=3, random_state=0)
    for start in range(0, 160, 40):
        part = slice(start, start + 40)
        model.partial_fit(X[part], y[part], classes=list("abcd"))
    for _ in range(20):
        model.partial_fit(X, y)
    assert model.n_iter_ == 24
    assert model.coef_.shape == (4, 3, 5)
    assert model.score(X, y) > 0.9


def test_warm_start_goes_on_for_every_class(clouds):
    X, y = clouds
    model = CeSGDClassifier(n_hidden=3, max_iter=40, warm_start=True, random_state=0)
    first = model.fit(X, y).coef_
    model.set_params(max_iter=1).fit(X, y)
    # One epoch from the last weights moves them little; a fresh start is elsewhere.
    assert np.abs(model.coef_ - first).max() < 0.1


@pytest.mark.slow
def test_digits():
    """Goals for ten classes, on a fold that no setting was chosen on."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    X, y = load_digits(return_X_y=True)
    parts = train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)
    scaler = StandardScaler().fit(parts[0])
    X, X_test = scaler.transform(parts[0]), scaler.transform(parts[1])
    for model, least in [
        (LALClassifier(random_state=0), 0.94),
        (CeSGDClassifier(max_iter=300, random_state=0), 0.955),
    ]:
        assert model.fit(X, parts[2]).score(X_test, parts[3]) >= least
