"""Relaxed belief propagation: one message per edge between a pattern and a weight.

A pattern sends weight i the linear term ``x g + x^2 Gamma m`` and the precision
``x^2 Gamma``, m being the weight's mean without that pattern's own message, g and Gamma
the channel at the fields that these means give. Costs a double per edge where amp costs
one per weight; the two agree for many weights.
"""

from dataclasses import dataclass

import numpy as np

from skwfm._checks import is_one_of
from skwfm._kernels import messages as kernels
from skwfm._shown import shown
from skwfm.inference.engines.base import START_NOISE, Engine
from skwfm.inference.ties import tie_thresholds

# Patterns updated together: few, so that the schedule is nearly sequential and the
# means of a chunk stay in cache; enough, so that calling the channel costs little.
_CHUNK = 32
_SCHEDULES = ("sequential", "parallel")


@dataclass
class BPState:
    """Messages of a bp run.

    Parameters
    ----------
    linear : ndarray of shape (n_samples, size)
        Linear terms from patterns to packed weights.
    gamma : ndarray of shape (n_samples, n_hidden)
        Their precisions, divided by x^2.
    """

    linear: np.ndarray
    gamma: np.ndarray


class BPEngine(Engine):
    """Relaxed belief propagation on one problem.

    Parameters
    ----------
    factors, prior, state : object
        See `Engine`.
    rng : numpy.random.Generator, default=None
        If given, a fresh start is noisy and the sequential schedule visits the patterns
        in random order.
    schedule : {"sequential", "parallel"}, default="sequential"
        Whether patterns see what those before them sent in the same sweep, in chunks
        of 32, or what all sent in the sweep before.

    Raises
    ------
    TypeError
        If the prior has no `linear` and `precision`.
    ValueError
        If the schedule is unknown.
    """

    name = "bp"
    options = ("schedule",)
    state = None

    def __init__(self, factors, prior, state=None, rng=None, *, schedule="sequential"):
        if not is_one_of(schedule, _SCHEDULES):
            raise ValueError(
                f"schedule={shown(schedule)} is unknown: pass 'sequential' or"
                " 'parallel'."
            )
        super().__init__(factors, prior)
        self._rng, self._schedule = rng, schedule
        self._x = _scaled_inputs(factors)
        self._thresholds = tie_thresholds(factors, prior)
        self._allocate(_CHUNK)
        if state is None:
            self.state = self._fresh_state()
        else:
            # Sweeps work in place; what is given belongs to an earlier result.
            self.state = BPState(state.linear.copy(), state.gamma.copy())
        self._linear = self.state.linear.sum(axis=0)[factors.layout.places]
        self._precision = factors.precisions(self.state.gamma)
        self.mean, self.variance = prior.moments(self._linear, self._precision)
        if prior.linear is None or prior.precision is None:
            raise TypeError(
                "method='bp' needs `linear` and `precision` of a prior, which "
                f"`moments` of {type(prior).__name__} does not set: let it set them, "
                "or use another engine."
            )

    def _allocate(self, n_rows):
        size, n_hidden = self.factors.layout.size, self.factors.n_hidden
        self._means = np.empty((n_rows, size))
        self._omega = np.empty((n_rows, n_hidden))
        self._variances = np.empty((n_rows, n_hidden))

    def weights(self):
        return self.mean, self.variance

    def _fresh_state(self):
        shape = self.factors.n_samples, self.factors.n_hidden
        linear = np.zeros((shape[0], self.factors.layout.size))
        if self._rng is not None:
            # Spread over the patterns: their sum has the size of the noise.
            size = START_NOISE / np.sqrt(shape[0])
            places = self.factors.layout.places
            draws = self._rng.normal(size=(shape[0], len(places)))
            linear[:, places] = size * draws
        return BPState(linear, np.zeros(shape))

    def _totals(self):
        """Messages and prior added up, packed; the padding has precision 1."""
        factors, prior = self.factors, self.prior
        precision = np.ones(factors.layout.size)
        precision[factors.layout.places] = self._precision + prior.precision
        return factors.layout.pack(self._linear + prior.linear), precision

    def _cavities(self, rows, linear, precision):
        """Run the channel on the fields of each pattern, its own messages left out."""
        n_bad = kernels.cavities(
            self._x, rows, self.state.linear, self.state.gamma, linear, precision,
            self.factors.layout.groups, self.prior.is_binary, self._means,
            self._omega, self._variances,
        )  # fmt: skip
        if n_bad:
            raise FloatingPointError("a weight without one pattern has no norm")
        n = len(rows)
        self._omega[:n] -= self._thresholds[rows]
        return self.factors.channel(self._omega[:n], self._variances[:n], rows)

    def _chunks(self):
        rows = np.arange(self.factors.n_samples)
        if self._rng is not None and self._schedule == "sequential":
            rows = self._rng.permutation(rows)
        return [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]

    def sweep(self, damping):
        seen = linear, precision = self._totals()
        if self._schedule == "parallel":
            seen = linear.copy(), precision.copy()
        for rows in self._chunks():
            _, g, gamma = self._cavities(rows, *seen)
            kernels.absorb(
                self._x, rows, self._means, g, gamma, damping,
                self.factors.layout.groups, self.state.linear, self.state.gamma,
                linear, precision,
            )  # fmt: skip
        return self._update_marginals(linear, precision) / (1 - damping)

    def _update_marginals(self, linear, precision):
        places, before = self.factors.layout.places, self.mean
        self._linear = linear[places] - self.prior.linear
        self._precision = precision[places] - self.prior.precision
        self.mean, self.variance = self.prior.moments(self._linear, self._precision)
        return np.abs(self.mean - before).max()

    def log_evidence(self):
        totals = self._totals()
        log_z = self.prior.log_partition(self._linear, self._precision)
        rows = np.arange(self.factors.n_samples)
        for start in range(0, len(rows), len(self._means)):
            chunk = rows[start : start + len(self._means)]
            log_z += self._cavities(chunk, *totals)[0].sum()
            log_z -= self._log_edges(chunk, *totals)
        return log_z

    def cavity(self):
        totals = self._totals()
        moments = np.empty((2, self.factors.n_samples, self.factors.n_hidden))
        rows = np.arange(self.factors.n_samples)
        for start in range(0, len(rows), len(self._means)):
            chunk = rows[start : start + len(self._means)]
            self._cavities(chunk, *totals)
            moments[0, chunk] = self._omega[: len(chunk)]
            moments[1, chunk] = self._variances[: len(chunk)]
        return moments

    def _log_edges(self, rows, linear, precision):
        """Sum of log E[message] under the cavities of some patterns."""
        places = self.factors.layout.places
        linear, precision = linear[places], precision[places]
        cavity = linear - self.state.linear[rows][:, places]
        # Precision of the messages, x^2 Gamma, in the flat order of the weights.
        message = self._x[rows][:, self.factors.layout.columns] ** 2 * np.repeat(
            self.state.gamma[rows], self.factors.unit_sizes, axis=1
        )
        if self.prior.is_binary:
            logs = np.logaddexp(linear, -linear) - np.logaddexp(cavity, -cavity)
            return np.sum(logs - message / 2)
        rest = precision - message
        logs = np.log(rest / precision) + linear**2 / precision - cavity**2 / rest
        return np.sum(logs) / 2


def _scaled_inputs(factors):
    """Inputs over sqrt(n_l), packed by receptive field, zero in the padding."""
    groups = factors.layout.groups
    last = groups[-1]
    x = np.zeros((factors.n_samples, int(last[0] + last[2])))
    for group, (column, length, *_) in enumerate(groups):
        x[:, column : column + length] = factors.group_inputs(group)
    return x
