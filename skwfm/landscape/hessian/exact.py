"""All eigenvalues of the Hessian, from a matrix of the size of the inputs' rank."""

import numpy as np
import scipy.linalg


def row_space(inputs, with_basis=False):
    """Compute coordinates of the patterns in an orthonormal basis of their span.

    In the QR decomposition with pivoting, ``X^T = Q R``, rows of R at the level of
    rounding are left out, so that the number of rows is the rank.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n)
        Patterns X as a unit sees them.
    with_basis : bool, default=False
        Whether to return the basis.

    Returns
    -------
    basis : ndarray of shape (n, rank) or None
        Orthonormal columns Q.
    coordinates : ndarray of shape (rank, n_samples)
        The matrix R, with columns in the order of the patterns.
    """
    mode = "economic" if with_basis else "r"
    *q, r, pivots = scipy.linalg.qr(inputs.T, mode=mode, pivoting=True)
    pivot_sizes = np.abs(np.diagonal(r))
    tolerance = max(inputs.shape) * np.finfo(float).eps * pivot_sizes.max(initial=0)
    rank = int(np.sum(pivot_sizes > tolerance))
    coordinates = np.empty((rank, len(inputs)))
    coordinates[:, pivots] = r[:rank]
    return (q[0][:, :rank] if with_basis else None), coordinates


def ranks(solution):
    """Compute the rank of the inputs of each unit.

    Parameters
    ----------
    solution : Solution
        Machine and patterns.

    Returns
    -------
    ranks : list of n_hidden ints
        Each receptive field is decomposed once.
    """
    by_block = [len(row_space(b.inputs)[1]) for b in solution.blocks]
    return [by_block[g] for g in solution.problem.layout.group_of_unit]


def _factors(solution, tangent):
    """Return one matrix A per unit with A A^T = X X^T, X projected if tangent."""
    factors = []
    for b in solution.blocks:
        basis, coordinates = row_space(b.inputs, with_basis=tangent)
        for w in b.by_unit(solution.weights):
            factor = _leave_out(w, basis, coordinates) if tangent else coordinates
            factors.append(np.ascontiguousarray(factor.T))
    return factors


def _leave_out(w, basis, coordinates):
    """Coordinates of the patterns without their component along the unit vector w."""
    inside = basis.T @ w
    if basis.shape[0] == basis.shape[1]:
        # w lies in the span: the basis of its complement has one vector less.
        return scipy.linalg.null_space(inside[None]).T @ coordinates
    length = np.linalg.norm(inside)
    if length == 0:
        return coordinates
    outside = np.linalg.norm(w - basis @ inside)
    along = (inside / length) @ coordinates
    return coordinates + np.outer((outside - 1) * inside / length, along)


def exact_eigenvalues(operator, with_blocks=False):
    """Compute all eigenvalues; those known to be zero are exactly zero.

    Parameters
    ----------
    operator : HessianOperator
        The Hessian.
    with_blocks : bool, default=False
        Whether to compute those of each unit's diagonal block as well.

    Returns
    -------
    eigenvalues : ndarray of shape (n_weights,)
        Ascending.
    blocks : list of n_hidden ndarrays of shape (n_l,) or None
        Eigenvalues of each diagonal block, ascending.
    n_known_zeros : int
        Number of eigenvalues that were not computed because they must be zero.
    """
    solution = operator.solution
    factors = _factors(solution, operator.tangent)
    reduced = operator.curvature.assemble(factors)
    blocks = _blocks(reduced, factors, solution) if with_blocks else None
    n_zeros = operator.shape[0] - len(reduced)
    return _with_zeros(reduced, operator.shape[0]), blocks, n_zeros


def _blocks(reduced, factors, solution):
    ends = np.cumsum([0, *(a.shape[1] for a in factors)])
    sizes = [x.shape[1] for x in solution.unit_inputs]
    return [
        _with_zeros(reduced[i:j, i:j].copy(), n)
        for i, j, n in zip(ends[:-1], ends[1:], sizes, strict=True)
    ]


def _with_zeros(matrix, size):
    """Eigenvalues of a symmetric matrix (overwritten), filled up with zeros."""
    # LAPACK takes the transpose without a copy.
    found = scipy.linalg.eigvalsh(matrix.T, overwrite_a=True, check_finite=False)
    return np.sort(np.concatenate([found, np.zeros(size - len(matrix))]))
