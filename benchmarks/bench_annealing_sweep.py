"""Claim: a sweep of annealing takes 1/5 of the time of a vectorised NumPy loop.

Binary perceptron, 501 inputs, 250 random +-1 patterns, number of errors as energy, beta
= 0.5, 20 sweeps of 501 proposals. Both sides draw the same random numbers and so must
flip the same weights; printed is the difference in the number of accepted flips.

The reference keeps the fields, as ours does: a proposal is one sum and one count over
the patterns in float64, the inputs of a weight side by side.

Work of a sweep (M samples, N weights): 2 M N flops, and 5 M N bytes read, of integers.
"""

import numpy as np
from _limits import Work
from _paired import Claim, Program, main

from skwfm.architectures import FullCommittee
from skwfm.classifiers.annealing.compiled import draw_accepted, draw_below
from skwfm.classifiers.annealing.energies import make_energy
from skwfm.classifiers.annealing.replicas import Replicas
from skwfm.datasets import make_random_patterns
from skwfm.problem.problem import Problem

N_INPUTS, N_SAMPLES, N_SWEEPS, BETA = 501, 250, 20, 0.5


def numpy_sweep(inputs, signs, margins, bits):
    """Propose as many flips as there are weights.

    Parameters
    ----------
    inputs : ndarray of shape (n_inputs, n_samples)
        Inputs times labels.
    signs : ndarray of shape (n_inputs,)
        Weights, changed in place.
    margins : ndarray of shape (n_samples,)
        Labels times fields, changed in place.
    bits : ndarray of shape (4,) of uint64
        State of the random numbers, changed in place.

    Returns
    -------
    n_accepted : int
        Flips.
    """
    n_accepted = 0
    n_wrong = np.count_nonzero(margins <= 0)
    for _ in range(len(signs)):
        i = draw_below(bits, len(signs))
        new = margins - (2 * signs[i]) * inputs[i]
        n_new = np.count_nonzero(new <= 0)
        if draw_accepted(bits, BETA * (n_new - n_wrong)):
            margins[:] = new
            n_wrong = n_new
            signs[i] = -signs[i]
            n_accepted += 1
    return n_accepted


def make_claim():
    """Pair our sweeps with those of NumPy.

    Returns
    -------
    claim : Claim
        To be measured.
    """
    X, y = make_random_patterns(N_SAMPLES, N_INPUTS, random_state=0)
    problem = Problem(X, y.astype(float), FullCommittee(1), False)
    energy = make_energy(problem, False, 1.0, 1.0)
    rng = np.random.default_rng(0)
    start = rng.choice(np.array([-1, 1], dtype=np.int8), (1, N_INPUTS))
    seed = rng.integers(2**64, size=4, dtype=np.uint64)
    inputs = np.ascontiguousarray((y[:, None] * X).T, dtype=float)

    def ours():
        bits = seed.copy()
        replicas = Replicas(problem, energy, start.copy())
        counts = [replicas.sweep(BETA, 0.0, bits) for _ in range(N_SWEEPS)]
        return replicas.state.signs[0].astype(float), sum(counts)

    def reference():
        bits, signs = seed.copy(), start[0].astype(float)
        margins = signs @ inputs
        counts = [numpy_sweep(inputs, signs, margins, bits) for _ in range(N_SWEEPS)]
        return signs, sum(counts)

    def accuracy(found, expected):
        return {
            "max |dw|": float(np.abs(found[0] - expected[0]).max()),
            "accepted": abs(found[1] - expected[1]),
        }

    flops, size = 2.0 * N_SAMPLES * N_INPUTS, N_SAMPLES * N_INPUTS
    return Claim(
        "annealing, binary perceptron 501, 250 patterns, against NumPy",
        5.0,
        Program("skwfm", ours, np.float64, Work(flops, 5.0 * size, 1.0 * size)),
        Program("numpy float64", reference, np.float64),
        N_SWEEPS,
        accuracy,
    )


if __name__ == "__main__":
    main(lambda: [make_claim()], __doc__)
