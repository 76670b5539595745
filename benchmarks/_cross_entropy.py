"""Cross-entropy epochs of the compiled loop, paired with another program."""

from functools import partial

import numpy as np
from _machines import BATCH_SIZE, count_work, difference, start_and_permutations
from _paired import Claim, Program

from skwfm.classifiers import published_settings
from skwfm.classifiers.cesgd import _compiled_epoch


def numpy_coefficients(fields, labels, eta, gamma, beta):
    """Turn the preactivations of a batch into the coefficients of its update.

    Parameters
    ----------
    fields : ndarray of shape (n_hidden, n_batch)
        Preactivations.
    labels : ndarray of shape (n_batch,)
        +-1.
    eta, gamma, beta : float
        Rate and norms of the two layers.

    Returns
    -------
    coefficients : ndarray of shape (n_hidden, n_batch)
        Factors of the patterns in the update of the weights.
    loss : float
        Summed cross-entropy.
    """
    tanh = np.tanh(beta * fields)
    root = np.sqrt(len(fields)).astype(fields.dtype)
    margin = labels * (tanh.sum(axis=0) / root)
    e = np.exp(-2 * gamma * np.abs(margin))
    loss = float((np.log1p(e) / (2 * gamma) + np.maximum(-margin, 0)).sum())
    pull = np.where(margin < 0, 1, e) / (1 + e)
    return (1 - tanh * tanh) * (labels * pull * (eta * beta / root)), loss


def numpy_normalise(weights):
    """Give every unit norm one, in place.

    Parameters
    ----------
    weights : ndarray of shape (n_hidden, n_inputs)
        Weights.
    """
    weights /= np.sqrt(np.einsum("li,li->l", weights, weights))[:, None]


def make_claim(
    title, target, problem, setting, unpack, reference_epoch, *, name, n_epochs=20
):
    """Pair the first epochs of ceSGD-fast with those of another program.

    Parameters
    ----------
    title : str
        The setting.
    target : float
        The least ratio of times.
    problem : Problem
        Patterns and machine.
    setting : str
        Whose published rates are taken: "random_patterns" or "dress_coat".
    unpack : callable
        Makes the weights of the reference of (problem, packed weights).
    reference_epoch : callable
        Takes (rows, weights, eta, gamma, beta), changes the weights in place and
        returns the loss met on the way.
    name : str
        Of the reference.
    n_epochs : int, default=20
        Epochs of one run.

    Returns
    -------
    claim : Claim
        To be measured.
    """
    _, rates = published_settings(setting, "ceSGD-fast")
    start, permutations = start_and_permutations(problem, n_epochs)
    # gamma1 = 0 in both settings: gamma stays.
    steps = [
        (
            rows,
            rates["eta"],
            rates["gamma0"],
            rates["beta0"] * (1 + rates["beta1"]) ** n,
        )
        for n, rows in enumerate(permutations)
    ]

    def ours():
        weights = start.copy()
        loss = sum(
            _compiled_epoch(problem, weights, rows, BATCH_SIZE, eta, gamma, beta)
            for rows, eta, gamma, beta in steps
        )
        return unpack(problem, weights), loss

    def reference():
        weights = unpack(problem, start)
        loss = sum(
            reference_epoch(rows, weights, eta, gamma, beta)
            for rows, eta, gamma, beta in steps
        )
        return np.asarray(weights), loss

    dtype = problem.dtype.type
    return Claim(
        title,
        target,
        Program("skwfm", ours, dtype, count_work(problem, bits=True)),
        Program(name, reference, dtype, count_work(problem, bits=False)),
        n_epochs,
        partial(difference, "loss"),
    )
