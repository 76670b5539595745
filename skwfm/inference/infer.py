"""One call for all engines."""

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from skwfm.architectures.optional import check_offers
from skwfm.inference.engines import amp, bp
from skwfm.inference.ep import run as ep
from skwfm.inference.posterior import Posterior

ENGINES = {"amp": amp.run, "bp": bp.run, "ep": ep.run}
METHODS = tuple(ENGINES)


def infer(
    problem,
    prior,
    *,
    method="amp",
    damping=None,
    tol=1e-6,
    max_sweeps=200,
    warm_start=None,
    callback=None,
    random_state=None,
    **options,
):
    """Infer the posterior of the weights that make no error.

    Parameters
    ----------
    problem : Factors
        Patterns and machine.
    prior : object
        `SphericalPrior`, `ReferencePrior`, `BinaryPrior`, `BinaryReferencePrior`,
        `GaussianPrior` or a `Focusing` of one of them.
    method : {"amp", "bp", "ep"}, default="amp"
        Engine. "amp" and "bp" take the inputs as uncorrelated: amp keeps one message
        per weight, bp one per edge between pattern and weight. "ep" keeps the
        correlations of each unit's weights.
    damping : float, default=None
        Fraction of the old messages to keep in each sweep, in [0, 1). None begins with
        the engine's own and follows the residual.
    tol : float, default=1e-6
        Converged when no mean (of size 1) changed by more than this in a sweep, with
        the damping undone. The error of `log_evidence` is of second order in it.
    max_sweeps : int, default=200
        Most sweeps.
    warm_start : Posterior, default=None
        Result of the same method on the same patterns to start from, for instance at a
        neighbouring overlap.
    callback : callable, default=None
        Called after each sweep with an object that has `n_iter`, `residual`, `damping`
        and `mean`; a true answer stops the run.
    random_state : int, RandomState instance or None, default=None
        If not None, a fresh start is slightly noisy, which breaks the permutation
        symmetry of full machines, and bp visits the patterns in random order. With
        None the run is deterministic.
    **options : dict
        Options of one engine: `schedule="sequential"|"parallel"` of bp;
        `corrected=True` of ep, which adds to log Z what patterns have in common and
        sites do not see, and `keep_covariance=True` of ep.

    Returns
    -------
    posterior : Posterior
        Marginals and volumes. If the run did not converge the volumes are NaN.

    Raises
    ------
    ValueError
        If a parameter or the prior does not fit.
    NotImplementedError
        If the machine has no `channel` method.

    Warns
    -----
    ConvergenceWarning
        If the run did not converge, with advice.

    Examples
    --------
    >>> import numpy as np
    >>> from skwfm.architectures import TreeCommittee
    >>> from skwfm.inference import Factors, SphericalPrior, infer
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.choice([-1, 1], (50, 99)), rng.choice([-1, 1], 50)
    >>> posterior = infer(Factors(X, y, TreeCommittee(3)), SphericalPrior())
    >>> posterior.converged
    True
    >>> -0.4 < posterior.log_volume < -0.3
    True
    """
    engine = _engine(method)
    _check_numbers(tol, max_sweeps)
    check_offers(problem.architecture, ["channel"], f"method={method!r}")
    rng = None
    if random_state is not None:
        seed = check_random_state(random_state).randint(2**31)
        rng = np.random.default_rng(seed)
    posterior = engine(
        problem,
        prior,
        _state_of(warm_start, method, problem),
        damping=damping,
        tol=tol,
        max_sweeps=max_sweeps,
        callback=callback,
        rng=rng,
        **options,
    )
    if not posterior.converged:
        warnings.warn(posterior.advice, ConvergenceWarning, stacklevel=2)
    return posterior


def _engine(method):
    if method not in METHODS:
        raise ValueError(f"method={method!r} is unknown: pass one of {METHODS}.")
    return ENGINES[method]


def _check_numbers(tol, max_sweeps):
    if not isinstance(tol, Real) or not 0 < tol < np.inf:
        raise ValueError(f"tol={tol!r} is not a tolerance: pass a number > 0.")
    if not isinstance(max_sweeps, Integral) or max_sweeps < 1:
        raise ValueError(
            f"max_sweeps={max_sweeps!r} is not a number of sweeps: pass an integer "
            ">= 1."
        )


def _state_of(warm_start, method, problem):
    """Messages of an earlier result, if it is one of the same method and patterns."""
    if warm_start is None:
        return None
    if not isinstance(warm_start, Posterior):
        raise ValueError(
            f"warm_start is a {type(warm_start).__name__}: pass the Posterior of an "
            "earlier call."
        )
    same_size = warm_start.mean.shape == problem.dense_shape
    same_size &= warm_start.n_samples == problem.n_samples
    if warm_start.method != method or not same_size:
        raise ValueError(
            f"warm_start comes from method={warm_start.method!r} on "
            f"{warm_start.n_samples} patterns and weights of shape "
            f"{warm_start.mean.shape}: pass a result of method={method!r} on the same "
            f"patterns ({problem.n_samples}, weights {problem.dense_shape})."
        )
    return warm_start.state
