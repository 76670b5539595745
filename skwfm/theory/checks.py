"""Errors for arguments outside the range of a formula, naming the limit."""

import functools
import math

import numpy as np

from skwfm._checks import as_number, as_numbers
from skwfm._shown import shown
from skwfm._warn import warn

# No formula resolves more patterns per weight than that.
MOST_ALPHA = 1e6
MACHINES = ("perceptron", "tree", "parity")


def takes_instances(formula):
    """Let a formula of (machine, n_hidden, ...) take an architecture for the two."""

    @functools.wraps(formula)
    def by_name(machine, n_hidden=None, *args, **kwargs):
        return formula(*_name_and_units(machine, n_hidden), *args, **kwargs)

    return by_name


def _name_and_units(machine, n_hidden):
    """Name and number of units of an architecture, or of a name and a number."""
    if isinstance(machine, str):
        if n_hidden is None and machine != "perceptron":
            raise TypeError(f"n_hidden is missing: say how many units {machine!r} has.")
        return machine, 1 if n_hidden is None else n_hidden
    if isinstance(machine, type) or not hasattr(machine, "theory_name"):
        raise TypeError(
            f"machine={machine!r} is neither one of {MACHINES} nor an instance of an "
            "architecture with a theory_name, such as TreeCommittee(3)."
        )
    if machine.theory_name is None:
        raise ValueError(
            f"There are no formulas for machine={machine!r}: pass one of {MACHINES}, "
            "or an architecture with a theory_name, such as TreeCommittee(3)."
        )
    if n_hidden not in (None, machine.n_hidden):
        raise ValueError(
            f"n_hidden={shown(n_hidden)} contradicts machine={machine!r}: leave it "
            "out, and pass what follows by keyword, as in alpha=1.0."
        )
    return machine.theory_name, machine.n_hidden


def check_machine(machine, n_hidden):
    """Validate a machine and return its number of hidden units (int or inf)."""
    if not isinstance(machine, str) or machine not in MACHINES:
        raise ValueError(f"machine must be one of {MACHINES}, got {shown(machine)}.")
    n_hidden = as_number("n_hidden", n_hidden)
    if machine == "perceptron" and n_hidden != 1:
        raise ValueError(
            f"A perceptron has n_hidden=1, got {shown(n_hidden)}; use machine='tree' "
            "for more hidden units."
        )
    if n_hidden == math.inf:
        return math.inf
    if not (n_hidden >= 1 and n_hidden == n_hidden // 1):
        raise ValueError(
            f"n_hidden must be a positive integer or numpy.inf, got {shown(n_hidden)}."
        )
    if machine == "tree" and n_hidden % 2 == 0:
        raise ValueError(
            f"A committee votes: n_hidden must be odd (or numpy.inf), got {n_hidden}."
        )
    return int(n_hidden)


def check_weights(weights):
    """Validate the kind of weights."""
    if not isinstance(weights, str) or weights not in ("spherical", "binary"):
        raise ValueError(
            f"weights must be 'spherical' or 'binary', got {shown(weights)}."
        )


def check_alpha(alpha, limit=math.inf, what="the capacity"):
    """Validate patterns per weight against a limit that the error names."""
    alpha = as_number("alpha", alpha)
    if not 0 <= alpha <= MOST_ALPHA:
        raise ValueError(
            f"alpha must be finite and >= 0, at most {MOST_ALPHA:g}, got "
            f"{shown(alpha)}."
        )
    if alpha >= limit:
        raise ValueError(
            f"alpha={alpha:g} is not below {limit:.4g}, {what}: no solutions exist "
            "there for typical patterns. Lower alpha."
        )
    return alpha


def check_gamma(gamma):
    """Validate the robustness parameter of the cross-entropy loss."""
    gamma = as_number("gamma", gamma)
    if not gamma > 0:
        raise ValueError(f"gamma must be > 0 (numpy.inf allowed), got {shown(gamma)}.")
    return gamma


def check_beta_ne(beta_ne):
    """Validate an inverse temperature: a number >= 0, or infinity."""
    try:
        value = float(beta_ne)
    except (TypeError, ValueError):
        value = math.nan
    if not value >= 0:
        raise ValueError(
            f"beta_ne must be >= 0, got {shown(beta_ne)}: pass the cost of an error in "
            "nats (0 to ignore errors, numpy.inf to allow none)."
        )
    return value


def check_interior(values, name, low, high):
    """Validate a 1-D array of numbers strictly between two limits."""
    values = np.atleast_1d(as_numbers(name, values))
    if values.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, got shape {values.shape}.")
    bad = ~((values > low) & (values < high))
    if bad.any():
        raise ValueError(
            f"{name} must lie strictly between {low:g} and {high:g}, got "
            f"{shown(values[bad][0])}."
        )
    return values


def check_n_replicas(n_replicas):
    """Validate a number of replicas: a positive integer or infinity."""
    if n_replicas == math.inf:
        return math.inf
    if not n_replicas >= 1 or n_replicas != int(n_replicas):
        raise ValueError(
            "n_replicas must be a positive integer or numpy.inf, got "
            f"{shown(n_replicas)}."
        )
    return int(n_replicas)


def warn_lost(converged, what):
    """Warn, with advice, about points whose saddle point was not found."""
    n_lost = int(np.sum(~np.asarray(converged)))
    if n_lost:
        warn(
            f"No saddle point was found at {n_lost} of {np.size(converged)} {what}; "
            "they are NaN with converged=False. Ask for points further from the ends "
            "of the range, or for an alpha further below the capacity.",
            RuntimeWarning,
        )
