"""How many drawn weights make few errors: direct draws, or multilevel splitting.

What is drawn, and how it moves without leaving its distribution, is a sampler's
business: see skwfm/landscape/volumes/sampling.py.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

# Direct draws are enough if effectively so many count: a relative error of 10 per cent.
_ENOUGH_SOLUTIONS = 100
# Independent populations of a splitting run; their spread gives the standard error.
_N_POPULATIONS = 10
# Share of particles that the next level should keep.
_SURVIVORS = 0.25
# Moves of each particle at each level, and the share of them to be accepted.
_N_MOVES = 10
_ACCEPTANCE = 0.3
# Numbers held in memory at a time by direct draws.
CHUNK = 4_000_000
# Above this relative standard error of a volume, its error is not known either: the
# populations then differ by factors, and the largest of them dominates the mean.
LARGEST_ERROR = 0.2
# Rule of three: what none of n draws has found has a probability below 3 / n, at 95 %.
_MOST_UNSEEN = 3


@dataclass(frozen=True)
class Counting:
    """What weights with a number of errors count.

    Parameters
    ----------
    most : float, default=0
        Weights with at most so many errors count one, others nothing.
    beta_ne : float, default=inf
        If finite, all weights count ``exp(-beta_ne errors)`` instead.
    """

    most: float = 0
    beta_ne: float = np.inf

    @property
    def is_soft(self):
        """Whether all weights count."""
        return bool(np.isfinite(self.beta_ne))

    @property
    def lowest(self):
        """Number of errors below which no more levels are needed."""
        return 0 if self.is_soft else self.most

    def __call__(self, errors):
        """Give what weights count.

        Parameters
        ----------
        errors : float or ndarray of shape (n_draws,)
            Their numbers of errors.

        Returns
        -------
        counts : float or ndarray of shape (n_draws,)
            From 0 to 1.
        """
        if self.is_soft:
            return np.exp(-self.beta_ne * errors)
        return np.where(errors <= self.most, 1.0, 0.0)


@dataclass(frozen=True)
class VolumeEstimate:
    """A fraction of weights, small or not.

    Parameters
    ----------
    log_fraction : float
        Log of the mean that weights count, in nats; NaN if none was found.
    error : float
        One standard error of `log_fraction`, never below what one more draw would
        change. Where draws leave room for more weights than a fifth of what they found,
        their log-fraction with those, less `log_fraction`.
    method : {"direct", "splitting"}
        How it was found.
    levels : tuple of float
        Falling numbers of errors through which splitting went.
    mean_errors : float
        Mean number of errors of weights, each as far as it counts.
    """

    log_fraction: float
    error: float
    method: str
    levels: tuple = ()
    mean_errors: float = np.nan

    @property
    def converged(self):
        """Whether the standard error is small enough to be trusted."""
        return bool(self.error < LARGEST_ERROR)


def estimate_fraction(
    sampler, *, n_samples, counting=Counting(), seed=None, n_jobs=None
):
    """Estimate the fraction of drawn weights that make no error, or few.

    Parameters
    ----------
    sampler : PatternSampler
        Draws weights, counts their errors and moves them.
    n_samples : int
        Direct draws. If too few of them count, splitting runs with as many particles.
    counting : Counting, default=Counting()
        What weights count: by default one without errors, nothing with errors.
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
    fraction, and the spread between them an honest error. What weights between two
    levels count is added up on the way.

    If all weights count, rare ones with few errors may outweigh all that were drawn.
    Direct draws are used only where a part that none of them found could not: by the
    rule of three, of probability up to 3 / n and with the fewest errors possible.
    Otherwise splitting goes down until weights below the level could not add as much
    as has been found. It may end before, where no particle finds fewer errors. Then one
    particle in three times as many is supposed to mend the heaviest pattern, or all
    those at once that no draw ever had right; if that matters the error says so.
    """
    if not isinstance(seed, np.random.SeedSequence):
        seed = np.random.SeedSequence(seed)
    direct, pilot, *rest = seed.spawn(2 + _N_POPULATIONS)
    estimate = _direct(sampler, n_samples, counting, np.random.default_rng(direct))
    if estimate is not None:
        return estimate
    n_particles = max(n_samples // _N_POPULATIONS, 10)
    rng = np.random.default_rng(pilot)
    plan = _pilot(sampler, n_particles, counting, rng)
    sums = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(_population)(
            sampler, n_particles, plan, counting, np.random.default_rng(s)
        )
        for s in rest
    )
    return _combine(np.array(sums), tuple(level for level, _ in plan.schedule))


def _direct(sampler, n_samples, counting, rng):
    """Mean count by direct draws, or None if too few of them count."""
    chunk = max(1, CHUNK // sampler.n_numbers)
    total = squares = errors_sum = drawn = 0
    while drawn < n_samples:
        size = min(chunk, n_samples - drawn)
        errors = sampler.errors(sampler.draw(size, rng))
        counts = counting(errors)
        total += counts.sum()
        squares += counts @ counts
        errors_sum += counts @ errors
        drawn += size
    # What one more draw counts at most, of all that was counted.
    share = counting(sampler.fewest_errors) / total if total > 0 else np.inf
    if np.log1p(_MOST_UNSEEN * share) >= LARGEST_ERROR:
        return None
    if total**2 / squares < min(_ENOUGH_SOLUTIONS, n_samples):
        return None
    error = max(np.sqrt(max(squares / total**2 - 1 / drawn, 0)), share)
    mean_errors = float(errors_sum / total)
    log_fraction = float(np.log(total / drawn))
    return VolumeEstimate(log_fraction, float(error), "direct", (), mean_errors)


def _combine(sums, levels):
    mean, errors, one_more = sums.mean(axis=0)
    if not mean > 0:
        return VolumeEstimate(np.nan, np.nan, "splitting", levels)
    error = float(sums[:, 0].std(ddof=1) / np.sqrt(len(sums)) / mean)
    share = float(one_more / len(sums) / mean)
    unseen = float(np.log1p(_MOST_UNSEEN * share))
    if unseen < LARGEST_ERROR:
        unseen = share
    error = max(error, unseen)
    log_fraction, mean_errors = float(np.log(mean)), float(errors / mean)
    return VolumeEstimate(log_fraction, error, "splitting", levels, mean_errors)


class _Population:
    """Particles that make at most a given number of errors."""

    def __init__(self, sampler, n_particles, rng):
        self._sampler, self._rng = sampler, rng
        self._particles = sampler.draw(n_particles, rng)
        self.errors = sampler.errors(self._particles)
        self.fewest = self.errors.min()

    def never_right(self):
        """Tell the patterns that all get wrong."""
        return self._sampler.never_right(self._particles)

    def split(self, level):
        """Copy those at or below the level over the others; give their share."""
        alive = np.flatnonzero(self.errors <= level)
        if len(alive):
            chosen = self._rng.choice(alive, len(self.errors))
            self._particles = self._particles[chosen]
            self.errors = self.errors[chosen]
        return len(alive) / len(self.errors)

    def counts(self, counting, chosen):
        """Sum what the chosen count, and their errors so; per particle."""
        errors = self.errors[chosen]
        counts = counting(errors)
        return np.array([counts.sum(), counts @ errors]) / len(self.errors)

    def move(self, level, step):
        """Move each once; give the share accepted."""
        trial = self._sampler.move(self._particles, step, self._rng)
        errors = self._sampler.errors(trial)
        accepted = errors <= level
        self._particles[accepted] = trial[accepted]
        self.errors[accepted] = errors[accepted]
        self.fewest = min(self.fewest, errors.min())
        return accepted.mean()


@dataclass(frozen=True)
class _Plan:
    """Levels and step sizes, and errors that might be mended at once after the last."""

    schedule: list
    drop: float = 0.0


def _next_level(errors, level, lowest):
    """Level that keeps a share of the particles; None if there is none below."""
    wanted = int(np.quantile(errors, _SURVIVORS, method="lower"))
    # Errors are counted, so that many may tie: go at least one down.
    below = max(lowest, min(wanted, level - 1))
    if not np.any(errors <= below):
        below = errors.min()
    return below if below < level else None


def _pilot(sampler, n_particles, counting, rng):
    """Choose levels and step sizes."""
    population = _Population(sampler, n_particles, rng)
    never_right = population.never_right() if counting.is_soft else False
    schedule, step, level = [], 1.0, np.inf
    found, fraction = 0.0, 1.0
    while level > counting.lowest:
        level = _next_level(population.errors, level, counting.lowest)
        if level is None:
            if not counting.is_soft:
                return _Plan([])
            break
        found += fraction * population.counts(counting, population.errors > level)[0]
        fraction *= population.split(level)
        for _ in range(_N_MOVES):
            accepted = population.move(level, step)
            step = float(np.clip(step * np.exp(accepted - _ACCEPTANCE), 1e-4, 1.0))
        schedule.append((level, step))
        rest = fraction * population.counts(counting, slice(None))[0]
        most = fraction * counting(sampler.fewest_errors)
        if counting.is_soft and most <= found + rest:
            break
    weights = sampler.pattern_weights
    never_right = never_right & population.never_right()
    # Particles with few errors may have been found, and lost among the others.
    lost = population.errors.min() - population.fewest
    return _Plan(schedule, max(weights.max(), weights[never_right].sum(), lost))


def _population(sampler, n_particles, plan, counting, rng):
    """What weights count, and what their errors add up to so, on the way down.

    The third number is what one more particle would count at the end.
    """
    sums = np.zeros(3)
    if not plan.schedule:
        return sums
    population, fraction = _Population(sampler, n_particles, rng), 1.0
    for level, step in plan.schedule:
        sums[:2] += fraction * population.counts(counting, population.errors > level)
        alive = population.split(level)
        if alive == 0:
            # Soft counts hardly vary then; of others the spread is large enough.
            most = counting(sampler.fewest_errors) if counting.is_soft else 0.0
            sums[2] = fraction * most / n_particles
            return sums
        fraction *= alive
        if level == counting.lowest:
            break
        for _ in range(_N_MOVES):
            population.move(level, step)
    sums[:2] += fraction * population.counts(counting, slice(None))
    fewest = min(population.errors.min() - plan.drop, population.fewest)
    fewest = max(sampler.fewest_errors, fewest)
    sums[2] = fraction * counting(fewest) / n_particles
    return sums
