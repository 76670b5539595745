"""Expectation propagation from start to end: `EPEngine` swept until it stands still."""

from skwfm.inference.engines.damping import AdaptiveDamping
from skwfm.inference.engines.sweeps import Damping, run_sweeps
from skwfm.inference.ep.engine import EPEngine
from skwfm.inference.posterior import make_posterior

# Fraction of the old sites kept at the start of an adaptive run, without and with the
# focusing term: narrow minima on correlated inputs need this much.
_DAMPING = 0.7
_FOCUSING_DAMPING = 0.8


def run(
    factors,
    prior,
    state=None,
    *,
    damping=None,
    tol=1e-6,
    max_sweeps=200,
    callback=None,
    rng=None,
    spans=None,
    corrected=False,
    keep_covariance=False,
):
    """Run expectation propagation.

    Parameters
    ----------
    factors : Factors
        The patterns.
    prior : object
        Any prior.
    state : EPState or None, default=None
        Where to start; by default at the prior.
    damping : float or None, default=None
        Fraction of the old sites to keep; None adapts it.
    tol : float, default=1e-6
        Largest residual at convergence, see `EPEngine.sweep`.
    max_sweeps : int, default=200
        Most sweeps.
    callback : callable, default=None
        Called with a `Sweep` after each; a true answer stops the run.
    rng : numpy.random.Generator, default=None
        If given, a fresh start is noisy.
    spans : list of Span or None, default=None
        What `span_inputs` returns, to compute it once for several runs.
    corrected : bool, default=False
        Whether to add to log Z what patterns have in common that sites do not see, see
        `loop_correction`. Marginals stay those of expectation propagation, and
        are then no longer exact derivatives of log Z.
    keep_covariance : bool, default=False
        Whether the result holds the covariance of each unit's real weights: some
        megabytes a unit.

    Returns
    -------
    posterior : Posterior
        The result. A keyboard interrupt ends the run and leaves what was reached.

    Raises
    ------
    ValueError
        If the state does not fit, a unit sees nothing of a pattern, or the correction
        of +-1 weights is asked for.
    """
    sites = prior.bind(factors)
    if corrected and sites.is_binary:
        raise ValueError(
            "corrected=True is not available for +-1 weights: pass corrected=False."
        )
    engine = EPEngine(factors, sites, state, rng, spans)
    status, residuals = run_sweeps(
        engine,
        damping=_damping(damping, sites),
        tol=tol,
        max_sweeps=max_sweeps,
        callback=callback,
    )
    mean, variance = engine.weights()
    return make_posterior(
        factors,
        sites,
        mean,
        variance,
        log_evidence=engine.log_evidence,
        correction=engine.correction if corrected else None,
        status=status,
        n_iter=len(residuals),
        residuals=residuals,
        method=engine.method,
        state=engine.state,
        spreads=engine.spreads() if keep_covariance else None,
    )


def _damping(damping, sites):
    if damping is not None:
        return Damping(damping, damping)
    return AdaptiveDamping(_DAMPING if sites.has_evidence else _FOCUSING_DAMPING)
