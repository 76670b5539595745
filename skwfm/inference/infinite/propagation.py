"""Expectation propagation for the votes of an infinite committee.

As in `skwfm.inference.ep`, with one site per pattern; the one "unit" is the process of
the votes, whose prior covariance takes the place of weights and inputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skwfm.inference.engines.damping import FixedDamping, ResidualDamping
from skwfm.inference.engines.sweeps import run_sweeps
from skwfm.inference.infinite.process import Process, solve_process

# Without flips factors are log-concave, and undamped sweeps converge.
_DAMPING_WITH_FLIPS = 0.3
# A cavity needs a positive precision; below this share of the posterior's it has none.
_MIN_CAVITY_SHARE = 1e-10
# The residual of a sweep with improper cavities is at least this.
_IMPROPER_RESIDUAL = 1.0
# A step that leaves no proper posterior is shortened to this fraction, so many times.
_SHORTER, _MOST_RETRIES = 0.25, 8


@dataclass(frozen=True, eq=False)
class VotePosterior:
    """Posterior of the votes on the patterns.

    Parameters
    ----------
    process : Process
        The Gaussian approximation.
    precision, linear : ndarray of shape (n_samples,)
        Natural parameters of the sites.
    log_evidence : float
        Log-probability of the labels, in nats: exact up to the square of the residual.
    slopes : tuple of two float
        Its derivatives by the logit of the label noise, and by the log of the output
        noise.
    flips : float
        Expected total weight of flipped labels.
    log_predictive : float
        Sum of the log-probabilities of each pattern's labels given all others.
    status : str
        "converged", "max_sweeps", "diverged" or "interrupted".
    residuals : ndarray of shape (n_iter,)
        Largest mismatch of moments after each sweep.
    """

    process: Process
    precision: np.ndarray
    linear: np.ndarray
    log_evidence: float
    slopes: tuple[float, float]
    flips: float
    log_predictive: float
    status: str
    residuals: np.ndarray

    def plain(self):
        """Give arrays and numbers by name.

        Returns
        -------
        parts : dict
            The parameters, and those of the process.
        """
        return {**vars(self), "process": self.process.plain()}

    @classmethod
    def of_plain(cls, parts):
        """Make the posterior again.

        Parameters
        ----------
        parts : dict
            From `plain`.

        Returns
        -------
        posterior : VotePosterior
            An equal one.
        """
        return cls(**{**parts, "process": Process.of_plain(parts["process"])})

    @property
    def residual(self) -> float:
        """That of the last sweep."""
        return float(self.residuals[-1]) if len(self.residuals) else np.inf

    @property
    def n_iter(self) -> int:
        """Sweeps done."""
        return len(self.residuals)


def propagate(
    covariance, answers, start=None, *, damping=None, tol=1e-3, max_sweeps=200
):
    """Sweep until a fixed point is reached.

    Parameters
    ----------
    covariance : ndarray of shape (n_samples, n_samples)
        Prior covariance of the votes.
    answers : NoisyAnswers
        The labels.
    start : VotePosterior or None, default=None
        Result at another noise or covariance to start from.
    damping : float or None, default=None
        Fraction of the old sites to keep; None adapts it.
    tol : float, default=1e-3
        Residual below which the run has converged.
    max_sweeps : int, default=200
        Most sweeps.

    Returns
    -------
    posterior : VotePosterior
        The last proper one.
    """
    run = _Run(covariance, answers, start)
    first = _DAMPING_WITH_FLIPS if answers.label_noise else 0.0
    rule = ResidualDamping(first) if damping is None else FixedDamping(damping)
    status, residuals = run_sweeps(run, damping=rule, tol=tol, max_sweeps=max_sweeps)
    return run.posterior(status, np.array(residuals))


class _Run:
    """Sites, and the posterior under them."""

    has_combined_steps = False

    def __init__(self, covariance, answers, start):
        self._covariance, self._answers = covariance, answers
        self._evaluated = False
        nothing = np.zeros((2, len(covariance)))
        if start is None:
            self._evaluate(nothing)
            return
        try:
            self._evaluate(np.array([start.precision, start.linear]))
        except FloatingPointError:  # negative sites that this covariance cannot bear
            self._evaluate(nothing)

    def sweep(self, damping):
        """Move the sites towards the tilted moments, after the first evaluation."""
        if self._evaluated:
            self._move(1 - damping)
        self._evaluated = True
        return self._mismatch()

    def _move(self, share):
        mean, variance = self._cavity
        _, g, gamma, *_ = self._averages
        # Tilted precision minus cavity precision, and the same of the linear terms.
        shrink = 1 - variance * gamma
        target = np.array([gamma / shrink, (g + mean * gamma) / shrink])
        step = np.where(self._has_cavity, share * (target - self._sites), 0.0)
        for _ in range(_MOST_RETRIES):
            try:
                return self._evaluate(self._sites + step)
            except FloatingPointError:
                step = _SHORTER * step
        raise FloatingPointError("no step leaves a proper posterior")

    def _evaluate(self, sites):
        process = solve_process(self._covariance, *sites)
        precision, linear = sites
        left = 1 - precision * process.variance
        has_cavity = left > _MIN_CAVITY_SHARE
        left = np.where(has_cavity, left, 1.0)
        mean = (process.mean - process.variance * linear) / left
        cavity = mean, process.variance / left
        averages = self._answers.average(*cavity)
        if not all(np.isfinite(part).all() for part in averages):
            raise FloatingPointError("the labels have no finite averages")
        self._sites, self._process, self._cavity = sites, process, cavity
        self._has_cavity, self._averages = has_cavity, averages

    def _mismatch(self):
        """Largest mismatch of a mean, in standard deviations, or of a variance."""
        cavity_mean, cavity_variance = self._cavity
        mean, variance = self._process.mean, self._process.variance
        tilted_mean = cavity_mean + cavity_variance * self._averages.g
        tilted = cavity_variance * (1 - cavity_variance * self._averages.gamma)
        by_mean = np.abs(tilted_mean - mean) / np.sqrt(variance)
        mismatch = max(by_mean.max(), np.abs(tilted / variance - 1).max())
        return mismatch if self._has_cavity.all() else max(mismatch, _IMPROPER_RESIDUAL)

    def posterior(self, status, residuals):
        averages, answers = self._averages, self._answers
        flips = float(averages.flips.sum())
        slopes = (
            flips - answers.label_noise * answers.total,
            averages.by_log_noise.sum(),
        )
        return VotePosterior(
            self._process,
            *self._sites,
            self._log_evidence(),
            tuple(map(float, slopes)),
            flips,
            float(averages.log_z.sum()),
            status,
            residuals,
        )

    def _log_evidence(self):
        mean, variance = self._cavity
        precision, linear = self._sites
        stiffness = 1 + variance * precision
        exponent = 2 * mean * linear + variance * linear**2 - mean**2 * precision
        counted = (exponent / stiffness - np.log(stiffness)).sum() / 2
        log_z = self._averages.log_z.sum() - counted
        return float(self._process.log_partition + log_z)
