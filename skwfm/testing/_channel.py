"""Check the probabilities that an architecture gives: of one right answer, of two.

Each check takes an architecture instance and a random generator for the inputs tried.
It raises AssertionError at the first broken promise and NotImplementedError if the
machine does not have the method.
"""

from functools import partial

import numpy as np
from scipy.special import log_ndtr, logsumexp, ndtr

from skwfm.architectures.base import signs
from skwfm.architectures.pairs import sum_over_states
from skwfm.testing._probe import (
    call,
    call_array,
    differences,
    expect,
    expect_close,
    expect_double,
    expect_rows_alone,
    outcomes,
    signs_of,
)

__all__ = ["check_channel", "check_pair_probability"]

_N_PATTERNS = 24
_MANY_PATTERNS = 1500
# Up to this many units states are added up: a channel written as such a sum takes long
# for more, and so does ours.
_MOST_SUMMED = 10
_PARTS = "log_z", "g", "gamma"
# Sums of up to 2**10 products of probabilities, from logarithms, in double precision.
_PROBABILITY_TOLERANCE = 1e-10
# Fields this many standard deviations away occur when many patterns are wrong.
_FAR = 40.0
# Variances near a solution, at which log-probabilities of wrong answers reach -1e5.
_SMALL_VARIANCES = (1e-2, 1e-5)
_TAIL_TOLERANCE = 1e-6


def check_channel(machine, rng):
    """Check the channel against enumeration, its derivatives and far fields."""
    shape = (_N_PATTERNS, machine.n_hidden)
    mean, var = rng.normal(size=shape), rng.uniform(0.5, 2, size=shape)
    labels = rng.choice([-1.0, 1.0], size=_N_PATTERNS)
    log_z, g, gamma = _channel(machine, mean, var, labels)
    _check_rows(machine, rng)
    _check_probability(machine, mean, var, labels, log_z)

    def log_z_at(mean):
        return _channel(machine, mean, var, labels)[0]

    def g_at(mean):
        return _channel(machine, mean, var, labels)[1]

    compare = partial(expect_close, machine=machine, method="channel")
    remedy = "let g be d log_z / d mean"
    compare(g, differences(log_z_at, mean), what="g", remedy=remedy)
    curvature = -np.diagonal(differences(g_at, mean), axis1=1, axis2=2)
    remedy = "let gamma be -d2 log_z / d mean2, per unit"
    compare(gamma, curvature, what="gamma", remedy=remedy)
    _check_far_fields(machine, var, labels)
    _check_far_tails(machine, rng)


def _check_rows(machine, rng):
    n_rows = _MANY_PATTERNS if machine.n_hidden < _MOST_SUMMED else _N_PATTERNS
    mean = rng.normal(size=(n_rows, machine.n_hidden))
    var = rng.uniform(0.5, 2, size=mean.shape)
    labels = rng.choice([-1.0, 1.0], size=n_rows)

    def answers(rows):
        return _channel(machine, mean[rows], var[rows], labels[rows])

    expect_rows_alone(machine, "channel", answers, _PARTS, n_rows, rng)


def _check_far_tails(machine, rng):
    """Small variances make wrong patterns as improbable as they say, not less."""
    if machine.n_hidden > _MOST_SUMMED:
        return
    mean = rng.normal(size=(_N_PATTERNS, machine.n_hidden))
    labels = -signs_of(machine, "output", signs(mean)).astype(float)
    for size in _SMALL_VARIANCES:
        var = np.full_like(mean, size)
        log_z = _channel(machine, mean, var, labels)[0]
        exact = _log_enumerated(machine, mean, var, labels)
        wrong = ~(np.abs(log_z - exact) <= _TAIL_TOLERANCE * np.abs(exact))
        problem = (
            f"log_z is {log_z[wrong][:1]} where the sum over all outcomes of the "
            f"hidden units gives {exact[wrong][:1]}, at variances of {size:g}"
        )
        remedy = "work with logarithms (scipy.special.log_ndtr), and clip nothing"
        expect(not wrong.any(), machine, "channel", problem, remedy)


def _log_enumerated(machine, mean, var, labels):
    """Return the log-probability of the label as a sum over all outcomes."""
    hidden = outcomes(machine, None)
    right = signs_of(machine, "output", hidden) == labels[:, np.newaxis]
    logs = log_ndtr(hidden * (mean / np.sqrt(var))[:, np.newaxis]).sum(axis=2)
    return logsumexp(np.where(right, logs, -np.inf), axis=1)


def _channel(machine, mean, var, labels):
    parts = call(machine, "channel", mean, var, labels)
    shapes = [np.shape(p) for p in parts] if isinstance(parts, tuple) else "no tuple"
    expected = [labels.shape, mean.shape, mean.shape]
    remedy = "give log_z, g, gamma of shapes {}, {}, {}".format(*expected)
    expect(shapes == expected, machine, "channel", f"shapes given: {shapes}", remedy)
    expect_double(parts, _PARTS, machine, "channel")
    return parts


def _check_probability(machine, mean, var, labels, log_z):
    require = partial(expect, machine=machine, method="channel")
    other = _channel(machine, mean, var, -labels)[0]
    total = np.exp(log_z) + np.exp(other)
    close = np.abs(total - 1) <= _PROBABILITY_TOLERANCE
    problem = f"the probabilities of the two labels add up to {total[~close][:1]}"
    require(close.all(), problem=problem, remedy="normalise log_z: no constant is free")
    if machine.n_hidden > _MOST_SUMMED:
        return
    exact = _enumerated(machine, mean, var, labels)
    close = np.abs(np.exp(log_z) - exact) <= _PROBABILITY_TOLERANCE
    problem = (
        f"exp(log_z) is {np.exp(log_z[~close][:1])} where the sum over all outcomes "
        f"of the hidden units is {exact[~close][:1]}, label {labels[~close][:1]}"
    )
    remedy = "let it be the probability that output is the label"
    require(close.all(), problem=problem, remedy=remedy)


def _enumerated(machine, mean, var, labels):
    """Return the probability of the label as a sum over all outcomes."""
    hidden = outcomes(machine, None)
    answers = signs_of(machine, "output", hidden)
    weights = ndtr(hidden * (mean / np.sqrt(var))[:, np.newaxis]).prod(axis=2)
    return np.sum(weights * (answers == labels[:, np.newaxis]), axis=1)


def _check_far_fields(machine, var, labels):
    for sign in (-1, 1):
        mean = sign * _FAR * labels[:, np.newaxis] * np.sqrt(var)
        finite = [np.isfinite(x).all() for x in _channel(machine, mean, var, labels)]
        problem = (
            f"log_z, g, gamma are finite: {finite}, for fields {_FAR:g} standard "
            f"deviations on the {'right' if sign > 0 else 'wrong'} side"
        )
        remedy = "work with logarithms (scipy.special.log_ndtr)"
        expect(all(finite), machine, "channel", problem, remedy)


def check_pair_probability(machine, rng):
    """Check it against enumeration, which takes its place where it is missing."""
    if not hasattr(machine, "pair_probability") or machine.n_hidden > _MOST_SUMMED:
        return
    joint = rng.dirichlet(np.ones(4), (machine.n_hidden, _N_PATTERNS)).transpose(
        2, 0, 1
    )
    joint = np.ascontiguousarray(joint).reshape(2, 2, machine.n_hidden, _N_PATTERNS)
    labels = rng.choice([-1.0, 1.0], size=(2, _N_PATTERNS))
    found = call_array(machine, "pair_probability", joint, *labels)
    require = partial(expect, machine=machine, method="pair_probability")
    problem = f"gave shape {found.shape} for {_N_PATTERNS} pairs"
    require(found.shape == (_N_PATTERNS,), problem=problem, remedy="give one per pair")
    expect_double([found], ["the probability"], machine, "pair_probability")
    exact = sum_over_states(machine, joint, *labels)
    wrong = ~(np.abs(found - exact) <= _PROBABILITY_TOLERANCE)
    problem = f"gave {found[wrong][:1]}, adding up all states gives {exact[wrong][:1]}"
    remedy = "count the states whose output is right on both, or leave the method out"
    require(not wrong.any(), problem=problem, remedy=remedy)
