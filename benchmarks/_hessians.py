"""The Hessians of the benchmarks and the claims made of them."""

import numpy as np
from _limits import Work
from _paired import Claim, Program

from skwfm import LALClassifier
from skwfm.datasets import load_dress_coat, make_random_patterns
from skwfm.landscape import hessian_operator

BETA = 5.0


def dress_coat_hessian():
    """Take the Hessian of a LAL solution: 500 images, 784 pixels, 9 full units.

    Returns
    -------
    operator : HessianOperator
        Of 7056 weights.
    """
    X, y = load_dress_coat(n_per_class=250, random_state=0, return_X_y=True)
    model = LALClassifier(fit_intercept=False, random_state=0).fit(X, y)
    return hessian_operator(model, X, y, BETA)


def tree_hessian():
    """Take the Hessian of a LAL solution: 1000 patterns, 999 inputs, tree of 9 units.

    Returns
    -------
    operator : HessianOperator
        Of 999 weights.
    """
    X, y = make_random_patterns(1000, 999, random_state=0)
    model = LALClassifier(architecture="tree", fit_intercept=False, random_state=0)
    return hessian_operator(model.fit(X, y), X, y, BETA)


def make_claim(title, target, ours, reference, names, work):
    """Pair two functions that must return the same array, up to rounding.

    Parameters
    ----------
    title : str
        The setting.
    target : float
        Least ratio of times, reference over ours.
    ours, reference : callable
        Without arguments; each returns an array.
    names : tuple of two str
        What they are.
    work : tuple of two Work
        Of one call each.

    Returns
    -------
    claim : Claim
        In which a call counts as an epoch.
    """
    programs = [
        Program(name, run, np.float64, w)
        for name, run, w in zip(names, (ours, reference), work, strict=True)
    ]
    return Claim(title, target, *programs, n_epochs=1, accuracy=relative_difference)


def relative_difference(ours, reference):
    """Compare two arrays in units of the largest modulus.

    Parameters
    ----------
    ours, reference : ndarray
        Results.

    Returns
    -------
    accuracy : dict
        The largest difference as "max |dw|".
    """
    scale = np.abs(reference).max()
    return {"max |dw|": float(np.abs(ours - reference).max() / scale)}


def eigenvalue_work(n):
    """Count the work of the eigenvalues of a dense symmetric matrix.

    Parameters
    ----------
    n : int
        Its order.

    Returns
    -------
    work : Work
        Of the reduction to tridiagonal form, half of it matrix-vector products.
    """
    return Work(4 / 3 * n**3, 8 * n**3 / 6, 8 * n**2)


def product_work(operator):
    """Count the work of one Hessian-vector product.

    Parameters
    ----------
    operator : HessianOperator
        The Hessian.

    Returns
    -------
    work : Work
        Of the two passes over the inputs.
    """
    n_samples = len(operator.solution.labels)
    inputs = sum(b.inputs.nbytes for b in operator.solution.blocks)
    return Work(4.0 * n_samples * operator.shape[0], 2 * inputs, inputs)
