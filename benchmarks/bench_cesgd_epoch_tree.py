"""Claim: a cross-entropy epoch on a tree takes 1/3 of the time of NumPy with BLAS.

Tree of 9 units, 999 inputs, 1000 random +-1 patterns, batches of 100, no intercept,
the published rates of ceSGD-fast, the same dtype on both sides, float32 and float64.
Both train the first 20 epochs from the same weights with the same permutations and must
reach the same weights; printed is the largest difference.

The reference is the hand-written gradient: per batch one gather, two stacks of
matrix-vector products (faster than einsum and than a block-diagonal matrix) and the
elementwise functions between them.

Work of an epoch (M samples, N inputs, 9 units of N/9): 2 M N flops each for the
preactivations and the gradient, 3 N per batch for the norms. Ours reads 2 M N / 8 bytes
of bits; NumPy reads the inputs (4 or 8 bytes each), writes them in order and reads them
twice.
"""

import numpy as np
from _cross_entropy import make_claim, numpy_coefficients, numpy_normalise
from _machines import BATCH_SIZE, N_HIDDEN, random_patterns_on_tree, tree_weights
from _paired import main


def numpy_epoch(inputs, labels, rows, weights, eta, gamma, beta):
    """Train one epoch.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_hidden, n_inputs)
        Inputs of each unit.
    labels : ndarray of shape (n_samples,)
        +-1.
    rows : ndarray of shape (n_samples,)
        Order of the samples.
    weights : ndarray of shape (n_hidden, n_inputs)
        Weights, changed in place.
    eta, gamma, beta : float
        Rate and norms of the two layers.

    Returns
    -------
    loss : float
        Summed cross-entropy met on the way.
    """
    total = 0.0
    for start in range(0, len(rows), BATCH_SIZE):
        batch = rows[start : start + BATCH_SIZE]
        x = inputs[batch].transpose(1, 0, 2)
        fields = np.matmul(x, weights[:, :, None])[:, :, 0]
        step, loss = numpy_coefficients(fields, labels[batch], eta, gamma, beta)
        total += loss
        weights += np.matmul(step[:, None, :], x)[:, 0]
        numpy_normalise(weights)
    return total


def make_tree_claim(dtype):
    """Pair our epochs with those of NumPy in one dtype.

    Parameters
    ----------
    dtype : dtype
        float32 or float64.

    Returns
    -------
    claim : Claim
        To be measured.
    """
    problem = random_patterns_on_tree(dtype)
    inputs = problem.inputs.reshape(len(problem.labels), N_HIDDEN, -1)

    def reference_epoch(rows, weights, *rates):
        return numpy_epoch(inputs, problem.labels, rows, weights, *rates)

    return make_claim(
        "ceSGD, tree 999/9, 1000 patterns, against NumPy of the same dtype",
        3.0,
        problem,
        "random_patterns",
        tree_weights,
        reference_epoch,
        name="numpy",
    )


if __name__ == "__main__":
    main(lambda: map(make_tree_claim, (np.float32, np.float64)), __doc__)
