"""Arrays for the compiled channels of the built-in machines."""

import numpy as np

from skwfm._kernels import channels


def run_channel(kernel, mean, var, labels):
    """Run a compiled channel on new output arrays.

    Parameters
    ----------
    kernel : callable
        Function of skwfm._kernels.channels.
    mean, var : ndarray of shape (n_samples, n_hidden)
        Means and variances of the units' fields.
    labels : ndarray of shape (n_samples,)
        Right answers, +-1.

    Returns
    -------
    log_z : ndarray of shape (n_samples,)
        Log-probability of the right answer.
    g, gamma : ndarray of shape (n_samples, n_hidden)
        First derivative, and minus the second, of log_z with respect to the mean.
    """
    mean = np.asarray(mean, dtype=np.float64)
    var = np.asarray(var, dtype=np.float64)
    labels = np.ascontiguousarray(labels, dtype=np.float64)
    if not mean.shape == var.shape == (len(labels), mean.shape[-1]):
        raise ValueError(
            f"mean, var and labels have shapes {mean.shape}, {var.shape} and "
            f"{labels.shape}: pass (n_samples, n_hidden) twice and (n_samples,)."
        )
    # g and gamma have the memory order of the mean.
    log_z, g = np.empty(len(labels)), np.empty_like(mean, subok=False)
    gamma = np.empty_like(g)
    scratch = np.empty(channels.scratch_size(mean.shape[1]))
    kernel(mean, var, labels, log_z, g, gamma, scratch)
    return log_z, g, gamma
