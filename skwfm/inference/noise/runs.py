"""Message passing at one level of noise after another."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skwfm.inference.ep.geometry import span_inputs
from skwfm.inference.factors import Factors
from skwfm.inference.infer import find_engine, infer
from skwfm.inference.noise.held_out import Compared
from skwfm.inference.noise.step import NoiseStep, is_finite
from skwfm.inference.posterior import Posterior
from skwfm.inference.priors import ReferencePrior
from skwfm.inference.priors.interface import Prior

# Sweeps from nothing; then at each level with coupled replicas, and without: the last
# is compared.
FIRST_SWEEPS, FOCUSED_SWEEPS, PLAIN_SWEEPS = 60, 12, 20
# Starts from nothing, one of which should not end where all units answer alike.
_MOST_STARTS = 3
# Residual at which a level has converged: the evidence is exact to its square.
_TOL = 1e-2
# Overlap with a given machine that a start from it holds at first.
_OVERLAP = 0.9


class LevelRuns:
    """Posteriors at levels of noise, of all patterns that are compared.

    Parameters
    ----------
    prior : Prior
        Prior of the weights.
    options : dict
        `method` of `infer` and options of the engine.
    random_state : int
        Seed of what tells units apart.
    report : callable or None
        Called with each `NoiseStep` and the number of its patterns; a true return value
        ends the search.

    Attributes
    ----------
    n_iter : int
        Sweeps done.
    steps : list of NoiseStep
        All levels of all starts.
    is_interrupted : bool
        Whether Ctrl-C or `report` asked for the end; no further run is begun then.
    """

    def __init__(
        self,
        prior: Prior,
        options: dict[str, Any],
        random_state: int,
        report: Callable[[NoiseStep, float], object] | None,
    ):
        self.prior, self.report = prior, report
        self._options = dict(options, random_state=random_state)
        self.n_iter, self.steps, self.is_interrupted = 0, [], False

    def of(
        self,
        factors: Factors,
        asked: Factors | None = None,
        *,
        starts_near: bool = False,
    ) -> Compared:
        """Prepare patterns.

        Parameters
        ----------
        factors : Factors
            The patterns, at any finite temperature.
        asked : Factors or None, default=None
            Patterns left out.
        starts_near : bool, default=False
            Whether all runs without replicas start near their end.

        Returns
        -------
        compared : Compared
            With what `infer` needs for them.
        """
        options = dict(self._options)
        known = find_engine(options.get("method", "amp")).options
        if "spans" in known:
            options["spans"] = span_inputs(factors)
        if starts_near and "starts_near" in known:
            options["starts_near"] = True
        return Compared(factors, options, asked)

    def run(
        self,
        here: Sequence[Compared],
        priors: Prior | Sequence[Prior],
        starts: Sequence[Posterior | None],
        max_sweeps: int,
    ) -> list[Posterior]:
        """Run all until one is interrupted.

        Parameters
        ----------
        here : sequence of Compared
            The patterns, at their noise.
        priors : Prior or sequence of Prior
            One for all or each.
        starts : sequence of Posterior or None
            Where each starts.
        max_sweeps : int
            Sweeps of each.

        Returns
        -------
        posteriors : list of Posterior
            Fewer if one was interrupted.
        """
        priors = priors if isinstance(priors, list) else [priors] * len(here)
        return [
            self._run(*each, max_sweeps)
            for each in zip(here, priors, starts, strict=False)
            if not self.is_interrupted
        ]

    def from_nothing(self, here: Sequence[Compared], prior: Prior) -> list[Posterior]:
        """Start anywhere, again if predictions are then worse than a coin's.

        Units that start far apart may all be drawn to where they answer alike, for
        certain, whatever the pattern; from there no lower noise leads away.

        Parameters
        ----------
        here : sequence of Compared
            The patterns, at their noise.
        prior : Prior
            Of all of them.

        Returns
        -------
        posteriors : list of Posterior
            The one of each with the best predictions; fewer if one was interrupted.
        """
        return [
            self._from_nothing(each, prior) for each in here if not self.is_interrupted
        ]

    def go_on(
        self, here: Sequence[Compared], focused: Sequence[Posterior]
    ) -> NoiseStep:
        """Leave replicas or given weights, and see what the labels say.

        Parameters
        ----------
        here : sequence of Compared
            The patterns, at their noise.
        focused : sequence of Posterior
            Where each starts.

        Returns
        -------
        step : NoiseStep
            It is noted and reported.
        """
        plain = self.run(here, self.prior, focused, PLAIN_SWEEPS)
        step = self.step(here, focused[0], plain)
        self.steps.append(step)
        if self.report is not None:
            self.is_interrupted |= bool(self.report(step, here[0].total))
        return step

    def trained(
        self,
        train: Callable[[Factors], np.ndarray | None],
        compared: Sequence[Compared],
    ) -> list[np.ndarray] | None:
        """Train the machines that posteriors are to start from.

        Parameters
        ----------
        train : callable
            Trains one on given `Factors`.
        compared : sequence of Compared
            The patterns, at any noise.

        Returns
        -------
        weights : list of ndarray or None
            Of each; None if there is nothing to learn, or after Ctrl-C.
        """
        try:
            weights = [train(each.factors) for each in compared]
        except KeyboardInterrupt:
            self.is_interrupted = True
            return None
        return None if any(each is None for each in weights) else weights

    def from_weights(
        self, here: Sequence[Compared], weights: Sequence[np.ndarray]
    ) -> NoiseStep | None:
        """Hold posteriors near given weights at first.

        Parameters
        ----------
        here : sequence of Compared
            The patterns, at their noise.
        weights : sequence of ndarray of shape (n_hidden, n_features + fit_intercept)
            For each.

        Returns
        -------
        step : NoiseStep or None
            None if one of them is lost.
        """
        priors = [ReferencePrior(each, _OVERLAP) for each in weights]
        held = self.run(here, priors, [None] * len(here), FOCUSED_SWEEPS)
        is_lost = self.is_interrupted or not all(map(is_finite, held))
        return None if is_lost else self.go_on(here, held)

    def step(
        self,
        here: Sequence[Compared],
        focused: Posterior,
        plain: Sequence[Posterior],
    ) -> NoiseStep:
        """Score posteriors by patterns left out, or else by cavities.

        Parameters
        ----------
        here : sequence of Compared
            The patterns, at their noise.
        focused : Posterior
            Where the first started.
        plain : sequence of Posterior
            Of all that were run.

        Returns
        -------
        step : NoiseStep
            Compared with others only if it has finite moments.
        """
        posterior, *folds = plain
        score = posterior.log_predictive
        asking = [each for each in here if each.asked is not None]
        if asking and len(plain) == len(here):
            found = map(Compared.log_likelihood, asking, plain[-len(asking) :])
            share = sum(each.asked.temperature.total for each in asking)
            score = sum(found) / share * here[0].total
            # What folds know does not count if the posterior of all has lost it.
            score = min(score, _of_seen(here[0].factors, posterior))
        is_known = np.isfinite(score) and np.isfinite(posterior.expected_errors)
        score = float(score) if is_known else -np.inf
        return NoiseStep(here[0].factors.label_noise, focused, posterior, score, folds)

    def _from_nothing(self, compared, prior):
        seed, found = self._options["random_state"], []
        for start in range(_MOST_STARTS):
            options = dict(compared.options, random_state=seed + start)
            here = replace(compared, options=options)
            found.append(self._run(here, prior, None, FIRST_SWEEPS))
            if self.is_interrupted or not _is_lost(found[-1], compared.total):
                break
        return max(found, key=_predictive)

    def _run(self, compared, prior, warm_start, max_sweeps):
        with warnings.catch_warnings():
            # That a level did not converge is known by its evidence.
            warnings.simplefilter("ignore", ConvergenceWarning)
            posterior = infer(
                compared.factors, prior, warm_start=warm_start, max_sweeps=max_sweeps,
                tol=_TOL, **compared.options,
            )  # fmt: skip
        self.n_iter += posterior.n_iter
        self.is_interrupted |= posterior.status == "interrupted"
        return posterior


def _of_seen(factors, posterior):
    """Log-probability of the labels that a posterior has seen, by itself."""
    if not is_finite(posterior):
        return -np.inf
    return factors.log_likelihood(*posterior.field_moments(factors))


def _is_lost(posterior, total):
    if not is_finite(posterior):
        return True
    return posterior.log_predictive < -np.log(2) * total


def _predictive(posterior):
    return np.nan_to_num(posterior.log_predictive, nan=-np.inf)
