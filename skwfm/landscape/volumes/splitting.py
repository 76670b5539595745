"""Fractions of drawn weights that solve: direct draws, or multilevel splitting.

What is drawn, and how it moves without leaving its distribution, is a sampler's
business: see skwfm/landscape/volumes/sampling.py.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

# Direct draws are enough with this many solutions: a relative error of 10 per cent.
_ENOUGH_SOLUTIONS = 100
# Independent populations of a splitting run; their spread gives the standard error.
_N_POPULATIONS = 10
# Share of particles that the next level should keep.
_SURVIVORS = 0.25
# Moves of each particle at each level, and the share of them to be accepted.
_N_MOVES = 10
_ACCEPTANCE = 0.3
# Numbers held in memory at a time by direct draws.
_CHUNK = 4_000_000
# Above this relative standard error of a volume, its error is not known either: the
# populations then differ by factors, and the largest of them dominates the mean.
LARGEST_ERROR = 0.2


@dataclass(frozen=True)
class VolumeEstimate:
    """A fraction of weights, small or not.

    Parameters
    ----------
    log_fraction : float
        Log of the fraction that makes no error, in nats; NaN if none was found.
    error : float
        One standard error of `log_fraction`.
    method : {"direct", "splitting"}
        How it was found.
    levels : tuple of int
        Largest numbers of errors, falling to 0, through which splitting went.
    """

    log_fraction: float
    error: float
    method: str
    levels: tuple = ()

    @property
    def converged(self):
        """Whether the standard error is small enough to be trusted."""
        return bool(self.error < LARGEST_ERROR)


def estimate_fraction(sampler, *, n_samples, seed=None, n_jobs=None):
    """Estimate the fraction of drawn weights that make no error.

    Parameters
    ----------
    sampler : FieldSampler or SignSampler
        Draws weights, counts their errors and moves them.
    n_samples : int
        Direct draws. If too few of them solve, splitting runs with as many particles.
    seed : numpy.random.SeedSequence, int or None, default=None
        Source of randomness.
    n_jobs : int or None, default=None
        Populations of a splitting run at a time. The result does not depend on it.

    Returns
    -------
    estimate : VolumeEstimate
        Log-fraction and its standard error.

    Notes
    -----
    Splitting goes through falling numbers of errors. Particles that make at most that
    many are copied and moved by steps that leave their distribution invariant and are
    accepted if they stay below the level. A pilot population chooses levels and steps;
    populations after it keep them, so that each gives an unbiased estimate of the
    fraction, and the spread between them an honest error.
    """
    if not isinstance(seed, np.random.SeedSequence):
        seed = np.random.SeedSequence(seed)
    direct, pilot, *rest = seed.spawn(2 + _N_POPULATIONS)
    estimate = _direct(sampler, n_samples, np.random.default_rng(direct))
    if estimate is not None:
        return estimate
    n_particles = max(n_samples // _N_POPULATIONS, 10)
    schedule = _pilot(sampler, n_particles, np.random.default_rng(pilot))
    fractions = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(_population)(sampler, n_particles, schedule, np.random.default_rng(s))
        for s in rest
    )
    return _combine(np.array(fractions), tuple(level for level, _ in schedule))


def _direct(sampler, n_samples, rng):
    """Fraction by direct draws, or None if too few of them solve."""
    chunk = max(1, _CHUNK // sampler.n_numbers)
    solved = drawn = 0
    while drawn < n_samples:
        size = min(chunk, n_samples - drawn)
        solved += np.sum(sampler.errors(sampler.draw(size, rng)) == 0)
        drawn += size
    if solved < min(_ENOUGH_SOLUTIONS, n_samples):
        return None
    error = np.sqrt((drawn - solved) / (drawn * solved))
    return VolumeEstimate(float(np.log(solved / drawn)), float(error), "direct")


def _combine(fractions, levels):
    mean = fractions.mean()
    if not mean > 0:
        return VolumeEstimate(np.nan, np.nan, "splitting", levels)
    error = fractions.std(ddof=1) / np.sqrt(len(fractions)) / mean
    return VolumeEstimate(float(np.log(mean)), float(error), "splitting", levels)


class _Population:
    """Particles that make at most a given number of errors."""

    def __init__(self, sampler, n_particles, rng):
        self._sampler, self._rng = sampler, rng
        self._particles = sampler.draw(n_particles, rng)
        self.errors = sampler.errors(self._particles)

    def split(self, level):
        """Copy those at or below the level over the others; give their share."""
        alive = np.flatnonzero(self.errors <= level)
        if len(alive):
            chosen = self._rng.choice(alive, len(self.errors))
            self._particles = self._particles[chosen]
            self.errors = self.errors[chosen]
        return len(alive) / len(self.errors)

    def move(self, level, step):
        """Move each once; give the share accepted."""
        trial = self._sampler.move(self._particles, step, self._rng)
        errors = self._sampler.errors(trial)
        accepted = errors <= level
        self._particles[accepted] = trial[accepted]
        self.errors[accepted] = errors[accepted]
        return accepted.mean()


def _pilot(sampler, n_particles, rng):
    """Choose levels and step sizes: a list of (level, step)."""
    population = _Population(sampler, n_particles, rng)
    schedule, step, level = [], 1.0, np.inf
    while level > 0:
        wanted = int(np.quantile(population.errors, _SURVIVORS, method="lower"))
        # Errors are counted, so that many may tie: go at least one down.
        level = max(0, min(wanted, level - 1))
        if not np.any(population.errors <= level):
            level = int(population.errors.min())
            if schedule and level >= schedule[-1][0]:
                return []
        population.split(level)
        for _ in range(_N_MOVES):
            accepted = population.move(level, step)
            step = float(np.clip(step * np.exp(accepted - _ACCEPTANCE), 1e-4, 1.0))
        schedule.append((level, step))
    return schedule


def _population(sampler, n_particles, schedule, rng):
    """Fraction that reaches the last level, zero if the schedule does not."""
    if not schedule:
        return 0.0
    population, fraction = _Population(sampler, n_particles, rng), 1.0
    for level, step in schedule:
        fraction *= population.split(level)
        if fraction == 0 or level == 0:
            break
        for _ in range(_N_MOVES):
            population.move(level, step)
    return fraction
