"""The best level of noise, taken to all patterns and to where it agrees with itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from skwfm.architectures.layout import unit_norm
from skwfm.inference.noise.held_out import Compared
from skwfm.inference.noise.runs import PLAIN_SWEEPS, LevelRuns
from skwfm.inference.noise.step import (
    NEAR,
    WORSE,
    NoiseStep,
    believed_errors,
    is_finite,
    is_known,
    is_settled,
)
from skwfm.inference.posterior import Posterior
from skwfm.inference.priors.interface import Prior

# At the end, if messages have not converged, so often while the residual falls by half
# or predictions no longer change.
_MOST_ROUNDS_LEFT = 3
# From a sample to all patterns in steps of at most this factor, if there are many wide
# ones: the sites of more new patterns start too far off.
_MOST_GROWTH = 4.0
_WORSE_ON_MORE = 0.05  # nats per pattern that predictions may be worse with more
# Updates of the noise at the end, and the relative change below which it is settled.
_ROUNDS, _SETTLED = 3, 0.05


@dataclass(frozen=True, eq=False)
class Refinement:
    """What follows once the best level is known.

    Parameters
    ----------
    runs : LevelRuns
        What is run counts there.
    prior : Prior
        Prior of the weights.
    label_noises : tuple of float
        The levels, falling.
    descend : callable
        Called with a list of one `Compared` and the levels to its noise: comes down to
        it from nothing.
    is_large : bool
        Whether a sweep of all patterns may take seconds. Then no more are done than it
        takes until predictions stay the same, be the evidence known there or not.
    """

    runs: LevelRuns
    prior: Prior
    label_noises: tuple[float, ...]
    descend: Callable[[list[Compared], list[float]], NoiseStep | None]
    is_large: bool

    def on_all(
        self, best: NoiseStep, rows: np.ndarray, known: Compared, random_state: int
    ) -> NoiseStep:
        """Go from a sample to all patterns, at the same noise.

        Parameters
        ----------
        best : NoiseStep
            The level, with the sample.
        rows : ndarray of int
            The sample, in rising order.
        known : Compared
            All patterns.
        random_state : int
            Seed of which come first.

        Returns
        -------
        step : NoiseStep
            With all patterns; with fewer if that fails.
        """
        for larger in self._samples(rows, known.factors.n_samples, random_state):
            some = self.runs.of(known.factors.take(larger), starts_near=True)
            found = self.on_more(best, np.searchsorted(larger, rows), some)
            if found is best:
                break
            best, rows = found, larger
        return self.on_more(best, rows, known)

    def _samples(self, rows, n_samples, random_state):
        """Samples between a given one and all patterns, each part of the next."""
        growth = n_samples / len(rows)
        if not self.is_large or growth <= _MOST_GROWTH:
            return
        n_steps = int(np.ceil(np.log(growth) / np.log(_MOST_GROWTH)))
        others = np.setdiff1d(np.arange(n_samples), rows)
        np.random.default_rng(random_state).shuffle(others)
        for step in range(1, n_steps):
            n_more = round(len(rows) * growth ** (step / n_steps)) - len(rows)
            yield np.sort(np.concatenate([rows, others[:n_more]]))

    def on_more(
        self, best: NoiseStep, rows: np.ndarray, compared: Compared
    ) -> NoiseStep:
        """Go to more patterns, at the same noise.

        Parameters
        ----------
        best : NoiseStep
            The level, with some patterns.
        rows : ndarray of int
            Which of those that follow they are, in rising order.
        compared : Compared
            The patterns that follow.

        Returns
        -------
        step : NoiseStep
            What there was, if predictions are worse then.
        """
        if self.runs.is_interrupted or best.posterior.n_samples != len(rows):
            return best
        # Without patterns to ask by cavities: no fold is left out of all.
        score = best.score if compared.asked else best.posterior.log_predictive
        share = compared.total / compared.factors.take(rows).temperature.total
        least = score * share - _WORSE_ON_MORE * compared.total
        step = self._from_some(best, rows, compared.at(best.label_noise))
        if not (self.runs.is_interrupted or is_known(step, least)):
            above = [e for e in self.label_noises if e > best.label_noise]
            step = self.descend([compared], [*above, best.label_noise])
        if self.runs.is_interrupted or not is_known(step, least):
            return best
        if best.folds:
            return replace(step, score=best.score * share, folds=best.folds)
        return step

    def _from_some(self, best, rows, here):
        posterior, n_samples = best.posterior, here.factors.n_samples
        if not hasattr(posterior.state, "among"):
            mean = unit_norm(here.factors.dense(posterior.flat_mean))
            return self.runs.from_weights([here], [mean])
        state = posterior.state.among(rows, n_samples)
        start = replace(posterior, state=state, n_samples=n_samples)
        return self.runs.go_on([here], [start])

    def settle(self, step: NoiseStep, compared: Sequence[Compared]) -> NoiseStep:
        """Let noise and posterior agree: the evidence is stationary at eps = E / M.

        Not where labels are predicted worse then: flips are not all that a machine
        leaves unexplained.

        Parameters
        ----------
        step : NoiseStep
            The level.
        compared : sequence of Compared
            Its patterns, and those of its folds.

        Returns
        -------
        step : NoiseStep
            At a noise that may be another.
        """
        if self._is_over(step, compared[0]):
            return step
        total, is_idle = compared[0].total, False
        least = step.score - WORSE * total
        for _ in range(_ROUNDS):
            noise = believed_errors(step.posterior, compared[0].factors) / total
            noise = float(np.clip(noise, self.label_noises[-1], self.label_noises[0]))
            is_settled = abs(noise / step.label_noise - 1) < _SETTLED
            if is_settled and (is_idle or self._is_done(step.posterior)):
                break
            here = [each.at(noise) for each in compared]
            last = step.posterior, *step.folds
            plain = self.runs.run(here, self.prior, last, PLAIN_SWEEPS)
            following = self.runs.step(here, step.focused, plain)
            if self.runs.is_interrupted or not following.score > least:
                break
            change = abs(following.score - step.score)
            step, is_idle = following, self.is_large and change < WORSE * total
        return step

    def finish(self, step: NoiseStep, compared: Compared) -> NoiseStep:
        """Go on to convergence, where the evidence is known, if it is near.

        Parameters
        ----------
        step : NoiseStep
            The level.
        compared : Compared
            Its patterns.

        Returns
        -------
        step : NoiseStep
            What there was, if messages do not converge.
        """
        is_done = self.is_large or step.posterior.converged
        if is_done or self._is_over(step, compared):
            return step
        here, posterior = [compared.at(step.label_noise)], step.posterior
        for _ in range(_MOST_ROUNDS_LEFT):
            before = posterior.residuals[-1]
            (posterior,) = self.runs.run(here, self.prior, [posterior], PLAIN_SWEEPS)
            if posterior.converged:
                return replace(step, posterior=posterior)
            if self.runs.is_interrupted or not is_finite(posterior):
                break
            if posterior.residuals[-1] > max(before / 2, NEAR):
                break
        return step

    def _is_done(self, posterior: Posterior) -> bool:
        """Whether sweeps change nothing, or little enough for the time they take."""
        return posterior.converged or (self.is_large and is_settled(posterior))

    def _is_over(self, step, compared):
        is_of_some = step.posterior.n_samples != compared.factors.n_samples
        return self.runs.is_interrupted or is_of_some
