"""Noise of labels by what predicts them best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from skwfm.inference.factors import Factors
from skwfm.inference.noise.held_out import N_FOLDS, left_out
from skwfm.inference.noise.refinement import Refinement
from skwfm.inference.noise.runs import FOCUSED_SWEEPS, LevelRuns
from skwfm.inference.noise.sharpness import odds_scale
from skwfm.inference.noise.step import (
    WORSE,
    NoiseStep,
    better,
    has_learned,
    has_similar_scales,
    is_above_chance,
    is_finite,
    score_of,
)
from skwfm.inference.priors import Focusing
from skwfm.inference.priors.interface import Prior

# Noise levels from high to low: messages converge where the noise is at least the true
# one, and each level starts from the one before. The best is refined.
LABEL_NOISES = (0.3, 0.2, 0.1, 0.05, 0.025, 0.01, 0.005)
# Coupling of replicas: enough to tell units apart, not to narrow the answer.
GAMMA = 2.0
# Levels are compared on so many patterns, fewer if units have more inputs than these:
# there a sweep costs the cube of the patterns, and cavities, good enough on images, are
# compared. The best is then used with all.
_MOST_PATTERNS, _MOST_OF_WIDE = 500, 250
# Of so many patterns or more a quarter, or the most, is asked in place of folds, which
# need runs of their own: so levels can be compared on more.
_MANY_PATTERNS, _MOST_ASKED, _MOST_OF_MANY = 2000, 1000, 1000
# If nothing is learned from a sample of wide patterns, ones so many times as large are
# tried: a weak rule, or one for a rare label, may show in more.
_GROWTHS = 1, 2, 4
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
        self._doubted = None
        self._is_wide = max(self.factors.unit_sizes) > _MOST_OF_WIDE
        is_large = self._is_wide and self.factors.n_samples > _MOST_OF_WIDE
        self._is_large = is_large and not self.is_fixed
        self._refinement = Refinement(
            self.runs,
            self.prior,
            self.label_noises,
            partial(self._descend, is_final=True),
            self._is_large,
        )

    def run(self) -> NoiseStep | None:
        """Find the noise with the best predictions, and the posterior there.

        Returns
        -------
        step : NoiseStep or None
            None if no level predicts labels better than chance, or none has a finite
            posterior: then nothing tells noise from a rule.
        """
        return self._whole(self._found())

    def _whole(self, step):
        if step is None or step.posterior.n_samples == self.factors.n_samples:
            return step
        # What some patterns tell is not the volume of all.
        posterior = replace(step.posterior, log_volume=np.nan, log_evidence=np.nan)
        return replace(step, posterior=posterior)

    def _found(self):
        kept, known = self._known()
        for rows in self._samples(known):
            compared, best = self._compared(known, rows)
            if self.is_fixed or self.runs.is_interrupted or best is None:
                return best
            if self._is_rule(best, rows, known, compared[0].factors):
                return self._refined(best, compared, rows, known, kept)
            self._doubted = best, compared, rows, known, kept
        return None

    def doubted(self) -> NoiseStep | None:
        """Give what `run` would have if there were a rule, where it has found none.

        Returns
        -------
        step : NoiseStep or None
            None if there are no posteriors.
        """
        if self._doubted is None or self.runs.is_interrupted:
            return None
        return self._whole(self._refined(*self._doubted))

    def _refined(self, best, compared, rows, known, kept):
        """Take the best level to all patterns, and to where it agrees with itself."""
        if rows is not None:
            seed = self.random_state
            best = self._refinement.on_all(best, rows, known, seed)
            compared = [known, *compared[1:]]
        found, best = best, self._refinement.settle(best, compared)
        is_lowest = self.label_noises[-1] in (found.label_noise, best.label_noise)
        is_of_all = best.posterior.n_samples == compared[0].factors.n_samples
        is_open = is_lowest and is_of_all and not self.runs.is_interrupted
        scale = odds_scale(best, compared) if is_open else 1.0
        if kept is not None:
            known = self.runs.of(self.factors)
            best = self._refinement.on_more(best, kept, known)
        return replace(self._refinement.finish(best, known), odds_scale=scale)

    def _compared(self, known, rows):
        """Patterns on which levels are compared, their folds, and the best level."""
        start = known
        if rows is not None:
            start = self.runs.of(known.factors.take(rows), known.asked)
        compared = [start]
        if not (self.is_fixed or self._is_wide or known.asked):
            seed, n_folds = self.random_state, self.n_folds
            compared += left_out(start.factors, self.runs.of, seed, n_folds)
        return compared, self._compare(compared)

    def _is_rule(self, best, rows, known, sample):
        """Whether there is more to learn than the shares of the labels."""
        # Where scales differ widely, messages may know these alone.
        is_rule = is_above_chance if has_similar_scales(sample) else has_learned
        if not is_rule(best.score, sample):
            return False
        if rows is None:
            return True
        # What a few labels seemed to say may have been chance.
        score = best.score + _of_others(best, rows, known.factors)
        return is_rule(score, known.factors)

    def _known(self):
        """Patterns to learn from, with those to ask; and their rows, None for all."""
        n_samples = self.factors.n_samples
        if self.is_fixed or self._is_wide or n_samples < _MANY_PATTERNS:
            return None, self.runs.of(self.factors, starts_near=self._is_large)
        n_asked = min(n_samples // 4, _MOST_ASKED)
        order = np.random.default_rng(self.random_state).permutation(n_samples)
        asked, kept = np.sort(order[:n_asked]), np.sort(order[n_asked:])
        return kept, self.runs.of(self.factors.take(kept), self.factors.take(asked))

    def _samples(self, known):
        """Rows on which levels are compared; None for all. The next ones are more."""
        n_samples = known.factors.n_samples
        most = _MOST_OF_MANY if known.asked else _MOST_PATTERNS
        most = _MOST_OF_WIDE if self._is_wide else most
        if self.is_fixed or n_samples <= most:
            return [None]
        if not self._is_wide:
            return [self._drawn(n_samples, most)]
        sizes = {min(growth * most, n_samples) for growth in _GROWTHS}
        return [self._drawn(n_samples, size) for size in sorted(sizes)]

    def _drawn(self, n_samples, size):
        if size == n_samples:
            return None
        rng = np.random.default_rng(self.random_state)
        return np.sort(rng.choice(n_samples, size, replace=False))

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


def _of_others(best, rows, factors):
    """Log-probability of the labels that a sample's posterior has not seen."""
    rest = np.setdiff1d(np.arange(factors.n_samples), rows)
    others = factors.take(rest).at(label_noise=best.label_noise)
    return others.log_likelihood(*best.posterior.field_moments(others))
