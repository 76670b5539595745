"""Stopping, warnings, interruption, callbacks, partial_fit, machines in Python."""

import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.callback import ScoringMonitor
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.parallel import Parallel, delayed

from skwfm import CeSGDClassifier, ELALClassifier, LALClassifier
from skwfm.architectures import Architecture, FullCommittee, TreeCommittee, TreeParity
from skwfm.classifiers import BaseCommitteeClassifier, Problem, Solution
from skwfm.classifiers.epochs.iterative import OnlineMixin
from skwfm.datasets import make_random_patterns


def in_python(machine):
    """The same machine, run through its NumPy methods."""

    class InPython(machine):
        _compiled_rule = None

    return InPython


@pytest.mark.parametrize("machine", [FullCommittee, TreeCommittee, TreeParity])
def test_machines_in_python_train_like_the_compiled_ones(estimator, patterns, machine):
    estimator.set_params(architecture=machine, n_hidden=3, max_iter=3)
    with pytest.warns(ConvergenceWarning):
        compiled = clone(estimator).fit(*patterns)
    estimator.set_params(architecture=in_python(machine))
    with pytest.warns(ConvergenceWarning):
        python = clone(estimator).fit(*patterns)
    assert np.allclose(python.loss_curve_, compiled.loss_curve_, rtol=1e-10)
    assert np.allclose(python.coef_, compiled.coef_, atol=1e-10)


def test_machines_in_python_train_on_threads(patterns):
    estimator = ELALClassifier(
        architecture=in_python(FullCommittee), eta=0.02, n_replicas=3, lambda0=1.0,
        lambda1=0.05, random_state=0,
    )  # fmt: skip
    alone = clone(estimator).fit(*patterns).coef_
    assert np.array_equal(
        alone, clone(estimator).set_params(n_jobs=2).fit(*patterns).coef_
    )


def test_an_error_in_a_thread_is_the_error_one_sees(patterns):
    class Broken(FullCommittee):
        def unit_to_fix(self, fields, labels):
            raise ZeroDivisionError("broken rule")

    estimator = ELALClassifier(architecture=Broken, n_jobs=2, random_state=0)
    with pytest.raises(ZeroDivisionError, match="broken rule"):
        estimator.fit(*patterns)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_replicas_inside_a_parallel_run(patterns, backend):
    estimator = ELALClassifier(
        eta=0.02, n_replicas=4, lambda0=1.0, lambda1=0.05, random_state=0, n_jobs=2
    )
    expected = clone(estimator).fit(*patterns).coef_
    fits = Parallel(n_jobs=2, backend=backend)(
        delayed(clone(estimator).fit)(*patterns) for _ in range(2)
    )
    for fitted in fits:
        assert np.array_equal(fitted.coef_, expected)


def test_not_converged_is_said_with_advice(estimator, patterns):
    estimator.set_params(max_iter=1)
    with pytest.warns(
        ConvergenceWarning, match=r"max_iter=1 .* training errors.*raise"
    ):
        estimator.fit(*patterns)
    assert not estimator.converged_
    assert estimator.status_ == "max_iter"
    assert estimator.n_iter_ == 1
    assert estimator.n_errors_ == np.sum(estimator.predict(patterns[0]) != patterns[1])


def test_collapse_on_a_machine_with_errors_is_not_convergence():
    X, y = make_random_patterns(50, 5, random_state=0)
    estimator = ELALClassifier(lambda0=100.0, eta=9e-3, lambda1=0.1, random_state=0)
    with pytest.warns(ConvergenceWarning, match="stopping rule held with"):
        estimator.fit(X, y)
    assert estimator.status_ == "errors_left"
    assert not estimator.converged_
    assert estimator.n_errors_ > 0


def test_loss_stop_means_the_loss_at_the_end():
    X, y = make_random_patterns(50, 201, random_state=0)
    estimator = CeSGDClassifier(
        eta=1e-3, gamma0=1.0, gamma1=0.02, beta0=1.0, beta1=0.02, stop="loss",
        tol=1e-4, random_state=0,
    ).fit(X, y)  # fmt: skip
    n = estimator.n_iter_ - 1
    gamma = beta = 1.02**n
    value, _ = estimator.architecture_.smooth(
        X @ estimator.coef_.T + estimator.intercept_, beta
    )
    margin = y * value
    loss = np.sum(
        -margin / 2 + np.logaddexp(gamma * margin, -gamma * margin) / (2 * gamma)
    )
    assert loss <= 1e-4
    assert estimator.loss_curve_[-2] > 1e-4


class Interrupter:
    """A callback that presses Ctrl-C in the third epoch."""

    n_epochs = 0

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context):
        if context.task_name != "epoch":
            return
        self.n_epochs += 1
        if self.n_epochs == 3:
            raise KeyboardInterrupt


def test_interruption_leaves_a_usable_classifier(estimator, patterns):
    estimator.set_callbacks(Interrupter())
    estimator.set_params(max_iter=50, eta=1e-6)
    with pytest.warns(ConvergenceWarning, match="interrupted after 3 epochs"):
        estimator.fit(*patterns)
    assert estimator.status_ == "interrupted"
    assert not estimator.converged_
    assert estimator.n_iter_ == len(estimator.loss_curve_) == 3
    assert estimator.score(*patterns) > 0


def test_interruption_on_threads(patterns):
    estimator = ELALClassifier(n_jobs=2, eta=1e-6, random_state=0)
    estimator.set_callbacks(Interrupter())
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        estimator.fit(*patterns)
    assert estimator.coef_.shape == (9, 101)


class Stopper(Interrupter):
    """A callback that asks to stop after the second epoch."""

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.n_epochs += context.task_name == "epoch"
        self.seen = fitted_estimator
        return self.n_epochs == 2


def test_callbacks_may_stop_and_see_a_fitted_estimator(estimator, patterns):
    stopper = Stopper()
    estimator.set_callbacks(stopper).set_params(eta=1e-6)
    estimator.fit(*patterns)
    assert estimator.status_ == "stopped"
    assert estimator.n_iter_ == 2
    assert not estimator.converged_


def test_scoring_monitor_follows_the_training(patterns):
    monitor = ScoringMonitor(scoring="accuracy")
    estimator = LALClassifier(eta=0.02, random_state=0).set_callbacks(monitor)
    estimator.fit(*patterns)
    accuracies = [entry["accuracy"] for entry in monitor.get_logs().data]
    assert len(accuracies) == estimator.n_iter_
    assert accuracies[-1] == 1.0 > accuracies[0]


def test_verbose_prints_every_so_many_epochs(capsys, patterns):
    with pytest.warns(ConvergenceWarning):
        LALClassifier(verbose=2, max_iter=5, eta=1e-6, random_state=0).fit(*patterns)
    lines = capsys.readouterr().out.splitlines()
    assert [re.search(r"epoch (\d+): loss", line)[1] for line in lines] == ["2", "4"]


@pytest.mark.parametrize("algorithm", [LALClassifier, CeSGDClassifier])
def test_partial_fit_epochs_are_the_epochs_of_fit(algorithm, patterns):
    estimator = algorithm(max_iter=4, eta=1e-3, random_state=0)
    online = clone(estimator)
    for _ in range(4):
        online.partial_fit(*patterns)
    with pytest.warns(ConvergenceWarning):
        estimator.fit(*patterns)
    assert np.allclose(online.coef_, estimator.coef_, atol=1e-12)
    assert np.allclose(online.loss_curve_, estimator.loss_curve_)
    assert online.n_iter_ == 4


def test_partial_fit_learns_from_chunks(patterns):
    X, y = patterns
    estimator = LALClassifier(eta=0.02, random_state=0)
    for _ in range(100):
        for chunk in (slice(30), slice(30, 60)):
            estimator.partial_fit(X[chunk], y[chunk], classes=[-1, 1])
    assert estimator.score(X, y) == 1.0


def test_partial_fit_goes_on_after_fit(patterns):
    estimator = LALClassifier(eta=0.02, random_state=0).fit(*patterns)
    n_iter, solved = estimator.n_iter_, estimator.coef_.copy()
    estimator.partial_fit(*patterns)
    assert estimator.n_iter_ == n_iter + 1
    assert np.allclose(estimator.coef_, solved)  # no errors, nothing to do


def test_partial_fit_needs_both_classes_once(patterns):
    X, y = patterns
    with pytest.raises(ValueError, match="only one class"):
        LALClassifier().partial_fit(X[y > 0], y[y > 0])
    estimator = LALClassifier(random_state=0)
    estimator.partial_fit(X[y > 0], y[y > 0], classes=[-1, 1])
    with pytest.raises(ValueError, match="not one of the classes"):
        estimator.partial_fit(X, np.where(y > 0, 5, -1))


def test_partial_fit_only_where_it_is_natural():
    assert not hasattr(ELALClassifier(), "partial_fit")
    assert issubclass(LALClassifier, OnlineMixin)


class FirstInput(BaseCommitteeClassifier):
    """A third-party algorithm: every unit looks at the first input."""

    def _solve(self, problem, rng):
        assert isinstance(problem, Problem)
        weights = np.zeros((problem.architecture.n_hidden, problem.inputs.shape[1] + 1))
        weights[:, 0] = 7.0
        return Solution(weights, n_iter=1, converged=True)


def test_third_party_algorithm():
    X, _ = make_random_patterns(40, 11, random_state=0)
    estimator = FirstInput().fit(X, X[:, 0])
    assert estimator.converged_
    assert np.allclose(np.linalg.norm(estimator.coef_, axis=1), 1)
    with pytest.warns(ConvergenceWarning, match="training errors left"):
        estimator.fit(X, X[:, 1])
    assert not estimator.converged_


def test_third_party_weights_of_the_wrong_shape():
    class Wrong(FirstInput):
        def _solve(self, problem, rng):
            return Solution(np.ones((2, 2)), 1, True)

    with pytest.raises(ValueError, match=r"Wrong._solve.*shape \(9, 12\)"):
        Wrong().fit(*make_random_patterns(40, 11, random_state=0))


class Chaired(Architecture):
    """The first unit decides; only a least-action rule is given."""

    def receptive_fields(self, n_features):
        return [np.arange(n_features)] * self.n_hidden

    def output(self, hidden):
        return hidden[:, 0]

    def unit_to_fix(self, fields, labels):
        return np.zeros(len(fields), dtype=int)


def test_third_party_architecture(patterns):
    for spec in (Chaired, Chaired(n_hidden=5)):
        estimator = LALClassifier(
            architecture=spec, n_hidden=5, eta=0.02, random_state=0
        )
        assert estimator.fit(*patterns).score(*patterns) == 1.0
    with pytest.raises(NotImplementedError, match="`smooth`"):
        CeSGDClassifier(architecture=Chaired).fit(*patterns)


class Alike(BaseCommitteeClassifier):
    """All units alike; `act` happens in the middle of the training."""

    act = staticmethod(lambda: None)

    def _solve(self, problem, rng):
        weights = problem.layout.dense(np.ones(problem.layout.n_weights))
        try:
            self.act()
        except KeyboardInterrupt:
            return Solution(weights, 1, False, "interrupted")
        return Solution(weights, 2, False, "max_iter")


class Diary:
    """A callback that notes what it is told."""

    def __init__(self):
        self.notes = []

    def setup(self, estimator, context):
        self.notes.append(("setup", context.max_subtasks))

    def teardown(self, estimator, context):
        self.notes.append(("teardown", hasattr(estimator, "coef_")))

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        self.notes.append((f"{context.task_name} begins", len(X), set(y)))

    def on_fit_task_end(self, estimator, context, *, X=None, y=None):
        self.notes.append((f"{context.task_name} ends", len(X), set(y)))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_callbacks_are_told_when_any_training_begins_and_ends(patterns):
    X, y = patterns
    diary, named = Diary(), np.where(y > 0, "yes", "no")
    Alike(n_hidden=3).set_callbacks(diary).fit(X, named)
    assert diary.notes == [
        ("setup", 0),
        ("fit begins", 60, {"no", "yes"}),
        ("fit ends", 60, {"no", "yes"}),
        ("teardown", True),
    ]


def press_ctrl_c():
    raise KeyboardInterrupt


def test_an_algorithm_may_return_what_it_has_on_ctrl_c(patterns, monkeypatch):
    monkeypatch.setattr(Alike, "act", staticmethod(press_ctrl_c))
    with pytest.warns(ConvergenceWarning, match="interrupted after 1 epochs"):
        model = Alike(n_hidden=3).fit(*patterns)
    assert (model.status_, model.converged_) == ("interrupted", False)


def test_ctrl_c_leaves_fit_if_an_algorithm_does_not_catch_it(patterns, monkeypatch):
    monkeypatch.setattr(Alike, "_solve", lambda self, problem, rng: press_ctrl_c())
    diary = Diary()
    with pytest.raises(KeyboardInterrupt):
        Alike(n_hidden=3).set_callbacks(diary).fit(*patterns)
    assert diary.notes[-1] == ("teardown", False)
