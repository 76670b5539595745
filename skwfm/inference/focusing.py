"""Focusing: coupled replicas that contract to one region of solutions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from skwfm._checks import check_count, check_positive
from skwfm.architectures.base import signs
from skwfm.architectures.layout import unit_norm
from skwfm.inference.ep.geometry import span_inputs
from skwfm.inference.factors import Factors
from skwfm.inference.infer import find_engine, infer
from skwfm.inference.posterior import Posterior
from skwfm.inference.priors import Focusing
from skwfm.inference.priors.interface import Prior
from skwfm.problem.ties import sizes_of_zero, wrong_either_way


def geometric_protocol(
    start: float = 0.5, stop: float = 30.0, n_steps: int = 30
) -> Iterator[float]:
    """Raise the coupling by a constant factor.

    The defaults are the published protocol of focusing belief propagation.

    Parameters
    ----------
    start : float, default=0.5
        First coupling gamma.
    stop : float, default=30.0
        Last coupling.
    n_steps : int, default=30
        Number of couplings.

    Returns
    -------
    gammas : iterator of float
        The couplings in rising order.

    Raises
    ------
    ValueError
        If a coupling is not a positive number, or `n_steps` not a positive integer.

    Examples
    --------
    >>> from skwfm.inference import geometric_protocol
    >>> [round(gamma, 2) for gamma in geometric_protocol(1, 8, 4)]
    [1.0, 2.0, 4.0, 8.0]
    """
    check_positive("start", start, "such as 0.5")
    check_positive("stop", stop, "such as 30.0")
    check_count("n_steps", n_steps, 1)
    return map(float, np.geomspace(float(start), float(stop), n_steps))


@dataclass(frozen=True, eq=False)
class FocusingStep:
    """State of a focusing protocol at one coupling.

    Parameters
    ----------
    gamma : float
        Coupling to the centre.
    posterior : Posterior
        Marginals of one replica. `log_evidence` is NaN: replicas are coupled.
    weights : ndarray of shape (n_hidden, n_features + fit_intercept)
        The posterior mean, every unit normalised to one; its signs over sqrt(n_l) if
        the weights are binary.
    n_errors : int
        Patterns that these weights get wrong; of binary ones, also those that they get
        right only where fields are zero.
    concentration : float
        Mean of the squared posterior means: near 1 the replicas agree on the weights.
    n_iter : int
        Sweeps since the step before, for the first those at softer noises included.
    """

    gamma: float
    posterior: Posterior
    weights: np.ndarray
    n_errors: int
    concentration: float
    n_iter: int

    @property
    def is_finite(self) -> bool:
        """Whether there are weights at all."""
        return bool(np.isfinite(self.weights).all())

    @property
    def outcome(self) -> str:
        """Why a protocol ended here: "converged", "interrupted", or advice."""
        posterior = self.posterior
        if posterior.status != "diverged":
            is_cut = posterior.status == "interrupted"
            return "interrupted" if is_cut else "converged"
        other = "" if posterior.method == "ep" else "use method='ep', "
        return (
            f"Message passing ({posterior.method}) diverged at coupling "
            f"{self.gamma:.3g}: raise damping and max_sweeps, {other}scale the "
            "features, or add hidden units if the patterns cannot be separated."
        )


def better(best: FocusingStep | None, step: FocusingStep) -> FocusingStep | None:
    """Choose the coupling with fewer errors, the later of two equals.

    Parameters
    ----------
    best : FocusingStep or None
        The best so far.
    step : FocusingStep
        Another.

    Returns
    -------
    step : FocusingStep or None
        One that has finite weights.
    """
    if step.is_finite and (best is None or step.n_errors <= best.n_errors):
        return step
    return best


def focusing_steps(
    factors: Factors,
    prior: Prior,
    gammas: Iterable[float],
    n_replicas: int = 10,
    *,
    start_noises: Iterable[float] = (),
    binary: bool = False,
    **options: object,
) -> Iterator[FocusingStep]:
    """Follow the posterior of one of the coupled replicas as the coupling changes.

    Parameters
    ----------
    factors : Factors
        Patterns and machine.
    prior : Prior
        Prior of each replica.
    gammas : iterable of float
        Couplings, usually rising; one step each.
    n_replicas : int, default=10
        Number of replicas.
    start_noises : iterable of float, default=()
        Probabilities of a flipped label, falling, from which the first coupling is
        reached: where errors are forgiven, units are told apart in few sweeps. Left out
        are those not above the noise of the factors, and all if equal patterns have two
        labels.
    binary : bool, default=False
        Whether the weights are +-1.
    **options : dict
        Further arguments of `infer`, its `method` among them.

    Yields
    ------
    step : FocusingStep
        One per coupling; a run that diverged or was interrupted gives the last one.
    """
    gammas, posterior, n_iter = list(gammas), None, 0
    if "spans" in find_engine(options.get("method", "amp")).options:
        options["spans"] = span_inputs(factors)  # the same at every coupling
    for softer in _softened(factors, start_noises):
        coupled = Focusing(prior, n_replicas, gammas[0])
        posterior = infer(softer, coupled, warm_start=posterior, **options)
        n_iter += posterior.n_iter
        if posterior.status == "interrupted":
            yield _step(factors, gammas[0], posterior, binary, n_iter)
            return
        if posterior.status == "diverged":
            posterior = None
            break
    for gamma in gammas:
        coupled = Focusing(prior, n_replicas, gamma)
        posterior = infer(factors, coupled, warm_start=posterior, **options)
        yield _step(factors, gamma, posterior, binary, n_iter + posterior.n_iter)
        n_iter = 0
        if posterior.status in ("interrupted", "diverged"):
            return


def _softened(factors, label_noises):
    """Give the factors at noises above their own, if they are still as many."""
    above = [noise for noise in label_noises if noise > factors.label_noise]
    soft = factors.soft() if above else factors
    if soft.n_samples == factors.n_samples:
        for label_noise in above:
            yield soft.at(label_noise=label_noise)


def _step(factors, gamma, posterior, binary, n_iter):
    mean = posterior.flat_mean
    answer = signs(mean) if binary else mean
    n_errors = int(np.sum(_wrong(factors.problem, factors.fields(answer), binary)))
    weights = unit_norm(factors.dense(answer))
    concentration = float(np.mean(mean**2))
    return FocusingStep(gamma, posterior, weights, n_errors, concentration, n_iter)


def _wrong(problem, fields, binary):
    if not binary:
        return problem.wrong(fields)
    return wrong_either_way(problem, fields, sizes_of_zero(problem))
