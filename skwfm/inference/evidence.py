"""Noise by evidence: how many of the labels no machine of this kind explains."""

from __future__ import annotations

import warnings
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
# one, and each level starts from the one before.
LABEL_NOISES = (0.3, 0.2, 0.14, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005)
# Sweeps at each level with coupled replicas, and then without; the second is compared.
_FOCUSED_SWEEPS, _PLAIN_SWEEPS = 12, 30
# Residual at which a level has converged: the evidence is exact to its square.
_TOL = 1e-2
# Coupling of replicas: enough to tell units apart, not to narrow the answer.
GAMMA = 2.0
# Overlap with a given machine that a start from it holds at first.
_OVERLAP = 0.9
# Levels are compared on at most so many patterns; the best is then used with all.
_MOST_PATTERNS = 500
# Predictions must be better than chance by so many nats per pattern.
_LEARNED = 0.02
# With all patterns predictions may be worse by so many nats per pattern.
_WORSE_ON_ALL = 0.05
# Updates of the noise at the end.
_ROUNDS = 3
# Levels without a better prediction after which lower ones are not tried.
_MOST_WORSE_LEVELS = 3


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

    Attributes
    ----------
    n_iter : int
        Sweeps done.
    steps : list of NoiseStep
        All levels of all starts.
    is_interrupted : bool
        Whether Ctrl-C ended the search; the best level so far is then the result.
    """

    factors: Factors
    prior: Prior
    references: tuple = ()
    label_noises: tuple = LABEL_NOISES
    n_replicas: int = 10
    is_fixed: bool = False
    random_state: int = 0
    options: dict = field(default_factory=dict)

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
        n_patterns = np.inf if self.is_fixed else _MOST_PATTERNS
        sample = self.factors.sample(n_patterns, self.random_state)
        found = []
        for reference in (None, *self.references):
            steps = list(self._steps(sample, reference, self.label_noises))
            self.steps += steps
            found += [(reference, step) for step in steps if self._is_candidate(step)]
            if self.is_interrupted:
                break
        if not found:
            return None
        reference, best = max(found, key=lambda pair: pair[1].score)
        if self.is_fixed or self.is_interrupted:
            return best
        total = sample.temperature.total
        if best.score < total * (_LEARNED - np.log(2)):
            return None
        if sample is not self.factors:
            best = self._on_all(reference, best, total)
        return self._settle(best)

    def _is_candidate(self, step):
        return not self.is_fixed or step.label_noise == self.label_noises[-1]

    def _on_all(self, reference, best, total):
        """The same noise with all patterns.

        From where the sample led to, else as it was reached; if neither predicts nearly
        as well, what the sample alone says is kept.
        """
        levels = [e for e in self.label_noises if e >= best.label_noise]
        mean = unit_norm(self.factors.dense(best.posterior.flat_mean))
        least = best.score / total - _WORSE_ON_ALL
        for start, path in ((mean, levels[-1:]), (reference, levels)):
            for step in self._steps(self.factors, start, path, final_only=True):
                if step.score / self.factors.temperature.total > least:
                    return step
            if self.is_interrupted:
                break
        unknown = replace(best.posterior, log_volume=np.nan, log_evidence=np.nan)
        return replace(best, posterior=unknown)

    def _steps(self, factors, reference, label_noises, final_only=False):
        """Lower the noise step by step."""
        options = dict(self.options, random_state=self.random_state)
        if "spans" in find_engine(options.get("method", "amp")).options:
            options["spans"] = span_inputs(factors)
        focused, best, n_worse = None, -np.inf, 0
        for label_noise in label_noises:
            is_final = label_noise == label_noises[-1]
            if final_only and reference is not None and not is_final:
                continue
            at_noise = factors.at(label_noise=label_noise)
            start = Focusing(self.prior, self.n_replicas, GAMMA)
            if reference is not None:
                start, focused = ReferencePrior(reference, _OVERLAP), None
            focused = self._run(at_noise, start, focused, _FOCUSED_SWEEPS, options)
            if self.is_interrupted or not np.isfinite(focused.flat_mean).all():
                return
            if final_only and not is_final:
                continue
            plain = self._run(at_noise, self.prior, focused, _PLAIN_SWEEPS, options)
            step = NoiseStep(label_noise, focused, plain)
            yield step
            n_worse = 0 if step.score > best else n_worse + 1
            best = max(best, step.score)
            if self.is_interrupted or (
                n_worse > _MOST_WORSE_LEVELS and not self.is_fixed
            ):
                return

    def _settle(self, step):
        """Let noise and posterior agree: the evidence is stationary at eps = E / M."""
        if step.posterior.n_samples != self.factors.n_samples:
            return step  # that of the sample, which is all that converged
        worst = step.score - 1
        for _ in range(_ROUNDS):
            noise = step.posterior.expected_errors / self.factors.temperature.total
            noise = float(np.clip(noise, self.label_noises[-1], self.label_noises[0]))
            at_noise = self.factors.at(label_noise=noise)
            options = dict(self.options)
            posterior = self._run(
                at_noise, self.prior, step.posterior, _PLAIN_SWEEPS, options
            )
            following = NoiseStep(noise, step.focused, posterior)
            if self.is_interrupted or not following.score > worst:
                break
            step = following
        return step

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
