"""Noise by evidence: how many of the labels no machine of this kind explains."""

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
from skwfm.inference.posterior import Posterior
from skwfm.inference.priors import Focusing, ReferencePrior
from skwfm.inference.priors.interface import Prior

# Noise levels from high to low: messages converge where the noise is at least the true
# one, and each level starts from the one before. The best is refined.
LABEL_NOISES = (0.3, 0.2, 0.1, 0.05, 0.025, 0.01, 0.005)
# Sweeps at each level with coupled replicas, and then without; the second is compared.
_FOCUSED_SWEEPS, _PLAIN_SWEEPS = 12, 30
# Residual at which a level has converged: the evidence is exact to its square.
_TOL = 1e-2
# Coupling of replicas: enough to tell units apart, not to narrow the answer.
GAMMA = 2.0
# Overlap with a given machine that a start from it holds at first.
_OVERLAP = 0.9
# Levels are compared on at most so many patterns, fewer if units have more inputs than
# these: there a sweep costs the cube of the patterns. The best is then used with all.
_MOST_PATTERNS, _MOST_OF_WIDE = 500, 250
# Predictions must be better than chance by so many nats per pattern, and by so many in
# all, which labels without a rule reach in 1 case of 1000.
_LEARNED, _LEARNED_IN_ALL = 0.02, 5.0
# With all patterns predictions may be worse by so many nats per pattern.
_WORSE_ON_ALL = 0.05
# Updates of the noise at the end, and the relative change below which it is settled.
_ROUNDS, _SETTLED = 3, 0.05
# Levels in a row that predict worse, by so many nats a pattern, before lower ones are
# not tried.
_MOST_WORSE_LEVELS, _WORSE = 2, 0.002


@dataclass(frozen=True, eq=False)
class NoiseStep:
    """Posteriors at one level of noise.

    Parameters
    ----------
    label_noise : float
        Probability of a flipped label.
    focused : Posterior
        With coupled replicas, or held near a machine.
    posterior : Posterior
        Continued from there without.
    """

    label_noise: float
    focused: Posterior
    posterior: Posterior

    @property
    def n_iter(self) -> int:
        """Sweeps done."""
        return self.focused.n_iter + self.posterior.n_iter

    @property
    def score(self) -> float:
        """Predictive log-likelihood, by which levels and starts are compared.

        Unlike the evidence it exists where the last sweeps still changed something.
        """
        found = self.posterior.log_predictive
        is_known = np.isfinite(found) and np.isfinite(self.posterior.expected_errors)
        return found if is_known else -np.inf

    @property
    def answer(self) -> Posterior:
        """The continued posterior, or the one before if that has no finite weights."""
        is_finite = np.isfinite(self.posterior.flat_mean).all()
        return self.posterior if is_finite else self.focused

    @property
    def log_evidence(self) -> float:
        """Log-probability of the labels, in nats; NaN if not converged."""
        return self.posterior.log_volume * len(self.posterior.flat_mean)


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
    references : sequence of ndarray of shape (n_hidden, n_features + fit_intercept)
        Weights of trained machines to start from, besides coupled replicas.
    label_noises : tuple of float, default=LABEL_NOISES
        The levels, falling.
    n_replicas : int, default=10
        Coupled replicas.
    is_fixed : bool, default=False
        Whether the last level is the noise, and levels above only lead there.
    random_state : int, default=0
        Seed of the rows and of what tells units apart.
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
        best = self._compare(sample)
        if self.is_fixed or self.is_interrupted or best is None:
            return best
        if not _has_learned(best, sample):
            return None
        if rows is not None:
            least = best.score / sample.temperature.total - _WORSE_ON_ALL
            best = self._on_all(best, rows, least * self.factors.temperature.total)
        if best.posterior.n_samples != self.factors.n_samples:
            return best  # that of the sample, which is all that converged
        # What a few labels seemed to say may have been chance.
        return self._settle(best) if _has_learned(best, self.factors) else None

    def _rows(self):
        """Patterns on which levels are compared; None for all."""
        n_samples = self.factors.n_samples
        is_wide = max(self.factors.unit_sizes) > _MOST_OF_WIDE
        most = _MOST_OF_WIDE if is_wide else _MOST_PATTERNS
        if self.is_fixed or n_samples <= most:
            return None
        rng = np.random.default_rng(self.random_state)
        return np.sort(rng.choice(n_samples, most, replace=False))

    def _compare(self, factors):
        """Try all starts and give the best level."""
        options, best = self._options(factors), None
        for reference in (None, *self.references):
            if reference is None:
                levels = self.label_noises
                found = self._descend(factors, options, levels, self.is_fixed)
            else:
                found = self._climb(factors, options, reference, best)
            best = max((best, found), key=_score)
            if self.is_interrupted:
                break
        return best

    def _descend(self, factors, options, label_noises, is_final):
        """Lower the noise step by step, from coupled replicas."""
        start = Focusing(self.prior, self.n_replicas, GAMMA)
        focused, best, n_worse = None, None, 0
        for label_noise in label_noises:
            at_noise = factors.at(label_noise=label_noise)
            focused = self._run(at_noise, start, focused, _FOCUSED_SWEEPS, options)
            if self.is_interrupted or not np.isfinite(focused.flat_mean).all():
                break
            if is_final and label_noise != label_noises[-1]:
                continue
            step = self._continued(at_noise, focused, options)
            # Before anything is learned a worse level says nothing.
            least = _score(best) - _WORSE * factors.temperature.total
            is_worse = best is not None and _has_learned(best, factors)
            n_worse = n_worse + 1 if is_worse and step.score < least else 0
            best = max((best, step), key=_score)
            if self.is_interrupted or n_worse == _MOST_WORSE_LEVELS:
                break
        return best

    def _climb(self, factors, options, reference, rival):
        """Go on from given weights while predictions get better.

        Each level starts there, the first is that of the best rival; then downwards, or
        else upwards.
        """
        levels, best = self.label_noises, None
        is_free = rival is not None and not self.is_fixed
        first = levels.index(rival.label_noise) if is_free else len(levels) - 1
        for path in (levels[first:], levels[:first][::-1] if not self.is_fixed else ()):
            for label_noise in path:
                at_noise = factors.at(label_noise=label_noise)
                step = self._from_weights(at_noise, reference, options)
                is_better = _score(step) > _score(best)
                best = step if is_better else best
                if self.is_interrupted:
                    return best
                if not is_better:
                    break
            if best is None or best.label_noise < levels[first]:
                break
        return best

    def _from_weights(self, factors, weights, options):
        near = ReferencePrior(weights, _OVERLAP)
        held = self._run(factors, near, None, _FOCUSED_SWEEPS, options)
        is_lost = self.is_interrupted or not np.isfinite(held.flat_mean).all()
        return None if is_lost else self._continued(factors, held, options)

    def _continued(self, factors, focused, options):
        """Leave replicas or given weights, and see what the labels say."""
        plain = self._run(factors, self.prior, focused, _PLAIN_SWEEPS, options)
        step = NoiseStep(factors.label_noise, focused, plain)
        self.steps.append(step)
        if self.report is not None:
            self.is_interrupted |= bool(self.report(step, factors.temperature.total))
        return step

    def _on_all(self, best, rows, least):
        """The same noise with all patterns; the sample's posterior if that fails."""
        options = self._options(self.factors)
        step = self._from_sample(best, rows, options)
        if not (self.is_interrupted or _is_known(step, least)):
            levels = [e for e in self.label_noises if e >= best.label_noise]
            step = self._descend(self.factors, options, levels, is_final=True)
        if _is_known(step, least) and not self.is_interrupted:
            return step
        unknown = replace(best.posterior, log_volume=np.nan, log_evidence=np.nan)
        return replace(best, posterior=unknown)

    def _from_sample(self, best, rows, options):
        at_noise = self.factors.at(label_noise=best.label_noise)
        posterior = best.posterior
        if not hasattr(posterior.state, "among"):
            mean = unit_norm(self.factors.dense(posterior.flat_mean))
            return self._from_weights(at_noise, mean, options)
        n_samples = self.factors.n_samples
        state = posterior.state.among(rows, n_samples)
        start = replace(posterior, state=state, n_samples=n_samples)
        return self._continued(at_noise, start, options)

    def _settle(self, step):
        """Let noise and posterior agree: the evidence is stationary at eps = E / M."""
        worst, options = step.score - 1, self._options(self.factors)
        for _ in range(_ROUNDS):
            noise = step.posterior.expected_errors / self.factors.temperature.total
            noise = float(np.clip(noise, self.label_noises[-1], self.label_noises[0]))
            is_settled = abs(noise / step.label_noise - 1) < _SETTLED
            if is_settled and step.posterior.converged:
                break
            factors, last = self.factors.at(label_noise=noise), step.posterior
            posterior = self._run(factors, self.prior, last, _PLAIN_SWEEPS, options)
            following = NoiseStep(noise, step.focused, posterior)
            if self.is_interrupted or not following.score > worst:
                break
            step = following
        return step

    def _options(self, factors):
        options = dict(self.options, random_state=self.random_state)
        if "spans" in find_engine(options.get("method", "amp")).options:
            options["spans"] = span_inputs(factors)
        return options

    def _run(self, factors, prior, warm_start, max_sweeps, options):
        with warnings.catch_warnings():
            # That a level did not converge is known by its evidence.
            warnings.simplefilter("ignore", ConvergenceWarning)
            posterior = infer(
                factors, prior, warm_start=warm_start, max_sweeps=max_sweeps, tol=_TOL,
                **options,
            )  # fmt: skip
        self.n_iter += posterior.n_iter
        self.is_interrupted |= posterior.status == "interrupted"
        return posterior


def _score(step):
    return -np.inf if step is None else step.score


def _is_known(step, least):
    """Whether a level predicts enough, or is sure that there is no more to predict."""
    return _score(step) > (-np.inf if step and step.posterior.converged else least)


def _has_learned(step, factors):
    total = factors.temperature.total
    return step.score + total * np.log(2) > max(_LEARNED * total, _LEARNED_IN_ALL)
