"""Which weights of a run are kept: of the fewest errors, all or of the best epochs."""

import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit

# An accuracy is near the highest within so many of its standard errors: the highest of
# many epochs is higher than what its weights are worth.
_STANDARD_ERRORS = 2


class Pocket:
    """The weights with the fewest training errors at the end of an epoch.

    Where no machine is perfect, the last weights are not the best ones.

    Parameters
    ----------
    problem : Problem
        Patterns and machine.

    Attributes
    ----------
    n_errors : float
        The fewest errors; inf before the first epoch.
    epoch : int
        The epoch that first had so few.
    scores : None
        There is no validation.
    """

    scores = None

    def __init__(self, problem):
        self._problem = problem
        self._weights = None
        self.n_errors = np.inf
        self.epoch = 0

    def look(self, state, epoch):
        """Keep the weights if none had fewer errors; never ask to stop.

        Parameters
        ----------
        state : Epoch
            Its packed weights are copied if they are kept.
        epoch : int
            Number of the epoch that has ended.

        Returns
        -------
        stop : bool
            False.
        """
        n_errors = self._problem.count_errors(state.weights, self.n_errors)
        if n_errors < self.n_errors:
            self.epoch = epoch
        if n_errors <= self.n_errors:
            self.n_errors, self._weights = n_errors, state.weights.copy()
        return False

    def choose(self, last):
        """Give the weights to store.

        Parameters
        ----------
        last : ndarray of shape (layout.size,)
            The latest weights, which may be those of a broken epoch.

        Returns
        -------
        weights : ndarray of shape (layout.size,)
            The latest, unless earlier ones had fewer errors.
        """
        is_worse = self._problem.count_errors(last, self.n_errors) > self.n_errors
        return self._weights if is_worse else last


class HeldOut:
    """The weights with the fewest training errors that do well on patterns kept aside.

    Few patterns give few values of the accuracy, whose highest is often that of an
    early or a lucky epoch. So of all epochs whose accuracy is within two standard
    errors of the highest the one with the fewest training errors counts, and training
    goes on as long as it is getting better at its own patterns, too.

    Parameters
    ----------
    problem : Problem
        The patterns kept aside.
    training : Problem
        The patterns that are trained on.
    patience : int
        Settled epochs after which to stop, if none of them had a higher accuracy or
        fewer training errors than all before.

    Attributes
    ----------
    scores : list of float
        Accuracy after each epoch.
    """

    def __init__(self, problem, training, patience):
        self._problem = problem
        self._training = training
        self._patience = patience
        self._kept = []
        self._best, self._fewest, self._waited = -1.0, np.inf, 0
        self.scores = []

    def look(self, state, epoch):
        """Note the accuracy and keep the weights if they may be chosen.

        Parameters
        ----------
        state : Epoch
            Its packed weights are copied if they are kept.
        epoch : int
            Number of the epoch that has ended.

        Returns
        -------
        stop : bool
            Whether the last progress is too long ago.
        """
        total = self._problem.total_weight
        score = 1 - self._problem.count_errors(state.weights) / total
        is_progress = score > self._best
        self.scores.append(score)
        self._best = max(score, self._best)
        is_near = score >= self._least()
        # Of all others it only matters whether they have fewer errors than any before.
        most = np.inf if is_near else self._fewest
        n_errors = self._training.count_errors(state.weights, most)
        is_progress |= n_errors < self._fewest
        self._fewest = min(n_errors, self._fewest)
        if is_near:
            self._keep((score, -n_errors), state.weights)
        self._waited = 0 if is_progress else self._waited + state.settled
        return self._waited >= self._patience

    def _keep(self, here, weights):
        """Keep weights unless others outdo them; drop what need not be chosen now."""
        if any(there != here and _is_no_worse(there, here) for there, _ in self._kept):
            return
        self._kept = [
            (there, others)
            for there, others in self._kept
            if there[0] >= self._least() and not _is_no_worse(here, there)
        ]
        self._kept.append((here, weights.copy()))

    def _least(self):
        """The highest accuracy less two standard errors.

        These are taken as if at least half a pattern were wrong.
        """
        n_samples = self._problem.n_samples
        share = max(1 - self._best, 0.5 / n_samples)
        error = np.sqrt(share * (1 - share) / n_samples)
        return self._best - _STANDARD_ERRORS * error

    def choose(self, last):
        """Give the weights to store.

        Parameters
        ----------
        last : ndarray of shape (layout.size,)
            The latest weights.

        Returns
        -------
        weights : ndarray of shape (layout.size,)
            The chosen, or the latest if no epoch has ended.
        """
        if not self._kept:
            return last
        return max(self._kept, key=lambda kept: kept[0][::-1])[1]


def _is_no_worse(first, second):
    return all(a >= b for a, b in zip(first, second, strict=True))


def split(problem, fraction, seed):
    """Keep a part of the patterns aside, with the same share of each class.

    Parameters
    ----------
    problem : Problem
        All patterns.
    fraction : float
        Part of the patterns to keep aside.
    seed : int
        Seed of the choice.

    Returns
    -------
    training, held_out : Problem
        The two parts.

    Raises
    ------
    ValueError
        If one part would lack a class.
    """
    splitter = StratifiedShuffleSplit(1, test_size=fraction, random_state=seed)
    try:
        parts = next(splitter.split(problem.labels, problem.labels))
    except ValueError as error:
        rare = int(min(np.sum(problem.labels < 0), np.sum(problem.labels > 0)))
        raise ValueError(
            f"validation_fraction={fraction} of {problem.n_samples} samples, {rare} of "
            "them in the rarer class, cannot be kept aside with both classes in both "
            "parts: pass more samples, another fraction, or early_stopping=False."
        ) from error
    return tuple(problem.subset(np.sort(rows)) for rows in parts)
