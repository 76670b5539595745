"""What a search for the noise of labels has found, and what is learned there."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from skwfm.architectures.layout import unit_norm
from skwfm.classifiers.solution import Solution
from skwfm.inference.noise.search import GAMMA, NoiseSearch
from skwfm.inference.noise.step import NoiseStep, errors_of, is_finite, is_settled


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
    status_of : callable or None, default=None
        Gives the status after the search has gone on, told whether it was interrupted.
    """

    best: NoiseStep | None
    errors: list
    n_iter: int
    status: str
    gamma: float = GAMMA
    score: float = -np.inf
    is_separable: bool = False
    search: NoiseSearch | None = None
    status_of: Callable[[bool], str] | None = None

    @property
    def has_noise(self):
        """Whether to learn at the noise, not by the protocol without."""
        return self.best is not None and not self.is_separable

    @property
    def is_doubted(self):
        """Whether no noise has been found, nor a rule without."""
        return self.best is None and self.search is not None

    def at_the_best_level(self):
        """Turn to the noise that predicted best, though no better than chance.

        Returns
        -------
        found : FoundNoise or None
            None if there is no posterior with noise.
        """
        step = self.search.doubted()
        if step is None:
            return None
        runs = self.search.runs
        status = self.status_of(runs.is_interrupted)
        return replace(self, best=step, n_iter=runs.n_iter, status=status)

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
        is_done = status == "noisy" and is_settled(step.answer)
        return Solution(weights, n_iter, is_done, status, self.errors)


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
        return errors_of(posterior.flat_mean, factors) if is_known else np.inf

    return min(step.focused, step.answer, key=errors)
