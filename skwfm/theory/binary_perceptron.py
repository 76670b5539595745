"""Binary perceptron: solutions, and minimisers of the cross-entropy loss (Fig. 2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from skwfm._warn import warn
from skwfm.theory.capacity import capacity
from skwfm.theory.checks import check_alpha, check_gamma
from skwfm.theory.cross_entropy import FIELD_ORDERS, SCAN_STOP, CrossEntropyModel
from skwfm.theory.solution_entropy import solution_entropy
from skwfm.theory.typical import SolutionEntropy


def binary_perceptron_entropy(alpha: float) -> SolutionEntropy:
    """Entropy of the solutions of the binary perceptron.

    Parameters
    ----------
    alpha : float
        Patterns per weight, below the capacity 0.8331.

    Returns
    -------
    result : SolutionEntropy
        With ``.entropy`` (nats per weight), ``.overlap`` and ``.conjugate``.

    Raises
    ------
    ValueError
        If ``alpha`` is negative or at least the capacity.

    References
    ----------
    W. Krauth and M. Mezard, J. Phys. France 50, 3057 (1989).

    Examples
    --------
    >>> from skwfm.theory import binary_perceptron_entropy
    >>> round(binary_perceptron_entropy(0.4).entropy, 6)
    0.396455
    """
    return solution_entropy("perceptron", 1, alpha, weights="binary")


@dataclass(frozen=True)
class CrossEntropyMinimum:
    """Minimisers of the cross-entropy loss of the binary perceptron.

    Parameters
    ----------
    error_rate : float
        Fraction of training patterns classified wrongly.
    energy : float
        Loss per weight, ``alpha`` times the mean loss of a pattern.
    beta : float
        Inverse temperature at which the entropy vanishes; infinite if it stays
        positive (hard loss below the capacity: the minimisers are the solutions).
    overlap, conjugate : float
        Order parameters q and qh there.
    entropy : float
        Entropy there: zero, or that of the solutions if ``beta`` is infinite.
    stability : float
        Replicon number; the replica-symmetric saddle is stable below 1.
    error : float
        Estimated absolute error of ``error_rate``.
    """

    error_rate: float
    energy: float
    beta: float
    overlap: float
    conjugate: float
    entropy: float
    stability: float
    error: float

    @property
    def rs_stable(self) -> bool:
        """Whether the replica-symmetric saddle is locally stable.

        Returns
        -------
        rs_stable : bool
            False where replica symmetry is broken.
        """
        return self.stability < 1

    @property
    def converged(self) -> bool:
        """Whether a saddle of zero entropy was found; everything is NaN if not.

        Returns
        -------
        converged : bool
            Whether the numbers mean anything.
        """
        return not math.isnan(self.beta)


def _solutions_as_minimum(alpha):
    """Hard loss below the capacity: the minimisers are the typical solutions."""
    result = binary_perceptron_entropy(alpha)
    return CrossEntropyMinimum(
        error_rate=0.0,
        energy=0.0,
        beta=math.inf,
        overlap=result.overlap,
        conjugate=result.conjugate,
        entropy=result.entropy,
        stability=result.stability,
        error=0.0,
    )


def _warn_unresolved(alpha, gamma):
    """Warn, with advice, that no zero of the entropy was found."""
    warn(
        f"The entropy of cross-entropy minimisers at alpha={alpha:g}, gamma={gamma:g} "
        f"has no zero that can be resolved (1 - q > {math.exp(-SCAN_STOP):.0e}): all "
        "results are NaN with converged=False. It vanishes at a beta of about "
        "15 / gamma**2 for small gamma, so use gamma >= 0.005.",
        RuntimeWarning,
    )


def cross_entropy_error_rate(alpha: float, gamma: float) -> CrossEntropyMinimum:
    """Error rate of the minimisers of the cross-entropy loss, binary perceptron.

    The loss of a pattern is ``f_gamma(x) = -x/2 + log(2 cosh(gamma x)) / (2 gamma)``
    of its stability ``x = s w.xi / sqrt(N)``. Its minimisers are described by the
    replica-symmetric measure at the temperature where the entropy vanishes (frozen
    one-step symmetry breaking).

    Parameters
    ----------
    alpha : float
        Patterns per weight, positive; it may exceed the capacity.
    gamma : float
        Robustness parameter, positive; ``numpy.inf`` is the hinge ``max(-x, 0)``.

    Returns
    -------
    minimum : CrossEntropyMinimum
        With ``.error_rate``, ``.beta`` (zero-entropy), ``.energy``, ``.overlap``,
        ``.stability``, ``.rs_stable``, ``.error``. The saddle is unstable for
        ``gamma=1`` from alpha = 0.27 on; the numbers are then approximate.

    Raises
    ------
    ValueError
        If ``alpha`` or ``gamma`` is not positive.

    References
    ----------
    C. Baldassi, F. Pittorino, R. Zecchina, PNAS 117, 161 (2020), Fig. 2.

    Examples
    --------
    >>> from skwfm.theory import cross_entropy_error_rate
    >>> round(cross_entropy_error_rate(0.8, 5.0).error_rate, 4)
    0.0082
    """
    gamma = check_gamma(gamma)
    alpha = check_alpha(alpha)
    if alpha == 0:
        raise ValueError("alpha must be > 0: without patterns there is no error rate.")
    if gamma == math.inf and alpha < solution_limit():
        return _solutions_as_minimum(alpha)
    model = CrossEntropyModel(alpha, gamma)
    beta = model.zero_entropy_beta()
    if math.isnan(beta):
        _warn_unresolved(alpha, gamma)
        return CrossEntropyMinimum(*8 * (math.nan,))
    coarse = model.solve(beta)
    model.order = FIELD_ORDERS[1]
    fine = model.solve(beta)
    return CrossEntropyMinimum(
        error_rate=fine.error_rate,
        energy=alpha * fine.mean_loss,
        beta=beta,
        overlap=fine.q,
        conjugate=fine.conjugate,
        entropy=fine.entropy,
        stability=fine.replicon,
        error=abs(fine.error_rate - coarse.error_rate),
    )


def solution_limit():
    """Capacity of the binary perceptron."""
    return capacity("perceptron", 1, "binary", "rs")
