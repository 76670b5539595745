"""Focusing belief propagation: message passing that ends in a wide flat minimum."""

import warnings
from functools import partial
from numbers import Integral, Real
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning

from skwfm._sklearn import AUTO, Interval, StrOptions
from skwfm.classifiers.answers.answers import decide
from skwfm.classifiers.answers.calibration import both_answers, log_odds
from skwfm.classifiers.base import BaseCommitteeClassifier
from skwfm.classifiers.focusing import protocol
from skwfm.classifiers.focusing.doubts import train_in_doubt
from skwfm.classifiers.focusing.patterns import divided
from skwfm.classifiers.focusing.scales import find_noise_and_scale
from skwfm.classifiers.focusing.tasks import Tasks, fitted_attributes
from skwfm.classifiers.infinite import SIZES, InfiniteCommitteeMixin
from skwfm.classifiers.solution import Solution
from skwfm.inference import ENGINES, Factors
from skwfm.inference.focusing import better
from skwfm.problem.inputs import nearest_power

_POSITIVE = Interval(Real, 0, None, closed="neither")


class FBPClassifier(InfiniteCommitteeMixin, BaseCommitteeClassifier):
    r"""Committee machine trained by focusing belief propagation.

    Message passing computes the marginals of the weights of one of `n_replicas`
    machines that all solve the patterns and are coupled to a common centre by
    :math:`-(\gamma/2)\,|w - w_c|^2`. As the coupling grows they contract to where
    solutions lie densest. The answer is the normalised mean, at the last of the
    couplings that leave the fewest training errors.

    Most tables have labels that no machine explains. So the share of flipped labels is
    found first, by how well labels are predicted. If there are some the answer is the
    posterior at this noise; if none, or no rule, it is that of the protocol above.

    Parameters
    ----------
    weights : {"spherical", "binary"}, default="spherical"
        Whether units have real weights of norm one, or weights +-1 (stored divided by
        the square root of their number), the intercept being one of them.
    n_replicas : int, default=10
        Number of replicas y.
    gammas : array-like of shape (n_couplings,) or None, default=None
        Couplings, in rising order. None is the published protocol, 0.5 to 30 in 30
        geometric steps; for real weights by ep (1, 4, 12, 30), and up to 1000 while
        errors are left. If given, they are also followed at a given `label_noise`; the
        labels left out choose one.
    start_noises : "auto", array-like of shape (n_noises,) or None, default="auto"
        Noises of the labels, falling, from which the protocol comes down at its first
        coupling. "auto" is (0.3, 0.03) for real weights by ep, else none. Others need
        `gammas` beside a given `label_noise`.
    max_sweeps : int or "auto", default="auto"
        Most sweeps at each coupling. "auto" is 200, and 20 for real weights by ep
        without noise if `n_hidden` is finite. The search for noise has its own.
    tol : float, default=1e-3
        Largest change of a mean at which the next coupling's turn comes. The search for
        noise has its own, and its own damping.
    symmetry_breaking : float, default=0.2
        Binary weights only: strength of a random field that tells units with the same
        inputs apart; else they merge into one perceptron.
    damping : float or None, default=None
        Fraction of the old messages kept in each sweep. None begins with the engine's
        own and follows the residual.
    method : {"auto", "amp", "bp", "ep"}, default="auto"
        Engine. "auto" takes amp for binary weights and on disjoint receptive fields of
        weakly correlated inputs, otherwise ep, which keeps correlations of weights. On
        strongly correlated inputs such as images none finds binary weights that solve.
    label_noise : float or "auto", default="auto"
        Probability that a label is flipped, in [0, 0.5). 0 is the protocol above.
        "auto" is 0 if weights predict all labels, or none better than chance but store
        nearly all, as of random patterns; beside `gammas`, `start_noises` or binary
        weights it always is.
    answer : {"auto", "machine", "posterior"}, default="auto"
        What answers: the machine `coef_`, whose errors and landscape are measured, or
        the majority of all around it. "auto" is the machine only without noise.
    architecture : str, class or instance, default="full"
        What the machine is; it must have a channel. An instance brings its own number
        of hidden units.
    n_hidden : int or inf, default=9
        Number of hidden units K, odd for a committee, or ``np.inf``: :ref:`infinite`.
    fit_intercept : bool, default=True
        Whether each unit has a bias, counted in its norm. The literature has none.
    intercept_scaling : float or {"auto", "search"}, default="auto"
        Constant input on which the bias is a weight. "auto" is the square root of the
        unit's number of inputs, but 1 if all inputs are +-1. "search" tries a third of
        it and three times as much, too, and keeps the one with which labels left out
        are predicted best. It takes three times as long, and needs noise: no
        `label_noise` of 0. Without intercepts and for infinite committees it is "auto".
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, by which those of samples are multiplied. "balanced"
        gives all classes the same total.
    random_state : int, RandomState instance or None, default=None
        Seed of the noise that breaks the symmetry between units.
    verbose : int, default=0
        Print a line every `verbose` couplings, or levels of noise; 0 prints nothing.
    n_jobs : int or None, default=None
        Machines trained at a time, for more than two classes.

    Attributes
    ----------
    coef_ : ndarray of shape (n_hidden, n_features)
        Weights of each unit, zero outside its receptive field. For more than two
        classes one such array for each, (n_classes, n_hidden, n_features).
    intercept_ : ndarray of shape (n_hidden,) or (n_classes, n_hidden)
        Biases. Each row of ``[coef_, intercept_ / intercept_scaling_]`` has norm one.
    intercept_scaling_ : float, ndarray of shape (n_hidden,) or list
        The constant input; an array if units differ in their number of inputs; a list
        with one for each of more than two classes if it was searched.
    posterior_ : Posterior
        Marginals at the coupling of the answer. A saved model has no messages.
    gamma_ : float
        The coupling of the answer; with noise that of `coef_`, 0 if that is the mean
        of all machines, which is taken where it makes fewer errors.
    label_noise_ : float
        Probability that a label is flipped.
    odds_scale_ : float
        Factor of the log-odds of answers, chosen by labels left out where the noise
        found is the lowest that is tried, or where these cannot be predicted and yet
        are taken for true; 1 elsewhere.
    output_noise_ : float
        Infinite committee only: noise before the final sign, votes having size 1.
    log_evidence_ : float
        Log-probability of the labels, in nats; NaN without noise or convergence. It
        counts one order of the units: where they differ, up to log K! is missing.
    method_ : str
        The engine used.
    classes_ : ndarray of shape (n_classes,)
        The classes.
    machines_ : list of classifiers
        For two classes the classifier itself; for more the fitted classifier of each
        class, with labels True and False, whose lists and numbers are those below.
    architecture_ : Architecture
        The machine.
    n_iter_ : int
        Couplings done, or levels of noise.
    n_sweeps_ : int
        Sweeps done over all couplings.
    n_errors_ : int
        Training errors of the machine `coef_`, also if the posterior answers.
    converged_ : bool
        Whether the protocol went through and left no training error or, with noise,
        more sweeps would not change the answers (the largest change is below 0.1).
    status_ : str
        "converged", "noisy", "errors_left", "interrupted", "stopped", or advice.
    loss_curve_ : list of int
        Training errors after each coupling or level of noise, copies counted once; of
        weights +-1 also what fields of zero answer rightly.
    n_features_in_ : int
        Number of inputs.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the inputs, if there are any.

    See Also
    --------
    ELALClassifier : Coupled replicas without message passing.

    References
    ----------
    .. [1] C. Baldassi, F. Pittorino, R. Zecchina, "Shaping the learning landscape in
       neural networks around wide flat minima", PNAS 117, 161 (2020), section "fBP".

    Examples
    --------
    >>> from skwfm import FBPClassifier
    >>> from skwfm.datasets import make_random_patterns
    >>> X, y = make_random_patterns(200, 399, random_state=0)
    >>> clf = FBPClassifier(architecture="tree", n_hidden=3, random_state=0).fit(X, y)
    >>> clf.score(X, y)
    1.0
    """

    _reads_bits = True
    _parameter_constraints = {  # noqa: RUF012
        **BaseCommitteeClassifier._parameter_constraints,
        "n_hidden": SIZES,
        "intercept_scaling": [_POSITIVE, StrOptions({"auto", "search"})],
        "weights": [StrOptions({"spherical", "binary"})],
        "n_replicas": [Interval(Integral, 1, None, closed="left")],
        "gammas": ["array-like", None],
        "start_noises": [AUTO, "array-like", None],
        "max_sweeps": [Interval(Integral, 1, None, closed="left"), AUTO],
        "tol": [_POSITIVE],
        "symmetry_breaking": [Interval(Real, 0, None, closed="left")],
        "damping": [Interval(Real, 0, 1, closed="left"), None],
        "method": [StrOptions({"auto", *ENGINES})],
        "answer": [StrOptions({"auto", "machine", "posterior"})],
        "label_noise": [Interval(Real, 0, 0.5, closed="left"), AUTO],
    }
    _needs = ("channel",)
    _by_class = (
        "label_noise_", "odds_scale_", "log_evidence_", "gamma_", "n_sweeps_",
        "method_", "output_noise_",
    )  # fmt: skip

    def __init__(
        self,
        *,
        weights: Literal["spherical", "binary"] = "spherical",
        n_replicas: int = 10,
        gammas: ArrayLike | None = None,
        start_noises: ArrayLike | Literal["auto"] | None = "auto",
        max_sweeps: int | Literal["auto"] = "auto",
        tol: float = 1e-3,
        symmetry_breaking: float = 0.2,
        damping: float | None = None,
        method: Literal["auto", "amp", "bp", "ep"] = "auto",
        label_noise: float | Literal["auto"] = "auto",
        answer: Literal["auto", "machine", "posterior"] = "auto",
        architecture: object = "full",
        n_hidden: float = 9,
        fit_intercept: bool = True,
        intercept_scaling: float | Literal["auto", "search"] = "auto",
        class_weight: dict | Literal["balanced"] | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        n_jobs: int | None = None,
    ):
        super().__init__(
            architecture=architecture, n_hidden=n_hidden, fit_intercept=fit_intercept,
            intercept_scaling=intercept_scaling, class_weight=class_weight,
            random_state=random_state, verbose=verbose, n_jobs=n_jobs,
        )  # fmt: skip
        self.weights = weights
        self.n_replicas = n_replicas
        self.gammas = gammas
        self.start_noises = start_noises
        self.max_sweeps = max_sweeps
        self.tol = tol
        self.symmetry_breaking = symmetry_breaking
        self.damping = damping
        self.method = method
        self.label_noise = label_noise
        self.answer = answer

    def _solve(self, problem, rng):
        # Messages start near zero on the scale of the inputs, machines that the search
        # starts from learn by steps: neither should depend on it.
        self._power = nearest_power(problem.inputs)
        with warnings.catch_warnings():
            # That a coupling did not converge is part of the protocol.
            warnings.simplefilter("ignore", ConvergenceWarning)
            context = self._callback_fit_ctx
            factors, found = find_noise_and_scale(self, problem, rng, context)
            if found is not None and found.has_noise:
                return found.taken_by(self, factors)
            self.label_noise_, self.log_evidence_, self.n_sweeps_ = 0.0, np.nan, 0
            self.odds_scale_ = 1.0
            if found is not None and found.is_doubted:
                return train_in_doubt(self, factors, found, rng)
            return self._follow_protocol(factors, rng)

    def _n_tasks(self):
        return None

    def _follow_protocol(self, factors, rng):
        errors, best = [], None
        tasks = Tasks(self, self._callback_fit_ctx, "coupling", factors.problem)
        for step in protocol.protocol_steps(self, factors, rng, tasks.callback):
            errors.append(step.n_errors)
            self.n_sweeps_ += step.n_iter
            best = better(best, step)
            if self.verbose and len(errors) % int(self.verbose) == 0:
                print(f"[FBPClassifier] gamma {step.gamma:.3g}: {step.n_errors} errors")
            if tasks.end(partial(fitted_attributes, self, step)):
                break
        status = tasks.status or step.outcome
        is_wrong = best is None or best.n_errors
        advice = protocol.errors_left_advice(self, status, factors) if is_wrong else ""
        if best is None:
            raise protocol.NoWeightsError(protocol.no_weights(self, advice))
        self.posterior_, self.gamma_ = best.posterior, best.gamma
        n_iter, is_done = len(errors), status == "converged"
        return Solution(best.weights, n_iter, is_done, status, errors, advice)

    def _stay_untrained(self, problem, rng):
        raise KeyboardInterrupt  # there is no posterior that could answer

    def _find_noise(self, problem, rng):
        return None  # the posterior knows

    def _laid_out(self, X):
        return None if hasattr(self, "committee_") else self._problem_on(X)

    def _decision(self, X, problem=None):
        odds = self._log_odds(X, problem)
        return odds if self._all_answer() else decide(odds, self._answers(X))

    def _choices(self, X):
        return self._log_odds(X) if self._all_answer() else self._answers(X)

    def _all_answer(self):
        """Whether all machines of the posterior answer, not only the one in `coef_`."""
        return (
            hasattr(self, "committee_")
            or self.answer == "posterior"
            or bool(self.answer == "auto" and self.label_noise_)
        )

    def _log_odds(self, X, problem=None):
        if hasattr(self, "committee_"):
            return self._vote_log_odds(X)
        factors = Factors.of(divided(self._problem_on(X, problem), self._power))
        moments = self.posterior_.field_moments(factors)
        logs = both_answers(self.architecture_.channel, *moments)
        odds = log_odds(logs, self.label_noise_, self.odds_scale_)
        # Inputs that move no field, as zeros without intercepts, say only the sign.
        is_silent = ~factors.variances(np.ones(factors.n_weights)).any(axis=1)
        return np.where(is_silent, np.copysign(1e-12, odds), odds)
