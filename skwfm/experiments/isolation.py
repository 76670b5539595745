"""What keeps tasks that run at the same time from each other, and from the study."""

import os
import signal
import sys
import threading
import time
import warnings
from contextlib import contextmanager
from functools import cache


@cache
def end_with(study_pid):
    """End this worker if the study is killed, which then cannot end it.

    Parameters
    ----------
    study_pid : int
        Process of the study.
    """

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


single_thread = _SingleThread()


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


class _TaskOutput:
    """Send to standard error what tasks print: standard output is for results.

    ``contextlib.redirect_stdout`` changes `sys.stdout` for all threads, and the last of
    them to leave puts back what it found, which may be the redirection of another. Here
    the first block to come changes it, the last to leave puts it back, and threads that
    are in no task go on printing where they did.
    """

    def __init__(self):
        self._lock = threading.Lock()
        # Threads in a block, once for each; and those that were there before the first.
        self._inside, self._before = [], frozenset()

    @contextmanager
    def __call__(self):
        thread = threading.current_thread()
        with self._lock:
            if not self._inside:
                self._before = frozenset(threading.enumerate())
                self._stream = _ByThread(self, sys.stdout)
                if sys.stdout is not None:  # as in a program without a console
                    sys.stdout = self._stream
            self._inside.append(thread)
        try:
            yield
        finally:
            with self._lock:
                self._inside.remove(thread)
                # Unless somebody has put another one in its place.
                if not self._inside and sys.stdout is self._stream:
                    sys.stdout = self._stream.elsewhere

    def is_of_task(self):
        """Whether the current thread is in a task, or one that a task has started.

        Returns
        -------
        is_of_task : bool
            False if no task runs.
        """
        inside, thread = self._inside, threading.current_thread()
        return thread in inside or (bool(inside) and thread not in self._before)


class _ByThread:
    """A stream that is standard error in tasks, and `elsewhere` in other threads."""

    def __init__(self, output, elsewhere):
        # What a block left behind, because something else was in its place.
        while isinstance(elsewhere, _ByThread):
            elsewhere = elsewhere.elsewhere
        self._output, self.elsewhere = output, elsewhere

    def __getattr__(self, name):
        to_stderr = self._output.is_of_task() and sys.stderr is not None
        return getattr(sys.stderr if to_stderr else self.elsewhere, name)


task_output = _TaskOutput()


@contextmanager
def interrupt_wins(in_study):
    """Raise KeyboardInterrupt at the end even if ``fit`` caught it.

    On Ctrl-C several classifiers, such as MLPClassifier, return what they have; such a
    half-trained model must not count as a finished run. Workers ignore Ctrl-C: the
    study ends them.

    Parameters
    ----------
    in_study : bool
        Whether this is the process of the study.
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
