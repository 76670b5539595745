"""Eigenvalues of the Hessian at a solution: how curved the loss is around it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning

from skwfm._checks import check_count, check_positive, is_one_of
from skwfm._shown import shown
from skwfm._warn import warn
from skwfm.landscape.hessian.loss import check_loss
from skwfm.landscape.hessian.operator import HessianOperator
from skwfm.landscape.hessian.results import HessianSpectrum, spectrum_of
from skwfm.landscape.hessian.solution import read_solution

METHODS = ("exact", "lanczos", "slq")
ENDS = ("both", "largest", "smallest")


def hessian_spectrum(
    model: object,
    X: ArrayLike,
    y: ArrayLike,
    beta: float,
    *,
    loss: Literal["mse", "ce"] = "mse",
    gamma: float | None = None,
    output: Literal["tanh", "identity"] | None = None,
    method: Literal["exact", "lanczos", "slq"] = "exact",
    n_eigenvalues: int = 1,
    which: Literal["both", "largest", "smallest"] = "both",
    tol: float = 1e-8,
    max_iter: int = 1000,
    n_probes: int = 30,
    resolution: int = 50,
    tangent: bool = False,
    blocks: bool = False,
    random_state: int | np.random.Generator | None = 0,
    n_jobs: int | None = None,
) -> HessianSpectrum:
    """Compute the spectrum of the Hessian of a smooth machine's loss at a solution.

    Every sign unit is replaced by tanh(beta x); the weights of each unit have norm one.
    A wide flat minimum has few large eigenvalues and many near zero. Spectra can only
    be compared at the same beta: see `smallest_beta`.

    Parameters
    ----------
    model : fitted classifier of skwfm, or Pipeline that ends with one
        The solution. It is read, never changed.
    X : array-like of shape (n_samples, n_features)
        Patterns, usually those of the training.
    y : array-like of shape (n_samples,)
        Labels.
    beta : float
        Steepness of the units and of the output.
    loss : {"mse", "ce"}, default="mse"
        Mean over patterns of ``(s - o)^2 / 4`` with ``o = tanh(beta Delta)``, or of
        ``-x/2 + log(2 cosh(gamma x)) / (2 gamma)`` with ``x = s Delta``.
    gamma : float or None, default=None
        Steepness of the cross-entropy; required for ``loss="ce"``, None otherwise.
    output : {"tanh", "identity"} or None, default=None
        "identity" omits the outer tanh of the mse; None stands for "tanh".
    method : {"exact", "lanczos", "slq"}, default="exact"
        All eigenvalues, from a matrix of the size of the inputs' ranks; the ends of the
        spectrum, with residual bounds; or a smoothed density with error bars, by
        stochastic Lanczos quadrature.
    n_eigenvalues : int, default=1
        For "lanczos", number of eigenvalues at each end.
    which : {"both", "largest", "smallest"}, default="both"
        For "lanczos", which ends.
    tol : float, default=1e-8
        For "lanczos", tolerated residual in units of the largest modulus.
    max_iter : int, default=1000
        For "lanczos", maximum number of steps; each stores a vector of n_weights
        numbers.
    n_probes : int, default=30
        For "slq", number of random vectors, at least 2.
    resolution : int, default=50
        For "slq", span of the spectrum divided by the width of the smoothing Gaussian.
        A probe takes twice as many Lanczos steps.
    tangent : bool, default=False
        Whether to project onto the tangent space of the units' spheres; the n_hidden
        normal directions then have eigenvalue 0.
    blocks : bool, default=False
        For "exact", whether to compute the eigenvalues of each unit's diagonal block as
        well.
    random_state : int, Generator or None, default=0
        Seed of Lanczos' start and of the probes.
    n_jobs : int or None, default=None
        For "slq", threads over probes. The numbers do not depend on it.

    Returns
    -------
    spectrum : HessianSpectrum
        Eigenvalues or density, with their errors, and the trace.

    Raises
    ------
    TypeError
        If the model is not a fitted committee machine.
    ValueError
        If a parameter is wrong or the machine has no smooth surrogate.

    Warns
    -----
    UserWarning
        If the smooth machine is wrong on some patterns, so that the solution is not a
        minimum, or its units are saturated.
    ConvergenceWarning
        If Lanczos ended with a residual above the tolerance.

    See Also
    --------
    hessian_operator : The Hessian itself.
    skwfm.landscape.HessianSpectrumDisplay : Draw spectra.

    Notes
    -----
    Lanczos finds one of several equal eigenvalues. Those that are zero because no field
    changes in their direction are counted separately and appear as often as they occur;
    other degenerate eigenvalues, as of identical units, appear once.

    With training errors the numbers are the curvature of the smooth loss where the
    model is. That is no minimum as a rule: the gradient does not vanish, eigenvalues
    may be negative, and patterns that are got wrong far from the boundary have no
    curvature at all. They do not say how wide a minimum is; `local_entropy` does, which
    counts the weights that make no more errors.

    References
    ----------
    Baldassi, Pittorino, Zecchina (2020), Figs. 5 and 6. For the quadrature: Ubaru,
    Chen, Saad (2017), SIAM J. Matrix Anal. Appl. 38, 1075.

    Examples
    --------
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import hessian_spectrum, smallest_beta
    >>> X, y = make_random_patterns(20, 30, random_state=0)
    >>> model = LALClassifier(n_hidden=3, random_state=0).fit(X, y)
    >>> beta = smallest_beta([model], X, y)
    >>> spectrum = hessian_spectrum(model, X, y, 1.1 * beta)
    >>> len(spectrum.eigenvalues), spectrum.n_known_zeros
    (93, 33)
    """
    checked = check_loss(beta, loss, gamma, output)
    options = {
        "n_eigenvalues": n_eigenvalues, "which": which, "tol": tol,
        "max_iter": max_iter, "n_probes": n_probes, "resolution": resolution,
        "blocks": blocks, "random_state": random_state, "n_jobs": n_jobs,
    }  # fmt: skip
    _check_options(method, options)
    solution = read_solution(model, X, y)
    n_errors = solution.n_errors(beta)
    if n_errors:
        _warn_of_errors(n_errors, len(solution.labels), beta)
    spectrum = spectrum_of(
        HessianOperator(solution, checked, bool(tangent)), method, **options
    )
    if not spectrum.converged:
        warn(
            f"Lanczos stopped after max_iter={max_iter} steps with residuals up to "
            f"{spectrum.error_bound.max():.3g}: raise max_iter or tol.",
            ConvergenceWarning,
        )
    if spectrum.saturated:
        _warn_of_saturation(beta)
    return spectrum


def _warn_of_saturation(beta):
    warn(
        f"the units are saturated at beta={shown(beta)}: no weights nearby change the "
        "loss by more than its rounding, so that these eigenvalues say nothing about "
        "the width and cannot be compared with others: lower beta.",
        UserWarning,
    )


def _warn_of_errors(n_errors, n_samples, beta):
    warn(
        f"the smooth machine at beta={shown(beta)} is wrong on {n_errors} of "
        f"{n_samples} patterns, so its Hessian is not that of a minimum: train to zero "
        "errors and raise beta to at least smallest_beta(models, X, y).",
        UserWarning,
    )


def _check_options(method, options):
    if not is_one_of(method, METHODS):
        raise ValueError(f"method={shown(method)} is not known: use one of {METHODS}.")
    if not is_one_of(options["which"], ENDS):
        raise ValueError(
            f"which={shown(options['which'])} is not known: use one of {ENDS}."
        )
    least = {"n_eigenvalues": 1, "max_iter": 1, "n_probes": 2, "resolution": 1}
    for name, minimum in least.items():
        check_count(name, options[name], minimum)
    check_positive("tol", options["tol"], "such as 1e-8")
    if options["blocks"] and method != "exact":
        raise ValueError(
            f"blocks=True needs method='exact', not {shown(method)}: change one of"
            " them."
        )
