"""What machines say of themselves, and what is tried where they are silent."""

import numpy as np
import pytest

from skwfm.architectures import Architecture, FullCommittee, TreeCommittee, TreeParity
from skwfm.architectures.optional import check_offers
from skwfm.architectures.symmetries import is_monotone, mirror_sign, try_mirror_sign
from skwfm.problem.validation import mirror_sign as mirror_of_inputs
from skwfm.testing import check_architecture


@pytest.mark.parametrize("n_hidden", [1, 3, 9])
@pytest.mark.parametrize("machine", [FullCommittee, TreeCommittee, TreeParity])
def test_built_ins_say_what_all_states_show(machine, n_hidden):
    machine = machine(n_hidden)
    assert machine.mirror_sign == try_mirror_sign(machine) == -1


def test_even_parity_answers_the_same_to_the_mirror_image():
    assert TreeParity(4).mirror_sign == try_mirror_sign(TreeParity(4)) == 1


def test_intercepts_leave_no_mirror_image():
    assert mirror_of_inputs(TreeCommittee(3), fit_intercept=False) == -1
    assert mirror_of_inputs(TreeCommittee(3), fit_intercept=True) is None


class Unanimous(Architecture):
    """Answers +1 if all units agree on it: no answer to the mirror image follows."""

    def receptive_fields(self, n_features):
        return [np.arange(n_features)] * self.n_hidden

    def output(self, hidden):
        return np.where(hidden.min(axis=1) > 0, 1.0, -1.0)


class First(Unanimous):
    def output(self, hidden):
        return hidden[:, 0]


class Duck:
    """The least that a machine can be."""

    def __init__(self, n_hidden=3):
        self.n_hidden = n_hidden

    output = First.output


def test_silent_machines_are_tried():
    assert [mirror_sign(m) for m in (Unanimous(3), First(12), Duck())] == [None, -1, -1]
    assert mirror_sign(First(13)) is mirror_sign(Duck(13)) is None


def test_what_a_machine_says_is_taken_as_it_is():
    duck = Duck(13)
    duck.mirror_sign, duck.is_monotone = -1, True
    assert mirror_sign(duck) == -1
    assert is_monotone(duck)
    duck.mirror_sign = None
    assert mirror_sign(duck) is None


def test_only_committees_say_that_they_are_monotone():
    machines = FullCommittee(3), TreeCommittee(3), TreeParity(3), First(3), Duck()
    assert [is_monotone(m) for m in machines] == [True, True, False, False, False]


def test_claims_end_with_the_methods_they_speak_of():
    class OtherSmooth(TreeCommittee):
        def smooth(self, fields, beta, order=1):
            return TreeParity.smooth(self, fields, beta, order)

    class OtherOutput(TreeCommittee):
        output = First.output

    class OtherFields(TreeCommittee):
        receptive_fields = First.receptive_fields

    class Renamed(TreeCommittee):
        pass

    class SaysItAnew(OtherOutput):
        is_monotone = True
        mirror_sign = -1

    def claims(machine):
        return machine.mirror_sign, machine.is_monotone, machine.theory_name

    assert claims(Renamed(13)) == (-1, True, "tree")
    assert claims(OtherSmooth(13)) == (-1, False, "tree")
    assert claims(OtherOutput(13)) == (None, False, None)
    assert claims(OtherFields(13)) == (-1, True, None)
    assert claims(SaysItAnew(13)) == (-1, True, None)


def test_what_is_missing_is_named_beside_what_is_needed():
    message = r"Mine needs `channel`, `smooth` of the machine, and {} lacks `{}`"
    check_offers(TreeCommittee(3), ["channel", "smooth"], "Mine")
    with pytest.raises(NotImplementedError, match=message.format("First", "channel")):
        check_offers(First(3), ["channel", "smooth"], "Mine")
    with pytest.raises(NotImplementedError, match=r"Duck lacks `smooth`:"):
        check_offers(Duck(), ["output", "smooth"], "Mine")


class WrongMirror(First):
    mirror_sign = 1


class NotMonotone(TreeParity):
    is_monotone = True


class MonotoneWithNoise(FullCommittee):
    """Monotone, but not a function of beta times the fields."""

    is_monotone = True

    def smooth(self, fields, beta, order=1):
        value, *derivatives = super().smooth(fields, beta, order)
        return value + beta / 1000, *derivatives


class Copies(First):
    def __init__(self, n_hidden=9, margins=(0.5, 1.0)):
        super().__init__(n_hidden)
        self.margins = list(margins)


class Forgets(First):
    def __init__(self, n_hidden=9, margin=0.5):
        super().__init__(n_hidden)


@pytest.mark.parametrize(
    ("machine", "problem"),
    [
        (WrongMirror, "mirror_sign: is 1, but output"),
        (NotMonotone, "is_monotone: is true, but the gradient of smooth"),
        (MonotoneWithNoise(3), "is_monotone: .*depend on beta times the fields"),
        (Copies, r"get_params: the constructor changed .*store each argument"),
        (Forgets, "get_params: raised .*store each argument"),
    ],
)
def test_false_claims_are_caught(machine, problem):
    with pytest.raises(AssertionError, match=problem):
        check_architecture(machine)


def test_optional_methods_may_be_missing_altogether():
    class Bare(Duck):
        receptive_fields = First.receptive_fields
        decision = First.output

    # A class of a function cannot be unpickled.
    Bare.__reduce__ = lambda self: (Duck, (self.n_hidden,))
    skipped = check_architecture(Bare(3))
    assert skipped == ("smooth", "smooth(order=2)", "unit_to_fix", "channel")
