"""Check the probability of two right answers that an architecture gives."""

from functools import partial

import numpy as np

from skwfm.architectures.pairs import sum_over_states
from skwfm.testing._probe import MAX_ENUMERATED, call, expect, expect_double

_N_PAIRS = 24
# Sums of up to 2**10 products of probabilities in double precision.
_TOLERANCE = 1e-10


def check_pair_probability(machine, rng):
    """Check it against enumeration, which takes its place where it is missing."""
    if not hasattr(machine, "pair_probability") or machine.n_hidden > MAX_ENUMERATED:
        return
    joint = rng.dirichlet(np.ones(4), (machine.n_hidden, _N_PAIRS)).transpose(2, 0, 1)
    joint = np.ascontiguousarray(joint).reshape(2, 2, machine.n_hidden, _N_PAIRS)
    labels = rng.choice([-1.0, 1.0], size=(2, _N_PAIRS))
    found = np.asarray(call(machine, "pair_probability", joint, *labels))
    require = partial(expect, machine=machine, method="pair_probability")
    problem = f"gave shape {found.shape} for {_N_PAIRS} pairs"
    require(found.shape == (_N_PAIRS,), problem=problem, remedy="give one per pair")
    expect_double([found], ["the probability"], machine, "pair_probability")
    exact = sum_over_states(machine, joint, *labels)
    wrong = ~(np.abs(found - exact) <= _TOLERANCE)
    problem = f"gave {found[wrong][:1]}, adding up all states gives {exact[wrong][:1]}"
    remedy = "count the states whose output is right on both, or leave the method out"
    require(not wrong.any(), problem=problem, remedy=remedy)
