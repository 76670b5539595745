"""How well labels are predicted that a posterior has not seen.

Cavities, which cost nothing, know less than they should: removing a pattern's site
moves all units of a machine together, which the sites of the other patterns would
oppose. So levels of noise are compared by patterns that were left out from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from skwfm.inference.factors import Factors
from skwfm.inference.noise.repeats import MANY, is_repeated
from skwfm.inference.noise.step import is_finite
from skwfm.inference.posterior import Posterior

# Patterns are left out by folds. Of one that was met as often or more, each fold leaves
# out its share of the copies.
N_FOLDS = MANY


@dataclass(frozen=True, eq=False)
class Compared:
    """Patterns on which levels of noise are compared.

    Parameters
    ----------
    factors : Factors
        The patterns, at any finite temperature.
    options : dict
        What `infer` is given with them.
    asked : Factors or None, default=None
        Patterns left out, for a fold.
    """

    factors: Factors
    options: dict
    asked: Factors | None = None

    def at(self, label_noise: float) -> Self:
        """Give the same patterns at a noise.

        Parameters
        ----------
        label_noise : float
            Probability of a flipped label.

        Returns
        -------
        compared : Compared
            New ones.
        """
        asked = self.asked and self.asked.at(label_noise=label_noise)
        factors = self.factors.at(label_noise=label_noise)
        return replace(self, factors=factors, asked=asked)

    @property
    def total(self) -> float:
        """Total weight of the patterns."""
        return self.factors.temperature.total

    def log_likelihood(self, posterior: Posterior) -> float:
        """Sum the log-probabilities of the labels left out.

        Parameters
        ----------
        posterior : Posterior
            That of the others.

        Returns
        -------
        log_likelihood : float
            In nats; NaN if the posterior is not finite.
        """
        if not is_finite(posterior):
            return np.nan
        return self.asked.log_likelihood(*posterior.field_moments(self.asked))


def left_out(
    factors: Factors,
    prepare: Callable[[Factors, Factors], Compared],
    random_state: int,
    n_folds: int = N_FOLDS,
) -> list[Compared]:
    """Leave patterns out, each in one of the folds.

    Parameters
    ----------
    factors : Factors
        The patterns, at any finite temperature.
    prepare : callable
        Called with the patterns that are kept and those that are left out.
    random_state : int
        Seed of the folds.
    n_folds : int, default=N_FOLDS
        How many of the `N_FOLDS` folds are used.

    Returns
    -------
    folds : list of Compared
        Empty if there are too few patterns.
    """
    is_many = is_repeated(factors)
    if is_many.sum() + (~is_many).sum() // N_FOLDS == 0:
        return []
    fold_of = np.arange(factors.n_samples) % N_FOLDS
    np.random.default_rng(random_state).shuffle(fold_of)
    # All folds are the same where each pattern is in all of them.
    numbers = range(1 if is_many.all() else n_folds)
    return [_fold(factors, fold_of == n, is_many, prepare) for n in numbers]


def _fold(factors, is_out, is_many, prepare):
    kept_share = np.where(is_many, 1 - 1 / N_FOLDS, 1.0)
    asked_share = np.where(is_many, 1 / N_FOLDS, 1.0)
    rows, asked = np.flatnonzero(is_many | ~is_out), np.flatnonzero(is_many | is_out)
    kept = factors.take(rows, kept_share[rows])
    return prepare(kept, factors.take(asked, asked_share[asked]))
