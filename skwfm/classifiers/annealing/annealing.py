"""Simulated annealing of +-1 weights on errors, cross-entropy or local entropy."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral, Real
from typing import Literal

import numpy as np

from skwfm._sklearn import AUTO, Interval, StrOptions
from skwfm.classifiers.annealing.answer import Answer
from skwfm.classifiers.annealing.energies import make_energy
from skwfm.classifiers.annealing.plain import PlainReplicas, entropic_cost, error_cost
from skwfm.classifiers.annealing.replicas import Replicas
from skwfm.classifiers.annealing.schedule import Schedule, automatic_betas
from skwfm.classifiers.epochs.iterative import IterativeClassifier
from skwfm.classifiers.solution import Epoch

# In place of the advice of other algorithms, which have a learning rate.
_ADVICE = (
    "The annealing ended at max_iter={max_iter} sweeps with {n_errors} training "
    "errors: raise max_iter, which slows it down, choose another energy than "
    "{energy!r}, start again with another random_state, or add hidden units."
)


class AnnealingClassifier(IterativeClassifier):
    r"""Machine with +-1 weights trained by simulated annealing.

    Single weights are flipped by the Metropolis rule while the inverse temperature
    grows. The energy to be lowered is the number of errors; the cross-entropy
    :math:`\sum_\mu f_\gamma(s^\mu \Delta^\mu)` of the smooth machine; or the errors of
    several replicas that are drawn together, with the weight

    .. math::

       \exp\Big(-\beta \sum_a E(W^a)
       + \frac{\lambda}{y - 1} \sum_{a<b} W^a \cdot W^b\Big) ,

    which favours regions with many solutions, as local entropy does. The errors alone
    get stuck at high energy; the other two do not, as long as patterns are not too
    many. Training stops when a sweep ends without errors: of the weights, of one of the
    replicas, or of their majority.

    Parameters
    ----------
    energy : {"cross_entropy", "errors", "local_entropy"}, default="cross_entropy"
        What is lowered. The cross-entropy needs the machine's `smooth` method.
    gamma : float, default=2.0
        Norm of the second layer in the cross-entropy.
    steepness : float, default=2.0
        Steepness of the units in the cross-entropy: they are tanh(steepness * x). One
        built-in unit alone is not squashed, :math:`\Delta = x`, as in the literature.
    n_replicas : int, default=7
        Replicas y, of the local entropy only.
    coupling_start, coupling_end : float, default=0.5, 2.0
        First and last coupling lambda of the replicas. They grow geometrically.
        Without patterns, replicas begin to align at 1.
    beta_start, beta_end : float or "auto", default="auto"
        First and last inverse temperature, in units of one error or of the loss of one
        pattern. "auto" takes multiples of the inverse of the root mean square by which
        single flips change the energy of the first weights.
    schedule : {"geometric", "linear"}, default="geometric"
        How the inverse temperature grows.
    architecture : str, class or instance, default="full"
        What the machine is: "full", "tree", "parity" or the name of a plugin, a class
        or an instance. An instance brings its own number of hidden units.
    n_hidden : int, default=1
        Number of hidden units K, odd for a committee; 1 is the binary perceptron.
    fit_intercept : bool, default=True
        Whether each unit has a bias. The literature has none.
    intercept_scaling : float or "auto", default="auto"
        The constant input on which the bias is a weight, +-1 like the others: the bias
        has two values only, and the constant input is their size. "auto" is the square
        root of the unit's number of inputs, but 1 if all inputs are +-1.
    max_iter : int, default=1000
        Sweeps in which the temperature falls from first to last. In a sweep as many
        flips are proposed for every replica as it has weights.
    early_stopping : bool, default=False
        Whether to keep `validation_fraction` of the samples aside, stratified, and stop
        when neither the accuracy on them nor the number of training errors has had a
        new best for `n_iter_no_change` epochs. Of the weights whose accuracy is within
        two standard errors of the highest, those with fewest training errors are kept.
    validation_fraction : float, default=0.1
        Part of the samples kept aside; used with early stopping only.
    n_iter_no_change : int, default=200
        Sweeps without a new best after which early stopping stops.
    warm_start : bool, default=False
        Whether `fit` starts from the weights of the last fit. Schedules begin anew.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, by which those of samples are multiplied. "balanced"
        gives all classes the same total.
    random_state : int, RandomState instance or None, default=None
        Seed of first weights and flips.
    verbose : int, default=0
        Print a line every `verbose` sweeps; 0 prints nothing.
    n_jobs : int or None, default=None
        Machines trained at a time, for more than two classes.

    Attributes
    ----------
    coef_ : ndarray of shape (n_hidden, n_features)
        Weights of each unit, all of the same size, zero outside its receptive field.
        For more than two classes one such array for each, (n_classes, n_hidden,
        n_features).
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
    beta_start_, beta_end_ : float or ndarray of shape (n_classes,)
        First and last inverse temperature.
    n_iter_ : int
        Sweeps done.
    n_errors_ : int
        Training errors of the machine `coef_`, held-out samples included.
    converged_ : bool
        Whether there are zero training errors.
    status_ : str
        Why training ended: "converged", "max_iter", "early_stopped", "interrupted" or
        "stopped".
    loss_curve_ : list of float
        Energy after each sweep, the mean over replicas.
    validation_scores_ : list of float or None
        Accuracy on the samples kept aside after each sweep, with early stopping.
    best_validation_score_ : float or None
        The highest of them.
    n_features_in_ : int
        Number of inputs.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the inputs, if `X` had string names.

    See Also
    --------
    FBPClassifier : Message passing; ``weights="binary"`` solves more patterns, faster.

    References
    ----------
    .. [1] C. Baldassi, F. Pittorino, R. Zecchina, "Shaping the learning landscape in
       neural networks around wide flat minima", PNAS 117, 161 (2020), section
       "Cross-Entropy Minima, Errors, and High Local Entropy Configurations".
    .. [2] C. Baldassi et al., "Unreasonable effectiveness of learning neural networks:
       From accessible states and robust ensembles to basic algorithmic schemes", PNAS
       113, E7655 (2016), section "Replicated simulated annealing".

    Examples
    --------
    >>> from skwfm import AnnealingClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> X, y = make_random_patterns(100, 301, random_state=0)
    >>> clf = AnnealingClassifier(fit_intercept=False, random_state=0).fit(X, y)
    >>> clf.score(X, y)
    1.0
    """

    _reads_bits = True
    _default_units = 1
    _by_class = (*IterativeClassifier._by_class, "beta_start_", "beta_end_")
    _parameter_constraints = {  # noqa: RUF012
        **IterativeClassifier._parameter_constraints,
        "energy": [StrOptions({"errors", "cross_entropy", "local_entropy"})],
        "gamma": [Interval(Real, 0, None, closed="neither")],
        "steepness": [Interval(Real, 0, None, closed="neither")],
        "n_replicas": [Interval(Integral, 2, None, closed="left")],
        "coupling_start": [Interval(Real, 0, None, closed="neither")],
        "coupling_end": [Interval(Real, 0, None, closed="neither")],
        "beta_start": [Interval(Real, 0, None, closed="neither"), AUTO],
        "beta_end": [Interval(Real, 0, None, closed="neither"), AUTO],
        "schedule": [StrOptions({"geometric", "linear"})],
    }

    def __init__(
        self,
        *,
        energy: Literal["errors", "cross_entropy", "local_entropy"] = "cross_entropy",
        gamma: float = 2.0,
        steepness: float = 2.0,
        n_replicas: int = 7,
        coupling_start: float = 0.5,
        coupling_end: float = 2.0,
        beta_start: float | Literal["auto"] = "auto",
        beta_end: float | Literal["auto"] = "auto",
        schedule: Literal["geometric", "linear"] = "geometric",
        architecture: object = "full",
        n_hidden: int = 1,
        fit_intercept: bool = True,
        intercept_scaling: float | Literal["auto"] = "auto",
        max_iter: int = 1000,
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
        self.energy = energy
        self.gamma = gamma
        self.steepness = steepness
        self.n_replicas = n_replicas
        self.coupling_start = coupling_start
        self.coupling_end = coupling_end
        self.beta_start = beta_start
        self.beta_end = beta_end
        self.schedule = schedule

    @property
    def _needs(self):
        return ("smooth",) if self.energy == "cross_entropy" else ()

    def _solve(self, problem, rng):
        solution = super()._solve(problem, rng)
        if solution.status != "max_iter":
            return solution
        # The best weights may have errors only where fields cancel, which `Answer`
        # does not trust but which happen to be answered rightly.
        weights = problem.layout.pack_weights(solution.weights, problem.dtype)
        if problem.has_errors(weights):
            return replace(solution, advice=_ADVICE)
        return replace(solution, converged=True, status="converged", advice=_ADVICE)

    def _epochs(self, problem, rng, weights=None, n_done=0):
        replicas = self._replicas(problem, self._first_signs(problem, rng, weights))
        schedule = self._find_schedule(problem, replicas.changes())
        bits = rng.integers(2**64, size=4, dtype=np.uint64)
        answer = Answer(problem, replicas.state)
        yield Epoch(answer.weights)
        while True:
            beta, coupling = schedule.at(n_done)
            replicas.sweep(beta, coupling, bits)
            replicas.refresh()
            n_done += 1
            finished = answer.look()
            yield Epoch(answer.weights, float(replicas.state.energies.mean()), finished)

    def _replicas(self, problem, signs):
        is_entropic = self.energy == "cross_entropy"
        energy = make_energy(problem, is_entropic, self.gamma, self.steepness)
        if energy is not None:
            return Replicas(problem, energy, signs)
        entropic = entropic_cost(self.gamma, self.steepness)
        return PlainReplicas(problem, signs, entropic if is_entropic else error_cost)

    def _first_signs(self, problem, rng, weights):
        n_replicas = self.n_replicas if self.energy == "local_entropy" else 1
        shape = n_replicas, problem.layout.n_weights
        if weights is None:
            return (2 * rng.integers(2, size=shape) - 1).astype(np.int8)
        signs = np.where(weights[problem.layout.places] < 0, -1, 1)
        return np.tile(signs.astype(np.int8), (n_replicas, 1))

    def _find_schedule(self, problem, changes):
        mean_weight = problem.total_weight / problem.n_samples
        found = automatic_betas(self.energy, changes, mean_weight)
        given = self.beta_start, self.beta_end
        betas = tuple(
            f if isinstance(g, str) else float(g)
            for f, g in zip(found, given, strict=True)
        )
        self.beta_start_, self.beta_end_ = betas
        n_pairs = self.n_replicas - 1
        couplings = self.coupling_start / n_pairs, self.coupling_end / n_pairs
        return Schedule(betas, couplings, self.max_iter, self.schedule == "linear")
