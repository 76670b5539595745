"""All failures come as records or as tests of pytest, and more kinds are caught."""

import random
from unittest import SkipTest

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from skwfm import LALClassifier
from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.classifiers import BaseCommitteeClassifier, Solution
from skwfm.landscape.measures import NoiseRobustness
from skwfm.testing import (
    CheckResult,
    check_algorithm,
    check_measure,
    check_results,
    parametrize_with_checks,
)


def failures(group, plugin):
    results = check_results(group, plugin)
    assert all(isinstance(result, CheckResult) for result in results)
    return [result for result in results if result.status == "failed"]


class PlainChannel(FullCommittee):
    """Its channel is made wrong in one way by each test."""

    change = staticmethod(lambda parts, mean, var, labels: parts)

    def channel(self, mean, var, labels):
        parts = super().channel(mean, var, labels)
        return self.change(tuple(map(np.array, parts)), mean, var, labels)


def of_other_rows(parts, mean, var, labels):
    return parts[0], parts[1] + 1e-6 * mean.mean(axis=0), parts[2]


def by_order(parts, mean, var, labels):
    place = np.arange(len(mean))[:, np.newaxis]
    return parts[0], parts[1], parts[2] * (1 + 1e-8 * place)


def of_few_rows(parts, mean, var, labels):
    if len(mean) > 1000:
        raise MemoryError("too many")
    return parts


def clipped(parts, mean, var, labels):
    return np.maximum(parts[0], -30.0), *parts[1:]


def wrong_at_small_variances(parts, mean, var, labels):
    return (parts[0] / 2 if var.max() < 1e-4 else parts[0]), *parts[1:]


def with_chance(parts, mean, var, labels):
    np.random.random()  # noqa: NPY002
    return parts


def with_chance_of_python(parts, mean, var, labels):
    random.random()
    return parts


def in_single_precision(parts, mean, var, labels):
    return tuple(part.astype(np.float32) for part in parts)


def writing(parts, mean, var, labels):
    mean += 0
    return parts


def talking(parts, mean, var, labels):
    print("log Z =", parts[0][0])
    return parts


CHANNELS = {
    "other rows": (of_other_rows, "other patterns or their order; compute each row"),
    "order": (by_order, "gamma of a pattern depends on the other patterns"),
    "many rows": (of_few_rows, r"MemoryError.* for inputs of shape \(1500, 3\)"),
    "clipped tails": (clipped, r"log_z is \[-30\.\].*clip nothing"),
    "tiny variances": (wrong_at_small_variances, "at variances of 1e-05.*log_ndtr"),
    "global numbers": (with_chance, "global random numbers; compute it from the arg"),
    "numbers of Python": (with_chance_of_python, "global random numbers"),
    "rounded to float32": (
        in_single_precision,
        "log_z has dtype float32 for inputs in float64; compute and return it in",
    ),
    "writes": (writing, "read-only.*accept read-only float64 arrays"),
    "printing": (talking, "printed 'log Z = .*print nothing"),
}


@pytest.mark.parametrize(("change", "message"), CHANNELS.values(), ids=CHANNELS)
def test_wrong_channels_are_caught(change, message, monkeypatch):
    monkeypatch.setattr(PlainChannel, "change", staticmethod(change))
    [result] = failures("architectures", PlainChannel(3))
    assert result.name == "PlainChannel(n_hidden=3): channel"
    with pytest.raises(AssertionError, match=rf"PlainChannel.*\.channel.*{message}"):
        raise AssertionError(result.message)


def test_a_right_channel_passes():
    assert failures("architectures", PlainChannel(3)) == []


class WrongFor(FullCommittee):
    """Wrong for one number of units only."""

    size = None

    def output(self, hidden):
        right = super().output(hidden)
        return np.zeros_like(right) if self.n_hidden == self.size else right


@pytest.mark.parametrize("size", [1, 11])
def test_one_unit_and_many_are_tried(size, monkeypatch):
    monkeypatch.setattr(WrongFor, "size", size)
    found = failures("architectures", WrongFor)
    assert {r.name.partition(":")[0] for r in found} == {f"WrongFor(n_hidden={size})"}


class DoubleOnly(FullCommittee):
    """Its methods take float64 only, as code compiled for one dtype."""

    def smooth(self, fields, beta, order=1):
        if fields.dtype != np.float64:
            raise TypeError("no matching signature")
        return super().smooth(fields, beta, order)


class Coarse(FullCommittee):
    def smooth(self, fields, beta, order=1):
        parts = super().smooth(fields, beta, order)
        if fields.dtype == np.float32:
            parts = tuple(part.astype(np.float16) for part in parts)
        return parts


class NoUnit(FullCommittee):
    def unit_to_fix(self, fields, labels):
        units = super().unit_to_fix(fields, labels)
        return units if labels.dtype == np.float64 else units.astype(np.float32)


@pytest.mark.parametrize(
    ("machine", "message"),
    [
        (DoubleOnly, r"smooth raised TypeError.*accept read-only float32 arrays"),
        (Coarse, "value of fields in float32 is not that of the same in float64"),
        (NoUnit, r"unit_to_fix: gave .* in float32; give one integer from 0 to 2"),
    ],
)
def test_faults_in_single_precision_are_caught(machine, message):
    [result] = failures("architectures", machine(3))
    assert result.name.endswith(": float32")
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(result.message)


class TwoFaults(FullCommittee):
    def unit_to_fix(self, fields, labels):
        return np.full(len(labels), self.n_hidden)

    def smooth(self, fields, beta, order=1):
        raise ZeroDivisionError("no smooth surrogate")

    def channel(self, mean, var, labels):
        raise NotImplementedError("nothing known")


def test_all_failures_are_returned_and_what_is_not_offered_is_skipped():
    results = check_results("architectures", TwoFaults(3))
    found = {r.name.rpartition(": ")[2]: r for r in results}
    failed = {name for name, r in found.items() if r.status == "failed"}
    assert {"unit_to_fix", "smooth", "smooth(order=2)"} <= failed
    assert "from 0 to 2" in found["unit_to_fix"].message
    assert "ZeroDivisionError" in found["smooth"].message
    assert (found["channel"].status, found["output"].status) == ("skipped", "passed")


@parametrize_with_checks("architectures", ["tree", TreeCommittee(5)])
def test_built_in_machines(check):
    check()


@parametrize_with_checks("measures", ["noise_robustness", NoiseRobustness()])
def test_a_built_in_measure(check):
    check()


def test_tests_are_named_by_what_they_check():
    mark = parametrize_with_checks("architectures", ["full", FullCommittee(5)]).mark
    ids = [case.id for case in mark.args[1]]
    assert "full-FullCommittee(n_hidden=11): channel" in ids
    assert "FullCommittee(n_hidden=5)-FullCommittee(n_hidden=5): output" in ids
    assert len(set(ids)) == len(ids)


def test_what_is_not_offered_is_a_skipped_test():
    mark = parametrize_with_checks("architectures", [TwoFaults(3)]).mark
    [channel] = [case for case in mark.args[1] if case.id.endswith(": channel")]
    with pytest.raises(SkipTest, match="nothing known"):
        channel.values[0]()


class Guess(BaseCommitteeClassifier):
    """Random weights; what it returns is made wrong in one way by each test."""

    change = staticmethod(lambda solution, problem: solution)

    def _solve(self, problem, rng):
        layout = problem.layout
        weights = layout.unpack_weights(layout.random_weights(rng, problem.dtype))
        return self.change(Solution(weights, 1, False, "max_iter"), problem)


def with_weights(make):
    return lambda solution, problem: Solution(make(solution.weights), 1, False)


def overwriting(solution, problem):
    problem.inputs[:] = 1
    return solution


def printing(solution, problem):
    print("done")
    return solution


SOLUTIONS = {
    "nothing": (lambda *_: None, "returned an object of type NoneType"),
    "an array": (lambda s, p: s.weights, "returned an object of type ndarray"),
    "no bool": (lambda s, p: Solution(s.weights, 1, 1.0), "converged=1.0: pass a bool"),
    "complex": (with_weights(lambda w: w + 0j), "of dtype complex128: return real"),
    "not finite": (with_weights(lambda w: w * np.nan), "NaN or infinite"),
    "changes X": (overwriting, "changes X or y; work on copies"),
    "prints": (printing, "prints 'done.*; print if verbose only"),
}


@pytest.mark.parametrize(("change", "message"), SOLUTIONS.values(), ids=SOLUTIONS)
def test_wrong_algorithms_are_caught(change, message, monkeypatch):
    monkeypatch.setattr(Guess, "change", staticmethod(change))
    with pytest.raises(AssertionError, match=rf"^Guess\.fit: .*{message}"):
        check_algorithm(Guess)


def only_double(solution, problem):
    if problem.dtype == np.float32:
        raise TypeError("no single precision")
    return solution


def only_full(solution, problem):
    if len(problem.layout.receptive_fields) > 1:  # one for all units of a full machine
        raise IndexError("units see all inputs")
    return solution


ones = with_weights(np.ones_like)
LATER = {
    "single precision": (
        only_double, "float32", r"no single precision'\) for X of dtype float32",
    ),
    "other machines": (only_full, "architecture='tree'", "units see all inputs"),
    "receptive fields": (ones, "architecture='tree'", "outside its receptive field"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "name", "message"), LATER.values(), ids=LATER)
def test_what_is_wrong_elsewhere_only_is_caught(change, name, message, monkeypatch):
    monkeypatch.setattr(Guess, "change", staticmethod(change))
    first = failures("algorithms", Guess)[0]
    assert first.name == name
    with pytest.raises(AssertionError, match=rf"^Guess\.fit: .*{message}"):
        raise AssertionError(first.message)


class Stubborn(Guess):
    """Has intercepts whether it is asked for them or not."""

    def fit(self, X, y):
        super().fit(X, y)
        if not self.fit_intercept:
            self.intercept_ = 1e-6 + self.intercept_
        return self


def test_intercepts_that_nobody_wants_are_caught():
    [result] = [
        result
        for result in failures("algorithms", Stubborn)
        if result.name == "fit_intercept=False"
    ]
    assert "Stubborn.intercept_: is" in result.message
    assert "set it to 0" in result.message


class Infinite(Guess):
    """Sets the attributes itself, after the checks of the base class."""

    value = np.inf

    def fit(self, X, y):
        super().fit(X, y)
        self.coef_ = self.coef_ * self.value
        return self


@pytest.mark.parametrize("value", [np.inf, 1j, np.nan])
def test_weights_that_are_no_real_numbers_are_caught(value, monkeypatch):
    monkeypatch.setattr(Infinite, "value", value)
    with pytest.raises(
        AssertionError, match=r"coef_: has dtype .* not all real and fin"
    ):
        check_algorithm(Infinite)


def test_names_and_instances_of_algorithms_are_accepted():
    results = check_results("algorithms", LALClassifier(n_hidden=3))
    assert [r for r in results if r.status == "failed"] == []
    assert len(results) > 40
    assert check_results("algorithms", "lal")[0].status == "passed"


def test_what_is_no_algorithm_fails():
    messages = " ".join(result.message for result in failures("algorithms", GaussianNB))
    assert "inherit from skwfm.classifiers.BaseCommitteeClassifier" in messages


class Loud(NoiseRobustness):
    def __call__(self, model, X, y, random_state=None):
        print("measuring")
        return super().__call__(model, X, y, random_state=random_state)


def test_a_measure_that_prints_is_caught():
    with pytest.raises(AssertionError, match=r"prints 'measuring.*print nothing"):
        check_measure(Loud)


def test_unknown_groups_and_names():
    with pytest.raises(ValueError, match="group must be one of"):
        check_results("machines", FullCommittee)
    with pytest.raises(ValueError, match="unknown architecture 'ful'"):
        check_results("architectures", "ful")
