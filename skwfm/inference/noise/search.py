"""Noise of labels by what predicts them best, and where it agrees with itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skwfm.architectures.layout import unit_norm
from skwfm.inference.ep.geometry import span_inputs
from skwfm.inference.factors import Factors
from skwfm.inference.infer import find_engine, infer
from skwfm.inference.noise.held_out import Compared, left_out
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
from skwfm.inference.priors import Focusing, ReferencePrior
from skwfm.inference.priors.interface import Prior

# Noise levels from high to low: messages converge where the noise is at least the true
# one, and each level starts from the one before. The best is refined.
LABEL_NOISES = (0.3, 0.2, 0.1, 0.05, 0.025, 0.01, 0.005)
# Sweeps at each level with coupled replicas, and then without; the second is compared.
_FOCUSED_SWEEPS, _PLAIN_SWEEPS = 12, 20
# From nothing, and at the end if messages have not converged.
_FIRST_SWEEPS = _LAST_SWEEPS = 60
# Residual at which a level has converged: the evidence is exact to its square.
_TOL = 1e-2
# Coupling of replicas: enough to tell units apart, not to narrow the answer.
GAMMA = 2.0
# Overlap with a given machine that a start from it holds at first.
_OVERLAP = 0.9
# Levels are compared on so many patterns, fewer if units have more inputs than these:
# there a sweep costs the cube of the patterns, and cavities, good enough on images, are
# compared. The best is then used with all.
_MOST_PATTERNS, _MOST_OF_WIDE = 500, 250
_WORSE_ON_ALL = 0.05  # so many nats per pattern worse predictions may be with all
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
    random_state : int, default=0
        Seed of rows and folds, and of what tells units apart.
    options : dict, default={}
        `method` of `infer` and options of the engine.
    report : callable or None, default=None
        Called with each `NoiseStep` and the number of its patterns; a true return value
        ends the search.

    Attributes
    ----------
    n_iter : int
        Sweeps done.
    steps : list of NoiseStep
        All levels of all starts.
    is_interrupted : bool
        Whether Ctrl-C or `report` ended the search, with the best level so far.
    """

    factors: Factors
    prior: Prior
    references: tuple = ()
    label_noises: tuple = LABEL_NOISES
    n_replicas: int = 10
    is_fixed: bool = False
    random_state: int = 0
    options: dict = field(default_factory=dict)
    report: Callable[[NoiseStep, float], object] | None = None

    def __post_init__(self):
        self.n_iter, self.steps, self.is_interrupted = 0, [], False
        self._is_wide = max(self.factors.unit_sizes) > _MOST_OF_WIDE

    def run(self) -> NoiseStep | None:
        """Find the noise with the best predictions, and the posterior there.

        Returns
        -------
        step : NoiseStep or None
            None if no level predicts labels better than chance, or none has a finite
            posterior: then nothing tells noise from a rule.
        """
        rows = self._rows()
        sample = self.factors if rows is None else self.factors.take(rows)
        compared = [Compared(sample, self._options(sample))]
        if not (self.is_fixed or self._is_wide):
            compared += left_out(sample, self._options, self.random_state)
        best = self._compare(compared)
        if self.is_fixed or self.is_interrupted or best is None:
            return best
        # Where scales differ widely, messages may know the shares of labels alone.
        is_rule = is_above_chance if has_similar_scales(sample) else has_learned
        if not is_rule(best.score, sample):
            return None
        if rows is not None:
            compared[0] = Compared(self.factors, self._options(self.factors))
            best = self._on_all(best, rows, compared[0])
            if best.posterior.n_samples != self.factors.n_samples:
                return best  # that of the sample, which is all that converged
            # What a few labels seemed to say may have been chance.
            if not is_rule(best.posterior.log_predictive, self.factors):
                return None
        return self._settle(best, compared)

    def _rows(self):
        """Patterns on which levels are compared; None for all."""
        n_samples = self.factors.n_samples
        most = _MOST_OF_WIDE if self._is_wide else _MOST_PATTERNS
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
            if self.is_interrupted:
                break
        return best

    def _descend(self, compared, label_noises, is_final):
        """Lower the noise step by step, from coupled replicas."""
        start = Focusing(self.prior, self.n_replicas, GAMMA)
        focused, best, n_worse = [None] * len(compared), None, 0
        for label_noise in label_noises:
            here = [each.at(label_noise) for each in compared]
            n_sweeps = _FIRST_SWEEPS if focused[0] is None else _FOCUSED_SWEEPS
            focused = self._run_all(here, start, focused, n_sweeps)
            if self.is_interrupted and best is None and len(focused) > 1:
                return self._step(here, focused[0], focused[:1])  # all that is known
            if self.is_interrupted or not is_finite(focused[0]):
                break
            if is_final and label_noise != label_noises[-1]:
                continue
            step = self._continued(here, focused)
            # Before anything is learned a worse level says nothing.
            least = score_of(best) - WORSE * compared[0].total
            is_worse = step.score < least and has_learned(best.score, here[0].factors)
            n_worse = n_worse + 1 if is_worse else 0
            best = max((best, step), key=score_of)
            if self.is_interrupted or n_worse == _MOST_WORSE_LEVELS:
                break
        return best

    def _climb(self, compared, train, rival):
        """Go on from trained weights while predictions get better.

        Each level starts there, the first is that of the best rival; then downwards, or
        else upwards.
        """
        weights = [train(each.factors) for each in compared]
        if any(each is None for each in weights):
            return None
        levels, best = self.label_noises, None
        is_free = rival is not None and not self.is_fixed
        first = levels.index(rival.label_noise) if is_free else len(levels) - 1
        for path in (levels[first:], levels[:first][::-1] if not self.is_fixed else ()):
            for label_noise in path:
                here = [each.at(label_noise) for each in compared]
                step = self._from_weights(here, weights)
                is_better = score_of(step) > score_of(best)
                best = step if is_better else best
                if self.is_interrupted:
                    return best
                if not is_better:
                    break
            if best is None or best.label_noise < levels[first]:
                break
        return best

    def _from_weights(self, here, weights):
        """Hold posteriors near given weights at first; None if one of them is lost."""
        priors = [ReferencePrior(each, _OVERLAP) for each in weights]
        held = self._run_all(here, priors, [None] * len(here), _FOCUSED_SWEEPS)
        is_lost = self.is_interrupted or not all(map(is_finite, held))
        return None if is_lost else self._continued(here, held)

    def _continued(self, here, focused):
        """Leave replicas or given weights, and see what the labels say."""
        plain = self._run_all(here, self.prior, focused, _PLAIN_SWEEPS)
        step = self._step(here, focused[0], plain)
        self.steps.append(step)
        if self.report is not None:
            self.is_interrupted |= bool(self.report(step, here[0].total))
        return step

    def _step(self, here, focused, plain):
        """Compare with others only what has finite moments."""
        posterior, *folds = plain
        score = posterior.log_predictive
        if folds and len(plain) == len(here):
            found = sum(map(Compared.log_likelihood, here[1:], folds))
            share = sum(each.asked.temperature.total for each in here[1:])
            score = found / share * here[0].total
        is_known = np.isfinite(score) and np.isfinite(posterior.expected_errors)
        score = float(score) if is_known else -np.inf
        return NoiseStep(here[0].factors.label_noise, focused, posterior, score, folds)

    def _on_all(self, best, rows, compared):
        """The same noise with all patterns; the sample's posterior if that fails."""
        # By cavities: no pattern is left out of all.
        share = compared.total / self.factors.take(rows).temperature.total
        least = best.posterior.log_predictive * share - _WORSE_ON_ALL * compared.total
        step = self._from_sample(best, rows, compared.at(best.label_noise))
        if not (self.is_interrupted or is_known(step, least)):
            levels = [e for e in self.label_noises if e >= best.label_noise]
            step = self._descend([compared], levels, is_final=True)
        if is_known(step, least) and not self.is_interrupted:
            return replace(step, score=best.score * share, folds=best.folds)
        unknown = replace(best.posterior, log_volume=np.nan, log_evidence=np.nan)
        return replace(best, posterior=unknown)

    def _from_sample(self, best, rows, here):
        posterior, n_samples = best.posterior, self.factors.n_samples
        if not hasattr(posterior.state, "among"):
            mean = unit_norm(self.factors.dense(posterior.flat_mean))
            return self._from_weights([here], [mean])
        state = posterior.state.among(rows, n_samples)
        start = replace(posterior, state=state, n_samples=n_samples)
        return self._continued([here], [start])

    def _settle(self, step, compared):
        """Let noise and posterior agree: the evidence is stationary at eps = E / M.

        Not where labels are predicted worse then: flips are not all that a machine
        leaves unexplained.
        """
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
            plain = self._run_all(here, self.prior, last, _PLAIN_SWEEPS)
            following = self._step(here, step.focused, plain)
            if self.is_interrupted or not following.score > least:
                break
            step = following
        return step if self.is_interrupted else self._finish(step, compared[0])

    def _finish(self, step, compared):
        """Go on to convergence, where the evidence is known, if it is near."""
        if step.posterior.converged:
            return step
        at_noise = compared.at(step.label_noise)
        found = self._run(at_noise, self.prior, step.posterior, _LAST_SWEEPS)
        return replace(step, posterior=found) if found.converged else step

    def _options(self, factors):
        options = dict(self.options, random_state=self.random_state)
        if "spans" in find_engine(options.get("method", "amp")).options:
            options["spans"] = span_inputs(factors)
        return options

    def _run_all(self, here, priors, starts, max_sweeps):
        """Run all until one is interrupted."""
        priors = priors if isinstance(priors, list) else [priors] * len(here)
        return [
            self._run(*each, max_sweeps)
            for each in zip(here, priors, starts, strict=False)
            if not self.is_interrupted
        ]

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
