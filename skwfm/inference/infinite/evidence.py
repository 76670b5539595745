"""Noise and constant input of an infinite committee, where labels are most probable."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from skwfm.inference.infinite.answers import NoisyAnswers
from skwfm.inference.infinite.kernel import vote_covariance
from skwfm.inference.infinite.propagation import VotePosterior, propagate

# Constant inputs that are compared, in units of sqrt(n_features): the first two, then
# one further out on the better side.
_CONSTANTS, _SMALLER, _LARGER = (1.0, 3.0), 0.3, 10.0
# What makes `NoisyAnswers`.
_OF_ANSWERS = ("labels", "for_label", "against", "label_noise", "output_noise")
# What noise may be: votes have a standard deviation of 1, flips at most cost half.
_OUTPUT_NOISES, _LABEL_NOISES = (0.01, 10.0), (1e-4, 0.45)
# Where the climbs start: noise before the sign alone, flips alone, both.
_OUTPUT_START, _LABEL_START, _BOTH_START = 1.0, 0.25, (0.05, 0.1)
# Noise is compared on at most so many distinct patterns, then improved with all.
_MOST_COMPARED = 500
# Evaluations of the evidence in a climb, and in the last one, on all patterns.
_EVALUATIONS, _LAST_EVALUATIONS = 15, 4
# Climbs end where the evidence gains less than this, in nats per pattern.
_LEAST_GAIN = 1e-5
# Residual at which runs end, and above which their evidence does not count.
_TOL, _USELESS = 1e-2, 0.1
_MOST_SWEEPS = 60
# Stands for the evidence of a run without one, in nats per pattern: chance is log 2.
_NO_EVIDENCE = 10.0
# Step of a climb per slope of the evidence per pattern: near to the inverse curvature.
_STEP = 5.0


@dataclass(frozen=True, eq=False)
class InfiniteCommittee:
    """An infinite committee that has seen its patterns.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        The distinct inputs.
    answers : NoisyAnswers
        Their labels, and the noise.
    constant : float
        The constant input.
    posterior : VotePosterior
        Of the votes on the inputs.
    """

    inputs: np.ndarray
    answers: NoisyAnswers
    constant: float
    posterior: VotePosterior

    def __getstate__(self):
        answers = {k: v for k, v in vars(self.answers).items() if k in _OF_ANSWERS}
        state = {**vars(self), "answers": answers}
        return {**state, "posterior": self.posterior.plain()}

    def __setstate__(self, state):
        answers = NoisyAnswers(**state["answers"])
        posterior = VotePosterior.of_plain(state["posterior"])
        vars(self).update(state, answers=answers, posterior=posterior)

    def moments(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the posterior moments of the votes on any inputs.

        Parameters
        ----------
        inputs : ndarray of shape (n, n_features)
            Inputs.

        Returns
        -------
        mean, variance : ndarray of shape (n,)
            Without the noise; a priori they are 0 and 1.
        """
        covariance = vote_covariance(inputs, self.inputs, self.constant)
        return self.posterior.process.moments(covariance)


@dataclass(frozen=True, eq=False)
class Trial:
    """A posterior at some noise and constant input.

    Parameters
    ----------
    label_noise, output_noise, constant : float
        What was tried.
    posterior : VotePosterior
        The posterior there.
    """

    label_noise: float
    output_noise: float
    constant: float
    posterior: VotePosterior

    @property
    def evidence(self) -> float:
        """Log-probability of the labels; -inf if the run was far from converged."""
        posterior = self.posterior
        counts = posterior.status != "diverged" and posterior.residual < _USELESS
        return posterior.log_evidence if counts else -np.inf


class EvidenceSearch:
    """Compare noise and constant inputs by the evidence.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        Distinct inputs, in float64.
    answers : NoisyAnswers
        Their labels.
    label_noise : float or "auto"
        Probability of a flipped label, or to be found.
    constant : float or "auto"
        The constant input.
    rng : numpy.random.Generator
        Draws the patterns that are compared first.
    options : dict, default={}
        `damping`, `tol` and `max_sweeps` of the last run, see `propagate`.
    report : callable or None, default=None
        Called with each `Trial`.

    Attributes
    ----------
    n_iter, n_sweeps : int
        Posteriors computed, and sweeps that they took.
    is_interrupted : bool
        Whether Ctrl-C ended the search; what it had found is then used.
    """

    def __init__(
        self, inputs, answers, label_noise, constant, rng, options=None, report=None
    ):
        self._all, self._label_noise = (inputs, answers), label_noise
        self._constant, self._rng = constant, rng
        self._options, self._report = options or {}, report
        self.n_iter, self.n_sweeps, self.is_interrupted = 0, 0, False

    def run(self) -> InfiniteCommittee:
        """Search, then compute the posterior of all patterns.

        Returns
        -------
        committee : InfiniteCommittee
            The result; its posterior says whether it converged.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C before there is a result.
        FloatingPointError
            If no noise leaves a posterior.
        """
        rows = self._sampled_rows()
        self._inputs, self._answers, self._best = *self._all, None
        if rows is not None:
            self._inputs, self._answers = self._inputs[rows], self._answers.subset(rows)
        try:
            self._compare_constants()
            self._climb_both()
        except KeyboardInterrupt:
            self._stop()
        best = self._best
        if rows is not None and not self.is_interrupted:
            best = self._on_all(best)
        return self._committee(best)

    def _sampled_rows(self):
        n_samples = len(self._all[0])
        if n_samples <= _MOST_COMPARED:
            return None
        return np.sort(self._rng.choice(n_samples, _MOST_COMPARED, replace=False))

    def _stop(self):
        self.is_interrupted = True
        if self._best is None or not np.isfinite(self._best.evidence):
            raise KeyboardInterrupt

    def _compare_constants(self):
        if self._constant != "auto":
            self._compare_noises(self._constant)
            return
        unit = np.sqrt(self._inputs.shape[1])
        one, three = (self._compare_noises(c * unit) for c in _CONSTANTS)
        self._compare_noises((_LARGER if three > one else _SMALLER) * unit)

    def _compare_noises(self, constant):
        """Climb with noise in one of the two places; give the best evidence."""
        self._use(constant)
        if self._label_noise != "auto":
            return self._climb(self._label_noise, _OUTPUT_START, (False, True))
        before = self._climb(0.0, _OUTPUT_START, (False, True))
        return max(before, self._climb(_LABEL_START, 0.0, (True, False)))

    def _climb_both(self):
        if self._label_noise == "auto":
            best = self._best
            self._use(best.constant)
            self._last = best.posterior
            found = best.label_noise, best.output_noise
            self._climb(*np.maximum(found, _BOTH_START), (True, True))

    def _use(self, constant):
        self._at, self._last = constant, None
        self._covariance = vote_covariance(self._inputs, self._inputs, constant)

    def _climb(self, label_noise, output_noise, free, n_evaluations=_EVALUATIONS):
        """Follow the evidence uphill; give the largest."""
        free, found = np.array(free), [-np.inf]
        noise = np.array([label_noise, output_noise])
        bounds = np.array([logit(_LABEL_NOISES), np.log(_OUTPUT_NOISES)])[free]
        scale = _STEP / self._answers.total

        def cost(place):
            noise[free] = np.array([expit(place[0]), np.exp(place[-1])])[free]
            trial = self._try(*noise)
            found.append(trial.evidence)
            if not np.isfinite(trial.evidence):
                return _STEP * _NO_EVIDENCE, np.zeros(len(place))
            slopes = np.array(trial.posterior.slopes)[free]
            return -scale * trial.evidence, -scale * slopes

        start = np.array([logit(label_noise or 0.5), np.log(output_noise or 1.0)])[free]
        start = np.clip(start, *bounds.T)
        options = {"maxfun": n_evaluations, "ftol": _LEAST_GAIN, "gtol": 1e-4}
        minimize(
            cost, start, jac=True, bounds=bounds, method="L-BFGS-B", options=options
        )
        return max(found)

    def _try(self, label_noise, output_noise):
        answers = self._answers.at(float(label_noise), float(output_noise))
        posterior = propagate(
            self._covariance, answers, self._last, tol=_TOL, max_sweeps=_MOST_SWEEPS
        )
        self._count(posterior)
        trial = Trial(*map(float, (label_noise, output_noise, self._at)), posterior)
        if np.isfinite(trial.evidence):
            self._last = posterior
        if self._best is None or trial.evidence > self._best.evidence:
            self._best = trial
        if self._report is not None:
            self._report(trial)
        if posterior.status == "interrupted":
            raise KeyboardInterrupt
        return trial

    def _count(self, posterior):
        self.n_iter += 1
        self.n_sweeps += posterior.n_iter

    def _on_all(self, best):
        """Improve the noise with all patterns, where it was compared on some."""
        found = np.array([best.label_noise, best.output_noise])
        free = found > 0
        if self._label_noise != "auto":
            free[0] = False
        sample = self._inputs, self._answers
        (self._inputs, self._answers), self._best = self._all, None
        self._use(best.constant)
        try:
            self._climb(*found, free, _LAST_EVALUATIONS)
        except KeyboardInterrupt:
            self.is_interrupted = True
            if self._best is None or not np.isfinite(self._best.evidence):
                self._inputs, self._answers = sample
                return best
        return self._best

    def _committee(self, best):
        """The posterior at the noise found, as accurately as asked for."""
        inputs, answers = self._inputs, self._answers
        answers = answers.at(best.label_noise, best.output_noise)
        posterior = best.posterior
        if not self.is_interrupted:
            self._use(best.constant)
            posterior = propagate(self._covariance, answers, posterior, **self._options)
            self._count(posterior)
            self.is_interrupted = posterior.status == "interrupted"
        if self.is_interrupted:
            posterior = replace(posterior, status="interrupted")
        return InfiniteCommittee(inputs, answers, best.constant, posterior)
