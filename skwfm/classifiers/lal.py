"""Least-action learning: the smallest change that mends each wrong pattern."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Literal

import numpy as np

from skwfm._kernels import training
from skwfm._sklearn import AUTO, Interval
from skwfm.classifiers.epochs.iterative import IterativeClassifier, OnlineMixin
from skwfm.classifiers.epochs.overflow import check_rate
from skwfm.classifiers.solution import Epoch
from skwfm.problem import passes

# eta="auto" keeps the published product of rate and inputs per unit, 5e-3 * 111.
_RATE_TIMES_INPUTS = 0.5
_HIGHEST_RATE = 1e-2

BATCH_CONSTRAINTS = {
    "eta": [Interval(Real, 0, None, closed="neither"), AUTO],
    "batch_size": [Interval(Integral, 1, None, closed="left")],
}
# Epochs that may depend on the number of samples.
AUTO_EPOCHS = {"max_iter": [Interval(Integral, 1, None, closed="left"), AUTO]}


class LALClassifier(OnlineMixin, IterativeClassifier):
    r"""Committee machine trained by least-action learning.

    For each wrong pattern of a batch, the unit that is easiest to flip in the right
    direction, the one with the smallest preactivation among those that vote against
    the label, gets the perceptron rule

    .. math:: w_l \leftarrow w_l + \eta\, s\, \xi .

    After each batch every unit's weights are normalised. Training stops when an epoch
    ends without training errors; otherwise the weights of the epoch with the fewest are
    kept. Fast and greedy; the minima it finds are narrow.

    Parameters
    ----------
    eta : float or "auto", default="auto"
        Learning rate, for weights of norm one. "auto" is 0.5 over the inputs per unit,
        at most 0.01: the published rate for random patterns.
    batch_size : int, default=100
        Patterns whose preactivations are computed together.
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
        Most epochs over the patterns. "auto" is 1000, but beyond 5000 samples so many
        that 5 million patterns are seen, at least 100.
    early_stopping : bool, default=False
        Whether to keep `validation_fraction` of the samples aside, stratified, and stop
        when neither the accuracy on them nor the number of training errors has had a
        new best for `n_iter_no_change` epochs. Of the weights whose accuracy is within
        two standard errors of the highest, those with fewest training errors are kept.
    validation_fraction : float, default=0.1
        Part of the samples kept aside; used with early stopping only.
    n_iter_no_change : int, default=200
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
        class, with labels True and False, whose lists and numbers are those below.
    answer_noise_ : AnswerNoise or None
        The noise of fields and labels behind probabilities, for two classes.
    architecture_ : Architecture
        The machine.
    n_iter_ : int
        Epochs done.
    n_errors_ : int
        Training errors of the machine `coef_`, held-out samples included.
    converged_ : bool
        Whether training ended with zero errors.
    status_ : str
        Why training ended: "converged", "max_iter", "early_stopped", "interrupted" or
        "stopped".
    loss_curve_ : list of float
        Training errors met in each epoch, before the updates that they caused.
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
    ELALClassifier : Coupled replicas of it, which find wide minima.

    References
    ----------
    .. [1] C. Baldassi, F. Pittorino, R. Zecchina, "Shaping the learning landscape in
       neural networks around wide flat minima", PNAS 117, 161 (2020), section
       "Least-action learning".

    Examples
    --------
    >>> from skwfm import LALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> X, y = make_random_patterns(200, 399, random_state=0)
    >>> clf = LALClassifier(architecture="tree", n_hidden=3, random_state=0).fit(X, y)
    >>> clf.score(X, y)
    1.0
    """

    _reads_bits = True
    _takes_sparse = True
    _parameter_constraints = {  # noqa: RUF012
        **IterativeClassifier._parameter_constraints,
        **BATCH_CONSTRAINTS,
        **AUTO_EPOCHS,
    }
    _needs = ("unit_to_fix",)

    def __init__(
        self,
        *,
        eta: float | Literal["auto"] = "auto",
        batch_size: int = 100,
        architecture: object = "full",
        n_hidden: int = 9,
        fit_intercept: bool = True,
        intercept_scaling: float | Literal["auto"] = "auto",
        max_iter: int | Literal["auto"] = "auto",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 200,
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
        self.batch_size = batch_size

    def _epochs(self, problem, rng, weights=None, n_done=0):
        if weights is None:
            weights = problem.layout.random_weights(rng, problem.dtype)
        eta = problem.learning_rate(self.eta, _RATE_TIMES_INPUTS, _HIGHEST_RATE)
        check_rate(problem, eta, self.batch_size)
        run_epoch = _compiled_epoch if problem.rule is not None else _python_epoch
        yield Epoch(weights)
        while True:
            rows = rng.permutation(len(problem.labels))
            n_wrong = run_epoch(problem, weights, rows, eta, self.batch_size)
            yield Epoch(weights, n_wrong, not problem.has_errors(weights))


def _compiled_epoch(problem, weights, rows, eta, batch_size):
    layout = problem.layout
    batch_size = min(batch_size, len(rows))
    scratch = np.empty((batch_size, layout.n_hidden), dtype=problem.dtype)
    return training.lal_epoch(
        problem.packed_inputs, problem.labels, rows, batch_size, weights,
        layout.groups, eta, problem.rule, scratch, problem.relative_weight,
    )  # fmt: skip


def _python_epoch(problem, weights, rows, eta, batch_size):
    n_wrong = 0
    for start in range(0, len(rows), batch_size):
        batch = rows[start : start + batch_size]
        n_wrong += least_action_step(problem, weights, batch, eta)
        training.normalise(problem.layout.groups, weights)
    return n_wrong


def least_action_step(problem, weights, rows, eta):
    """Take the least-action step of one batch with the architecture's own methods.

    Parameters
    ----------
    problem : Problem
        Patterns and machine.
    weights : ndarray of shape (layout.size,)
        Packed weights, changed in place and not renormalised.
    rows : ndarray of int64
        The batch.
    eta : float
        Learning rate.

    Returns
    -------
    n_wrong : int
        Number of patterns that were wrong before the step.
    """
    fields = problem.fields(weights, rows)
    wrong = np.flatnonzero(problem.wrong(fields, rows))
    if len(wrong) == 0:
        return 0
    fields, rows = fields[wrong], rows[wrong]
    unit = problem.architecture.unit_to_fix(fields, problem.labels[rows])
    index = np.arange(len(rows))
    coef = np.zeros_like(fields)
    coef[index, unit] = np.where(fields[index, unit] >= 0, -eta, eta)
    if problem.relative_weight is not None:
        coef *= problem.relative_weight[rows, None]
    passes.outer(problem.packed_inputs, rows, coef, problem.layout.groups, weights)
    return len(rows)
