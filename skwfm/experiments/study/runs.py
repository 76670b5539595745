"""One run: one algorithm trained and tested on the split of one seed."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import joblib
import numpy as np
import sklearn
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from skwfm import __version__
from skwfm._warn import warn
from skwfm.experiments.data.preparation import preparation_key, prepared
from skwfm.experiments.data.sources import Source, Split, of_mean_one
from skwfm.experiments.failures import reason_of, traceback_of
from skwfm.experiments.isolation import recorded_warnings
from skwfm.experiments.study.classes import total_curve
from skwfm.experiments.study.contestants import COMMITTEE, Contestant
from skwfm.experiments.study.measures import identity, read_only, take_measures
from skwfm.experiments.study.provenance import provenance, source_hash
from skwfm.experiments.study.records import Run
from skwfm.experiments.study.storage import RunStore

# Points kept of a learning curve: more than a figure can resolve.
CURVE_POINTS = 240


def run_key(contestant, source, seed, measures=(), solutions_only=True):
    """Return the key of a run: equal keys mean equal results.

    Parameters
    ----------
    contestant : Contestant
        The algorithm and its parameters.
    source : Source
        The patterns.
    seed : int
        Seed of the run.
    measures : iterable of Measure, default=()
        What is measured of the trained classifier.
    solutions_only : bool, default=True
        Whether landscapes are measured only of what makes no training errors.

    Returns
    -------
    key : str
        Hash over parameters, patterns and how they are prepared, seed, measures,
        versions and the source files of other packages, see `source_files`.
    """
    estimator = contestant.seeded(seed)
    more = {} if solutions_only else {"solutions_only": False}
    if source.is_table:
        more["preparation"] = preparation_key(source)
    return RunStore.key(
        algorithm=contestant.name,
        family="" if contestant.is_guess else contestant.family,
        version=contestant.version,
        estimator=joblib.hash(estimator),
        source=source_hash(estimator, *measures, *source.code),
        data=source.digest,
        seed=seed,
        measures=[identity(measure) for measure in measures],
        skwfm=__version__,
        sklearn=sklearn.__version__,
        **more,
    )


@dataclass(frozen=True)
class RunTask:
    """One run that is still to do, see `execution.Task`.

    Parameters
    ----------
    contestant : Contestant
        The algorithm.
    source : Source
        The patterns.
    seed : int
        Seed of the run.
    measures : sequence of Measure, default=()
        What to measure of the trained classifier.
    solutions_only : bool, default=True
        Whether landscapes are measured only of what makes no training errors.
    """

    contestant: Contestant
    source: Source
    seed: int
    measures: Sequence = ()
    solutions_only: bool = True

    def key(self):
        """Return the key, see `run_key`."""
        return run_key(
            self.contestant, self.source, self.seed, self.measures, self.solutions_only
        )

    def words(self):
        """Name the algorithm, its settings, the data and the seed."""
        member = self.contestant
        return (
            f"{member.name} ({member.settings}) on {self.source.name}, seed {self.seed}"
        )

    def prepared(self):
        """Prepare a table once for all algorithms of a seed, and not in every worker.

        A run whose table cannot be prepared fails with that error, the others go on.
        """
        try:
            return replace(self, source=prepared(self.source, self.seed).source)
        except Exception:
            return self

    def execute(self):
        """Train, test and measure; an exception becomes a failed run."""
        member, seed = self.contestant, self.seed
        try:
            # Read-only: an algorithm that writes to its input fails, instead of
            # spoiling what is measured afterwards.
            numbers = prepared(self.source, seed).source
            split = Split(*map(read_only, numbers.split(seed)))
            weights = [of_mean_one(each) for each in numbers.split_weights(seed)]
            how = seed, self.measures, self.solutions_only
            run = _train(member, split, weights, *how)
        except (Exception, SystemExit) as error:  # fit may even call sys.exit
            return Run(
                member.name, member.family, seed, "failed", reason_of(error),
                traceback=traceback_of(error),
            )  # fmt: skip
        made = provenance(member.estimator, *self.measures, *self.source.code)
        return replace(run, provenance={"data": self.source.digest, **made})

    def to_record(self, run):
        """Keep successful runs; failed ones are tried again.

        Parameters
        ----------
        run : Run
            The outcome.

        Returns
        -------
        record : dict or None
            For JSON.
        """
        return run.record() if run.status == "ok" else None

    def from_record(self, record):
        """Restore a run.

        Parameters
        ----------
        record : dict
            As of `to_record`.

        Returns
        -------
        run : Run
            Equal to the stored one.

        Raises
        ------
        ValueError
            If a number is missing.
        """
        return Run.of(record)


def _train(contestant, split, weights, seed, measures, solutions_only):
    """Train, test and measure."""
    estimator = contestant.seeded(seed)
    with recorded_warnings() as caught:
        start = time.perf_counter()
        _fit(estimator, split, weights[0])
        seconds = time.perf_counter() - start
    model = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    if getattr(model, "status_", None) == "interrupted":
        raise KeyboardInterrupt
    family = contestant.family_of(model)
    scores = _scores(estimator, split, weights[1])
    measured = take_measures(
        measures, estimator, split.X_train, split.y_train, seed,
        scores["n_train_errors"], family, solutions_only,
    )  # fmt: skip
    return Run(
        algorithm=contestant.name,
        family=family,
        seed=seed,
        status="ok",
        seconds=seconds,
        warnings=_messages(caught),
        curve=_thinned(total_curve(getattr(model, "loss_curve_", ()))),
        first_unit=_first_unit(model),
        n_epochs=_n_epochs(model, family),
        measures=measured,
        **scores,
    )


def _fit(estimator, split, weights):
    """Train, with weights if there are any and the algorithm takes them."""
    X, y = split.X_train, split.y_train
    if weights is None:
        estimator.fit(X, y)
        return
    name, model = "", estimator
    if isinstance(estimator, Pipeline):
        name, model = f"{estimator.steps[-1][0]}__", estimator[-1]
    if has_fit_parameter(model, "sample_weight"):
        estimator.fit(X, y, **{f"{name}sample_weight": weights})
        return
    warn(
        f"{type(model).__name__} takes no weights: trained as if all examples counted "
        "alike",
    )
    estimator.fit(X, y)


def _messages(caught):
    texts = (" ".join(str(message).split()) for message in caught)
    return tuple(dict.fromkeys(texts))


def _scores(estimator, split, weights):
    from sklearn.metrics import accuracy_score, balanced_accuracy_score

    predicted = estimator.predict(split.X_test)
    on_training = estimator.predict(split.X_train)
    answers = split.y_test, predicted
    return {
        "n_train": len(split.y_train),
        "n_train_errors": int(np.sum(on_training != split.y_train)),
        "n_test": len(split.y_test),
        "test_accuracy": float(accuracy_score(*answers, sample_weight=weights)),
        "balanced_accuracy": float(
            balanced_accuracy_score(*answers, sample_weight=weights)
        ),
    }


def _n_epochs(model, family):
    """Count passes; iterations of a standard method are some if each has a loss."""
    counts = family == COMMITTEE or hasattr(model, "loss_curve_")
    n_iter = getattr(model, "n_iter_", None) if counts else None
    return None if n_iter is None else int(np.max(n_iter))


def _thinned(curve):
    """Keep at most CURVE_POINTS points, evenly spaced in log(epoch)."""
    n = len(curve)
    if n == 0:
        return ()
    chosen = np.unique(np.geomspace(1, n, min(n, CURVE_POINTS)).round().astype(int))
    return tuple((int(epoch), float(curve[epoch - 1])) for epoch in chosen)


def _first_unit(model):
    """Return the weights of the first hidden unit (of the first class), if any."""
    if not hasattr(model, "architecture_"):
        return ()
    units = np.reshape(model.coef_, (-1, np.shape(model.coef_)[-1]))
    return tuple(round(float(weight), 5) for weight in units[0])
