"""The parameters of a local entropy, checked before anything is measured."""

from dataclasses import asdict, dataclass

from skwfm._checks import check_count, check_positive
from skwfm.landscape.volumes.local_entropy import (
    _check_method,
    _read_overlaps,
    local_entropy,
)


@dataclass(frozen=True)
class LocalEntropySettings:
    """What a scorer or a transformer passes on to `local_entropy`.

    Parameters
    ----------
    distances : tuple of float
        Distances, in (0, 0.5).
    method : str
        Engine, or "auto", or "mc".
    tol : float
        Residual at which an engine has converged.
    max_sweeps : int
        Most sweeps of an engine.
    n_samples : int
        Draws of "mc".
    random_state : int or None
        Seed of "mc".

    Raises
    ------
    ValueError
        If a parameter is wrong.
    """

    distances: tuple
    method: str
    tol: float
    max_sweeps: int
    n_samples: int
    random_state: int | None

    def __post_init__(self):
        _read_overlaps(None, self.distances)
        _check_method(self.method, self.n_samples)
        check_positive("tol", self.tol, "such as 1e-3")
        check_count("max_sweeps", self.max_sweeps, 1)
        if self.random_state is not None:
            check_count("random_state", self.random_state, 0)

    def measure(self, model, X, y):
        """Measure one model.

        Parameters
        ----------
        model : object
            As in `local_entropy`.
        X : array-like of shape (n_samples, n_features)
            Inputs.
        y : array-like of shape (n_samples,)
            Labels.

        Returns
        -------
        entropy : ndarray of shape (n_distances,)
            Nats per weight, NaN where not converged.
        """
        return local_entropy(model, X, y, **asdict(self)).entropy
