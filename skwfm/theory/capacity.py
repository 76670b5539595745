"""Capacities and stability lines, in patterns per weight."""

from __future__ import annotations

import functools
import math
from typing import Literal

import numpy as np
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.special import ndtr
from scipy.stats import beta as beta_law
from scipy.stats import norm

from skwfm._checks import is_one_of
from skwfm._shown import shown
from skwfm.theory.checks import check_machine, check_weights, takes_instances
from skwfm.theory.numerics.gaussian import composite_rule, gaussian_rule
from skwfm.theory.parity import PAIR_RS_CAPACITY, PAIR_STABILITY, PairBreaking
from skwfm.theory.typical import binary_entropy, spherical_volume

ANSATZES = ("rs", "1rsb", "stability")
MAX_BINARY_ALPHA = 1.0
"""A binary machine stores at most one bit per weight."""

LITERATURE = {
    ("perceptron", 1, "spherical", "rs"): (2.0, "Gardner 1988"),
    ("perceptron", 1, "spherical", "1rsb"): (2.0, "Gardner 1988"),
    ("perceptron", 1, "binary", "rs"): (0.833, "Krauth and Mezard 1989"),
    ("perceptron", 1, "binary", "1rsb"): (0.833, "Krauth and Mezard 1989"),
    ("tree", 3, "spherical", "rs"): (4.02, "Barkai, Hansel, Sompolinsky 1992"),
    ("tree", 3, "spherical", "1rsb"): (3.02, "Baldassi et al. 2020, main text"),
    ("tree", 3, "spherical", "stability"): (1.76, "Baldassi et al. 2020, main text"),
    ("tree", math.inf, "spherical", "stability"): (2.95, "Barkai et al. 1992"),
    ("tree", math.inf, "spherical", "1rsb"): (math.inf, "grows as sqrt(log K)"),
    ("tree", 3, "binary", "rs"): (0.92, "Barkai et al. 1992"),
    ("tree", math.inf, "binary", "rs"): (0.95, "Barkai et al. 1992"),
}


class Capacity(float):
    """A critical number of patterns per weight: a float that knows its origin.

    Parameters
    ----------
    alpha : float
        The value itself.
    ansatz : str
        How it was computed.
    literature : float or None, default=None
        Published value of the same quantity, where there is one.
    source : str or None, default=None
        Where that value was published.
    """

    def __new__(cls, alpha, ansatz, literature=None, source=None):
        """Make the number and attach its origin."""
        self = super().__new__(cls, alpha)
        self.alpha, self.ansatz = float(alpha), ansatz
        self.literature, self.source = literature, source
        return self


def _order_statistic_square(rank, n_hidden):
    """``E[max(v, 0)^2]`` of the rank-th smallest of ``n_hidden`` Gaussians."""
    v, w = composite_rule(np.linspace(0, 10, 9), 16)
    law = beta_law(rank, n_hidden - rank + 1)
    return float(w @ (v**2 * law.pdf(ndtr(v)) * norm.pdf(v)))


def _spherical_rs(n_hidden):
    """Where q reaches one: ``1 / E dist^2`` of a Gaussian field to the right side.

    A majority is cheapest by mending the units that are nearest to right: the
    (K + 1) / 2 smallest fields are made negative.
    """
    if n_hidden == math.inf:
        return math.inf
    ranks = range(1, n_hidden // 2 + 2)
    return 1 / sum(_order_statistic_square(rank, n_hidden) for rank in ranks)


class _TripleBreaking:
    """One-step symmetry breaking at capacity, three units: q1 -> 1, m -> 0.

    With m = c (1 - q1) the condition that the volume vanishes gives

        alpha = min_{c, q0} [ln(1 + c(1-q0)) + c q0 / (1 + c(1-q0))] / 2
                / -E_v ln E_u exp(-c dist^2 / 2).

    The squared distance is the sum of squares of the two smallest positive parts;
    conditioning on the largest of the three fields makes the inner average
    one-dimensional.
    """

    def __init__(self, order=4, order_max=8):
        edges = [-8.0, -4.0, -2.0, -0.8, 0.0, 0.8, 2.0, 4.0, 8.0]
        self.v, self.w = gaussian_rule(edges, order)
        half = [0.0, 0.3, 0.8, 1.5, 2.5, 4.0, 6.0, 9.0]
        edges_max = sorted({-x for x in half} | set(half))
        self.t, self.dt = composite_rule(edges_max, order_max)

    def _tables(self, c, q0):
        """Density of a field at t, and its damped mass below t, per node of v."""
        s = math.sqrt(1 - q0)
        mean = math.sqrt(q0) * self.v[:, None]
        density = norm.pdf(self.t, mean, s)
        narrow = 1 + c * s**2
        damping = np.exp(-c * mean**2 / (2 * narrow)) / math.sqrt(narrow)
        low, width = -mean / narrow, s / math.sqrt(narrow)
        positive = np.maximum(self.t, 0.0)
        above = ndtr((positive + low) / width) - ndtr(low / width)
        below = ndtr((np.minimum(self.t, 0.0) - mean) / s)
        return density, below + damping * above

    def alpha(self, c, q0):
        """Capacity bound at given parameters."""
        density, mass = self._tables(c, q0)
        density = density * self.dt
        total = 0.0
        for i, weight in enumerate(self.w):
            # The largest is unit i, or one of the other two.
            pair = np.einsum("t,jt,kt->jk", density[i], mass, mass)
            cross = np.einsum("t,jt,kt->jk", mass[i], density, mass)
            inner = pair + cross + cross.T
            total += weight * float(self.w @ np.log(inner) @ self.w)
        spread = 1 + c * (1 - q0)
        return 0.5 * (math.log(spread) + c * q0 / spread) / -total

    def minimum(self):
        """Smallest bound over c and q0."""

        def objective(x):
            return self.alpha(math.exp(x[0]), 1 / (1 + math.exp(-x[1])))

        options = {"xatol": 1e-3, "fatol": 1e-6}
        return minimize(
            objective, [2.0, 0.0], method="Nelder-Mead", options=options
        ).fun


def _parity_1rsb(n_hidden):
    """One-step breaking of the parity machine, q0 = 0 (three units or more)."""
    x, w = composite_rule(np.linspace(0, 10, 9), 16)
    density = n_hidden * 2 * norm.pdf(x) * (2 * norm.sf(x)) ** (n_hidden - 1)

    def alpha(log_c):
        c = math.exp(log_c)
        wrong = float(w @ (density * np.exp(-c * x**2 / 2)))
        return 0.5 * math.log1p(c) / -math.log(0.5 + 0.5 * wrong)

    return minimize_scalar(alpha, bounds=(-5, 15), method="bounded").fun


def _two_unit_parity(ansatz):
    """Spherical parity machine of two units, whose q and q0 need not vanish."""
    if ansatz == "1rsb":
        return PairBreaking().minimum()
    return PAIR_RS_CAPACITY if ansatz == "rs" else PAIR_STABILITY


def _stability_line(n_hidden):
    """Where the replicon of the typical spherical volume reaches one."""
    if n_hidden == 1:
        return 2.0

    def excess(alpha):
        return spherical_volume(n_hidden, alpha).stability - 1

    return brentq(excess, 0.5, 3.5, xtol=1e-6)


def _zero_entropy(n_hidden):
    """Where the replica-symmetric entropy of binary weights vanishes."""

    def entropy(alpha):
        return binary_entropy(n_hidden, alpha).entropy

    return brentq(entropy, 0.5, MAX_BINARY_ALPHA, xtol=1e-8)


@functools.cache
def _critical_alpha(machine, n_hidden, weights, ansatz):
    parity = machine == "parity" and n_hidden != 1
    if weights == "binary":
        if ansatz == "stability":
            return None
        return 1.0 if parity else _zero_entropy(n_hidden)
    if parity and n_hidden == 2:
        return _two_unit_parity(ansatz)
    if parity:
        known = ansatz == "1rsb" and n_hidden != math.inf
        return _parity_1rsb(n_hidden) if known else None
    if ansatz == "rs":
        return _spherical_rs(n_hidden)
    if ansatz == "stability":
        return _stability_line(n_hidden)
    if n_hidden == 1:
        return 2.0
    return {3: _TripleBreaking().minimum, math.inf: lambda: math.inf}.get(
        n_hidden, lambda: None
    )()


@takes_instances
def capacity(
    machine: object,
    n_hidden: float,
    weights: Literal["spherical", "binary"] = "spherical",
    ansatz: Literal["rs", "1rsb", "stability"] = "rs",
) -> Capacity:
    """Critical number of patterns per weight.

    Parameters
    ----------
    machine : {"perceptron", "tree", "parity"} or architecture
    n_hidden : int or numpy.inf
        Hidden units; odd for a tree. Left out beside an architecture instance, such as
        ``TreeCommittee(3)``, which brings its own.
    weights : {"spherical", "binary"}, default="spherical"
    ansatz : {"rs", "1rsb", "stability"}, default="rs"
        "rs": where the replica-symmetric overlap reaches one (spherical) or the
        entropy vanishes (binary, which is also the one-step result: the broken phase
        is frozen). "1rsb": one step of symmetry breaking. "stability": where the
        replica-symmetric typical volume becomes unstable, not a capacity.

    Returns
    -------
    alpha : Capacity
        A float, with ``.alpha``, ``.ansatz``, ``.literature`` and ``.source``.

    Raises
    ------
    ValueError
        If that combination has no formula here.

    Notes
    -----
    Spherical perceptron 2; binary perceptron 0.8331; committee of three 4.025
    (replica symmetric; 4.02 in [2]_). Three numbers differ from the literature as
    quoted by [1]_, and both are given, here and in ``.literature``:

    - one-step capacity of the committee of three: 3.146 from the functional
      documented in the user guide, 3.02 in the text. Which is right is open.
    - its stability line: 1.730 here, 1.76 in the text.
    - the stability line for infinitely many units: 2.988 here, 2.95 in the text.

    For parity machines of three or more spherical units "1rsb" has ``q0 = 0``, and
    there are no others. With two units all are known: the overlap of typical solutions
    is zero up to the stability line, ``pi^2 / 8``, and reaches one at
    ``2 / (1 - 2 / pi) = 5.504``; "1rsb" is 4.034, the minimum over q0 too (4.064 at
    ``q0 = 0``).

    References
    ----------
    .. [1] C. Baldassi, F. Pittorino, R. Zecchina, PNAS 117, 161 (2020).
    .. [2] E. Barkai, D. Hansel, H. Sompolinsky, Phys. Rev. A 45, 4146 (1992).

    Examples
    --------
    >>> from skwfm.theory import capacity
    >>> round(capacity("tree", 3, "spherical", "rs"), 3)
    4.025
    """
    K = check_machine(machine, n_hidden)
    ansatz = str(ansatz).lower().replace("-", "").replace("_", "")
    if not is_one_of(ansatz, ANSATZES):
        raise ValueError(f"ansatz must be one of {ANSATZES}, got {shown(ansatz)}.")
    check_weights(weights)
    alpha = _critical_alpha(machine, K, weights, ansatz)
    if alpha is None:
        raise ValueError(
            f"No formula for machine={machine!r}, n_hidden={n_hidden}, "
            f"weights={shown(weights)} with ansatz={shown(ansatz)}; try another ansatz."
        )
    return Capacity(alpha, ansatz, *LITERATURE.get((machine, K, weights, ansatz), ()))


def solvable_limit(machine, n_hidden, weights="spherical"):
    """Smallest known upper limit of alpha, and what it is called."""
    for ansatz, name in (("1rsb", "one-step"), ("rs", "replica-symmetric")):
        alpha = _critical_alpha(machine, n_hidden, weights, ansatz)
        if alpha is not None:
            return alpha, f"the {name} capacity of this machine"
    return math.inf, "the capacity"
