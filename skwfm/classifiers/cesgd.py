"""Stochastic gradient descent on the cross-entropy with the norms under control."""

from __future__ import annotations

from numbers import Real
from typing import Literal

import numpy as np

from skwfm._kernels import training
from skwfm._sklearn import Interval, StrOptions
from skwfm.classifiers.epochs.iterative import IterativeClassifier, OnlineMixin
from skwfm.classifiers.epochs.overflow import check_rate, steepness_limit
from skwfm.classifiers.lal import AUTO_EPOCHS, BATCH_CONSTRAINTS
from skwfm.classifiers.solution import Epoch
from skwfm.problem import passes

# The loss of an epoch is summed while the weights move. Only when it is below this many
# times `tol` is the loss of the weights at the end of the epoch computed too.
_RECHECK_BELOW = 10.0
# eta="auto" keeps the published product of rate and inputs per unit, 2e-4 * 784.
_RATE_TIMES_INPUTS = 0.16
_HIGHEST_RATE = 1e-3
# Entries of scratch that the compiled loop needs beyond the batch: a vector of float32.
_SCRATCH_PADDING = 16


class CeSGDClassifier(OnlineMixin, IterativeClassifier):
    r"""Committee machine trained by gradient descent on the cross-entropy.

    The sign units are replaced by tanh(beta x) and the loss of a pattern with label s
    is, with :math:`\Delta = K^{-1/2} \sum_l \tanh(\beta x_l)`,

    .. math::

       f_\gamma(s\Delta) = -\frac{s\Delta}{2} + \frac{\log 2\cosh(\gamma s\Delta)}
       {2\gamma} .

    Weights are normalised after every batch, so that `beta` and `gamma` are the norms
    of the two layers. They grow by ``1 + beta1`` and ``1 + gamma1`` an epoch: started
    small and grown slowly they lead to wide flat minima. Where training ends with
    errors, the weights of the epoch with the fewest are kept.

    Parameters
    ----------
    eta : float or "auto", default="auto"
        Learning rate, for gradients summed over the batch and weights of norm one.
        "auto" is 0.16 over the inputs per unit, as published for binarised images, at
        most 1e-3. The schedules are the published "fast" ones for random patterns.
    gamma0 : float, default=3.0
        First value of gamma.
    gamma1 : float, default=0.0
        Relative growth of gamma each epoch.
    beta0 : float, default=1.0
        First value of beta.
    beta1 : float, default=1e-3
        Relative growth of beta each epoch.
    stop : {"zero_error", "loss"}, default="zero_error"
        Stop at zero training errors, or when the summed cross-entropy is at most `tol`.
    tol : float, default=1e-7
        Loss at which ``stop="loss"`` stops.
    batch_size : int, default=100
        Patterns over which a gradient is summed.
    architecture : str, class or instance, default="full"
        What the machine is: "full", "tree", "parity" or the name of a plugin, a class
        or an instance. An instance brings its own number of hidden units.
    n_hidden : int, default=9
        Number of hidden units K, odd for a committee.
    fit_intercept : bool, default=True
        Whether each unit has a bias, counted in its norm. The literature has none.
    intercept_scaling : float or "auto", default="auto"
        The constant input on which the bias is a weight. "auto" is the square root of
        the unit's number of inputs, so that biases reach as far as the data do, but 1
        if all inputs are +-1.
    max_iter : int or "auto", default="auto"
        Most epochs over the patterns. "auto" is 2000, but beyond 5000 samples so many
        that 10 million patterns are seen, at least 100.
    early_stopping : bool, default=False
        Whether to keep `validation_fraction` of the samples aside, stratified, stop
        when neither accuracy on them nor training errors improve, and keep the weights
        with the fewest of these within two standard errors of the best accuracy.
    validation_fraction : float, default=0.1
        Part of the samples kept aside; used with early stopping only.
    n_iter_no_change : int, default=100
        Epochs without a new best after which early stopping stops.
    warm_start : bool, default=False
        Whether `fit` starts from the weights of the last fit. Schedules begin anew.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, by which those of samples are multiplied. "balanced"
        gives all classes the same total.
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights and batches.
    verbose : int, default=0
        Print a line every `verbose` epochs; 0 prints nothing.
    n_jobs : int or None, default=None
        Machines trained at a time, for more than two classes.

    Attributes
    ----------
    coef_ : ndarray of shape (n_hidden, n_features)
        Weights of each unit, zero outside its receptive field. For more than two
        classes one such array for each, (n_classes, n_hidden, n_features).
    intercept_ : ndarray of shape (n_hidden,) or (n_classes, n_hidden)
        Biases: `intercept_scaling_` times the weight on the constant input. Each row of
        ``[coef_, intercept_ / intercept_scaling_]`` has norm one.
    intercept_scaling_ : float or ndarray of shape (n_hidden,)
        The constant input; an array if units differ in their number of inputs, 1
        without biases.
    classes_ : ndarray of shape (n_classes,)
        The classes.
    machines_ : list of classifiers
        For two classes the classifier itself; for more the fitted classifier of each
        class, with labels True and False. Lists and numbers below are theirs.
    answer_noise_ : AnswerNoise or None
        The noise of fields and labels behind probabilities, for two classes.
    architecture_ : Architecture
        The machine.
    n_iter_ : int
        Epochs done.
    n_errors_ : int
        Training errors of the machine with sign units, held-out samples included.
    converged_ : bool
        Whether the stopping rule held, with zero training errors.
    status_ : str
        How training ended: "converged", "errors_left" (small loss but errors),
        "max_iter", "early_stopped", "interrupted" or "stopped".
    loss_curve_ : list of float
        Cross-entropy summed over the patterns as they were met in each epoch.
    validation_scores_ : list of float or None
        Accuracy on the samples kept aside after each epoch, with early stopping.
    best_validation_score_ : float or None
        The highest of them.
    n_features_in_ : int
        Number of inputs.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the inputs, if `X` had string names.

    See Also
    --------
    ELALClassifier : Wide minima without gradients.

    References
    ----------
    .. [1] C. Baldassi, F. Pittorino, R. Zecchina, "Shaping the learning landscape in
       neural networks around wide flat minima", PNAS 117, 161 (2020), Eq. 16 and
       section "Numerical Studies".

    Examples
    --------
    >>> from skwfm import CeSGDClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> X, y = make_random_patterns(100, 300, random_state=0)
    >>> clf = CeSGDClassifier(n_hidden=3, random_state=0).fit(X, y)
    >>> clf.score(X, y)
    1.0
    """

    _reads_bits = True
    _auto_epochs = (2000, 10_000_000)
    _takes_sparse = True
    _parameter_constraints = {  # noqa: RUF012
        **IterativeClassifier._parameter_constraints,
        **BATCH_CONSTRAINTS,
        **AUTO_EPOCHS,
        "gamma0": [Interval(Real, 0, None, closed="neither")],
        "gamma1": [Interval(Real, 0, None, closed="left")],
        "beta0": [Interval(Real, 0, None, closed="neither")],
        "beta1": [Interval(Real, 0, None, closed="left")],
        "stop": [StrOptions({"zero_error", "loss"})],
        "tol": [Interval(Real, 0, None, closed="left")],
    }
    _needs = ("smooth",)

    def __init__(
        self,
        *,
        eta: float | Literal["auto"] = "auto",
        gamma0: float = 3.0,
        gamma1: float = 0.0,
        beta0: float = 1.0,
        beta1: float = 1e-3,
        stop: Literal["zero_error", "loss"] = "zero_error",
        tol: float = 1e-7,
        batch_size: int = 100,
        architecture: object = "full",
        n_hidden: int = 9,
        fit_intercept: bool = True,
        intercept_scaling: float | Literal["auto"] = "auto",
        max_iter: int | Literal["auto"] = "auto",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 100,
        warm_start: bool = False,
        class_weight: dict | Literal["balanced"] | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        n_jobs: int | None = None,
    ):
        super().__init__(
            architecture=architecture,
            n_hidden=n_hidden,
            fit_intercept=fit_intercept,
            intercept_scaling=intercept_scaling,
            max_iter=max_iter,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            warm_start=warm_start,
            class_weight=class_weight,
            random_state=random_state,
            verbose=verbose,
            n_jobs=n_jobs,
        )
        self.eta = eta
        self.gamma0 = gamma0
        self.gamma1 = gamma1
        self.beta0 = beta0
        self.beta1 = beta1
        self.stop = stop
        self.tol = tol
        self.batch_size = batch_size

    def _epochs(self, problem, rng, weights=None, n_done=0):
        if weights is None:
            weights = problem.layout.random_weights(rng, problem.dtype)
        eta = problem.learning_rate(self.eta, _RATE_TIMES_INPUTS, _HIGHEST_RATE)
        check_rate(problem, eta, self.batch_size)
        steepest = steepness_limit(problem, eta, self.batch_size)
        run_epoch = _compiled_epoch if problem.rule is not None else _python_epoch
        yield Epoch(weights)
        while True:
            gamma = _grown(self.gamma0, self.gamma1, n_done)
            beta = _grown(self.beta0, self.beta1, n_done)
            if max(beta, gamma) > steepest:
                return (
                    f"The norms beta={beta:.3g} and gamma={gamma:.3g} would overflow "
                    f"after {n_done} epochs: lower beta0={self.beta0}, "
                    f"beta1={self.beta1}, gamma0={self.gamma0} or gamma1={self.gamma1}."
                )
            rows = rng.permutation(len(problem.labels))
            loss = run_epoch(problem, weights, rows, self.batch_size, eta, gamma, beta)
            n_done += 1
            yield Epoch(
                weights, loss, self._finished(problem, weights, loss, gamma, beta)
            )

    def _finished(self, problem, weights, loss, gamma, beta):
        if self.stop == "zero_error":
            return not problem.has_errors(weights)
        if not loss <= _RECHECK_BELOW * self.tol:
            return False
        run_epoch = _compiled_epoch if problem.rule is not None else _python_epoch
        rows = np.arange(len(problem.labels))
        return (
            run_epoch(problem, weights, rows, len(rows), 0.0, gamma, beta) <= self.tol
        )


def _grown(first, growth, n_done):
    try:
        with np.errstate(over="ignore"):
            return first * (1 + growth) ** n_done
    except OverflowError:
        return np.inf


def _compiled_epoch(problem, weights, rows, batch_size, eta, gamma, beta):
    layout = problem.layout
    batch_size = min(batch_size, len(rows))
    scratch = np.zeros(
        (4, batch_size * layout.n_hidden + _SCRATCH_PADDING), dtype=problem.dtype
    )
    return training.cesgd_epoch(
        problem.packed_inputs, problem.labels, rows, batch_size, weights,
        layout.groups, eta, gamma, beta, problem.rule, scratch, layout.n_hidden,
        problem.relative_weight,
    )  # fmt: skip


def _python_epoch(problem, weights, rows, batch_size, eta, gamma, beta):
    total = 0.0
    for start in range(0, len(rows), batch_size):
        batch = rows[start : start + batch_size]
        labels = problem.labels[batch]
        fields = problem.fields(weights, batch)
        value, gradient = problem.architecture.smooth(fields, beta)
        loss, pull = cross_entropy(labels * value, gamma)
        if problem.relative_weight is not None:
            importance = problem.relative_weight[batch]
            loss, pull = importance * loss, importance * pull
        total += float(loss.sum())
        if eta == 0:
            continue
        coef = (eta * labels * pull)[:, None] * gradient
        coef = coef.astype(problem.dtype, copy=False)
        passes.outer(problem.packed_inputs, batch, coef, problem.layout.groups, weights)
        training.normalise(problem.layout.groups, weights)
    return total


def cross_entropy(margin, gamma):
    """Cross-entropy f_gamma of the margins and the pull it exerts.

    Parameters
    ----------
    margin : ndarray
        Label times smooth decision.
    gamma : float
        Norm of the second layer.

    Returns
    -------
    loss : ndarray
        ``log(1 + exp(-2 gamma margin)) / (2 gamma)``, Eq. 16 of the PNAS paper.
    pull : ndarray
        Minus its derivative, ``1 / (1 + exp(2 gamma margin))``.
    """
    e = np.exp(-2 * gamma * np.abs(margin))
    loss = np.log1p(e) / (2 * gamma) + np.maximum(-margin, 0)
    return loss, np.where(margin < 0, 1, e) / (1 + e)
