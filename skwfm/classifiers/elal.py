"""Entropic least-action learning: coupled replicas that collapse on a wide minimum."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Literal

import numpy as np
from joblib import effective_n_jobs

from skwfm._sklearn import AUTO, Interval
from skwfm.classifiers.epochs.crew import Crew
from skwfm.classifiers.epochs.iterative import IterativeClassifier
from skwfm.classifiers.epochs.overflow import check_rate
from skwfm.classifiers.lal import BATCH_CONSTRAINTS
from skwfm.classifiers.solution import Epoch

# eta="auto" keeps the published product of rate and inputs per unit, 2e-3 * 784.
_RATE_TIMES_INPUTS = 1.5
_HIGHEST_RATE = 1e-2
# lambda1="auto": growth an epoch, and so many patterns for which it is meant.
_GROWTH, _GROWTH_PATTERNS = 5e-3, 1000
# Squared distance of replicas from their mean, per unit of norm one, below which the
# mean can be what they have learned.
_CLOSE = 0.05


class ELALClassifier(IterativeClassifier):
    r"""Committee machine trained by replicated, "entropic" least-action learning.

    Several replicas learn the patterns by least action, each in its own random order,
    and are pulled to their mean after every batch,

    .. math:: w^a \leftarrow w^a + \lambda\,\eta\,(\bar w - w^a) ,

    with a strength that grows by a factor ``1 + lambda1`` an epoch. They can only
    agree where many solutions lie close together, so that the place where they
    collapse, returned as the normalised mean, is a wide flat minimum. At
    :math:`\lambda\eta = 1` each batch would put them on their mean: there it ends.

    Parameters
    ----------
    eta : float or "auto", default="auto"
        Learning rate, for weights of norm one. "auto" is 1.5 over the inputs per unit,
        at most 0.01: 2e-3 was published for 784 inputs, 1e-2 for 111.
    batch_size : int, default=100
        Patterns whose preactivations are computed together.
    n_replicas : int, default=20
        Number of replicas y.
    lambda0 : float, default=0.5
        Coupling in the first epoch.
    lambda1 : float or "auto", default="auto"
        Relative growth of the coupling each epoch. "auto" is 5e-3, published for
        binarised images, for up to 1000 samples, and 5e-6 for each sample beyond, so
        that the replicas meet after as many batches. Slower growth finds wider minima.
    tol : float, default=1e-7
        Training stops when the squared distances of the replicas from their mean,
        summed over replicas and units, are below it, or the coupling reaches 1 / eta.
        After a warm start they must have been above, or no training error be left.
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
    max_iter : int, default=5000
        Most epochs; in each of them every replica sees every pattern.
    early_stopping : bool, default=False
        Whether to keep `validation_fraction` of the samples aside, stratified, and stop
        when neither the accuracy on them nor the number of training errors has had a
        new best for `n_iter_no_change` epochs. Of the weights whose accuracy is within
        two standard errors of the highest, those with fewest training errors are kept.
        Epochs in which the replicas are far apart, or right more often than their mean,
        do not count among those.
    validation_fraction : float, default=0.1
        Part of the samples kept aside; used with early stopping only.
    n_iter_no_change : int, default=50
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
        Number of threads over which the replicas are spread. The result does not
        depend on it.

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
        Training errors of the machine `coef_`, the mean, held-out samples included.
    converged_ : bool
        Whether the replicas collapsed on a machine without training errors.
    status_ : str
        Why training ended: "converged", "errors_left" (collapsed, or coupling 1 / eta,
        with errors), "max_iter", "early_stopped", "interrupted" or "stopped".
    loss_curve_ : list of float
        Training errors met in each epoch, mean over replicas.
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
    LALClassifier : One replica: faster, and much narrower minima.

    References
    ----------
    .. [1] C. Baldassi, F. Pittorino, R. Zecchina, "Shaping the learning landscape in
       neural networks around wide flat minima", PNAS 117, 161 (2020), section
       "Least-action learning".

    Examples
    --------
    >>> from skwfm import ELALClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> X, y = make_random_patterns(100, 300, random_state=0)
    >>> clf = ELALClassifier(n_hidden=3, n_replicas=5, random_state=0).fit(X, y)
    >>> clf.score(X, y)
    1.0
    """

    _reads_bits = True
    _takes_sparse = True
    _parameter_constraints = {  # noqa: RUF012
        **IterativeClassifier._parameter_constraints,
        **BATCH_CONSTRAINTS,
        "n_replicas": [Interval(Integral, 2, 2**31 - 1, closed="both")],
        "lambda0": [Interval(Real, 0, None, closed="neither")],
        "lambda1": [Interval(Real, 0, None, closed="left"), AUTO],
        "tol": [Interval(Real, 0, None, closed="left")],
    }
    _needs = ("unit_to_fix",)

    def __init__(
        self,
        *,
        eta: float | Literal["auto"] = "auto",
        batch_size: int = 100,
        n_replicas: int = 20,
        lambda0: float = 0.5,
        lambda1: float | Literal["auto"] = "auto",
        tol: float = 1e-7,
        architecture: object = "full",
        n_hidden: int = 9,
        fit_intercept: bool = True,
        intercept_scaling: float | Literal["auto"] = "auto",
        max_iter: int = 5000,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 50,
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
        self.n_replicas = n_replicas
        self.lambda0 = lambda0
        self.lambda1 = lambda1
        self.tol = tol

    def _epochs(self, problem, rng, weights=None, n_done=0):
        rngs = rng.spawn(self.n_replicas)
        replicas = np.stack(
            [problem.layout.random_weights(r, problem.dtype) for r in rngs]
            if weights is None
            else [weights] * self.n_replicas
        )
        n_threads = min(effective_n_jobs(self.n_jobs), self.n_replicas)
        eta = problem.learning_rate(self.eta, _RATE_TIMES_INPUTS, _HIGHEST_RATE)
        check_rate(problem, eta, self.batch_size)
        crew = Crew(problem, replicas, eta, self.batch_size, n_threads)
        n_samples = len(problem.labels)
        coupling, strongest = self.lambda0, 1 / eta
        growth = 1 + self._growth(n_samples)
        # Replicas that start from the same weights have not yet met by being there.
        answer, have_parted = replicas[0].copy(), weights is None
        with crew:
            crew.put_answer(answer)
            yield Epoch(answer)
            while True:
                orders = np.stack([r.permutation(n_samples) for r in rngs])
                n_wrong = crew.run_epoch(orders, min(coupling, strongest))
                spread = float(np.sum((replicas - crew.mean) ** 2, dtype=np.float64))
                crew.put_answer(answer)
                have_parted = have_parted or spread > self.tol
                is_one = spread <= self.tol
                is_one = is_one and (have_parted or not problem.has_errors(answer))
                # At the strongest coupling every batch is forgotten for the mean.
                finished = is_one or coupling >= strongest
                n_wrong /= self.n_replicas
                settled = self._have_met(problem, answer, spread, n_wrong)
                yield Epoch(answer, n_wrong, finished, settled)
                coupling *= growth

    def _growth(self, n_samples):
        if self.lambda1 != "auto":
            return self.lambda1
        return _GROWTH * max(1.0, n_samples / _GROWTH_PATTERNS)

    def _have_met(self, problem, answer, spread, n_wrong):
        """Whether replicas are close, and their mean as good as they were."""
        n_units = self.n_replicas * problem.layout.n_hidden
        if spread > _CLOSE * n_units:
            return False
        n_most = n_wrong / problem.n_samples * problem.total_weight
        return problem.count_errors(answer, n_most) <= n_most
