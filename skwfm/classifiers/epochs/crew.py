"""Replicas of eLAL, trained in step by threads."""

from __future__ import annotations

import threading
from itertools import pairwise

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from skwfm._kernels import training
from skwfm.classifiers.lal import least_action_step

# Seconds after which a thread that waits for the others gives up with an error.
_LONGEST_WAIT = 600.0


class Crew:
    """Threads that train the replicas in step, the caller's own among them.

    Every thread has a part of the replicas. All meet after each batch, where the last
    to arrive recomputes the mean, summed in an order that knows nothing of threads. The
    threads last as long as the training: starting them takes longer than an epoch.

    Parameters
    ----------
    problem : Problem
        The patterns.
    replicas : ndarray of shape (n_replicas, layout.size)
        Packed weights of each, changed in place.
    eta : float
        Learning rate.
    batch_size : int
        Patterns between two meetings.
    n_threads : int
        Threads.

    Attributes
    ----------
    mean : ndarray of shape (layout.size,)
        Mean of the replicas.
    """

    def __init__(self, problem, replicas, eta, batch_size, n_threads):
        self.problem = problem
        self.replicas = replicas
        self.eta = eta
        self.batch_size = batch_size
        self.mean = np.empty_like(replicas[0])
        bounds = np.linspace(0, len(replicas), n_threads + 1).astype(int)
        self._parts = [slice(*pair) for pair in pairwise(bounds)]
        self._meeting = threading.Barrier(n_threads, self._update_mean, _LONGEST_WAIT)
        self._workers = iter(())
        self._update_mean()

    def _update_mean(self):
        training.replica_mean(self.replicas, self.mean)

    def put_answer(self, answer):
        """Put the weights that the replicas answer with.

        Parameters
        ----------
        answer : ndarray of shape (layout.size,)
            Weights of one replica, or those put before. They become the mean, but stay
            in units whose replicas cancel each other, as those with one input may.
        """
        layout = self.problem.layout
        mean, starts = self.mean[layout.places], [u.start for u in layout.unit_slices]
        is_there = np.logical_or.reduceat(mean != 0, starts)
        is_there = np.repeat(is_there, layout.unit_sizes)
        answer[layout.places[is_there]] = mean[is_there]

    def __enter__(self):
        n_threads = len(self._parts)
        if n_threads > 1:
            # The pool has a thread more than it needs: with one it would not be a pool.
            parallel = Parallel(
                n_jobs=n_threads,
                require="sharedmem",
                pre_dispatch="all",
                batch_size=1,
                return_as="generator_unordered",
            )
            self._workers = parallel(
                delayed(self._work)(part) for part in range(1, n_threads)
            )
        return self

    def __exit__(self, *error):
        self._meeting.abort()
        # Re-raises what a thread met, in place of the broken meeting seen from here.
        for _ in self._workers:
            pass

    def run_epoch(self, orders, coupling):
        """Train all replicas for one epoch.

        Parameters
        ----------
        orders : ndarray of shape (n_replicas, n_samples) of int64
            The order of the patterns for each.
        coupling : float
            Strength of the pull to the mean.

        Returns
        -------
        n_wrong : int
            Errors met, of all replicas.
        """
        self._orders, self._coupling = orders, coupling
        self._n_wrong = [0] * len(self._parts)
        self._meeting.wait()
        self._train_part(0)
        return sum(self._n_wrong)

    def _work(self, part):
        try:
            while True:
                self._meeting.wait()
                self._train_part(part)
        except threading.BrokenBarrierError:
            return
        except BaseException:
            self._meeting.abort()
            raise

    def _train_part(self, part):
        step = _python_batch if self.problem.rule is None else _compiled_batch
        orders = self._orders[self._parts[part]]
        replicas = self.replicas[self._parts[part]]
        for start in range(0, orders.shape[1], self.batch_size):
            n_rows = min(self.batch_size, orders.shape[1] - start)
            self._n_wrong[part] += step(
                self.problem, orders, start, n_rows, replicas, self.mean, self.eta,
                self._coupling,
            )  # fmt: skip
            self._meeting.wait()


def _compiled_batch(problem, orders, start, n_rows, replicas, mean, eta, coupling):
    layout = problem.layout
    scratch = np.empty((n_rows, layout.n_hidden), dtype=problem.dtype)
    return training.elal_batch(
        problem.packed_inputs, problem.labels, orders, start, n_rows, replicas, mean,
        layout.groups, eta, coupling, problem.rule, scratch, problem.relative_weight,
    )  # fmt: skip


def _python_batch(problem, orders, start, n_rows, replicas, mean, eta, coupling):
    n_wrong, pull = 0, np.empty_like(mean)  # vectors are long where inputs are sparse
    for order, weights in zip(orders, replicas, strict=True):
        rows = order[start : start + n_rows]
        n_wrong += least_action_step(problem, weights, rows, eta)
        np.subtract(mean, weights, out=pull)
        pull *= coupling * eta
        weights += pull
        training.normalise(problem.layout.groups, weights)
    return n_wrong
