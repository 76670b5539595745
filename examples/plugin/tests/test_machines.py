"""Votes, windows and the channel, by other routes."""

import itertools

import numpy as np
import pytest
from scipy.stats import norm
from skwfm_robust import WeightedVote, WindowedVote

from skwfm.architectures import FullCommittee, TreeCommittee


def test_equal_votes_are_a_committee():
    rng = np.random.default_rng(0)
    mean, var = rng.normal(size=(30, 5)), rng.uniform(0.1, 2, size=(30, 5))
    labels = rng.choice([-1.0, 1.0], size=30)
    plain, weighted = FullCommittee(5), WeightedVote(5)
    for one, other in zip(
        plain.channel(mean, var, labels),
        weighted.channel(mean, var, labels),
        strict=True,
    ):
        np.testing.assert_allclose(other, one, rtol=1e-10, atol=1e-14)
    for one, other in zip(
        plain.smooth(mean, 1.3, 2), weighted.smooth(mean, 1.3, 2), strict=True
    ):
        np.testing.assert_allclose(other, one, rtol=1e-12, atol=1e-15)


def test_the_channel_is_the_sum_over_all_states():
    votes = np.array([3, 2, 2, 1, 1])
    rng = np.random.default_rng(1)
    mean = rng.normal(size=(1, 5))
    plus = norm.cdf(mean[0])
    total = sum(
        np.prod(np.where(np.array(s) > 0, plus, 1 - plus))
        for s in itertools.product((-1, 1), repeat=5)
        if np.dot(s, votes) > 0
    )
    machine = WeightedVote(5, votes=tuple(votes))
    log_z, _, _ = machine.channel(mean, np.ones((1, 5)), np.ones(1))
    assert np.exp(log_z[0]) == pytest.approx(total, rel=1e-12)


def test_one_unit_with_most_votes_decides():
    machine = WeightedVote(3, votes=(3, 1, 1))
    states = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))
    assert np.array_equal(machine.output(states), states[:, 0])
    _, g, gamma = machine.channel(np.zeros((1, 3)), np.ones((1, 3)), np.ones(1))
    assert g[0, 0] == pytest.approx(np.sqrt(2 / np.pi), rel=1e-12)
    assert np.all(g[0, 1:] == 0)
    assert np.all(gamma[0, 1:] == 0)


def test_windows_overlap_and_leave_no_input_out():
    for n_hidden, n_features, overlap in itertools.product(
        (1, 2, 3, 9), (9, 10, 50), (0.0, 0.5, 2.0)
    ):
        machine = WindowedVote(n_hidden, overlap=overlap)
        fields = machine.receptive_fields(n_features)
        assert set(np.concatenate(fields)) == set(range(n_features))
        if overlap and n_hidden > 1:
            shared = [np.intersect1d(*pair) for pair in itertools.pairwise(fields)]
            assert all(len(inputs) for inputs in shared)


def test_windows_without_overlap_are_a_tree():
    tree = TreeCommittee(5).receptive_fields(20)
    for one, other in zip(
        tree, WindowedVote(5, overlap=0.0).receptive_fields(20), strict=True
    ):
        assert np.array_equal(one, other)
