"""Machines whose units have different numbers of votes."""

import numpy as np

from skwfm.architectures import Architecture


class WeightedVote(Architecture):
    """A committee whose units have one vote or more.

    Parameters
    ----------
    n_hidden : int, default=9
        Number of units, also even.
    votes : sequence of int or None, default=None
        Positive votes of the units, an odd number in all, so that there are no ties.
        None gives each unit one vote, and the first unit two if ties were possible.
    """

    mirror_sign = -1
    is_monotone = True

    def __init__(self, n_hidden=9, votes=None):
        super().__init__(n_hidden)
        self.votes = votes
        counts = np.asarray(self._votes)
        are_counts = counts.shape == (n_hidden,) and counts.dtype.kind in "iu"
        if not are_counts or counts.min() < 1 or counts.sum() % 2 == 0:
            raise ValueError(
                f"votes={votes!r}: give {n_hidden} positive integers, one for each "
                "unit, whose sum is odd."
            )

    @property
    def _votes(self):
        if self.votes is not None:
            return np.asarray(self.votes)
        votes = np.ones(self.n_hidden, dtype=int)
        votes[0] += self.n_hidden % 2 == 0
        return votes

    def receptive_fields(self, n_features):
        return [np.arange(n_features)] * self.n_hidden

    def output(self, hidden):
        return np.where(hidden @ self._votes > 0, 1.0, -1.0)

    def decision(self, hidden):
        return hidden @ self._votes / np.linalg.norm(self._votes)

    def smooth(self, fields, beta, order=1):
        states = np.tanh(beta * fields)
        votes = (self._votes / np.linalg.norm(self._votes)).astype(fields.dtype)
        slopes = beta * (1 - states**2) * votes
        curvature = (-2 * beta * states * slopes)[:, :, np.newaxis]
        curvature = curvature * np.eye(self.n_hidden)
        return (states @ votes, slopes, curvature)[: order + 1]

    def unit_to_fix(self, fields, labels):
        """Choose the unit that votes against the label at least cost per vote."""
        against = np.where(fields >= 0, 1, -1) != labels[:, np.newaxis]
        return np.where(against, np.abs(fields) / self._votes, np.inf).argmin(axis=1)

    def channel(self, mean, var, labels):
        # Numba takes half a second to import: only message passing waits for it.
        from skwfm_robust.channel import weighted_channel

        return weighted_channel(mean, var, labels, self._votes)


class WindowedVote(WeightedVote):
    """A weighted vote of units that look at overlapping windows of the inputs.

    Parameters
    ----------
    n_hidden : int, default=9
        Number of units.
    votes : sequence of int or None, default=None
        As in `WeightedVote`.
    overlap : float, default=0.5
        Inputs that a window has beyond its share of all, as a part of this share.
    """

    def __init__(self, n_hidden=9, votes=None, overlap=0.5):
        super().__init__(n_hidden, votes)
        self.overlap = overlap
        if not overlap >= 0:
            raise ValueError(f"overlap={overlap!r}: pass a number >= 0.")

    def receptive_fields(self, n_features):
        if n_features < self.n_hidden:
            raise ValueError(
                f"{self.n_hidden} windows need as many inputs, got {n_features}: lower "
                "n_hidden."
            )
        share = (1 + self.overlap) * n_features / self.n_hidden
        width = min(n_features, int(np.ceil(share)))
        starts = np.linspace(0, n_features - width, self.n_hidden).round().astype(int)
        return [np.arange(start, start + width) for start in starts]
