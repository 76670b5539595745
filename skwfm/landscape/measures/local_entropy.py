"""Local entropy as a measure."""

from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import Pipeline

from skwfm._checks import check_count, check_positive
from skwfm._shown import shown
from skwfm.landscape.measure import Curve, Measure
from skwfm.landscape.volumes.local_entropy import (
    _check_method,
    _read_overlaps,
    local_entropy,
)


@dataclass(frozen=True)
class LocalEntropy(Measure):
    """How many of the weights nearby make no more errors.

    Local entropy is the logarithm, per weight, of the share of weights at this distance
    from the solution that get no more training examples wrong than it does, by message
    passing (expectation propagation on images). Zero would be all of them; nearer to
    zero is wider. It is an approximation: trust large differences, not small ones.

    Parameters
    ----------
    distances : sequence of float, default=(0.05,)
        Distances ``(1 - overlap) / 2`` from the solution, in (0, 0.5), one column each.
    curve_distances : sequence of float, default=(0.0125, 0.025)
        Further distances that the figure shows.
    method : {"auto", "amp", "bp", "ep", "mc"}, default="auto"
        As in `local_entropy`.
    tol : float, default=1e-3
        Residual at which an engine has converged: enough to tell algorithms apart.
    max_sweeps : int, default=300
        Maximum number of sweeps of an engine at each distance.
    n_samples : int, default=10000
        Number of samples of "mc".
    max_operations : float, default=2e10
        Largest problem that is measured, in operations of one sweep: patterns x inputs
        x units, and with "ep" and "auto" x the smaller of the first two. Beyond it,
        measuring would take far longer than training.
    max_errors : "model", int or float, default="model"
        Errors that weights may make to count, as in `local_entropy`.

    Raises
    ------
    ValueError
        If a parameter is wrong; when a model is measured, if the problem is too large,
        or as `local_entropy`.

    Notes
    -----
    The result is a `LocalEntropyCurve` at all distances. ``method="mc"`` uses only the
    answers of a machine and therefore measures those without a channel as well; it
    alone depends on the seed.
    """

    distances: tuple = (0.05,)
    curve_distances: tuple = (0.0125, 0.025)
    method: str = "auto"
    tol: float = 1e-3
    max_sweeps: int = 300
    n_samples: int = 10_000
    max_operations: float = 2e10
    max_errors: object = "model"

    name = "local_entropy"
    unit = "nats per weight"

    def __post_init__(self):
        for field in ("distances", "curve_distances"):
            given = np.atleast_1d(np.asarray(getattr(self, field), dtype=float))
            object.__setattr__(self, field, tuple(given.tolist()))
        _read_overlaps(None, (*self.distances, *self.curve_distances))
        _check_method(self.method, self.n_samples)
        check_positive("tol", self.tol, "such as 1e-3")
        check_count("max_sweeps", self.max_sweeps, 1)

    @property
    def needs(self):
        return "committee" if self.method == "mc" else "channel"

    @property
    def columns(self):
        return tuple(f"local_entropy_d{distance:g}" for distance in self.distances)

    def __call__(self, model, X, y, random_state=None):
        self._check_size(model, X)
        return local_entropy(
            model, X, y, distances=self._points(), method=self.method, tol=self.tol,
            max_sweeps=self.max_sweeps, n_samples=self.n_samples,
            max_errors=self.max_errors,
            random_state=random_state,
        )  # fmt: skip

    def _points(self):
        if not self.curve_distances:
            return self.distances
        return tuple(sorted({*self.distances, *self.curve_distances}))

    def _check_size(self, model, X):
        model = model[-1] if isinstance(model, Pipeline) else model
        machine, shape = getattr(model, "architecture_", None), np.shape(X)
        if machine is None or len(shape) != 2:
            return  # local_entropy says what is wrong
        n_operations = float(np.prod(shape)) * machine.n_hidden
        if self.method in ("auto", "ep"):  # a covariance of each unit
            n_operations *= min(shape)
        if n_operations > self.max_operations:
            raise ValueError(
                f"{shape[0]} patterns with {shape[1]} inputs would take too long: pass "
                f"method='amp' in place of {shown(self.method)}, fewer patterns, or "
                "raise max_operations."
            )

    def values(self, result):
        points = self._points()
        return [float(result.entropy[points.index(d)]) for d in self.distances]

    def curve(self, result):
        return Curve(
            self._points(), result.entropy, result.error,
            "distance from the solution", "local entropy (nats per weight)",
        )  # fmt: skip
