"""The main study: algorithms x seeds on equal splits."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from skwfm.experiments.comparison import Comparison
from skwfm.experiments.data.preparation import prepared
from skwfm.experiments.data.reading import read_source
from skwfm.experiments.data.sources import Source, dress_coat, of_mean_one
from skwfm.experiments.study.measures import DEFAULT_MEASURES, described
from skwfm.experiments.study.records import Run
from skwfm.experiments.study.study import Study

if TYPE_CHECKING:
    from pandas import DataFrame

# Numbers of runs and of runs whose landscapes are measured, and those of a quick look.
N_SEEDS, N_MEASURED = 10, 3
SIZES = {False: (N_SEEDS, N_MEASURED), True: (3, 1)}


def compare(
    source: Source | DataFrame | None = None,
    algorithms: Iterable[object] | None = None,
    *,
    target: Hashable | None = None,
    weight_column: Hashable | None = None,
    measures: Iterable[object] | None = None,
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
    source : Source or DataFrame, default=None
        The patterns. None takes the built-in Dress/Coat images.
    algorithms : iterable of str, Contestant or estimator, default=None
        The algorithms to compare, see `find_contestants`. None takes `default_names`.
    target : str or hashable, default=None
        Name of the label column, if `source` is a data frame; None takes the last one.
    weight_column : str or hashable, default=None
        Name of the column of weights, if `source` is a data frame. Those of each split
        are divided by their mean: their unit does not matter.
    measures : iterable of str, Measure class or Measure, default=None
        What is measured of every trained classifier, see `skwfm.landscape.Measure`.
        None are local entropy, Hessian and noise robustness, the first two only of
        machines without training errors; with errors, they can take many minutes.
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
        If `source` is neither a Source nor a data frame.
    ValueError
        If an argument is out of range, an algorithm or a measure is unknown, or a data
        frame cannot be read, see `read_source`.
    KeyboardInterrupt
        On Ctrl-C; finished runs stay in `cache`, unfinished ones are lost.

    Warns
    -----
    UserWarning
        As `read_source`, for a data frame, and as `Study.run`.

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

    A data frame, whose columns may be of any kind (extra ``tables``):

    >>> frame = load_breast_cancer(as_frame=True).frame
    >>> result = compare(
    ...     frame, ["LogisticRegression"], target="target", n_seeds=2, n_jobs=1
    ... )
    >>> result.settings["preparation"]
    'columns: 30 of numbers; inputs made of them: 30'
    """
    source = _read_source(source, target, weight_column)
    study = Study(
        algorithms, source, measures=DEFAULT_MEASURES if measures is None else measures,
        n_seeds=n_seeds, seed=seed, n_measured=n_measured,
        solutions_only=measures is None,
    )  # fmt: skip
    contestants = study.contestants[source.name]
    settings = _settings(study, source, contestants)
    result = study.run(cache, n_jobs=n_jobs, progress=progress)
    for run in result.runs:
        if run.status == "ok":
            settings["algorithms"][run.algorithm]["family"] = run.family
    reference = _reference([contestant.name for contestant in contestants])
    return Comparison(
        result.runs, settings, reference, result.n_reused, source.image_shape
    )


def _read_source(source, target, weight_column):
    if source is None and target is None and weight_column is None:
        return dress_coat()
    if hasattr(source, "iloc"):
        return read_source(source, target, weight_column=weight_column)
    if not isinstance(source, Source):
        raise TypeError(
            "source must be a Source, as read_source gives of a file, or a pandas data "
            f"frame; got {source!r}. Algorithms are named by algorithms=[...]."
        )
    if target is not None or weight_column is not None:
        raise TypeError(
            "target and weight_column go with a data frame; a Source has its own y and "
            "weights."
        )
    return source


def _reference(names):
    """Choose LAL, which does not look for wide minima, if it takes part."""
    return next((name for name in ("LAL", "lal") if name in names), names[0])


def _settings(study, source, contestants):
    seeds = study.seeds
    numbers, preparation = prepared(source, seeds[0])
    split = numbers.split(seeds[0])
    names = source.class_names or tuple(map(str, source.classes))
    counts = [int(np.sum(split.y_test == label)) for label in source.classes]
    answer, accuracy = _constant_answer(source, names, split, seeds[0])
    return {
        "data": source.name,
        "problem": source.problem,
        "data_hash": source.digest,
        "n_features": int(split.X_train.shape[1]),
        "preparation": preparation,
        "weights": source.weight_name or ("" if source.weights is None else "weights"),
        "classes": list(names),
        "n_train": len(split.y_train),
        "n_test": len(split.y_test),
        "test_counts": dict(zip(names, counts, strict=True)),
        "constant_answer": answer,
        "constant_accuracy": accuracy,
        "fixed_test": source.X_test is not None,
        "subsampled": source.n_per_class is not None,
        "standardised": source.problem is None,
        "seeds": seeds,
        "measured_seeds": study.measured_seeds,
        "measures": {measure.name: described(measure) for measure in study.measures},
        "algorithms": {c.name: _described(c) for c in contestants},
        "solutions_only": study.solutions_only,
    }


def _constant_answer(source, names, split, seed):
    """Return the class that scores best as a constant answer, and its accuracy."""
    weights = of_mean_one(source.split_weights(seed)[1])
    weights = np.ones(len(split.y_test)) if weights is None else weights
    of_class = [weights[split.y_test == label].sum() for label in source.classes]
    best = int(np.argmax(of_class))
    return names[best], float(of_class[best] / weights.sum())


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
