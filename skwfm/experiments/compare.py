"""The main study: algorithms x seeds on equal splits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from os import PathLike
from typing import NamedTuple

import numpy as np

from skwfm.experiments.comparison import Comparison
from skwfm.experiments.data.sources import Source, dress_coat
from skwfm.experiments.study.contestants import (
    STANDARD,
    Contestant,
    default_names,
    find_contestants,
)
from skwfm.experiments.study.measures import (
    DEFAULT_MEASURES,
    described,
    find_measures,
)
from skwfm.experiments.study.records import COLUMNS, Run
from skwfm.experiments.study.runs import execute_run, restore_run, run_key
from skwfm.experiments.study.storage import RunStore

N_SEEDS, N_SEEDS_QUICK = 10, 3
N_MEASURED, N_MEASURED_QUICK = 3, 1


def compare(
    source: Source | None = None,
    algorithms: Iterable[object] | None = None,
    *,
    measures: Iterable[object] = DEFAULT_MEASURES,
    n_seeds: int = N_SEEDS,
    seed: int = 0,
    n_measured: int = N_MEASURED,
    n_jobs: int = -1,
    cache: str | PathLike | None = None,
    progress: Callable[[int, int, Run | None], None] | None = None,
) -> Comparison:
    """Train algorithms on the same splits and compare what they have learned.

    Parameters
    ----------
    source : Source, default=None
        The patterns. None takes the built-in Dress/Coat images.
    algorithms : iterable of str, Contestant or estimator, default=None
        The algorithms to compare, see `find_contestants`. None takes `default_names`:
        for large tables fBP is left out.
    measures : iterable of str, Measure class or Measure, default=DEFAULT_MEASURES
        What is measured of every trained classifier, see `skwfm.landscape.Measure`; by
        default local entropy, Hessian and noise robustness.
    n_seeds : int, default=10
        Number of seeds; on each there is one split and one run of every algorithm.
    seed : int, default=0
        The first seed; the others follow it.
    n_measured : int, default=3
        Number of seeds, from the first, on which measures that need a committee
        machine are taken, such as local entropy and Hessian; these two take about ten
        seconds per run. Measures of any classifier are taken on all seeds.
    n_jobs : int, default=-1
        Runs at a time; -1 uses every core. Except for times, results do not depend on
        it.
    cache : path-like, default=None
        Folder for finished runs, from which an interrupted comparison continues. None
        keeps nothing.
    progress : callable, default=None
        Called with (number of finished runs, number of runs, last run or None), first
        for the runs found in the cache.

    Returns
    -------
    comparison : Comparison
        Runs, summary and ways to write them.

    Raises
    ------
    TypeError
        If `source` is not a Source.
    ValueError
        If an argument is out of range or an algorithm or a measure is unknown.
    KeyboardInterrupt
        On Ctrl-C; finished runs stay in `cache`, unfinished ones are lost.

    Warns
    -----
    UserWarning
        If `algorithms` is None and the table is too large for fBP.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skwfm.experiments import Source, compare
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> result = compare(
    ...     Source("tumours", X, y), ["LogisticRegression"], n_seeds=2, n_jobs=1
    ... )
    >>> len(result.runs)
    2
    """
    seeds = _seeds(n_seeds, seed)
    if n_measured < 0:
        raise ValueError(f"n_measured must not be negative; got {n_measured}.")
    if n_jobs == 0:
        raise ValueError("n_jobs must not be 0; use 1, or -1 for every core.")
    source = dress_coat() if source is None else source
    if not isinstance(source, Source):
        raise TypeError(
            f"source must be a Source, as read_source gives of a file; got {source!r}. "
            "Algorithms are named by algorithms=[...]."
        )
    if algorithms is None:
        algorithms = default_names(source.problem, n_cells=source.X.size)
    contestants = find_contestants(algorithms, source.problem)
    measures = find_measures(measures, COLUMNS)
    settings = _settings(source, contestants, measures, seeds, seeds[:n_measured])
    if source.problem is None:
        contestants = [contestant.standardised() for contestant in contestants]
    tasks = [
        _Task(member, source, seed, _asked(measures, member, place < n_measured))
        for place, seed in enumerate(seeds)
        for member in contestants
    ]
    runs, n_reused = _run_all(
        tasks, RunStore(cache), n_jobs, progress or (lambda *told: None)
    )
    reference = _reference([contestant.name for contestant in contestants])
    return Comparison(runs, settings, reference, n_reused, source.image_shape)


def _seeds(n_seeds, seed):
    if n_seeds < 1:
        raise ValueError(f"n_seeds must be at least 1; got {n_seeds}.")
    if not 0 <= seed <= 2**32 - n_seeds:
        raise ValueError(f"seed must lie in [0, 2**32 - n_seeds]; got {seed}.")
    return list(range(seed, seed + n_seeds))


def _asked(measures, contestant, is_measured):
    """Return all measures on the measured seeds, else those of any classifier.

    Standard methods are asked for all on every seed: that they have none costs nothing.
    """
    if is_measured or contestant.family == STANDARD:
        return measures
    return [measure for measure in measures if measure.needs == "classifier"]


def _reference(names):
    """Choose LAL, which does not look for wide minima, if it takes part."""
    return next((name for name in ("LAL", "lal") if name in names), names[0])


class _Task(NamedTuple):
    contestant: Contestant
    source: Source
    seed: int
    measures: list


def _run_all(tasks, store, n_jobs, progress):
    """Return all runs in the order of the tasks, and how many came from the store."""
    keys = [run_key(*task) for task in tasks]
    found = {key: restore_run(store, key) for key in keys}
    done = {key: run for key, run in found.items() if run is not None}
    n_reused = len(done)
    progress(n_reused, len(tasks), None)
    missing = {key: t for key, t in zip(keys, tasks, strict=True) if key not in done}
    for key, run in _execute(missing, store, n_jobs):
        done[key] = run
        progress(len(done), len(tasks), run)
    return [done[key] for key in keys], n_reused


def _execute(missing, store, n_jobs):
    """Yield (key, run) as the missing runs finish."""
    from sklearn.utils.parallel import Parallel, delayed

    # One run per batch: a finished run is reported and stored at once.
    pool = Parallel(n_jobs=n_jobs, return_as="generator_unordered", batch_size=1)
    return pool(
        delayed(_keyed_run)(task, store, key, os.getpid())
        for key, task in missing.items()
    )


def _keyed_run(task, store, key, study_pid):
    contestant, source, seed, measures = task
    return key, execute_run(contestant, source, seed, store, key, study_pid, measures)


def _settings(source, contestants, measures, seeds, measured_seeds):
    split = source.split(seeds[0])
    names = source.class_names or tuple(map(str, source.classes))
    counts = [int(np.sum(split.y_test == label)) for label in source.classes]
    return {
        "data": source.name,
        "problem": source.problem,
        "data_hash": source.digest,
        "n_features": int(source.X.shape[1]),
        "classes": list(names),
        "n_train": len(split.y_train),
        "n_test": len(split.y_test),
        "test_counts": dict(zip(names, counts, strict=True)),
        "constant_accuracy": max(counts) / sum(counts),
        "fixed_test": source.X_test is not None,
        "subsampled": source.n_per_class is not None,
        "standardised": source.problem is None,
        "seeds": seeds,
        "measured_seeds": measured_seeds,
        "measures": {measure.name: described(measure) for measure in measures},
        "algorithms": {c.name: _described(c) for c in contestants},
    }


def _described(contestant):
    estimator = contestant.estimator
    parameters = estimator.get_params(deep=False)
    return {
        "class": f"{type(estimator).__module__}.{type(estimator).__qualname__}",
        "family": contestant.family,
        "settings": contestant.settings,
        "parameters": {name: _plain(value) for name, value in parameters.items()},
    }


def _plain(value):
    simple = isinstance(value, (bool, int, float, str, type(None)))
    # JSON knows neither NaN nor infinity.
    if simple and not (isinstance(value, float) and not np.isfinite(value)):
        return value
    return repr(value)
