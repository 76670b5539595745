"""Tasks executed many at a time, in a place of their own, and kept once finished."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import cache
from typing import NamedTuple, Protocol

from skwfm.experiments.study.storage import RunStore


class Task(Protocol):
    """What can be executed anywhere, and whose result can be kept.

    Tasks are pickled to reach their workers.
    """

    def key(self) -> str:
        """Return a hash of all that the result depends on."""

    def prepared(self) -> Task:
        """Return the task with all that is better done once, before the dispatch."""

    def execute(self) -> object:
        """Return the result, that of a failure included."""

    def to_record(self, result: object) -> dict | None:
        """Return what is kept of a result, for JSON; None to try again next time."""

    def from_record(self, record: dict) -> object:
        """Restore a result; ValueError, TypeError or KeyError if it is damaged."""


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
    """
    keys = [task.key() for task in tasks]
    by_key = dict(zip(keys, tasks, strict=True))
    found = {key: restored(task, key, store) for key, task in by_key.items()}
    done = {key: result for key, result in found.items() if result is not None}
    n_reused, tell = len(done), progress or (lambda *told: None)
    tell(n_reused, len(by_key), None)
    missing = {key: task for key, task in by_key.items() if key not in done}
    # Outermost: scikit-learn gives each task the filters of warnings found here.
    with _single_thread(), recorded_warnings() as caught:
        for key, result in _dispatch(missing, store, n_jobs):
            done[key] = result
            tell(len(done), len(by_key), result)
    for message in caught:
        warnings.warn(message, stacklevel=2)
    return Executed([done[key] for key in keys], n_reused)


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
        warnings.warn(
            f"{store.folder / key}.json is damaged ({error}); the run is repeated.",
            stacklevel=2,
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
        _end_with(study_pid)
    found = restored(task, key, store)
    if found is not None:
        return found
    # Standard output is for results: what an algorithm prints goes to standard error.
    with (
        _single_thread(),
        _interrupt_wins(os.getpid() == study_pid),
        redirect_stdout(sys.stderr),
    ):
        result = task.execute()
    record = task.to_record(result)
    if record is not None:
        store.save(key, record)
    return result


@cache
def _end_with(study_pid):
    """End this worker if the study is killed, which then cannot end it."""

    def end_if_killed():
        if os.getppid() != study_pid:
            os._exit(1)

    def watch():
        while True:
            end_if_killed()
            time.sleep(1)

    end_if_killed()  # perhaps before the first task
    threading.Thread(target=watch, daemon=True).start()


class _SingleThread:
    """One BLAS thread while any task runs in this process.

    Sums then have the same order, whatever `n_jobs` is. Threads share the limit: the
    first to come sets it, and the last to leave lifts it.
    """

    def __init__(self):
        self._lock, self._n_inside, self._limits = threading.Lock(), 0, None

    @contextmanager
    def __call__(self):
        from threadpoolctl import threadpool_limits

        with self._lock:
            self._n_inside += 1
            if self._n_inside == 1:
                self._limits = threadpool_limits(limits=1)
        try:
            yield
        finally:
            with self._lock:
                self._n_inside -= 1
                if self._n_inside == 0:
                    self._limits.restore_original_limits()


_single_thread = _SingleThread()


class _Recorder:
    """Record all warnings of a block, in each thread its own.

    ``warnings.catch_warnings`` changes the filters of all threads, and puts them back
    in the order in which the threads happen to end. Here the first block to come
    changes them, and the last to leave puts them back. What other code in the threads
    does to the filters may still lose a warning, but never makes a run fail.
    """

    def __init__(self):
        self._lock, self._n_inside, self._own = threading.Lock(), 0, threading.local()

    @contextmanager
    def __call__(self):
        caught, lists = [], self._lists()
        with self._lock:
            self._n_inside += 1
            if self._n_inside == 1:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.simplefilter("always")
                self._elsewhere = warnings.showwarning
                warnings.showwarning = self._note
        lists.append(caught)
        try:
            yield caught
        finally:
            lists.pop()
            with self._lock:
                self._n_inside -= 1
                if self._n_inside == 0:
                    self._filters.__exit__(None, None, None)

    def _lists(self):
        """Lists of the blocks that this thread is in, the innermost last."""
        return self._own.__dict__.setdefault("lists", [])

    def _note(self, message, *where, **how):
        lists = self._lists()
        if lists:
            lists[-1].append(message)
        else:
            self._elsewhere(message, *where, **how)


recorded_warnings = _Recorder()


@contextmanager
def _interrupt_wins(in_study):
    """Raise KeyboardInterrupt at the end even if ``fit`` caught it.

    On Ctrl-C several classifiers, such as MLPClassifier, return what they have; such a
    half-trained model must not count as a finished run. Workers ignore Ctrl-C: the
    study ends them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    noted = []

    def note(signum, frame):
        noted.append(signum)
        raise KeyboardInterrupt

    if not in_study:
        # Never restored: an idle worker would print a traceback on Ctrl-C.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        yield
        return
    previous = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if noted:
        raise KeyboardInterrupt
