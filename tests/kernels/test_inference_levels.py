"""Channels and edge messages: the same bits on every instruction set, in any order of
patterns and of memory."""

import numpy as np
import pytest

from skwfm._kernels import channels, messages, training
from skwfm.architectures import FullCommittee, TreeCommittee, TreeParity
from skwfm.datasets import make_random_patterns
from skwfm.inference import BinaryPrior, Factors, SphericalPrior
from skwfm.inference.engines.bp import BPEngine

LEVELS = training.instruction_sets()
# Sizes with loops of their own (3 and 9) and without, and one that is even.
MACHINES = [FullCommittee(k) for k in (1, 3, 7, 9)] + [TreeParity(4)]


@pytest.fixture(params=LEVELS)
def level(request):
    used = [
        module.use_instruction_set(request.param) for module in (channels, messages)
    ]
    yield request.param
    for module, name in zip((channels, messages), used, strict=True):
        module.use_instruction_set(name)


def fields(n_hidden, n_samples=29):
    """Means, variances and labels; some patterns 40 deviations off."""
    rng = np.random.default_rng(n_hidden)
    scale = np.where(np.arange(n_samples) % 7 == 3, 60.0, 2.0)
    mean = scale[:, None] * rng.normal(size=(n_samples, n_hidden))
    var = rng.uniform(0.3, 2.0, size=(n_samples, n_hidden))
    return mean, var, rng.choice([-1.0, 1.0], n_samples)


def same_bits(found, expected):
    pairs = zip(found, expected, strict=True)
    return all(a.tobytes() == b.tobytes() for a, b in pairs)


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
def test_channels_give_the_same_bits(machine, level):
    found = machine.channel(*fields(machine.n_hidden))
    channels.use_instruction_set("baseline")
    assert same_bits(found, machine.channel(*fields(machine.n_hidden)))


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
def test_a_pattern_does_not_see_the_others(machine, level):
    mean, var, labels = fields(machine.n_hidden)
    together = machine.channel(mean, var, labels)
    alone = [
        machine.channel(mean[[s]], var[[s]], labels[[s]]) for s in range(len(labels))
    ]
    assert same_bits(
        together, [np.concatenate(part) for part in zip(*alone, strict=True)]
    )


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
def test_memory_of_the_arguments_does_not_matter(machine, level):
    mean, var, labels = fields(machine.n_hidden)
    expected = machine.channel(mean, var, labels)
    by_unit = machine.channel(np.asfortranarray(mean), np.asfortranarray(var), labels)
    assert by_unit[1].flags.f_contiguous
    assert same_bits(by_unit, expected)
    spaced = np.repeat(np.repeat(mean, 2, axis=0), 3, axis=1)[::2, ::3]
    assert same_bits(machine.channel(spaced, var, labels), expected)


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
def test_one_row_of_variances_serves_all_patterns(machine, level):
    mean, var, labels = fields(machine.n_hidden)
    same = np.broadcast_to(var[0], var.shape)
    expected = machine.channel(mean, same.copy(), labels)
    assert same_bits(machine.channel(mean, same, labels), expected)


@pytest.mark.parametrize("machine", [FullCommittee(3), TreeParity(4)], ids=repr)
def test_no_patterns_no_results(machine):
    none = np.empty((0, machine.n_hidden))
    log_z, g, gamma = machine.channel(none, none, np.empty(0))
    assert log_z.shape == (0,)
    assert g.shape == gamma.shape == none.shape


@pytest.mark.parametrize("prior", [SphericalPrior(), BinaryPrior()], ids=repr)
@pytest.mark.parametrize("schedule", ["sequential", "parallel"])
def test_sweeps_over_edges_give_the_same_bits(schedule, prior, level):
    X, y = make_random_patterns(40, 57, random_state=0)
    factors = Factors(X, y, TreeCommittee(3))

    def sweeps():
        engine = BPEngine(factors, prior.bind(factors), schedule=schedule)
        for _ in range(3):
            engine.sweep(0.3)
        return engine.mean, engine.variance, engine.state.linear

    found = sweeps()
    for module in (channels, messages):
        module.use_instruction_set("baseline")
    assert same_bits(found, sweeps())
