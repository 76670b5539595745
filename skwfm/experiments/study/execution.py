"""Tasks executed many at a time, in a place of their own, and kept once finished."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import NamedTuple, Protocol

from skwfm._warn import warn
from skwfm.experiments.isolation import (
    end_with,
    interrupt_wins,
    recorded_warnings,
    single_thread,
    task_output,
)
from skwfm.experiments.study.storage import RunStore


class Task(Protocol):
    """What can be executed anywhere, and whose result can be kept.

    Tasks are pickled to reach their workers.
    """

    def key(self) -> str:
        """Return a hash of all that the result depends on."""

    def words(self) -> str:
        """Return what messages call the task."""

    def prepared(self) -> Task:
        """Return the task with all that is better done once, before the dispatch."""

    def execute(self) -> object:
        """Return the result, that of a failure included."""

    def to_record(self, result: object) -> dict | None:
        """Return what is kept of a result.

        Parameters
        ----------
        result : object
            As of `execute`.

        Returns
        -------
        record : dict or None
            For JSON; None to try again next time.
        """

    def from_record(self, record: dict) -> object:
        """Restore a result.

        Parameters
        ----------
        record : dict
            As of `to_record`.

        Returns
        -------
        result : object
            As of `execute`.

        Raises
        ------
        ValueError, TypeError, KeyError
            If the record is damaged.
        """


class Executed(NamedTuple):
    """Results in the order of the tasks, and how many were there before."""

    results: list
    n_reused: int


def execute_all(
    tasks: Sequence[Task],
    store: RunStore,
    n_jobs: int = -1,
    progress: Callable[[int, int, object], None] | None = None,
) -> Executed:
    """Execute the tasks whose results are not in the store.

    Parameters
    ----------
    tasks : sequence of Task
        What to do; equal keys are executed once.
    store : RunStore
        Where results are kept, each as soon as it is there.
    n_jobs : int, default=-1
        Tasks at a time, in the way that ``joblib.parallel_config`` chooses.
    progress : callable, default=None
        Called with (number of finished tasks, number of tasks, last result or None),
        first for those found in the store.

    Returns
    -------
    executed : Executed
        Results and the number of those taken from the store.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C; finished results stay in the store, unfinished ones are lost.
    Exception
        What a task raised, or the store; or that a worker has died. A note says what is
        kept and how to go on.
    """
    keys = [task.key() for task in tasks]
    by_key = dict(zip(keys, tasks, strict=True))
    found = {key: restored(task, key, store) for key, task in by_key.items()}
    done = {key: result for key, result in found.items() if result is not None}
    n_reused, tell = len(done), progress or (lambda *told: None)
    tell(n_reused, len(by_key), None)
    missing = {key: task for key, task in by_key.items() if key not in done}
    # Outermost: scikit-learn gives each task the filters of warnings found here.
    with single_thread(), recorded_warnings() as caught:
        try:
            for key, result in _dispatch(missing, store, n_jobs):
                done[key] = result
                tell(len(done), len(by_key), result)
        except Exception as error:
            error.add_note(_what_is_kept(by_key, done, store))
            if isinstance(error, BrokenProcessPool):
                error.add_note(_under_way(missing, done, store, n_jobs))
            raise
    for message in caught:
        warn(message)
    return Executed([done[key] for key in keys], n_reused)


def _what_is_kept(tasks, done, store):
    """Say how many results are there, and how to go on from them."""
    if store.folder is None:
        return (
            f"{len(done)} of {len(tasks)} runs were finished and are lost: give a "
            "cache, a folder that keeps them."
        )
    # Some may have been stored without coming back.
    n_kept = sum(map(store.has, tasks))
    return (
        f"{n_kept} of {len(tasks)} runs were finished and are kept in {store.folder}: "
        "start again with the same cache to go on from there."
    )


def _under_way(missing, done, store, n_jobs):
    """Name the tasks that a worker which died may have been at."""
    from joblib import effective_n_jobs

    # They are taken in this order.
    left = [k for k in missing if k not in done and not store.has(k)]
    taken = [missing[key].words() for key in left[: effective_n_jobs(n_jobs)]]
    return (
        f"Under way were probably: {'; '.join(taken)}. With n_jobs=1 there are no "
        "workers, and less memory is needed."
    )


def restored(task: Task, key: str, store: RunStore) -> object:
    """Return the stored result of a task, or None.

    Parameters
    ----------
    task : Task
        The task.
    key : str
        Its key.
    store : RunStore
        Where results are kept.

    Returns
    -------
    result : object
        None as well for a damaged record.

    Warns
    -----
    UserWarning
        If the record is damaged.
    """
    record = store.load(key)
    if record is None:
        return None
    try:
        return task.from_record(record)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        warn(
            f"{store.folder / key}.json is damaged ({error}); the run is repeated.",
        )
        return None


def _dispatch(missing, store, n_jobs):
    """Yield (key, result) as the missing tasks finish."""
    from sklearn.utils.parallel import Parallel, delayed

    # One task per batch: a finished one is reported and stored at once.
    pool = Parallel(n_jobs=n_jobs, return_as="generator_unordered", batch_size=1)
    return pool(
        delayed(_finish_keyed)(task.prepared(), key, store, os.getpid())
        for key, task in missing.items()
    )


def _finish_keyed(task, key, store, study_pid):
    return key, finish(task, key, store, study_pid)


def finish(task: Task, key: str, store: RunStore, study_pid: int) -> object:
    """Execute a task and keep its result, in a worker or in the study's own process.

    Parameters
    ----------
    task : Task
        What to do, unless another study of the same store has done it by now.
    key : str
        Its key.
    store : RunStore
        Where to keep the result.
    study_pid : int
        Process of the study, which alone reacts to Ctrl-C.

    Returns
    -------
    result : object
        As of ``task.execute()``.
    """
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid == study_pid:
        end_with(study_pid)
    found = restored(task, key, store)
    if found is not None:
        return found
    with single_thread(), interrupt_wins(os.getpid() == study_pid), task_output():
        result = task.execute()
    record = task.to_record(result)
    if record is not None:
        store.save(key, record)
    return result
