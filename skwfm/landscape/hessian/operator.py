"""The Hessian of a smooth machine as a linear operator, in closed form."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse.linalg import LinearOperator

from skwfm.landscape.hessian.curvature import Curvature
from skwfm.landscape.hessian.loss import Loss, check_loss
from skwfm.landscape.hessian.solution import Solution, read_solution


class HessianOperator(LinearOperator):
    """Hessian of the mean loss with respect to the free weights, as an operator.

    The matrix is not formed. Weights are ordered unit by unit, each unit's intercept
    last.

    Parameters
    ----------
    solution : Solution
        Machine, weights and patterns.
    loss : Loss
        Loss of one pattern.
    tangent : bool, default=False
        Whether to project onto the tangent space of the units' spheres.

    Attributes
    ----------
    shape : tuple of int
        (n_weights, n_weights).
    dtype : dtype
        Always float64.
    """

    def __init__(self, solution: Solution, loss: Loss, tangent: bool = False):
        self.solution = solution
        self.loss = loss
        self.tangent = tangent
        self.curvature = Curvature.of(solution, loss)
        super().__init__(np.dtype(float), (solution.n_weights, solution.n_weights))

    def _matvec(self, vector):
        vector = self.project(np.asarray(vector, dtype=float).reshape(-1))
        by_field = self.curvature.apply(self.solution.fields_of(vector))
        return self.project(self.solution.pull_back(by_field))

    def _adjoint(self):
        return self

    def project(self, vector: np.ndarray) -> np.ndarray:
        """Remove the components along the units' weights, if `tangent`.

        Parameters
        ----------
        vector : ndarray of shape (n_weights,)
            Any direction.

        Returns
        -------
        projected : ndarray of shape (n_weights,)
            The vector itself unless `tangent`.
        """
        if not self.tangent:
            return vector
        projected = vector.copy()
        for b in self.solution.blocks:
            part, radial = b.by_unit(projected), b.by_unit(self.solution.weights)
            part -= np.sum(part * radial, axis=1, keepdims=True) * radial
        return projected

    def to_dense(self) -> np.ndarray:
        """Compute the matrix.

        Returns
        -------
        hessian : ndarray of shape (n_weights, n_weights)
            Matrix with both triangles.
        """
        dense = self.curvature.assemble(self.solution.unit_inputs)
        if not self.tangent:
            return dense
        for b in self.solution.blocks:
            _project_rows(dense, b, self.solution.weights)
        dense = np.ascontiguousarray(dense.T)
        for b in self.solution.blocks:
            _project_rows(dense, b, self.solution.weights)
        return dense

    def trace(self) -> float:
        """Sum the diagonal, without forming the matrix.

        Returns
        -------
        trace : float
            Equal to the sum of all eigenvalues.
        """
        total = 0.0
        for l, inputs in enumerate(self.solution.unit_inputs):
            squares = np.einsum("mi,mi->m", inputs, inputs)
            if self.tangent:
                squares = squares - self.solution.fields[:, l] ** 2
            total += self.curvature.between(l, l) @ squares
        return float(total)

    @property
    def is_saturated(self) -> bool:
        """Whether the units are so steep that the loss is flat within rounding.

        Then an upper bound on the largest eigenvalue is below the rounding error of a
        loss of order one, which does not change wherever the weights move on their
        spheres. Such an eigenvalue says how far in the tails of tanh the fields lie,
        not how wide the minimum is, and cannot be compared with one that is not
        saturated.
        """
        return self._norm_bound() <= np.finfo(float).eps

    def _norm_bound(self):
        unit_inputs = self.solution.unit_inputs
        norms = np.column_stack([np.linalg.norm(x, axis=1) for x in unit_inputs])
        curvature = self.curvature
        along = (
            np.abs(curvature.outer) @ np.sum(np.abs(curvature.slope) * norms, 1) ** 2
        )
        if curvature.rest.ndim == 2:
            return along + np.sum(np.abs(curvature.rest) * norms**2)
        return along + np.einsum("mk,mkl,ml->", norms, np.abs(curvature.rest), norms)

    @property
    def n_known_zeros(self) -> int:
        """Number of eigenvalues that are zero for any loss, from the shapes alone.

        Returns
        -------
        n_known_zeros : int
            Number of directions in which no field changes, with the normals of the
            spheres if they are projected out.
        """
        n_samples = len(self.solution.labels)
        sizes = [x.shape[1] for x in self.solution.unit_inputs]
        return sum(n - min(n - self.tangent, n_samples) for n in sizes)


def _project_rows(matrix, block, weights):
    """Remove the component along each unit's weights from its rows, in place."""
    n = block.inputs.shape[1]
    for i, w in enumerate(block.by_unit(weights)):
        first = block.entries.start + i * n
        rows = matrix[first : first + n]
        rows -= np.outer(w, w @ rows)


def hessian_operator(
    model: object,
    X: ArrayLike,
    y: ArrayLike,
    beta: float,
    *,
    loss: Literal["mse", "ce"] = "mse",
    gamma: float | None = None,
    output: Literal["tanh", "identity"] | None = None,
    tangent: bool = False,
) -> HessianOperator:
    r"""Make the Hessian of a smooth machine's loss, as a SciPy linear operator.

    Every sign unit is replaced by tanh(beta x). With :math:`c_{kl}` the second
    derivatives of the loss with respect to the fields of units k and l, the block of
    these units is :math:`X_k^T \mathrm{diag}(c_{kl}) X_l`; a product takes two passes
    over the inputs.

    Parameters
    ----------
    model : fitted classifier of skwfm, or Pipeline that ends with one
        The solution. It is read, never changed.
    X : array-like of shape (n_samples, n_features)
        Patterns.
    y : array-like of shape (n_samples,)
        Labels.
    beta : float
        Steepness of the units; see `smallest_beta`.
    loss : {"mse", "ce"}, default="mse"
        Mean over patterns of ``(s - o)^2 / 4`` with ``o = tanh(beta Delta)``, or of
        ``-x/2 + log(2 cosh(gamma x)) / (2 gamma)`` with ``x = s Delta``.
    gamma : float or None, default=None
        Steepness of the cross-entropy; required for ``loss="ce"``, None otherwise.
    output : {"tanh", "identity"} or None, default=None
        "identity" omits the outer tanh of the mse; None stands for "tanh".
    tangent : bool, default=False
        Whether to project onto the tangent space of the units' spheres. The curvature
        of the spheres is not added.

    Returns
    -------
    operator : HessianOperator
        A `scipy.sparse.linalg.LinearOperator` with `to_dense` and `trace`.

    Raises
    ------
    TypeError
        If the model is not a fitted committee machine.
    ValueError
        If a parameter is wrong or the machine has no smooth surrogate.

    Examples
    --------
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import hessian_operator
    >>> X, y = make_random_patterns(20, 30, random_state=0)
    >>> model = LALClassifier(n_hidden=3, random_state=0).fit(X, y)
    >>> hessian_operator(model, X, y, beta=5.0).shape
    (93, 93)
    """
    checked = check_loss(beta, loss, gamma, output)
    return HessianOperator(read_solution(model, X, y), checked, bool(tangent))
