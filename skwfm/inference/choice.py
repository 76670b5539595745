"""Which engine suits a problem."""

import numpy as np

# Independent inputs have squared correlations of 1/M on average over M patterns; the
# amp and bp engines are trusted up to this multiple of it.
_WEAK = 2.0


def excess_correlation(inputs):
    """Compare the correlations between inputs with those of independent ones.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        Patterns.

    Returns
    -------
    excess : float
        Mean squared correlation of two inputs over its expectation, about
        1 / n_samples, for independent ones. Constant inputs, which are as far from
        the engines' assumptions, count as fully correlated.
    """
    inputs = np.asarray(inputs, dtype=float)
    n_samples, n_features = inputs.shape
    if n_features < 2 or n_samples < 2:
        return 1.0
    # Second moments about zero: a common mean correlates the fields just as well.
    scaled = inputs / np.maximum(
        np.sqrt(np.mean(inputs**2, axis=0)), np.finfo(float).tiny
    )
    gram = scaled @ scaled.T if n_samples < n_features else scaled.T @ scaled
    total = np.vdot(gram, gram) / n_samples**2
    return float((total - n_features) / (n_features * (n_features - 1)) * n_samples)


def default_method(factors):
    """Choose amp for disjoint fields of weakly correlated inputs, ep otherwise.

    Parameters
    ----------
    factors : Factors
        The patterns.

    Returns
    -------
    method : {"amp", "ep"}
        Engine.
    """
    disjoint = int(factors.unit_sizes.sum()) <= factors.dense_shape[1] + len(
        factors.unit_sizes
    )
    if disjoint and excess_correlation(factors.inputs) < _WEAK:
        return "amp"
    return "ep"
