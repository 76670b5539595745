"""What a run of amp or bp is, once the engine is made: sweeps, then the posterior."""

from skwfm.inference.engines.sweeps import Damping, run_sweeps
from skwfm.inference.posterior import make_posterior

# Dampings that converge at alpha = 1 (undamped sweeps oscillate), without and with the
# focusing term.
_DAMPING = 0.3
_FOCUSING_DAMPING = 0.5


def run_messages(engine, *, damping, tol, max_sweeps, callback):
    """Sweep an engine with messages until they stand still.

    Parameters
    ----------
    engine : AmpEngine or BpEngine
        At its start.
    damping : float or None
        Fraction of the old messages to keep; None adapts it.
    tol : float
        Largest change of a mean at convergence.
    max_sweeps : int
        Most sweeps.
    callback : callable or None
        Called with a `Sweep` after each; a true answer stops the run.

    Returns
    -------
    posterior : Posterior
        The result.
    """
    sites = engine.sites
    start = _DAMPING if sites.has_evidence else _FOCUSING_DAMPING
    status, residuals = run_sweeps(
        engine,
        damping=Damping(damping, start, engine),
        tol=tol,
        max_sweeps=max_sweeps,
        callback=callback,
    )
    return make_posterior(
        engine.factors,
        sites,
        engine.mean,
        engine.variance,
        log_evidence=engine.log_evidence,
        status=status,
        n_iter=len(residuals),
        residuals=residuals,
        method=engine.method,
        state=engine.state,
    )
