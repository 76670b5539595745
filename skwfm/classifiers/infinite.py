"""The infinite committee behind `FBPClassifier(n_hidden=np.inf)`."""

from dataclasses import replace
from numbers import Integral, Real

import numpy as np
from scipy.special import log_ndtr
from sklearn.callback import with_callbacks

from skwfm import plugins
from skwfm._shown import shown
from skwfm._sklearn import Interval, Options
from skwfm.architectures import FullCommittee
from skwfm.classifiers.answers.calibration import log_odds
from skwfm.classifiers.focusing.patterns import as_counts
from skwfm.classifiers.focusing.protocol import PUBLISHED, asks_for_scales
from skwfm.classifiers.machines import MachinesMixin
from skwfm.inference.infinite.answers import NoisyAnswers
from skwfm.inference.infinite.evidence import EvidenceSearch
from skwfm.inference.temperature import check_weights
from skwfm.problem.validation import merge_patterns

# What `n_hidden` may be where infinitely many units are possible.
SIZES = [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})]
# The covariance of the votes takes 8 bytes a pair of distinct patterns, and a few more
# matrices of this size are worked on.
_MOST_PATTERNS = 10_000
# New inputs that are predicted at once.
_ROWS = 1024
# What cannot be asked for where there are no weights, with the remedy.
_WITHOUT_WEIGHTS = {
    "weights": (("spherical",), "weights='spherical', which are Gaussian then"),
    "method": (("auto", "ep"), "method='auto' or 'ep'"),
    "answer": (("auto", "posterior"), "answer='auto' or 'posterior'"),
}
_ADVICE = {
    "converged": "",
    "max_sweeps": (
        "Expectation propagation stopped at max_sweeps={max_sweeps} with residual "
        "{residual:.2g}: raise max_sweeps or set damping=0.8."
    ),
    "diverged": (
        "Expectation propagation diverged with residual {residual:.2g}; the last "
        "proper posterior is kept: set damping=0.8."
    ),
    "interrupted": (
        "The training was interrupted after {n_sweeps} sweeps; the best noise so far "
        "is kept."
    ),
}


class InfiniteCommitteeMixin:
    """What `FBPClassifier` does with ``n_hidden=np.inf``."""

    # With what only finite, or only infinite, committees have.
    _of_one_fit = (
        *MachinesMixin._of_one_fit,
        *("posterior_", "_power", "coef_", "intercept_", "gamma_"),
        *("committee_", "output_noise_"),
    )

    def _resolve_architecture(self):
        if not self._is_infinite:
            return super()._resolve_architecture()
        _check_parameters(self)
        return FullCommittee(1)  # sees all inputs, as every unit does

    def __getstate__(self):
        state = super().__getstate__()
        posterior = state.pop("posterior_", None)
        if posterior is not None and "committee_" not in state:
            # Messages are large, and nothing but a warm start needs them.
            state["posterior_"] = replace(posterior, state=None, cavity=None)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "committee_" in state:
            self.posterior_ = self.committee_.posterior

    def _learn(self, problem, rng):
        if self._is_infinite:
            self._learn_infinite(problem, rng)
        else:
            super()._learn(problem, rng)

    def _gather_weights(self):
        if self._is_infinite:
            vars(self).pop("architecture_", None)  # there are no units to describe
        else:
            super()._gather_weights()
        if self._is_infinite or asks_for_scales(self):
            self.intercept_scaling_ = [m.intercept_scaling_ for m in self._machines]

    @with_callbacks
    def _learn_infinite(self, problem, rng):
        """Learn the patterns of a Problem, with their weights if it has some."""
        inputs, labels = problem.inputs, problem.labels
        weight = as_counts(check_weights(problem.sample_weight, len(labels)))
        # Without constants opposite inputs have opposite answers: they are one fact.
        mirror = None if self.fit_intercept else -1
        rows, *counts = merge_patterns(
            inputs, labels.astype(np.float64), weight, mirror=mirror
        )
        _check_size(len(rows))
        constant = self.intercept_scaling if self.fit_intercept else 0.0
        constant = "auto" if asks_for_scales(self) else constant
        search = EvidenceSearch(
            inputs[rows].astype(np.float64),
            NoisyAnswers(*counts, output_noise=1.0),
            self.label_noise,
            constant,
            rng,
            {"damping": self.damping, "tol": self.tol, "max_sweeps": self._most_sweeps},
            _Progress(int(self.verbose)),
        )
        context = self._init_callback_context(max_subtasks=None)
        context.call_on_fit_task_begin(
            estimator=self, X=lambda: self._with_names(inputs)
        )
        committee = search.run()
        context.call_on_fit_task_end(estimator=self, X=lambda: self._with_names(inputs))
        vars(self).pop("architecture_", None)  # there are no units to describe
        self._store_committee(committee, search, problem)

    def _store_committee(self, committee, search, problem):
        self.committee_, self.posterior_ = committee, committee.posterior
        self.label_noise_ = committee.answers.label_noise
        self.output_noise_ = committee.answers.output_noise
        self.intercept_scaling_ = committee.constant if self.fit_intercept else 1.0
        self.method_, self.odds_scale_ = "ep", 1.0
        self.n_iter_, self.n_sweeps_ = search.n_iter, search.n_sweeps
        positive = self._vote_log_odds(problem.inputs) > 0
        self.n_errors_ = int(np.sum(positive != (problem.labels > 0)))
        self.loss_curve_ = [self.n_errors_]
        status = self.posterior_.status
        self.converged_ = status == "converged"
        self.status_ = "noisy" if self.converged_ and self.n_errors_ else status
        self.log_evidence_ = self.posterior_.log_evidence if self.converged_ else np.nan
        facts = {"residual": self.posterior_.residual, "n_sweeps": self.n_sweeps_}
        self._advice = _ADVICE[status].format(max_sweeps=self._most_sweeps, **facts)

    @property
    def _most_sweeps(self):
        return PUBLISHED.max_sweeps if self.max_sweeps == "auto" else self.max_sweeps

    def _vote_log_odds(self, X):
        blocks = (X[i : i + _ROWS] for i in range(0, len(X), _ROWS))
        return np.concatenate([self._log_odds_of(block) for block in blocks])

    def _log_odds_of(self, X):
        mean, variance = self.committee_.moments(X.astype(np.float64))
        votes = mean / np.sqrt(variance + self.output_noise_**2)
        return log_odds((log_ndtr(votes), log_ndtr(-votes)), self.label_noise_)


class _Progress:
    """Prints a line for every so many levels of noise; none for 0."""

    def __init__(self, interval):
        self._interval, self._n_trials = interval, 0

    def __call__(self, trial):
        self._n_trials += 1
        if self._interval and self._n_trials % self._interval == 0:
            print(
                f"[FBPClassifier] label noise {trial.label_noise:.3g}, output noise "
                f"{trial.output_noise:.3g}, constant input {trial.constant:.3g}: log "
                f"evidence {trial.evidence:.6g}"
            )


def _check_parameters(classifier):
    """Raise ValueError if a parameter means nothing for an infinite committee."""
    for name, (known, remedy) in _WITHOUT_WEIGHTS.items():
        value = getattr(classifier, name)
        if value not in known:
            raise ValueError(
                f"{name}={shown(value)} needs weights, but an infinite committee "
                f"(n_hidden=inf) has none: pass {remedy}, or a finite n_hidden."
            )
    machine = plugins.resolve("architectures", classifier.architecture)
    if machine is not FullCommittee:
        raise ValueError(
            f"architecture={shown(classifier.architecture)} has no infinite committee "
            "(n_hidden=inf), whose units all see every input: pass "
            "architecture='full', or a finite n_hidden."
        )


def _check_size(n_patterns):
    if n_patterns > _MOST_PATTERNS:
        raise ValueError(
            f"n_hidden=inf with {n_patterns} distinct patterns needs several matrices "
            f"of {8e-9 * n_patterns**2:.1f} GB and hours: pass at most "
            f"{_MOST_PATTERNS} patterns, for instance a random sample, or a finite "
            "n_hidden."
        )
