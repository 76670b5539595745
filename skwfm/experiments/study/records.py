"""The record of one run of a comparison."""

from dataclasses import dataclass, field, fields

from skwfm.experiments.study.measures import Measures


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
    measures : Measures
        Noise robustness and, where they apply, local entropy and Hessian.
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
    measures: Measures = field(default_factory=Measures, repr=False)

    def row(self):
        """Return the scalar fields by name: one line of the CSV file.

        Returns
        -------
        record : dict
            Value of every column.
        """
        record = {column: getattr(self, column) for column in _OWN}
        record["warnings"] = " | ".join(self.warnings)
        measured = {column: getattr(self.measures, column) for column in _MEASURED}
        return record | measured

    @classmethod
    def of(cls, record):
        """Make a run of what ``dataclasses.asdict`` and JSON have made of it.

        Parameters
        ----------
        record : dict
            As read from a JSON file.

        Returns
        -------
        run : Run
            Equal to the one that was stored.
        """
        values = {name: _frozen(value) for name, value in record.items()}
        measures = {name: _frozen(v) for name, v in values.pop("measures").items()}
        return cls(**values, measures=Measures(**measures))


_OWN = tuple(
    f.name for f in fields(Run) if f.name not in {"curve", "first_unit", "measures"}
)
_MEASURED = ("noise_error", "local_entropy", "hessian_beta", "hessian_largest")
# Columns of the CSV file and keys of the runs in the JSON file.
COLUMNS = _OWN + _MEASURED


def _frozen(value):
    """JSON knows lists only; records hold tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
