"""Curvature as a measure."""

from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skwfm._checks import check_count
from skwfm._shown import shown
from skwfm._warn import warn
from skwfm.landscape.hessian.loss import check_loss
from skwfm.landscape.hessian.operator import HessianOperator
from skwfm.landscape.hessian.results import spectrum_of
from skwfm.landscape.hessian.smallest_beta import smallest_beta
from skwfm.landscape.hessian.solution import read_solution
from skwfm.landscape.hessian.spectrum import _warn_of_saturation
from skwfm.landscape.measure import Curve, Measure

# At the smallest beta itself one smooth output is exactly zero.
_ABOVE_SMALLEST_BETA = 1.01
# Lanczos: relative residual, maximum number of steps, and the relative error bound up
# to which an eigenvalue is accepted although not all residuals are that small.
_TOL, _STEPS, _ACCURACY = 1e-8, 1000, 1e-3


@dataclass(frozen=True)
class HessianEnds:
    """A Hessian and the ends of its spectrum that were asked for.

    Parameters
    ----------
    operator : HessianOperator or None
        The Hessian; None if there is no beta to take it at.
    spectra : dict of str to HessianSpectrum
        By "largest" and "smallest", from Lanczos.
    """

    operator: HessianOperator | None
    spectra: dict

    def end(self, which):
        """Return an outermost eigenvalue.

        Parameters
        ----------
        which : {"largest", "smallest"}
            Which end.

        Returns
        -------
        eigenvalue : float
            NaN, with a warning, if Lanczos did not converge.
        """
        found = self.spectra[which]
        value = getattr(found, which)
        bound = found.error_bound[-1 if which == "largest" else 0]
        if found.converged or bound <= _ACCURACY * abs(value):
            return value
        warn(
            f"no {which} eigenvalue: Lanczos stopped after {_STEPS} steps; call "
            "hessian_spectrum with a larger max_iter or tol.",
            ConvergenceWarning,
        )
        return np.nan


def _log10_max(result):
    largest = result.end("largest")
    if largest > 0 or np.isnan(largest):
        return float(np.log10(largest))
    warn(
        f"the largest eigenvalue is {largest:.3g}, which has no logarithm: the smooth "
        "machine is saturated, or flat, at this beta.",
        UserWarning,
    )
    return np.nan


_QUANTITIES = {
    "max": lambda result: result.end("largest"),
    "min": lambda result: result.end("smallest"),
    "trace": lambda result: result.operator.trace(),
    "log10_max": _log10_max,
    "beta": lambda result: float(result.operator.loss.beta),
}
_ENDS = {"max": "largest", "log10_max": "largest", "min": "smallest"}


@dataclass(frozen=True)
class Hessian(Measure):
    """Curvature of the smoothed training error around the solution.

    The largest eigenvalue of the Hessian is the steepest curvature; its decimal
    logarithm is given. Units are smoothed to tanh(beta x), each solution with 1.01
    times the smallest beta at which it still answers all training examples correctly: a
    narrow minimum needs steep units, and counts as sharp.

    Parameters
    ----------
    beta : float or None, default=None
        Steepness of the units; None takes for each solution 1.01 times its
        `smallest_beta`.
    measures : sequence of str, default=("log10_max", "beta")
        Quantities, one column each: "max" and "min" (largest and smallest eigenvalue),
        "log10_max" (decimal logarithm of the largest), "trace" (sum of all) and "beta"
        (the steepness at which they were taken).
    loss : {"mse", "ce"}, default="mse"
        As in `hessian_spectrum`.
    gamma : float or None, default=None
        Steepness of the cross-entropy.
    output : {"tanh", "identity"} or None, default=None
        Output of the mse.
    tangent : bool, default=False
        Whether to project onto the tangent space of the units' spheres.
    n_eigenvalues : int, default=20
        Number of largest eigenvalues that the figure shows.

    Raises
    ------
    ValueError
        If a parameter is wrong; when a model is measured, as `hessian_spectrum`, and as
        `smallest_beta` but for training errors.

    Notes
    -----
    The result is a `HessianEnds`. The seed has no effect: Lanczos starts from a fixed
    vector. The curve shows the largest eigenvalues by rank, without those that cannot
    be told from zero; there is none if no column needs the largest eigenvalue.

    Without `beta`, all numbers are NaN, with a warning, where there is no smallest
    beta: where the machine makes errors, or where the smooth machine makes none however
    flat its units are.
    """

    beta: float | None = None
    measures: tuple = ("log10_max", "beta")
    loss: str = "mse"
    gamma: float | None = None
    output: str | None = None
    tangent: bool = False
    n_eigenvalues: int = 20

    name = "hessian"
    greater_is_better = False
    needs = "smooth"

    def __post_init__(self):
        names = list(self.measures)
        if not names or not set(names) <= set(_QUANTITIES):
            raise ValueError(
                f"measures={shown(names)}: use some of {tuple(_QUANTITIES)}."
            )
        object.__setattr__(self, "measures", tuple(names))
        self._loss(1.0 if self.beta is None else self.beta)
        check_count("n_eigenvalues", self.n_eigenvalues, 1)

    def _loss(self, beta):
        return check_loss(beta, self.loss, self.gamma, self.output)

    @property
    def columns(self):
        return tuple(f"hessian_{name}" for name in self.measures)

    def __call__(self, model, X, y, random_state=None):
        solution = read_solution(model, X, y)
        beta = self.beta
        if beta is None:
            beta = _ABOVE_SMALLEST_BETA * self._smallest_beta(solution, model, X, y)
        if not beta:
            return HessianEnds(None, {})
        operator = HessianOperator(solution, self._loss(beta), bool(self.tangent))
        if operator.is_saturated:
            _warn_of_saturation(beta)
        counts = {"largest": self.n_eigenvalues, "smallest": 1}
        ends = {_ENDS[name] for name in self.measures if name in _ENDS}
        spectra = {
            end: spectrum_of(
                operator, "lanczos", n_eigenvalues=counts[end], which=end, tol=_TOL,
                max_iter=_STEPS, random_state=0,
            )
            for end in ends
        }  # fmt: skip
        return HessianEnds(operator, spectra)

    @staticmethod
    def _smallest_beta(solution, model, X, y):
        """Return zero, with a warning, if there is none."""
        if solution.n_errors():
            beta, why = 0.0, "the machine makes training errors, which no beta mends"
        else:
            beta = smallest_beta(model, X, y)
            why = (
                "the smooth machine answers alike at every steepness beta, however "
                "small. So it is where a plane separates the classes, or a class from "
                "the rest, and with parity machines"
            )
        if not beta:
            warn(
                f"no curvature, as there is no smallest beta to take it at: {why}. "
                "From Python, Hessian(beta=...) takes it at a beta of your own",
                UserWarning,
            )
        return beta

    def values(self, result):
        if result.operator is None:
            return [np.nan] * len(self.measures)
        return [_QUANTITIES[name](result) for name in self.measures]

    def curve(self, result):
        found = result.spectra.get("largest")
        if found is None:
            return None
        known = found.eigenvalues[found.eigenvalues > found.error_bound]
        return Curve(
            np.arange(1, len(known) + 1), np.sort(known)[::-1], None,
            "number of the eigenvalue, largest first", "eigenvalue of the Hessian",
            "log",
        )  # fmt: skip
