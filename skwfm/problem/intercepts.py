"""Intercepts: the size of the constant input and the weights on it.

Each unit with an intercept has one more weight, on a constant input c. Training, priors
and norms know this weight; a fitted model stores the intercept, which is c times it.
"""

from __future__ import annotations

import numpy as np

from skwfm._shown import shown
from skwfm.architectures import Layout
from skwfm.architectures.rows import all_signs
from skwfm.problem.inputs import nearest_power


def resolve_scaling(intercept_scaling, inputs, architecture):
    """Choose the constant input, or take the one given.

    With one constant input of 1 among n inputs of order 1, hyperplanes all but pass
    through the origin. With sqrt(n), times the power of two next to the root mean
    square of the inputs, their offset has the scale of the inputs. Inputs that are all
    +-1 keep 1, so that the intercept is an input like the others.

    Parameters
    ----------
    intercept_scaling : float or {"auto", "search"}
        The user's choice. A search begins with what "auto" is.
    inputs : ndarray of shape (n_samples, n_features)
        Inputs.
    architecture : Architecture
        The machine.

    Returns
    -------
    scaling : float or ndarray of shape (n_hidden,)
        The constant input c; an array if units differ in their number of inputs.

    Raises
    ------
    ValueError
        If there are fewer inputs than the machine needs.
    """
    layout = Layout(architecture, inputs.shape[1], intercept=False)
    is_chosen = isinstance(intercept_scaling, str)
    if not (is_chosen and intercept_scaling in ("auto", "search")):
        return float(intercept_scaling)
    if all(all_signs(inputs, field) for field in layout.receptive_fields):
        return 1.0
    scaling = np.ldexp(np.sqrt(layout.unit_sizes), nearest_power(inputs))
    return float(scaling[0]) if np.all(scaling == scaling[0]) else scaling


def checked_constant(constant, n_hidden):
    """Raise ValueError unless numbers can be the units' constant input.

    Parameters
    ----------
    constant : float or array-like of shape (n_hidden,)
        The constant input.
    n_hidden : int
        Number of units.

    Returns
    -------
    constant : ndarray of shape () or (n_hidden,)
        The same numbers.

    Raises
    ------
    ValueError
        If the shape is another, or a number is not positive and finite.
    """
    numbers = np.asarray(constant, dtype=float)
    fits = numbers.shape in ((), (n_hidden,))
    if fits and np.isfinite(numbers).all() and (numbers > 0).all():
        return numbers
    raise ValueError(
        f"intercept_scaling={shown(constant)} is no constant input: pass a positive "
        f"finite number, or one for each of the {n_hidden} units."
    )


def join_intercept(coef, intercept, scaling=1.0):
    """Put the weights on the constant input beside the others.

    Parameters
    ----------
    coef : ndarray of shape (n_hidden, n_features)
        Weights.
    intercept : ndarray of shape (n_hidden,)
        Intercepts.
    scaling : float or ndarray of shape (n_hidden,), default=1.0
        The constant input.

    Returns
    -------
    weights : ndarray of shape (n_hidden, n_features + 1)
        Weights, that on the constant input last.
    """
    intercept = np.asarray(intercept)
    scaling = np.asarray(scaling, dtype=intercept.dtype)
    return np.column_stack([coef, intercept / scaling])


def split_intercept(weights, n_features, scaling=1.0):
    """Give weights and intercepts as a fitted model stores them.

    Parameters
    ----------
    weights : ndarray of shape (n_hidden, n_features) or (n_hidden, n_features + 1)
        Weights, that on the constant input last if there is one.
    n_features : int
        Number of inputs.
    scaling : float or ndarray of shape (n_hidden,), default=1.0
        The constant input.

    Returns
    -------
    coef : ndarray of shape (n_hidden, n_features)
        Weights, a copy.
    intercept : ndarray of shape (n_hidden,)
        Intercepts, zeros if there is no constant input.
    """
    coef = weights[:, :n_features].copy()
    if weights.shape[1] == n_features:
        return coef, np.zeros(len(weights), dtype=weights.dtype)
    return coef, weights[:, -1] * np.asarray(scaling, dtype=weights.dtype)
