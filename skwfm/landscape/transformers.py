"""Transformers of the built-in measures, which list the measures' parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from skwfm.landscape.measures.hessian import Hessian
from skwfm.landscape.measures.local_entropy import LocalEntropy
from skwfm.landscape.measures.noise_robustness import NoiseRobustness
from skwfm.landscape.transformers_base import SolutionTransformer


class HessianSpectrumTransformer(SolutionTransformer):
    """Measures of the Hessian of each solution.

    Parameters
    ----------
    patterns : array-like of shape (n_samples, n_features)
        Patterns on which the loss is taken, usually those of the training.
    labels : array-like of shape (n_samples,)
        Their labels, of two classes; the larger one is +1.
    beta : float or None
        Steepness of the units, the same for all solutions; None takes for each 1.01
        times its own `smallest_beta`.
    architecture : str, class or instance, default="full"
        The machine.
    n_hidden : int, default=9
        Number of hidden units, unless the architecture is an instance.
    fit_intercept : bool, default=True
        Whether the rows contain intercepts.
    intercept_scaling : float or "auto", default="auto"
        As in the classifiers: the constant input on which the entries of intercepts are
        weights.
    measures : sequence of str, default=("max", "min", "trace")
        Quantities, one column each: "max" and "min" (largest and smallest eigenvalue),
        "trace" (sum of all), "log10_max" and "beta"; see
        `skwfm.landscape.measures.Hessian`.
    loss : {"mse", "ce"}, default="mse"
        As in `hessian_spectrum`.
    gamma : float or None, default=None
        Steepness of the cross-entropy.
    output : {"tanh", "identity"} or None, default=None
        Output of the mse.
    tangent : bool, default=False
        Whether to project onto the tangent space of the units' spheres.
    n_jobs : int or None, default=None
        Workers over solutions.

    Attributes
    ----------
    feature_names_out_ : ndarray of str
        Names of the columns, "hessian_max" and so on.
    architecture_ : Architecture
        The machine.

    Examples
    --------
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import HessianSpectrumTransformer, flatten_solutions
    >>> X, y = make_random_patterns(20, 30, random_state=0)
    >>> models = [LALClassifier(n_hidden=3, random_state=i).fit(X, y) for i in (0, 1)]
    >>> transformer = HessianSpectrumTransformer(X, y, beta=5.0, n_hidden=3)
    >>> transformer.fit_transform(flatten_solutions(models)).shape
    (2, 3)
    """

    def __init__(
        self,
        patterns: ArrayLike,
        labels: ArrayLike,
        beta: float | None,
        *,
        architecture: object = "full",
        n_hidden: int = 9,
        fit_intercept: bool = True,
        intercept_scaling: float | Literal["auto"] = "auto",
        measures: Sequence[str] = ("max", "min", "trace"),
        loss: Literal["mse", "ce"] = "mse",
        gamma: float | None = None,
        output: Literal["tanh", "identity"] | None = None,
        tangent: bool = False,
        n_jobs: int | None = None,
    ):
        super().__init__(
            patterns,
            labels,
            architecture,
            n_hidden,
            fit_intercept,
            n_jobs,
            intercept_scaling,
        )
        self.beta = beta
        self.measures = measures
        self.loss = loss
        self.gamma = gamma
        self.output = output
        self.tangent = tangent

    def _make_measure(self):
        return Hessian(
            self.beta, self.measures, self.loss, self.gamma, self.output, self.tangent,
            n_eigenvalues=1,
        )  # fmt: skip


class NoiseRobustnessTransformer(SolutionTransformer):
    """Error rates of each solution on corrupted patterns.

    Parameters
    ----------
    patterns : array-like of shape (n_samples, n_features)
        Patterns to corrupt, usually those of the training.
    labels : array-like of shape (n_samples,)
        Their labels, of two classes; the larger one is +1.
    noise : {"coloured", "flip", "gaussian"}, default="coloured"
        As in `noise_robustness`.
    levels : array-like of shape (n_levels,), default=(0.1, 0.2)
        Levels of the noise, one column each.
    architecture : str, class or instance, default="full"
        The machine.
    n_hidden : int, default=9
        Number of hidden units, unless the architecture is an instance.
    fit_intercept : bool, default=True
        Whether the rows contain intercepts.
    intercept_scaling : float or "auto", default="auto"
        As in the classifiers: the constant input on which the entries of intercepts are
        weights.
    n_draws : int, default=10
        Corrupted copies for each level, the same for all solutions.
    random_state : int, default=0
        Seed of the noise.
    n_jobs : int or None, default=None
        Workers over solutions.

    Attributes
    ----------
    feature_names_out_ : ndarray of str
        Names of the columns, "noise_coloured_0.1" and so on.
    architecture_ : Architecture
        The machine.

    Examples
    --------
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import NoiseRobustnessTransformer, flatten_solutions
    >>> X, y = make_random_patterns(20, 30, random_state=0)
    >>> models = [LALClassifier(n_hidden=3, random_state=i).fit(X, y) for i in (0, 1)]
    >>> transformer = NoiseRobustnessTransformer(X, y, n_hidden=3)
    >>> transformer.fit_transform(flatten_solutions(models)).shape
    (2, 2)
    """

    def __init__(
        self,
        patterns: ArrayLike,
        labels: ArrayLike,
        noise: Literal["coloured", "flip", "gaussian"] = "coloured",
        levels: ArrayLike = (0.1, 0.2),
        *,
        architecture: object = "full",
        n_hidden: int = 9,
        fit_intercept: bool = True,
        intercept_scaling: float | Literal["auto"] = "auto",
        n_draws: int = 10,
        random_state: int = 0,
        n_jobs: int | None = None,
    ):
        super().__init__(
            patterns,
            labels,
            architecture,
            n_hidden,
            fit_intercept,
            n_jobs,
            intercept_scaling,
        )
        self.noise = noise
        self.levels = levels
        self.n_draws = n_draws
        self.random_state = random_state

    def _make_measure(self):
        return NoiseRobustness(self.noise, self.levels, (), self.n_draws, None)


class LocalEntropyTransformer(SolutionTransformer):
    """Local entropies of each solution.

    Parameters
    ----------
    patterns : array-like of shape (n_samples, n_features)
        Patterns that the weights nearby must get right, usually those of the training.
    labels : array-like of shape (n_samples,)
        Their labels, of two classes; the larger one is +1.
    distances : array-like of shape (n_distances,), default=(0.05,)
        Distances ``(1 - overlap) / 2`` from the solution, one column each.
    architecture : str, class or instance, default="full"
        The machine.
    n_hidden : int, default=9
        Number of hidden units, unless the architecture is an instance.
    fit_intercept : bool, default=True
        Whether the rows contain intercepts.
    intercept_scaling : float or "auto", default="auto"
        As in the classifiers: the constant input on which the entries of intercepts are
        weights.
    method : {"auto", "amp", "bp", "ep", "mc"}, default="auto"
        As in `local_entropy`.
    tol : float, default=1e-4
        Residual at which an engine has converged.
    max_sweeps : int, default=300
        Maximum number of sweeps of an engine at each distance.
    n_samples : int, default=10000
        Samples of "mc", the same for all solutions.
    random_state : int, default=0
        Seed of "mc".
    n_jobs : int or None, default=None
        Workers over solutions.

    Attributes
    ----------
    feature_names_out_ : ndarray of str
        Names of the columns, "local_entropy_d0.05" and so on.
    architecture_ : Architecture
        The machine.

    Notes
    -----
    Numbers are in nats per weight; NaN, with a ConvergenceWarning, where the engine did
    not converge.

    Examples
    --------
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> from skwfm.landscape import LocalEntropyTransformer, flatten_solutions
    >>> X, y = make_random_patterns(20, 30, random_state=0)
    >>> models = [LALClassifier(n_hidden=3, random_state=i).fit(X, y) for i in (0, 1)]
    >>> transformer = LocalEntropyTransformer(X, y, distances=[0.01, 0.1], n_hidden=3)
    >>> transformer.fit_transform(flatten_solutions(models)).shape
    (2, 2)
    """

    def __init__(
        self,
        patterns: ArrayLike,
        labels: ArrayLike,
        distances: ArrayLike = (0.05,),
        *,
        architecture: object = "full",
        n_hidden: int = 9,
        fit_intercept: bool = True,
        intercept_scaling: float | Literal["auto"] = "auto",
        method: Literal["auto", "amp", "bp", "ep", "mc"] = "auto",
        tol: float = 1e-4,
        max_sweeps: int = 300,
        n_samples: int = 10_000,
        random_state: int = 0,
        n_jobs: int | None = None,
    ):
        super().__init__(
            patterns,
            labels,
            architecture,
            n_hidden,
            fit_intercept,
            n_jobs,
            intercept_scaling,
        )
        self.distances = distances
        self.method = method
        self.tol = tol
        self.max_sweeps = max_sweeps
        self.n_samples = n_samples
        self.random_state = random_state

    def _make_measure(self):
        return LocalEntropy(
            self.distances, (), self.method, self.tol, self.max_sweeps, self.n_samples,
            max_operations=np.inf,
        )  # fmt: skip
