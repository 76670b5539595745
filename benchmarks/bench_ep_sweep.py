"""Claim: a sweep of expectation propagation takes at most twice its LAPACK calls.

Full machine of 9 units, 500 images of 784 pixels, a reference prior at overlap 0.9
around a LAL solution; sweeps at the fixed point, where one factorisation per unit is
enough, with the sites held. The reference makes the BLAS and LAPACK calls of a sweep on
the same matrices and nothing else: per unit the weighted Gram matrix (trmm), its
Cholesky factor (potrf), that factor's inverse (trtri), the covariance (lauum) and the
spread of the fields (trmm). Both sides must find the same variances of the fields;
printed is their largest relative difference.

Work of a sweep (r = 500 axes, 9 units): 2 r^3 + 3 (r^3 / 3) flops per unit, and five
passes over two matrices of r^2 float64.
"""

import numpy as np
from _limits import Work
from _paired import Claim, Program, main
from scipy.linalg import blas, lapack

from skwfm import LALClassifier
from skwfm.datasets import load_dress_coat
from skwfm.inference import Factors, ReferencePrior
from skwfm.inference.ep.engine import EPEngine
from skwfm.inference.ep.geometry import span_inputs

N_HIDDEN = 9
OVERLAP = 0.9
N_SWEEPS = 3
# Damping that keeps the sites as they are, and sweeps until Lambda stands still.
_HELD = 1.0
_SETTLING = 5


def fixed_point():
    """Run expectation propagation to its fixed point.

    Returns
    -------
    engine : EPEngine
        Its sweeps change nothing any more.
    """
    X, y = load_dress_coat(n_per_class=250, random_state=0, return_X_y=True)
    model = LALClassifier(
        n_hidden=N_HIDDEN, fit_intercept=False, eta=1e-4, random_state=0
    ).fit(X, y)
    labels = np.where(y == model.classes_[1], 1.0, -1.0)
    factors = Factors(X, labels, model.architecture_)
    prior = ReferencePrior(model.coef_, OVERLAP)
    posterior = EPEngine.run(factors, prior, tol=1e-6, max_sweeps=500)
    return EPEngine(factors, prior.bind(factors), posterior.state)


def lapack_calls(span, precision, norm):
    """Make the calls of one unit.

    Parameters
    ----------
    span : Span
        Inputs of the unit.
    precision : ndarray of shape (n_samples,)
        Its sites.
    norm : float
        Lambda.

    Returns
    -------
    spread : ndarray of shape (n_samples, rank)
        Rows whose squared norms are the variances of the fields.
    """
    coordinates = span.coordinates
    weighted = np.asfortranarray(coordinates * precision[:, None])
    gram = blas.dtrmm(
        1.0, coordinates, weighted, lower=True, trans_a=True, overwrite_b=True
    )
    gram[np.diag_indices_from(gram)] += norm
    upper, _ = lapack.dpotrf(gram, overwrite_a=True)
    root, _ = lapack.dtrtri(upper, overwrite_c=True)
    lapack.dlauum(root)
    return blas.dtrmm(1.0, coordinates, root, lower=True)


def make_claim():
    """Pair a sweep with its LAPACK calls.

    Returns
    -------
    claim : Claim
        To be measured.
    """
    engine = fixed_point()
    for _ in range(_SETTLING):
        engine.sweep(_HELD)
    sites = engine.state.precision.copy()
    norm = engine.prior.multipliers["norm"][0]
    spans = span_inputs(engine.factors)

    def ours():
        for _ in range(N_SWEEPS):
            engine.sweep(_HELD)
        return engine.field_variance, None

    def reference():
        for _ in range(N_SWEEPS):
            spreads = [
                lapack_calls(span, precision, norm)
                for span, precision in zip(spans, sites.T, strict=True)
            ]
        return np.column_stack([np.sum(s**2, axis=1) for s in spreads]), None

    rank = spans[0].rank
    flops = N_HIDDEN * rank**3 * 3
    work = Work(flops, N_HIDDEN * 10 * 8 * rank**2, 6 * 8 * rank**2)
    return Claim(
        "ep sweep, full 784, 9 units, 500 images, against its LAPACK calls",
        0.5,
        Program("skwfm", ours, np.float64, work),
        Program("LAPACK alone", reference, np.float64, work),
        N_SWEEPS,
        lambda a, b: {"max |dw|": np.abs(a[0] / b[0] - 1).max()},
    )


if __name__ == "__main__":
    main(lambda: [make_claim()], __doc__, default_repeats=20)
