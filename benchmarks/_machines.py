"""The two machines of the benchmarks and the counts of work of one epoch."""

import numpy as np
from _limits import Work

from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.datasets import load_dress_coat, make_random_patterns
from skwfm.problem.problem import Problem

N_HIDDEN = 9
BATCH_SIZE = 100


def random_patterns_on_tree(dtype):
    """Make 1000 random +-1 patterns of 999 inputs for a tree of 9 units.

    Parameters
    ----------
    dtype : dtype
        float32 or float64.

    Returns
    -------
    problem : Problem
        Patterns, labels and machine.
    """
    X, y = make_random_patterns(1000, 999, random_state=0)
    return _problem(X, y, TreeCommittee(N_HIDDEN), dtype)


def dress_coat_on_full(dtype):
    """Take 500 images of dresses and coats (784 pixels) for a full machine of 9 units.

    Parameters
    ----------
    dtype : dtype
        float32 or float64.

    Returns
    -------
    problem : Problem
        Patterns, labels and machine.
    """
    X, y = load_dress_coat(n_per_class=250, random_state=0, return_X_y=True)
    return _problem(X, y, FullCommittee(N_HIDDEN), dtype)


def _problem(X, y, machine, dtype):
    labels = np.where(y == y.max(), 1, -1)
    return Problem(X.astype(dtype), labels.astype(dtype), machine, fit_intercept=False)


def start_and_permutations(problem, n_epochs):
    """Draw first weights and the order of the patterns in every epoch.

    Parameters
    ----------
    problem : Problem
        Patterns and machine.
    n_epochs : int
        Number of permutations.

    Returns
    -------
    weights : ndarray of shape (layout.size,)
        Packed weights.
    permutations : ndarray of shape (n_epochs, n_samples) of int64
        Orders.
    """
    rng = np.random.default_rng(1)
    # Drawn in float64 whatever the dtype: both dtypes start at the same point.
    weights = problem.layout.random_weights(rng, np.float64).astype(problem.dtype)
    n_samples = len(problem.labels)
    return weights, np.array([rng.permutation(n_samples) for _ in range(n_epochs)])


def tree_weights(problem, packed):
    """Give the weights of a tree without the zeros outside the receptive fields.

    Parameters
    ----------
    problem : Problem
        Patterns and a tree of equal fields.
    packed : ndarray of shape (layout.size,)
        Packed weights.

    Returns
    -------
    weights : ndarray of shape (n_hidden, n_features // n_hidden)
        Weights of each unit.
    """
    dense = problem.layout.unpack_weights(packed)
    fields = problem.architecture.receptive_fields(dense.shape[1])
    return np.array([unit[field] for unit, field in zip(dense, fields, strict=True)])


def count_work(problem, *, fraction_updated=1.0, bits):
    """Count the work of one epoch.

    Preactivations take two flops per sample and weight (multiply or flip a sign, and
    add), updates as many per updated sample and unit, the normalisation three per
    weight and batch. Each of the two passes reads its inputs: as bits where they lie,
    or, in NumPy, after a gather that reads and writes them once more. Each batch reads
    and writes the weights twice. Elementwise work on the preactivations, one hundredth
    of this, is left out.

    Parameters
    ----------
    problem : Problem
        Patterns and machine.
    fraction_updated : float, default=1.0
        Fraction of the pairs (sample, unit) that are updated.
    bits : bool
        Whether inputs are read as packed bits in place.

    Returns
    -------
    work : Work
        Of one epoch.
    """
    n_samples = len(problem.labels)
    n_batches = -(-n_samples // BATCH_SIZE)
    n_weights = problem.layout.n_weights
    inputs = problem.packed_inputs.nbytes if bits else problem.inputs.nbytes
    weights = n_weights * problem.inputs.itemsize
    passes = 1 + fraction_updated + (0 if bits else 2)
    return Work(
        flops=2 * n_samples * n_weights * (1 + fraction_updated)
        + 3 * n_weights * n_batches,
        traffic=passes * inputs + 4 * weights * n_batches,
        footprint=inputs + 2 * weights,
    )


def difference(record, ours, reference):
    """Compare two results of the same training.

    Parameters
    ----------
    record : str
        What was summed over all epochs.
    ours, reference : tuple of (ndarray, float)
        Weights of each unit, and the record.

    Returns
    -------
    accuracy : dict
        Largest absolute difference of weights, and the two records.
    """
    return {
        "max |dw|": float(np.abs(ours[0] - reference[0]).max()),
        f"{record} ours": float(ours[1]),
        f"{record} reference": float(reference[1]),
    }
