"""Synthetic patterns: random ones, and ones labelled by a teacher."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from skwfm.datasets._checks import (
    as_generator,
    check_count,
    check_flag,
    check_probability,
    check_signed_dtype,
)

_DEFAULT_N_HIDDEN = 9
_NEEDED = ("receptive_fields", "output")  # an architecture has at least these


def make_random_patterns(
    n_samples: int = 1000,
    n_features: int = 999,
    *,
    random_state: int | np.random.Generator | np.random.RandomState | None = None,
    dtype: DTypeLike = np.float64,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw random inputs and random labels, all -1 or +1 with equal probability.

    The storage problem: labels that no rule explains, which a machine can only
    memorise. With the default sizes, a tree committee is at ``alpha`` = 1 (up to
    1/999), the case of the paper's numerical studies.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of patterns.
    n_features : int, default=999
        Number of inputs.
    random_state : int, Generator, RandomState instance or None, default=None
        Source of the draws.
    dtype : dtype, default=numpy.float64
        Floating or signed integer type of X.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        Inputs -1 and +1.
    y : ndarray of shape (n_samples,), dtype int64
        Labels -1 and +1.

    Raises
    ------
    TypeError, ValueError
        If a size is not a positive integer, or `dtype` cannot hold -1.

    See Also
    --------
    make_teacher_patterns : Patterns whose labels follow a rule.

    References
    ----------
    C. Baldassi, F. Pittorino, R. Zecchina, "Shaping the learning landscape in neural
    networks around wide flat minima", PNAS 117, 161 (2020), section Numerical
    Studies: N = 999 and alpha = 1.

    Examples
    --------
    >>> from skwfm.datasets import make_random_patterns
    >>> X, y = make_random_patterns(4, 3, random_state=0, dtype="int8")
    >>> X.shape, y.shape, abs(X).min()
    ((4, 3), (4,), np.int8(1))
    """
    shape = check_count("n_samples", n_samples), check_count("n_features", n_features)
    dtype, rng = check_signed_dtype(dtype), as_generator(random_state)
    X = _draw_signs(rng, shape, dtype)
    return X, _draw_signs(rng, n_samples, np.dtype(np.int64))


def make_teacher_patterns(
    n_samples: int = 1000,
    n_features: int = 999,
    *,
    architecture: object = "full",
    n_hidden: int | None = None,
    flip: float = 0.0,
    return_coef: bool = False,
    random_state: int | np.random.Generator | np.random.RandomState | None = None,
    dtype: DTypeLike = np.float64,
) -> tuple[np.ndarray, ...]:
    """Draw random inputs, labelled by a random teacher machine.

    Inputs are -1 or +1 with equal probability. The teacher is a machine of sign
    units, the weights of each drawn uniformly on the unit sphere of its receptive
    field; the sign of a zero field is +1. Each label is then flipped with probability
    `flip`.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of patterns.
    n_features : int, default=999
        Number of inputs.
    architecture : str, class or instance, default="full"
        The teacher's architecture: a registered name (``"full"``, ``"tree"``,
        ``"parity"``, or that of a plugin), an architecture class, or an instance.
    n_hidden : int or None, default=None
        Number of hidden units; None takes the instance's own, or 9.
    flip : float, default=0.0
        Probability that a label is not the teacher's answer but its opposite.
    return_coef : bool, default=False
        Whether to return the teacher's weights too.
    random_state : int, Generator, RandomState instance or None, default=None
        Source of the draws. For an int the teacher does not depend on `n_samples`,
        nor do the teacher and the inputs depend on `flip`.
    dtype : dtype, default=numpy.float64
        Floating or signed integer type of X.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        Inputs -1 and +1.
    y : ndarray of shape (n_samples,), dtype int64
        Labels -1 and +1.
    coef : ndarray of shape (n_hidden, n_features)
        Weights of the teacher, zero outside the receptive fields; only if
        `return_coef`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not one of those above, or the architecture refuses the
        sizes.

    See Also
    --------
    make_random_patterns : Patterns whose labels follow no rule.

    References
    ----------
    E. Gardner, B. Derrida, "Three unfinished works on the optimal storage capacity of
    networks", J. Phys. A 22, 1983 (1989): learning the rule of a teacher.

    Examples
    --------
    >>> from skwfm.architectures import TreeCommittee
    >>> from skwfm.datasets import make_teacher_patterns
    >>> X, y, coef = make_teacher_patterns(
    ...     50, 9, architecture=TreeCommittee(3), return_coef=True, random_state=0
    ... )
    >>> votes = (X @ coef.T >= 0).sum(axis=1)
    >>> bool(((votes >= 2) == (y == 1)).all())
    True
    """
    shape = check_count("n_samples", n_samples), check_count("n_features", n_features)
    flip, dtype = check_probability("flip", flip), check_signed_dtype(dtype)
    check_flag("return_coef", return_coef)
    machine = _resolve(architecture, n_hidden)
    rng = as_generator(random_state)
    coef = _draw_spherical(rng, machine.receptive_fields(n_features), n_features)
    X = _draw_signs(rng, shape, dtype)
    hidden = np.where(X @ coef.T >= 0, 1, -1)
    y = np.asarray(machine.output(hidden)).astype(np.int64)
    y[rng.random(n_samples) < flip] *= -1
    return (X, y, coef) if return_coef else (X, y)


def _draw_signs(rng, shape, dtype):
    return (2 * rng.integers(2, size=shape, dtype=np.int8) - 1).astype(dtype)


def _draw_spherical(rng, fields, n_features):
    """Draw one unit vector per receptive field, uniformly on its sphere."""
    coef = np.zeros((len(fields), n_features))
    for weights, field in zip(coef, fields, strict=True):
        drawn = rng.standard_normal(weights[field].size)
        weights[field] = drawn / np.linalg.norm(drawn)
    return coef


def _resolve(architecture, n_hidden):
    """Turn a name, a class or an instance into an architecture of `n_hidden` units."""
    if n_hidden is not None:
        check_count("n_hidden", n_hidden)
    if isinstance(architecture, str):
        from skwfm import plugins

        architecture = plugins.get("architectures", architecture)
    missing = [name for name in _NEEDED if not hasattr(architecture, name)]
    if missing:
        raise TypeError(
            f"architecture={architecture!r} lacks {' and '.join(missing)}: pass a"
            " registered name, an architecture class or an instance of one."
        )
    if isinstance(architecture, type):
        return architecture(n_hidden=n_hidden or _DEFAULT_N_HIDDEN)
    if n_hidden not in (None, architecture.n_hidden):
        raise ValueError(
            f"n_hidden={n_hidden} contradicts architecture={architecture!r}, which has"
            f" {architecture.n_hidden} units: leave n_hidden=None."
        )
    return architecture
