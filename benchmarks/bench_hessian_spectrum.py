"""Claim: all eigenvalues in 0.4 of the time of forming the Hessian and `eigvalsh`.

500 images of dresses and coats, 784 pixels, full machine of 9 units without intercept:
7056 weights. The reference forms the Hessian by the same closed form and calls
`scipy.linalg.eigvalsh`, which overwrites it; ours goes through the span of the images.
Both must give the same eigenvalues. A pair takes more than a minute.
"""

import scipy.linalg
from _hessians import dress_coat_hessian, eigenvalue_work, make_claim
from _paired import main

from skwfm.landscape.hessian.exact import exact_eigenvalues


def make_spectrum_claim():
    """Pair the reduced problem with the full one.

    Returns
    -------
    claim : Claim
        To be measured.
    """
    operator = dress_coat_hessian()
    n_computed = operator.shape[0] - exact_eigenvalues(operator)[2]

    def reference():
        dense = operator.to_dense()
        return scipy.linalg.eigvalsh(dense.T, overwrite_a=True, check_finite=False)

    return make_claim(
        "full spectrum, 784 inputs, 9 units, 500 patterns",
        2.5,
        lambda: exact_eigenvalues(operator)[0],
        reference,
        ("reduced problem", "eigvalsh"),
        (eigenvalue_work(n_computed), eigenvalue_work(operator.shape[0])),
    )


if __name__ == "__main__":
    main(lambda: [make_spectrum_claim()], __doc__, default_repeats=3)
