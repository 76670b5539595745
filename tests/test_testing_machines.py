"""Machines that rarely answer +1 or come in few sizes pass, wrong ones do not."""

import numpy as np
import pytest

from skwfm import LALClassifier
from skwfm.architectures import Architecture, FullCommittee, TreeParity
from skwfm.datasets import make_random_patterns
from skwfm.testing import check_architecture, check_results
from skwfm.testing._probe import MAX_ENUMERATED, outcomes

REQUIRED_ONLY = ("smooth", "smooth(order=2)", "unit_to_fix", "channel")


class Unanimous(Architecture):
    """Answers +1 if all units do, and to one of 2^K states alone."""

    def receptive_fields(self, n_features):
        return [np.arange(n_features)] * self.n_hidden

    def output(self, hidden):
        return np.where((hidden > 0).all(axis=1), 1.0, -1.0)


class Nearly(Unanimous):
    """Nine in ten units are enough."""

    def output(self, hidden):
        return np.where((hidden > 0).mean(axis=1) >= 0.9, 1.0, -1.0)


class Alike(Unanimous):
    def __init__(self, n_hidden=9):
        if n_hidden == 1:
            raise ValueError("one unit always agrees with itself")
        super().__init__(n_hidden)

    def output(self, hidden):
        return np.where(np.abs(hidden.sum(axis=1)) == self.n_hidden, 1.0, -1.0)


@pytest.mark.parametrize(
    "machine",
    [Unanimous, *map(Unanimous, (10, 11, 12, 13, 40)), Nearly, Nearly(60), Alike(30)],
    ids=repr,
)
def test_machines_that_rarely_answer_plus_pass(machine):
    assert check_architecture(machine) == REQUIRED_ONLY


def test_all_states_are_tried_up_to_twelve_units_and_extreme_ones_beyond():
    rng = np.random.default_rng(0)
    assert len(np.unique(outcomes(Unanimous(12), rng), axis=0)) == 2**MAX_ENUMERATED
    some = outcomes(Unanimous(50), rng)
    assert {-50, -48, 48, 50} < set(some.sum(axis=1))


class Stuck(Unanimous):
    def output(self, hidden):
        return np.ones(len(hidden))


@pytest.mark.parametrize(
    ("machine", "message"),
    [
        (Stuck(11), r"gave 1.0 for all 2\^11 states .*; both labels must be poss"),
        (Stuck(20), r"gave 1.0 for 1066 of 2\^20 states .*with 12 units all"),
    ],
)
def test_machines_with_one_answer_are_caught(machine, message):
    with pytest.raises(AssertionError, match=message):
        check_architecture(machine)


class Ties(Unanimous):
    """Undecided where as many units say yes as no."""

    def output(self, hidden):
        return np.sign(hidden.sum(axis=1))


class Even(Unanimous):
    """Half of the units against the other half."""

    def __init__(self, n_hidden=2):
        if n_hidden % 2:
            raise ValueError(f"n_hidden={n_hidden} must be even")
        super().__init__(n_hidden)

    def output(self, hidden):
        halves = hidden.reshape(len(hidden), 2, -1).sum(axis=2)
        return np.where(halves[:, 0] > halves[:, 1], 1.0, -1.0)


class Dozens(Even):
    """Of no size that is tried, but that of its default."""

    def __init__(self, n_hidden=12):
        if n_hidden % 6:
            raise ValueError(f"n_hidden={n_hidden} must be a multiple of 6")
        super().__init__(n_hidden)


class WrongDozens(Dozens):
    def output(self, hidden):
        return hidden.sum(axis=1)


class EvenByDefaultOdd(Even):
    def __init__(self, n_hidden=9):
        super().__init__(n_hidden)


class Never(Even):
    def __init__(self, n_hidden=None):
        if n_hidden is not None:
            raise ValueError("only the default")
        super().__init__(6)


class NoSize(Even):
    def __init__(self, n_hidden=9):
        if n_hidden == 11:
            raise KeyError(n_hidden)
        super().__init__(2 * n_hidden)
        self.n_hidden = n_hidden

    output = Unanimous.output


def test_even_numbers_of_units_are_tried():
    assert check_architecture(TreeParity) == ()
    assert check_architecture(FullCommittee) == ("n_hidden=2", "n_hidden=4")
    with pytest.raises(AssertionError, match=r"Ties\(n_hidden=2\).*never 0"):
        check_architecture(Ties)


def test_machines_of_other_sizes_than_nine_pass_and_are_told_what_that_means():
    sizes = ("n_hidden=9", "n_hidden=3", "n_hidden=1", "n_hidden=11")
    assert check_architecture(Even) == (*sizes, *REQUIRED_ONLY)
    assert check_architecture(Even(8)) == REQUIRED_ONLY
    found = {result.name: result for result in check_results("architectures", Even)}
    assert found["n_hidden=9"].status == "skipped"
    assert "n_hidden=9 must be even (Classes that" in found["n_hidden=9"].message
    assert "cannot be registered as plugins" in found["n_hidden=9"].message
    assert "registered" not in found["n_hidden=3"].message


class EvenParity(TreeParity):
    def __init__(self, n_hidden=2):
        if n_hidden % 2:
            raise ValueError(f"n_hidden={n_hidden} must be even")
        super().__init__(n_hidden)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_machines_of_even_sizes_train():
    X, y = make_random_patterns(10, 21, random_state=0)
    for options in (
        {"architecture": EvenParity, "n_hidden": 4},
        {"architecture": EvenParity(4)},
    ):
        model = LALClassifier(**options, max_iter=2, random_state=0).fit(X, y)
        assert model.architecture_.n_hidden == 4
    with pytest.raises(ValueError, match="n_hidden=9 must be even"):
        LALClassifier(architecture=EvenParity).fit(X, y)


def test_the_size_of_the_default_is_tried():
    assert "n_hidden=9" in check_architecture(Dozens)
    with pytest.raises(AssertionError, match=r"WrongDozens\(n_hidden=12\)\.output: ga"):
        check_architecture(WrongDozens)


@pytest.mark.parametrize(
    ("machine", "message"),
    [
        (EvenByDefaultOdd, "with no arguments raised .* with another default if 9"),
        (Never, r"raised an error for each n_hidden of \(9, .*, 6\); accept at least"),
        (NoSize, r"with n_hidden=11 raised KeyError\(11\); raise ValueError if this"),
    ],
)
def test_constructors_that_accept_too_little_are_caught(machine, message):
    with pytest.raises(AssertionError, match=rf"^{machine.__name__}: .*{message}"):
        check_architecture(machine)


class NoBeta(FullCommittee):
    def smooth(self, fields, beta, order=1):
        return super().smooth(fields, 5.0, order)


class Offset(FullCommittee):
    def smooth(self, fields, beta, order=1):
        value, *derivatives = super().smooth(fields, beta, order)
        return value + beta / 1000, *derivatives


class SmoothOfAll(FullCommittee):
    """As if patterns were normalised together."""

    def smooth(self, fields, beta, order=1):
        return tuple(p / len(fields) for p in super().smooth(fields, beta, order))


class CurvedByAll(FullCommittee):
    def smooth(self, fields, beta, order=1):
        *lower, last = super().smooth(fields, beta, order)
        return *lower, last * (1 + 1e-6 * (len(last) == 1) * (order == 2))


class Relative(FullCommittee):
    def decision(self, hidden):
        votes = hidden.sum(axis=1)
        return votes / np.abs(votes).max()


class UnitOfBatch(FullCommittee):
    """The rule of one pattern alone is another one, but also mends it."""

    def unit_to_fix(self, fields, labels):
        if len(fields) > 1:
            return super().unit_to_fix(fields, labels)
        against = np.where(fields * labels[:, np.newaxis] < 0, np.abs(fields), -1)
        return against.argmax(axis=1)


class UnitByOrder(FullCommittee):
    def unit_to_fix(self, fields, labels):
        units = super().unit_to_fix(fields, labels)
        against = np.where(fields * labels[:, np.newaxis] < 0, np.abs(fields), -1)
        return np.where(np.arange(len(units)) % 2, against.argmax(axis=1), units)


class Drifts(FullCommittee):
    """Answers by how often it was asked."""

    def decision(self, hidden):
        self.n_calls = getattr(self, "n_calls", 0) + 1
        return hidden.sum(axis=1) * (1 + 0.01 * self.n_calls)


RULE = "depends on the other patterns or their order; compute each row"


@pytest.mark.parametrize(
    ("machine", "message"),
    [
        (NoBeta, "smooth: the value at beta=1 of .*depend on beta times the fields"),
        (Offset, "smooth: the value at beta=1 of .*depend on beta times the fields"),
        (SmoothOfAll, f"smooth: the value of a pattern {RULE}"),
        (CurvedByAll, f"smooth: the matrix of second derivatives of a pattern {RULE}"),
        (Relative, f"decision: the answer of a pattern {RULE}"),
        (UnitOfBatch, f"unit_to_fix: the unit of a pattern {RULE}"),
        (UnitByOrder, f"unit_to_fix: the unit of a pattern {RULE}"),
        (Drifts, "decision: the answer depends on chance or on earlier calls; comp"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_methods_that_depend_on_more_than_their_row_are_caught(machine, message):
    with pytest.raises(AssertionError, match=rf"\(n_hidden=3\)\.{message}"):
        check_architecture(machine(3))


def listed(method, change=list):
    """A committee of which a method gives lists."""

    def wrong(self, *args, **options):
        return change(getattr(FullCommittee, method)(self, *args, **options))

    machine = type("Listed", (FullCommittee,), {method: wrong})
    machine.__reduce__ = lambda self: (FullCommittee, (self.n_hidden,))
    return machine(3)


def lists(parts):
    return tuple(part.tolist() for part in parts)


@pytest.mark.parametrize(
    ("machine", "method", "what"),
    [
        (listed("output"), "output", "a result"),
        (listed("decision"), "decision", "a result"),
        (listed("unit_to_fix"), "unit_to_fix", "a result"),
        (listed("pair_probability"), "pair_probability", "a result"),
        (listed("smooth", lists), r"smooth\(order=1\)", "the value"),
        (listed("channel", lists), "channel", "log_z"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_lists_are_caught(machine, method, what):
    message = rf"\.{method}: gave {what} of type list; return a NumPy array"
    with pytest.raises(AssertionError, match=message):
        check_architecture(machine)
    failed = [r for r in check_results("architectures", machine) if r.message]
    assert all(result.message.startswith("Listed(") for result in failed)


class Unsure(FullCommittee):
    @property
    def mirror_sign(self):
        raise ZeroDivisionError


def test_a_mirror_sign_that_fails_is_named():
    message = r"mirror_sign: raised ZeroDivisionError\(\); say 1, -1, or None"
    with pytest.raises(AssertionError, match=message):
        check_architecture(Unsure(3))
