"""The theory takes architectures beside the names of machines."""

import pytest

from skwfm.architectures import FullCommittee, TreeCommittee, TreeParity
from skwfm.theory import capacity, local_entropy_curve, solution_entropy


def test_instances_mean_what_their_names_mean():
    by_name = solution_entropy("tree", 3, 1.0)
    assert solution_entropy(TreeCommittee(3), alpha=1.0) == by_name
    assert solution_entropy(TreeCommittee(3), 3, 1.0) == by_name
    assert solution_entropy(n_hidden=3, machine="tree", alpha=1.0) == by_name
    parity = capacity("parity", 3, ansatz="1rsb")
    assert capacity(TreeParity(3), ansatz="1rsb") == parity
    curve = local_entropy_curve(TreeCommittee(1), alpha=0.5, overlaps=[0.5])
    assert curve.entropy == local_entropy_curve("perceptron", 1, 0.5, [0.5]).entropy


def test_one_unit_that_sees_everything_is_a_perceptron():
    assert capacity(FullCommittee(1)) == capacity("perceptron")
    assert capacity("perceptron") == pytest.approx(2.0)


@pytest.mark.parametrize(
    "machine",
    [
        FullCommittee(3),
        type("Mine", (TreeCommittee,), {"output": lambda self, hidden: hidden[:, 0]})(
            3
        ),
    ],
)
def test_machines_without_formulas(machine):
    with pytest.raises(ValueError, match=r"no formulas .*n_hidden=3.*'tree'"):
        capacity(machine)


@pytest.mark.parametrize("machine", [None, 3, TreeCommittee, object()])
def test_what_is_no_machine(machine):
    with pytest.raises(TypeError, match=r"neither one of .*'parity'"):
        capacity(machine, 3)


def test_contradicting_and_missing_numbers():
    with pytest.raises(ValueError, match=r"n_hidden=5 contradicts .*n_hidden=3"):
        capacity(TreeCommittee(3), 5)
    with pytest.raises(ValueError, match=r"n_hidden=1.0 contradicts .*alpha=1.0"):
        solution_entropy(TreeCommittee(3), 1.0)
    with pytest.raises(TypeError, match="'tree' has"):
        capacity("tree")
    with pytest.raises(TypeError, match="'alpha'"):
        solution_entropy(TreeCommittee(3))
