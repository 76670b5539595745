"""Focusing expectation propagation: replicas drawn together, inputs correlated or not.

Each unit's Gaussian posterior feels the other replicas through their common centre. As
the coupling grows the posterior concentrates on a region dense in solutions.
"""

from dataclasses import dataclass

import numpy as np

from skwfm.inference import ep
from skwfm.inference.posterior import Posterior
from skwfm.inference.priors import Focusing, SphericalPrior
from skwfm.inference.spans import span_inputs


@dataclass(frozen=True, eq=False)
class FocusingStep:
    """Where a focusing protocol stands at one coupling.

    Parameters
    ----------
    gamma : float
        Coupling to the centre.
    posterior : Posterior
        Marginals of one replica. `log_evidence` is NaN: replicas are coupled.
    weights : ndarray of shape (n_hidden, n_features + fit_intercept)
        The posterior mean, every unit normalised to one.
    n_errors : int
        Patterns that these weights get wrong.
    concentration : float
        Mean of the squared posterior means: near 1 the weights are found.
    """

    gamma: float
    posterior: Posterior
    weights: np.ndarray
    n_errors: int
    concentration: float


def focusing_steps(
    factors,
    gammas,
    n_replicas=10,
    *,
    damping=None,
    tol=1e-3,
    max_sweeps=25,
    rng=None,
    callback=None,
):
    """Follow the posterior as the coupling changes.

    Parameters
    ----------
    factors : Factors
        Patterns and machine.
    gammas : iterable of float
        Couplings, usually growing.
    n_replicas : int, default=10
        Number of replicas.
    damping : float or None, default=None
        Fraction of the old sites to keep; None adapts it, from 0.8 at each coupling.
    tol : float, default=1e-3
        Residual at which the next coupling's turn comes.
    max_sweeps : int, default=25
        Most sweeps at each coupling.
    rng : numpy.random.Generator, int or None, default=None
        Source of the noise at the start. Without it the units of a full machine, which
        are interchangeable, would stay equal for ever.
    callback : callable or None, default=None
        Called with a `Sweep` after each; a true answer goes on to the next coupling.

    Yields
    ------
    step : FocusingStep
        One per coupling; the last one after a keyboard interrupt.
    """
    state, rng, spans = None, np.random.default_rng(rng), span_inputs(factors)
    for gamma in gammas:
        posterior = ep.run(
            factors, Focusing(SphericalPrior(), n_replicas, gamma), state,
            damping=damping, tol=tol, max_sweeps=max_sweeps, callback=callback,
            rng=rng, spans=spans,
        )  # fmt: skip
        yield _step(factors, gamma, posterior)
        if posterior.status in ("interrupted", "diverged"):
            return
        state = posterior.state


def _step(factors, gamma, posterior):
    mean = factors.flat(posterior.mean)
    hidden = np.where(factors.fields(mean) >= 0, 1.0, -1.0)
    n_errors = int(np.sum(factors.architecture.output(hidden) != factors.labels))
    norms = np.linalg.norm(posterior.mean, axis=1, keepdims=True)
    weights = posterior.mean / np.where(norms > 0, norms, 1)
    return FocusingStep(gamma, posterior, weights, n_errors, float(np.mean(mean**2)))


@dataclass(frozen=True, eq=False)
class FocusingResult:
    """What a focusing protocol found, and how it got there.

    Parameters
    ----------
    weights : ndarray of shape (n_hidden, n_features + fit_intercept)
        The normalised posterior mean at the last coupling, every unit of norm one.
    posterior : Posterior
        Marginals at the last coupling.
    n_errors : int
        Patterns that the weights get wrong.
    converged : bool
        Whether the last coupling's run ended at its tolerance.
    gammas, errors, concentrations, residuals : ndarray of shape (n_steps,)
        Coupling, errors of the normalised mean, mean squared posterior mean and last
        residual of every step.
    n_sweeps : int
        Sweeps in all.
    """

    weights: np.ndarray
    posterior: Posterior
    n_errors: int
    converged: bool
    gammas: np.ndarray
    errors: np.ndarray
    concentrations: np.ndarray
    residuals: np.ndarray
    n_sweeps: int


def focus(factors, gammas, n_replicas=10, **options):
    """Run a focusing protocol to its end.

    Parameters
    ----------
    factors : Factors
        Patterns and machine.
    gammas : iterable of float
        Couplings, usually growing; published: 30 in geometric steps from 0.5 to 30.
    n_replicas : int, default=10
        Number of replicas.
    **options : dict
        `damping`, `tol`, `max_sweeps`, `rng`, `callback`: see `focusing_steps`.

    Returns
    -------
    result : FocusingResult
        Weights and diagnostics.

    Raises
    ------
    ValueError
        If there is no coupling.
    """
    steps = list(focusing_steps(factors, gammas, n_replicas, **options))
    if not steps:
        raise ValueError("gammas is empty: pass at least one coupling.")
    last = steps[-1]
    return FocusingResult(
        last.weights,
        last.posterior,
        last.n_errors,
        last.posterior.converged,
        np.array([step.gamma for step in steps]),
        np.array([step.n_errors for step in steps]),
        np.array([step.concentration for step in steps]),
        np.array([step.posterior.residuals[-1] for step in steps]),
        sum(step.posterior.n_iter for step in steps),
    )
