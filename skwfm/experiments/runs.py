"""One run: one algorithm trained and tested on the split of one seed."""

import os
import signal
import threading
import time
import traceback
import warnings
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields

import joblib
import numpy as np
import sklearn

from skwfm import __version__
from skwfm.experiments.storage import RunStore

# Points kept of a learning curve: more than a figure of this width can show.
CURVE_POINTS = 240


@dataclass(frozen=True)
class Run:
    """Outcome of one run.

    Parameters
    ----------
    algorithm : str
        Name of the contestant.
    family : {"committee", "standard"}
        Kind of algorithm.
    seed : int
        Seed of the split and of the algorithm.
    status : {"ok", "failed"}
        Whether training and testing went through.
    reason : str
        Why it failed.
    n_epochs : int or None
        Passes over the training patterns, for algorithms that make such passes.
    n_train, n_test : int or None
        Number of training and of test patterns.
    n_train_errors : int or None
        Training patterns the trained model gets wrong.
    test_accuracy : float or None
        Share of the test patterns answered right.
    balanced_accuracy : float or None
        Mean over the two classes of the share answered right.
    seconds : float or None
        Wall-clock time of ``fit``, on one BLAS thread.
    warnings : tuple of str
        Warnings raised while training.
    curve : tuple of (epoch, loss) pairs
        Learning curve, thinned evenly in the logarithm of the epoch.
    first_unit : tuple of float
        Weights of the first hidden unit.
    """

    algorithm: str
    family: str
    seed: int
    status: str
    reason: str = ""
    n_epochs: int | None = None
    n_train: int | None = None
    n_train_errors: int | None = None
    n_test: int | None = None
    test_accuracy: float | None = None
    balanced_accuracy: float | None = None
    seconds: float | None = None
    warnings: tuple = ()
    curve: tuple = field(default=(), repr=False)
    first_unit: tuple = field(default=(), repr=False)

    def row(self):
        """Return the scalar fields by name: one line of the CSV file.

        Returns
        -------
        record : dict
            Value of every column.
        """
        record = {column: getattr(self, column) for column in COLUMNS}
        return {**record, "warnings": " | ".join(self.warnings)}


# Columns of the CSV file and keys of the runs in the JSON file.
COLUMNS = tuple(f.name for f in fields(Run) if f.name not in {"curve", "first_unit"})


def run_key(contestant, source, seed):
    """Return what identifies a run: equal keys give equal results.

    Parameters
    ----------
    contestant : Contestant
        The algorithm and its parameters.
    source : Source
        The patterns.
    seed : int
        Seed of the run.

    Returns
    -------
    key : str
        Hash over parameters, patterns, seed and versions.
    """
    estimator = contestant.seeded(seed)
    return RunStore.key(
        algorithm=contestant.name,
        family=contestant.family,
        version=contestant.version,
        estimator=joblib.hash(estimator),
        data=source.digest,
        seed=seed,
        skwfm=__version__,
        sklearn=sklearn.__version__,
    )


def restore_run(store, key):
    """Return a stored run, or None.

    Parameters
    ----------
    store : RunStore
        Where runs are kept.
    key : str
        As returned by `run_key`.

    Returns
    -------
    run : Run or None
        The finished run.
    """
    record = store.load(key)
    if record is None:
        return None
    pairs = tuple(tuple(pair) for pair in record.pop("curve"))
    tuples = {name: tuple(record.pop(name)) for name in ("warnings", "first_unit")}
    return Run(**record, **tuples, curve=pairs)


def execute_run(contestant, source, seed, store, key, study_pid):
    """Train, test and store one run. Executed in a worker process or in line.

    Parameters
    ----------
    contestant : Contestant
        The algorithm.
    source : Source
        The patterns.
    seed : int
        Seed of the run.
    store : RunStore
        Where a successful run is kept; failed ones are tried again next time.
    key : str
        As returned by `run_key`.
    study_pid : int
        Process of the study, which alone reacts to Ctrl-C.

    Returns
    -------
    run : Run
        The outcome; an exception of the algorithm becomes a failed run.
    """
    with _single_thread(), _interrupt_wins(os.getpid() == study_pid):
        try:
            run = _measure(contestant, source.split(seed), seed)
        except Exception as error:
            reason = "".join(traceback.format_exception_only(error)).strip()
            return Run(contestant.name, contestant.family, seed, "failed", reason)
    store.save(key, asdict(run))
    return run


def _single_thread():
    """One BLAS thread: the same sums in the same order whatever n_jobs is."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)


@contextmanager
def _interrupt_wins(in_study):
    """Raise KeyboardInterrupt at the end even if ``fit`` swallowed it.

    Several classifiers, MLPClassifier among them, answer Ctrl-C by returning what
    they have; such a half-trained model must not count as a finished run. Workers
    ignore Ctrl-C: the study ends them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    noted = []

    def note(signum, frame):
        noted.append(signum)
        raise KeyboardInterrupt

    if not in_study:
        # For good: an idle worker would answer Ctrl-C with a traceback.
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


def _measure(contestant, split, seed):
    estimator = contestant.seeded(seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = time.perf_counter()
        estimator.fit(split.X_train, split.y_train)
        seconds = time.perf_counter() - start
    model = _last_step(estimator)
    if getattr(model, "status_", None) == "interrupted":
        raise KeyboardInterrupt
    return Run(
        algorithm=contestant.name,
        family=contestant.family,
        seed=seed,
        status="ok",
        seconds=seconds,
        warnings=_messages(caught),
        curve=_thinned(getattr(model, "loss_curve_", ())),
        first_unit=_first_unit(model),
        n_epochs=_n_epochs(model),
        **_scores(estimator, split),
    )


def _last_step(estimator):
    return estimator[-1] if hasattr(estimator, "named_steps") else estimator


def _messages(caught):
    texts = (" ".join(str(warning.message).split()) for warning in caught)
    return tuple(dict.fromkeys(texts))


def _scores(estimator, split):
    from sklearn.metrics import accuracy_score, balanced_accuracy_score

    predicted = estimator.predict(split.X_test)
    on_training = estimator.predict(split.X_train)
    return {
        "n_train": len(split.y_train),
        "n_train_errors": int(np.sum(on_training != split.y_train)),
        "n_test": len(split.y_test),
        "test_accuracy": float(accuracy_score(split.y_test, predicted)),
        "balanced_accuracy": float(balanced_accuracy_score(split.y_test, predicted)),
    }


def _n_epochs(model):
    """Only models that record a loss per epoch have epochs to count."""
    if not hasattr(model, "loss_curve_"):
        return None
    return int(np.max(model.n_iter_))


def _thinned(curve):
    """Keep at most CURVE_POINTS points, evenly spread in log(epoch)."""
    n = len(curve)
    if n == 0:
        return ()
    chosen = np.unique(np.geomspace(1, n, min(n, CURVE_POINTS)).round().astype(int))
    return tuple((int(epoch), float(curve[epoch - 1])) for epoch in chosen)


def _first_unit(model):
    """Weights of the first hidden unit of a committee machine, else nothing."""
    if not hasattr(model, "architecture_"):
        return ()
    return tuple(round(float(weight), 5) for weight in model.coef_[0])
