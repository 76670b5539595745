"""What somebody who writes his first plugin gets wrong is caught, and named."""

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from skwfm import FBPClassifier, LALClassifier
from skwfm.architectures import FullCommittee, TreeCommittee, TreeParity
from skwfm.classifiers import BaseCommitteeClassifier, Epoch, Solution
from skwfm.landscape import Curve, Measure, read_model
from skwfm.testing import algorithm, check_algorithm, check_architecture, check_measure


@dataclass(frozen=True)
class Margin(Measure):
    """Mean over patterns of the label times the votes."""

    scale: float = 1.0

    name = "margin"
    columns: ClassVar = ("margin",)
    needs = "committee"

    def __call__(self, model, X, y, random_state=None):
        problem, _ = read_model(model, X, y)
        return self.scale * problem.labels * self.votes(model, X)

    def votes(self, model, X):
        last = model[-1] if hasattr(model, "named_steps") else model
        signs = np.where(X @ last.coef_.T + last.intercept_ >= 0, 1.0, -1.0)
        return signs.sum(axis=1)

    def values(self, result):
        return [float(np.mean(result))]

    def curve(self, result):
        levels = np.linspace(0, 1, 5)
        return Curve(levels, np.quantile(result, levels))


class TimesLabel(Margin):
    def __call__(self, model, X, y, random_state=None):
        return (y if y.dtype.kind in "if" else 1) * self.votes(model, X)


class PlainLabel(Margin):
    def __call__(self, model, X, y, random_state=None):
        return np.asarray(y) * self.votes(model, X)


class SignsOnly(Margin):
    def __call__(self, model, X, y, random_state=None):
        if set(np.unique(y)) != {-1, 1}:
            raise ValueError("labels must be +-1")
        return super().__call__(model, X, y)


class ReadsWeights(Margin):
    needs = "classifier"


class AnyCoef(Margin):
    """Passes for linear models, not for those without weights."""

    needs = "classifier"

    def __call__(self, model, X, y, random_state=None):
        last = model[-1] if hasattr(model, "named_steps") else model
        return np.array([np.linalg.norm(last.coef_) > 0], dtype=float)


class Endless(Margin):
    def values(self, result):
        return [np.inf]


class Spelled(Margin):
    def values(self, result):
        return ["1.0"]


class Missing(Margin):
    def values(self, result):
        return [None]


class TupleCurve(Margin):
    def curve(self, result):
        return [0, 1], [1, 2]


class ErrorsOfOther(Margin):
    def curve(self, result):
        return Curve([0, 1], [1, 2], [1])


class OwnPositions(Margin):
    def curve(self, result):
        return Curve(np.sort(result + 1e-3 * np.arange(len(result))), result)


class OwnScale(Margin):
    def curve(self, result):
        return Curve([0, 1], [1, 2], yscale="cubic")


@dataclass
class Overwrites(Measure):
    scale: float = 0.1
    name = "overwrites"
    columns: ClassVar = ("overwrites",)

    def __call__(self, model, X, y, random_state=None):
        self.scale = 0.5
        return self.scale

    def values(self, result):
        return [result]


class Remembers(Overwrites):
    def __init__(self):
        self.seen = []

    def __call__(self, model, X, y, random_state=None):
        self.seen.append(0)
        return 1.0


class TakenName(Margin):
    name = "local_entropy"


class TakenColumn(Margin):
    columns: ClassVar = ("minima_manifold_dimension",)


class ColumnOfTables(Margin):
    columns: ClassVar = ("test_accuracy",)


class ColumnsOfTables(Margin):
    columns: ClassVar = ("margin", "seed", "reason")

    def values(self, result):
        return [float(np.mean(result))] * 3


def architecture_of(model):
    last = model[-1] if hasattr(model, "named_steps") else model
    return last.architecture_


class Smooths(Margin):
    """Calls a method that not every committee machine has."""

    def __call__(self, model, X, y, random_state=None):
        machine = architecture_of(model)
        value = machine.smooth(np.ones((1, machine.n_hidden)), 2.0)[0]
        return value + super().__call__(model, X, y, random_state)


class SmoothsAsItSays(Smooths):
    needs = "smooth"


class NeedsTheOther(Smooths):
    needs = "channel"


class Channels(Margin):
    def __call__(self, model, X, y, random_state=None):
        machine = architecture_of(model)
        ones = np.ones((1, machine.n_hidden))
        return machine.channel(ones, ones, np.ones(1))[0]


class ChannelsAsItSays(Channels):
    needs = "channel"


class CatchesWhatIsMissing(Smooths):
    def __call__(self, model, X, y, random_state=None):
        try:
            return super().__call__(model, X, y, random_state)
        except NotImplementedError:
            return Margin.__call__(self, model, X, y, random_state)


def test_a_right_measure_passes():
    check_measure(Margin)
    check_measure(Margin(2.0))
    for right in (SmoothsAsItSays, ChannelsAsItSays, CatchesWhatIsMissing):
        check_measure(right)


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        (TimesLabel, r"__call__: gave .* for labels \(0, 1\), .*read_model"),
        (PlainLabel, r"__call__: gave .* for labels \(0, 1\), .*read_model"),
        (SignsOnly, r"with labels \(0, 1\) raised ValueError.*compare y with predic"),
        (ReadsWeights, "a LogisticRegression, as needs='classifier'.*needs='committ"),
        (AnyCoef, "a GaussianNB, as needs='classifier'.*needs='committee'"),
        (Endless, r"values: gave \[inf\]; give finite numbers, or NaN"),
        (Spelled, r"values: gave \['1.0'\]; give real numbers"),
        (Missing, r"values: gave \[None\]; give real numbers"),
        (TupleCurve, r"curve: gave \(\[0, 1\].*give a skwfm.landscape.Curve"),
        (ErrorsOfOther, "curve: gave Curve.*as many x as y"),
        (OwnPositions, "curve: gave other x for another model; give positions that"),
        (OwnScale, "curve: gave yscale='cubic'; use one of"),
        (Overwrites, "__call__: changes the measure's own scale, which was 0.1; leav"),
        (Remembers, r"__call__: changes the measure's own seen, which was \[\]"),
        (TakenName, "name: is 'local_entropy', that of the built-in LocalEntropy"),
        (ColumnOfTables, "columns: has test_accuracy, which the tables of a comparis"),
        (ColumnsOfTables, "columns: has reason, seed, which .*; choose other names"),
        (
            Smooths,
            "__call__: measuring a committee machine without smooth and channel, as "
            "needs='committee' allows, raised NotImplementedError.*; call no other",
        ),
        (NeedsTheOther, "without smooth, as needs='channel' allows, .*name the one"),
        (Channels, "without smooth and channel, .*_Plain has no channel.*in needs"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_wrong_measures_are_caught(measure, message):
    with pytest.raises(
        AssertionError, match=rf"^{measure.__name__}\.{message}|{message}"
    ):
        check_measure(measure)


def test_columns_of_built_ins_are_taken():
    from skwfm.landscape.measures import Manifold

    name = Manifold().columns[0]
    taken = type("Taken", (TakenColumn,), {"columns": (name,)})
    taken.__reduce__ = lambda self: (TakenColumn, ())
    with pytest.raises(
        AssertionError, match=rf"columns: has {name}, that of the built"
    ):
        check_measure(taken)
    check_measure(Manifold)


class Perceptrons(LALClassifier):
    """Right in itself; each test changes what happens in `_epochs`."""

    change = staticmethod(lambda model, epochs: epochs)

    def _epochs(self, problem, rng, weights=None, n_done=0):
        yield from self.change(self, super()._epochs(problem, rng, weights, n_done))


class Forgets(Perceptrons):
    def _epochs(self, problem, rng, weights=None, n_done=0):
        yield from super()._epochs(problem, rng, None, n_done)


class OneArgument(Perceptrons):
    def _epochs(self, problem, rng, weights=None):
        yield from super()._epochs(problem, rng, weights)


def without_first(model, epochs):
    next(epochs)
    yield from epochs


def of_text(model, epochs):
    for state in epochs:
        yield Epoch(state.weights, "x", state.finished)


def of_three_jobs(model, epochs):
    model.n_jobs = 3
    yield from epochs


def as_tuples(model, epochs):
    for state in epochs:
        yield state.weights, state.loss


EPOCHS = {
    "no first": (without_first, r"_epochs: given packed weights, yields other weights"),
    "text": (
        of_text,
        r"fit: raised TypeError\(.*_epochs yielded .* loss='x': pass a n",
    ),
    "jobs": (of_three_jobs, "fit: changes the parameter n_jobs from None to 3; leave"),
    "tuples": (as_tuples, r"fit: raised TypeError\(.*_epochs yielded .* type tuple"),
}


@pytest.mark.parametrize(("change", "message"), EPOCHS.values(), ids=EPOCHS)
def test_wrong_epochs_are_caught(change, message, monkeypatch):
    monkeypatch.setattr(Perceptrons, "change", staticmethod(change))
    with pytest.raises(AssertionError, match=rf"^Perceptrons\.{message}") as caught:
        check_algorithm(Perceptrons)
    assert "accept them" not in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Forgets, "_epochs: ignores its argument weights.*; start from weights"),
        (OneArgument, r"_epochs: raised TypeError.*; accept \(problem, rng, weights=N"),
    ],
)
def test_epochs_that_cannot_go_on_are_caught(wrong, message):
    with pytest.raises(AssertionError, match=rf"^{wrong.__name__}\.{message}"):
        check_algorithm(wrong)


class Draws(BaseCommitteeClassifier):
    """Random weights; each test changes the solution or the model."""

    change = staticmethod(lambda model, weights: Solution(weights, 2, False, "noisy"))

    def _solve(self, problem, rng):
        packed = problem.layout.random_weights(rng, problem.dtype)
        return self.change(self, problem.layout.unpack_weights(packed))


def with_history(history):
    return lambda model, weights: Solution(weights, 2, False, "noisy", history)


def of_verbose(model, weights):
    model.verbose = 5
    return Solution(weights, 2, False, "noisy")


def of_negative_input(model, weights):
    model.intercept_scaling_ = -model.intercept_scaling_
    return Solution(weights, 2, False, "noisy")


DRAWS = {
    "text": (
        with_history([1.0, "a"]),
        r"(fit|loss_curve_): .*\[1.0, 'a'\].*list of num",
    ),
    "many": (with_history([1.0] * 3), "loss_curve_: has 3 losses, but n_iter_ is 2"),
    "verbose": (of_verbose, "fit: changes the parameter verbose from 0 to 5; leave"),
    "input": (of_negative_input, "intercept_scaling_: is -1.0; make it the positive"),
}


@pytest.mark.parametrize(("change", "message"), DRAWS.values(), ids=DRAWS)
def test_wrong_solutions_are_caught(change, message, monkeypatch):
    monkeypatch.setattr(Draws, "change", staticmethod(change))
    with pytest.raises(AssertionError, match=rf"^Draws\.{message}"):
        check_algorithm(Draws)


def test_a_parameter_changed_inside_is_caught():
    class Fills(Draws):
        def _solve(self, problem, rng):
            self.class_weight[0] = 1
            return super()._solve(problem, rng)

    X, y = algorithm._patterns()
    with pytest.raises(AssertionError, match="changes the parameter class_weight from"):
        algorithm.fit(Fills, X, y, class_weight={"no": 1, "yes": 1})


def reason_of(kind):
    for estimator, check in estimator_checks_generator(kind()):
        name = check.func.__name__
        if name == "check_sample_weight_equivalence_on_dense_data":
            with pytest.raises(algorithm.SkipTest) as skipped:
                algorithm._scikit_learn(check, estimator)
            return str(skipped.value)
    raise AssertionError("scikit-learn has no such check")


def test_the_reason_why_weights_are_no_repetitions_is_true():
    assert "met one after another" in reason_of(LALClassifier)
    assert "noise behind predict_proba" in reason_of(Draws)


class SingleChannel(FullCommittee):
    def channel(self, mean, var, labels):
        return tuple(p.astype(np.float32) for p in super().channel(mean, var, labels))


class SingleSmooth(FullCommittee):
    def smooth(self, fields, beta, order=1):
        return tuple(np.float32(p) for p in super().smooth(fields, beta, order))


class SinglePairs(FullCommittee):
    def pair_probability(self, joint, first, second):
        return np.float32(super().pair_probability(joint, first, second))


@pytest.mark.parametrize(
    ("machine", "message"),
    [
        (SingleChannel, "channel: log_z has dtype float32 .*return it in float64"),
        (SingleSmooth, "smooth.*: the value has dtype float32 .* in float64"),
        (SinglePairs, "pair_probability: the probability has dtype float32"),
    ],
)
def test_rounding_to_single_precision_is_named(machine, message):
    with pytest.raises(AssertionError, match=re.escape("(n_hidden=3).") + message):
        check_architecture(machine(3))


class Misspelt(FullCommittee):
    theory_name = "treee"


class NoTree(FullCommittee):
    theory_name = "tree"


class ManyPerceptrons(FullCommittee):
    theory_name = "perceptron"


class NoParity(TreeCommittee):
    theory_name = "parity"


@pytest.mark.parametrize(
    ("machine", "message"),
    [
        (Misspelt, "theory_name: is 'treee'; use one of .*'tree'.*or None"),
        (NoTree, "theory_name: is 'tree', but units share inputs; set it to None"),
        (ManyPerceptrons, "theory_name: is 'perceptron', but there are 3 units"),
        (NoParity, "theory_name: is 'parity', but output gave .*not the product"),
    ],
)
def test_wrong_names_of_the_theory_are_caught(machine, message):
    with pytest.raises(AssertionError, match=rf"{machine.__name__}\(.*\)\.{message}"):
        check_architecture(machine(3))


@pytest.mark.parametrize("machine", [FullCommittee, TreeCommittee, TreeParity])
def test_right_names_of_the_theory_pass(machine):
    check_architecture(machine)


def test_fbp_is_no_iterative_classifier_and_has_no_epochs_to_check():
    [check] = [c for n, c in algorithm.algorithm_checks(FBPClassifier) if n == "epochs"]
    with pytest.raises(algorithm.SkipTest, match="no IterativeClassifier"):
        check.func(lambda: FBPClassifier(), *check.args[1:])
