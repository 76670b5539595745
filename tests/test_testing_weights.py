"""`check_algorithm` catches weights that are dropped, and padding that is changed."""

from functools import partial
from unittest import SkipTest

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skwfm import CeSGDClassifier, ELALClassifier, FBPClassifier, LALClassifier
from skwfm.classifiers import (
    AnnealingClassifier,
    BaseCommitteeClassifier,
    Epoch,
    IterativeClassifier,
    Problem,
    Solution,
)
from skwfm.testing import _weights, algorithm
from skwfm.testing._weights import check_weights

LABELS = np.array(["no", "yes"])
EXACTLY_HALF = "6 of 12 fits answered the heavy one, as if {} were ignored"


class RandomSearch(BaseCommitteeClassifier):
    """The best of some random weights: stochastic, and honest about weights."""

    n_trials = 60

    def _solve(self, problem, rng):
        layout, found = problem.layout, []
        for _ in range(self.n_trials):
            weights = layout.random_weights(rng, problem.dtype)
            found.append((problem.count_errors(weights), weights.copy()))
        best = min(found, key=lambda each: each[0])[1]
        return Solution(layout.unpack_weights(best), self.n_trials, False, "noisy")


class PerceptronRule(IterativeClassifier):
    """Looks at weights only where the base class does, to choose among its epochs."""

    def _epochs(self, problem, rng, weights=None, n_done=0):
        layout, rows = problem.layout, np.arange(len(problem.labels))
        if weights is None:
            weights = layout.random_weights(rng, problem.dtype)
        yield Epoch(weights)
        while True:
            fields = problem.fields(weights, rows)
            wrong = problem.wrong(fields, rows)
            against = wrong[:, None] & (fields * problem.labels[:, None] < 0)
            steps = 0.01 * (against * problem.labels[:, None]).T
            dense = layout.unpack_weights(weights)
            dense[:, : problem.inputs.shape[1]] += steps @ problem.inputs
            weights[:] = layout.pack_weights(dense, problem.dtype)
            yield Epoch(weights, wrong.sum(), not problem.has_errors(weights))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "make",
    [
        LALClassifier,
        ELALClassifier,
        partial(ELALClassifier, n_replicas=3),
        CeSGDClassifier,
        AnnealingClassifier,
        partial(FBPClassifier, label_noise=0.05, max_sweeps=10),
        RandomSearch,
        PerceptronRule,
    ],
    ids=lambda make: getattr(make, "__name__", str(getattr(make, "keywords", ""))),
)
def test_honest_algorithms_pass(make):
    check_weights(make, LABELS)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["sample_weight", "class_weight"])
@pytest.mark.parametrize(
    "make", [LALClassifier, ELALClassifier, CeSGDClassifier, AnnealingClassifier]
)
def test_built_ins_nearly_always_answer_the_heavy_label(make, name):
    answers = list(_weights._answers(make, LABELS, name))
    assert len(answers) == 60
    assert sum(answers) >= 58


class DropsWeights(RandomSearch):
    def _solve(self, problem, rng):
        machine = (
            problem.architecture,
            problem.fit_intercept,
            problem.intercept_scaling,
        )
        return super()._solve(Problem(problem.inputs, problem.labels, *machine), rng)


class DropsWeightsOfSamples(RandomSearch):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y)


class DropsWeightsOfClasses(LALClassifier):
    def fit(self, X, y, sample_weight=None):
        kept, self.class_weight = self.class_weight, None
        try:
            return super().fit(X, y, sample_weight=sample_weight)
        finally:
            self.class_weight = kept


class MixesWeights(LALClassifier):
    """Patterns are shuffled, their weights are not."""

    def fit(self, X, y, sample_weight=None):
        order = np.random.default_rng(self.random_state).permutation(len(y))
        return super().fit(X[order], y[order], sample_weight=sample_weight)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (DropsWeights, EXACTLY_HALF.format("sample_weight")),
        (DropsWeightsOfSamples, EXACTLY_HALF.format("sample_weight")),
        (DropsWeightsOfClasses, EXACTLY_HALF.format("class_weight")),
        (MixesWeights, "as if sample_weight were ignored"),
    ],
)
def test_dropped_weights_are_caught(make, message):
    with pytest.raises(AssertionError) as caught:
        check_weights(make, LABELS)
    told = str(caught.value)
    assert told.startswith(f"{make.__name__}.fit: of two labels of one pattern")
    assert message in told
    assert "count each pattern by its weight (problem.sample_weight), or" in told


@pytest.mark.filterwarnings("ignore")
def test_without_noise_no_pattern_may_be_wrong_whatever_its_weight():
    make = partial(FBPClassifier, gammas=(0.5, 5.0), max_sweeps=10)
    with pytest.raises(SkipTest, match="each pattern must be right, whatever its wei"):
        check_weights(make, LABELS)


def test_who_accepts_no_weights_is_skipped():
    class NoWeights(RandomSearch):
        def __init__(self, n_hidden=3, random_state=None):
            super().__init__(n_hidden=n_hidden, random_state=random_state)

        def fit(self, X, y):
            return super().fit(X, y)

    with pytest.raises(SkipTest, match="neither sample_weight nor class_weight"):
        check_weights(NoWeights, LABELS)


def test_an_instance_with_a_machine_of_its_own_keeps_its_units():
    from skwfm.architectures import TreeParity

    seen = []

    class Watched(LALClassifier):
        def fit(self, X, y, sample_weight=None):
            super().fit(X, y, sample_weight=sample_weight)
            seen.append(self.architecture_)
            return self

    check_weights(partial(Watched, architecture=TreeParity(4)), LABELS)
    assert set(map(repr, seen)) == {"TreeParity(n_hidden=4)"}


def probabilities(heavy):
    """Of passing and of not passing, and fits needed, by the rule of the check."""
    sums, passed, failed, n_fits = {0: 1.0}, 0.0, 0.0, 0.0
    for _ in range(_weights._MOST_FITS):
        n_fits += sum(sums.values())
        moved = {}
        for total, share in sums.items():
            for step, chance in ((1, heavy), (_weights._PENALTY, 1 - heavy)):
                moved[total + step] = moved.get(total + step, 0) + chance * share
        passed += sum(q for s, q in moved.items() if s >= _weights._PASS)
        failed += sum(q for s, q in moved.items() if s <= _weights._FAIL)
        sums = {s: q for s, q in moved.items() if _weights._FAIL < s < _weights._PASS}
    return passed, failed + sum(sums.values()), n_fits


def test_the_confidence_of_the_check_is_what_it_says():
    passed, _, _ = probabilities(0.5)
    assert passed == pytest.approx(0.008, abs=5e-4)
    _, failed, n_fits = probabilities(0.9)
    assert (failed, n_fits) == pytest.approx((0.002, 13), rel=0.15)
    _, failed, n_fits = probabilities(0.95)
    assert failed < 4e-5
    assert n_fits == pytest.approx(10, abs=0.1)


class Dirty(PerceptronRule):
    """Right in itself; subclasses spoil the padding of its packed weights."""

    def spoil(self, weights):
        weights += 0.01

    def _epochs(self, problem, rng, weights=None, n_done=0):
        for state in super()._epochs(problem, rng, weights, n_done):
            yield state
            self.spoil(state.weights)


class DirtyOnce(PerceptronRule):
    """Passes weights to the problem that are clean, and others on."""

    def _epochs(self, problem, rng, weights=None, n_done=0):
        for state in super()._epochs(problem, rng, weights, n_done):
            yield Epoch(state.weights + 0.01, state.loss)


class DirtyBetween(PerceptronRule):
    """Cleans up before anybody looks, but after the fields are computed."""

    def _epochs(self, problem, rng, weights=None, n_done=0):
        layout = problem.layout
        for state in super()._epochs(problem, rng, weights, n_done):
            yield state
            weights = state.weights
            weights += 0.01
            problem.has_errors(weights)
            weights[:] = layout.pack(weights[layout.places])


class Clean(Dirty):
    def spoil(self, weights):
        weights[weights != 0] += 0.01


@pytest.mark.parametrize(
    ("spoiler", "verb"),
    [
        (Dirty, "gives the problem"),
        (DirtyOnce, "yields"),
        (DirtyBetween, "gives the problem"),
    ],
)
def test_padding_that_is_changed_is_caught(spoiler, verb):
    X, y = algorithm._patterns()
    fitted = PerceptronRule(n_hidden=3, random_state=0, max_iter=3)
    with pytest.warns(ConvergenceWarning):
        fitted.fit(X, y)
    algorithm.check_epochs(lambda: fitted, X, y)
    fitted.__class__ = Clean
    algorithm.check_epochs(lambda: fitted, X, y)
    fitted.__class__ = spoiler
    message = f"{verb} packed weights whose padding is not zero; change weights through"
    with pytest.raises(
        AssertionError, match=rf"^{spoiler.__name__}._epochs: {message}"
    ):
        algorithm.check_epochs(lambda: fitted, X, y)
