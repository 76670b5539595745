"""How the experiments are run: how large, where, with which seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import joblib

from skwfm import __version__
from skwfm._shown import shown
from skwfm.experiments.study.execution import execute_all
from skwfm.experiments.study.provenance import provenance, source_hash
from skwfm.experiments.study.results import StudyResult
from skwfm.experiments.study.storage import RunStore
from skwfm.experiments.study.study import Study

Size = TypeVar("Size")


@dataclass(frozen=True)
class Plan:
    """What every experiment is given.

    Parameters
    ----------
    cache : Path
        Folder for finished runs.
    quick : bool, default=False
        Whether to take few samples.
    n_jobs : int, default=-1
        Runs at a time.
    seed : int, default=0
        First seed.
    progress : callable, default=None
        Called with the name of what is run, the number of finished runs and of all.
    """

    cache: Path
    quick: bool = False
    n_jobs: int = -1
    seed: int = 0
    progress: Callable[[str, int, int], None] | None = None

    def size(self, full: Size, quick: Size) -> Size:
        """Choose a size.

        Parameters
        ----------
        full, quick : object
            Those of the whole run and of a quick look.

        Returns
        -------
        size : object
            One of them.
        """
        return quick if self.quick else full

    def study(self, what: str, *arguments: object, **declared: object) -> StudyResult:
        """Run a `Study`, from this plan's first seed.

        Parameters
        ----------
        what : str
            What is run, for the progress bar.
        *arguments, **declared : object
            As of `Study`, but for ``seed``.

        Returns
        -------
        result : StudyResult
            All runs; those in the cache are not repeated.
        """
        study = Study(*arguments, seed=self.seed, **declared)
        return study.run(self.cache, n_jobs=self.n_jobs, progress=self._bar(what))

    def map(
        self, what: str, function: Callable[..., dict], arguments: Sequence[Mapping]
    ) -> list[dict]:
        """Call a function many times, as the runs of a study.

        Parameters
        ----------
        what : str
            What is run, for the progress bar.
        function : callable
            Of a module; returns what JSON can hold.
        arguments : sequence of mapping
            Keyword arguments of each call, which JSON can hold.

        Returns
        -------
        results : list of dict
            In the order of the arguments.
        """
        tasks = [Call(function, dict(each)) for each in arguments]
        store = RunStore(self.cache)
        return execute_all(tasks, store, self.n_jobs, self._bar(what)).results

    def _bar(self, what):
        if self.progress is None:
            return None
        return partial(_tell, self.progress, what)


def _tell(progress, what, n_done, n_tasks, last):
    progress(what, n_done, n_tasks)


@dataclass(frozen=True)
class Call:
    """One call of a function, see `skwfm.experiments.study.execution.Task`.

    Parameters
    ----------
    function : callable
        Of a module.
    arguments : dict
        Keyword arguments.
    """

    function: Callable
    arguments: dict

    def key(self):
        """Hash the name of the function, the arguments and the versions."""
        return RunStore.key(
            call=f"{self.function.__module__}.{self.function.__qualname__}",
            arguments=joblib.hash(sorted(self.arguments.items())),
            source=source_hash(self.function),
            skwfm=__version__,
        )

    def words(self):
        """Name the function, with its arguments."""
        given = ", ".join(f"{k}={shown(v)}" for k, v in self.arguments.items())
        return f"{self.function.__name__}({given})"

    def prepared(self):
        """Nothing is better done once."""
        return self

    def execute(self):
        """Call the function; what it raises ends the experiment."""
        return self.function(**self.arguments)

    def to_record(self, result):
        """Keep the result, and what it was made with.

        Parameters
        ----------
        result : dict
            As the function returned it.

        Returns
        -------
        record : dict
            For JSON.
        """
        return {"result": result, "provenance": provenance(self.function)}

    def from_record(self, record):
        """Restore the result.

        Parameters
        ----------
        record : dict
            As of `to_record`.

        Returns
        -------
        result : dict
            As the function returned it.
        """
        return record["result"]
