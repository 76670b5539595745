"""The interface of an engine, and the run that all engines share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from skwfm.inference.bounds import bounded_log_volume, has_possible_marginals
from skwfm.inference.engines import held
from skwfm.inference.engines.damping import FixedDamping, StepDamping
from skwfm.inference.engines.sweeps import run_sweeps
from skwfm.inference.factors import Factors
from skwfm.inference.posterior import Posterior
from skwfm.inference.priors.interface import BoundPrior, Prior, bind_prior
from skwfm.inference.ties import for_prior, has_contradiction

# Size of the random linear terms of a noisy start.
START_NOISE = 0.02


class Engine(ABC):
    """A message-passing algorithm; an instance is one run of it.

    `infer` takes the class itself as its `method`, built-in ones also by name. For an
    engine of your own, write a subclass with `name`, `sweep`, `weights`, `log_evidence`
    and `state`. Any other object with `name`, `options` and a `run` like this one's is
    an engine, too.

    Parameters
    ----------
    factors : Factors
        The patterns.
    prior : BoundPrior
        The prior, bound to them.
    state : object, default=None
        `state` of an earlier run to start from; it must not be changed.
    rng : numpy.random.Generator, default=None
        If given, a fresh start is noisy, which breaks symmetries.

    Attributes
    ----------
    name : str
        Name of the engine, given as `Posterior.method`.
    options : tuple of str
        Further keyword arguments of the class.
    adaptive_damping : type
        Rule of damping if the caller does not fix it, see `engines/damping.py`.
    first_damping, first_damping_focused : float
        Damping that it starts with, without and with coupled replicas. The defaults
        converge at one pattern per weight, where undamped sweeps oscillate.
    corrected : bool
        Whether `correction` is added to log Z.
    """

    name = None
    options = ()
    adaptive_damping = StepDamping
    first_damping, first_damping_focused = 0.3, 0.5
    corrected = False

    def __init__(
        self,
        factors: Factors,
        prior: BoundPrior,
        state: object = None,
        rng: np.random.Generator | None = None,
    ):
        self.factors, self.prior = for_prior(factors, prior), prior

    @abstractmethod
    def sweep(self, damping: float) -> float:
        """Update every message once.

        Parameters
        ----------
        damping : float
            Fraction of the old messages to keep.

        Returns
        -------
        residual : float
            Largest undamped change of a mean.

        Raises
        ------
        FloatingPointError
            If the messages have no finite or proper posterior: the run diverged.
        """

    @abstractmethod
    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        """Give the marginals after the last sweep.

        Returns
        -------
        mean, variance : ndarray of shape (n_weights,)
            Flat.
        """

    @abstractmethod
    def log_evidence(self) -> float:
        """Give the free entropy at a fixed point.

        Returns
        -------
        log_evidence : float
            log Z, constants included; exact up to the square of the residual.
        """

    @property
    @abstractmethod
    def state(self) -> object:
        """Messages from which another run may start; they belong to the posterior."""

    def cavity(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Give the moments of the fields without each pattern itself.

        Returns
        -------
        mean, variance : ndarray of shape (n_samples, n_hidden)
            After the last sweep. None if they are not known: there is no number of
            expected errors then.
        """
        return None

    def correction(self) -> tuple[float, float]:
        """Estimate what `log_evidence` leaves out; asked for only if `corrected`.

        Returns
        -------
        correction, error : float
            In nats; NaN if there is no estimate.
        """
        return 0.0, np.nan

    def spreads(self) -> list | None:
        """Give the covariance of each unit's weights, if the engine keeps it.

        Returns
        -------
        spreads : list of n_hidden Spread or None
            None if weights count as independent.
        """
        return None

    # Numbers that leave the doubles end a run, and its status says so.
    @classmethod
    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def run(
        cls,
        factors: Factors,
        prior: Prior,
        state: object = None,
        *,
        damping: float | None = None,
        tol: float = 1e-6,
        max_sweeps: int = 200,
        callback: Callable[..., object] | None = None,
        rng: np.random.Generator | None = None,
        **options: object,
    ) -> Posterior:
        """Sweep until a fixed point is reached and return the posterior there.

        Parameters
        ----------
        factors : Factors
            The patterns.
        prior : object
            Any prior, see `Prior`.
        state : object, default=None
            `state` of an earlier posterior to start from.
        damping : float or None, default=None
            Fraction of the old messages to keep; None adapts it.
        tol : float, default=1e-6
            Residual below which the run has converged.
        max_sweeps : int, default=200
            Most sweeps.
        callback : callable, default=None
            Called with a `Sweep` after each; a true return value stops the run.
        rng : numpy.random.Generator, default=None
            If given, a fresh start is noisy.
        **options : dict
            The engine's own.

        Returns
        -------
        posterior : Posterior
            The result. A keyboard interrupt ends the run and leaves what was reached.
        """
        prior = held.held_prior(bind_prior(prior, factors), factors.n_weights)
        try:
            engine = cls(factors, prior, state, rng, **options)
        except FloatingPointError:
            return cls._without_start(factors, state)
        status, residuals = run_sweeps(
            held.held_engine(engine),
            damping=engine._damping(damping),
            tol=tol,
            max_sweeps=max_sweeps,
            callback=callback,
        )
        return engine._posterior(status, residuals)

    @classmethod
    def _without_start(cls, factors, state):
        """Give the result of a run whose first messages leave no posterior."""
        nothing = np.full((2, factors.n_weights), np.nan)
        return Posterior(
            factors.layout,
            *nothing,
            np.nan,
            converged=False,
            n_iter=0,
            residuals=np.empty(0),
            method=cls.name,
            status="diverged",
            n_samples=factors.n_samples,
            state=state,
        )

    def _damping(self, fixed):
        if fixed is not None:
            return FixedDamping(fixed)
        return self.adaptive_damping(self._start_damping())

    def _start_damping(self):
        focused = not self.prior.has_evidence
        return self.first_damping_focused if focused else self.first_damping

    def _posterior(self, status, residuals):
        """Put the result together; volumes only if the run converged."""
        factors, prior = self.factors, self.prior
        mean, variance = held.marginals_of(self)
        log_z, added, error = np.nan, 0.0, np.nan
        if status == "converged":
            status, log_z = self._judge(mean, variance)
        if self.corrected and np.isfinite(log_z):
            added, error = map(float, self.correction())
            log_z += added
            if not np.isfinite(added):
                status, log_z, error = "no_correction", np.nan, np.nan
        total, log_volume = self._volumes(log_z)
        if np.isfinite(total) and np.isnan(log_volume):
            status = "impossible"
            log_z = total = error = np.nan
        cavity, errors, predictive, energy = self._energies(status)
        energy /= factors.n_weights
        return Posterior(
            factors.layout,
            mean,
            variance,
            log_z,
            converged=status == "converged",
            n_iter=len(residuals),
            residuals=np.asarray(residuals, dtype=float),
            method=self.name,
            status=status,
            n_samples=factors.n_samples,
            entropy=log_volume + energy,
            absolute_entropy=total + energy,
            correction=added,
            error=error,
            log_volume=log_volume,
            expected_errors=errors,
            log_predictive=predictive,
            cavity=cavity,
            multipliers={k: v.copy() for k, v in prior.multipliers.items()},
            spreads=self.spreads(),
            state=self.state,
        )

    def _energies(self, status):
        """Cavity, expected errors, predictive log-likelihood, log Z less an entropy."""
        factors, cavity = self.factors, None
        if not factors.is_soft:
            return None, (0.0 if status == "converged" else np.nan), np.nan, 0.0
        if status not in ("diverged", "impossible"):
            # Without one of the patterns there may be no posterior.
            with suppress(FloatingPointError):
                cavity = self.cavity()
        if cavity is None:
            return None, np.nan, np.nan, np.nan
        shape, temperature = (factors.n_samples, factors.n_hidden), factors.temperature
        held.two_arrays(self, "cavity", cavity, shape)
        wrong = factors.wrong_probability(*cavity)
        errors, energy = temperature.expected_errors(wrong), temperature.energy(wrong)
        return cavity, errors, float(np.sum(factors.channel(*cavity)[0])), energy

    def _volumes(self, log_z):
        """Log Z per weight without multipliers, and less that of the prior.

        The second is NaN for a volume that cannot be.
        """
        prior = self.prior
        total = float(prior.entropy(log_z))
        log_volume = float(total - prior.free_entropy_density)
        if not prior.is_normalised:
            return total, log_volume
        parts = [np.abs(m).max() for m in prior.multipliers.values()]
        scale = max([1.0, abs(log_z) / self.factors.n_weights, *parts])
        if self.factors.is_soft:  # weights count less than one each: no lower bound
            return total, bounded_log_volume(log_volume, scale, least=-np.inf)
        if prior.is_binary and np.isnan(bounded_log_volume(-total, scale)):
            return total, np.nan  # less than one of the 2^N weights
        return total, bounded_log_volume(log_volume, scale)

    def _judge(self, mean, variance):
        """Status and log Z of a run whose means no longer change."""
        if not has_possible_marginals(mean, variance, self.prior.is_binary):
            return "impossible", np.nan
        if has_contradiction(self.factors, self.prior):
            return "contradiction", np.nan
        if not self.prior.has_evidence:
            return "converged", np.nan
        log_z = held.one_number(self, "log_evidence", self.log_evidence())
        return ("converged", log_z) if np.isfinite(log_z) else ("diverged", np.nan)
