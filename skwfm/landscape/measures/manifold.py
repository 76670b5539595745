"""The dimension of the set of minima as a measure."""

from dataclasses import asdict, dataclass

import numpy as np

from skwfm.landscape.manifold import check_search, minima_manifold
from skwfm.landscape.measure import Measure


@dataclass(frozen=True)
class Manifold(Measure):
    """Dimension of the set of weights that interpolate the patterns.

    With n weights and d patterns it is n - d unless patterns depend on each other.
    There is no such set unless there are more weights than patterns.

    Parameters
    ----------
    beta : float, default=1.0
        Steepness of the units.
    target : float, default=0.5
        Modulus of the smooth output to reach.
    tol : float, default=1e-12
        Largest residual at the end.
    rank_tol : float or None, default=None
        Singular values above `rank_tol` times the largest one count towards the rank.
    max_iter : int, default=100
        Maximum number of Gauss-Newton steps.

    Raises
    ------
    ValueError
        If a parameter is wrong.

    Notes
    -----
    The result is a `MinimaManifold`. The seed has no effect: nothing is random.
    """

    beta: float = 1.0
    target: float = 0.5
    tol: float = 1e-12
    rank_tol: float | None = None
    max_iter: int = 100

    name = "manifold"
    unit = "directions"
    needs = "smooth"
    columns = ("manifold_dimension",)

    def __post_init__(self):
        check_search(**asdict(self))

    def __call__(self, model, X, y, random_state=None):
        return minima_manifold(model, X, y, **asdict(self))

    def values(self, result):
        return [float(result.dimension) if result.converged else np.nan]
