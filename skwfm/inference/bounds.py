"""What no result can be: every engine and every measure of volumes is held to this."""

import numpy as np

# Volumes are differences of large numbers when weights are held near a reference, and
# variances of squares. They may exceed their bounds by so many roundings of the largest
# of these numbers.
_ROUNDING = 64 * np.finfo(float).eps
# Volumes that rounding makes uncertain by more than this, in nats, are not given.
_MOST_UNCERTAIN = 1e-7
# Solutions as thin as rounding in every direction: less than that is not resolved.
LEAST = np.log(np.finfo(float).eps)


def bounded_log_volume(log_volume, scale=1.0, least=LEAST):
    """Hold the log of a fraction to its bound.

    Parameters
    ----------
    log_volume : float
        Log of the fraction of weights that solve, per weight.
    scale : float, default=1.0
        Size of the numbers that it is a difference of.
    least : float, default=log of the rounding error
        Least value that is believed.

    Returns
    -------
    log_volume : float
        The same if it is at most 0; 0 if it is larger by rounding only; NaN if it is
        larger than that, lost in rounding, or so small that numbers do not resolve it.
    """
    if log_volume < least:
        return np.nan
    uncertain = _ROUNDING * scale
    if log_volume < -uncertain or (log_volume <= 0 and uncertain <= _MOST_UNCERTAIN):
        return log_volume
    is_zero = log_volume <= uncertain <= _MOST_UNCERTAIN
    return 0.0 if is_zero else np.nan


def has_possible_marginals(mean, variance, is_binary):
    """Tell whether marginals can be those of weights.

    Parameters
    ----------
    mean, variance : ndarray of shape (n_weights,)
        Of the weights.
    is_binary : bool
        Whether the weights are +-1.

    Returns
    -------
    possible : bool
        Whether all are finite, no variance is negative and no mean of +-1 weights is
        larger than 1, by more than rounding.
    """
    mean, variance = without_rounding(mean, variance, is_binary)
    if not (np.isfinite(mean).all() and np.isfinite(variance).all()):
        return False
    if np.any(variance < 0):
        return False
    return not is_binary or bool(np.abs(mean).max() <= 1)


def without_rounding(mean, variance, is_binary):
    """Put marginals that are out of bounds by rounding only on their bounds.

    Parameters
    ----------
    mean, variance : ndarray of shape (n_weights,)
        Of the weights.
    is_binary : bool
        Whether the weights are +-1.

    Returns
    -------
    mean, variance : ndarray of shape (n_weights,)
        The same, where variances are not below 0 and means of +-1 weights not beyond
        1, or by more than rounding.
    """
    # Weights are of order 1; a variance may be that of their square less its mean's.
    uncertain = _ROUNDING * np.maximum(1, np.square(mean))
    variance = np.where((variance < 0) & (variance >= -uncertain), 0.0, variance)
    if is_binary:
        size = np.abs(mean)
        mean = np.where((size > 1) & (size <= 1 + _ROUNDING), np.sign(mean), mean)
    return mean, variance
