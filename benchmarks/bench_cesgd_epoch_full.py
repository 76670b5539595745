"""Claim: a cross-entropy epoch of a full machine is 1.2 times faster than NumPy's BLAS.

9 units that see all 784 pixels of 500 binarised images of dresses and coats, batches of
100, no intercept, the published rates of ceSGD-fast, the same dtype on both sides,
float32 and float64. Both train the first 20 epochs from the same weights with the same
permutations and must reach the same weights; printed is the largest difference.

The reference is the hand-written gradient: per batch one gather, two matrix products
and the elementwise functions between them. Its products are real BLAS calls of good
shape, and its inputs fit in the cache: this is the case where BLAS is strongest.

Work of an epoch (M samples, N inputs, 9 units): 18 M N flops each for the
preactivations and the gradient, 27 N per batch for the norms. Ours reads 2 M N / 8
bytes of bits; NumPy reads the inputs (4 or 8 bytes each), writes them in order, reads
them twice.
"""

import numpy as np
from _cross_entropy import make_claim, numpy_coefficients, numpy_normalise
from _machines import BATCH_SIZE, dress_coat_on_full
from _paired import main


def numpy_epoch(inputs, labels, rows, weights, eta, gamma, beta):
    """Train one epoch.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        Inputs.
    labels : ndarray of shape (n_samples,)
        +-1.
    rows : ndarray of shape (n_samples,)
        Order of the samples.
    weights : ndarray of shape (n_hidden, n_features)
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
        x = inputs[batch]
        fields = weights @ x.T
        step, loss = numpy_coefficients(fields, labels[batch], eta, gamma, beta)
        total += loss
        weights += step @ x
        numpy_normalise(weights)
    return total


def make_full_claim(dtype):
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
    problem = dress_coat_on_full(dtype)

    def reference_epoch(rows, weights, *rates):
        return numpy_epoch(problem.inputs, problem.labels, rows, weights, *rates)

    return make_claim(
        "ceSGD, full 784 x 9, 500 images, against NumPy of the same dtype",
        1.2,
        problem,
        "dress_coat",
        lambda problem, packed: problem.layout.unpack_weights(packed),
        reference_epoch,
        name="numpy",
    )


if __name__ == "__main__":
    main(lambda: map(make_full_claim, (np.float32, np.float64)), __doc__)
