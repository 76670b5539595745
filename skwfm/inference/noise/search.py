"""Noise of labels by what predicts them best, and where it agrees with itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from skwfm.architectures.layout import unit_norm
from skwfm.inference.factors import Factors
from skwfm.inference.noise.held_out import N_FOLDS, left_out
from skwfm.inference.noise.runs import FOCUSED_SWEEPS, PLAIN_SWEEPS, LevelRuns
from skwfm.inference.noise.sharpness import odds_scale
from skwfm.inference.noise.step import (
    WORSE,
    NoiseStep,
    better,
    has_learned,
    has_similar_scales,
    is_above_chance,
    is_finite,
    is_known,
    score_of,
)
from skwfm.inference.priors import Focusing
from skwfm.inference.priors.interface import Prior

# Noise levels from high to low: messages converge where the noise is at least the true
# one, and each level starts from the one before. The best is refined.
LABEL_NOISES = (0.3, 0.2, 0.1, 0.05, 0.025, 0.01, 0.005)
# At the end, if messages have not converged, so often while the residual falls by half
# or is below the second.
_MOST_ROUNDS_LEFT, _NEAR = 3, 0.1
# Coupling of replicas: enough to tell units apart, not to narrow the answer.
GAMMA = 2.0
# Levels are compared on so many patterns, fewer if units have more inputs than these:
# there a sweep costs the cube of the patterns, and cavities, good enough on images, are
# compared. The best is then used with all.
_MOST_PATTERNS, _MOST_OF_WIDE = 500, 250
# Of so many patterns or more a quarter, or the most, is asked in place of folds, which
# need runs of their own: so levels can be compared on more.
_MANY_PATTERNS, _MOST_ASKED, _MOST_OF_MANY = 2000, 1000, 1000
_WORSE_ON_MORE = 0.05  # nats per pattern that predictions may be worse with more
# Updates of the noise at the end, and the relative change below which it is settled.
_ROUNDS, _SETTLED = 3, 0.05
# Levels in a row that predict worse before lower ones are not tried.
_MOST_WORSE_LEVELS = 2


@dataclass(eq=False)
class NoiseSearch:
    """Levels of noise, tried from several starts, and the best of them.

    Starts differ in the phase that they lead to: coming down from high noise may stay
    in one that is nearly linear, or that knows nothing.

    Parameters
    ----------
    factors : Factors
        The patterns, at any finite temperature.
    prior : Prior
        Prior of the weights.
    references : sequence of callable
        Each trains a machine on given `Factors`, from whose weights, of shape
        (n_hidden, n_features + fit_intercept), to start, besides coupled replicas; None
        if there is nothing to learn.
    label_noises : tuple of float, default=LABEL_NOISES
        The levels, falling.
    n_replicas : int, default=10
        Coupled replicas.
    is_fixed : bool, default=False
        Whether the last level is the noise, and levels above only lead there.
    n_folds : int, default=N_FOLDS
        Of the `N_FOLDS` thirds of the patterns, how many are left out in turn.
    random_state : int, default=0
        Seed of rows and folds, and of what tells units apart.
    options : dict, default={}
        `method` of `infer` and options of the engine.
    report : callable or None, default=None
        Called with each `NoiseStep` and the number of its patterns; a true return value
        ends the search.

    Attributes
    ----------
    runs : LevelRuns
        What has been run; interrupted if Ctrl-C or `report` ended the search, with the
        best level so far.
    """

    factors: Factors
    prior: Prior
    references: tuple = ()
    label_noises: tuple = LABEL_NOISES
    n_replicas: int = 10
    is_fixed: bool = False
    n_folds: int = N_FOLDS
    random_state: int = 0
    options: dict = field(default_factory=dict)
    report: Callable[[NoiseStep, float], object] | None = None

    def __post_init__(self):
        self.runs = LevelRuns(self.prior, self.options, self.random_state, self.report)
        self._is_wide = max(self.factors.unit_sizes) > _MOST_OF_WIDE

    def run(self) -> NoiseStep | None:
        """Find the noise with the best predictions, and the posterior there.

        Returns
        -------
        step : NoiseStep or None
            None if no level predicts labels better than chance, or none has a finite
            posterior: then nothing tells noise from a rule.
        """
        step = self._found()
        if step is None or step.posterior.n_samples == self.factors.n_samples:
            return step
        # What some patterns tell is not the volume of all.
        posterior = replace(step.posterior, log_volume=np.nan, log_evidence=np.nan)
        return replace(step, posterior=posterior)

    def _found(self):
        kept, known = self._known()
        rows = self._rows(known)
        start = known
        if rows is not None:
            start = self.runs.of(known.factors.take(rows), known.asked)
        sample, compared = start.factors, [start]
        if not (self.is_fixed or self._is_wide or known.asked):
            seed, n_folds = self.random_state, self.n_folds
            compared += left_out(sample, self.runs.of, seed, n_folds)
        best = self._compare(compared)
        if self.is_fixed or self.runs.is_interrupted or best is None:
            return best
        # Where scales differ widely, messages may know the shares of labels alone.
        is_rule = is_above_chance if has_similar_scales(sample) else has_learned
        if not is_rule(best.score, sample):
            return None
        if rows is not None:
            # What a few labels seemed to say may have been chance.
            score = best.score + _of_others(best, rows, known.factors)
            if not is_rule(score, known.factors):
                return None
            best, compared[0] = self._on_more(best, rows, known), known
        found, best = best, self._settle(best, compared)
        is_lowest = self.label_noises[-1] in (found.label_noise, best.label_noise)
        is_open = is_lowest and not self._is_over(best, compared[0])
        scale = odds_scale(best, compared) if is_open else 1.0
        if kept is not None:
            known = self.runs.of(self.factors)
            best = self._on_more(best, kept, known)
        return replace(self._finish(best, known), odds_scale=scale)

    def _known(self):
        """Patterns to learn from, with those to ask; and their rows, None for all."""
        n_samples = self.factors.n_samples
        if self.is_fixed or self._is_wide or n_samples < _MANY_PATTERNS:
            return None, self.runs.of(self.factors)
        n_asked = min(n_samples // 4, _MOST_ASKED)
        order = np.random.default_rng(self.random_state).permutation(n_samples)
        asked, kept = np.sort(order[:n_asked]), np.sort(order[n_asked:])
        return kept, self.runs.of(self.factors.take(kept), self.factors.take(asked))

    def _rows(self, known):
        """Patterns on which levels are compared; None for all."""
        n_samples = known.factors.n_samples
        most = _MOST_OF_MANY if known.asked else _MOST_PATTERNS
        most = _MOST_OF_WIDE if self._is_wide else most
        if self.is_fixed or n_samples <= most:
            return None
        rng = np.random.default_rng(self.random_state)
        return np.sort(rng.choice(n_samples, most, replace=False))

    def _compare(self, compared):
        """Try all starts and give the best level."""
        best = None
        for train in (None, *self.references):
            if train is None:
                found = self._descend(compared, self.label_noises, self.is_fixed)
            else:
                found = self._climb(compared, train, best)
            best = better(best, found, compared[0].total)
            if self.runs.is_interrupted:
                break
        return best

    def _descend(self, compared, label_noises, is_final):
        """Lower the noise step by step, from coupled replicas."""
        start = Focusing(self.prior, self.n_replicas, GAMMA)
        focused, best, n_worse = None, None, 0
        for label_noise in label_noises:
            here = [each.at(label_noise) for each in compared]
            if focused is None:
                focused = self.runs.from_nothing(here, start)
            else:
                focused = self.runs.run(here, start, focused, FOCUSED_SWEEPS)
            if self.runs.is_interrupted and best is None and len(focused) > 1:
                # All that is known.
                return self.runs.step(here, focused[0], focused[:1])
            if self.runs.is_interrupted or not is_finite(focused[0]):
                break
            if is_final and label_noise != label_noises[-1]:
                continue
            step = self.runs.go_on(here, focused)
            # Before anything is learned a worse level says nothing.
            least = score_of(best) - WORSE * compared[0].total
            is_worse = step.score < least and has_learned(best.score, here[0].factors)
            n_worse = n_worse + 1 if is_worse else 0
            best = max((best, step), key=score_of)
            if self.runs.is_interrupted or n_worse == _MOST_WORSE_LEVELS:
                break
        return best

    def _climb(self, compared, train, rival):
        """Go on from trained weights while predictions get better.

        Each level starts there, the first is that of the best rival; then downwards, or
        else upwards.
        """
        weights = self.runs.trained(train, compared)
        if weights is None:
            return None
        levels, best = self.label_noises, None
        is_free = rival is not None and not self.is_fixed
        first = levels.index(rival.label_noise) if is_free else len(levels) - 1
        for path in (levels[first:], levels[:first][::-1] if not self.is_fixed else ()):
            for label_noise in path:
                here = [each.at(label_noise) for each in compared]
                step = self.runs.from_weights(here, weights)
                is_better = score_of(step) > score_of(best)
                best = step if is_better else best
                if self.runs.is_interrupted:
                    return best
                if not is_better:
                    break
            if best is None or best.label_noise < levels[first]:
                break
        return best

    def _on_more(self, best, rows, compared):
        """The same noise with more patterns; what there is if that fails."""
        if self.runs.is_interrupted or best.posterior.n_samples != len(rows):
            return best
        # Without patterns to ask by cavities: no fold is left out of all.
        score = best.score if compared.asked else best.posterior.log_predictive
        share = compared.total / compared.factors.take(rows).temperature.total
        least = score * share - _WORSE_ON_MORE * compared.total
        step = self._from_some(best, rows, compared.at(best.label_noise))
        if not (self.runs.is_interrupted or is_known(step, least)):
            levels = [e for e in self.label_noises if e > best.label_noise]
            step = self._descend([compared], [*levels, best.label_noise], is_final=True)
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

    def _settle(self, step, compared):
        """Let noise and posterior agree: the evidence is stationary at eps = E / M.

        Not where labels are predicted worse then: flips are not all that a machine
        leaves unexplained.
        """
        if self._is_over(step, compared[0]):
            return step
        total = compared[0].total
        least = step.score - WORSE * total
        for _ in range(_ROUNDS):
            noise = step.posterior.expected_errors / total
            noise = float(np.clip(noise, self.label_noises[-1], self.label_noises[0]))
            is_settled = abs(noise / step.label_noise - 1) < _SETTLED
            if is_settled and step.posterior.converged:
                break
            here = [each.at(noise) for each in compared]
            last = step.posterior, *step.folds
            plain = self.runs.run(here, self.prior, last, PLAIN_SWEEPS)
            following = self.runs.step(here, step.focused, plain)
            if self.runs.is_interrupted or not following.score > least:
                break
            step = following
        return step

    def _finish(self, step, compared):
        """Go on to convergence, where the evidence is known, if it is near."""
        if self._is_over(step, compared) or step.posterior.converged:
            return step
        here, posterior = [compared.at(step.label_noise)], step.posterior
        for _ in range(_MOST_ROUNDS_LEFT):
            before = posterior.residuals[-1]
            (posterior,) = self.runs.run(here, self.prior, [posterior], PLAIN_SWEEPS)
            if posterior.converged:
                return replace(step, posterior=posterior)
            if self.runs.is_interrupted or not is_finite(posterior):
                break
            if posterior.residuals[-1] > max(before / 2, _NEAR):
                break
        return step

    def _is_over(self, step, compared):
        is_of_some = step.posterior.n_samples != compared.factors.n_samples
        return self.runs.is_interrupted or is_of_some


def _of_others(best, rows, factors):
    """Log-probability of the labels that a sample's posterior has not seen."""
    rest = np.setdiff1d(np.arange(factors.n_samples), rows)
    others = factors.take(rest).at(label_noise=best.label_noise)
    return others.log_likelihood(*best.posterior.field_moments(others))
