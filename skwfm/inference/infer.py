"""One call for all engines."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from skwfm._checks import is_one_of
from skwfm._shown import shown
from skwfm._warn import warn
from skwfm.architectures.optional import check_offers
from skwfm.inference.engines.amp import AMPEngine
from skwfm.inference.engines.bp import BPEngine
from skwfm.inference.ep.engine import EPEngine
from skwfm.inference.factors import Factors
from skwfm.inference.posterior import Posterior
from skwfm.inference.priors.interface import Prior

# The only list of engines: whatever else takes a `method` reads it from here.
ENGINES = {engine.name: engine for engine in (AMPEngine, BPEngine, EPEngine)}
# What `infer` asks of an engine.
_ATTRIBUTES = ("name", "options", "run")


def infer(
    factors: Factors,
    prior: Prior,
    *,
    method: object = "amp",
    damping: float | None = None,
    tol: float = 1e-6,
    max_sweeps: int = 200,
    warm_start: Posterior | None = None,
    callback: Callable[..., object] | None = None,
    random_state: int | np.random.RandomState | None = None,
    **options: object,
) -> Posterior:
    """Infer the posterior of the weights that make no error.

    Parameters
    ----------
    factors : Factors
        Patterns and machine.
    prior : Prior
        `SphericalPrior`, `ReferencePrior`, `BinaryPrior`, `BinaryReferencePrior`,
        `GaussianPrior`, a `Focusing` of one of them, or one of your own.
    method : {"amp", "bp", "ep"} or engine, default="amp"
        Engine. "amp" and "bp" take the inputs as uncorrelated: amp keeps one message
        per weight, bp one per edge between pattern and weight. "ep" keeps the
        correlations of each unit's weights. For an engine of your own see `Engine`.
    damping : float, default=None
        Fraction of the old messages to keep in each sweep, in [0, 1). None starts from
        the engine's own and adapts it from sweep to sweep.
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
        and `mean`; a true return value stops the run.
    random_state : int, RandomState instance or None, default=None
        If not None, a fresh start is slightly noisy, which breaks the permutation
        symmetry of full machines, and bp visits the patterns in random order. With
        None the run is deterministic.
    **options : dict
        Options of the engine: `schedule="sequential"|"parallel"` of bp;
        `corrected=True` of ep, which adds to log Z what its sites leave out;
        `keep_covariance=True` of ep; and `starts_near=True` of ep, for a `warm_start`
        that is nearly the answer: at finite temperature damping may then fall with the
        residual, and far fewer sweeps are needed.

    Returns
    -------
    posterior : Posterior
        Marginals and volumes. If the run did not converge the volumes are NaN.

    Raises
    ------
    ValueError
        If a parameter or the prior does not fit.
    TypeError
        If `method` is not an engine, `prior` not a prior, or the engine does not have
        an option.
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
    engine = find_engine(method)
    _check_options(engine, options)
    _check_numbers(tol, max_sweeps)
    check_offers(factors.architecture, ["channel"], f"method={shown(engine.name)}")
    rng = None
    if random_state is not None:
        seed = check_random_state(random_state).randint(2**31)
        rng = np.random.default_rng(seed)
    posterior = engine.run(
        factors,
        prior,
        _state_of(warm_start, engine, factors),
        damping=damping,
        tol=tol,
        max_sweeps=max_sweeps,
        callback=callback,
        rng=rng,
        **options,
    )
    if not posterior.converged:
        warn(posterior.advice, ConvergenceWarning)
    return posterior


def find_engine(method):
    """Look up an engine by name, or check that an object is one.

    Parameters
    ----------
    method : str or engine
        Name, or an object with `name`, `options` and `run`.

    Returns
    -------
    engine : type or object
        The engine.

    Raises
    ------
    ValueError
        If no engine has that name.
    TypeError
        If the object is not an engine.
    """
    if isinstance(method, str):
        if not is_one_of(method, ENGINES):
            raise ValueError(
                f"method={shown(method)} is unknown: pass one of {tuple(ENGINES)} or "
                "an engine."
            )
        return ENGINES[method]
    missing = [name for name in _ATTRIBUTES if not hasattr(method, name)]
    if missing:
        raise TypeError(
            f"method={shown(method)} is not an engine, it lacks {', '.join(missing)}: "
            f"pass one of {tuple(ENGINES)}, a subclass of skwfm.inference.Engine, or "
            "an object with name, options and run(factors, prior, state, *, damping, "
            "tol, max_sweeps, callback, rng, **options)."
        )
    return method


def _check_options(engine, options):
    for name in options:
        if name not in engine.options:
            accepted = ", ".join(engine.options) or "none"
            raise TypeError(
                f"{name} is not an option of method={shown(engine.name)}, which "
                f"accepts: {accepted}."
            )


def _check_numbers(tol, max_sweeps):
    if not isinstance(tol, Real) or not 0 < tol < np.inf:
        raise ValueError(f"tol={shown(tol)} is not a tolerance: pass a number > 0.")
    if not isinstance(max_sweeps, Integral) or max_sweeps < 1:
        raise ValueError(
            f"max_sweeps={shown(max_sweeps)} is not a number of sweeps: pass an "
            "integer >= 1."
        )


def _state_of(warm_start, engine, factors):
    """Messages of an earlier result of the same method on the same patterns."""
    if warm_start is None:
        return None
    if not isinstance(warm_start, Posterior):
        raise ValueError(
            f"warm_start is a {type(warm_start).__name__}: pass the Posterior of an "
            "earlier call."
        )
    same_size = warm_start.layout.dense_shape == factors.dense_shape
    same_size &= warm_start.n_samples == factors.n_samples
    if warm_start.method != engine.name or not same_size:
        raise ValueError(
            f"warm_start comes from method={shown(warm_start.method)} on "
            f"{warm_start.n_samples} patterns and weights of shape "
            f"{warm_start.layout.dense_shape}: pass a result of "
            f"method={shown(engine.name)} on the "
            f"same patterns ({factors.n_samples}, weights {factors.dense_shape})."
        )
    return warm_start.state
