"""The conformance checks accept what is right and catch each thing that is wrong."""

import random

import numpy as np
import pytest
from scipy.special import log_ndtr, logsumexp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from skwfm.architectures.pairs import sum_over_states
from skwfm.testing import algorithm, check_algorithm, check_architecture


class Majority:
    """A committee of units that see every input, written as plainly as possible."""

    def __init__(self, n_hidden=9):
        self.n_hidden = n_hidden

    def receptive_fields(self, n_features):
        return [np.arange(n_features) for _ in range(self.n_hidden)]

    def output(self, hidden):
        return np.where(hidden.sum(axis=1) > 0, 1, -1)

    def decision(self, hidden):
        return hidden.sum(axis=1)

    def smooth(self, fields, beta, order=1):
        t = np.tanh(beta * fields)
        slope = beta * (1 - t**2)
        curvature = (-2 * beta * t * slope)[:, :, np.newaxis] * np.eye(self.n_hidden)
        return (t.sum(axis=1), slope, curvature)[: order + 1]

    def unit_to_fix(self, fields, labels):
        against = np.where(fields >= 0, 1, -1) != labels[:, np.newaxis]
        return np.argmin(np.where(against, np.abs(fields), np.inf), axis=1)

    def channel(self, mean, var, labels):
        """Add up all outcomes of the units, for any output rule."""
        n = self.n_hidden
        hidden = 2.0 * (np.arange(2**n)[:, np.newaxis] >> np.arange(n) & 1) - 1
        fields = hidden * (mean / np.sqrt(var))[:, np.newaxis]
        each = log_ndtr(fields)
        right = self.output(hidden) == labels[:, np.newaxis]
        log_weights = np.where(right, each.sum(axis=2), -np.inf)
        log_z = logsumexp(log_weights, axis=1)
        posterior = np.exp(log_weights - log_z[:, np.newaxis])[:, :, np.newaxis]
        mills = np.exp(-(fields**2) / 2 - np.log(2 * np.pi) / 2 - each)
        g = np.sum(posterior * hidden * mills, axis=1) / np.sqrt(var)
        return log_z, g, g * (mean / var + g)


class Product(Majority):
    """A parity machine: the product of the units, each with inputs of its own."""

    def receptive_fields(self, n_features):
        if n_features < self.n_hidden:
            raise ValueError(f"{self.n_hidden} units need as many inputs")
        return np.array_split(np.arange(n_features), self.n_hidden)

    def output(self, hidden):
        return hidden.prod(axis=1).astype(int)

    def decision(self, hidden):
        return hidden.prod(axis=1)

    def smooth(self, fields, beta, order=1):
        t = np.tanh(beta * fields)
        slope = beta * (1 - t**2)
        one = np.array([np.delete(t, k, 1).prod(1) for k in range(self.n_hidden)]).T
        second = np.empty((*t.shape, self.n_hidden))
        for k in range(self.n_hidden):
            for l in range(self.n_hidden):
                rest = np.delete(t, [k, l], 1).prod(1)
                own = -2 * beta * t[:, k] if k == l else slope[:, l]
                second[:, k, l] = slope[:, k] * own * rest
        return (t.prod(axis=1), slope * one, second)[: order + 1]

    def unit_to_fix(self, fields, labels):
        return np.argmin(np.abs(fields), axis=1)


class OutputOnly(Majority):
    def decision(self, hidden):
        return np.where(hidden.sum(axis=1) > 0, 1, -1)

    def smooth(self, fields, beta, order=1):
        raise NotImplementedError

    unit_to_fix = channel = smooth


@pytest.mark.parametrize("machine", [Majority, Product, Majority(5), Product(4)])
def test_right_architectures_pass(machine):
    assert check_architecture(machine) == ()


@pytest.mark.parametrize("machine", [Majority(11), Product(13)])
def test_machines_too_large_to_enumerate_pass(machine, monkeypatch):
    # The toy channel itself enumerates; leave it to the smaller machines.
    monkeypatch.setattr(type(machine), "channel", OutputOnly.channel)
    assert check_architecture(machine) == ("channel",)


def test_optional_methods_are_reported():
    skipped = check_architecture(OutputOnly)
    assert skipped == ("smooth", "smooth(order=2)", "unit_to_fix", "channel")


class NineOnly(OutputOnly):
    def __init__(self, n_hidden=9):
        if n_hidden != 9:
            raise ValueError("nine units only")
        super().__init__(n_hidden)


def test_restricted_size_is_reported():
    assert "n_hidden=3" in check_architecture(NineOnly)


def altered(method, change, base=Majority):
    """Return a machine whose method gives ``change(result, *arguments)``."""

    def wrong(self, *args, **kwargs):
        return change(getattr(base, method)(self, *args, **kwargs), *args, **kwargs)

    return type("Wrong", (base,), {method: wrong})


def scaled(index, factor):
    """Return a change that multiplies one array of a tuple."""
    return lambda parts, *_, **__: tuple(
        part * factor if i == index else part for i, part in enumerate(parts)
    )


def write_into(result, hidden):
    hidden[:] = 0
    return result


def raise_type_error(result, n_features):
    raise TypeError("no")


def raise_value_error(result, n_features):
    raise ValueError("no")


WRONG = {
    "too few fields": ("receptive_fields", lambda r, n: r[:-1], "one per unit"),
    "float indices": (
        "receptive_fields",
        lambda r, n: [f + 0.5 for f in r],
        "integers",
    ),
    "2-d indices": ("receptive_fields", lambda r, n: [f[None] for f in r], "1-d"),
    "empty field": ("receptive_fields", lambda r, n: [*r[1:], r[0][:0]], "an input"),
    "past the end": ("receptive_fields", lambda r, n: [f + 1 for f in r], "from 0 to"),
    "negative index": (
        "receptive_fields",
        lambda r, n: [f - 1 for f in r],
        "from 0 to",
    ),
    "repeated": ("receptive_fields", lambda r, n: [f // 2 for f in r], "input once"),
    "random fields": (
        "receptive_fields",
        lambda r, n: [np.random.default_rng().permutation(f) for f in r],
        "two calls",
    ),
    "fields TypeError": ("receptive_fields", raise_type_error, "raise ValueError"),
    "no size works": ("receptive_fields", raise_value_error, "must be possible"),
    "output of 0": ("output", lambda r, h: r * (h[:, 0] > 0), "never 0"),
    "output column": ("output", lambda r, h: r[:, None], "one per row"),
    "constant output": ("output", lambda r, h: np.ones(len(h)), "both labels"),
    "output of batch": ("output", lambda r, h: r * r[0], "other patterns"),
    "output writes": ("output", write_into, "read-only"),
    "decision against": (
        "decision",
        lambda r, h: r * (h[:, 0] + 2 * h[:, 1]),
        "exactly where output",
    ),
    "decision NaN": (
        "decision",
        lambda r, h: np.where(r > 4, np.nan, r),
        "real numbers",
    ),
    "gradient": ("smooth", scaled(1, 1.01), "d value / d fields"),
    "second derivative": ("smooth", scaled(2, 1.01), "d2 value / d fields2"),
    "value sign": (
        "smooth",
        lambda r, f, b, order=1: tuple(-part for part in r),
        "tend to the decision",
    ),
    "value units": ("smooth", lambda r, f, b, order=1: (f, *r[1:]), "one value per"),
    "smooth array": ("smooth", lambda r, f, b, order=1: r[0], "tuple of 2 arrays"),
    "smooth order": ("smooth", lambda r, f, b, order=1: r[:2], "tuple of 3 arrays"),
    "smooth overflow": (
        "smooth",
        lambda r, f, b, order=1: tuple(
            part * (np.inf if np.abs(f).max() > 100 else 1) for part in r
        ),
        "overflows",
    ),
    "unit for the label": (
        "unit_to_fix",
        lambda r, f, s: np.argmax(f * s[:, None], axis=1),
        "votes against",
    ),
    "unit always 0": ("unit_to_fix", lambda r, f, s: 0 * r, "votes against"),
    "unit too large": ("unit_to_fix", lambda r, f, s: r + 1, "from 0 to"),
    "unit float": ("unit_to_fix", lambda r, f, s: r + 0.0, "one integer"),
    "unnormalised": (
        "channel",
        lambda r, *_: (r[0] + 0.01, *r[1:]),
        "add up to",
    ),
    "labels swapped": (
        "channel",
        lambda r, m, v, s: Majority.channel(Majority(m.shape[1]), m, v, -s),
        "sum over all outcomes",
    ),
    "g": ("channel", scaled(1, -1), "d log_z / d mean"),
    "gamma": ("channel", scaled(2, -1), "d2 log_z / d mean2"),
    "channel shape": ("channel", lambda r, *_: (r[0][:, None], *r[1:]), "shapes"),
    "channel not tuple": ("channel", lambda r, *_: r[0], "no tuple"),
    "channel far": (
        "channel",
        lambda r, m, v, s: (np.log(np.exp(r[0])), *r[1:]),
        "log_ndtr",
    ),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("method", "change", "remedy"), WRONG.values(), ids=WRONG)
def test_wrong_architecture_is_caught(method, change, remedy):
    machine = altered(method, change)(5)
    # Classes made here cannot be pickled, which is another promise.
    machine.__class__.__reduce__ = lambda self: (Majority, (self.n_hidden,))
    with pytest.raises(AssertionError, match=remedy) as caught:
        check_architecture(machine)
    assert str(caught.value).startswith(f"Wrong(n_hidden=5).{method}")


class CountsPairs(Majority):
    """Right on two patterns: the probability that the states say."""

    wrong = 1.0

    def pair_probability(self, joint, first, second):
        return self.wrong * sum_over_states(self, joint, first, second)


class Miscounts(CountsPairs):
    wrong = 1.001


def test_pairs_of_patterns_are_counted():
    assert check_architecture(CountsPairs) == ()
    with pytest.raises(AssertionError, match="right on both"):
        check_architecture(Miscounts)


@pytest.mark.parametrize("index", [1, 2])
def test_wrong_parity_derivative_is_caught(index):
    machine = altered("smooth", scaled(index, 0.99), Product)(3)
    machine.__class__.__reduce__ = lambda self: (Product, (self.n_hidden,))
    with pytest.raises(AssertionError, match="within 1e-07"):
        check_architecture(machine)


def test_unpicklable_architecture_is_caught():
    with pytest.raises(AssertionError, match="define the class at the top"):
        check_architecture(altered("output", lambda r, h: r))


class StuckUnit(OutputOnly):
    """With a decision of signs alone, only following the rule shows its fault."""

    def unit_to_fix(self, fields, labels):
        return np.zeros(len(labels), dtype=int)


def test_rule_that_never_mends_is_caught():
    machine = StuckUnit(9)
    with pytest.raises(AssertionError, match="patterns stay wrong"):
        check_architecture(machine)


class NoArgument(Majority):
    def __init__(self):
        self.n_hidden = 9


class OtherDefault(Majority):
    def __init__(self, n_hidden=7):
        self.n_hidden = n_hidden


class Deaf(Majority):
    def __init__(self, n_hidden=9):
        self.n_hidden = 9


class Nameless(Majority):
    def __init__(self, n_hidden=9):
        self.size = n_hidden


class NoOutput(Majority):
    def output(self, hidden):
        raise NotImplementedError


class NoSmooth(Majority):
    smooth = None


@pytest.mark.parametrize(
    ("machine", "remedy"),
    [
        (NoArgument, r"declare __init__\(self, n_hidden=9\)"),
        (OtherDefault, "n_hidden is 7, expected 9"),
        (Deaf, "n_hidden is 9, expected 3"),
        (Nameless, "store the constructor's n_hidden"),
        (Nameless(), "expected a positive integer"),
        (NoOutput, "it is not optional"),
        (NoSmooth, "if the method is optional inherit"),
    ],
)
def test_wrong_class_is_caught(machine, remedy):
    with pytest.raises(AssertionError, match=remedy):
        check_architecture(machine)


class LeastSquares(ClassifierMixin, BaseEstimator):
    """One unit at the least-squares solution, refined by nothing: a toy algorithm."""

    def __init__(self, random_state=None, n_jobs=None):
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X, y):
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        if type_of_target(y) != "binary":
            raise ValueError(
                "Only binary classification is supported. The type of the target "
                f"is {type_of_target(y)}."
            )
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("y has one class, give two")
        inputs = np.column_stack([X, np.ones(len(X))])
        weights = np.linalg.lstsq(inputs, 2.0 * codes - 1, rcond=None)[0]
        weights /= np.linalg.norm(weights)
        self.coef_, self.intercept_ = weights[np.newaxis, :-1], weights[-1:]
        self.architecture_ = Majority(1)
        self.n_iter_, self.converged_ = 1, True
        self.n_errors_ = int(np.sum(self.predict(X) != y))
        return self

    def decision_function(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        return X @ self.coef_[0] + self.intercept_[0]

    def predict(self, X):
        check_is_fitted(self)
        return self.classes_[(self.decision_function(X) > 0).astype(int)]


def test_right_algorithm_passes():
    skipped = check_algorithm(LeastSquares)
    assert isinstance(skipped, tuple)
    assert all(": " in reason for reason in skipped)


def after_fit(change):
    """Return an algorithm that alters itself at the end of fit."""

    def fit(self, X, y):
        LeastSquares.fit(self, X, y)
        change(self)
        return self

    return type("Wrong", (LeastSquares,), {"fit": fit})


def keep_what_jobs_say(model):
    if model.n_jobs == 2:
        model.coef_ = np.nextafter(model.coef_, 1)


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        (lambda m: delattr(m, "converged_"), "converged_: not set by fit"),
        (lambda m: setattr(m, "converged_", 1), "make it True or False"),
        (lambda m: setattr(m, "n_iter_", None), "make it a count"),
        (lambda m: setattr(m, "n_errors_", m.n_errors_ + 1), "count the errors"),
        (lambda m: setattr(m, "classes_", np.array([-1, 1])), "keep the sorted labels"),
        (lambda m: setattr(m, "architecture_", "full"), "not its name"),
        (lambda m: setattr(m, "coef_", m.coef_[0]), "one row per hidden unit"),
        (lambda m: setattr(m, "coef_", 2 * m.coef_), "divide each unit by its norm"),
        (lambda m: setattr(m, "intercept_", m.intercept_ + 1), "divide each unit"),
        (lambda m: np.random.seed(0), "global random"),  # noqa: NPY002
        (lambda m: random.random(), "global random"),
        (keep_what_jobs_say, "n_jobs=2"),
    ],
)
def test_wrong_algorithm_is_caught(change, remedy):
    with pytest.raises(AssertionError, match=remedy):
        check_algorithm(after_fit(change))


class Voting(LeastSquares):
    """Predicts by something else than coef_, as a posterior does, and says so."""

    def __init__(self, answer="posterior"):
        self.answer = answer

    def fit(self, X, y):
        super().fit(X, y)
        fields = X @ self.coef_.T + self.intercept_
        machine = self.classes_[(fields[:, 0] >= 0).astype(int)]
        self.n_errors_ = int(np.sum(machine != y))
        return self

    def predict(self, X):
        return self.classes_[1 - np.searchsorted(self.classes_, super().predict(X))]


def test_n_errors_are_those_of_the_machine_not_of_predict():
    X, y = algorithm._patterns()
    model = Voting().fit(X, y)
    assert model.n_errors_ < np.sum(model.predict(X) != y)
    algorithm._check_errors(model, X, y)
    algorithm._check_output(model, X)
    # Nothing but its parameter allows that; "auto" is the posterior beside noise only.
    noisy = Voting(answer="auto").fit(X, y)
    noisy.label_noise_ = 0.1
    algorithm._check_output(noisy, X)
    for answer in ("machine", "auto"):
        with pytest.raises(AssertionError, match="predict: differs"):
            algorithm._check_output(Voting(answer=answer).fit(X, y), X)
    model.n_errors_ = int(np.sum(model.predict(X) != y))
    with pytest.raises(AssertionError, match="coef_ errs on"):
        algorithm._check_errors(model, X, y)


class ChanceSeed(LeastSquares):
    def fit(self, X, y):
        super().fit(X, y)
        self.coef_ = self.coef_ + 1e-9 * np.random.default_rng().random()
        return self


class OutsideField(LeastSquares):
    def fit(self, X, y):
        super().fit(X, y)
        self.architecture_ = HalfSeen(1)
        return self


class HalfSeen(Majority):
    def receptive_fields(self, n_features):
        return [np.arange(n_features // 2)]


class OtherOutput(LeastSquares):
    def fit(self, X, y):
        super().fit(X, y)
        self.coef_, self.intercept_ = -self.coef_, -self.intercept_
        self.n_errors_ = int(np.sum(self.predict(X) != y))
        return self

    def decision_function(self, X):
        return -super().decision_function(X)


class NotSelf(LeastSquares):
    def fit(self, X, y):
        super().fit(X, y)


class SilentOnNaN(LeastSquares):
    def fit(self, X, y):
        return super().fit(np.nan_to_num(X), y)


@pytest.mark.parametrize(
    ("algorithm", "remedy"),
    [
        (ChanceSeed, "same random_state differ"),
        (OutsideField, "not zero outside the receptive fields"),
        (OtherOutput, r"predict classes_\[1\] exactly where"),
        (NotSelf, "return self"),
        (SilentOnNaN, "scikit-learn's check_"),
        (LeastSquares(), "give the class, not an instance"),
    ],
)
def test_wrong_algorithm_class_is_caught(algorithm, remedy):
    with pytest.raises(AssertionError, match=remedy):
        check_algorithm(algorithm)
