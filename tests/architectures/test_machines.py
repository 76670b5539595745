"""The built-in machines: fields, outputs, least action, smooth surrogates."""

import itertools

import numpy as np
import pytest

from skwfm.architectures import Architecture, FullCommittee, TreeCommittee, TreeParity
from skwfm.testing import check_architecture

MACHINES = [FullCommittee, TreeCommittee, TreeParity]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("n_hidden", [1, 3, 9])
def test_built_ins_conform(machine, n_hidden):
    assert check_architecture(machine(n_hidden=n_hidden)) == ()


def test_tree_fields_cover_all_inputs_once_and_evenly():
    fields = TreeCommittee(n_hidden=7).receptive_fields(100)
    assert np.array_equal(np.sort(np.concatenate(fields)), np.arange(100))
    sizes = {len(f) for f in fields}
    assert sizes == {14, 15}


@pytest.mark.parametrize("machine", [TreeCommittee, TreeParity])
def test_more_units_than_inputs_is_an_error_on_a_tree(machine):
    assert [len(f) for f in machine(n_hidden=5).receptive_fields(5)] == [1] * 5
    with pytest.raises(
        ValueError, match=r"n_hidden=5 .* n_features=4 .*lower n_hidden"
    ):
        machine(n_hidden=5).receptive_fields(4)


@pytest.mark.parametrize("machine", [FullCommittee, TreeCommittee])
def test_even_committee_is_an_error_that_names_the_next_odd_number(machine):
    with pytest.raises(ValueError, match=r"n_hidden=4 .* odd .* 5"):
        machine(n_hidden=4)
    assert TreeParity(n_hidden=4).n_hidden == 4


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("bad", [0, -1, 2.0, "3", True, None])
def test_numbers_of_units_that_are_none(machine, bad):
    with pytest.raises(ValueError, match=r"n_hidden=.*integer >= 1"):
        machine(n_hidden=bad)


def test_outputs_by_enumeration():
    hidden = np.array(list(itertools.product([-1, 1], repeat=5)))
    majority = [1 if np.sum(row == 1) >= 3 else -1 for row in hidden]
    parity = [(-1) ** np.sum(row == -1) for row in hidden]
    assert np.array_equal(FullCommittee(5).output(hidden), majority)
    assert np.array_equal(TreeParity(5).output(hidden), parity)


def test_committee_decision_is_the_normalised_vote():
    decision = FullCommittee(9).decision(np.ones((1, 9)))
    assert decision == pytest.approx([3.0])


def test_least_action_takes_the_unit_nearest_to_zero_among_those_against():
    fields = np.array([[0.1, -0.5, -0.2], [0.0, -0.5, -0.2]])
    labels = np.array([1.0, -1.0])
    # A field of 0 counts as +1: with label -1 it votes against, and is nearest.
    assert FullCommittee(3).unit_to_fix(fields, labels).tolist() == [2, 0]
    assert TreeParity(3).unit_to_fix(fields, labels).tolist() == [0, 0]


@pytest.mark.parametrize("machine", MACHINES)
def test_derivatives_of_the_smooth_decision(machine):
    fields = np.random.default_rng(3).normal(size=(20, 5))
    fields[0, 1] = 0.0
    step, beta = 1e-5, 1.7
    value, gradient, hessian = machine(5).smooth(fields, beta, order=2)
    for l in range(5):
        shift = step * np.eye(5)[l]
        up, up_gradient = machine(5).smooth(fields + shift, beta)
        down, down_gradient = machine(5).smooth(fields - shift, beta)
        # Central differences: truncation ~ step^2, rounding ~ 1e-16 / step.
        assert np.allclose(gradient[:, l], (up - down) / (2 * step), atol=1e-9)
        slopes = (up_gradient - down_gradient) / (2 * step)
        assert np.allclose(hessian[:, l], slopes, atol=1e-9)
    assert np.allclose(hessian, hessian.transpose(0, 2, 1), atol=1e-14)
    assert value.shape == (20,)


def test_slopes_keep_their_relative_accuracy_far_out():
    _, gradient = FullCommittee(1).smooth(np.array([[300.0], [20.0]]), 1.0)
    assert gradient[1, 0] == pytest.approx(4 * np.exp(-40.0), rel=1e-12)
    assert gradient[0, 0] == pytest.approx(4 * np.exp(-600.0), rel=1e-12)


def test_unknown_order_is_an_error():
    with pytest.raises(ValueError, match="order=3"):
        FullCommittee(3).smooth(np.zeros((1, 3)), 1.0, order=3)


def test_optional_methods_say_what_is_missing():
    class Bare(Architecture):
        def receptive_fields(self, n_features):
            return [np.arange(n_features)] * self.n_hidden

        def output(self, hidden):
            return hidden[:, 0]

    for call, name in [
        (lambda: Bare(3).smooth(np.zeros((1, 3)), 1.0), "smooth"),
        (lambda: Bare(3).unit_to_fix(np.zeros((1, 3)), np.ones(1)), "unit_to_fix"),
        (lambda: Bare(3).channel(None, None, None), "channel"),
    ]:
        with pytest.raises(NotImplementedError, match=f"`{name}`"):
            call()


def test_overrides_leave_the_compiled_loops():
    class Chair:
        def output(self, hidden):
            return hidden[:, 0]

    class ByMixin(Chair, FullCommittee):
        pass

    class ByOverride(FullCommittee):
        def unit_to_fix(self, fields, labels):
            return np.zeros(len(fields), dtype=int)

    class Renamed(FullCommittee):
        pass

    class Heir(ByMixin):
        pass

    rules = [c._compiled_rule for c in (ByMixin, ByOverride, Heir, Renamed)]
    assert rules == [None, None, None, FullCommittee._compiled_rule]


def test_machines_are_values():
    assert FullCommittee(3) == FullCommittee(3) != TreeCommittee(3)
    assert FullCommittee(3) != FullCommittee(5)
    assert len({FullCommittee(3), FullCommittee(3)}) == 1
    assert repr(TreeParity(3)) == "TreeParity(n_hidden=3)"
