"""Claim: a Hessian-vector product takes at most 1.5 times its BLAS calls.

500 images of dresses and coats, 784 pixels, full machine of 9 units (one matrix for
all units), and 1000 random patterns on a tree of 9 units with 999 inputs (nine
matrices). The reference makes the matrix products alone, into memory that is there
already, and returns what ours returns (from a table): the claim is about the time.
"""

import numpy as np
from _hessians import dress_coat_hessian, make_claim, product_work, tree_hessian
from _paired import main


def blas_calls(operator, vector):
    """Make the function that does the products and nothing else.

    Parameters
    ----------
    operator : HessianOperator
        The Hessian.
    vector : ndarray of shape (n_weights,)
        What it is applied to.

    Returns
    -------
    run : callable
        Returns the Hessian-vector product, computed once beforehand.
    """
    expected = operator.matvec(vector)
    blocks = operator.solution.blocks
    weights = [b.by_unit(vector) for b in blocks]
    fields = [b.inputs @ w.T for b, w in zip(blocks, weights, strict=True)]
    changes = [np.array(f.T) for f in fields]
    images = [np.empty_like(w) for w in weights]

    def run():
        for b, w, f in zip(blocks, weights, fields, strict=True):
            np.matmul(b.inputs, w.T, out=f)
        # Not in the same loop: every unit's change depends on all units' fields.
        for b, c, image in zip(blocks, changes, images, strict=True):
            np.matmul(c, b.inputs, out=image)
        return expected

    return run


def make_product_claims():
    """Pair products with their BLAS calls on both machines.

    Yields
    ------
    claim : Claim
        To be measured.
    """
    settings = {
        "784 inputs, 9 full units, 500 patterns": dress_coat_hessian(),
        "999 inputs, tree of 9 units, 1000 patterns": tree_hessian(),
    }
    for title, operator in settings.items():
        vector = np.random.default_rng(0).normal(size=operator.shape[0])
        yield make_claim(
            f"Hessian-vector product, {title}",
            1 / 1.5,
            lambda operator=operator, vector=vector: operator.matvec(vector),
            blas_calls(operator, vector),
            ("product", "its BLAS calls"),
            (product_work(operator), product_work(operator)),
        )


if __name__ == "__main__":
    main(make_product_claims, __doc__)
