"""What a search for the noise of labels has found, and what is learned there."""

from dataclasses import dataclass, replace

import numpy as np

from skwfm.architectures.layout import unit_norm
from skwfm.classifiers.solution import Solution
from skwfm.inference.noise.search import GAMMA, NoiseSearch
from skwfm.inference.noise.step import NoiseStep, is_finite

# Share of errors up to which a machine has stored labels that cannot be predicted.
_NEARLY_STORED = 0.05


@dataclass(frozen=True, eq=False)
class FoundNoise:
    """What a search for the noise found.

    Parameters
    ----------
    best : NoiseStep or None
        The noise and the posteriors there; None if nothing tells noise from a rule.
    errors : list of int
        Training errors of the machine at each level.
    n_iter : int
        Sweeps done.
    status : str
        "noisy", "interrupted" or "stopped".
    gamma : float, default=GAMMA
        The coupling of the machine.
    score : float, default=-inf
        Log-probability of labels that were not seen, in nats per pattern.
    is_separable : bool, default=False
        Whether there seems to be no noise, so that labels are to be taken as they are.
    search : NoiseSearch or None, default=None
        Where it has been looked for.
    """

    best: NoiseStep | None
    errors: list
    n_iter: int
    status: str
    gamma: float = GAMMA
    score: float = -np.inf
    is_separable: bool = False
    search: NoiseSearch | None = None

    @property
    def has_noise(self):
        """Whether to learn at the noise, not by the protocol without."""
        return self.best is not None and not self.is_separable

    @property
    def caution(self):
        """Factor of the log-odds where labels are taken for true all the same."""
        is_doubted = self.best is None and self.search is not None
        return self.search.caution() if is_doubted else 1.0

    def unless_stored(self, solution, factors):
        """Turn to the noise that predicted best, though no better than chance.

        Parameters
        ----------
        solution : Solution
            What came of taking labels for true.
        factors : Factors
            The patterns.

        Returns
        -------
        found : FoundNoise or None
            None if the machine has stored nearly all labels, as of random patterns, or
            there is no posterior with noise.
        """
        if self.search is None or self.best is not None:
            return None
        if solution.status in ("interrupted", "stopped"):
            return None
        n_errors = _errors(factors, factors.flat(solution.weights))
        if n_errors <= _NEARLY_STORED * factors.temperature.for_label.sum():
            return None
        step = self.search.doubted()
        if step is None:
            return None
        status = "interrupted" if self.search.runs.is_interrupted else self.status
        return replace(self, best=step, n_iter=self.search.runs.n_iter, status=status)

    def taken_by(self, classifier, factors):
        """Tell a classifier what is known at the noise that is found or given.

        Parameters
        ----------
        classifier : FBPClassifier
            Its attributes are set.
        factors : Factors
            The patterns, at zero temperature.

        Returns
        -------
        solution : Solution
            Of its training.
        """
        step, classifier.n_sweeps_ = self.best, self.n_iter
        classifier.label_noise_ = step.label_noise
        classifier.log_evidence_ = step.log_evidence
        classifier.odds_scale_ = step.odds_scale
        classifier.posterior_, machine = step.answer, best_machine(step, factors)
        classifier.gamma_ = self.gamma if machine is step.focused else 0.0
        weights = unit_norm(factors.dense(machine.flat_mean))
        n_iter, status = len(self.errors), self.status
        return Solution(weights, n_iter, status == "noisy", status, self.errors)


def best_machine(step, factors):
    """Choose the posterior whose mean is the machine.

    Parameters
    ----------
    step : NoiseStep
        Posteriors at one noise.
    factors : Factors
        The patterns, at zero temperature.

    Returns
    -------
    posterior : Posterior
        That of coupled replicas, unless the weights that it was held near or the few
        sweeps that it was given leave it with more errors than the mean of all.
    """

    def errors(posterior):
        is_known = is_finite(posterior)
        return _errors(factors, posterior.flat_mean) if is_known else np.inf

    return min(step.focused, step.answer, key=errors)


def _errors(factors, weights):
    """Total weight of the patterns that flat weights answer wrongly."""
    wrong = factors.problem.wrong(factors.fields(weights))
    return factors.temperature.for_label @ wrong
