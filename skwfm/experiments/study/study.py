"""A study: algorithms x settings x data x seeds x measures, declared and then run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from numbers import Integral
from os import PathLike
from typing import NamedTuple

from sklearn.model_selection import ParameterGrid

from skwfm._shown import shown
from skwfm.experiments.data.drawn import DrawnSource
from skwfm.experiments.data.reading import read_source
from skwfm.experiments.data.sources import Source
from skwfm.experiments.failures import warn_of_failed
from skwfm.experiments.study.contestants import STANDARD, Contestant
from skwfm.experiments.study.execution import execute_all
from skwfm.experiments.study.measures import find_measures
from skwfm.experiments.study.naming import default_names, find_contestants
from skwfm.experiments.study.records import COLUMNS, Run
from skwfm.experiments.study.results import StudyResult
from skwfm.experiments.study.runs import RunTask
from skwfm.experiments.study.storage import RunStore


class Cell(NamedTuple):
    """One column of a study: everything of it but the seed."""

    source: Source | DrawnSource
    contestant: Contestant
    settings: dict


class Study:
    """Every algorithm at every setting on all data, over the same seeds.

    Parameters
    ----------
    algorithms : iterable of str, Contestant, estimator class or estimator object
        What is trained, see `find_contestants`. None takes `default_names`.
    data : Source, DrawnSource, data frame or sequence of them
        What it is trained on. Own data is standardised; with several entries, names
        must differ.
    settings : dict of str to sequence, or a list of such dicts, default=None
        Values of parameters to go through, for every algorithm, as in scikit-learn's
        ``ParameterGrid``. None leaves the parameters as they are.
    measures : iterable of str, Measure class or Measure, default=()
        What is measured of every trained classifier, see `skwfm.landscape.Measure`.
    n_seeds : int, default=10
        Number of seeds. Each draws a split of every data set, the same for all
        algorithms, and is their ``random_state``.
    seed : int, default=0
        The first seed; the others follow it.
    n_measured : int, default=None
        Number of seeds, from the first, on which measures that need a committee machine
        are taken; None takes them on all.
    solutions_only : bool, default=False
        Whether such measures are taken only of machines without training errors.

    Raises
    ------
    TypeError
        If an entry of `data` is neither a source nor a data frame.
    ValueError
        If a name is unknown or used twice, a number out of range, or an algorithm has
        no such parameter.

    See Also
    --------
    compare : One table, all algorithms, and a page about them.

    Examples
    --------
    How much of the error of least-action learning is due to its learning rate?

    >>> from skwfm import ELALClassifier, LALClassifier
    >>> from skwfm.experiments import Study, random_patterns
    >>> machine = {"architecture": "tree", "n_hidden": 3}
    >>> study = Study(
    ...     [LALClassifier(**machine), ELALClassifier(**machine)],
    ...     random_patterns(30, 33),
    ...     settings={"eta": [0.01, 0.1]},
    ...     measures=["noise_robustness"],
    ...     n_seeds=2,
    ... )
    >>> result = study.run(n_jobs=1)
    >>> len(result.runs)
    8
    >>> [round(row["n_train_errors"]["mean"], 1) for row in result.summary()]
    [0.0, 0.0, 0.0, 0.0]
    """

    def __init__(
        self,
        algorithms: Iterable[object] | None,
        data: object,
        *,
        settings: Mapping | list[Mapping] | None = None,
        measures: Iterable[object] = (),
        n_seeds: int = 10,
        seed: int = 0,
        n_measured: int | None = None,
        solutions_only: bool = False,
    ):
        for name, value in (("n_seeds", n_seeds), ("seed", seed)):
            _check_integer(name, value)
        if n_measured is not None:
            _check_integer("n_measured", n_measured)
        if n_seeds < 1:
            raise ValueError(f"n_seeds must be at least 1; got {n_seeds}.")
        if not 0 <= seed <= 2**32 - n_seeds:
            raise ValueError(f"seed must lie in [0, 2**32 - n_seeds]; got {seed}.")
        if n_measured is not None and n_measured < 0:
            raise ValueError(f"n_measured must not be negative; got {n_measured}.")
        self.seeds = list(range(seed, seed + n_seeds))
        self.measured_seeds = self.seeds[:n_measured]
        self.sources = _sources(data)
        self.measures = find_measures(_listed("measures", measures), COLUMNS)
        self.solutions_only = solutions_only
        self.settings = [{}] if settings is None else _grid(settings)
        given = algorithms if algorithms is None else _listed("algorithms", algorithms)
        self.contestants = {s.name: _contestants(given, s) for s in self.sources}

    @property
    def cells(self) -> list[Cell]:
        """What is run on every seed.

        Returns
        -------
        cells : list of Cell
            Data slowest, settings fastest.
        """
        return [
            Cell(source, _with(member, setting, source), setting)
            for source in self.sources
            for member in self.contestants[source.name]
            for setting in self.settings
        ]

    def run(
        self,
        cache: str | PathLike | None = None,
        *,
        n_jobs: int = -1,
        progress: Callable[[int, int, Run | None], None] | None = None,
    ) -> StudyResult:
        """Run what is not in the cache.

        Parameters
        ----------
        cache : path-like, default=None
            Folder for finished runs, from which an interrupted study continues. None
            keeps nothing.
        n_jobs : int, default=-1
            Runs at a time; -1 uses every core. Where they run is chosen by
            ``joblib.parallel_config``: processes, threads or a Dask cluster. Except for
            times, results do not depend on it.
        progress : callable, default=None
            Called with (number of finished runs, number of runs, last run or None),
            first for the runs found in the cache.

        Returns
        -------
        result : StudyResult
            All runs, by seed and cell.

        Raises
        ------
        ValueError
            If `n_jobs` is 0.
        KeyboardInterrupt
            On Ctrl-C; finished runs stay in `cache`, unfinished ones are lost.
        BrokenProcessPool
            If a worker died, as when memory runs out. Notes say what is kept and what
            was under way.

        Warns
        -----
        FitFailedWarning
            If runs failed: once, with their number and the first reason. Each has
            ``run.reason`` and ``run.traceback``.
        UserWarning
            If a measure raised an error: once for each measure and reason.
        """
        if n_jobs == 0:
            raise ValueError("n_jobs must not be 0; use 1, or -1 for every core.")
        tasks = [task for seed in self.seeds for task in self.tasks(seed)]
        runs, n_reused = execute_all(tasks, RunStore(cache), n_jobs, progress)
        warn_of_failed(runs)
        keys = [{"data": cell.source.name} | cell.settings for cell in self.cells]
        return StudyResult(runs, len(self.seeds) * keys, n_reused)

    def tasks(self, seed: int) -> list[RunTask]:
        """Return the runs of one seed, in the order of the cells.

        Parameters
        ----------
        seed : int
            The seed.

        Returns
        -------
        tasks : list of RunTask
            What a worker needs for each run.
        """
        asked = {
            is_measured: [m for m in self.measures if is_measured or _is_cheap(m)]
            for is_measured in (True, False)
        }
        is_measured = seed in self.measured_seeds
        return [
            RunTask(
                member, source, seed, asked[is_measured or _has_no_landscape(member)],
                self.solutions_only,
            )
            for source, member, _ in self.cells
        ]  # fmt: skip


def _is_cheap(measure):
    return measure.needs == "classifier"


def _has_no_landscape(contestant):
    """Whether it is a standard method: asking it for all measures costs nothing."""
    return contestant.family == STANDARD and not contestant.is_guess


def _check_integer(name, value):
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name}={shown(value)} is not an integer: pass one.")


def _listed(name, given):
    if isinstance(given, str):
        return [given]
    if not isinstance(given, Iterable):
        raise TypeError(f"{name}={shown(given)} is not a list of {name}: pass one.")
    return list(given)


def _grid(settings):
    try:
        return list(ParameterGrid(settings))
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"settings={shown(settings)} is no grid of values: {error} Pass, such as, "
            "{'eta': [0.01, 0.1]}."
        ) from error


def _sources(data):
    given = data if isinstance(data, (list, tuple)) else [data]
    sources = [read_source(each) if hasattr(each, "iloc") else each for each in given]
    for source in sources:
        if not isinstance(source, (Source, DrawnSource)):
            raise TypeError(
                f"data must be sources or data frames; got {shown(source)}. "
                "read_source makes a source of a file."
            )
    names = [source.name for source in sources]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        said = f"has {', '.join(twice)} more than once" if twice else "is empty"
        raise ValueError(f"data {said}: give each source a name of its own.")
    return sources


def _contestants(algorithms, source):
    if algorithms is None:
        algorithms = default_names(source.problem)
    return find_contestants(algorithms, source.problem)


def _with(contestant, setting, source):
    """Set the parameters, and put what scales own data in front."""
    member = contestant.with_parameters(setting)
    return member.standardised() if source.problem is None else member
