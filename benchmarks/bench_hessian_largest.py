"""Claim: the largest eigenvalue to 1e-8 sooner than `eigsh` on the plain product.

500 images of dresses and coats, 784 pixels, full machine of 9 units: 7056 weights. The
reference is ARPACK through `scipy.sparse.linalg.eigsh`, with the same tolerance, on the
product written in NumPy with the second derivatives of every pattern as a 9 x 9 matrix.
Ours computes its residual bound as well.
"""

import numpy as np
from _hessians import dress_coat_hessian, make_claim, product_work
from _limits import Work
from _paired import main
from scipy.sparse.linalg import LinearOperator, eigsh

from skwfm.landscape.hessian.results import spectrum_of

TOLERANCE = 1e-8


def plain_operator(operator):
    """Write the product as one would.

    Parameters
    ----------
    operator : HessianOperator
        The Hessian.

    Returns
    -------
    plain : LinearOperator
        The same matrix.
    """
    (block,) = operator.solution.blocks
    n_samples, n_hidden = operator.curvature.slope.shape
    pairs = np.empty((n_samples, n_hidden, n_hidden))
    for k in range(n_hidden):
        for l in range(n_hidden):
            pairs[:, k, l] = operator.curvature.between(k, l)

    def product(v):
        fields = block.inputs @ v.reshape(n_hidden, -1).T
        by_field = np.einsum("mkl,ml->mk", pairs, fields)
        return (by_field.T @ block.inputs).ravel()

    return LinearOperator(operator.shape, matvec=product, dtype=float)


def make_largest_claim():
    """Pair Lanczos with ARPACK.

    Returns
    -------
    claim : Claim
        To be measured.
    """
    operator = dress_coat_hessian()
    plain = plain_operator(operator)
    start = np.random.default_rng(0).normal(size=operator.shape[0])

    def ours():
        found = spectrum_of(
            operator, "lanczos", n_eigenvalues=1, which="largest", tol=TOLERANCE,
            max_iter=1000, random_state=0,
        )  # fmt: skip
        return found.eigenvalues

    def reference():
        return eigsh(
            plain, 1, which="LA", v0=start, tol=TOLERANCE, return_eigenvectors=False
        )

    one = product_work(operator)
    n_products = 40
    total = Work(n_products * one.flops, n_products * one.traffic, one.footprint)
    return make_claim(
        "largest eigenvalue, 784 inputs, 9 full units, 500 patterns",
        1.0, ours, reference, ("Lanczos", "eigsh"), (total, total),
    )  # fmt: skip


if __name__ == "__main__":
    main(lambda: [make_largest_claim()], __doc__, default_repeats=20)
