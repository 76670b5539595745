"""One fit of real_tables.py in a process of its own, which is ended at a limit."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import warnings
from pathlib import Path

import numpy as np
from _table_rivals import estimator_of
from sklearn.metrics import balanced_accuracy_score, log_loss
from threadpoolctl import threadpool_limits

N_BINS = 15
# How often a thread that waits for its child looks whether all shall end.
_LOOK = 0.25
# A child outlives its limits only if the runner was killed; then it ends itself.
_GRACE = 30
# Limits are of processor time, which a busy machine does not change. By the clock a fit
# may take so many times as long.
_SLOWEST = 20
# Seconds in which a child has begun, on a machine that is busy otherwise.
_LONGEST_START = 600.0
# Lists of children that multiprocessing keeps are not made for threads.
_STARTING = threading.Lock()


class Stopped(Exception):
    """The runner was interrupted."""


def calibration_error(proba: np.ndarray, is_right: np.ndarray) -> float:
    """Compute the expected calibration error of the most probable class.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities.
    is_right : ndarray of bool, shape (n_samples,)
        Whether the most probable class is the right one.

    Returns
    -------
    error : float
        Mean over patterns of the distance between accuracy and confidence in their
        bin, one of `N_BINS` of equal width.
    """
    confidence = proba.max(axis=1)
    bins = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    excess = np.bincount(bins, confidence - is_right, minlength=N_BINS)
    return float(np.abs(excess).sum() / len(confidence))


def probability_scores(proba, y_test, classes):
    """Score probabilities: log loss and calibration error.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities.
    y_test : ndarray of shape (n_samples,)
        Labels.
    classes : ndarray of shape (n_classes,)
        What the columns stand for.

    Returns
    -------
    scores : dict
        ``log_loss`` in nats, ``calibration_error``.

    Raises
    ------
    ValueError
        If a probability is not finite.
    """
    if not np.isfinite(proba).all():
        raise ValueError("predict_proba gave NaN or infinity")
    is_right = classes[proba.argmax(axis=1)] == y_test
    return {
        "log_loss": float(log_loss(y_test, proba, labels=classes)),
        "calibration_error": calibration_error(proba, is_right),
    }


def _child(answers, path, name, seed, limit):
    """Fit, answer and score; send what is known as soon as it is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the runner ends its children
    signal.alarm(int(2 * limit * _SLOWEST + _GRACE))
    with np.load(path) as fold:
        X_train, y_train, X_test, y_test = (fold[k] for k in fold.files)
    found = {}
    answers.send({"status": "started"})
    # SIGPROF ends the process, whatever it computes.
    signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        with threadpool_limits(limits=1), warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            estimator = estimator_of(name, seed)
            start = time.process_time()
            estimator.fit(X_train, y_train)
            found["seconds"] = time.process_time() - start
            predicted = estimator.predict(X_test)
            found["balanced_accuracy"] = float(
                balanced_accuracy_score(y_test, predicted)
            )
            found["warnings"] = list(dict.fromkeys(str(w.message) for w in said))[:3]
            answers.send(found | {"status": "no probabilities in time"})
            signal.setitimer(signal.ITIMER_PROF, limit)
            proba = estimator.predict_proba(X_test)
            found |= probability_scores(proba, y_test, estimator.classes_)
        answers.send(found | {"status": "ok"})
    except Exception as error:
        status = "no probabilities" if "seconds" in found else "failed"
        reason = f"{type(error).__name__}: {error}"
        answers.send(found | {"status": status, "reason": reason})


def context():
    """Return the way children are started: from a server that has imported it all.

    Returns
    -------
    context : multiprocessing context
        A fork of the runner itself would copy the locks of its threads.
    """
    here = str(Path(__file__).parent)
    known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    # The server looks for modules there, not beside the script.
    os.environ["PYTHONPATH"] = os.pathsep.join(
        dict.fromkeys([here, *filter(None, known)])
    )
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["_table_fits", "skwfm"])
    return found


def fit_within(context, path, name: str, seed: int, limit: float, stop) -> dict:
    """Fit one algorithm on one fold.

    Parameters
    ----------
    context : multiprocessing context
        As of `context`.
    path : Path
        NPZ file with X_train, y_train, X_test, y_test.
    name : str
        The algorithm.
    seed : int
        Its seed.
    limit : float
        Processor seconds for the fit with its answers, and again for probabilities.
    stop : threading.Event
        Set if all shall end.

    Returns
    -------
    found : dict
        ``status`` is "ok", "no probabilities", "no probabilities in time", "failed",
        "time-out" or "died".

    Raises
    ------
    Stopped
        If `stop` was set; nothing is known then.
    """
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(
        target=_child, args=(theirs, str(path), name, seed, limit), daemon=True
    )
    with _STARTING:
        child.start()
    theirs.close()
    first = None
    try:
        # The server may have to import everything before the first child starts.
        _receive(ours, _LONGEST_START, stop)
        first = _receive(ours, _SLOWEST * limit, stop)
        if first is None or first["status"] != "no probabilities in time":
            return first or _time_out(limit)
        return _receive(ours, _SLOWEST * limit, stop) or first
    except EOFError:
        child.join()
        if child.exitcode == -signal.SIGPROF:
            return first or _time_out(limit)
        return {"status": "died", "reason": "the process ended, perhaps out of memory"}
    finally:
        child.kill()
        child.join()


def _time_out(limit):
    return {"status": "time-out", "reason": f"more than {limit:g} processor seconds"}


def _receive(ours, limit, stop: threading.Event):
    end = time.monotonic() + limit
    while (left := end - time.monotonic()) > 0:
        if ours.poll(min(_LOOK, left)):
            return ours.recv()
        if stop.is_set():
            raise Stopped
    return None
